"""Prompts from elsewhere, and to elsewhere. To add a format: write `interop/x.py` with a `read`, list it in `FORMATS`."""

from __future__ import annotations

import importlib

from promptgit.interop.rows import ImportReport, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from promptgit.problems import Problem

    Reader = Callable[[BinaryIO, str], Iterator[Row | Problem]]

__all__ = ["FORMATS", "ImportReport", "Row", "open_reader"]

FORMATS = {"jsonl": "promptgit.interop.jsonl:read"}


def open_reader(name: str) -> Reader:
    """The function that reads a format: a stream and its name give rows, and a problem for each that cannot be read."""
    module, _, attribute = FORMATS[name].partition(":")
    reader: Reader = getattr(importlib.import_module(module), attribute)
    return reader
