"""MLflow's filters, orders and pages over prompts and their versions.

MLflow's own parsers read the filter, so its grammar and its errors are the same. The answers are those of its SQL store on
SQLite, but for `LIKE`: there a backslash makes the character after it stand for itself. MLflow's page escapes `_` so, and
MLflow's own store, to which a backslash is a backslash, then finds nothing.
"""

from __future__ import annotations

from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from promptgit.integrations.mlflow.errors import invalid
from promptgit.search.like import compile_like, ends_in_escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, Protocol

    class Found(Protocol):
        """What a filter looks at. Tags are read only if it asks for them."""

        name: str

        def tags(self) -> Mapping[str, str]:
            """All tags, MLflow's reserved ones included."""

        def attribute(self, key: str) -> Any:
            """The value of `name`, `version_number`, `run_id` or `source_path`."""

    Clause = Mapping[str, Any]

_TEXT = ("=", "!=", "LIKE", "ILIKE")
_LISTS = ("IN", "NOT IN")


class Query:
    """A filter that was read.

    Args:
        clauses: as MLflow's parsers give them.

    Raises:
        MlflowException: a comparison that MLflow does not know there.
    """

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.clauses = clauses
        self._tests = [_test(clause) for clause in clauses if not _asks_for_prompts(clause)]  # that all of them are

    @property
    def prompts(self) -> bool:
        """Whether prompts are asked for; if not, MLflow means models."""
        marks = (clause for clause in self.clauses if clause["type"] == "tag" and clause["key"] == IS_PROMPT_TAG_KEY)
        return _asks_for_prompts(next(marks, None))

    @property
    def name(self) -> str | None:
        """The one prompt that can match, if the filter names it."""
        for clause in self.clauses:
            if (clause["type"], clause["key"], clause["comparator"]) == ("attribute", "name", "="):
                return str(clause["value"])
        return None

    def matches(self, found: Found) -> bool:
        """Whether all clauses hold."""
        return all(test(found) for test in self._tests)


def prompt_query(text: str | None) -> Query:
    """Read a filter of `search_registered_models`; raises `MlflowException`."""
    return Query(SearchModelUtils.parse_search_filter(text))


def version_query(text: str | None) -> Query:
    """Read a filter of `search_model_versions`; raises `MlflowException`."""
    return Query(SearchModelVersionUtils.parse_search_filter(text))


def _asks_for_prompts(clause: Clause | None) -> bool:
    if clause is None or (clause["type"], clause["key"]) != ("tag", IS_PROMPT_TAG_KEY):
        return False
    return (clause["comparator"], str(clause["value"]).lower()) in (("=", "true"), ("!=", "false"))


def _test(clause: Clause) -> Callable[[Found], bool]:
    kind, key, comparator, value = (clause[part] for part in ("type", "key", "comparator", "value"))
    if kind == "tag":
        if comparator not in _TEXT:
            raise invalid(f"Invalid comparator for tag: {comparator}")
        fits = _comparison(comparator, value)

        def tag_fits(found: Found) -> bool:
            tag = found.tags().get(key)
            return tag is not None and fits(tag)  # as in SQL: without the tag not even != holds

        return tag_fits
    if kind != "attribute":
        raise invalid(f"Invalid token type: {kind}")
    return _attribute_test(key, comparator, value)


def _attribute_test(key: str, comparator: str, value: Any) -> Callable[[Found], bool]:
    if key in SearchModelVersionUtils.NUMERIC_ATTRIBUTES:
        if comparator not in SearchModelVersionUtils.VALID_NUMERIC_ATTRIBUTE_COMPARATORS:
            raise invalid(f"Invalid comparator for attribute {key}: {comparator}")
        try:
            number = int(str(value))
        except ValueError:
            raise invalid(f"Invalid value for numeric attribute '{key}': {value!r}") from None
        compare = SearchUtils.get_comparison_func(comparator)
        return lambda found: bool(compare(found.attribute(key), number))
    if comparator not in (_TEXT if key == "source_path" else (*_TEXT, *_LISTS)):
        raise invalid(f"Invalid comparator for attribute: {comparator}")
    fits = _comparison(comparator, value)

    def attribute_fits(found: Found) -> bool:
        held = found.attribute(key)
        return held is not None and fits(held)

    return attribute_fits


def _comparison(comparator: str, value: Any) -> Callable[[str], bool]:
    if comparator == "=":
        return lambda held: held == value
    if comparator == "!=":
        return lambda held: held != value
    if comparator in _LISTS:
        wanted, inside = frozenset(value), comparator == "IN"
        return lambda held: (held in wanted) is inside
    if ends_in_escape(value):
        raise invalid(f"The pattern {value!r} ends in a backslash, with nothing left to stand for")
    return compile_like(value, ignore_case=comparator == "ILIKE")


# --- order and pages --------------------------------------------------------------------------------------------------


def prompt_order(order_by: Sequence[str] | None) -> list[tuple[str, bool]]:
    """`name` or `updated`, and whether ascending; names break ties.

    Raises:
        MlflowException: another key, or one that is named twice.
    """
    keys: list[tuple[str, bool]] = []
    for text in order_by or ():
        key, ascending = SearchUtils.parse_order_by_for_search_registered_models(text)
        _append(keys, "name" if key == "name" else "updated", ascending, order_by)
    return keys if any(key == "name" for key, _ in keys) else [*keys, ("name", True)]


def version_order(order_by: Sequence[str] | None) -> list[tuple[str, bool]]:
    """`name`, `version_number`, `creation_timestamp` or `last_updated_timestamp`, and whether ascending; raises likewise."""
    keys: list[tuple[str, bool]] = []
    for text in order_by or ("last_updated_timestamp DESC", "name ASC", "version_number DESC"):
        _, key, ascending = SearchModelVersionUtils.parse_order_by_for_search_model_versions(text)
        if key not in SearchModelVersionUtils.VALID_ORDER_BY_ATTRIBUTE_KEYS:
            raise invalid(f"Invalid order by key '{key}' specified.")
        _append(keys, key, ascending, order_by)
    named = {key for key, _ in keys}
    ties = [("name", True), ("version_number", False)]
    return keys + [(key, ascending) for key, ascending in ties if key not in named]


def _append(keys: list[tuple[str, bool]], key: str, ascending: bool, order_by: Any) -> None:
    if any(known == key for known, _ in keys):
        raise invalid(f"`order_by` contains duplicate fields: {order_by}")
    keys.append((key, ascending))


def sort(found: Iterable[Any], order: Sequence[tuple[str, bool]], key_of: Callable[[Any, str], Any]) -> list[Any]:
    """What was found, in order: the last key first, as sorting is stable."""
    result = list(found)
    for key, ascending in reversed(order):
        result.sort(key=lambda one, key=key: key_of(one, key), reverse=not ascending)  # type: ignore[misc]
    return result


def page(found: Sequence[Any], max_results: int, page_token: str | None, most: int) -> PagedList[Any]:
    """One page of what was found, with the token of the next.

    Args:
        most: what `max_results` may be at the most.

    Raises:
        MlflowException: the token is none, or `max_results` is no count up to that.
    """
    if not isinstance(max_results, int) or not 0 <= max_results <= most:
        raise invalid(f"Invalid max_results: it must be a whole number from 0 to {most}, not {max_results!r}")
    start = max(0, SearchUtils.parse_start_offset_from_page_token(page_token))  # a token can be forged
    end = start + max_results
    return PagedList(found[start:end], SearchUtils.create_page_token(end) if end < len(found) else None)
