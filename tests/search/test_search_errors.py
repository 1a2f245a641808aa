"""Every fault is shown at its place, with what to do about it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from search_candidates import PROMPTS

from promptgit.errors import InvalidReferenceError
from promptgit.search import Filter, parse_filter


def fault(text: str) -> InvalidReferenceError:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_filter(text)
    assert caught.value.text == text
    return caught.value


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("nme = 'x'", "nme", "unknown field", "Did you mean name?"),
        ("last_update > 5", "last", "unknown field", "Did you mean last_updated?"),
        ("team = 'x'", "team", "unknown field", "tags.team"),
        ("tagz.team = 'x'", "tagz", "unknown field", "Did you mean tags.team?"),
        ("tags = 'x'", "tags", "unknown field", "tags.KEY"),
        ("tags['team'] = 'x'", "tags", "unknown field", "tags.KEY"),
        ("NAME = 'x'", "NAME", "unknown field", "Did you mean name?"),
        ("tags. = 'x'", "tags", "no key", "`cost center`"),
        ("tags.`` = 'x'", "tags", "no key", "`cost center`"),
        ("'name' = 'x'", "'name'", "without quotes", "key"),
        ("AND name = 'x'", "AND", "expected a field", "a field, an operator and a value"),
        ("NOT", "", "expected a field, not the end", "a field"),
        ("name == 'x'", "==", "expected an operator", "Write =."),
        ("name <> 'x'", "<>", "expected an operator", "Write !=."),
        ("name ıN ('x')", "ıN", "expected an operator", "name takes"),
        ("name contains 'x'", "contains", "expected an operator", "name takes =, !=, LIKE"),
        ("name", "", "not the end", "name takes"),
        ("name NOT = 'x'", "=", "after 'NOT'", "NOT LIKE"),
        ("tags.x IS 'x'", "'x'", "after 'IS'", "IS NOT NULL"),
        ("tags.x IS NOT 'x'", "'x'", "after 'NOT'", "IS NOT NULL"),
        ("name < 'x'", "<", "name has no operator <", "name takes"),
        ("tags.x >= '5'", ">=", "tags has no operator >=", "tags takes"),
        ("created LIKE '2026%'", "LIKE", "created has no operator LIKE", "created takes"),
        ("version ILIKE '2%'", "ILIKE", "version has no operator ILIKE", "version takes"),
        ("description IS NULL", "IS", "never missing", "= ''"),
        ("version IS NOT NULL", "IS", "never missing", "a tag and an alias"),
        ("name = 'abc", "'abc", "no end", "Close it"),
        ('name = "abc', '"abc', "no end", "Close it"),
        ("tags.`abc = 'x'", "`abc", "no end", "Close it"),
        ("name = abc'", "abc", "opening quote", "quotes"),
        ("name = abc", "abc", "not in quotes", "'abc'"),
        ("name = “abc”", "“", "typographic", "straight"),
        ("name = `abc`", "`abc`", "backticks", "quotes"),
        ("name = 5", "5", "is a number", "'5'"),
        ("tags.x = -5", "-5", "is a number", "'-5'"),
        ("name =", "", "expected a value", "quotes"),
        ("name = AND version = 1", "AND", "not in quotes", "Quote it"),
        ("name = = 'x'", "= 'x'", "expected a value", "quotes"),
        ("name = 'x' name = 'y'", "name = 'y'", "expected AND, OR", "AND or OR"),
        ("name = 'x' && name = 'y'", "&&", "expected AND, OR", "Write AND."),
        ("name = 'x' || name = 'y'", "||", "expected AND, OR", "Write OR."),
        ("name = 'it's'", "s'", "expected AND, OR", "twice"),
        ("name = 'x';", ";", "expected AND, OR", "AND or OR"),
        ("name = 'x')", ")", "expected AND, OR", "no ( for it"),
        ("(name = 'x'", "(", "not closed", ")"),
        ("(name = 'x' name", "name", "expected AND, OR", "AND or OR"),
        ("name IN ()", ")", "empty", "name IN ('a', 'b')"),
        ("version IN ()", ")", "empty", "version IN (1, 2)"),
        ("name IN 'a'", "'a'", "expected ( after IN", "takes a list"),
        ("name IN ('a'", "(", "not closed", "takes a list"),
        ("name IN ('a' 'b')", "'b'", "expected , or )", "takes a list"),
        ("name IN ('a',, 'b')", ", 'b'", "expected a value", "quotes"),
        ("name NOT IN ('a', 5)", "5", "is a number", "'5'"),
        ("version = '3'", "'3'", "whole number", "without quotes"),
        ("version > 1.5", "1.5", "whole number", "number"),
        ("version = 1234567890123456789", "1234567890123456789", "whole number", "number"),
        ("version = ٣", "٣", "whole number", "number"),
        ("created > yesterday", "yesterday", "not a date", "2026-01-31"),
        ("created > '2026-13-01'", "'2026-13-01'", "not a date", "2026-01-31"),
        ("created > '2026-W05-1'", "'2026", "not a date", "2026-01-31"),
        ("created > '20260131'", "'2026", "not a date", "2026-01-31"),
        ("created > '2026-01-31x10:00'", "'2026", "not a date", "2026-01-31"),
        ("created > '2026-01-31T25:00'", "'2026", "not a date", "2026-01-31"),
        ("created > '0001-01-01T00:00+14:00'", "'0001", "outside the years", "2026-01-31"),
        ("created > 999999999999999999", "9", "outside the years", "2026-01-31"),
        ("created > 2026-01-01", "2026", "not in quotes", "'2026-01-01'"),
        (r"name LIKE 'a\'", "\\", "lone backslash", r"\%"),
        ("name LIKE '" + "a" * 9000 + "'", "'a", "at most 8192", "a part"),
    ],
)
def test_a_fault_is_shown_at_its_place_with_a_hint(text: str, at: str, message: str, hint: str) -> None:
    error = fault(text)
    where = text.rindex(at) if at else len(text)
    if at in ("NAME", "9", "=", "AND", "("):
        where = text.index(at)
    assert error.position == where
    assert message in error.message
    assert hint in (error.hint or "")
    assert str(error).splitlines()[2] == "  " + " " * where + "^"


def test_the_leftmost_of_several_faults_is_shown() -> None:
    assert fault("name = abc AND tags.x < 'unterminated").position == 7


def test_nesting_has_a_limit() -> None:
    deepest = "(" * 25 + "NOT " * 25 + "name = 'x'" + ")" * 25
    assert str(parse_filter(deepest)) == "NOT " * 25 + "name = 'x'"
    assert fault("(" + deepest + ")").position == 26 + 24 * 4
    assert "deeper than 50" in fault("(" * 60_000).message


def test_length_has_a_limit() -> None:
    longest = "name = '" + "x" * (65_536 - 9) + "'"
    assert len(longest) == 65_536
    assert parse_filter(longest)
    assert "65536 characters" in fault(longest + " ").message


def test_a_wide_filter_is_no_deep_one() -> None:
    wide = parse_filter(" OR ".join(f"version = {number}" for number in range(3000)))
    assert wide.matches(PROMPTS[0])
    assert parse_filter(str(wide)) == wide


@pytest.mark.parametrize("text", [5, b"name = 'x'", ["name = 'x'"]])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidReferenceError, match="a filter is a text"):
        parse_filter(text)  # type: ignore[arg-type]


def test_an_error_is_safe_to_print() -> None:
    shown = str(fault("\x1b]52;c;x\x07 = '\u202e'"))
    assert shown.replace("\n", "").isprintable()


def test_an_error_about_a_long_word_has_a_short_message() -> None:
    assert len(fault("x" * 60_000).message) < 100


PIECES = st.one_of(
    st.sampled_from(["name", "tags.x", "tags.", "alias", "version", "created"]),
    st.sampled_from(["=", "!=", "<", "==", "!", "LIKE", "ILIKE", "IN", "NOT", "IS", "NULL", "AND", "OR"]),
    st.sampled_from(["'a'", '"b"', "`c`", "5", "-1", "'2026-01-01'", "2026-01-01", "'\\'", "(", ")", ","]),
    st.sampled_from(["'a", "'", "`", '"', "\x00", "é", "“", ";", "\ud800", "'''", "((", "%"]),
)


def attempt(text: str) -> Filter | InvalidReferenceError:
    try:
        return parse_filter(text)
    except InvalidReferenceError as error:
        return error


@given(st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join) | st.text())
@settings(max_examples=1500)
@example("name = ''''")
@example("tags.x IS NOT")
@example("name IN (")
def test_any_text_is_a_filter_or_a_fault_within_it(text: str) -> None:
    parsed = attempt(text)
    if isinstance(parsed, InvalidReferenceError):
        assert parsed.position is not None
        assert 0 <= parsed.position <= len(text)
        assert str(parsed)
        return
    assert parse_filter(str(parsed)) == parsed
    for prompt in PROMPTS:
        assert parsed.matches(prompt) in (True, False)


UNITS = ["(", "NOT ", "'", "`", "a", "name = 'x' AND ", "name IN (", "' ", "((name", "=", "\n", "-", ","]


@pytest.mark.parametrize("unit", UNITS)
def test_a_text_of_the_greatest_length_is_read_at_once(unit: str) -> None:
    text = (unit * 65_536)[:65_536]
    if text.strip():
        assert fault(text).position is not None
    else:
        assert parse_filter(text) == parse_filter(None)
