"""A registry that some sample applications use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commandline import Cli, Result, call
from support import Git

from promptgit import Registry

APPS = Path(__file__).parent / "apps"

_VERSIONS = {
    "support.refunds": [
        "template: |\n  Answer {{question}}\n",
        "template: |\n  Answer {{question}} in a {{tone}} tone.\nvariables:\n  tone: {required: false, default: kind}\n",
        "template: |\n  Answer {{question}} in {{language}}.\n",
    ],
    "support.triage": [
        "template:\n  - {role: system, content: Which team answers this?}\n  - {placeholder: history}\n"
        "  - {role: user, content: '{{message}}'}\nvariables:\n  history: {required: false}\n",
    ],
    "writing.summary": [
        "template: |\n  Summarise {{text}} in {{sentences}} sentences.\nvariables:\n  text: {type: string}\n"
        "  sentences: {type: integer, default: 3, description: how long it may be}\n",
    ],
}
_ALIASES = {
    "support.refunds": "production: 2\n\nstaging: 1\n",
    "support.triage": "production: 1\n",
    "writing.summary": "production: 1\n",
}


@pytest.fixture
def shop(git: Git, registry: Registry) -> Registry:
    """A registry with three prompts; version 3 of support.refunds asks for another variable."""
    for name, versions in _VERSIONS.items():
        folder = git.path / "prompts" / name.replace(".", "/")
        folder.mkdir(parents=True)
        for number, content in enumerate(versions, 1):
            (folder / f"{number}.yaml").write_text(content)
        (folder / "aliases.yaml").write_text(_ALIASES[name])
    git("add", "--all")
    git("commit", "-qm", "Prompts of a shop")
    return registry


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample applications, as the current folder."""
    folder = tmp_path / "apps"
    shutil.copytree(APPS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(shop: Registry, apps: Path) -> Cli:
    """Command lines in the folder of the applications, on the registry beside it."""
    shop.close()

    def good(*args: object, code: int = 0) -> Result:
        result = call("-C", shop.path, *args)
        assert result.code == code, result
        return result

    return good
