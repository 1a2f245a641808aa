"""MLflow's own page on a promptgit registry, as its user goes through it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from chromium import Page
from mlflow_server import Server
from support import Git

from promptgit import Registry

CONFIG = """format: 1
policies:
  aliases:
    production: {protected: true}
  models:
    allowed: [gpt-5*]
  naming:
    max_length: 40
  reserved_tags: [audit.*]
"""
SEARCH = "[data-component-id='mlflow.prompts.global.list.search']"
MODE = "[data-component-id='mlflow.prompts.details.mode'] label"
CONTENT, MESSAGE, NAME, SCHEMA = (
    f"[id='mlflow.prompts.create.{field}']" for field in ("content", "commit_message", "name", "response_format")
)
PROVIDER, MODEL, TEMPERATURE, STOPS = (
    f"[id='mlflow.prompts.model_config.{field}']" for field in ("provider", "modelName", "temperature", "stopSequences")
)
ALIASES = "button[data-component-id*='aliasescell']"  # the last is that of the version that is shown
PROMPT_TAGS = "button[data-component-id='mlflow.prompts.details.tags.edit']"
VERSION_TAGS = "button[data-component-id^='mlflow.prompts.details.version.'][data-component-id$='_tags']"
MODEL_CONFIG = "button[data-component-id='mlflow.prompts.details.version.edit_model_config']"
PICKER = "[role=dialog] .du-bois-light-select-selector"
ADVANCED = "Advanced settings (optional)"

_TRIES = 3
"""The page empties the form for tags when it happens to read the prompt anew. Who types there types it again."""


class Prompts:
    """The page as its user goes through it, and the registry, to see what became of that."""

    def __init__(self, page: Page, server: Server, git: Git) -> None:
        self.page, self.server, self.git = page, server, git
        self._before = git("rev-parse", "HEAD")
        self.registry = Registry(git.path)

    @property
    def log(self) -> list[str]:
        """Who committed what since the test began."""
        log: str = self.git("log", "--reverse", "--format=%an: %s", f"{self._before}..HEAD")
        return log.splitlines()

    @contextlib.contextmanager
    def another(self) -> Iterator[Prompts]:
        """The same in a second window."""
        with self.page.another() as page:
            page.open(f"{self.server.url}/#/prompts")
            yield Prompts(page, self.server, self.git)

    def add(self, name: str, *versions: str, **content: Any) -> None:
        """Register versions without the page, and begin the log after them."""
        for text in versions:
            self.registry.register(name, text, "Registered beforehand", **content)
        self._before = self.git("rev-parse", "HEAD")

    # --- where to look ----------------------------------------------------------------------------------------------

    def go(self, path: str) -> None:
        """Go elsewhere in the page, without loading it again."""
        self.page.run(f"location.hash = {f'#/{path}'!r}")

    def list(self) -> None:
        """Come to the list from a prompt, so that nothing is left in its field for the search."""
        self.go("prompts/news.headline")
        self.page.until("find('button', 'Create prompt version')")
        self.go("prompts")
        self.page.until("find('button', 'Create prompt')")

    def show(self, name: str, version: int) -> None:
        """Go to the list, to a prompt, and to one of its versions."""
        self.go("prompts")
        self.page.until("find('button', 'Create prompt')")
        self.go(f"prompts/{name}")
        self.page.click("[role=row] *", f"Version {version}")
        self.page.see(f"Viewing version {version}")

    # --- what to do -------------------------------------------------------------------------------------------------

    def create(self, button: str, text: str, message: str, name: str | None = None) -> None:
        """Fill in the form for a prompt or a version, and send it."""
        self.page.click("button", button)
        if name is not None:
            self.page.type(NAME, name)
        self.page.type(CONTENT, text)
        self.page.type(MESSAGE, message)
        self.press("Create")

    def press(self, button: str) -> None:
        """Press a button of the dialog."""
        self.page.click("[role=dialog] button", button)

    def pick(self, field: str, value: str) -> None:
        """Take a value that a field of the dialog offers."""
        self.page.click(field)
        self.page.click("[role=option]", value)

    def say(self, number: int, role: str, text: str) -> None:
        """Fill in a message of a chat, the last of those that are there."""
        self.page.type("[role=dialog] input[placeholder=role]", role)
        self.page.press("Enter")
        self.page.type(f"[role=dialog] [name='chatMessages.{number}.content']", text)

    def saved(self) -> None:
        """Wait until the dialog is gone; except in deletions it is when the server has answered."""
        self.page.until("!find('[role=dialog]', null)", "the dialog's end")

    def alias(self, alias: str) -> None:
        """Give the version that is shown an alias."""
        self.page.click(ALIASES)
        self.page.choose(PICKER, alias)
        self.press("Save aliases")

    def tag(self, button: str, *removed: str, **added: str) -> None:
        """Add, change and remove tags of the prompt or the version in one dialog."""
        self.page.click(button)
        for key in removed:
            self.page.click(f"[role=dialog] [role=status][title='{key}'] button")
        for key, value in added.items():
            for _ in range(_TRIES):
                self.page.choose(PICKER, key)
                self.page.type("[role=dialog] input[name=value]", value)
                self.page.click("[role=dialog] [aria-label='Add tag']")
                if self.page.soon(f"[role=dialog] [role=status][title='{key}']"):
                    break
        self.press("Save tags")

    def delete_version(self) -> int:
        """Delete the version that is shown; the status of the answer."""
        self.page.forget()
        self.page.click("button", "Delete version")
        self.press("Delete")
        self.saved()
        return self.page.answer("/model-versions/delete")

    def delete_prompt(self) -> int:
        """Delete the prompt that is shown; the status of the answer."""
        self.page.forget()
        self.page.click("button[aria-label='More actions']")
        self.page.click("[role=menuitem]", "Delete")
        self.press("Delete")
        self.saved()
        return self.page.answer("/registered-models/delete")
