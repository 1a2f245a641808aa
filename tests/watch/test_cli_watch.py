"""`promptgit watch`, as a process in a pipe and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli, call, environment, start
from support import Git
from watched import DEADLINE_S, write

from promptgit import Registry

REFUNDS = Path("prompts/support/refunds")
GREETING = """\
template:
- role: system
  content: You greet customers of {{company}}.
- role: user
  content: '{{question}}'
variables:
  company:
    example: Initech
"""


class Shown:
    """What a process prints, read as it comes."""

    def __init__(self, child: subprocess.Popen[bytes], descriptor: int) -> None:
        self.child = child
        self._descriptor = descriptor
        self.text = ""

    def until(self, words: str) -> str:
        """Read until these words are there; returns all up to them, and forgets it."""
        deadline = time.monotonic() + DEADLINE_S
        while words not in self.text:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._descriptor, 65536) if ready else b""
            assert data, f"not printed: {words!r}, but: {self.text!r}"
            self.text += data.decode().replace("\r\n", "\n")
        before, _, self.text = self.text.partition(words)
        return before + words

    def line(self) -> Any:
        """The next line, a JSON document."""
        return json.loads(self.until("\n"))

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit code."""
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(DEADLINE_S)


@contextmanager
def watching(*args: str, **env: str) -> Iterator[Shown]:
    """`promptgit watch` in the current folder, its output in a pipe."""
    with start("watch", *args, err=subprocess.STDOUT, env=environment(**env)) as child:
        assert child.stdout is not None
        try:
            yield Shown(child, child.stdout.fileno())
        finally:
            child.kill()


@pytest.fixture
def here(refunds: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The registry's folder, which is the current one."""
    monkeypatch.chdir(refunds.path)
    refunds.close()
    return Path(refunds.path)


def test_what_is_edited_is_shown_with_its_problems_and_its_new_text(here: Path) -> None:
    with watching("--var", "question=Where is my parcel?") as shown:
        assert shown.until("\n") == f"watching 1 prompt in {here}; Ctrl-C ends it\n"
        write(REFUNDS / "4.yaml", GREETING)
        text = shown.until("Where is my parcel?\n")
        assert "  support.refunds: version 4 added\n" in text
        assert "  support.refunds/4, rendered:\n    [system]\n    You greet customers of Initech.\n" in text
        write(REFUNDS / "4.yaml", "template: |\n  Answer {{question}}.\nvariables: [\n")
        text = shown.until("the file is not valid\n")
        assert "prompts/support/refunds/4.yaml:4:1: error: " in text
        assert "[yaml-syntax]\n" in text
        write(REFUNDS / "4.yaml", "template: Paint it \x1b[31mred\x1b[0m.\n")
        shown.until("support.refunds: version 4 edited\n")
        (REFUNDS / "4.yaml").unlink()
        assert "\x1b" not in shown.until("version 4 removed\n")
        assert shown.interrupt() == 0
        assert shown.child.stdout is not None
        assert shown.child.stdout.read() == b""


def test_an_alias_that_moves_is_shown_with_what_differs(here: Path) -> None:
    with watching() as shown:
        shown.until("Ctrl-C ends it\n")
        write(REFUNDS / "aliases.yaml", "production: 3\n")
        text = shown.until("Answer {+kindly and +}briefly.\n")
        assert "  support.refunds: production 1 -> 3\n" in text
        assert "  support.refunds@production:\n    1 → 3: 1 line\n" in text
        assert shown.interrupt() == 0


def test_each_change_is_one_json_document_on_one_line(here: Path) -> None:
    with watching("--json") as shown:
        assert shown.line() == {"watching": str(here), "uris": [], "polls": None, "reason": ""}
        write(REFUNDS / "aliases.yaml", "production: 2\n")
        write(REFUNDS / "4.yaml", 'template: "Answer {{question}}. \\e]0;sign\\a"\n')
        line = shown.until("\n")
        assert "\x1b" not in line
        change = json.loads(line)
        assert change["prompts"] == {
            "support.refunds": {
                "added": [4],
                "removed": [],
                "edited": [],
                "aliases": {"production": [1, 2]},
                "notes": False,
            }
        }
        assert (
            change["renders"]
            == [
                {
                    "uri": "prompts:/support.refunds/4",
                    "content": "Answer ⟨question⟩, and \x1b]0;sign\x07.",
                    "error": None,
                }
            ]
            or change["problems"]
        )
        assert [(move["name"], move["alias"], move["breaking"]) for move in change["moves"]] == [
            ("support.refunds", "production", False)
        ]
        assert shown.interrupt() == 0


def test_uris_narrow_it_down(here: Path) -> None:
    with watching("--json", "support.refunds@production", "billing.reminder") as shown:
        shown.until("warning: there is no prompt billing.reminder yet\n")
        assert shown.line()["uris"] == ["support.refunds@production", "billing.reminder"]
        write(Path("prompts/faq/1.yaml"), "template: Answer {{question}}.\n")
        write(REFUNDS / "prompt.yaml", "description: Answers about refunds.\n")
        write(REFUNDS / "3.yaml", "template: Not what production serves.\n")
        write(REFUNDS / "1.yaml", "template: Answer what production is asked.\n")
        change = shown.line()
        assert {name: found["edited"] for name, found in change["prompts"].items()} == {"support.refunds": [1]}
        write(Path("prompts/billing/reminder/1.yaml"), "template: Remind {{customer}}.\n")
        assert list(shown.line()["prompts"]) == ["billing.reminder"]
        assert shown.interrupt() == 0


def test_on_a_terminal_of_80_columns_it_ends_with_ctrl_c_and_without_a_traceback(here: Path) -> None:
    master, slave = pty.openpty()
    env = environment(TERM="xterm-256color", COLUMNS="80")
    with start("watch", stdin=slave, out=slave, env=env) as child:
        os.close(slave)
        shown = Shown(child, master)
        shown.until("Ctrl-C ends it\n")
        write(REFUNDS / "4.yaml", "template: Answer {{question}}, and \u202eyltcerid\u202c.\n")
        text = shown.until("question")
        assert "\x1b[1msupport.refunds: version 4 added\x1b[0m\n" in text
        assert "\u202e" not in text
        child.send_signal(signal.SIGINT)
        assert child.wait(DEADLINE_S) == 0
        rest = b""
        try:
            while chunk := os.read(master, 65536):
                rest += chunk
        except OSError:  # Linux says EIO when the other end is closed
            pass
        assert b"Traceback" not in rest
    os.close(master)


def test_committed_content_is_watched_at_head(here: Path) -> None:
    git = Git(here)
    with watching("--rev", "HEAD", "--json") as shown:
        assert shown.line()["watching"] == str(here)
        git.commit_file(str(REFUNDS / "4.yaml"), "template: Answer {{question}}.\n")
        change = shown.line()
        assert change["new"] == git("rev-parse", "HEAD")
        assert change["prompts"]["support.refunds"]["added"] == [4]
        assert shown.interrupt() == 0


def test_what_a_refresh_brings_from_a_remote_is_shown(here: Path, tmp_path: Path, anywhere: Cli) -> None:
    git = Git(here)
    git("clone", "-q", "--bare", str(here), str(tmp_path / "remote.git"))
    url = f"file://{tmp_path}/remote.git"
    with watching(PROMPTGIT_REGISTRY=url, PROMPTGIT_REFRESH="0.2") as shown:
        assert (
            shown.until("a remote\n")
            == f"watching 1 prompt in {url}; Ctrl-C ends it\nlooking every 0.2 s: it is a remote\n"
        )
        git.commit_file(str(REFUNDS / "aliases.yaml"), "production: 3\n")
        git("push", "-q", f"{tmp_path}/remote.git", "main")
        shown.until("support.refunds: production 1 -> 3\n")
        shown.until("{+kindly and +}briefly.\n")
        assert shown.interrupt() == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--var", "question"), "write KEY=VALUE"),
        (("--values", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("support.refunds?rev=HEAD~1",), "does not change"),
        (("support refunds",), "invalid prompt name"),
        (("--rev", "HEAD~1"), "nothing in it changes"),
    ],
)
def test_what_cannot_be_watched_is_said_at_once(cli: Cli, args: tuple[str, ...], said: str) -> None:
    result = call("watch", *args)
    assert result.code in (1, 2)
    assert said in result.err
