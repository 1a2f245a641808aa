"""A filter: what `parse_filter` gives, and what a search asks of every prompt."""

from __future__ import annotations

from promptgit.record import Record
from promptgit.search.compiler import compile_test
from promptgit.search.expression import comparisons
from promptgit.search.fields import FIELDS
from promptgit.search.parser import parse_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.search.candidate import Candidate
    from promptgit.search.expression import Expression


class Filter(Record):
    """A condition on prompts. `str()` gives its canonical text, which parses to an equal filter.

    Attributes:
        expression: the parsed condition; None lets every prompt through.
        fields: the `Candidate` attributes that it may read: whether a search needs files or history.
    """

    expression: Expression | None
    fields: frozenset[str]
    _test: Callable[[Candidate], bool]

    @classmethod
    def of(cls, expression: Expression | None) -> Filter:
        """The filter of an expression."""
        if expression is None:
            return cls(expression=None, fields=frozenset(), _test=lambda _candidate: True)
        fields = frozenset(FIELDS[comparison.field].attribute for comparison in comparisons(expression))
        return cls(expression=expression, fields=fields, _test=compile_test(expression))

    def matches(self, candidate: Candidate) -> bool:
        """Whether `candidate` fulfils the condition."""
        return self._test(candidate)

    def __str__(self) -> str:
        return "" if self.expression is None else str(self.expression)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Filter.of, (self.expression,))


def parse_filter(text: str | None) -> Filter:
    """Parse a filter. None, an empty text and white space let every prompt through.

    Raises:
        InvalidReferenceError: with a caret under the fault, and a hint.
    """
    return Filter.of(parse_expression("" if text is None else text))
