"""A response format cannot do what it seems to.

That it is a valid JSON Schema is the check `schema`'s. Here: a required property that is not described, a `$ref` into
the schema that leads nowhere, and a schema whose top is no object, which providers of models refuse.

To mend it, describe the property, correct the reference, or wrap the value in an object.
"""

from __future__ import annotations

from itertools import islice

from promptgit.checks.subject import MAX_PROBLEMS, VERSION
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from promptgit.checks.subject import File, Keys
    from promptgit.problems import Problem

KINDS = (VERSION,)
_CODE = "response-format"


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    yield from islice(_problems(file), MAX_PROBLEMS)


def _problems(file: File) -> Iterator[Problem]:
    body = file.body
    if body is None or body.response_format is None:
        return
    schema = body.response_format
    if schema.get("type", "object") != "object":
        hint = "Wrap it: {type: object, properties: {answer: ...}, required: [answer]}."
        message = "the top of the schema is no object, which providers refuse"
        yield file.problem(_CODE, message, ["response_format", "type"], severity=WARNING, hint=hint)
    for keys, part in _parts(schema, ("response_format",)):
        yield from _required(file, keys, part)
        yield from _reference(file, keys, part, schema)


def _parts(node: Any, keys: Keys) -> Iterator[tuple[Keys, dict[str, Any]]]:
    if isinstance(node, dict):
        yield keys, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        if key not in ("enum", "const", "default", "examples"):
            yield from _parts(value, (*keys, key))


def _required(file: File, keys: Keys, part: Mapping[str, Any]) -> Iterator[Problem]:
    required, properties = part.get("required"), part.get("properties")
    if not isinstance(required, list) or not isinstance(properties, dict):
        return
    for index, name in enumerate(required):
        if isinstance(name, str) and name not in properties:
            hint = f"Describe {name} under properties, or take it out of required."
            message = f"{name} is required and not described"
            yield file.problem(_CODE, message, [*keys, "required", index], severity=WARNING, hint=hint)


def _reference(file: File, keys: Keys, part: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Problem]:
    reference = part.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return
    if reference != "#" and not _leads_somewhere(reference, root):
        message = f"the reference {reference} leads nowhere"
        yield file.problem(_CODE, message, [*keys, "$ref"], hint="References lead to #/$defs/NAME in the same schema.")


def _leads_somewhere(reference: str, root: Any) -> bool:
    """Follow a JSON pointer (RFC 6901). An anchor (`#name`) is not looked up."""
    if not reference.startswith("#/"):
        return True
    node = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return False
    return True
