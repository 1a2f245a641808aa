"""The hook for the pre-commit framework: what the manifest promises, and the framework itself running it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import ROOT, Cli, process
from support import Git

from promptgit import Registry
from promptgit.registry.create import starting_files

VERSION = "prompts/support/refunds/4.yaml"
GOOD, BAD = "template: Answer {{question}} at once.\n", "template: [Answer {{question}} at once.\n"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The one hook that the manifest offers."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(found)


def test_the_files_of_a_registry_are_passed_and_no_others(manifest: dict[str, Any]) -> None:
    wanted = [file for file in starting_files() if re.search(manifest["files"], file)]
    assert set(wanted) == {file for file in starting_files() if file.startswith("prompts/") or file == "promptgit.yaml"}
    assert re.search(manifest["files"], f"services/shop/{VERSION}")
    for other in ("README.md", ".promptgit/schemas/prompt.schema.json", "src/prompts.py", "docs/promptgit.yaml.md"):
        assert not re.search(manifest["files"], other)


def test_the_entry_finds_what_is_staged_and_what_is_passed(manifest: dict[str, Any], cli: Cli, git: Git) -> None:
    assert manifest["always_run"]  # a commit that removes a version passes no file
    program, *entry = manifest["entry"].split()
    assert program == "promptgit"
    git.commit_file(VERSION, BAD)
    assert cli(*entry).code == 0
    cli(*entry, VERSION, code=1)
    git.commit_file(VERSION, GOOD)
    git("rm", "-q", VERSION)
    assert "version-deleted" in cli(*entry, "prompts/support/refunds/1.yaml", code=1).out


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed")
def test_the_framework_runs_it(refunds: Registry, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a clone of this project, installed by the framework into an environment of its own."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    (git.path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {tmp_path / 'project'}\n  rev: {project(tmp_path)}\n  hooks:\n  - id: promptgit-check\n"
    )
    git("add", ".")
    git("commit", "-qm", "Check prompts")
    framework(git, "install")
    write(git, BAD)
    assert "[yaml-syntax]" in refused(git)
    write(git, GOOD)
    git("add", VERSION)
    write(git, BAD)  # the framework puts it aside while it checks
    assert refused(git) == ""
    git("checkout", "-q", "--", VERSION)
    git("rm", "-q", VERSION)
    assert "[version-deleted]" in refused(git)
    git("commit", "-qm", "Remove it all the same", "--no-verify")
    assert framework(git, "run", "--all-files").returncode == 0
    git.commit_file("README.md", "Prompts of the shop\n")
    write(git, BAD)
    git("add", VERSION)
    git("commit", "-qm", "Answer at once", "--no-verify")
    assert b"[yaml-syntax]" in framework(git, "run", "--all-files").stdout
    assert process("-C", str(git.path), "hook", "install").code == 0  # ours goes into the framework's script
    assert framework(git, "uninstall").returncode == 0


def project(tmp_path: Path) -> str:
    """A repository with this project as it stands here; returns its commit."""
    ignored = shutil.ignore_patterns("__pycache__", ".git", ".venv*", ".*_cache", ".hypothesis", "dist")
    shutil.copytree(ROOT, tmp_path / "project", ignore=ignored)
    copy = Git(tmp_path / "project")
    copy("init", "-q")
    copy("add", "--force", ".")
    copy("commit", "-qm", "As it stands")
    return copy("rev-parse", "HEAD")


def write(git: Git, text: str) -> None:
    (git.path / VERSION).write_text(text)


def refused(git: Git) -> str:
    """Commit everything that is staged or, if nothing is, all there is; returns why not."""
    if not git("diff", "--cached", "--name-only"):
        git("add", ".")
    done = subprocess.run(["git", "commit", "-m", "Answer at once"], cwd=git.path, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode() if done.returncode else ""


def framework(git: Git, *args: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pre_commit", *args]
    return subprocess.run(command, cwd=git.path, capture_output=True, check=False, env=dict(os.environ))
