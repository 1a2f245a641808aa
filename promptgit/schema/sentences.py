"""What an error of a schema says to people: one sentence, and what to do."""

from __future__ import annotations

import difflib
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptgit.schema.validators import Error

    Keys = Sequence[str | int]
    Sentence = tuple[str, str]

AT_KEY = frozenset(("additionalProperties", "propertyNames"))
"""Keywords that find fault with a key, which is the last of the error's path."""

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


def sentence(error: Error, keys: Keys) -> Sentence:
    """What is wrong, and what to do, which may be empty.

    Args:
        keys: where the fault is in the document.
    """
    return _SENTENCES.get(error.validator, _other)(error, keys)


def _other(error: Error, keys: Keys) -> Sentence:
    return f"{_name(keys)}: {_shown(error.instance)} does not fit the schema's `{error.validator}`", ""


def _wrong_type(error: Error, keys: Keys) -> Sentence:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    names = " or ".join(_NAMES[kind] for kind in wanted)
    hint = "Put it in quotes." if "string" in wanted and isinstance(error.instance, int | float) else ""
    return f"{_name(keys)} must be {names}, not {_shown(error.instance)}", hint


def _none_fits(error: Error, keys: Keys) -> Sentence:
    return f"{_name(keys)} cannot be {_shown(error.instance)}", ""


def _missing(error: Error, keys: Keys) -> Sentence:
    lacking = next(key for key in error.validator_value if key not in error.instance)
    known = error.schema.get("properties", {})
    near = difflib.get_close_matches(lacking, [key for key in error.instance if key not in known], n=1)
    return f"{_name(keys)} lacks `{lacking}`", f"Did you mean it by `{near[0]}`?" if near else ""


def _unknown_key(error: Error, keys: Keys) -> Sentence:
    key, known = str(keys[-1]), sorted(error.schema.get("properties", {}))
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(known)}."
    return f"{_name(keys[:-1])} has no key `{_cut(key)}`", hint


def _bad_key(error: Error, keys: Keys) -> Sentence:
    return f"{_name(keys[:-1])}: {_shown(keys[-1])} is not allowed here", error.validator_value["description"]


def _not_one_of(error: Error, keys: Keys) -> Sentence:
    values = [error.validator_value] if error.validator == "const" else error.validator_value
    near = difflib.get_close_matches(str(error.instance), [str(value) for value in values], n=1)
    hint = f"Did you mean {near[0]}?" if near else error.schema.get("description", "")
    return f"{_name(keys)} must be {' or '.join(map(str, values))}, not {_shown(error.instance)}", hint


def _out_of_range(error: Error, keys: Keys) -> Sentence:
    words = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "greater than"}
    limit = f"{words[error.validator]} {error.validator_value}"
    return f"{_name(keys)} must be {limit}, got {_shown(error.instance)}", ""


def _not_of_form(error: Error, keys: Keys) -> Sentence:
    rule = error.validator_value if error.validator == "not" else error.schema
    return f"{_name(keys)}: {_shown(error.instance)} is not allowed here", rule.get("description", "")


def _empty(error: Error, keys: Keys) -> Sentence:
    return f"{_name(keys)} must not be empty", ""


_SENTENCES: dict[str, Callable[[Error, Keys], Sentence]] = {
    "type": _wrong_type,
    "anyOf": _none_fits,
    "required": _missing,
    "additionalProperties": _unknown_key,
    "propertyNames": _bad_key,
    "enum": _not_one_of,
    "const": _not_one_of,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "exclusiveMinimum": _out_of_range,
    "pattern": _not_of_form,
    "maxLength": _not_of_form,
    "not": _not_of_form,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
}


def _name(keys: Keys) -> str:
    """`template[0].content`, or "the file" at its top."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{_cut(key)}" for key in keys).removeprefix(".")
    return f"`{text}`" if text else "the file"


def _shown(value: object) -> str:
    """A scalar as JSON writes it, cut short; of a list or a mapping, that it is one."""
    if isinstance(value, dict | list):
        return _NAMES["object" if isinstance(value, dict) else "array"]
    if value is None:
        return _NAMES["null"]
    if isinstance(value, str):
        value = _cut(value)
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
