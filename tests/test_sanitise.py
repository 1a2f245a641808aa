"""What a terminal obeys becomes visible; everything else stays as it is."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit.sanitise import sanitise, sanitise_json, sanitise_line

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]))


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\x1b", "\\x1b"),
        ("\x07", "\\x07"),
        ("\r", "\\r"),
        ("\x7f", "\\x7f"),
        ("\x9b", "\\x9b"),
        ("\x85", "\\x85"),
        ("\u200f", "\\u200f"),
        ("\u202e", "\\u202e"),
        ("\u2028", "\\u2028"),
        ("\u2066", "\\u2066"),
        ("\ufeff", "\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_obeys_is_shown_as_an_escape(character: str, shown: str) -> None:
    assert sanitise(f"a{character}b") == sanitise_line(f"a{character}b") == f"a{shown}b"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "naïve 条件 \u0645\u0631\u062d\u0628\u0627",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "می\u200cخواهم",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert sanitise(text) == sanitise_line(text) == sanitise_json(text) == text


def test_newlines_and_tabs_stay_but_not_in_a_line() -> None:
    assert sanitise("a\n\tb") == "a\n\tb"
    assert sanitise_line("a\n\tb") == "a\\n\\tb"


@given(ANY_TEXT)
def test_no_control_gets_through(text: str) -> None:
    shown = sanitise(text)
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert not [
        c
        for c in shown
        if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    ]
    assert "\n" not in sanitise_line(text)
    shown.encode()  # no lone surrogate is left, so that any stream can carry it
    assert sanitise(shown) == shown


@given(
    st.recursive(ANY_TEXT | st.none() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner))
)
def test_a_json_document_keeps_its_value(value: object) -> None:
    text = sanitise_json(json.dumps(value, indent=2, ensure_ascii=False))
    assert json.loads(text) == value
    assert sanitise(text) == text
