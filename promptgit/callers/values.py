"""What an expression may be, as far as it can be known without running the program.

An expression has several values where the program takes one of several ways to it; `UNKNOWN` among them stands for all
that cannot be told.
"""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    Values: TypeAlias = "tuple[Value, ...]"

_MOST = 16
"""Ways that are told apart. Beyond, the rest is unknown: a product of alternatives would grow without bound."""
_LARGEST = 1000
_DEEPEST = 20
_LONGEST = 10_000
"""How many values one holds, how deeply, and how long a text is. `x = [x, x]` thirty times would be a thousand million."""


class Value(Record):
    """Base of all values; itself, one of which nothing is known."""

    size = 1  # itself and what it holds
    depth = 1


class _Nested(Value):
    """A value that holds others. One that grows too large forgets what it holds."""

    __slots__ = ("depth", "size")

    if not TYPE_CHECKING:  # to a type checker, a record has the constructor that its fields tell

        def __init__(self, **fields):
            super().__init__(**fields)
            self._measure()
            if self.size > _LARGEST or self.depth > _DEEPEST:
                for field, value in self._forgotten().items():
                    object.__setattr__(self, field, value)
                self._measure()

    def _measure(self) -> None:
        held = [value for values in self._held() for value in values]
        object.__setattr__(self, "size", 1 + sum(value.size for value in held))
        object.__setattr__(self, "depth", 1 + max((value.depth for value in held), default=0))

    def _held(self) -> Iterable[Values]:
        raise NotImplementedError

    def _forgotten(self) -> dict[str, object]:
        raise NotImplementedError


class Known(Value):
    """A constant.

    Attributes:
        kind: the name of its type: 1 and True are equal, but not the same constant.
    """

    value: object
    kind: str


class Text(Value):
    """A text of which only the beginning is known."""

    prefix: str


class Items(_Nested):
    """A mapping with text keys.

    Attributes:
        items: its keys, each with its values.
        open: whether it may have other keys too.
    """

    items: tuple[tuple[str, Values], ...]
    open: bool = False

    def _held(self) -> Iterable[Values]:
        return [found for _, found in self.items]

    def _forgotten(self) -> dict[str, object]:
        return {"items": (), "open": True}


class Series(_Nested):
    """A list, tuple or set."""

    elements: tuple[Values, ...]

    def _held(self) -> Iterable[Values]:
        return self.elements

    def _forgotten(self) -> dict[str, object]:
        return {"elements": (NOTHING,)}


class Name(Value):
    """Something imported, or a built-in, by its dotted name."""

    dotted: str


class OpenRegistry(Value):
    """A `Registry`.

    Attributes:
        rev: where it is pinned; None if it reads the state that is checked.
        pinned: whether `rev` was given, but cannot be known.
    """

    rev: str | None = None
    pinned: bool = False


class Client(Value):
    """An `MlflowClient`.

    Attributes:
        root: the package that it comes from.
    """

    root: str


class Loaded(Value):
    """A loaded prompt.

    Attributes:
        site: identifies the call that loads it.
        given: variables that an earlier partial format has filled.
        open: whether that may have filled others too.
    """

    site: int
    given: tuple[str, ...] = ()
    open: bool = False


class Method(_Nested):
    """A bound method."""

    owner: Value
    name: str

    def _held(self) -> Iterable[Values]:
        return [(self.owner,)]

    def _forgotten(self) -> dict[str, object]:
        return {"owner": UNKNOWN}


class Function(Value):
    """A function of this module; `is_property` if reading it calls it."""

    key: int
    is_property: bool = False


class Class(Value):
    """A class of this module."""

    key: int


class Instance(Value):
    """An object of a class of this module."""

    key: int


UNKNOWN = Value()
NOTHING: Values = (UNKNOWN,)


def known(value: object) -> Known:
    """A constant as a value."""
    return Known(value=value, kind=type(value).__name__)


def merged(*ways: Values) -> Values:
    """The values that an expression has if it may come by any of these ways; each once, in order."""
    if ways and all(way is ways[0] for way in ways):
        return ways[0]
    found = dict.fromkeys(value for way in ways for value in way)
    if len(found) <= _MOST:
        return tuple(found)
    return (*[value for value in found if value != UNKNOWN][: _MOST - 1], UNKNOWN)


def opened(values: Values) -> Values:
    """The same, of which each mapping may have got other keys in the meantime."""
    return tuple(value.replace(open=True) if isinstance(value, Items) else value for value in values)


def has_items(values: Values) -> bool:
    """Whether there is a mapping among them."""
    return any(isinstance(value, Items) for value in values)


def joined(parts: Iterable[Values]) -> Values:
    """The texts that come of writing the parts one after another."""
    texts: list[Value] = [known("")]
    for part in parts:
        texts = list(merged(tuple(_appended(text, value) for text in texts for value in part)))
    return tuple(texts)


def _appended(text: Value, value: Value) -> Value:
    if not isinstance(text, Known):
        return text
    before = str(text.value)
    if len(before) > _LONGEST:
        return Text(prefix=before)
    if isinstance(value, Known) and value.kind in ("str", "int"):
        return known(f"{before}{value.value}")
    return Text(prefix=before + value.prefix if isinstance(value, Text) else before)


def elements_of(values: Values) -> Values:
    """What iterating gives."""
    ways: list[Values] = []
    for value in values:
        if isinstance(value, Series):
            ways += value.elements
        elif isinstance(value, Items):
            ways.append(tuple(known(key) for key, _ in value.items))
            ways += [NOTHING] if value.open else []
        else:
            ways.append(NOTHING)
    return merged(*ways)


def sample(value: Value) -> tuple[object, ...]:
    """A Python value of the same type, in a tuple; an empty one where the type is not known."""
    if isinstance(value, Known):
        return (value.value,)
    if isinstance(value, Text):
        return (value.prefix,)
    if isinstance(value, Items):
        return ({},)
    return ([],) if isinstance(value, Series) else ()
