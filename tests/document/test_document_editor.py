"""An edit changes one entry; everything else in the file stays as somebody wrote it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from document_samples import scalars, texts, values
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from promptgit.document import dump, edit, parse, quoting, remove
from promptgit.document.writer import same
from promptgit.errors import InvalidDocumentError

ALIASES = b"""\
# Moved by release managers only.

canary: 4  # until Friday

experiment: {3: 90, 4: 10}

# what customers see
production: 2
"""

NOTES = b"""\
description: >
  Answers about
  refunds.
owners: [ada, 'grace']   # two, at least

versions:
  4:
    deleted: wrong policy  # see the incident
    tags:
      eval.score: "0.91"

  # the last one of 2026
  10:
    description: |
      Two

      paragraphs.

    # kept for the audit
    tags: {a: b}
"""


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def test_an_alias_moves_in_one_line_and_its_comment_stays() -> None:
    assert edit(ALIASES, ["canary"], 5) == replaced(ALIASES, b"canary: 4  #", b"canary: 5  #")


def test_a_new_alias_goes_to_its_place_between_blank_lines() -> None:
    options: dict[str, Any] = {"sort": True, "blank_lines": True}
    assert edit(ALIASES, ["beta"], 5, **options) == replaced(ALIASES, b"canary", b"beta: 5\n\ncanary")
    assert edit(ALIASES, ["dev"], 5, **options) == replaced(ALIASES, b"experiment", b"dev: 5\n\nexperiment")
    assert edit(ALIASES, ["staging"], 5, **options) == ALIASES + b"\nstaging: 5\n"
    # the comment above production still belongs to it
    assert edit(ALIASES, ["lab"], 5, **options) == replaced(ALIASES, b"\n# what", b"\nlab: 5\n\n# what")


def test_crowded_aliases_are_parted_where_a_new_one_comes_between() -> None:
    data = edit(b"a: 1\nc: 3", ["b"], 2, sort=True, blank_lines=True)
    assert data == b"a: 1\n\nb: 2\n\nc: 3"
    assert edit(data, ["d"], 4, sort=True, blank_lines=True) == b"a: 1\n\nb: 2\n\nc: 3\n\nd: 4\n"


def test_a_split_keeps_its_brackets() -> None:
    moved = edit(ALIASES, ["experiment"], {"3": 50, "4": 50})
    assert moved == replaced(ALIASES, b"{3: 90, 4: 10}", b"{3: 50, 4: 50}")
    assert edit(ALIASES, ["experiment", "5"], 1) == replaced(ALIASES, b"10}", b"10, 5: 1}")
    assert remove(ALIASES, ["experiment", "3"]) == replaced(ALIASES, b"{3: 90, 4: 10}", b"{4: 10}")
    assert edit(ALIASES, ["canary"], {"4": 1, "5": 1}, flow_depth=1) == replaced(
        ALIASES, b"canary: 4  #", b"canary: {4: 1, 5: 1}  #"
    )


def test_a_file_starts_from_nothing() -> None:
    assert edit(b"", ["production"], 1, sort=True, blank_lines=True) == b"production: 1\n"
    assert edit(b"# note", ["versions", "4", "deleted"], "old") == b"# note\nversions:\n  4:\n    deleted: old\n"
    assert edit(b"---\n", ["a"], {"3": 1}, flow_depth=1) == b"---\na: {3: 1}\n"
    assert edit(b"{}\n", ["a"], 1) == b"a: 1\n"
    assert edit(b"\xef\xbb\xbf", ["a"], 1) == b"\xef\xbb\xbfa: 1\n"


def test_notes_on_versions_are_made_and_sorted_by_number() -> None:
    data = edit(NOTES, ["versions", "9", "tags", "country"], "no", sort=True)
    new = b'  9:\n    tags:\n      country: "no"\n'
    assert data == replaced(NOTES, b'score: "0.91"\n', b'score: "0.91"\n' + new)
    data = edit(NOTES, ["versions", "11", "deprecated"], "two\nlines\n", sort=True)
    assert data == NOTES + b"  11:\n    deprecated: |\n      two\n      lines\n"
    data = edit(NOTES, ["versions", "2", "deleted"], "x", sort=True)
    assert data == replaced(NOTES, b"versions:\n", b"versions:\n  2:\n    deleted: x\n")


def test_a_value_changes_its_form_and_the_comment_at_its_line_stays() -> None:
    long = edit(NOTES, ["versions", "4", "deleted"], "a\nb\n")
    assert long == replaced(
        NOTES,
        b"deleted: wrong policy  # see the incident",
        b"deleted: |  # see the incident\n      a\n      b",
    )
    assert edit(long, ["versions", "4", "deleted"], "wrong policy") == NOTES
    short = edit(NOTES, ["versions", "10", "description"], "x")
    assert short == replaced(NOTES, b"|\n      Two\n\n      paragraphs.", b"x")
    assert edit(NOTES, ["description"], "x") == replaced(NOTES, b">\n  Answers about\n  refunds.", b"x")
    assert edit(NOTES, ["owners"], None) == replaced(NOTES, b"[ada, 'grace']", b"null")
    listed = edit(b"a: # why\n  - 1\n  - x: 2\n\nb: 1\n", ["a"], "two\nlines")
    assert listed == b"a: |- # why\n  two\n  lines\n\nb: 1\n"
    assert edit(b"a: # why\nb: 1\n", ["a"], 2) == b"a: 2 # why\nb: 1\n"
    assert edit(b"a: # why\nb: 1\n", ["a", "c"], 2) == b"a: # why\n  c: 2\nb: 1\n"


def test_entries_go_and_what_they_leave_empty_goes_too() -> None:
    assert remove(ALIASES, ["canary"]) == replaced(ALIASES, b"canary: 4  # until Friday\n\n", b"")
    assert remove(ALIASES, ["production"]) == replaced(ALIASES, b"production: 2\n", b"")
    assert remove(NOTES, ["versions", "4", "tags", "eval.score"]) == replaced(
        NOTES, b'    tags:\n      eval.score: "0.91"\n', b""
    )
    without = remove(NOTES, ["versions", "4"])
    assert remove(without, ["versions", "10"]) == NOTES[: NOTES.index(b"\nversions:")]
    assert remove(b"# top\n\na: 1\n", ["a"]) == b"# top\n"
    assert remove(b"a:\n  b:\n    c: 1\n", ["a", "b", "c"]) == b""
    assert remove(b"a: {b: {c: 1}}\nd: 1\n", ["a", "b", "c"]) == b"d: 1\n"
    assert remove(b"{a: 1}\n", ["a"]) == b"\n"


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert remove(ALIASES, ["nightly"]) == ALIASES
    assert remove(ALIASES, ["production", "x"]) == ALIASES
    assert remove(ALIASES, []) == ALIASES
    assert remove(b"", ["a"]) == b""


def test_a_text_that_ends_in_empty_lines_leaves_those_around_it_alone() -> None:
    data = b"a: 1  # one\n\n# end\n"
    edited = edit(data, ["b"], "x\n\n")
    assert edited == b'a: 1  # one\nb: "x\\n\\\n  \\n"\n\n# end\n'
    data = b"# top\n\na: |+\n  x\n\nb: 1\n"
    assert remove(data, ["b"]) == b"# top\n\na: |+\n  x\n\n"


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    windows = b"\xef\xbb\xbf" + NOTES.replace(b"\n", b"\r\n")
    data = edit(windows, ["versions", "10", "description"], "one\ntwo\n")
    assert data == replaced(windows, b"Two\r\n\r\n      paragraphs.", b"one\r\n      two")
    data = edit(windows, ["versions", "5", "deprecated"], "x", sort=True)
    assert data == replaced(windows, b'0.91"\r\n', b'0.91"\r\n  5:\r\n    deprecated: x\r\n')
    assert remove(data, ["versions", "5"]) == windows


@pytest.mark.parametrize(
    ("data", "keys", "value"),
    [
        (b"# top\n? a\n: 1\n? b\n: 2\n", ["a"], [1]),
        (b"? a\n: b: 1\n  c: 2\n", ["a", "b"], "x\ny\n"),
        (b"--- {a: {b: 1}, c: 2}\n", ["a", "d"], "x"),
        (b"{a: {\n  b: 1, # one\n  c: 2}}\n", ["a", "c"], "x\ny"),
        (b"a: 1\n...\n", ["b"], 2),
        (b"a: |+\n  x\n\nb: 1\n", ["a"], "y\n\n"),
        (b"a: |+\n  x\n\nb: 1\n", ["aa"], "y\n\n"),
        (b"a: 'it''s\n\n  folded'\nb: 1\n", ["a"], {"c": {}}),
        (b"a: {}\n", ["a", "b", "c"], []),
        (b"a: {b: 1}\n", ["a", "k" * 1200], 1),
        (b'"a"  : 1 # x: y\n', ["a"], {"b": 1}),
        (b"a:\n\n  # inside\n\n  b: 1\n", ["a", "b"], {"c": 1}),
        (b"a:\n- 1\n- 2\nb: 1", ["a"], ["x"]),
    ],
)
def test_unusual_layouts_are_changed_as_well(data: bytes, keys: list[str], value: object) -> None:
    wanted = parse(data)
    node = wanted
    for key in keys[:-1]:
        node = node.setdefault(key, {})
    node[keys[-1]] = value
    assert same(parse(edit(data, keys, value)), wanted)
    assert same(parse(edit(data, keys, value, sort=True, blank_lines=True)), wanted)
    after = parse(remove(edit(data, keys, value), keys), empty_ok=True)
    for key in keys[:-1]:
        after = after.get(key, {})
    assert keys[-1] not in after


def test_what_stands_in_the_way_is_named_with_its_place() -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        edit(NOTES, ["versions", "4", "deleted", "why"], "x", path="prompts/a/prompt.yaml")
    assert str(caught.value).startswith(
        "prompts/a/prompt.yaml:8:14: error: versions.4.deleted is not a mapping, so nothing can be set in it"
    )


def test_a_value_that_cannot_be_written_is_named_by_its_keys() -> None:
    with pytest.raises(InvalidDocumentError, match=r"versions\.4\.tags\.x: nan is not a number"):
        edit(NOTES, ["versions", "4", "tags"], {"x": float("nan")})


def test_a_broken_file_is_not_edited() -> None:
    with pytest.raises(InvalidDocumentError, match=r"prompt\.yaml:2:1: error: the key 'a' is given twice"):
        edit(b"a: 1\na: 2\n", ["b"], 1, path="prompt.yaml")


names = st.sampled_from(["a", "b", "c", "10", "9", "no", "é x", "k: y"])
inner_trees = st.recursive(scalars, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=4), max_leaves=6)
trees: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names, inner_trees, min_size=1, max_size=4)


class Scribe:
    """Writes a mapping as a person might, with comments, blank lines, brackets and odd indents."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = 0

    def maybe(self) -> bool:
        return self.draw(st.booleans())

    def comment(self) -> str:
        self.comments += 1
        return f"# comment {self.comments}."

    def lines(self, mapping: dict[str, Any], indent: str = "") -> list[str]:
        lines: list[str] = []
        for key, value in mapping.items():
            lines += [""] if self.maybe() else []
            lines += [indent + self.comment()] if self.maybe() else []
            trailing = f"  {self.comment()}" if self.maybe() else ""
            if isinstance(value, dict) and value and self.maybe():
                step = self.draw(st.sampled_from([" ", "  ", "    "]))
                lines += [f"{indent}{quoting.key(key)}:{trailing}", *self.lines(value, indent + step)]
            else:
                first, *rest = (
                    dump({key: value}, flow_depth=self.draw(st.sampled_from([1, None]))).decode().splitlines()
                )
                if isinstance(value, str | dict) and rest:
                    trailing = ""
                lines += [f"{indent}{first}{trailing}", *(indent + line if line else "" for line in rest)]
        return lines


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A file as a person might have written it, and what it holds."""
    tree = draw(trees)
    scribe = Scribe(draw)
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join(scribe.lines(tree)) + draw(st.sampled_from(["", newline, newline * 2]))
    return text.encode(), tree


def comments(data: bytes) -> list[bytes]:
    return re.findall(rb"# comment [0-9]+\.", data)


@given(files(), st.lists(names, min_size=1, max_size=3), values, st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_an_edit_gives_the_wanted_document(
    file: tuple[bytes, dict[str, Any]], keys: list[str], value: object, sort: bool, blank_lines: bool
) -> None:
    data, tree = file
    assume(same(parse(data), tree))
    wanted = parse(data)
    node = wanted
    for key in keys[:-1]:
        node[key] = {} if node.get(key) is None else node[key]
        node = node[key]
        assume(isinstance(node, dict))
    node[keys[-1]] = value
    edited = edit(data, keys, value, sort=sort, blank_lines=blank_lines)
    assert same(parse(edited), wanted)
    assert (b"\r\n" in edited) == (b"\r\n" in data) or b"\n" not in data


@given(files(), names, texts, st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_new_entry_leaves_every_other_line(
    file: tuple[bytes, dict[str, Any]], key: str, value: str, sort: bool
) -> None:
    data, tree = file
    assume(same(parse(data), tree) and key not in tree and not data.rstrip(b"\r\n ").endswith(b"|+"))
    edited = edit(data, [key], value, sort=sort)
    remaining = iter(edited.splitlines())
    assert all(line in remaining for line in data.splitlines())
    assert same(parse(remove(edited, [key])), tree)


@given(files(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_removal_takes_the_entry_and_what_it_leaves_empty(
    file: tuple[bytes, dict[str, Any]], data: st.DataObject
) -> None:
    text, tree = file
    assume(same(parse(text), tree))
    keys, node, alone = [], tree, True
    while True:
        keys.append(data.draw(st.sampled_from(sorted(node))))
        alone = len(node) == 1
        if not isinstance(node[keys[-1]], dict) or not node[keys[-1]] or data.draw(st.booleans()):
            break
        node = node[keys[-1]]
    leaf = not isinstance(node[keys[-1]], dict)
    removed = remove(text, keys)
    assert same(parse(removed, empty_ok=True), without(tree, keys))
    if leaf and not alone:
        assert len(comments(removed)) >= len(comments(text)) - 1


def without(tree: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    inner = {key: value for key, value in tree.items() if key != keys[0]}
    if len(keys) > 1 and (rest := without(tree[keys[0]], keys[1:])):
        inner[keys[0]] = rest
    return inner
