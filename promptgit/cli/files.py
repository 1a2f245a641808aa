"""Files that a person names on the command line; `-` is stdin."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from promptgit.errors import InvalidDocumentError, PromptGitError
from promptgit.problems import Problem
from promptgit.source import FILE_LIMIT

STDIN = "-"


def read_bytes(path: str) -> bytes:
    """The whole of a file.

    Raises:
        PromptGitError: it cannot be read, or is larger than a registry takes.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(FILE_LIMIT + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise PromptGitError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from error
    if len(data) > FILE_LIMIT:
        raise PromptGitError(f"{_name(path)} is larger than 1 MiB, the limit for a file of a registry")
    return data


def read_text(path: str) -> str:
    """A text, exactly: no newline is changed and no byte order mark taken away.

    Raises:
        PromptGitError: it cannot be read, or is not UTF-8.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PromptGitError(
            f"{_name(path)} is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}",
            hint="Convert it first: iconv -f latin1 -t utf-8",
        ) from None


def read_json(path: str) -> Any:
    """A JSON value.

    Raises:
        InvalidDocumentError: it is not JSON; the problem has line and column.
    """
    import json

    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        problem = Problem(
            code="json",
            message=f"not JSON: {error.msg}",
            path=_name(path),
            line=error.lineno,
            column=error.colno,
        )
        raise InvalidDocumentError([problem]) from None


def read_mapping(path: str) -> dict[str, Any]:
    """A mapping from a `.json` or a YAML file.

    Raises:
        InvalidDocumentError: it holds none.
    """
    from promptgit import document

    if not path.endswith(".json"):
        return document.parse(read_bytes(path), _name(path), empty_ok=True)
    value = read_json(path)
    if not isinstance(value, Mapping):
        problem = Problem(code="json", message="a mapping is needed here", path=path, line=1, column=1)
        raise InvalidDocumentError([problem])
    return dict(value)


def _name(path: str) -> str:
    return "stdin" if path == STDIN else path
