"""A version file that a person wrote, checked before it is registered: each fault has its line and column."""

from __future__ import annotations

from typing import Any

from promptgit.errors import InvalidDocumentError
from promptgit.problems import ERROR


def read_draft(data: bytes, path: str) -> dict[str, Any]:
    """The content of a version file.

    Args:
        path: what to call the file in a message.

    Raises:
        InvalidDocumentError: with all that is wrong in it, its template included.
    """
    from promptgit import document, schema
    from promptgit.faults import template_problems

    found: dict[str, Any] = document.parse(data, path)
    problems = [problem for problem in schema.validate("version", found, data, path) if problem.severity == ERROR]
    if not problems:
        problems = template_problems(found, data, path)
    if problems:
        raise InvalidDocumentError(problems)
    return found
