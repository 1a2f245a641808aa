"""MLflow's own page in a real browser, on a promptgit registry: a click is a commit, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import BROWSER, Page, browsing
from mlflow_server import Server, serving
from support import Git, git_init

from promptgit import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

CONFIG = "format: 1\npolicies:\n  aliases:\n    production: {protected: true}\n"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Prompt server",
    "GIT_AUTHOR_EMAIL": "prompts@example.com",
    "GIT_COMMITTER_NAME": "Prompt server",
    "GIT_COMMITTER_EMAIL": "prompts@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
}
SEARCH = "[data-component-id='mlflow.prompts.global.list.search']"
MODE = "[data-component-id='mlflow.prompts.details.mode'] label"
TEXT_VIEW = "[data-component-id='mlflow.prompts.compare.toggle-markdown-rendering'] label"
CONTENT, MESSAGE, NAME = (f"[id='mlflow.prompts.create.{field}']" for field in ("content", "commit_message", "name"))
ALIASES = "button[data-component-id*='aliasescell']"  # the last is that of the version that is shown
PICKER = "[role=dialog] .du-bois-light-select-selector"
KIND, BRIEF = "Summarise kindly: {{article}}", "Summarise in 20 words: {{article}}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Git:
    """The registry of the server."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in IDENTITY.items():
            patch.setenv(key, value)
        return git_init(tmp_path_factory.mktemp("page") / "registry", config=CONFIG)


@pytest.fixture(scope="module")
def server(place: Git) -> Iterator[Server]:
    """MLflow's server, which is slow to start."""
    pytest.importorskip("mlflow")
    folder = place.path.parent
    env = {"HOME": str(folder), **IDENTITY}
    with serving(folder, f"promptgit://{place.path}", f"sqlite:///{folder}/mlflow.db", env) as running:
        yield running


@pytest.fixture(scope="module")
def browser(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser with MLflow's assistant, which covers a quarter of the page, put away."""
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        page.open(f"{server.url}/#/prompts")
        page.click("[aria-label=Close]")
        yield page


class Prompts:
    """The page as its user goes through it, and the log of what became of that."""

    def __init__(self, page: Page, server: Server, git: Git) -> None:
        self.page, self._url, self._git = page, f"{server.url}/#/prompts", git
        self._before = git("rev-parse", "HEAD")
        self.registry = Registry(git.path)

    @property
    def log(self) -> list[str]:
        """Who committed what since the test began."""
        return self._git("log", "--reverse", "--format=%an: %s", f"{self._before}..HEAD").splitlines()

    def list(self) -> None:
        """Open the list."""
        self.page.open(self._url)
        self.page.until("find('button', 'Create prompt')")

    def show(self, name: str, version: int) -> None:
        """Open a prompt and one of its versions."""
        self.page.open(f"{self._url}/{name}")
        self.page.click("[role=row] *", f"Version {version}")
        self.page.see(f"Viewing version {version}")

    def create(self, button: str, text: str, message: str, name: str | None = None) -> None:
        """Fill in the form for a prompt or a version."""
        self.page.click("button", button)
        if name is not None:
            self.page.type(NAME, name)
        self.page.type(CONTENT, text)
        self.page.type(MESSAGE, message)
        self.page.click("[role=dialog] button", "Create")

    def saved(self) -> None:
        """Wait until the dialog is gone, which it is when the server has answered."""
        self.page.until("!find('[role=dialog]', null)", "the dialog's end")

    def alias(self, alias: str) -> None:
        """Give the version that is shown an alias."""
        self.page.click(ALIASES)
        self.page.choose(PICKER, alias)
        self.page.click("button", "Save aliases")


@pytest.fixture
def prompts(browser: Page, server: Server, place: Git, monkeypatch: pytest.MonkeyPatch) -> Prompts:
    """The page on the registry."""
    for key, value in IDENTITY.items():
        monkeypatch.setenv(key, value)
    return Prompts(browser, server, place)


def test_the_list_finds_names_with_underscores_and_dots(prompts: Prompts) -> None:
    page = prompts.page
    for name in ("list.summarize_micro", "list.summarizeXmicro", "list_summarize.long"):
        prompts.registry.register(name, KIND, "Summarise")
    prompts.list()
    page.see("list.summarize_micro", "list.summarizeXmicro", "list_summarize.long")
    page.type(SEARCH, "ize_mic")
    page.lose("list.summarizeXmicro", "list_summarize.long")
    page.see("list.summarize_micro")
    page.type(SEARCH, "list.sum")
    page.lose("list_summarize.long")
    page.see("list.summarize_micro", "list.summarizeXmicro")


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


def test_an_alias_is_created_moved_and_deleted(prompts: Prompts) -> None:
    page, name = prompts.page, "aliased.summarize"
    prompts.registry.register(name, KIND, "Kindly")
    prompts.registry.register(name, BRIEF, "Briefly")
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
    page.click("button", "Save aliases")
    prompts.saved()
    page.lose("@ staging")
    log = ["Kindly", "Briefly", *(f"{name}: staging {move}" for move in ("new -> 1", "1 -> 2", "2 -> removed"))]
    assert prompts.log == [f"Prompt server: {subject}" for subject in log]


def test_a_refused_move_of_a_protected_alias_shows_the_reason(prompts: Prompts, place: Git) -> None:
    page, name = prompts.page, "guarded.summarize"
    prompts.registry.register(name, KIND, "Kindly")
    prompts.registry.register(name, BRIEF, "Briefly")
    place.commit_file("prompts/guarded/summarize/aliases.yaml", "production: 1\n", "Reviewed: production is version 1")
    prompts.show(name, 2)
    prompts.alias("production")
    page.see("production is protected: it moves by reviewed commits alone", "in a pull request")
    page.click("button", "Cancel")
    assert prompts.registry.load(name, "production").version == 1
    assert prompts.log[2:] == ["Prompt server: Reviewed: production is version 1"]


def test_tags_are_set_and_a_version_is_deleted(prompts: Prompts) -> None:
    page, name = prompts.page, "tagged.summarize"
    prompts.registry.register(name, KIND, "Kindly")
    prompts.registry.register(name, BRIEF, "Briefly")
    prompts.show(name, 2)
    page.click("button", "Add tags")
    page.choose(PICKER, "team")
    page.type("[role=dialog] input[name=value]", "editors")
    page.click("[role=dialog] [aria-label='Add tag']")
    page.click("button", "Save tags")
    prompts.saved()
    page.see("team")
    page.click("button", "Delete version")
    page.click("[role=dialog] button", "Delete")
    prompts.saved()
    page.lose("Version 2")
    assert prompts.log[2:] == [
        f"Prompt server: {name}: tag team = editors",
        f"Prompt server: {name}: version 2 deleted",
    ]
