"""The doctor: every finding is provoked for real, and what it says it mends is mended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Git

from promptgit import Registry
from promptgit.errors import DirtyPathError
from promptgit.problems import Problem
from promptgit.registry.create import schema_files
from promptgit.registry.doctor import examine, fix

NAME = "support.refunds"
FOLDER = "prompts/support/refunds"


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def old(path: Path) -> None:
    path.touch()
    os.utime(path, (time.time() - 60, time.time() - 60))


def link(git: Git) -> None:
    (git.path / FOLDER / "9.yaml").symlink_to("1.yaml")
    git("add", ".")
    git("commit", "-qm", "link")


def executable(git: Git) -> None:
    git("update-index", "--chmod=+x", f"{FOLDER}/1.yaml")
    git("commit", "-qm", "mode")


def rewritten(git: Git) -> None:
    git.commit_file(f"{FOLDER}/1.yaml", "template: other\n")


def twin(git: Git) -> None:
    git.commit_file("prompts/Support/refunds/1.yaml", "template: x\n")


def dangling(git: Git) -> None:
    git("rm", "-q", f"{FOLDER}/1.yaml")
    git("commit", "-qm", "gone")


CASES: dict[str, tuple[Callable[[Git], object], str]] = {
    "a broken file": (lambda git: git.commit_file(f"{FOLDER}/4.yaml", "template: [\n"), "yaml-syntax"),
    "a file against the schema": (lambda git: git.commit_file(f"{FOLDER}/4.yaml", "templat: x\n"), "schema"),
    "a template that does not compile": (
        lambda git: git.commit_file(f"{FOLDER}/4.yaml", 'syntax: jinja2\ntemplate: "{% if %}"\n'),
        "template",
    ),
    "a broken registry file": (lambda git: git.commit_file("promptgit.yaml", "format: 1\nx: 1\n"), "schema"),
    "a gap": (lambda git: git.commit_file(f"{FOLDER}/9.yaml", "template: x\n"), "version-gap"),
    "a dangling alias": (dangling, "alias-target"),
    "a stray file": (lambda git: git.commit_file(f"{FOLDER}/notes.txt", "x\n"), "file-name"),
    "a bad name": (lambda git: git.commit_file("prompts/a b/1.yaml", "template: x\n"), "name"),
    "a symbolic link": (link, "file-mode"),
    "an executable": (executable, "file-mode"),
    "a twin": (twin, "name-twin"),
    "a version changed by a commit": (rewritten, "version-rewritten"),
    "a version edited": (lambda git: (git.path / FOLDER / "1.yaml").write_text("template: x\n"), "version-changed"),
    "a version removed": (lambda git: (git.path / FOLDER / "2.yaml").unlink(), "version-deleted"),
    "an attribute": (lambda git: git.commit_file(".gitattributes", "*.yaml text eol=crlf\n"), "attributes"),
    "an open merge": (lambda git: (git.path / ".git/MERGE_HEAD").write_text(git("rev-parse", "HEAD")), "git-operation"),
    "a folder for everybody": (lambda git: git.path.chmod(0o777), "folder-mode"),
}


def test_a_sound_registry_has_no_problems(refunds: Registry) -> None:
    assert examine(refunds) == []
    assert fix(refunds) == []


@pytest.mark.parametrize("what", CASES)
def test_each_thing_that_is_wrong_is_found_and_said(refunds: Registry, git: Git, what: str) -> None:
    provoke, code = CASES[what]
    provoke(git)
    problems = examine(Registry(git.path))
    assert code in codes(problems)
    assert all(problem.hint or problem.code in ("schema", "yaml-syntax") for problem in problems)


def test_what_a_commit_holds_is_examined_in_a_bare_repository_too(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git.commit_file(f"{FOLDER}/4.yaml", "templat: x\n")
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    assert "schema" in codes(examine(Registry(tmp_path / "bare.git")))


def test_without_an_identity_it_warns(refunds: Registry, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(key)
    git("config", "user.useConfigOnly", "true")
    assert codes(examine(refunds)) == {"git-identity"}


def test_locks_and_leftovers_of_killed_processes_are_removed(refunds: Registry, git: Git) -> None:
    left = [
        ".git/index.lock",
        ".git/refs/heads/main.lock",
        ".git/promptgit-index-1",
        f"{FOLDER}/.promptgit-tmp-1-1.yaml",
    ]
    for path in left:
        old(git.path / path)
    git("update-ref", "refs/promptgit/import", "HEAD")
    assert codes(examine(refunds)) == {"stale-lock", "leftover"}
    assert len(fix(refunds)) == 5
    assert examine(refunds) == []
    assert not any((git.path / path).exists() for path in left)


def test_a_lock_that_is_young_is_left_alone(refunds: Registry, git: Git) -> None:
    (git.path / ".git/index.lock").touch()
    assert fix(refunds) == []
    assert (git.path / ".git/index.lock").exists()


def test_a_write_that_was_cut_off_is_brought_in_step(refunds: Registry, git: Git) -> None:
    (git.path / ".git/index.lock").touch()
    refunds.register(NAME, "x")
    (git.path / ".git/index.lock").unlink()
    assert "write-cut-off" in codes(examine(refunds))
    assert any("cut off" in sentence for sentence in fix(refunds))
    assert examine(refunds) == []
    git.assert_sound()


def test_the_commit_graph_is_written(refunds: Registry, git: Git) -> None:
    for number in range(205):
        git("commit", "-q", "--allow-empty", "-m", str(number))
    assert codes(examine(refunds)) == {"commit-graph"}
    assert any("commit graph" in sentence for sentence in fix(refunds))
    assert examine(refunds) == []
    assert (git.path / ".git/objects/info/commit-graphs").is_dir()


def test_schemas_of_an_older_promptgit_are_found_and_renewed(refunds: Registry, git: Git) -> None:
    current = schema_files()
    version, notes = ".promptgit/schemas/version.schema.json", ".promptgit/schemas/prompt.schema.json"
    git.commit_file(version, current[version].decode())
    git.commit_file(notes, "{}\n")
    found = [problem for problem in examine(refunds) if problem.code == "schema-copy"]
    assert [(problem.path, problem.severity) for problem in found] == [(notes, "warning")]
    assert fix(refunds) == ["committed the JSON Schemas of this promptgit, with which editors check the files"]
    assert (git.path / notes).read_bytes() == current[notes]
    assert git("show", "--format=%s", "--name-only").splitlines() == ["Renew the JSON Schemas for editors", "", notes]
    assert examine(refunds) == []
    assert fix(refunds) == []


def test_a_schema_that_somebody_is_editing_is_not_overwritten(refunds: Registry, git: Git) -> None:
    notes = ".promptgit/schemas/prompt.schema.json"
    git.commit_file(notes, "{}\n")
    (git.path / notes).write_text('{"mine": true}\n')
    with pytest.raises(DirtyPathError, match=r"prompt\.schema"):
        fix(refunds)
    assert (git.path / notes).read_text() == '{"mine": true}\n'
