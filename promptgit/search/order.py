"""The order of search results.

    item = field [ASC | DESC]         field: name, version, created, updated, or MLflow's names for them

MLflow sorts by name unless told otherwise, and by name within what is equal: so does this.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TypeVar

from promptgit.errors import InvalidReferenceError
from promptgit.record import Record
from promptgit.search.candidate import Candidate
from promptgit.search.fields import TIME, find_field
from promptgit.search.moments import FOREVER
from promptgit.search.tokens import END, SIGN, read_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from promptgit.search.fields import Field
    from promptgit.search.tokens import Token

_Found = TypeVar("_Found", bound=Candidate)
_FORM = 'Write a list of fields, each with ASC or DESC if you like: ["updated DESC", "name"].'


class OrderKey(Record):
    """One level of an order.

    Attributes:
        field: what to sort by.
        descending: highest first.
    """

    field: Field
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field.name} DESC" if self.descending else self.field.name

    @property
    def of(self) -> Callable[[Any], Any]:
        """What is sorted by: the attribute. What is not committed yet is the newest of all."""
        read = attrgetter(self.field.attribute)
        return (lambda candidate: read(candidate) or FOREVER) if self.field.kind == TIME else read


class Order(Record):
    """How to sort prompts. `name` is always among the keys, so the order before does not matter.

    Attributes:
        keys: the most important first.
    """

    keys: tuple[OrderKey, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The `Candidate` attributes that it reads."""
        return frozenset(key.field.attribute for key in self.keys)

    def sort(self, candidates: Iterable[_Found]) -> list[_Found]:
        """The candidates in this order, in a new list."""
        found = list(candidates)
        for key in reversed(self.keys):  # sorting is stable, so the least important key goes first
            found.sort(key=key.of, reverse=key.descending)
        return found


def parse_order_by(items: Sequence[str] | None) -> Order:
    """Parse a list of sort keys. None and an empty list sort by name.

    Raises:
        InvalidReferenceError: with a caret under the fault in that item, and a hint.
    """
    if isinstance(items, str):
        raise InvalidReferenceError("order_by is a list, not one text", text=items, position=0, hint=_FORM)
    keys: list[OrderKey] = []
    for item in items or ():
        key, token = _parse_item(item)
        if any(key.field == other.field for other in keys):
            raise token.fault(f"{key.field.name} is in the order twice", "Name each field once.")
        keys.append(key)
    name = _parse_item("name")[0]
    if all(key.field != name.field for key in keys):
        keys.append(name)
    return Order(keys=tuple(keys))


def _parse_item(item: str) -> tuple[OrderKey, Token]:
    if not isinstance(item, str):
        raise InvalidReferenceError(f"a field to sort by is a text, not {type(item).__name__}", hint=_FORM)
    token = read_token(item, 0)
    if token.kind in (END, SIGN):
        raise token.fault("a field to sort by is missing", _FORM)
    field = find_field(token, sortable=True)
    direction = read_token(item, token.end)
    if direction.kind == END:
        return OrderKey(field=field), token
    if direction.is_sign(","):
        raise direction.fault("one item is one field", _FORM)
    if direction.keyword not in ("ASC", "DESC"):
        raise direction.fault(f"expected ASC, DESC or the end, not {direction}", _FORM)
    rest = read_token(item, direction.end)
    if rest.kind != END:
        raise rest.fault(f"expected the end, not {rest}", _FORM)
    return OrderKey(field=field, descending=direction.keyword == "DESC"), token
