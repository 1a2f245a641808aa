"""Where a value, or one character of a text, stands in a file: for messages that point there."""

from __future__ import annotations

from functools import lru_cache

from promptgit.document.outline import SCALAR, descend
from promptgit.document.outline import outline as read_outline
from promptgit.document.reader import without_bom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.document.outline import Node


@lru_cache(maxsize=1)  # the problems of one file are located one after the other
def outline(data: bytes) -> list[Node]:
    """The outline of a file, which nobody changes."""
    return read_outline(data)


def locate(data: bytes, keys: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
    """The 1-based line and column, in characters, of a value.

    Args:
        data: a file, which may be broken after the value.
        keys: the way to the value: keys of mappings, and indexes of lists from 0.
        key: the place of its key instead.

    Returns:
        The place; if there is no such value, that of the nearest one around it; (1, 1) in an empty file.
    """
    opened = outline(data)
    way, _ = descend(opened[0] if opened else None, keys)
    if way:
        found = way[-1][0 if key else 1]
    elif opened:
        found = opened[0]
    else:
        return 1, 1
    return found.line, found.column


def text_position(data: bytes, keys: Sequence[str | int], offset: int) -> tuple[int, int]:
    """The 1-based line and column, in characters, of one character of a text.

    Args:
        data: a file.
        keys: the way to the text, as in `locate`.
        offset: of the character in the text, from 0.

    Returns:
        The character's own place in a literal block, or in a text that stands on one line without escapes.
        Elsewhere, where escapes and folding part the text from the file, that of the whole text; see `locate`
        if there is none.
    """
    opened = outline(data)
    way, complete = descend(opened[0] if opened else None, keys)
    if not complete or not way or way[-1][1].kind != SCALAR:
        return locate(data, keys)
    node = way[-1][1]
    text = without_bom(data).decode()
    if node.style == "|":
        return _in_literal(text, node, offset)
    quotes = 1 if node.style else 0
    if text[node.start + quotes : node.end - quotes] == node.value and "\n" not in node.value:
        return node.line, node.column + quotes + offset
    return node.line, node.column


def _in_literal(text: str, node: Node, offset: int) -> tuple[int, int]:
    before, lines = node.value[:offset], text.split("\n")
    row = before.count("\n")
    column = offset - (before.rfind("\n") + 1)
    content = node.value.split("\n")[row]
    line = min(node.line + row, len(lines) - 1)  # the block's lines start below its header
    indent = max(0, len(lines[line].removesuffix("\r")) - len(content))
    return line + 1, indent + column + 1
