"""Messages point at the right line and column."""

from __future__ import annotations

import pytest
from document_samples import ALIASES_FILE, VERSION_FILE, documents, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from promptgit.document import dump, locate, text_position


@pytest.mark.parametrize(
    ("keys", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("template",), (3, 3), (2, 1)),
        (("template", 0), (3, 5), (3, 5)),
        (("template", 1, "content"), (10, 14), (10, 5)),
        (("variables", "policy", "description"), (12, 39), (12, 26)),
        (("variables", "question", "required"), (15, 15), (15, 5)),
        (("tags", "country"), (21, 12), (21, 3)),
    ],
)
def test_a_value_and_its_key_are_located(
    keys: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    assert locate(VERSION_FILE, keys) == value
    assert locate(VERSION_FILE, keys, key=True) == key


def test_what_does_not_exist_is_located_at_what_is_around_it() -> None:
    assert locate(VERSION_FILE, ["template", 7, "role"]) == (3, 3)
    assert locate(VERSION_FILE, ["tags", "team", "x"], key=True) == (20, 3)
    assert locate(VERSION_FILE, ["nothing"]) == (2, 1)
    assert locate(VERSION_FILE, ["template", "0"]) == (3, 3)
    assert locate(b"", ["a"]) == (1, 1)
    assert locate(b"a:\n", ["a"]) == (1, 3)


def test_columns_count_characters() -> None:
    data = 'ключ: {"😀": é}\r\n"漢": [ä, x]\r\n'.encode()
    assert locate(data, ["ключ", "😀"]) == (1, 13)
    assert locate(data, ["漢", 1]) == (2, 10)
    assert locate(b"\xef\xbb\xbfa: 1\n", ["a"]) == (1, 4)


def test_a_broken_file_is_located_up_to_its_fault() -> None:
    data = ALIASES_FILE + b"broken\n"
    assert locate(data, ["experiment", "4"]) == (5, 24)
    assert locate(b"a: 1\nb: [\n", ["b", 0]) == (2, 4)
    assert locate(b"a: " + b"[" * 100, ["a", 0, 0]) == (1, 6)
    assert locate(b"a: \xff", ["b"]) == (1, 1)


def test_a_character_of_a_literal_block_has_its_own_place() -> None:
    text = "You answer questions about refunds.\n  - Be brief.\n\n{{policy}}\n"
    keys: list[str | int] = ["template", 0, "content"]
    assert text_position(VERSION_FILE, keys, 0) == (5, 7)
    assert text_position(VERSION_FILE, keys, text.index("- Be")) == (6, 9)
    assert text_position(VERSION_FILE, keys, text.index("{{")) == (8, 7)
    assert text_position(VERSION_FILE.replace(b"\n", b"\r\n"), keys, text.index("}}")) == (8, 15)


def test_a_character_of_a_text_in_one_line_has_its_own_place() -> None:
    assert text_position(VERSION_FILE, ["template", 1, "content"], 2) == (10, 17)
    assert text_position(b"a: plain {{x}}\n", ["a"], 6) == (1, 10)
    assert text_position(b"a: 'b{{x}}'\n", ["a"], 1) == (1, 6)


def test_where_escapes_and_folding_come_between_it_is_the_place_of_the_text() -> None:
    assert text_position(b'a: "b\\n{{x}}"\n', ["a"], 2) == (1, 4)
    assert text_position(b"a: >\n  b\n  {{x}}\n", ["a"], 2) == (1, 4)
    assert text_position(b"a: b\n  {{x}}\n", ["a"], 2) == (1, 4)


def test_where_there_is_no_text_it_is_the_place_of_the_value() -> None:
    assert text_position(VERSION_FILE, ["template"], 5) == (3, 3)
    assert text_position(VERSION_FILE, ["missing"], 5) == (2, 1)


@given(texts, st.data())
@settings(max_examples=300, deadline=None)
def test_the_character_at_the_place_is_that_of_the_text(text: str, data: st.DataObject) -> None:
    written = dump({"list": [{"content": text}]})
    if not text or not written.decode().partition("content: ")[2].startswith("|"):
        return  # no literal block: its place is that of the whole text
    offset = data.draw(st.integers(0, len(text) - 1))
    line, column = text_position(written, ["list", 0, "content"], offset)
    lines = written.decode().split("\n")
    assert f"{lines[line - 1]}\n"[column - 1] == text[offset]


@given(documents)
@settings(max_examples=100, deadline=None)
def test_every_value_is_located_inside_the_file(document: dict[str, object]) -> None:
    data = dump(document)
    for key in document:
        line, column = locate(data, [key], key=True)
        assert line >= 1
        assert data.decode().split("\n")[line - 1][column - 1 :]
