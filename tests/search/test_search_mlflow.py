"""What MLflow's filters and orders find, these find too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_candidates import Prompt

from promptgit.search import parse_filter, parse_order_by
from promptgit.search.moments import moment_at

pytestmark = pytest.mark.mlflow
search_utils = pytest.importorskip("mlflow.utils.search_utils", exc_type=ImportError)

VALUES = ["", "a", "ab", "AB", "a.b", "ba", "aab", "b-b", "B"]
values = st.sampled_from(VALUES)
patterns = st.lists(st.sampled_from(["a", "b", "B", ".", "_", "%"]), max_size=5).map("".join)
KEYS = {"team": "team", "a.b": "a.b", "odd key": "`odd key`", "and": '"and"', "x-y": "'x-y'"}


class Model:
    """As MLflow's in-memory filter wants a registered model."""

    def __init__(self, name: str, tags: dict[str, str], updated: int) -> None:
        self.name, self._tags, self.last_updated_timestamp = name, tags, updated


@st.composite
def clauses(draw: st.DrawFn) -> str:
    key = draw(st.sampled_from(sorted(KEYS)))
    field = draw(st.sampled_from(["name", "attribute.name", f"tags.{KEYS[key]}", f"tag.{KEYS[key]}"]))
    lists = ["IN", "NOT IN"] if field.endswith("name") else []
    name = draw(st.sampled_from(["=", "!=", "LIKE", "ILIKE", "like", "iLike", *lists]))
    quote = draw(st.sampled_from("'\""))
    if name.endswith("IN"):
        listed = ", ".join(quote + value + quote for value in draw(st.lists(values, min_size=1, max_size=3)))
        return f"{field} {name} ({listed})"
    value = draw(patterns if name.upper().endswith("LIKE") else values)
    return f"{field} {name} {quote}{value}{quote}"


filters = st.lists(clauses(), min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" AND ", " and "]).map(lambda word: word.join(parts))
)
tags = st.dictionaries(st.sampled_from(sorted(KEYS)), values)


@given(filters, st.lists(st.tuples(values, tags), max_size=6))
@settings(max_examples=1500)
def test_a_filter_finds_what_mlflow_finds(text: str, prompts: list[tuple[str, dict[str, str]]]) -> None:
    models = [Model(name, tags, 0) for name, tags in prompts]
    theirs = search_utils.SearchModelUtils.filter(models, text)
    parsed = parse_filter(text)
    assert [model for model in models if parsed.matches(Prompt(name=model.name, tags=model._tags))] == theirs


sort_fields = st.sampled_from(["name", "`name`", "last_updated_timestamp"])
orders = st.lists(sort_fields, max_size=2, unique_by=lambda field: field.strip("`"))


@given(orders, st.data())
@settings(max_examples=300)
def test_an_order_is_mlflows(fields: list[str], data: st.DataObject) -> None:
    items = [field + data.draw(st.sampled_from(["", " ASC", " DESC", " desc"])) for field in fields]
    stamps = data.draw(st.dictionaries(values, st.integers(0, 3)))
    models = [Model(name, {}, stamp) for name, stamp in stamps.items()]
    theirs = [model.name for model in search_utils.SearchModelUtils.sort(models, items)]
    ours = parse_order_by(items).sort(
        Prompt(name=name, updated=moment_at(stamp).start) for name, stamp in stamps.items()
    )
    assert [prompt.name for prompt in ours] == theirs
