"""What only a real process or a real terminal shows: exit codes, colour, escapes, signals, pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import Cli, environment, process, start, terminal
from rich.cells import cell_len
from support import Git

from promptgit import Registry

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\U000e0041{{question}}"


@pytest.fixture
def hostile(cli: Cli, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry in which texts, messages and names try to take over the terminal."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Eve\x1b[31m\u202e")
    registry.register("evil", HOSTILE, f"Message {HOSTILE}", tags={"k": HOSTILE})
    registry.set_alias("evil", "production", 1, message=HOSTILE)
    registry.set_description("evil", HOSTILE)
    registry.register("evil", f"{HOSTILE} again")
    registry.set_alias("evil", "production", 2, message=HOSTILE)
    return registry


COMMANDS = [
    ("show", "evil"),
    ("render", "evil", "-v", "question=\x1b[31m"),
    ("list",),
    ("log", "evil"),
    ("alias", "log", "evil"),
    ("history",),
    ("search", "name = 'evil'"),
    ("rollback", "evil", "production"),
    ("register", "evil", "--template", f"more {HOSTILE}", "-m", HOSTILE, "--dry-run"),
    ("show", "evil", "--json"),
    ("show", "evil@\x1b[31m"),
    ("tag", "rm", "evil", "\x1b[31m"),
]


def test_nothing_from_a_prompt_reaches_a_terminal_as_it_is(hostile: Registry) -> None:
    for args in COMMANDS:
        shown = terminal(*args, NO_COLOR="1").out
        assert not set("\x1b\x07\x9b\u202e\U000e0041") & set(shown), ascii((args, shown))
        assert "\\x1b" in shown or "\\u001b" in shown, args


def test_colour_only_on_a_terminal_and_not_with_no_color(cli: Cli) -> None:
    assert "\x1b[" in terminal("list").out
    assert "\x1b[" not in terminal("list", NO_COLOR="1").out
    assert "\x1b[" not in terminal("list", TERM="dumb").out
    assert "\x1b[" not in process("list").out
    assert "\x1b[31m" in terminal("show", "nope").out


def test_show_on_a_terminal_tells_what_is_known(cli: Cli, registry: Registry) -> None:
    registry.register("a.b", "Hello {{name}}", "Say hello", tags={"team": "x"}, model_config={"temperature": 0.2})
    shown = terminal("show", "a.b", NO_COLOR="1").out
    for part in (
        "a.b version 1",
        "by Ada Lovelace",
        "Say hello",
        "team=x",
        "temperature",
        "name (string)",
        "Hello {{name}}\n",
    ):
        assert part in shown


def test_lines_fit_a_narrow_terminal(cli: Cli, registry: Registry) -> None:
    registry.register("shop.checkout.summary", "x", "A message that is far longer than a narrow terminal is wide")
    registry.set_description("shop.checkout.summary", "条件を満たす返金について説明する" * 4)
    for command, columns in ((("list",), 60), (("history",), 80), (("log", "shop.checkout.summary"), 70)):
        shown = terminal(*command, columns=columns, NO_COLOR="1").out
        assert max(cell_len(line) for line in shown.splitlines()) <= columns


def test_prompts_are_grouped_by_folder_on_a_terminal(cli: Cli, registry: Registry) -> None:
    registry.register("top", "x")
    lines = [line.split() for line in terminal("list", NO_COLOR="1").out.splitlines()]
    assert [line[0] for line in lines] == ["prompt", "top", "support.", "refunds"]


def test_a_required_message_is_asked_for_on_a_terminal(cli: Cli, git: Git) -> None:
    result = terminal("alias", "set", "support.refunds", "production", "2", typed=b"Because\n")
    assert result.code == 0, result
    assert "Message (why)" in result.out
    assert git("log", "-1", "--format=%s") == "Because"


def test_exit_codes_of_real_processes(cli: Cli) -> None:
    assert process("list").code == 0
    assert process("show", "nope").code == 1
    assert process("list", "--nope").code == 2
    assert process("--version").out.startswith("promptgit ")


def test_a_reader_that_goes_away_is_no_news(cli: Cli, registry: Registry) -> None:
    registry.register("long", "a line of text\n" * 50_000)
    for args in (("show", "long"), ("show", "long", "--json"), ("history", "--json")):
        with start(*args) as child:
            assert child.stdout is not None
            child.stdout.read(10)
            child.stdout.close()
            assert child.stderr is not None
            assert child.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_an_output_that_is_full_is_an_error(cli: Cli) -> None:
    with open("/dev/full", "wb") as full, start("list", out=full.fileno(), err=subprocess.PIPE) as child:
        _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (1, b"error: No space left on device\n")


def test_an_interrupt_ends_with_130_and_leaves_the_registry_sound(cli: Cli, git: Git, tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    hook = git.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho yes > '{started}'\nexec sleep 60\n")
    hook.chmod(0o755)
    tip = git("rev-parse", "HEAD")
    with start("register", "a.b", "--template", "x", "-m", "x") as child:
        assert started.read_text() == "yes\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"Traceback" not in err
    assert git("rev-parse", "HEAD") == tip
    hook.unlink()
    git.assert_sound()


def test_an_output_that_cannot_show_a_character_shows_its_escape(cli: Cli, registry: Registry) -> None:
    registry.set_description("support.refunds", "emoji \U0001f600")
    result = process("list", env=environment(PYTHONIOENCODING="latin-1:strict"))
    assert result.code == 0
    assert "\\U0001f600" in result.out


def test_what_a_command_imports_is_what_it_needs(cli: Cli) -> None:
    """A table in a pipe needs no rich, a load from the working tree no GitPython and no jsonschema."""
    script = (
        "import sys\nfrom promptgit.cli.main import run\ncode = run(sys.argv[1:])\n"
        "heavy = {'rich', 'git', 'jsonschema', 'jinja2', 'watchdog', 'asyncio'} & set(sys.modules)\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else code)"
    )
    for args in (
        ("--version",),
        ("show", "support.refunds"),
        ("render", "support.refunds", "-v", "question=x"),
        ("list",),
    ):
        subprocess.run([sys.executable, "-c", script, *args], env=environment(), check=True, capture_output=True)
