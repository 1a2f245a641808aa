"""What a filter means."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import cast

import pytest
from hypothesis import given
from search_candidates import GREETING, PROMPTS, REFUNDS, SUMMARY, Prompt, expressions, prompts

from promptgit.search import Candidate, Filter, parse_filter
from promptgit.search.expression import And, Comparison, Expression, Not, Or
from promptgit.search.moments import FOREVER, Moment


def found(text: str | None) -> list[str]:
    return [prompt.name for prompt in PROMPTS if parse_filter(text).matches(prompt)]


R, S, G = REFUNDS.name, SUMMARY.name, GREETING.name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name = 'greeting'", [G]),
        ('name = "greeting"', [G]),
        ("attribute.name = 'greeting'", [G]),
        ("name != 'greeting'", [R, S]),
        ("name LIKE 's%'", [R, S]),
        ("name like '%S%'", []),
        ("name ILIKE '%S%'", [R, S]),
        ("name NOT LIKE 's%'", [G]),
        ("name not ilike 'S%'", [G]),
        ("name IN ('greeting', 'nobody')", [G]),
        ("name IN ('greeting',)", [G]),
        ("name NOT IN (\"greeting\", 'nobody')", [R, S]),
        (r"name LIKE '%\_%'", [S]),
        ("name LIKE '%_%'", [R, S, G]),
        (r"template LIKE '%100\%%'", [R]),
        ("template LIKE '%agent._Never%'", [R]),
        ("description != ''", [R]),
        ("author ILIKE '%LOVELACE'", [G]),
        ("message = 'Shorter, and it''s polite'", [R]),
        ("commit_message LIKE '%it''s%'", [R]),
        ("version > 3", [R]),
        ("version >= 3", [R, S]),
        ("version<2", [G]),
        ("version <= -1", []),
        ("version != 3", [R, G]),
        ("version IN (1, 12)", [R, G]),
        ("version NOT IN (1, 12)", [S]),
        ("name = 'greeting' OR name = 'summary_long' AND version = 12", [G]),
        ("(name = 'greeting' OR name = 'summary_long') AND version < 12", [S, G]),
        ("NOT name = 'greeting' AND version < 12", [S]),
        ("NOT (name = 'greeting' OR version < 12)", [R]),
        ("NOT NOT name = 'greeting'", [G]),
        ("name='greeting'OR(version=12)", [R, G]),
        ("\tname\n=\r\n'greeting'\u00a0", [G]),
    ],
)
def test_a_filter_finds_what_it_says(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_no_filter_finds_everything(text: str | None) -> None:
    everything = parse_filter(text)
    assert (str(everything), everything.fields) == ("", frozenset())
    assert found(text) == [R, S, G]


@pytest.mark.parametrize(
    "field", ["tags.`cost center`", 'tags."cost center"', "tags.'cost center'", "tag.`cost center`"]
)
def test_a_tag_with_spaces_in_its_key_is_written_in_quotes(field: str) -> None:
    assert found(f"{field} = '4711'") == [R]


def test_a_tags_key_is_taken_as_it_stands() -> None:
    prompt = Prompt(tags={"a.b": "1", "AND": "2", "cost-center": "3", "naïve/key": "4", "we`ird": "5"})
    for text in ("tags.a.b = '1'", "tags.AND = '2'", "tags.cost-center = '3'", "tags.naïve/key = '4'"):
        assert parse_filter(text).matches(prompt)
    assert parse_filter("tags.`we``ird` = '5'").matches(prompt)
    assert not parse_filter("tags.and = '2'").matches(prompt)


def test_a_missing_tag_matches_no_comparison_but_does_match_its_negation() -> None:
    assert found("tags.team != 'billing'") == [S]
    assert found("tags.team NOT LIKE 'b%'") == [S]
    assert found("tags.team NOT IN ('billing')") == [S]
    assert found("NOT tags.team = 'billing'") == [S, G]


def test_a_tag_can_be_asked_for_by_its_presence() -> None:
    assert found("tags.team IS NULL") == [G]
    assert found("tags.team is not null") == [R, S]


def test_an_alias_is_compared_with_every_alias_of_the_prompt() -> None:
    assert found("alias = 'canary'") == [R]
    assert found("alias LIKE 'prod%'") == [R]
    assert found("alias IN ('staging', 'production')") == [R]
    assert found("alias != 'canary'") == [S, G]
    assert found("aliases NOT LIKE 'prod%'") == [S, G]
    assert found("alias NOT IN ('staging')") == [R, S, G]
    assert found("alias IS NULL") == [S, G]
    assert found("alias IS NOT NULL") == [R]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("created = '2026-02-14'", [S]),
        ("created != '2026-02-14'", [R, G]),
        ("created < '2026-02-14'", [R, G]),
        ("created <= '2026-02-14'", [R, S, G]),
        ("created > '2025-11-30'", [S, G]),
        ("created >= '2025-11-30'", [R, S, G]),
        ("created > '2026-02-14'", []),
        ("created = '2026-02-14T08:00'", [S]),
        ("created = '2026-02-14 10:00+02:00'", [S]),
        ("created > '2026-02-14T07:59:59.999Z'", [S]),
        ("created >= '2026-02-14T08:00:00.000001Z'", []),
        ("creation_timestamp = 1771056000000", [S]),
        ("created_at < 1771056000000", [R, G]),
        ("last_updated_timestamp <= 1771056000000", [R]),
        ("last_updated <= '2026-02-14'", [R]),
        ("updated = '2026-03-01'", [G]),
        ("updated <= '9999-12-30'", [R, G]),
    ],
)
def test_dates(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_what_is_not_committed_yet_is_newer_than_every_date() -> None:
    assert found("updated > '9999-12-30'") == [S]
    assert SUMMARY.updated is None


def test_a_candidates_own_time_zone_is_honoured() -> None:
    late = Prompt(created=datetime(2026, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5))))
    assert parse_filter("created = '2026-01-02'").matches(late)


def test_fields_are_the_attributes_that_a_filter_reads() -> None:
    text = "tags.x = 'a' AND (NOT alias = 'b' OR last_updated > '2026-01-01') AND tag.y IS NULL"
    assert parse_filter(text).fields == {"tags", "aliases", "updated"}


class Recorder:
    """A greeting that notes which of its attributes are read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __getattr__(self, attribute: str) -> object:
        self.read.append(attribute)
        return getattr(GREETING, attribute)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("author = 'Ada' AND name = 'other'", ["name"]),
        ("author = 'Ada' AND name = 'greeting'", ["name", "author"]),
        ("author = 'Ada' OR (message = 'x' OR version = 1)", ["version"]),
        ("(author = 'Ada' OR name = 'x') AND template LIKE 'x'", ["template"]),
        ("updated > '2026-01-01' AND tags.x IS NULL AND name = 'greeting'", ["name", "tags", "updated"]),
    ],
)
def test_costly_attributes_are_read_last_and_only_if_need_be(text: str, read: list[str]) -> None:
    prompt = Recorder()
    parse_filter(text).matches(cast("Candidate", prompt))
    assert prompt.read == read


def test_filters_are_values() -> None:
    one, same = parse_filter("name='a'  and (tag.x = \"b\")"), parse_filter("name = 'a' AND tags.x = 'b'")
    assert one == same
    assert hash(one) == hash(same)
    assert len({one, same, parse_filter("name = 'a'")}) == 2
    with pytest.raises(AttributeError):
        one.fields = frozenset()  # type: ignore[misc]


def test_a_filter_can_be_pickled() -> None:
    one = parse_filter("name LIKE 's%'")
    again = pickle.loads(pickle.dumps(one))
    assert again == one
    assert again.matches(REFUNDS)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('name="it\'s"', "name = 'it''s'"),
        ("tag.`team` in ( 'a' ,\"b\" )", "tags.team IN ('a', 'b')"),
        ("tags.`a``b c` is  not null", "tags.`a``b c` IS NOT NULL"),
        ("((name = 'a')) and ((name = 'b') and name = 'c')", "name = 'a' AND name = 'b' AND name = 'c'"),
        ("(name='a' or name='b') and not (version<3)", "(name = 'a' OR name = 'b') AND NOT version < 3"),
        ("not (name='a' or name='b')", "NOT (name = 'a' OR name = 'b')"),
        ("creation_timestamp > 1767225600000", "created > '2026-01-01T00:00:00Z'"),
        ("created > '2026-01-01 01:00+01:00'", "created > '2026-01-01T00:00:00Z'"),
        ("created > '2026-01-01'", "created > '2026-01-01'"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert str(parse_filter(text)) == canonical
    assert parse_filter(canonical) == parse_filter(text)


@given(expressions())
def test_every_expression_survives_its_canonical_text(expression: Expression) -> None:
    assert parse_filter(str(expression)) == Filter.of(expression)
    assert str(parse_filter(str(expression))) == str(expression)


@given(expressions(), prompts)
def test_a_filter_agrees_with_a_plain_reading(expression: Expression, prompt: Prompt) -> None:
    assert Filter.of(expression).matches(prompt) is holds(expression, prompt)
    assert Filter.of(Not(term=expression)).matches(prompt) is not holds(expression, prompt)


def holds(expression: Expression, prompt: Prompt) -> bool:
    """The oracle: slow, direct, and written from the language's description."""
    if isinstance(expression, And):
        return all(holds(term, prompt) for term in expression.terms)
    if isinstance(expression, Or):
        return any(holds(term, prompt) for term in expression.terms)
    if isinstance(expression, Not):
        return not holds(expression.term, prompt)
    return compared(expression, prompt)


def compared(comparison: Comparison, prompt: Prompt) -> bool:
    values: list[object]
    if comparison.field == "tags":
        values = [prompt.tags[comparison.key]] if comparison.key in prompt.tags else []
    elif comparison.field == "alias":
        values = list(prompt.aliases)
    else:
        values = [getattr(prompt, comparison.field)]
    if comparison.operator in ("IS NULL", "IS NOT NULL"):
        return bool(values) is (comparison.operator == "IS NOT NULL")
    if comparison.operator.startswith(("NOT", "!=")):
        if comparison.field == "tags" and not values:
            return False
        return not any(fits(comparison, value) for value in values)
    return any(fits(comparison, value) for value in values)


def fits(comparison: Comparison, found: object) -> bool:
    positive, wanted = comparison.operator.removeprefix("NOT ").replace("!=", "="), comparison.value
    if positive == "IN":
        assert isinstance(wanted, tuple)
        return found in wanted
    if positive in ("LIKE", "ILIKE"):
        assert isinstance(found, str)
        assert isinstance(wanted, str)
        return like(wanted, found) if positive == "LIKE" else like(wanted.lower(), found.lower())
    if isinstance(wanted, Moment):
        moment = found if isinstance(found, datetime) else FOREVER
        place = 0 if wanted.start <= moment < wanted.end else -1 if moment < wanted.start else 1
    else:
        place = 0 if found == wanted else -1 if isinstance(found, int) and found < wanted else 1  # type: ignore[operator]
    return {"=": place == 0, "<": place < 0, "<=": place <= 0, ">": place > 0, ">=": place >= 0}[positive]


def like(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    if pattern[0] == "\\":
        return text[:1] == pattern[1] and like(pattern[2:], text[1:])
    return bool(text) and pattern[0] in ("_", text[0]) and like(pattern[1:], text[1:])
