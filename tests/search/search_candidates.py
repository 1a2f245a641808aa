"""Prompts to search, and hypothesis strategies for them and for expressions over them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from promptgit.record import Record
from promptgit.search.expression import And, Comparison, Expression, Not, Or, joined
from promptgit.search.fields import ALIAS, FIELDS, NUMBER, OPERATORS, TAG, TEXT
from promptgit.search.moments import Moment, moment_at, parse_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Prompt(Record):
    """A candidate whose attributes are given."""

    name: str = "greeting"
    description: str = ""
    tags: Mapping[str, str] = {}
    aliases: Collection[str] = ()
    version: int = 1
    template: str = "Hello {{name}}."
    created: datetime | None = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    updated: datetime | None = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    author: str = "Ada Lovelace"
    message: str = "First version"


REFUNDS = Prompt(
    name="support.refunds",
    description="Answers customers who want their money back",
    tags={"team": "billing", "cost center": "4711"},
    aliases=("production", "canary"),
    version=12,
    template="You are a patient support agent.\nNever promise 100% of the price to {{user_name}}.",
    created=datetime(2025, 11, 30, 23, 59, 59, tzinfo=UTC),
    updated=datetime(2026, 2, 14, 8, 0, tzinfo=UTC),
    author="Grace Hopper",
    message="Shorter, and it's polite",
)
SUMMARY = Prompt(
    name="summary_long",
    tags={"team": "search"},
    version=3,
    template="Summarise:\n{{text}}",
    created=datetime(2026, 2, 14, 8, 0, tzinfo=UTC),
    updated=None,
    author="",
    message="",
)
GREETING = Prompt()
PROMPTS = (REFUNDS, SUMMARY, GREETING)

_LETTERS = "ab_%\\.B"
short_texts = st.text(_LETTERS, max_size=6)
keys = st.sampled_from(["team", "cost center", "a.b", "and", "`", "x'y", 'x"y', "naïve/key", "-"])
instants = st.integers(-3, 3).map(lambda n: datetime(2026, 1, 2, tzinfo=UTC) + n * timedelta(hours=12))
aliases = st.lists(short_texts, max_size=3)
prompts = st.builds(
    Prompt,
    name=short_texts,
    description=short_texts,
    tags=st.dictionaries(keys, short_texts, max_size=4),
    aliases=aliases,
    version=st.integers(0, 4),
    template=short_texts,
    created=instants | st.none(),
    updated=instants | st.none(),
    author=short_texts,
    message=short_texts,
)
moments: st.SearchStrategy[Moment] = st.one_of(
    st.sampled_from(["2026-01-01", "2026-01-02T12:00:00Z", "2026-01-02 01:00+01:00"]).map(parse_moment),
    st.integers(1767200000000, 1767500000000).map(moment_at),
)
patterns = short_texts.map(lambda text: text.rstrip("\\"))


@st.composite
def comparisons(draw: st.DrawFn, texts: st.SearchStrategy[str] = short_texts) -> Comparison:
    """Any comparison that the language can write."""
    field = draw(st.sampled_from(sorted(FIELDS.values(), key=lambda field: field.name)))
    name = draw(st.sampled_from(OPERATORS[field.kind]))
    key = draw(keys) if field.kind == TAG else ""
    if name.startswith("IS"):
        return Comparison(field=field.name, key=key, operator=name)
    if field.kind in (TEXT, TAG, ALIAS):
        scalars: st.SearchStrategy[str | int | Moment] = patterns if name.endswith("LIKE") else texts
    else:
        scalars = st.integers(-1, 4) if field.kind == NUMBER else moments
    value = draw(st.lists(scalars, min_size=1, max_size=3).map(tuple) if name.endswith("IN") else scalars)
    return Comparison(field=field.name, key=key, operator=name, value=value)


def expressions(texts: st.SearchStrategy[str] = short_texts) -> st.SearchStrategy[Expression]:
    """Any expression, as the parser would build it."""

    def grow(terms: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(terms, min_size=2, max_size=4)
        return st.one_of(
            terms.map(lambda term: Not(term=term)),
            several.map(lambda terms: joined(And, terms)),
            several.map(lambda terms: joined(Or, terms)),
        )

    return st.recursive(comparisons(texts), grow, max_leaves=12)
