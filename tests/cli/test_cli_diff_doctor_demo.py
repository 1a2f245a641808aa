"""diff, doctor and demo: what they print is made elsewhere; here it is that they print it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from commandline import Cli, Result, process, terminal
from support import Git

from promptgit import Registry


def test_diff_shows_words_lines_or_json(cli: Cli, git: Git) -> None:
    assert "Answer [-briefly-]{+kindly+}." in cli("diff", "support.refunds/1", "support.refunds/2").out
    lines = cli("diff", "support.refunds@production", "support.refunds/2?rev=HEAD", "--no-words").out.splitlines()
    assert lines[:2] == ["--- prompts:/support.refunds/1", "+++ prompts:/support.refunds/2?rev=HEAD"]
    assert {"-  Answer briefly.", "+  Answer kindly."} <= set(lines)
    found = cli("diff", "support.refunds/1", "support.refunds/2", "--json").json
    assert (found["old"], found["breaking"]) == ("prompts:/support.refunds/1", False)
    assert cli("diff", "support.refunds", "support.refunds", "--no-words").out == ""


def test_diff_is_coloured_on_a_terminal(cli: Cli) -> None:
    for option in ("--words", "--no-words"):
        assert "\x1b[" in terminal("diff", "support.refunds/1", "support.refunds/2", option).out
        assert "\x1b[" not in terminal("diff", "support.refunds/1", "support.refunds/2", option, NO_COLOR="1").out


def test_doctor_finds_fixes_and_sets_the_exit_code(cli: Cli, git: Git) -> None:
    cli("history", "--index")
    assert cli("doctor").out.splitlines()[-1] == "the registry is sound"
    (git.path / "prompts/support/refunds/1.yaml").write_text("template: changed\n")
    result = cli("doctor", code=1)
    assert "prompts/support/refunds/1.yaml" in result.out
    assert re.search(r"[1-9] errors?, \d warnings?", result.out)
    found = cli("doctor", "--json", code=1).json
    assert set(found) == {"fixed", "problems"}
    assert {"code", "severity", "path", "line", "column", "message", "hint"} == set(found["problems"][0])


def test_doctor_mends_what_a_killed_writer_left(cli: Cli, git: Git, registry: Registry) -> None:
    lock = git.path / ".git" / "promptgit-index-12345"
    lock.touch()
    os.utime(lock, (0, 0))
    assert cli("doctor", "--fix", "--json").json["fixed"]
    assert not lock.exists()


@pytest.fixture(scope="module")
def shown() -> Result:
    return process("demo")


def test_the_demo_fits_a_screen_and_tells_the_story(shown: Result) -> None:
    assert shown.code == 0, shown
    lines = shown.out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 110
    assert lines.count("2") == lines.count("1") == 1
    assert "shop.refunds: production 1 -> 2" in shown.out
    assert "production of shop.refunds: 2 -> 1 (2 was set by Ada" in shown.out
    assert shown.err == ""


def test_the_demo_leaves_nothing_unless_it_is_told_to(anywhere: Cli, tmp_path: Path) -> None:
    assert anywhere("demo").code == 0
    assert list(Path.cwd().iterdir()) == []
    kept = anywhere("demo", "--keep", "kept")
    assert kept.code == 0, kept
    assert f"The registry is in {Path('kept')}." in kept.out
    Git(Path("kept").absolute()).assert_sound()
    again = anywhere("demo", "--keep", "kept")
    assert again.code == 1
    assert "is a registry already" in again.err


def test_the_demo_does_not_use_the_users_registry_or_identity(cli: Cli, git: Git) -> None:
    tip = git("rev-parse", "HEAD")
    shown = cli("demo").out
    assert git("rev-parse", "HEAD") == tip
    assert "Lovelace" not in shown
