"""The schemas as validators of jsonschema: nothing is fetched, errors come in the order of the file.

jsonschema makes a new validator for every value that it enters, and looks every `$ref` up anew: 2 ms for a version file with
a `response_format`. Here a part of a schema keeps its validator, and `$ref` is replaced by what it names when the schema is
loaded: 0.2 ms.
"""

from __future__ import annotations

import functools
import json

from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator, Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry

from promptgit import resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    # The stubs of jsonschema give each of its fields the type "anything or unset"; of an error that was raised none is unset.
    Error = Any

_OLDER_DRAFTS = {
    "http://json-schema.org/draft-04/schema": Draft4Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
    # It kept the rules of draft 7. In its own meta-schema, which is in parts, uniqueItems cannot be left out: see below.
    "https://json-schema.org/draft/2019-09/schema": Draft7Validator,
}


def errors(kind: str, document: Mapping[str, Any]) -> Iterator[Error]:
    """What breaks the schema of a kind of file, found as it is asked for.

    Args:
        kind: one of `resources.SCHEMAS`.
    """
    yield from _validator(kind).iter_errors(document)
    if kind == "version":
        yield from _older_draft_errors(document.get("response_format"))
        yield from _sample_errors(document.get("variables"))


def _older_draft_errors(schema: Any) -> Iterator[Error]:
    """A `response_format` may name an older draft; that of the current one is part of `version.schema.json`."""
    name = schema.get("$schema") if isinstance(schema, dict) else None
    if isinstance(name, str) and name.rstrip("#") in _OLDER_DRAFTS:
        for error in _meta_validator(name.rstrip("#")).iter_errors(schema):
            error.path.appendleft("response_format")
            yield error


def _sample_errors(variables: Any) -> Iterator[Error]:
    """Defaults and examples of another type than the variable: callers could not pass them."""
    is_type = _validator("version").is_type
    for name, spec in variables.items() if isinstance(variables, dict) else ():
        kind = spec.get("type") if isinstance(spec, dict) else None
        if kind not in ("string", "integer", "number", "boolean", "array", "object"):
            continue
        for key in ("default", "example"):
            value = spec.get(key)
            if value is not None and not is_type(value, kind):
                where = ("variables", name, key)
                yield ValidationError("", validator="type", validator_value=kind, path=where, instance=value)


def _properties(validator: Any, rules: Any, instance: Any, schema: Any) -> Iterator[Error]:
    for key, value in instance.items() if isinstance(instance, dict) else ():
        if key in rules:
            yield from _enter(validator, value, rules[key], key)


def _additional_properties(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Error]:
    """As jsonschema's own, but that goes through a set, and makes one error of all unknown keys."""
    known = schema.get("properties", {})
    for key, value in instance.items() if isinstance(instance, dict) else ():
        if key in known:
            continue
        if rule is False:
            yield ValidationError("unknown key", path=(key,))
        else:
            yield from _enter(validator, value, rule, key)


def _property_names(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Error]:
    """As jsonschema's own, but one error a key, with the key at the end of its path."""
    if isinstance(instance, dict):
        names = _for_rule(validator, rule)
        yield from (ValidationError("bad key", path=(key,)) for key in instance if not names.is_valid(key))


def _items(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Error]:
    for index, value in enumerate(instance) if isinstance(instance, list) else ():
        yield from _enter(validator, value, rule, index)


def _nothing(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Error]:
    return iter(())


def _if(validator: Any, condition: Any, instance: Any, schema: Any) -> Iterator[Error]:
    branch = schema.get("then" if _for_rule(validator, condition).is_valid(instance) else "else")
    if branch is not None:
        yield from _for_rule(validator, branch).iter_errors(instance)


def _enter(validator: Any, value: object, rule: Any, key: str | int) -> Iterator[Error]:
    for error in _for_rule(validator, rule).iter_errors(value):
        error.path.appendleft(key)
        yield error


def _for_rule(validator: Any, rule: dict[str, Any]) -> Any:
    """The validator of a part of a schema. It holds the part, so that no other object ever gets the part's id."""
    found = _parts.get(id(rule))
    if found is None:
        found = _parts[id(rule)] = validator.evolve(schema=rule)
    return found


_parts: dict[int, Any] = {}
_KEYWORDS = {
    "properties": _properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "items": _items,
    "if": _if,
}


@functools.cache
def _validator(kind: str) -> Any:
    ours: Any = validators.extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]
    return ours(_linked(json.loads(resources.schema_text(kind))), registry=Registry())


@functools.cache
def _meta_validator(draft: str) -> Any:
    """Checks that something is a schema of an older draft.

    Formats, `regex` among them, are not asserted, so that nothing of it is compiled. Nor is `uniqueItems`: jsonschema
    compares each entry with each, which takes minutes. The only references followed are the meta-schema's, to itself.
    """
    known = _OLDER_DRAFTS[draft]
    ours: Any = validators.extend(known, {**_KEYWORDS, "uniqueItems": _nothing})  # type: ignore[no-untyped-call]
    # where a schema says $schema, jsonschema would go on with its own validator for that
    return ours({key: rule for key, rule in known.META_SCHEMA.items() if key != "$schema"}, registry=Registry())


def _linked(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the definitions themselves where it says `{"$ref": "#/$defs/NAME"}`. They may hold each other."""
    definitions: dict[str, dict[str, Any]] = {name: {} for name in schema.get("$defs", {})}

    def link(node: Any) -> Any:
        if isinstance(node, list):
            return [link(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        target = node.get("$ref")
        if isinstance(target, str):  # in `properties`, it is the name of a keyword that has a schema
            return definitions[target.removeprefix("#/$defs/")]
        return {key: link(inner) for key, inner in node.items()}

    for name, definition in definitions.items():
        definition.update(link(schema["$defs"][name]))
    linked: dict[str, Any] = link({key: inner for key, inner in schema.items() if key != "$defs"})
    return linked
