"""Prompts from elsewhere, and to elsewhere.

To add a format: write `interop/x.py`, list it in `FORMATS`, give it a command in `cli/commands/import_.py` or `export.py`,
and prove it by a round trip and by a warning for what it cannot carry.
"""

from __future__ import annotations

import importlib

from promptgit.interop.rows import ImportReport, Row
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["FORMATS", "Format", "ImportReport", "Row", "open_reader", "open_writer"]


class Format(Record):
    """Where a format is read and written, as "module:function".

    Attributes:
        reads: gives what comes in: rows from a stream, or the prompts of another registry.
        writes: gives or sends what goes out.
    """

    reads: str
    writes: str


FORMATS = {
    "jsonl": Format(reads="promptgit.interop.jsonl:read", writes="promptgit.interop.jsonl_export:export_rows"),
    "mlflow": Format(
        reads="promptgit.interop.mlflow.reading:read", writes="promptgit.interop.mlflow.exporting:export_prompts"
    ),
}


def open_reader(name: str) -> Callable[..., Any]:
    """The function that reads a format."""
    return _function(FORMATS[name].reads)


def open_writer(name: str) -> Callable[..., Any]:
    """The function that writes a format."""
    return _function(FORMATS[name].writes)


def _function(home: str) -> Callable[..., Any]:
    module, _, attribute = home.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found
