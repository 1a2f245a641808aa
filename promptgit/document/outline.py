"""Where everything stands in a document: a tree of nodes with their places.

Places are character offsets into the text after the byte order mark; libyaml's marks count the same way.
"""

from __future__ import annotations

from promptgit.document.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
    default_parser,
)
from promptgit.document.reader import without_bom
from promptgit.document.strict import MAX_DEPTH, MAX_NODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAPPING = "mapping"
SEQUENCE = "sequence"
SCALAR = "scalar"
_END = "end"
_KINDS = {
    ScalarEvent: SCALAR,
    MappingStartEvent: MAPPING,
    SequenceStartEvent: SEQUENCE,
    MappingEndEvent: _END,
    SequenceEndEvent: _END,
}


class Node:
    """A node of the tree.

    Attributes:
        kind: `MAPPING`, `SEQUENCE` or `SCALAR`.
        start, end: offsets; the end of a block collection is that of the token after it, see `editor`.
        line, column: 1-based, of the start.
        flow: whether a collection is written in brackets.
        style: of a scalar: empty for a plain one, else its first character (a quote, `|` or `>`).
        value: of a scalar, the text; a plain scalar is not resolved.
        entries: of a mapping, the keys with their values; a key without a value yet has None.
        items: of a sequence.
    """

    __slots__ = ("column", "end", "entries", "flow", "items", "kind", "line", "start", "style", "value")

    def __init__(self, kind: str, event: Any) -> None:
        mark = event.start_mark
        self.kind = kind
        self.start: int = mark.index
        self.end: int = event.end_mark.index
        self.line: int = mark.line + 1
        self.column: int = mark.column + 1
        self.flow: bool = kind != SCALAR and bool(event.flow_style)
        self.style: str = (event.style or "") if kind == SCALAR else ""
        self.value: str = event.value if kind == SCALAR else ""
        self.entries: list[tuple[Node, Node | None]] = []
        self.items: list[Node] = []

    def add(self, child: Node) -> None:
        """Take the next child: an item, a key, or the value of the last key."""
        if self.kind == SEQUENCE:
            self.items.append(child)
        elif self.entries and self.entries[-1][1] is None:
            self.entries[-1] = (self.entries[-1][0], child)
        else:
            self.entries.append((child, None))

    def find(self, key: str | int) -> tuple[Node, Node] | None:
        """The key and the value of an entry, or twice the item at an index."""
        if self.kind == SEQUENCE and isinstance(key, int) and 0 <= key < len(self.items):
            return self.items[key], self.items[key]
        for name, value in self.entries:
            if name.value == str(key) and value is not None:
                return name, value
        return None


def outline(data: bytes, stop: int | None = None) -> list[Node]:
    """The tree of a document, as the list of the nodes that were open when reading ended.

    For a whole document that is its root alone, or nothing if it is empty. Reading ends early, and without an
    error, at a fault, beyond the reader's limits, or at the offset `stop`: messages about broken files need
    the part before that.
    """
    root: Node | None = None
    stack: list[Node] = []
    count = 0
    try:
        parser: Any = default_parser(without_bom(data))
        while (event := parser.get_event()) is not None:
            kind = _KINDS.get(event.__class__)
            if kind == _END:
                stack.pop().end = event.end_mark.index
                if not stack:
                    break
            elif kind is not None:
                count += 1
                if event.start_mark.index == stop or count > MAX_NODES or len(stack) > MAX_DEPTH:
                    break
                node = Node(kind, event)
                if stack:
                    stack[-1].add(node)
                root = root or node
                if kind != SCALAR:
                    stack.append(node)
    except YAMLError:
        pass
    return stack or ([root] if root else [])


def descend(root: Node | None, keys: Sequence[str | int]) -> tuple[list[tuple[Node, Node]], bool]:
    """The (key, value) pairs on the way to a value, as far as they exist, and whether they go all the way."""
    way: list[tuple[Node, Node]] = []
    node = root
    for key in keys:
        found = node.find(key) if node else None
        if found is None:
            return way, False
        way.append(found)
        node = found[1]
    return way, root is not None


def place(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column, in characters, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
