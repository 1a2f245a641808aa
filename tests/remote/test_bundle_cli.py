"""`promptgit bundle`, and the other commands on what it made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commandline import Cli, terminal
from support import Git

NAME = "support.refunds"


def test_a_bundle_is_written_and_checked(cli: Cli, git: Git) -> None:
    done = cli("bundle")
    commit = git("rev-parse", "HEAD")
    assert done.out == f"prompts.bundle: commit {commit[:10]}, 10 objects\n"
    assert done.err == ""
    assert cli("bundle", "--verify", "prompts.bundle").out == (
        f"prompts.bundle is whole: 10 objects\ncommit    {commit}\nprompts   1\nversions  3\naliases   1\n"
    )


def test_json_says_the_same(cli: Cli, git: Git) -> None:
    commit, path = git("rev-parse", "HEAD"), os.path.abspath("shop.bundle")
    made = cli("bundle", "-o", "shop.bundle", "--json").json
    size = os.path.getsize(path)
    assert made == {"path": path, "commit": commit, "objects": 10, "size": size}
    counted = {"folder": "", "prompts": 1, "versions": 3, "aliases": 1, "unchecked": 0}
    assert cli("bundle", "--verify", path, "--json").json == {**made, **counted}


def test_what_is_not_committed_is_left_out_and_said(cli: Cli, git: Git) -> None:
    (git.path / "prompts/support/refunds/4.yaml").write_text("template: Answer {{question}}\n")
    (git.path / "notes.txt").write_text("not of the registry")
    assert cli("bundle").err == "warning: 1 file is not committed, and left out\n"
    assert cli("-C", "prompts.bundle", "show", f"{NAME}/4", code=1).err.startswith(
        "error: support.refunds has no version 4"
    )
    assert cli("bundle", "--rev", "HEAD").err == ""


def test_commands_that_read_work_on_a_bundle_though_it_lies_in_a_registry(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("bundle", "--rev", "HEAD~1")
    there = ("-C", "prompts.bundle")
    listed = cli(*there, "list").out
    assert NAME in listed
    assert "production" not in listed
    assert cli(*there, "show", f"{NAME}/2").out == cli("show", f"{NAME}/2").out
    assert cli(*there, "search", "name LIKE 'support.%'").out == listed
    assert cli(*there, "check").out == "no problems\n"
    assert cli(*there, "diff", f"{NAME}/1", f"{NAME}/2").out == cli("diff", f"{NAME}/1", f"{NAME}/2").out
    shown = ("render", f"{NAME}/3", "-v", "question=Where is it?")
    assert cli(*there, *shown).out == cli(*shown).out
    monkeypatch.setenv("PROMPTGIT_REGISTRY", "prompts.bundle")
    assert cli("list").out == listed


def test_what_a_bundle_cannot_do_is_said(cli: Cli) -> None:
    cli("bundle")
    there = ("-C", "prompts.bundle")
    for words in (("alias", "set", NAME, "production", "2", "-m", "Go live"), ("tag", "set", NAME, "team=support")):
        assert cli(*there, *words, code=1).err.startswith("error: a bundle is read-only\n")
    assert "is a bundle: it has no history" in cli(*there, "log", NAME, code=1).err
    assert "is a bundle already" in cli(*there, "bundle", "-o", "other.bundle", code=1).err


def test_who_made_a_version_is_not_said_of_a_bundle(cli: Cli) -> None:
    cli("bundle")
    shown = terminal("-C", "prompts.bundle", "show", NAME).out
    assert "support.refunds version 3" in shown
    assert "commit" not in shown


def test_a_damaged_bundle_is_named_with_the_byte(cli: Cli) -> None:
    cli("bundle")
    path = Path("prompts.bundle")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    for words in (("bundle", "--verify", "prompts.bundle"), ("-C", "prompts.bundle", "list")):
        said = cli(*words, code=1).err
        assert "the checksum does not fit, at byte" in said
        assert "hint: Copy the file again" in said


def test_a_bundle_of_a_whole_history_is_a_clone(cli: Cli, git: Git, tmp_path: Path) -> None:
    cli("bundle", "--history", "-o", "whole.bundle")
    git("clone", "-q", "whole.bundle", str(tmp_path / "clone"))
    assert Git(tmp_path / "clone")("rev-parse", "HEAD") == git("rev-parse", "HEAD")
