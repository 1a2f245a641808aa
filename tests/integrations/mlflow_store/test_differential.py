"""MLflow's SDK on SQLite and on promptgit, asked the same: the answers, the errors and the state in the end are the same.

What is meant to differ stands in `differences`, row by row.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from differences import DIFFERENCES, Difference
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from mlflow_sdk import Sdk, settle

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

DOCS = Path(__file__).parents[3] / "docs" / "mlflow.md"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: one.name.replace(" ", "-"))
def test_a_difference_is_as_the_table_says(difference: Difference, theirs: Sdk, sdk: Sdk) -> None:
    difference.shown(theirs, sdk)


def test_the_table_in_the_docs_is_this_one() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", DOCS.read_text().partition("## Differences")[2], re.M)
    assert rows[1:] == [(one.name, one.mlflow, one.here) for one in DIFFERENCES]


# --- the walk ---------------------------------------------------------------------------------------------------------

NAMES = ("support.refunds", "support.parcel_lost", "faq", "faq.long", "sales-offer")
ALIASES = ("production", "staging", "canary")
KEYS = ("team", "owner", "a.b", "with space", "path/key")
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}

names = st.sampled_from(NAMES)
aliases = st.sampled_from(ALIASES)
versions = st.integers(1, 5)
values = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
texts = st.one_of(
    st.sampled_from(
        ["Answer {{question}}", "Be kind.\n\n{{ question }}\n", "", "{%d%} no jinja", "{% if x %}yes{% endif %}"]
    ),
    values,
)
chats = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": values}),
    min_size=1,
    max_size=3,
)
messages = st.one_of(st.none(), st.sampled_from(["Answer kindly", "Two lines\n\nand a body", "Ümlaut 🙂", "# hash"]))
tags = st.dictionaries(st.sampled_from(KEYS), values, max_size=2)
configs = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"model_name": st.sampled_from(["gpt-5", "claude"])},
        optional={
            "temperature": st.sampled_from([0, 0.5, 1.0]),
            "seed": st.integers(0, 9),
            "stop_sequences": st.just(["x"]),
        },
    ),
    st.just({"temperature": -1}),
)
filters = st.sampled_from(
    [
        None,
        "name = '{run}faq'",
        "name LIKE '{run}support.%'",
        "name LIKE '{run}%_%'",
        "name ILIKE '%FAQ%'",
        "name != '{run}faq'",
        "name IN ('{run}faq', '{run}sales-offer')",
        "name NOT IN ('{run}faq')",
        "tags.team = 'billing'",
        "tags.team != 'billing'",
        "tags.team LIKE '%'",
        "tags.`with space` ILIKE '%a%'",
        "tags.a.b LIKE '%' AND name LIKE '%a%'",
        "experiment_id = '0'",
        "name = unquoted",
        "name > 'x'",
        "tags.team IN ('x')",
        "description = 'x'",
        "name = 'x' OR name = 'y'",
    ]
)
orders = st.sampled_from(
    [None, ["name ASC"], ["name DESC"], ["timestamp DESC"], ["last_updated_timestamp ASC", "name DESC"], ["nonsense"]]
)


class Walk(RuleBasedStateMachine):
    """One walk. All walks share both stores, and each has names of its own."""

    theirs: Sdk
    ours: Sdk
    count = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).count += 1
        self.run = f"run{type(self).count}."
        self.held: dict[str, dict[str, int]] = {}
        self.there: dict[str, set[int]] = {}
        self.gone: set[str] = set()

    # --- asking both ------------------------------------------------------------------------------------------------

    def both(self, ask: Callable[[Sdk], Any]) -> Any:
        """What both answer.

        Returns:
            Our answer, or None if both refused.
        """
        (theirs, _), (ours, answer) = self.outcome(self.theirs, ask), self.outcome(self.ours, ask)
        assert ours == theirs
        return answer

    def outcome(self, sdk: Sdk, ask: Callable[[Sdk], Any]) -> tuple[Any, Any]:
        exceptions = importlib.import_module("mlflow.exceptions")
        try:
            answer = ask(sdk)
        except exceptions.MlflowException as error:
            return ("refused", error.error_code), None
        except ValueError as error:
            return ("refused", type(error).__name__), None
        finally:
            settle()
        return ("answered", shown(answer)), answer

    def refused_here(self, code: str, ask: Callable[[Sdk], Any]) -> None:
        """What only promptgit refuses: a row of the table."""
        assert self.outcome(self.ours, ask)[0] == ("refused", code)

    def name(self, name: str) -> str:
        return self.run + name

    # --- writing ----------------------------------------------------------------------------------------------------

    @rule(
        name=names, template=st.one_of(texts, chats), message=messages, tags=tags, config=configs, schema=st.booleans()
    )
    def register(self, name: str, template: Any, message: Any, tags: Any, config: Any, schema: bool) -> None:
        if name in self.gone:
            return
        options = {"commit_message": message, "response_format": SCHEMA if schema else None, "model_config": config}
        made = self.both(lambda sdk: sdk.client.register_prompt(self.name(name), template, tags=dict(tags), **options))
        if made is not None:
            self.there.setdefault(name, set()).add(made.version)
        elif not self.there.get(name):
            self.both(lambda sdk: sdk.client.get_prompt(self.name(name)))

    @rule(name=names, description=st.sampled_from([None, "Frequent questions"]), tags=tags)
    def create(self, name: str, description: str | None, tags: dict[str, str]) -> None:
        if name not in self.gone:
            self.both(lambda sdk: sdk.client.create_prompt(self.name(name), description, dict(tags)))
            self.there.setdefault(name, set())

    @rule(name=names, alias=st.one_of(aliases, st.sampled_from(["latest", "v3", "a b", ""])), version=versions)
    def set_alias(self, name: str, alias: str, version: int) -> None:
        self.both(lambda sdk: sdk.client.set_prompt_alias(self.name(name), alias, version))
        if alias in ALIASES and version in self.there.get(name, ()):
            self.held.setdefault(name, {})[alias] = version

    @rule(name=names, alias=aliases)
    def delete_alias(self, name: str, alias: str) -> None:
        self.both(lambda sdk: sdk.client.delete_prompt_alias(self.name(name), alias))
        self.held.get(name, {}).pop(alias, None)

    @rule(name=names, key=st.one_of(st.sampled_from(KEYS), st.sampled_from(["bad:?key", "../up"])), value=values)
    def set_tag(self, name: str, key: str, value: str) -> None:
        self.both(lambda sdk: sdk.client.set_prompt_tag(self.name(name), key, value))

    @rule(name=names, key=st.sampled_from(KEYS))
    def delete_tag(self, name: str, key: str) -> None:
        self.both(lambda sdk: sdk.client.delete_prompt_tag(self.name(name), key))

    @rule(name=names, version=st.one_of(versions, st.just("2")), key=st.sampled_from(KEYS), value=values)
    def set_version_tag(self, name: str, version: Any, key: str, value: str) -> None:
        self.both(lambda sdk: sdk.client.set_prompt_version_tag(self.name(name), version, key, value))

    @rule(name=names, version=versions, key=st.sampled_from(KEYS))
    def delete_version_tag(self, name: str, version: int, key: str) -> None:
        self.both(lambda sdk: sdk.client.delete_prompt_version_tag(self.name(name), version, key))

    @rule(name=names, version=versions)
    def delete_version(self, name: str, version: int) -> None:
        there = self.there.get(name, set())

        def delete(sdk: Sdk) -> None:
            sdk.client.delete_prompt_version(self.name(name), str(version))

        if version in self.held.get(name, {}).values():
            self.refused_here("RESOURCE_CONFLICT", delete)
        elif there != {version}:
            self.both(delete)
            there.discard(version)

    @precondition(lambda self: self.there)
    @rule(data=st.data())
    def delete_prompt(self, data: Any) -> None:
        name = data.draw(st.sampled_from(sorted(self.there)))

        def delete(sdk: Sdk) -> None:
            sdk.client.delete_prompt(self.name(name))

        if self.held.get(name):
            self.refused_here("RESOURCE_CONFLICT", delete)
        else:
            self.both(delete)
            del self.there[name]
            self.gone.add(name)

    # --- reading ----------------------------------------------------------------------------------------------------

    @rule(
        name=names,
        what=st.one_of(st.just(""), versions.map(lambda number: f"/{number}"), aliases.map(lambda one: f"@{one}")),
    )
    def load(self, name: str, what: str) -> None:
        self.loaded(f"prompts:/{self.name(name)}{what}" if what else self.name(name))

    def loaded(self, uri: str) -> None:
        self.both(lambda sdk: sdk.load(uri))
        self.both(lambda sdk: sdk.load(uri, allow_missing=True))

    @rule(text=filters, order=orders, size=st.integers(1, 4))
    def search(self, text: str | None, order: list[str] | None, size: int) -> None:
        mine = f"name LIKE '{self.run}%'"
        asked = f"{mine} AND {text.format(run=self.run)}" if text else mine

        def pages(sdk: Sdk) -> list[Any]:
            found, token = [], None
            while True:
                page = sdk.client.search_prompts(asked, max_results=size, order_by=order, page_token=token)
                found.append(list(page))
                token = page.token
                if token is None:
                    return found

        self.both(pages)

    @rule(name=names, size=st.integers(1, 3))
    def list_versions(self, name: str, size: int) -> None:
        def listed(sdk: Sdk) -> Any:
            page = sdk.client.search_prompt_versions(self.name(name), max_results=size)
            rest = sdk.client.search_prompt_versions(self.name(name), max_results=size, page_token=page.token)
            return [without_aliases(one) for one in [*page, *(rest if page.token else ())]]

        self.both(listed)

    @invariant()
    def prompts_are_the_same(self) -> None:
        for name in self.there:
            self.described(self.name(name))

    def described(self, name: str) -> None:
        self.both(lambda sdk: sdk.client.get_prompt(name))

    def teardown(self) -> None:
        """The state in the end."""
        for name in NAMES:
            self.list_versions_of(name)
            for number in sorted(self.there.get(name, ())):
                self.loaded(f"prompts:/{self.name(name)}/{number}")
            for alias in ALIASES:
                self.loaded(f"prompts:/{self.name(name)}@{alias}")

    def list_versions_of(self, name: str) -> None:
        def listed(sdk: Sdk) -> list[Any]:
            return [without_aliases(one) for one in sdk.client.search_prompt_versions(self.name(name))]

        self.both(listed)


def shown(answer: Any) -> Any:
    """An answer as values, without what is meant to differ."""
    if isinstance(answer, list):
        return [shown(one) for one in answer]
    kind = type(answer).__name__
    if kind == "Prompt":
        assert answer.creation_timestamp > 0
        return ("prompt", answer.name, answer.description, answer.tags)
    if kind == "PromptVersion":
        assert answer.creation_timestamp > 0
        own = {key: value for key, value in answer.tags.items() if not key.startswith("promptgit.")}
        more = (answer.template, answer.commit_message, answer.response_format, answer.model_config, answer.variables)
        return ("version", answer.name, answer.version, own, sorted(answer.aliases), answer.uri, *more)
    return answer


def without_aliases(version: Any) -> Any:
    """A listed version: MLflow's have no aliases."""
    values = shown(version)
    return (*values[:4], *values[5:])


def walk(theirs: Sdk, ours: Sdk, examples: int, steps: int) -> None:
    kind = type("Walk", (Walk,), {"theirs": theirs, "ours": ours, "TestCase": None, "count": 0})
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=examples < 100,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_random_walk_gives_the_same_answers(theirs: Sdk, sdk: Sdk) -> None:
    walk(theirs, sdk, examples=25, steps=15)


@pytest.mark.long
def test_a_long_random_walk_gives_the_same_answers(theirs: Sdk, sdk: Sdk) -> None:
    walk(theirs, sdk, examples=400, steps=40)
