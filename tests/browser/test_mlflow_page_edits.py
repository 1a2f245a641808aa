"""MLflow's own page in a real browser, on a promptgit registry: each edit is a commit, and none undoes another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import BROWSER
from commandline import environment, process
from mlflow_page import ALIASES, CONFIG, CONTENT, MODEL_CONFIG, PICKER, PROMPT_TAGS, TEMPERATURE, VERSION_TAGS, Prompts
from support import Git

pytest_plugins = ["mlflow_pages"]
pytestmark = [pytest.mark.mlflow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

KIND, BRIEF, PLAIN = (f"Summarise {how}: {{{{article}}}}" for how in ("kindly", "in 20 words", "in plain words"))


def test_an_alias_is_created_moved_and_deleted(prompts: Prompts) -> None:
    page, name = prompts.page, "aliased.summarize"
    prompts.add(name, KIND, BRIEF)
    prompts.show(name, 1)
    prompts.alias("staging")
    prompts.saved()
    page.see("@ staging")
    assert prompts.registry.load(name, "staging").version == 1
    prompts.show(name, 2)
    prompts.alias("staging")
    prompts.saved()
    assert prompts.registry.load(name, "staging").version == 2
    page.click(ALIASES)
    page.click(PICKER)
    page.press("Backspace")
    prompts.press("Save aliases")
    prompts.saved()
    page.lose("@ staging")
    moves = ("new -> 1", "1 -> 2", "2 -> removed")
    assert prompts.log == [f"Prompt server: {name}: staging {move}" for move in moves]


def test_an_alias_with_capitals_is_not_lost_when_another_is_edited(prompts: Prompts) -> None:
    """MLflow's page sets it in small letters, and then deletes the one with capitals."""
    page, name = prompts.page, "spelt.summarize"
    prompts.add(name, KIND)
    prompts.registry.set_alias(name, "Champion", 1)
    prompts.show(name, 1)
    prompts.alias("staging")
    prompts.saved()
    page.see("@ champion", "@ staging")
    assert set(prompts.registry.aliases(name)) == {"champion", "staging"}


def test_tags_of_a_prompt_are_added_changed_and_removed(prompts: Prompts) -> None:
    page, name = prompts.page, "tagged.summarize"
    prompts.add(name, KIND)
    prompts.show(name, 1)
    prompts.tag(PROMPT_TAGS, team="editors", locale="en")
    prompts.saved()
    page.see(": editors", ": en")
    prompts.tag(PROMPT_TAGS, "locale", team="newsroom")
    prompts.saved()
    page.see(": newsroom")
    page.lose("locale", ": editors")
    assert prompts.registry.tags(name) == {"team": "newsroom"}
    done = ("locale = en", "locale removed", "team = editors", "team = newsroom")
    assert sorted(prompts.log) == [f"Prompt server: {name}: tag {what}" for what in done]  # one dialog asks at once


def test_tags_of_a_version_are_added_changed_and_removed(prompts: Prompts) -> None:
    page, name = prompts.page, "noted.summarize"
    prompts.add(name, KIND, BRIEF)
    prompts.show(name, 1)
    prompts.tag(VERSION_TAGS, reviewer="Ada", score="0.9")
    prompts.saved()
    page.see(": Ada", ": 0.9")
    prompts.tag(VERSION_TAGS, score="0.95")
    prompts.saved()
    page.see(": 0.95")
    page.forget()
    prompts.tag(VERSION_TAGS, "reviewer")
    assert page.answer("/model-versions/delete-tag") == 200  # MLflow's page does not wait for it, and may show the tag
    page.reload()
    page.see("Viewing version 1", ": 0.95")
    page.lose("reviewer")
    assert prompts.registry.load(name, 1).tags == {"score": "0.95"}
    assert prompts.registry.load(name, 2).tags == {}
    done = ("reviewer = Ada", "score = 0.9", "score = 0.95", "reviewer removed")
    assert sorted(prompts.log) == sorted(f"Prompt server: {name}: version 1 tag {what}" for what in done)


@pytest.fixture
def mutable(place: Git) -> Iterator[None]:
    """A registry whose policy lets model configurations be set anew."""
    place.commit_file("promptgit.yaml", CONFIG.replace("models:", "model_config: mutable\n  models:"))
    yield
    place.commit_file("promptgit.yaml", CONFIG)


@pytest.mark.usefixtures("mutable")
def test_a_model_config_is_set_anew_where_the_policy_allows_it(prompts: Prompts) -> None:
    page, name = prompts.page, "tuned.summarize"
    config = {"model_name": "gpt-5", "temperature": 0.7}
    prompts.add(name, KIND, model_config=config)
    prompts.show(name, 1)
    page.see("Temperature: 0.7")
    page.click(MODEL_CONFIG)
    page.type(TEMPERATURE, "0.2")
    prompts.press("Save")
    prompts.saved()
    page.see("Model: gpt-5", "Temperature: 0.2")
    assert prompts.registry.load(name, 1).model_config == {**config, "temperature": 0.2}
    assert prompts.log == [
        f'Prompt server: {name}: version 1 model_config {{"model_name": "gpt-5", "temperature": 0.2}}'
    ]
    assert prompts.git("diff", "--name-only", "HEAD~1") == "prompts/tuned/summarize/prompt.yaml"


def test_a_version_is_deleted_and_then_the_prompt(prompts: Prompts) -> None:
    page, name = prompts.page, "passing.summarize"
    prompts.add(name, KIND, BRIEF, PLAIN)
    prompts.show(name, 3)
    assert prompts.delete_version() == 200
    page.lose("Version 3")
    page.see("Viewing version 2")
    assert prompts.registry.versions(name) == [1, 2]
    prompts.create("Create prompt version", PLAIN, "Plain after all")
    page.see("Viewing version 4")
    assert prompts.delete_prompt() == 200
    page.until("find('button', 'Create prompt')")
    page.lose(name)
    assert name not in prompts.registry.prompts()
    done = (f"{name}: version 3 deleted", "Plain after all", f"{name}: deleted")
    assert prompts.log == [f"Prompt server: {subject}" for subject in done]
    assert prompts.registry.at(prompts.git("rev-parse", "HEAD~1")).load(name, 4).template == PLAIN


def test_two_windows_lose_nothing(prompts: Prompts) -> None:
    name = "shared.summarize"
    prompts.add(name, KIND)
    with prompts.another() as other:
        for window, text in ((prompts, BRIEF), (other, PLAIN)):
            window.show(name, 1)
            window.page.click("button", "Create prompt version")
            window.page.type(CONTENT, text)
        for window in (prompts, other):
            window.press("Create")
        for window in (prompts, other):
            window.saved()
            window.page.lose("Viewing version 1")
        assert {prompts.registry.load(name, number).template for number in (2, 3)} == {BRIEF, PLAIN}
        prompts.tag(PROMPT_TAGS, team="editors")
        other.tag(PROMPT_TAGS, locale="en")
        for window in (prompts, other):
            window.saved()
        prompts.alias("staging")
        other.alias("canary")
        for window in (prompts, other):
            window.saved()
            window.page.reload()
            window.page.see(": editors", ": en", "@ staging", "@ canary")
    assert prompts.registry.tags(name) == {"team": "editors", "locale": "en"}
    assert set(prompts.registry.aliases(name)) == {"staging", "canary"}
    assert len(prompts.log) == 6
    prompts.git.assert_sound()


def test_what_the_command_line_promotes_is_there_when_the_page_is_loaded_again(prompts: Prompts) -> None:
    page, name = prompts.page, "promoted.summarize"
    prompts.add(name, KIND, BRIEF)
    prompts.show(name, 1)
    env = environment(PROMPTGIT_REGISTRY=str(prompts.git.path))
    moved = process("alias", "set", name, "staging", "2", "-m", "Promote 2", env=env)
    assert moved.code == 0, moved
    page.lose("@ staging")
    page.reload()
    page.see("@ staging", "Viewing version 1")
    prompts.show(name, 2)
    page.click(ALIASES)
    page.see("Add/edit alias for prompt version 2")
    page.until(f"find({PICKER!r}, null).innerText.includes('staging')")
    prompts.press("Cancel")
    assert prompts.log == ["Prompt server: Promote 2"]
