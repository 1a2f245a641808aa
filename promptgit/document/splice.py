"""The change to a text that sets or removes one entry: which characters go, and what stands there instead."""

from __future__ import annotations

import re

from promptgit.document.outline import MAPPING, SCALAR, outline
from promptgit.document.writer import Renderer, flow
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.document.outline import Node

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_EMPTY_LINE = re.compile(r"[ \t]*\r?\n")
_AFTER_EMPTY_LINE = re.compile(r"(?:^|\n)([ \t]*\r?\n)\Z")


class Style(Record):
    """How new text is written; see `editor.edit` and `writer.Renderer`."""

    sort: bool = False
    blank_lines: bool = False
    flow_depth: int | None = None
    literals: bool = True

    @property
    def renderer(self) -> Renderer:
        """What writes values in this style."""
        return Renderer(flow_depth=self.flow_depth, literals=self.literals)


class Splice(Record):
    """The characters from `start` to `end` become `text`, whose line ends are LF."""

    start: int
    end: int
    text: str

    def apply(self, text: str, newline: str) -> str:
        """The text with this change, in the line ends of the file."""
        return text[: self.start] + self.text.replace("\n", newline) + text[self.end :]


def put(text: str, keys: Sequence[str], wanted: Mapping[str, Any], style: Style) -> Splice | None:
    """The change that gives the entry at `keys` its value in `wanted`; None where the layout allows none."""
    root = _root(text)
    if root is None or root.kind == SCALAR:
        start = "\n" if text and not text.endswith("\n") else ""
        return Splice(start=len(text), end=len(text), text=start + _entry(keys[0], wanted[keys[0]], 0, 0, style) + "\n")
    if root.flow:
        return Splice(start=root.start, end=root.end, text=_entries(wanted, style))
    node, value = root, wanted
    for depth, key in enumerate(keys):
        value = value[key]
        found = node.find(key)
        if found is None:
            return _insert(text, node, depth, _entry(key, value, _indent(node), depth, style), key, style)
        node = found[1]
        if depth == len(keys) - 1 or node.kind != MAPPING or not node.entries:
            return _replace(text, *found, value, depth, style)
        if node.flow:
            return Splice(start=node.start, end=node.end, text=flow(value))
    return None


def take(text: str, keys: Sequence[str], wanted: Mapping[str, Any], *, tidy: bool = True) -> Splice | None:
    """The change that removes the entry at `keys`; None where the layout allows none.

    Args:
        tidy: also take out one of two empty lines that would meet; but that may belong to the text before it.
    """
    node = _root(text)
    value: Any = wanted
    for key in keys:
        if node is None:
            return None
        if node.flow:
            return Splice(start=node.start, end=node.end, text=flow(value) if value else "")
        found = node.find(key)
        if found is None:
            return None
        name, node = found
        value = value.get(key)
    return _cut(text, name.start, _content_end(text, node), tidy) if node else None


def _root(text: str) -> Node | None:
    opened = outline(text.encode())
    return opened[0] if opened else None


def _entry(key: str, value: Any, indent: int, depth: int, style: Style) -> str:
    return "\n".join(style.renderer.entry(key, value, indent, depth))


def _entries(mapping: Mapping[str, Any], style: Style) -> str:
    gap = "\n\n" if style.blank_lines else "\n"
    return gap.join(_entry(key, value, 0, 0, style) for key, value in mapping.items())


def _indent(mapping: Node) -> int:
    return mapping.entries[0][0].column - 1


def _replace(text: str, name: Node, old: Node, value: Any, depth: int, style: Style) -> Splice | None:
    """Put another value after a key. A comment at the end of the line stays there."""
    head, body = style.renderer.value(value, name.column - 1, depth + 1)
    if old.flow and old.end - old.start > 2 and isinstance(value, dict | list):
        head, body = flow(value), []
    in_line = old.flow or (old.kind == SCALAR and old.style not in ("|", ">"))
    if in_line and old.end > old.start and not body:
        return Splice(start=old.start, end=old.end, text=head)
    colon = text.find(":", name.end)
    after = old.end if in_line else colon + 1
    header = _BLOCK_HEADER.match(text, old.start) if old.kind == SCALAR and not in_line else None
    comment = _COMMENT.match(text, header.end() if header else after)
    end = max(_content_end(text, old), comment.end() if comment else colon + 1)
    first = f": {head}" if head else ":"
    return Splice(start=colon, end=end, text="\n".join([first + (comment[0] if comment else ""), *body]))


def _insert(text: str, mapping: Node, depth: int, entry: str, key: str, style: Style) -> Splice:
    """Put a new entry behind the sibling that it follows, or before the first one."""
    siblings = mapping.entries
    greater = (at for at, (name, _) in enumerate(siblings) if _order(name.value) > _order(key))
    index = next(greater, len(siblings)) if style.sort else len(siblings)
    apart = style.blank_lines and depth == 0
    if index == 0:
        start = _above_comments(text, text.rfind("\n", 0, siblings[0][0].start) + 1)
        return Splice(start=start, end=start, text=entry + ("\n\n" if apart else "\n"))
    name, value = siblings[index - 1]
    at = _line_end(text, _content_end(text, value or name))
    before = "\n\n" if apart else "\n"
    rest = text[at:].lstrip("\r").removeprefix("\n")
    crowded = apart and rest.strip() != "" and not _EMPTY_LINE.match(rest)
    return Splice(start=at, end=at, text=before + entry + ("\n" if crowded or at == len(text) else ""))


def _order(key: str) -> tuple[bool, int, str]:
    number = key.isascii() and key.isdigit() and len(key) < 19
    return not number, int(key) if number else 0, key


def _above_comments(text: str, start: int) -> int:
    """The start of the comment lines right above a line; but those that open a file belong to the file."""
    at = start
    while at > 0:
        line = text.rfind("\n", 0, at - 1) + 1
        if not text[line:at].lstrip().startswith("#"):
            return at
        at = line
    return start


def _cut(text: str, start: int, end: int, tidy: bool) -> Splice | None:
    """Take out whole lines."""
    start_of_line = text.rfind("\n", 0, start) + 1
    if text[start_of_line:start].strip():
        return None
    start, end = start_of_line, _line_end(text, end)
    end = text.find("\n", end) + 1 or len(text)
    above = _AFTER_EMPTY_LINE.search(text[:start])
    below = _EMPTY_LINE.match(text, end)
    if tidy and below and (above or start == 0):
        end = below.end()
    elif tidy and above and end == len(text):
        start = above.start(1)
    return Splice(start=start, end=end, text="")


def _content_end(text: str, node: Node) -> int:
    """Where what a node holds ends; the parser counts the comments and empty lines after a block to it."""
    if node.flow:
        return node.end
    if node.entries:
        name, value = node.entries[-1]
        return _content_end(text, value or name)
    if node.items:
        return _content_end(text, node.items[-1])
    if node.style == ">":
        return _line_end(text, node.start + len(text[node.start : node.end].rstrip()))
    if node.style == "|":
        end = _line_end(text, node.start)
        for _ in range(node.value.count("\n") + (node.value[-1:] not in ("", "\n"))):
            end = _line_end(text, text.find("\n", end) + 1)
        return end
    return node.end


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end
