"""`promptgit review` as it is called: formats, files, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli
from support import Git

from promptgit import Registry


@pytest.fixture
def promoted(refunds: Registry, git: Git) -> str:
    """The commit before production went from 1 to a version that breaks callers."""
    refunds.register("support.refunds", "Answer in {{language}}.\n\nQuestion: {{question}}\n", "Languages")
    base = git("rev-parse", "HEAD")
    refunds.set_alias("support.refunds", "production", 4)
    return base


def test_a_promotion_reads_on_the_first_line(cli: Cli, promoted: str) -> None:
    result = cli("review", promoted)
    assert result.out.splitlines()[0] == (
        "production of support.refunds goes 1 → 4: 1 line, 1 new required variable (breaking)"
    )
    assert "{+in {{language}}+}" in result.out
    assert "to take it back: promptgit alias set support.refunds production 1 -m 'Roll back'" in result.out
    assert "warning: production goes 1 → 4, which breaks callers: language is new, required" in result.out


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("policy", 0), ("breaking", 1)])
def test_fail_on_decides_what_counts(cli: Cli, promoted: str, fail_on: str, code: int) -> None:
    cli("review", promoted, "--fail-on", fail_on, code=code)


def test_errors_of_the_checks_count_for_policy_and_breaking(cli: Cli, git: Git) -> None:
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 9\n")
    cli("review", "HEAD~1", "--fail-on", "never")
    cli("review", "HEAD~1", "--fail-on", "policy", code=1)
    cli("review", "HEAD~1", "--fail-on", "breaking", code=1)


def test_json_is_one_document(cli: Cli, promoted: str) -> None:
    values = cli("review", promoted, "--format", "json").json
    assert cli("review", promoted, "--json").json == values
    assert values["breaking"]
    assert values["prompts"][0]["aliases"][0]["alias"] == "production"


@pytest.mark.parametrize(("style", "start"), [("html", "<!doctype html>"), ("markdown", "<!-- promptgit-review -->")])
def test_a_page_and_a_comment_are_written_to_files(
    cli: Cli, promoted: str, tmp_path: Path, style: str, start: str
) -> None:
    file = tmp_path / "review"
    result = cli("review", promoted, "--format", style, "-o", file)
    assert result.out == ""
    assert result.err == f"wrote {file}\n"
    assert file.read_text().lower().startswith(start)
    assert "goes 1 → 4" in file.read_text()


def test_an_unknown_base_says_what_there_is(cli: Cli) -> None:
    assert "no such revision: mian" in cli("review", "mian", code=1).err


def test_nothing_from_a_prompt_reaches_the_terminal_as_it_is(cli: Cli, refunds: Registry, git: Git) -> None:
    base = git("rev-parse", "HEAD")
    refunds.register("support.refunds", "Answer \x1b]52;c;aGk=\x07 \u202ekindly.\n", "Say \x1b[2J\nmore")
    refunds.set_tag("support.refunds", "team", "\x1b]0;owned\x07")
    out = cli("review", base).out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b]52" in out


def test_in_a_clone_it_begins_at_the_remote_branch(cli: Cli, refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "server.git"))
    git("remote", "add", "origin", str(tmp_path / "server.git"))
    git("fetch", "-q", "origin")
    git("checkout", "-qb", "change")
    refunds.set_alias("support.refunds", "production", 3)
    assert cli("review").out.startswith("production of support.refunds goes 1 → 3")


def test_a_first_version_is_shown_as_it_is_written(cli: Cli, refunds: Registry, git: Git) -> None:
    base = git("rev-parse", "HEAD")
    refunds.register("faq", "Answer {{question}}.\n", "First")
    assert "    Answer {{question}}.\n" in cli("review", base).out


def test_without_a_commit_it_says_so(anywhere: Cli) -> None:
    Path("promptgit.yaml").write_text("format: 1\n")
    Path("prompts/faq").mkdir(parents=True)
    Path("prompts/faq/1.yaml").write_text("template: Answer {{question}}.\n")
    git = Git(Path.cwd())
    git("init", "-q")
    assert "there is no commit yet" in anywhere("review").err
    git("add", "prompts")
    assert "git add promptgit.yaml" in anywhere("check", "--staged").err
