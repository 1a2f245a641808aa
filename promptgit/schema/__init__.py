"""Validation against the JSON Schemas, in sentences that say what, where and what to do.

    validate           a document against the schema of its kind, as problems
    response_schema    a `response_format` as the JSON Schema that it means

A `response_format` is a schema that somebody else wrote. It is checked as data: no `$ref` in it is followed, and no pattern
in it is run. Whatever a document holds, the time that it takes grows with its size and no faster.
"""

from __future__ import annotations

from itertools import islice

from promptgit.errors import InvalidReferenceError
from promptgit.problems import Problem
from promptgit.schema.sentences import AT_KEY, sentence
from promptgit.schema.validators import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.schema.validators import Error

__all__ = ["MAX_PROBLEMS", "response_schema", "validate"]

MAX_PROBLEMS = 20
"""How many problems of one document are told: nobody reads more, and each costs a look at the whole file."""


def validate(kind: str, document: Mapping[str, Any], data: bytes = b"", path: str = "") -> list[Problem]:
    """What is wrong with a document, in the order in which it stands in the file; at most `MAX_PROBLEMS`.

    Args:
        kind: one of `resources.SCHEMAS`.
        document: the parsed file; all keys are texts.
        data: the file's bytes, for line and column; without them both are 0.
        path: the file's name, for messages.
    """
    problems = {_problem(error, data, path) for error in islice(errors(kind, document), MAX_PROBLEMS)}
    return sorted(problems, key=lambda problem: (problem.line, problem.column, problem.message))


def response_schema(value: Any) -> dict[str, Any]:
    """The JSON Schema of a `response_format`: a dict as it is, or a pydantic class's own.

    Raises:
        InvalidReferenceError: it is neither.
    """
    if isinstance(value, dict):
        return dict(value)
    make = getattr(value, "model_json_schema", None)
    if isinstance(value, type) and callable(make):
        schema: dict[str, Any] = make()
        return schema
    raise InvalidReferenceError(f"a response_format is a JSON Schema or a pydantic class, not {type(value).__name__}")


def _problem(error: Error, data: bytes, path: str) -> Problem:
    error = _meant(error)
    keys = list(error.absolute_path)
    message, hint = sentence(error, keys)
    line, column = _locate(data, keys, error.validator in AT_KEY)
    return Problem(code="schema", message=message, path=path, line=line, column=column, hint=hint)


def _meant(error: Error) -> Error:
    """If a value fits none of several rules, what is wrong by the only one that is for values of its type."""
    while error.context:
        rules: dict[object, list[Error]] = {}
        for inner in error.context:
            rules.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [found for found in rules.values() if not any(e.validator == "type" and not e.path for e in found)]
        if len(fitting) != 1:
            return error
        error = fitting[0][0]
    return error


def _locate(data: bytes, keys: Sequence[str | int], at_key: bool) -> tuple[int, int]:
    if not data:
        return 0, 0
    from promptgit import document

    return document.locate(data, keys, key=at_key)
