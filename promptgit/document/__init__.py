"""YAML documents: read strictly, written faithfully, edited without touching what stands around.

    parse           bytes to one mapping, or InvalidDocumentError with file:line:column
    locate          where a value stands, for messages
    text_position   where a character of a text stands, for messages
    dump            a mapping to bytes that read back as exactly that mapping
    edit, remove    change one entry; every other byte stays

Loading a prompt needs `parse` alone, so the rest is imported when it is first asked for.
"""

from __future__ import annotations

from promptgit.document.reader import MAX_BYTES, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.document.editor import edit, remove
    from promptgit.document.places import locate, text_position
    from promptgit.document.strict import MAX_DEPTH, MAX_NODES
    from promptgit.document.writer import dump

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "dump",
    "edit",
    "locate",
    "parse",
    "remove",
    "text_position",
]

_LAZY = {
    "dump": "writer",
    "edit": "editor",
    "remove": "editor",
    "MAX_DEPTH": "strict",
    "MAX_NODES": "strict",
    "locate": "places",
    "text_position": "places",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = found  # the next access does not come here
    return found
