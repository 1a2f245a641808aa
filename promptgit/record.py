"""Frozen, slotted, keyword-only records that cost nothing to import.

`dataclasses` gives the same, but it imports `inspect` and `ast`: 10 ms, a quarter of what a cold process needs to load a
prompt. So the modules on the load path use `Record`; a type checker sees a frozen, keyword-only dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, dataclass_transform
else:

    def dataclass_transform(**_options):
        """The run-time twin of `typing.dataclass_transform`, without importing typing."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _RecordType(type):
    """Turns the annotated names of a class body into slots, and their values into defaults."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _RecordType:
        own = tuple(namespace.get("__annotations__", ()))
        inherited: dict[str, Any] = {}
        fields: tuple[str, ...] = ()
        for base in bases:
            inherited |= getattr(base, "_record_defaults", {})
            fields += getattr(base, "_record_fields", ())
        defaults = inherited | {field: namespace.pop(field) for field in own if field in namespace}
        namespace["__slots__"] = own + tuple(namespace.get("__slots__", ()))
        namespace["_record_fields"] = fields + own
        namespace["_record_defaults"] = defaults
        return super().__new__(mcs, name, bases, namespace)


class Record(metaclass=_RecordType):
    """Base of value classes. Fields that start with an underscore take no part in `==`, `hash` and `repr`.

    Raises:
        TypeError: a field is missing or unknown, as with any function.
        AttributeError: an attempt to change a field.
    """

    if TYPE_CHECKING:
        _record_fields: ClassVar[tuple[str, ...]]
        _record_defaults: ClassVar[dict[str, Any]]

    def __init__(self, **values: Any) -> None:
        cls = type(self)
        for field in cls._record_fields:
            if field in values:
                object.__setattr__(self, field, values.pop(field))
            elif field in cls._record_defaults:
                object.__setattr__(self, field, cls._record_defaults[field])
            else:
                raise TypeError(f"{cls.__name__}() needs {field!r}")
        if values:
            raise TypeError(f"{cls.__name__}() has no field {next(iter(values))!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in type(self)._record_fields if field[0] != "_")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={getattr(self, field)!r}" for field in type(self)._record_fields if field[0] != "_")
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = type(self)._record_fields
        return (_rebuild, (type(self), {field: getattr(self, field) for field in fields}))

    def replace(self, **changes: Any) -> Any:
        """A copy with some fields changed."""
        values = {field: getattr(self, field) for field in type(self)._record_fields}
        return type(self)(**values | changes)


def _rebuild(cls: type[Record], values: dict[str, Any]) -> Record:
    return cls(**values)
