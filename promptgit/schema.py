"""Validation against the JSON Schemas, in sentences that say what, where and what to do.

A `response_format` is a schema that somebody else wrote. It is checked against the meta-schema as data: no `$ref` in it is
followed, and no pattern in it is run.
"""

from __future__ import annotations

import difflib
import functools
import json

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, relevance
from referencing import Registry

from promptgit import resources
from promptgit.errors import InvalidReferenceError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    # The stubs of jsonschema give each of its fields the type "anything or unset"; of an error that was raised none is unset.
    Error = Any
else:
    Error = ValidationError

_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_LONGEST = 60


def validate(kind: str, document: Mapping[str, Any], data: bytes = b"", path: str = "") -> list[Problem]:
    """What is wrong with a document, in the order in which it stands in the file.

    Args:
        kind: one of `resources.SCHEMAS`.
        document: the parsed file; all keys are texts.
        data: the file's bytes, for line and column; without them both are 0.
        path: the file's name, for messages.
    """
    errors = list(_validator(kind).iter_errors(document))
    if kind == "version" and isinstance(document.get("response_format"), dict):
        errors += _schema_errors(document["response_format"])
    problems = {_problem(error, data, path) for error in errors}  # several keywords may say the same
    return sorted(problems, key=lambda problem: (problem.line, problem.column, problem.message))


def response_schema(value: Any) -> dict[str, Any]:
    """The JSON Schema of a `response_format`: a dict as it is, or a pydantic class's own.

    Raises:
        InvalidReferenceError: it is neither.
    """
    if isinstance(value, dict):
        return dict(value)
    make = getattr(value, "model_json_schema", None)
    if callable(make):
        schema: dict[str, Any] = make()
        return schema
    raise InvalidReferenceError(f"a response_format is a JSON Schema or a pydantic class, not {type(value).__name__}")


@functools.cache
def _validator(kind: str) -> Any:
    return Draft202012Validator(json.loads(resources.schema_text(kind)), registry=Registry())


@functools.cache
def _meta_validator() -> Any:
    """Checks that something is a schema. Formats (`regex` among them) are not asserted, so nothing of it is compiled."""
    return Draft202012Validator(Draft202012Validator.META_SCHEMA)


def _schema_errors(schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    for error in _meta_validator().iter_errors(schema):
        error.path.appendleft("response_format")
        yield error


def _problem(error: Error, data: bytes, path: str) -> Problem:
    error = _deepest(error)
    keys = list(error.absolute_path)
    place = keys
    message, hint = _sentence(error, keys)
    at_key = False
    if error.validator == "additionalProperties" and error.validator_value is False:
        place, at_key = [*keys, _unknown_key(error)], True
    elif error.validator in ("pattern", "maxLength") and "propertyNames" in error.absolute_schema_path:
        place, at_key = [*keys, str(error.instance)], True
    line, column = _locate(data, place, at_key)
    return Problem(code="schema", message=message, path=path, line=line, column=column, hint=hint)


def _deepest(error: Error) -> Error:
    """The error of the branch that was meant, where a value fits none of several: the branch of its type."""
    while error.context:
        branches: dict[object, list[Error]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [found for found in branches.values() if not any(_is_shape_error(inner, error) for inner in found)]
        if not fitting:
            return error
        error = max((inner for found in fitting[:1] for inner in found), key=relevance)
    return error


def _is_shape_error(inner: Error, outer: Error) -> bool:
    """Whether a branch is for another type of value, or (of messages) is the placeholder's and there is none."""
    if len(inner.path) > 0:
        return False
    if inner.validator == "type":
        return True
    missing = inner.validator == "required" and isinstance(outer.instance, dict)
    return missing and inner.validator_value == ["placeholder"] and "placeholder" not in outer.instance


def _sentence(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    """What is wrong, and what to do."""
    make = _SENTENCES.get(str(error.validator))
    if make is None:
        return f"{_name(keys)}: {error.message[:200]}", ""
    return make(error, keys)


def _wrong_type(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    names = " or ".join(_NAMES.get(kind, str(kind)) for kind in wanted)
    hint = "Put it in quotes." if "string" in wanted and isinstance(error.instance, int | float | bool) else ""
    return f"{_name(keys)} must be {names}, not {_shown(error.instance)}", hint


def _none_fits(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    wanted = " or ".join(
        dict.fromkeys(_NAMES.get(branch.get("type", ""), "another value") for branch in error.validator_value)
    )
    return f"{_name(keys)} must be {wanted}, not {_shown(error.instance)}", ""


def _missing(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    lacking = [key for key in error.validator_value if key not in error.instance]
    near = difflib.get_close_matches(lacking[0], [str(key) for key in error.instance], n=1)
    return f"{_name(keys)} lacks `{lacking[0]}`", f"Did you mean it by `{near[0]}`?" if near else ""


def _unknown(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    key = _unknown_key(error)
    known = sorted(error.schema.get("properties", {}))
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(known)}."
    return f"{_name(keys)} has no key `{key[:_LONGEST]}`", hint


def _not_one_of(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    values = [error.validator_value] if error.validator == "const" else error.validator_value
    near = difflib.get_close_matches(str(error.instance), [str(value) for value in values], n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    return f"{_name(keys)} must be {' or '.join(map(str, values))}, not {_shown(error.instance)}", hint


def _out_of_range(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    words = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "greater than"}
    limit = f"{words[str(error.validator)]} {error.validator_value}"
    return f"{_name(keys)} must be {limit}, got {_shown(error.instance)}", ""


def _not_of_form(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    rule = error.schema.get("description", "")
    return f"{_name(keys)}: {_shown(error.instance)} is not allowed here", rule


def _too_short(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    return f"{_name(keys)} must not be empty", ""


def _too_long(error: Error, keys: Sequence[str | int]) -> tuple[str, str]:
    return f"{_name(keys)}: {_shown(error.instance)} has more than {error.validator_value} characters", ""


_SENTENCES: dict[str, Callable[[Error, Sequence[str | int]], tuple[str, str]]] = {
    "type": _wrong_type,
    "oneOf": _none_fits,
    "anyOf": _none_fits,
    "required": _missing,
    "additionalProperties": _unknown,
    "enum": _not_one_of,
    "const": _not_one_of,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "exclusiveMinimum": _out_of_range,
    "pattern": _not_of_form,
    "minLength": _too_short,
    "minItems": _too_short,
    "minProperties": _too_short,
    "maxLength": _too_long,
}


def _unknown_key(error: Error) -> str:
    known = error.schema.get("properties", {})
    return next(str(key) for key in error.instance if key not in known)


def _name(keys: Sequence[str | int]) -> str:
    """`template[0].content`, or "the file" at its top."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    return f"`{text}`" if text else "the file"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _locate(data: bytes, keys: Sequence[str | int], at_key: bool) -> tuple[int, int]:
    if not data:
        return 0, 0
    from promptgit import document

    return document.locate(data, keys, key=at_key)
