"""Lines side by side: nothing is lost, and lines that have words in common stand beside each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptgit.review.rows import Fold, Row, folded, rows
from promptgit.review.words import diff_words

TEXT = st.text(st.sampled_from("ab \n\t.→"), max_size=60)


def side(every: list[Row], name: str) -> str:
    return "".join(text for row in every for _, text in getattr(row, name) or ())


def table(old: str, new: str) -> list[tuple[str, str, str]]:
    return [
        (row.kind, "".join(text for _, text in row.left or ()), "".join(text for _, text in row.right or ()))
        for row in rows(diff_words(old, new))
    ]


@given(TEXT, TEXT)
def test_joining_a_side_gives_its_text(old: str, new: str) -> None:
    every = rows(diff_words(old, new))
    assert side(every, "left") == old
    assert side(every, "right") == new


@given(TEXT, TEXT)
def test_a_row_is_one_line_and_says_what_it_is(old: str, new: str) -> None:
    for row in rows(diff_words(old, new)):
        texts = ["".join(text for _, text in line) if line is not None else None for line in (row.left, row.right)]
        assert all(text is None or text.count("\n") <= 1 for text in texts)
        assert (texts[0] == texts[1]) == (row.kind == "same")
        assert (texts[0] is None) == (row.kind == "added")
        assert (texts[1] is None) == (row.kind == "removed")


def test_a_changed_line_stands_beside_what_it_was() -> None:
    old = "Be kind.\nAnswer the question in three sentences.\nDo not lie.\n"
    new = "Be kind.\nNever guess.\nAnswer the question in two sentences.\nDo not lie.\n"
    assert table(old, new) == [
        ("same", "Be kind.\n", "Be kind.\n"),
        ("added", "", "Never guess.\n"),
        ("changed", "Answer the question in three sentences.\n", "Answer the question in two sentences.\n"),
        ("same", "Do not lie.\n", "Do not lie.\n"),
    ]


def test_lines_with_a_word_in_common_by_chance_are_not_taken_for_one_another() -> None:
    old = "Be kind.\nIncremental: ideas that improve or clarify what is well-known.\nBye.\n"
    new = "Be kind.\nHello.\nSay what a framework does that is well-structured, in three sentences.\nBye.\n"
    every = rows(diff_words(old, new))
    assert [row.kind for row in every] == ["same", "changed", "added", "same"]
    assert every[1].left == ((True, "Incremental: ideas that improve or clarify what is well-known.\n"),)
    assert every[1].right == ((True, "Hello.\n"),)


def test_blank_lines_around_a_new_line_are_no_change() -> None:
    kinds = [kind for kind, _, _ in table("One.\n\nTwo.\n", "One.\n\nNew.\n\nTwo.\n")]
    assert kinds.count("added") == 2
    assert "changed" not in kinds


def test_a_line_end_that_is_missing_is_a_change() -> None:
    assert [kind for kind, _, _ in table("One.\n", "One.")] == ["changed"]


@given(TEXT, TEXT, st.integers(0, 3))
def test_folding_loses_no_row_and_keeps_what_is_near_a_change(old: str, new: str, context: int) -> None:
    every = rows(diff_words(old, new))
    pieces = list(folded(every, context))
    flat = [row for piece in pieces for row in (piece.rows if isinstance(piece, Fold) else (piece,))]
    assert flat == every
    for piece in pieces:
        if isinstance(piece, Fold):
            assert len(piece.rows) > 2
            assert all(row.kind == "same" for row in piece.rows)


def test_a_long_text_is_folded_at_both_ends_and_between() -> None:
    lines = [f"Line {number}.\n" for number in range(60)]
    changed = [*lines[:20], "Line twenty.\n", *lines[21:40], "Line forty.\n", *lines[41:]]
    pieces = list(folded(rows(diff_words("".join(lines), "".join(changed)))))
    assert [len(piece.rows) for piece in pieces if isinstance(piece, Fold)] == [17, 13, 16]
