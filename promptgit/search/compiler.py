"""Turns an expression into one function over a candidate, once, so that matching a thousand is cheap."""

from __future__ import annotations

import operator

from promptgit.search.expression import And, Comparison, Not, comparisons
from promptgit.search.fields import ALIAS, FIELDS, NUMBER, TAG, TEXT
from promptgit.search.like import compile_like
from promptgit.search.moments import FOREVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.search.candidate import Candidate
    from promptgit.search.expression import Expression, Value

    Test = Callable[[Candidate], bool]

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_test(expression: Expression) -> Test:
    """The function that tells whether a candidate matches `expression`."""
    if isinstance(expression, Comparison):
        return _compile_comparison(expression)
    if isinstance(expression, Not):
        term = compile_test(expression.term)
        return lambda candidate: not term(candidate)
    # No test has side effects, so the cheap ones go first: history is read only where they decide nothing.
    tests = [compile_test(term) for term in sorted(expression.terms, key=_cost)]
    return _all_of(tests) if isinstance(expression, And) else _any_of(tests)


def _cost(expression: Expression) -> int:
    return max(FIELDS[comparison.field].cost for comparison in comparisons(expression))


def _all_of(tests: list[Test]) -> Test:
    def test(candidate: Candidate) -> bool:
        for each in tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not each(candidate):
                return False
        return True

    return test


def _any_of(tests: list[Test]) -> Test:
    def test(candidate: Candidate) -> bool:
        for each in tests:  # noqa: SIM110 - as above
            if each(candidate):
                return True
        return False

    return test


def _compile_comparison(comparison: Comparison) -> Test:
    field = FIELDS[comparison.field]
    if field.kind == TAG:
        return _compile_tag(comparison.key, comparison.operator, comparison.value)
    if field.kind == ALIAS:
        return _compile_alias(comparison.operator, comparison.value)
    attribute = field.attribute
    if field.kind in (TEXT, NUMBER):
        accepts = _value_test(comparison.operator, comparison.value)
        return lambda candidate: accepts(getattr(candidate, attribute))
    holds = _moment_test(comparison.operator, comparison.value)
    return lambda candidate: holds(getattr(candidate, attribute) or FOREVER)


def _compile_tag(key: str, name: str, value: Value) -> Test:
    if name == "IS NULL":
        return lambda candidate: key not in candidate.tags
    if name == "IS NOT NULL":
        return lambda candidate: key in candidate.tags
    accepts = _value_test(name, value)

    def test(candidate: Candidate) -> bool:
        found = candidate.tags.get(key)
        return found is not None and accepts(found)

    return test


def _compile_alias(name: str, value: Value) -> Test:
    if name == "IS NULL":
        return lambda candidate: not candidate.aliases
    if name == "IS NOT NULL":
        return lambda candidate: bool(candidate.aliases)
    positive, negated = _without_not(name)
    accepts = _value_test(positive, value)
    return lambda candidate: any(map(accepts, candidate.aliases)) is not negated


def _without_not(name: str) -> tuple[str, bool]:
    if name == "!=":
        return "=", True
    return name.removeprefix("NOT "), name.startswith("NOT ")


def _value_test(name: str, value: Any) -> Callable[[Any], bool]:
    """The test of one text or number."""
    if name.startswith("NOT "):
        accepts = _value_test(name.removeprefix("NOT "), value)
        return lambda found: not accepts(found)
    if name in ("LIKE", "ILIKE"):
        return compile_like(value, ignore_case=name == "ILIKE")
    if name == "IN":
        return frozenset(value).__contains__
    compare = _ORDERINGS[name]
    return lambda found: compare(found, value)


def _moment_test(name: str, value: Any) -> Callable[[Any], bool]:
    """The test of one time against a span: it lies before the span, within it, or after it."""
    start, end = value.start, value.end
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda found: start <= found < end,
        "!=": lambda found: not start <= found < end,
        "<": lambda found: found < start,
        "<=": lambda found: found < end,
        ">": lambda found: found >= end,
        ">=": lambda found: found >= start,
    }
    return tests[name]
