"""What is wrong with a version's template, and where in the file: a text's own line and column count for nothing there."""

from __future__ import annotations

from promptgit.errors import TemplateError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Keys = tuple[str | int, ...]


def template_problems(document: Mapping[str, Any], data: bytes, path: str) -> list[Problem]:
    """Why a version file's template does not compile; empty if it does.

    Args:
        document: the parsed file, valid by its schema.
        data: its bytes, for line and column.
        path: what to call it.
    """
    from promptgit.templates import Formatter

    syntax = document.get("syntax", "double-brace")
    try:
        Formatter(document["template"], syntax, document.get("variables") or {})
    except TemplateError as error:
        line, column = _place(document["template"], syntax, data)
        hint = error.hint or ""
        return [Problem(code="template", message=error.message, path=path, line=line, column=column, hint=hint)]
    return []


def texts(template: Any, keys: Keys = ("template",)) -> Iterator[tuple[Keys, str]]:
    """Every text of a template that is one itself, with the way to it. The values of `type` are none."""
    if isinstance(template, str):
        yield keys, template
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from texts(item, (*keys, index))
    elif isinstance(template, dict):
        fields = ("content",) if len(keys) == 2 else (key for key in template if key != "type")
        for field in fields:
            yield from texts(template.get(field), (*keys, field))


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a 1-based line and column in a text."""
    lines = text.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1


def _place(template: Any, syntax: str, data: bytes) -> tuple[int, int]:
    from promptgit import document
    from promptgit.templates import compile_template

    for keys, text in texts(template):
        try:
            compile_template(text, syntax)
        except TemplateError as error:
            if error.line is None:
                return document.locate(data, keys)
            return document.text_position(data, keys, offset_of(text, error.line, error.column or 1))
    return document.locate(data, ["template"])
