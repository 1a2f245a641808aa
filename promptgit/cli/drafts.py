"""A version file that a person wrote, checked before it is registered: each fault has its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptgit.errors import InvalidDocumentError, TemplateError
from promptgit.problems import ERROR, Problem


def read_draft(data: bytes, path: str) -> dict[str, Any]:
    """The content of a version file.

    Args:
        path: what to call the file in a message.

    Raises:
        InvalidDocumentError: with all that is wrong in it, its template included.
    """
    from promptgit import document, schema

    found: dict[str, Any] = document.parse(data, path)
    problems = [problem for problem in schema.validate("version", found, data, path) if problem.severity == ERROR]
    if not problems:
        problems = _template_problems(found, data, path)
    if problems:
        raise InvalidDocumentError(problems)
    return found


def _template_problems(found: dict[str, Any], data: bytes, path: str) -> list[Problem]:
    from promptgit import document
    from promptgit.templates import Formatter

    template = found["template"]
    try:
        Formatter(template, found.get("syntax", "double-brace"), found.get("variables") or {})
    except TemplateError as error:
        keys: Sequence[str] = ["template"]
        if isinstance(template, str) and error.line:
            line, column = document.text_position(data, keys, _offset(template, error.line, error.column or 1))
        else:
            line, column = document.locate(data, keys)
        hint = error.hint or ""
        return [Problem(code="template", message=error.message, path=path, line=line, column=column, hint=hint)]
    return []


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a 1-based line and column in a text."""
    lines = text.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
