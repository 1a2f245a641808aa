"""What goes wrong: the message, the hint, the exit code, and nothing on stdout."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli, call
from support import Git

from promptgit import Registry

UNKNOWN = [
    (("show", "support.refund"), "there is no prompt support.refund", "Did you mean support.refunds?"),
    (("show", "support.refunds/7"), "has no version 7", "It has 1-3; the latest is 3."),
    (("show", "support.refunds@prod"), "has no alias prod", "production (1). Did you mean production?"),
    (("list", "--rev", "mian"), "no such revision: mian", "Did you mean main?"),
    (("log", "support.refund"), "there is no prompt support.refund", "support.refunds"),
    (("alias", "list", "nope"), "there is no prompt nope", "There are: support.refunds"),
    (("alias", "log", "support.refunds", "prod"), "has no alias prod", "production"),
    (("alias", "log", "nope"), "there is no prompt nope", "support.refunds"),
    (("alias", "set", "support.refunds", "production", "9", "-m", "x"), "no version 9", "It has 1-3"),
    (("alias", "rm", "support.refunds", "prod"), "has no alias prod", "production"),
    (("rollback", "support.refunds", "production"), "has never pointed anywhere but to 1", "alias set"),
    (("delete", "support.refunds/1", "-m", "x"), "production leads to", "Move the alias first"),
    (("delete", "nope", "-m", "x"), "there is no prompt nope", "support.refunds"),
    (("rename", "nope", "other"), "there is no prompt nope", "support.refunds"),
    (("tag", "rm", "support.refunds", "team"), "has no tag team", "Its tags: none"),
    (("tag", "set", "nope", "a=b"), "there is no prompt nope", "support.refunds"),
    (("push",), "no remote to push to", "git remote add"),
    (("pull",), "no remote", "git remote add"),
]


def test_an_error_says_what_is_wrong_and_what_exists(cli: Cli) -> None:
    for args, wrong, hint in UNKNOWN:
        result = cli(*args, code=1)
        first, *rest = result.err.splitlines()
        assert first.startswith("error: ")
        assert wrong in first, args
        assert rest[-1].startswith("hint: ")
        assert hint in rest[-1], args
        assert result.out == ""


def test_a_malformed_uri_has_a_caret_under_the_fault(cli: Cli) -> None:
    lines = cli("show", "prompts:/a~b@production", code=1).err.splitlines()
    assert lines[:3] == [
        "error: invalid prompt name: '~' is not allowed",
        "  prompts:/a~b@production",
        "            ^",
    ]


USAGE = [
    ("nope",),
    ("list", "--nope"),
    ("show",),
    ("register", "a.b", "-m", "x"),
    ("register", "a.b", "--template", "x", "--file", "y", "-m", "x"),
    ("register", "a.b", "--template", "x"),
    ("register", "a.b", "--template", "x", "--tag", "novalue", "-m", "x"),
    ("alias", "set", "support.refunds", "production", "three", "-m", "x"),
    ("alias", "set", "support.refunds", "production", "1=x", "-m", "x"),
    ("alias", "set", "support.refunds", "production", "2"),
    ("alias",),
    ("history", "-n", "0"),
    ("render", "support.refunds", "-v", "novalue"),
    ("completion", "tcsh"),
]


def test_a_command_line_that_cannot_be_read_has_exit_code_2(cli: Cli) -> None:
    for args in USAGE:
        result = cli(*args, code=2)
        assert "Usage: promptgit" in result.err, args
        assert result.out == "", args


def test_outside_of_a_registry_the_error_says_how_to_name_one(anywhere: Cli) -> None:
    result = anywhere("list")
    assert result.code == 1
    assert "there is no registry at" in result.err
    assert "-C DIR" in result.err
    assert "promptgit init DIR" in result.err
    assert "has no promptgit.yaml" in anywhere("-C", ".", "list").err
    assert anywhere("-C", "nowhere", "list").code == 1


def test_c_and_the_environment_name_the_registry(
    refunds: Registry, anywhere: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "support.refunds" in anywhere("-C", refunds.path, "list").out
    assert "support.refunds" in anywhere("-C", Path(refunds.path, "prompts", "support"), "list").out
    monkeypatch.setenv("PROMPTGIT_REGISTRY", refunds.path)
    assert "support.refunds" in anywhere("list").out
    monkeypatch.setenv("PROMPTGIT_REV", "HEAD")
    assert "support.refunds" in anywhere("list").out


def test_without_git_on_path_the_working_tree_is_still_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "briefly" in cli("show", "support.refunds@production").out
    result = cli("log", "support.refunds", code=1)
    assert "git is not installed, or not on PATH" in result.err
    assert "Install git" in result.err


def test_a_registry_that_cannot_be_written(cli: Cli, git: Git) -> None:
    state = git.path / ".git" / "promptgit"
    for file in state.iterdir():
        file.unlink()
    state.rmdir()
    state.write_text("a file where a folder should be")
    result = cli("register", "a.b", "--template", "x", "-m", "why", code=1)
    assert "the registry cannot be written" in result.err
    assert git("log", "--oneline", "--", "prompts/a") == ""


def test_a_file_that_breaks_the_format_is_named_with_its_line(cli: Cli, git: Git) -> None:
    (git.path / "prompts/support/refunds/3.yaml").write_text("template: x\ntemplate: y\n")
    assert "prompts/support/refunds/3.yaml:2:1: error:" in cli("show", "support.refunds", code=1).err


def test_edits_that_are_not_committed_are_not_overwritten(cli: Cli, git: Git) -> None:
    aliases = git.path / "prompts/support/refunds/aliases.yaml"
    aliases.write_text("production: 2\n")
    result = cli("alias", "set", "support.refunds", "production", 3, "-m", "x", code=1)
    assert "has edits that are not committed" in result.err
    assert aliases.read_text() == "production: 2\n"


def test_expect_moves_only_what_is_where_it_should_be(cli: Cli) -> None:
    assert (
        "somebody moved it"
        in cli("alias", "set", "support.refunds", "production", 2, "--expect", 3, "-m", "x", code=1).err
    )
    assert (
        "somebody moved it"
        in cli("alias", "set", "support.refunds", "production", 2, "--expect", "none", "-m", "x", code=1).err
    )
    cli("alias", "set", "support.refunds", "production", 2, "--expect", 1, "-m", "x")
    cli("alias", "set", "support.refunds", "staging", 2, "--expect", "none", "-m", "x")


def test_a_bug_has_exit_code_3_and_asks_for_a_report(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(Registry, "prompts", broken)
    result = cli("list", code=3)
    assert result.err.startswith("error: this is a bug in promptgit ")
    assert "KeyError" in result.err
    assert "PROMPTGIT_DEBUG=1" in result.err
    assert "Traceback" not in result.err
    monkeypatch.setenv("PROMPTGIT_DEBUG", "1")
    assert "Traceback" in cli("list", code=3).err


def test_help_and_version_need_no_registry(anywhere: Cli) -> None:
    assert anywhere("--version").out.startswith("promptgit 0.")
    assert "rollback" in anywhere("-h").out
    assert "--expect" in anywhere("alias", "set", "--help").out
    assert call("list", "-h").code == 0
