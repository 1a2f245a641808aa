"""docs/cli.md is run, line by line: it names every command and option, and shows what they print.

To write the outputs anew after a change, run this file with UPDATE_DOCS=1 and read the difference.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from commandline import ROOT, Cli

from promptgit.cli.main import cli as root

MANUAL = ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def all_commands(command: click.Command, name: str = "promptgit") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from all_commands(found, f"{name} {inner}")


def test_the_manual_explains_every_command_and_option() -> None:
    text = MANUAL.read_text()
    for name, command in all_commands(root):
        assert f"$ {name} -h\n" in text, name
        help_text = text.partition(f"$ {name} -h\n")[2].partition("$ ")[0]
        for option in command.params:
            for flag in option.opts if isinstance(option, click.Option) else ():
                assert flag in help_text, (name, flag)


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    for name, command in all_commands(root):
        if not isinstance(command, click.Group):
            assert name in text, name


def test_every_command_has_help_for_itself_and_its_options() -> None:
    for name, command in all_commands(root):
        assert command.help, name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, (name, option.name)


def test_what_the_manual_shows_is_what_is_printed(anywhere: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    text = MANUAL.read_text()
    made = BLOCK.sub(lambda block: run_block(block[0], anywhere, monkeypatch), text)
    if os.environ.get("UPDATE_DOCS"):
        MANUAL.write_text(made)
    assert comparable(made) == comparable(text)


def run_block(block: str, run: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    """The block as it should be: each command with what it prints now."""
    shown = ""
    for line in block.splitlines():
        if line.startswith("$ "):
            shown += f"{line}\n{run_line(line[2:], run, monkeypatch)}"
    return shown


def run_line(line: str, run: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    program, *args = shlex.split(line)
    stdin = b""
    if program == "cd":
        monkeypatch.chdir(Path(args[0]))
        return ""
    if program == "echo":
        cut = args.index("|")
        stdin, args = f"{' '.join(args[:cut])}\n".encode(), args[cut + 2 :]
    result = run(*args, stdin=stdin)
    assert result.code == 0, (line, result)
    return result.out if result.out.endswith("\n") or not result.out else f"{result.out}\n"


def comparable(text: str) -> list[str]:
    """The page's words without what differs from run to run, nor how wide a table is or where click breaks a line."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
    text = re.sub(r"\b(?:[0-9a-f]{7}|[0-9a-f]{10})\b", "SHORT", text)
    text = re.sub(r"\d{4}-\d{2}-\d{2}T[0-9:]+Z", "TIME", text)
    text = re.sub(r"just now|\d+ \w+ ago", "WHEN", text)
    return text.split()


def test_the_json_in_the_manual_is_json() -> None:
    for block in BLOCK.findall(MANUAL.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
            line, _, out = part.partition("\n")
            if "--json" in line and " -h" not in line:
                json.loads(out)
