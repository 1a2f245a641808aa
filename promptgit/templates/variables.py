"""A prompt's contract with its callers: each variable's type, and whether it must be given."""

from __future__ import annotations

from promptgit.errors import TemplateError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

STRING = "string"


class VariableSpec(Record):
    """What callers know of one variable.

    Attributes:
        name: as in the template.
        type: string, integer, number, boolean, array, object or any, as in JSON.
        required: whether a call without it fails. A variable with a default is not required.
        default: what stands for it when it is not given, if `has_default`.
        has_default: tells `default: null` from no default.
        description: for people.
        example: a value to try the prompt with, or None.
        placeholder: whether it takes a list of messages.
        declared: whether the version file lists it; otherwise it was found in the template.
        typed: whether values are held to `type`: only where the version file says a type.
    """

    name: str
    type: str = STRING
    required: bool = True
    default: Any = None
    has_default: bool = False
    description: str = ""
    example: Any = None
    placeholder: bool = False
    declared: bool = False
    typed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The spec as a version file would write it, plus `placeholder: true` for a list of messages."""
        fields: dict[str, Any] = {"type": self.type, "required": self.required}
        if self.has_default:
            fields["default"] = self.default
        if self.description:
            fields["description"] = self.description
        if self.example is not None:
            fields["example"] = self.example
        return fields | {"placeholder": True} if self.placeholder else fields


def contract(
    declared: Mapping[str, Any], used: Sequence[str], placeholders: Collection[str] = ()
) -> dict[str, VariableSpec]:
    """A version's contract: the variables that its template uses, in its order, then those only declared.

    Args:
        declared: `variables` of the version file, validated by the schema. `name:` alone declares a string.
        used: the template's variables. One that is not declared is a required string.
        placeholders: those of `used` that take a list of messages.
    """
    names = dict.fromkeys((*used, *declared))
    return {name: _spec(name, declared.get(name) or {}, name in declared, name in placeholders) for name in names}


def _spec(name: str, fields: Mapping[str, Any], declared: bool, placeholder: bool) -> VariableSpec:
    has_default = "default" in fields
    return VariableSpec(
        name=name,
        type="array" if placeholder else fields.get("type", STRING),
        required=bool(fields.get("required", True)) and not has_default,
        default=fields.get("default"),
        has_default=has_default,
        description=fields.get("description", ""),
        example=fields.get("example"),
        placeholder=placeholder,
        declared=declared,
        typed="type" in fields and not placeholder,
    )


def check_type(spec: VariableSpec, value: object) -> None:
    """Check a value against a declared type. A bool is no number, a text is never read as one.

    Raises:
        TemplateError: names the variable, the type it has to have and the one it has; never the value.
    """
    expected = _TYPES.get(spec.type)
    if expected is None:
        return
    wanted, classes = expected
    if isinstance(value, classes) and not (isinstance(value, bool) and spec.type in ("integer", "number")):
        return
    got = "None" if value is None else type(value).__name__
    raise TemplateError(f"variable {spec.name!r} must be {wanted}, got {got}", hint=_type_hint(spec, value))


def _type_hint(spec: VariableSpec, value: object) -> str | None:
    if value is None and not spec.required:
        return f"Leave {spec.name} out to go without it."
    return f"The version declares `{spec.name}: {{type: {spec.type}}}`."


_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a string", (str,)),
    "integer": ("an integer", (int,)),
    "number": ("a number", (int, float)),
    "boolean": ("a boolean", (bool,)),
    "array": ("an array (a list)", (list, tuple)),
    "object": ("an object (a dict)", (dict,)),
}
