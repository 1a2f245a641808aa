"""The strict reader: one mapping, straight from the parser's events, in one pass and with a stack of its own.

What is refused is refused before anything is built from it: more than 32 levels or 10,000 nodes, anchors and aliases, tags,
directives, a second document, merge keys, duplicate keys, keys that are not text, and numbers that JSON cannot carry. The
result holds dict, list, str, int, float, bool and None only.
"""

from __future__ import annotations

from promptgit.document.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
    default_parser,
)
from promptgit.document.scalars import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from promptgit.document.events import EventSource, Mark

MAX_DEPTH = 32
MAX_NODES = 10_000


def read(data: bytes, path: str, *, empty_ok: bool, parser: type[EventSource] | None = None) -> dict[str, Any]:
    """Read one mapping; arguments and errors are those of `reader.parse`, which has looked at the bytes."""
    builder = _Builder(data, path)
    try:
        next_event = (parser or default_parser)(data).get_event
        while (event := next_event()) is not None:
            kind = event.__class__
            if kind is ScalarEvent:
                builder.scalar(event)
            elif kind is MappingStartEvent:
                builder.open(event, {})
            elif kind is SequenceStartEvent:
                builder.open(event, [])
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                builder.close()
            elif kind is DocumentStartEvent:
                builder.document(event)
            elif kind is AliasEvent:
                builder.refuse("yaml-alias", event.start_mark, event.anchor)
    except YAMLError as error:
        from promptgit.document.faults import syntax_error

        raise syntax_error(error, data, path) from error
    if builder.root is None:
        if empty_ok:
            return {}
        builder.refuse("yaml-empty")
    return builder.root


class _Builder:
    """The containers that are open, innermost last, and the key that waits for its value."""

    __slots__ = ("container", "data", "documents", "key", "nodes", "path", "root", "stack")

    def __init__(self, data: bytes, path: str) -> None:
        self.data = data
        self.path = path
        self.root: dict[str, Any] | None = None
        self.container: Any = None
        self.key: str | None = None
        self.stack: list[Any] = []
        self.nodes = 0
        self.documents = 0

    def scalar(self, event: Any) -> None:
        """Take a scalar as a key or as a value."""
        if event.tag is not None or event.anchor is not None:
            self._refuse_property(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse("yaml-nodes", event.start_mark)
        container = self.container
        if container.__class__ is dict and self.key is None:
            self._take_key(event, container)
            return
        value = event.value
        if not event.style:  # a plain scalar; anything quoted or in a block is text
            try:
                value = resolve(value)
            except ValueError as error:
                self.refuse("yaml-number", event.start_mark, str(error))
        if container.__class__ is dict:
            container[self.key] = value
            self.key = None
        elif container is not None:
            container.append(value)
        elif event.value or event.style:  # a document of no characters is an empty one
            self.refuse("yaml-not-a-mapping", event.start_mark)

    def _take_key(self, event: Any, container: dict[str, Any]) -> None:
        key = event.value
        if not event.style and (key == "<<" or key == ""):
            self.refuse("yaml-merge-key" if key else "yaml-empty-key", event.start_mark)
        if key in container:
            self.refuse("yaml-duplicate-key", event.start_mark, key)
        self.key = key

    def open(self, event: Any, child: Any) -> None:
        """Put a new container where a value is due, and make it the innermost."""
        if event.tag is not None or event.anchor is not None:
            self._refuse_property(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse("yaml-nodes", event.start_mark)
        container, key = self.container, self.key
        if container is None:
            if child.__class__ is not dict:
                self.refuse("yaml-not-a-mapping", event.start_mark)
            self.root = child
        elif container.__class__ is list:
            container.append(child)
        elif key is None:
            self.refuse("yaml-key", event.start_mark)
        else:
            container[key] = child
        self.stack.append(container)
        if len(self.stack) > MAX_DEPTH:
            self.refuse("yaml-depth", event.start_mark)
        self.container = child
        self.key = None

    def close(self) -> None:
        """Go back to the container around the innermost one."""
        self.container = self.stack.pop()
        self.key = None

    def document(self, event: Any) -> None:
        """Let in the first document, if no directive stands before it."""
        if event.version or event.tags:
            self.refuse("yaml-directive", event.start_mark)
        self.documents += 1
        if self.documents > 1:
            self.refuse("yaml-documents", event.start_mark)

    def _refuse_property(self, event: Any) -> NoReturn:
        if event.anchor is not None:
            self.refuse("yaml-anchor", event.start_mark, event.anchor)
        self.refuse("yaml-tag", event.start_mark, event.tag)

    def refuse(self, code: str, mark: Mark | None = None, detail: str = "") -> NoReturn:
        """Raise the error for a rule that is broken at a mark; `detail` is what the message names."""
        from promptgit.document.faults import refusal

        raise refusal(code, mark, detail, self.data, self.path)
