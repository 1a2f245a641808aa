"""import: rows of a file become versions, each with its own commit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from commandline import Cli, process, terminal
from support import Git

from promptgit import Registry

ROWS = [
    {"name": "Linux Terminal", "text": "Act as a terminal.\r\n", "message": "Create prompts", "time": 1670978690},
    {
        "name": "poet",
        "text": "Act as a poet.",
        "message": "Add a poet",
        "time": 1670978790,
        "author": "Eve <e@example.com>",
    },
    {"name": "Linux Terminal", "text": "Act as a terminal. Only code.", "message": "Only code", "time": 1670978890},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in ROWS).encode()))
    return path


def test_a_history_is_imported_with_its_messages_and_times(cli: Cli, registry: Registry, git: Git, file: Path) -> None:
    out = cli("import", "jsonl", file).out
    assert "1 titles became names, such as linux-terminal for 'Linux Terminal'" in out
    assert "imported 3 versions of 2 prompts (" in out
    assert registry.load("linux-terminal/1").template == "Act as a terminal.\r\n"
    told = cli("log", "linux-terminal", "--json").json
    assert [(entry["message"], entry["time"]) for entry in told if entry["kind"] == "version"] == [
        ("Only code", "2022-12-14T00:48:10Z"),
        ("Create prompts", "2022-12-14T00:44:50Z"),
    ]
    assert registry.load("poet").author == "Eve <e@example.com>"
    git.assert_sound()
    again = cli("import", "jsonl", file, "--json").json
    assert (again["versions"], again["skipped"]) == (0, 3)


def test_stdin_a_prefix_and_a_dry_run(cli: Cli, registry: Registry, git: Git, file: Path) -> None:
    tip = git("rev-parse", "HEAD")
    dry = cli("import", "jsonl", "-", "--prefix", "acts", "--dry-run", stdin=gzip.decompress(file.read_bytes())).out
    assert "would import 3 versions of 2 prompts" in dry
    assert git("rev-parse", "HEAD") == tip
    with file.open("rb") as stream:
        assert process("import", "jsonl", "-", "--prefix", "acts", stdin=stream.fileno()).code == 0
    assert {"acts.poet", "acts.linux-terminal"} <= set(registry.prompts())


def test_a_bad_row_stops_everything_unless_it_may_be_skipped(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"name": "a", "text": "x"}\n{"name": "b"}\nnot json\n')
    refused = cli("import", "jsonl", file, code=1)
    assert f"{file}:2:1: error:" in refused.err
    assert f"{file}:3:1: error:" in refused.err
    assert "--skip-bad" in refused.err
    assert registry.prompts() == ["support.refunds"]
    done = cli("import", "jsonl", file, "--skip-bad")
    assert "imported 1 versions of 1 prompts" in done.out
    assert done.err.count("warning: ") == 2
    assert registry.prompts() == ["a", "support.refunds"]


def test_a_file_that_is_missing_is_named(cli: Cli) -> None:
    assert "'nowhere.jsonl': No such file or directory" in cli("import", "jsonl", "nowhere.jsonl", code=2).err


def test_a_terminal_shows_a_bar_and_then_the_result(cli: Cli, file: Path) -> None:
    result = terminal("import", "jsonl", str(file))
    assert result.code == 0, result
    assert "importing" in result.out
    assert "imported 3 versions" in result.out
