"""A parsed filter as a value. `str()` gives the canonical text, which parses to an equal value."""

from __future__ import annotations

from promptgit.record import Record
from promptgit.search.tokens import is_bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.search.moments import Moment

    Scalar = str | int | Moment
    Value = Scalar | tuple[Scalar, ...] | None


class Comparison(Record):
    """One field against one value.

    Attributes:
        field: the field's name, a key of `FIELDS`.
        key: the tag's key; empty for every other field.
        operator: in upper case, one of `OPERATORS` of the field's kind. `NOT LIKE` is an operator of its own.
        value: text, a whole number, a moment, or several; None for `IS NULL` and `IS NOT NULL`.
    """

    field: str
    key: str = ""
    operator: str
    value: Value = None

    def __str__(self) -> str:
        field = f"{self.field}.{_key(self.key)}" if self.key else self.field
        value = "" if self.value is None else f" {_literal(self.value)}"
        return f"{field} {self.operator}{value}"


class Not(Record):
    """True where `term` is false."""

    term: Expression

    def __str__(self) -> str:
        return f"NOT {_in_parentheses(self.term, And, Or)}"


class And(Record):
    """True where all `terms` are: two or more, none of them an `And`."""

    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        return " AND ".join(_in_parentheses(term, Or) for term in self.terms)


class Or(Record):
    """True where one of `terms` is: two or more, none of them an `Or`."""

    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        return " OR ".join(str(term) for term in self.terms)


Expression = Comparison | Not | And | Or


def joined(kind: type[And] | type[Or], terms: list[Expression]) -> Expression:
    """`terms` under one `And` or `Or`. A term of that kind is taken apart: its parentheses say nothing."""
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, kind) else (term,))
    return flat[0] if len(flat) == 1 else kind(terms=tuple(flat))


def comparisons(expression: Expression) -> Iterator[Comparison]:
    """Every comparison in `expression`, from left to right."""
    if isinstance(expression, Comparison):
        yield expression
    elif isinstance(expression, Not):
        yield from comparisons(expression.term)
    else:
        for term in expression.terms:
            yield from comparisons(term)


def quote(text: str, mark: str = "'") -> str:
    """`text` between two `mark`, with each `mark` inside it doubled."""
    return mark + text.replace(mark, mark * 2) + mark


def _key(key: str) -> str:
    return key if is_bare(key) else quote(key, "`")


def _literal(value: Value) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_literal(item) for item in value) + ")"
    return quote(value) if isinstance(value, str) else str(value)


def _in_parentheses(term: Expression, *kinds: type[Record]) -> str:
    return f"({term})" if isinstance(term, kinds) else str(term)
