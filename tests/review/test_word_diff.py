"""Differences in words: exact, readable, and quick on long texts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit import Registry
from promptgit.review.compare import headline
from promptgit.review.terminal import render
from promptgit.review.words import ADDED, REMOVED, SAME, Segment, diff_words, fold

_TEXTS = st.lists(
    st.sampled_from(["a", "b", "kind", " ", "\n", "\n\n", ".", "é", "{{x}}", "\r", "\u2028"]), max_size=30
).map("".join)


@given(old=_TEXTS, new=_TEXTS)
def test_a_diff_gives_both_texts_back(old: str, new: str) -> None:
    segments = diff_words(old, new)
    assert "".join(segment.text for segment in segments if segment.kind != ADDED) == old
    assert "".join(segment.text for segment in segments if segment.kind != REMOVED) == new
    assert all(segment.text for segment in segments)
    assert all(one.kind != two.kind for one, two in itertools.pairwise(segments))


def test_a_changed_word_is_told_in_its_line() -> None:
    assert diff_words("Be kind to all.\nAnswer briefly.\n", "Be kind to all.\nAnswer at length.\n") == [
        Segment(kind=SAME, text="Be kind to all.\nAnswer "),
        Segment(kind=REMOVED, text="briefly"),
        Segment(kind=ADDED, text="at length"),
        Segment(kind=SAME, text=".\n"),
    ]


def test_a_variable_is_one_word() -> None:
    assert diff_words("Ask: {{question}}\n", "Ask: {{question}} {{order_id}}\n") == [
        Segment(kind=SAME, text="Ask: {{question}}"),
        Segment(kind=ADDED, text=" {{order_id}}"),
        Segment(kind=SAME, text="\n"),
    ]


def test_an_added_line_is_one_segment() -> None:
    segments = diff_words("one\ntwo\n", "one\nand a half\ntwo\n")
    assert [segment.text for segment in segments if segment.kind == ADDED] == ["and a half\n"]


def test_spaces_between_changed_words_do_not_stand_alone() -> None:
    kinds = [segment.kind for segment in diff_words("one two three", "uno dos tres")]
    assert kinds == [REMOVED, ADDED]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x\n" * 50_000, "x\n" * 49_000 + "y\n"),
        ("a b " * 30_000, "b a " * 30_000),
        ("\n".join(map(str, range(20_000))), "\n".join(map(str, reversed(range(20_000))))),
    ],
)
def test_long_texts_of_the_worst_kind_are_compared_within_bounds(old: str, new: str) -> None:
    """No time is asserted: without bounds each of these takes minutes, and the suite's own limit would end it."""
    segments = diff_words(old, new)
    assert "".join(segment.text for segment in segments if segment.kind != REMOVED) == new


def test_unchanged_stretches_are_folded_around_changes() -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    folded = fold(diff_words(text, text.replace("line 10\n", "line ten\n")), context=2)
    assert [piece for piece in folded if isinstance(piece, int)] == [8, 7]


@pytest.fixture
def versions(registry: Registry) -> Registry:
    registry.register("a", "Be kind.\n\nQuestion: {{question}}\n", model_config={"temperature": 0.2})
    registry.register(
        "a",
        "Be kind and brief.\n\nQuestion: {{question}}\nLanguage: {{language}}\n",
        model_config={"temperature": 0.7},
        variables={"question": {"type": "string", "default": "?"}},
    )
    return registry


def test_the_headline_says_what_matters(versions: Registry) -> None:
    assert (
        headline(versions.diff("a/1", "a/2"))
        == "1 → 2: 3 lines, 1 new required variable (breaking), 2 changed variables, temperature 0.2 → 0.7"
    )
    assert headline(versions.diff("a/2", "a/1")).startswith("2 → 1: ")
    assert headline(versions.diff("a/1", "a/1")) == "1 → 1: nothing changed"
    assert versions.diff("a/1", "a/1").is_empty


@pytest.mark.parametrize(
    ("before", "after", "what", "breaking"),
    [
        ({}, {"x": {"required": False}}, "now optional", False),
        ({"x": {"required": False}}, {}, "now required", True),
        ({"x": {"type": "string"}}, {"x": {"type": "integer"}}, "string → integer", True),
        ({"x": {"type": "integer"}}, {"x": {"type": "any"}}, "integer → any", False),
        ({"x": {"default": "a"}}, {"x": {"default": "b"}}, "default a → b", False),
    ],
)
def test_a_variable_that_breaks_callers_is_told_from_one_that_does_not(
    registry: Registry,
    before: dict[str, dict[str, object]],
    after: dict[str, dict[str, object]],
    what: str,
    breaking: bool,
) -> None:
    registry.register("a", "{{x}}", variables=before)
    registry.register("a", "{{x}}", variables=after)
    changes = {change.what: change.breaking for change in registry.diff("a/1", "a/2").variables}
    assert changes[what] is breaking


def test_messages_that_are_alike_stand_beside_each_other(registry: Registry) -> None:
    system = {"role": "system", "content": "You answer questions about refunds. Be kind."}
    user = {"role": "user", "content": "{{question}}"}
    registry.register("chat", [system, user])
    registry.register(
        "chat",
        [{**system, "content": "You answer questions about refunds. Be brief."}, {"placeholder": "history"}, user],
    )
    comparison = registry.diff("chat/1", "chat/2")
    assert [(change.kind, change.new_role) for change in comparison.messages] == [
        ("changed", "system"),
        ("added", "{history}"),
        ("same", "user"),
    ]
    assert comparison.to_dict()["messages"][2]["segments"] == [["same", "{{question}}"]]


def test_a_terminal_shows_words_with_and_without_colour(versions: Registry) -> None:
    comparison = versions.diff("a/1", "a/2")
    plain = render(comparison, colour=False, width=80)
    assert "Be kind{+ and brief+}." in plain
    assert "language: new, required (breaking)" in plain
    assert "model_config.temperature: [-0.2-] {+0.7+}" in plain
    assert "\x1b" not in plain
    assert "\x1b[32m and brief\x1b[0m" in render(comparison, colour=True, width=80)


def test_what_stands_in_a_prompt_does_not_reach_the_terminal_as_it_is(registry: Registry) -> None:
    registry.register("evil", "hello \x1b]52;c;aGk=\x07 \u202ebidi")
    registry.register("evil", "hello there", tags={"k": "\x1b[2J"})
    shown = render(registry.diff("evil/1", "evil/2"), colour=False, width=80)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_a_short_word_among_words_that_stay_is_no_change() -> None:
    old = "- Refunds are possible within 30 days of the purchase.\n- If it is older, offer credit.\n"
    new = "Refunds are possible within 30 days of the purchase. If it is older, offer credit.\n"
    changed = [segment.text for segment in diff_words(old, new) if segment.kind != SAME]
    assert changed == ["- ", "\n-"]


def test_what_a_variable_says_of_itself_is_compared(registry: Registry) -> None:
    registry.register("faq", "Answer {{question}}.", "One", variables={"question": {"example": "Why?"}})
    more = {"question": {"example": "How?", "description": "what was asked"}}
    registry.register("faq", "Answer {{question}}.", "Two", variables=more)
    comparison = registry.diff("faq/1", "faq/2")
    assert [(change.what, change.breaking) for change in comparison.variables] == [
        ("description and example changed", False)
    ]
    assert headline(comparison) == "1 → 2: 1 changed variable"


def test_a_thousand_messages_that_have_nothing_in_common_are_compared_soon(registry: Registry) -> None:
    for letters in ("abcdefghijklm", "nopqrstuvwxyz"):
        words = [[letters[number * at % 13] for at in range(300)] for number in range(1500)]
        registry.register("long", [{"role": "user", "content": "".join(word)} for word in words], "Long")
    kinds = {change.kind for change in registry.diff("long/1", "long/2").messages}
    assert kinds == {"added", "removed"}
