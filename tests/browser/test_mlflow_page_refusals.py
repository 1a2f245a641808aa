"""MLflow's own page in a real browser, on a promptgit registry: what the policies forbid is refused with the reason."""

from __future__ import annotations

import pytest
from chromium import BROWSER
from mlflow_page import (
    ADVANCED,
    CONTENT,
    MODEL,
    MODEL_CONFIG,
    NAME,
    PROMPT_TAGS,
    PROVIDER,
    TEMPERATURE,
    VERSION_TAGS,
    Prompts,
)

pytest_plugins = ["mlflow_pages"]
pytestmark = [pytest.mark.mlflow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

KIND, BRIEF = "Summarise kindly: {{article}}", "Summarise in 20 words: {{article}}"


def test_a_protected_alias_does_not_move(prompts: Prompts) -> None:
    page, name = prompts.page, "guarded.summarize"
    prompts.add(name, KIND, BRIEF)
    aliases = "prompts/guarded/summarize/aliases.yaml"
    prompts.git.commit_file(aliases, "production: 1\n", "Reviewed: production is version 1")
    prompts.show(name, 2)
    prompts.alias("production")
    page.see("production is protected: it moves by reviewed commits alone", "in a pull request")
    prompts.press("Cancel")
    assert prompts.registry.load(name, "production").version == 1
    assert prompts.log == ["Prompt server: Reviewed: production is version 1"]


@pytest.mark.parametrize("tags", [PROMPT_TAGS, VERSION_TAGS], ids=["of a prompt", "of a version"])
def test_a_reserved_tag_is_not_set(prompts: Prompts, tags: str) -> None:
    page, name = prompts.page, "reserved.summarize"
    prompts.add(name, KIND)
    prompts.show(name, prompts.registry.versions(name)[-1])
    prompts.tag(tags, **{"audit.by": "me"})
    page.see("the tag audit.by is reserved for other tools")
    prompts.press("Cancel")
    prompts.saved()
    assert prompts.registry.tags(name) == prompts.registry.load(name).tags == {}
    assert prompts.log == []


def test_a_model_config_is_frozen(prompts: Prompts) -> None:
    page, name = prompts.page, "frozen.summarize"
    prompts.add(name, KIND, model_config={"model_name": "gpt-5", "temperature": 0.7})
    prompts.show(name, 1)
    page.see("Temperature: 0.7")
    page.click(MODEL_CONFIG)
    page.type(TEMPERATURE, "0.2")
    prompts.press("Save")
    page.see("is frozen", "Register a new version")
    prompts.press("Cancel")
    prompts.saved()
    assert prompts.registry.load(name, 1).model_config == {"model_name": "gpt-5", "temperature": 0.7}
    assert prompts.log == []


def test_a_model_that_is_not_allowed_is_refused_and_the_version_registered_afterwards(prompts: Prompts) -> None:
    page, name = prompts.page, "modelled.summarize"
    prompts.list()
    page.click("button", "Create prompt")
    page.type(NAME, name)
    page.type(CONTENT, KIND)
    prompts.press(ADVANCED)
    prompts.pick(PROVIDER, "openai")
    prompts.pick(MODEL, "gpt-4o")
    prompts.press("Create")
    page.see("the model gpt-4o is not allowed", "Allowed are: gpt-5*")
    prompts.press("Cancel")
    created = (
        f"Prompt server: {name}: created"  # MLflow's page makes the prompt first, and has the form for that only once
    )
    assert prompts.log == [created]
    prompts.go(f"prompts/{name}")
    page.see("No prompt versions created")
    prompts.create("Create prompt version", BRIEF, "Without a model")
    page.see("Viewing version 1", BRIEF)
    assert prompts.registry.load(name).model_config is None
    assert prompts.log == [created, "Prompt server: Without a model"]


def test_a_name_that_breaks_a_rule_is_not_created(prompts: Prompts) -> None:
    prompts.list()
    prompts.create("Create prompt", KIND, "Kindly", "summarise.for.readers.who.are.in.a.great.hurry")
    prompts.page.see("has 46 characters, the limit is 40")
    for name, reason in (
        ("con.summarize", "'con' is a device on Windows"),
        ("News.Headline", "differs from news only by case"),
    ):
        prompts.page.type(NAME, name)
        prompts.press("Create")
        prompts.page.see(reason)
    prompts.press("Cancel")
    prompts.saved()
    assert prompts.log == []


def test_what_an_alias_leads_to_is_not_deleted(prompts: Prompts) -> None:
    page, name = prompts.page, "needed.summarize"
    prompts.add(name, KIND, BRIEF)
    prompts.registry.set_alias(name, "staging", 2)
    prompts.show(name, 2)
    assert prompts.delete_version() == 409
    assert prompts.delete_prompt() == 409
    page.reload()  # MLflow's page shows no reason why a deletion is refused, only that all is there
    page.see("Viewing version 2", "@ staging")
    assert prompts.registry.versions(name) == [1, 2]
    assert prompts.log == [f"Prompt server: {name}: staging new -> 2"]
