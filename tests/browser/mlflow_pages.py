"""Fixtures: MLflow's server on one registry, and a browser that looks at it. A plugin, for the tests of its page share them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import Page, browsing
from mlflow_page import CONFIG, Prompts
from mlflow_server import Server, serving
from support import Git, git_init

from promptgit import Registry

IDENTITY = {
    "GIT_AUTHOR_NAME": "Prompt server",
    "GIT_AUTHOR_EMAIL": "prompts@example.com",
    "GIT_COMMITTER_NAME": "Prompt server",
    "GIT_COMMITTER_EMAIL": "prompts@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Git:
    """The registry of the server. It is not empty: the page greets whoever has no prompt yet in another way."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in IDENTITY.items():
            patch.setenv(key, value)
        git = git_init(tmp_path_factory.mktemp("page") / "registry", config=CONFIG)
        Registry(git.path).register("news.headline", "Write a headline: {{article}}", "Headlines")
        return git


@pytest.fixture(scope="session")
def server(place: Git) -> Iterator[Server]:
    """MLflow's server, which is slow to start."""
    pytest.importorskip("mlflow")
    folder = place.path.parent
    env = {"HOME": str(folder), "MLFLOW_MODEL_CATALOG_URI": "", **IDENTITY}  # it asks nobody which models there are
    with serving(folder, f"promptgit://{place.path}", f"sqlite:///{folder}/mlflow.db", env) as running:
        yield running


@pytest.fixture(scope="session")
def browser(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser with MLflow's assistant, which covers a quarter of the page, put away."""
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        page.open(f"{server.url}/#/prompts")
        page.click("[aria-label=Close]")
        yield page


@pytest.fixture
def prompts(browser: Page, server: Server, place: Git, monkeypatch: pytest.MonkeyPatch) -> Prompts:
    """The page on the registry."""
    for key, value in IDENTITY.items():
        monkeypatch.setenv(key, value)
    return Prompts(browser, server, place)
