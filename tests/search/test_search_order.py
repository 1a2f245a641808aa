"""The order of search results."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_candidates import GREETING, PROMPTS, REFUNDS, SUMMARY, Prompt, prompts

from promptgit.errors import InvalidReferenceError
from promptgit.search import parse_order_by


def names(items: list[str] | None) -> list[str]:
    return [prompt.name for prompt in parse_order_by(items).sort(PROMPTS)]


R, S, G = REFUNDS.name, SUMMARY.name, GREETING.name


BY_NAME = [None, [], ["name"], ["name ASC"], ["`name` asc"], ['"name"'], ["attribute.name"]]


@pytest.mark.parametrize("items", BY_NAME)
def test_prompts_are_sorted_by_name_unless_told_otherwise(items: list[str] | None) -> None:
    assert names(items) == [G, S, R]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["name DESC"], [R, S, G]),
        (["version"], [G, S, R]),
        (["version  desc"], [R, S, G]),
        (["created"], [R, G, S]),
        (["creation_timestamp DESC"], [S, G, R]),
        (["last_updated_timestamp ASC"], [R, G, S]),
        (["timestamp DESC"], [S, G, R]),
        (["updated"], [R, G, S]),
        ([" last_updated\tDESC "], [S, G, R]),
    ],
)
def test_prompts_are_sorted_by_what_is_named(items: list[str], expected: list[str]) -> None:
    assert names(items) == expected


def test_the_first_key_weighs_most_and_the_name_decides_at_last() -> None:
    found = [Prompt(name=name, version=version) for name, version in (("b", 1), ("a", 1), ("c", 2))]
    assert [p.name for p in parse_order_by(["created", "version DESC"]).sort(found)] == ["c", "a", "b"]
    assert [p.name for p in parse_order_by(["version", "name DESC"]).sort(found)] == ["b", "a", "c"]


def test_fields_are_the_attributes_that_an_order_reads() -> None:
    assert parse_order_by(["last_updated_timestamp"]).fields == {"updated", "name"}
    assert parse_order_by(None).fields == {"name"}


def test_orders_are_values() -> None:
    assert parse_order_by(["timestamp", "name"]) == parse_order_by(["updated ASC"])
    assert len({parse_order_by(None), parse_order_by(["name"]), parse_order_by(["name DESC"])}) == 2
    assert [str(key) for key in parse_order_by(["timestamp desc"]).keys] == ["updated DESC", "name"]


@given(st.lists(prompts), st.sampled_from(["version", "created", "updated"]), st.booleans())
def test_the_order_before_does_not_matter(found: list[Prompt], field: str, descending: bool) -> None:
    order = parse_order_by([f"{field} DESC" if descending else field])
    found = list({prompt.name: prompt for prompt in found}.values())
    expected = order.sort(found)
    random.Random(0).shuffle(found)
    assert order.sort(found) == expected


@pytest.mark.parametrize(
    ("items", "position", "message", "hint"),
    [
        (["nam"], 0, "cannot be put in order by 'nam'", "Did you mean name?"),
        (["  template"], 2, "cannot be put in order by 'template'", "name, version, created, updated"),
        (["tags.team"], 0, "cannot be put in order", "name, version"),
        (["name, version"], 4, "one item is one field", "list"),
        (["name DOWN"], 5, "expected ASC, DESC or the end", "ASC or DESC"),
        (["name DESC ASC"], 10, "expected the end", "ASC or DESC"),
        ([""], 0, "missing", "ASC or DESC"),
        (["= 5"], 0, "missing", "ASC or DESC"),
        (["`name"], 0, "no end", "Close it"),
        (["name", "version", " name DESC"], 1, "name is in the order twice", "once"),
        (["updated", "last_updated_timestamp"], 0, "updated is in the order twice", "once"),
    ],
)
def test_a_fault_is_shown_in_its_item(items: list[str], position: int, message: str, hint: str) -> None:
    with pytest.raises(InvalidReferenceError, match=message) as caught:
        parse_order_by(items)
    assert (caught.value.text, caught.value.position) == (items[-1], position)
    assert hint in (caught.value.hint or "")


def test_one_text_is_no_list() -> None:
    with pytest.raises(InvalidReferenceError, match="order_by is a list"):
        parse_order_by("name DESC")
    with pytest.raises(InvalidReferenceError, match="not int"):
        parse_order_by([5])  # type: ignore[list-item]


@given(st.lists(st.text(), max_size=3))
def test_any_texts_are_an_order_or_a_fault(items: list[str]) -> None:
    try:
        found = parse_order_by(items).sort(PROMPTS)
    except InvalidReferenceError as error:
        places = [(item, at) for item in items for at in range(len(item) + 1)]
        found = list(PROMPTS) if (error.text, error.position) in places else []
    assert len(found) == len(PROMPTS)
