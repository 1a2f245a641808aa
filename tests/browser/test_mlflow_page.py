"""MLflow's own page in a real browser, on a promptgit registry: what is there is found, shown and compared."""

from __future__ import annotations

import pytest
from chromium import BROWSER
from mlflow_page import ADVANCED, MODE, MODEL, NAME, PROVIDER, SCHEMA, SEARCH, STOPS, TEMPERATURE, Prompts
from support import Git

pytest_plugins = ["mlflow_pages"]
pytestmark = [pytest.mark.mlflow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

TEXT_VIEW = "[data-component-id='mlflow.prompts.compare.toggle-markdown-rendering'] label"
PLAIN = "[data-component-id='mlflow.prompts.details.toggle-markdown-rendering'] label"
KIND, BRIEF = "Summarise kindly: {{article}}", "Summarise in 20 words: {{article}}"
LANGUAGES = [f"{first}{second}" for first in "abcdefghijkl" for second in "abcdefghij"]


def test_the_list_finds_names_with_underscores_and_dots(prompts: Prompts) -> None:
    page = prompts.page
    for name in ("list.summarize_micro", "list.summarizeXmicro", "list_summarize.long"):
        prompts.add(name, KIND)
    prompts.list()
    page.type(SEARCH, "ize_mic")
    page.lose("news.headline", "list.summarizeXmicro")
    page.see("list.summarize_micro")
    page.type(SEARCH, "list.sum")
    page.see("list.summarize_micro", "list.summarizeXmicro")
    page.lose("list_summarize.long")
    assert prompts.log == []


def test_a_damaged_version_is_named_in_the_list_and_hides_no_other_prompt(prompts: Prompts) -> None:
    page, name = prompts.page, "damaged.summarize"
    prompts.add(name, KIND)
    prompts.add("damaged.not", KIND)
    prompts.git.commit_file(f"prompts/{name.replace('.', '/')}/2.yaml", "template: [\n", "Half a version")
    prompts.list()
    page.type(SEARCH, "damaged.")
    page.see(name, "damaged.not", "promptgit.problem", "prompts/damaged/summarize/2.yaml:2: expected a value here")
    prompts.git.commit_file(f"prompts/{name.replace('.', '/')}/2.yaml", f"template: '{BRIEF}'\n", "The other half")
    prompts.list()
    page.type(SEARCH, "damaged.")
    page.see(name, "Version 2")
    page.lose("promptgit.problem")


def test_the_list_is_filtered_by_tags_and_turned_page_by_page(prompts: Prompts, place: Git) -> None:
    page = prompts.page
    for language in LANGUAGES:
        folder = place.path / "prompts" / "translate" / language
        folder.mkdir(parents=True)
        (folder / "1.yaml").write_text(f"template: 'Translate to {language}: {{{{text}}}}'\n")
        team = "north" if language.startswith("a") else "south"
        (folder / "prompt.yaml").write_text(f"tags:\n  team: {team}\n")
    place("add", "--", "prompts")
    place("commit", "-qm", "120 languages")
    prompts.list()
    page.type(SEARCH, "name ILIKE 'translate.%' AND tags.team = 'north'")
    page.lose("translate.ba", "news.headline")
    page.see(*(f"translate.a{letter}" for letter in "abcdefghij"))
    page.type(SEARCH, "translate.")
    page.see("translate.aa", "translate.ba")
    page.lose("translate.lj")
    page.click("button", "Next")
    page.see("translate.lj")
    page.lose("translate.aa")
    page.click("button", "Previous")
    page.see("translate.aa")
    assert prompts.log == ["Prompt server: 120 languages"]


def test_a_prompt_and_its_versions_are_created_shown_and_compared(prompts: Prompts) -> None:
    page, name = prompts.page, "news.summarize_made"
    prompts.list()
    prompts.create("Create prompt", KIND, "First draft", name)
    page.see("Viewing version 1", "First draft", KIND)
    prompts.create("Create prompt version", BRIEF, "Shorter")
    page.see("Viewing version 2", "Shorter", BRIEF)
    prompts.show(name, 1)
    page.see("First draft", KIND)
    page.click(MODE, "Compare")
    page.see("Comparing version")
    page.click(TEXT_VIEW, "Text")
    page.see("First draft", "Shorter", "kindly", "20 words")
    assert prompts.log == [f"Prompt server: {subject}" for subject in (f"{name}: created", "First draft", "Shorter")]
    assert [prompts.registry.load(name, number).template for number in (1, 2)] == [KIND, BRIEF]


def test_a_chat_with_an_output_format_and_a_model_config_gets_a_next_version(prompts: Prompts) -> None:
    page, name = prompts.page, "shop.chat"
    system, question = "You answer customers of {{shop}}.", "{{question}}\nAnswer as JSON."
    shape = {"type": "object", "properties": {"answer": {"type": "string"}}}
    prompts.list()
    page.click("button", "Create prompt")
    page.type(NAME, name)
    page.click("[role=dialog] label", "Chat")
    prompts.say(0, "system", system)
    page.click("[role=dialog] button[aria-label='Add message']")
    prompts.say(1, "user", question)
    prompts.press(ADVANCED)
    page.type(SCHEMA, '{"type": "object", "properties": {"answer": {"type": "string"}}}')
    page.type(TEMPERATURE, "0.2")
    page.type(STOPS, "END, ###")
    prompts.pick(PROVIDER, "openai")
    prompts.pick(MODEL, "gpt-5")
    prompts.press("Create")
    page.see("Viewing version 1", system, "Model: gpt-5", "Temperature: 0.2", "Structured output:", '"answer"')
    page.click("button", "Create prompt version")
    page.until("find('[role=dialog] [name=\"chatMessages.1.content\"]', null).value.includes('{{question}}')")
    prompts.say(1, "user", "{{question}}")
    prompts.press("Create")
    page.see("Viewing version 2", "Structured output:")
    first, second = (prompts.registry.load(name, number) for number in (1, 2))
    assert first.template == [{"role": "system", "content": system}, {"role": "user", "content": question}]
    model = {"provider": "openai", "model_name": "gpt-5"}
    assert first.model_config == {**model, "temperature": 0.2, "stop_sequences": ["END", "###"]}
    assert first.response_format == second.response_format == shape
    assert second.template == [{"role": "system", "content": system}, {"role": "user", "content": "{{question}}"}]
    assert prompts.log == [f"Prompt server: {name}: {what}" for what in ("created", "version 1", "version 2")]


HOSTILE = (
    "<script>window.owned = 1; document.title = 'owned'</script><img src=x onerror=\"window.owned = 1\">"
    "[link](javascript:window.owned=1) `{{ticket}}` שלום \u202eabc\u202c עולם مرحبا 漢字 🚀 # no comment: {a} '\"\\\n\n"
    "---\n\ttab  two\u00a0spaces   \n"
)


def test_no_text_is_too_strange_or_too_long(prompts: Prompts) -> None:
    page, name = prompts.page, "strange.text"
    text = HOSTILE + "".join(f"Rule {number}: never promise what the terms do not say.\n" for number in range(400))
    assert len(text) > 20_000
    prompts.list()
    prompts.create("Create prompt", text, "Strange <script>window.owned = 1</script> \u202emessage", name)
    page.see("Viewing version 1", "Strange <script>", "Rule 399: never promise")
    page.click(PLAIN, "Text")
    page.see("<script>window.owned = 1", "שלום")
    prompts.registry.register(name, text.replace("Rule 7: never", "Rule 7: always"), HOSTILE)
    page.reload()
    page.see("Viewing version 1")
    page.click(MODE, "Compare")
    page.click(TEXT_VIEW, "Text")
    page.see("always promise", "Rule 399: never promise")
    assert page.run("window.owned === undefined")
    assert page.run("document.title") == "Prompt: strange.text - MLflow"
    found = prompts.registry.load(name, 1)
    assert found.template == text
    assert list(found.variables) == ["ticket"]
