"""The one door to PyYAML: its parser's events, and nothing after them.

Composing and constructing is where the dangers are: 342 bytes of merge keys hang PyYAML's constructor, and
50 KB of `- ` overflow the stack of its C composer, which calls itself once a level. Events come one by one
from a parser that keeps its own stack, so a reader can stop at the first thing that it refuses.

`BaseLoader` is the parser's public name; the composer and constructor that it also inherits are never called.
"""

from __future__ import annotations

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, Protocol

    class Mark(Protocol):
        """A place in the stream; all three count characters from 0."""

        index: int
        line: int
        column: int

    class EventSource(Protocol):
        """What `parse` needs of a parser: the next event, and None after the last one."""

        def __init__(self, stream: bytes) -> None: ...

        def get_event(self) -> Any: ...


__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "MarkedYAMLError",
    "PythonParser",
    "ReaderError",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "YAMLError",
    "default_parser",
]


class PythonParser(yaml.BaseLoader):
    """PyYAML's parser for machines without libyaml: much slower, and held to what libyaml refuses."""

    def get_event(self) -> Any:
        """The next event.

        Raises:
            MarkedYAMLError: the text is not YAML, or an escape names no character: libyaml says so by itself,
                while the Python scanner lets surrogates through, or fails with the ValueError of `chr`.
        """
        try:
            event: Any = super().get_event()  # type: ignore[no-untyped-call]
            if event.__class__ is ScalarEvent:
                event.value.encode()
        except (ValueError, OverflowError):
            raise MarkedYAMLError(None, None, "found invalid Unicode character escape code", self.get_mark()) from None
        return event

    def scan_directive(self) -> NoReturn:
        """Refuse a directive: libyaml does so for all but %YAML and %TAG, which the reader refuses."""
        raise MarkedYAMLError(None, None, "found unknown directive name", self.get_mark())


default_parser: type[EventSource] = yaml.CBaseLoader if yaml.__with_libyaml__ else PythonParser
