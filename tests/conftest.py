"""Every test runs in a home of its own, with git configured for nobody but it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from commandline import Cli, Result, call
from hypothesis import settings
from support import Git, git_init

from promptgit import Registry, api

settings.register_profile("promptgit", deadline=None)  # how long a test takes depends on what else the machine does
# What CI says of a commit depends on the commit alone: it draws the same examples each time, every other run draws new ones.
settings.register_profile("ci", settings.get_profile("promptgit"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "promptgit")

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}


def isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make a folder the home; no variable of the machine's git, registry or MLflow leaks in, nor what an MLflow call sets."""
    kept = ("PROMPTGIT_CORPUS", "PROMPTGIT_FUZZ_ROUNDS", "MLFLOW_DISABLE_TELEMETRY")
    for key in list(os.environ):
        if key.startswith(("GIT_", "PROMPTGIT_", "XDG_", "MLFLOW_")) and key not in kept:
            monkeypatch.delenv(key)
    for key, value in {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **_IDENTITY}.items():
        monkeypatch.setenv(key, value)
    (folder / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n[gc]\n\tautoDetach = false\n")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home for every test."""
    folder = tmp_path_factory.mktemp("home")
    isolate(monkeypatch, folder)
    api.set_registry(None)
    return folder


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A registry without prompts in a fresh repository, and git to look at it with."""
    return git_init(tmp_path / "registry")


@pytest.fixture
def registry(git: Git) -> Registry:
    """The same, opened."""
    return Registry(git.path)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `refunds` hands out copies of: making it takes as long as many a test."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        isolate(monkeypatch, tmp_path_factory.mktemp("home"))
        git = git_init(tmp_path_factory.mktemp("prepared") / "registry")
        with Registry(git.path) as registry:
            for tone in ("briefly", "kindly", "kindly and briefly"):
                text = f"Answer {tone}.\n\nQuestion: {{{{question}}}}\n"
                registry.register("support.refunds", text, f"Answer {tone}")
            registry.set_alias("support.refunds", "production", 1)
        return git.path


@pytest.fixture
def refunds(registry: Registry, git: Git, prepared: Path) -> Registry:
    """A registry in which support.refunds has three versions, production on 1."""
    shutil.rmtree(git.path)
    shutil.copytree(prepared, git.path)
    git("update-index", "-q", "--refresh")  # the copies are other files to git until it has looked at them
    return registry


@pytest.fixture
def cli(refunds: Registry, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Command lines in the folder of `refunds`."""
    monkeypatch.chdir(refunds.path)
    refunds.close()

    def good(*args: object, stdin: bytes = b"", code: int = 0) -> Result:
        result = call(*args, stdin=stdin)
        assert result.code == code, result
        return result

    return good


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Command lines in an empty folder, outside of every registry."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return call
