"""LIKE against SQLite's, and on patterns that are made to be slow."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptgit.search.like import compile_like, ends_in_escape, fold

ALPHABET = "abAB_%\\.*\n☃"
patterns = st.text(ALPHABET, max_size=12).filter(lambda pattern: not ends_in_escape(pattern))
texts = st.text(ALPHABET, max_size=14)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        yield database


def sql_like(database: sqlite3.Connection, pattern: str, text: str, *, case_sensitive: bool) -> bool:
    database.execute(f"PRAGMA case_sensitive_like = {'ON' if case_sensitive else 'OFF'}")
    return bool(database.execute("SELECT ? LIKE ? ESCAPE '\\'", (text, pattern)).fetchone()[0])


@given(pattern=patterns, text=texts)
@settings(max_examples=1500)
@example(pattern="%a_b%a", text="aabaab")
@example(pattern="_%_", text="a")
@example(pattern="%_a_%b__%", text="aaabaabba")
def test_like_is_sqlites(database: sqlite3.Connection, pattern: str, text: str) -> None:
    assert compile_like(pattern)(text) is sql_like(database, pattern, text, case_sensitive=True)


@given(pattern=patterns, text=texts)
@settings(max_examples=500)
def test_ilike_is_sqlites_like_without_case(database: sqlite3.Connection, pattern: str, text: str) -> None:
    expected = sql_like(database, pattern, text, case_sensitive=False)
    assert compile_like(pattern, ignore_case=True)(text) is expected


@given(st.data())
@settings(max_examples=500)
def test_a_pattern_made_from_a_text_matches_it(data: st.DataObject) -> None:
    text = data.draw(st.text("ab\n", max_size=30))
    parts = [text[at : at + 3] for at in range(0, len(text), 3)]
    cells = [data.draw(st.sampled_from([part, "_" * len(part), "%", part[:1] + "%"])) for part in parts]
    assert compile_like("".join(cells))(text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("straße", "STRASSE", False),
        ("STRAẞE", "straße", True),
        ("stra_e", "STRAßE", True),
        ("οδος", "ΟΔΟΣ", True),
        ("%σ", "ΟΔΟΣ", True),
        ("İ%", "İstanbul", True),
        ("éCLAIR", "Éclair", True),
    ],
)
def test_ilike_folds_character_by_character(pattern: str, text: str, matches: bool) -> None:
    assert compile_like(pattern, ignore_case=True)(text) is matches


@given(st.text())
def test_folding_keeps_the_length_and_is_done_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text) == "".join(map(fold, text))


@pytest.mark.parametrize(("text", "lone"), [("", False), ("a\\", True), ("a\\\\", False), ("\\\\\\", True)])
def test_a_lone_backslash_at_the_end_is_seen(text: str, lone: bool) -> None:
    assert ends_in_escape(text) is lone


SIZE = 200_000
HAN = "".join(map(chr, range(0x4E00, 0x9E00)))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%a%b%c" * 1000 + "%d%", "abc" * (SIZE // 3)),
        ("%" + "a%" * 4000 + "b", "a" * SIZE),
        ("%" + "a_" * 4000 + "b%", "a" * SIZE),
        ("%x_" + "a" * 8000 + "%", "a" * SIZE),
        ("%" + "a" * 4000 + "b%", "a" * SIZE),
        ("%" + "a_b" * 2000 + "c%", "aab" * (SIZE // 3)),
        ("_" * 8000 + "%b", "a" * SIZE),
        ("%a_a" + "_a%a_a" * 1000 + "_b%", "a" * SIZE),
        ("%" + HAN[:4000] + "_b%", HAN * 10),
    ],
)
def test_a_pattern_that_is_made_to_be_slow_comes_to_an_end(pattern: str, text: str) -> None:
    # A backtracking matcher would still be at it when the machine is scrapped.
    assert not compile_like(pattern)(text)
    assert not compile_like(pattern, ignore_case=True)(text)


@pytest.mark.corpus
def test_like_is_sqlites_on_real_prompts(database: sqlite3.Connection) -> None:
    folder = os.environ.get("PROMPTGIT_CORPUS")
    if not folder:
        pytest.skip("PROMPTGIT_CORPUS is not set")
    prompts = [text for path in sorted(Path(folder).glob("*.jsonl.gz")) for text in read_texts(path)][:400]
    words = ["%you_are%", "I want you to act as %", "%_act_as_%", "%\\%%", "%:%\n%_.", "%{{%}}%", "%\\_%"]
    for text in prompts:
        middle = text[len(text) // 2 :][:40].replace("\\", "_").replace(" ", "_")
        for pattern in [*words, f"%{middle}%", f"%{middle.swapcase()}%"]:
            assert compile_like(pattern)(text) is sql_like(database, pattern, text, case_sensitive=True)
            if text.isascii():
                expected = sql_like(database, pattern, text, case_sensitive=False)
                assert compile_like(pattern, ignore_case=True)(text) is expected


def read_texts(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
