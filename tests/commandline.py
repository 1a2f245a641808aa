"""Runs command lines in this process, as `promptgit.cli.main.run` does, and some in one of their own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from promptgit.cli.main import run

ROOT = Path(__file__).parents[1]


class Result:
    """What a command line left."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.bytes = out
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


Cli = Callable[..., Result]
"""Runs a command line; see the fixtures `cli` and `anywhere`."""


def call(*args: object, stdin: bytes = b"") -> Result:
    """Run one command line here; the registry is the one of the current folder."""
    with CliRunner().isolation(input=stdin) as streams:
        code = run([str(arg) for arg in args])
        return Result(code, streams[0].getvalue(), streams[1].getvalue())


def environment(**more: str) -> dict[str, str]:
    """The environment for a process of its own: it finds the package under test, and not what `set_experiment` leaves there."""
    return {
        **{key: value for key, value in os.environ.items() if key != "MLFLOW_EXPERIMENT_ID"},
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        **more,
    }


def start(
    *args: str,
    stdin: int | None = None,
    out: int = subprocess.PIPE,
    err: int | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `promptgit` as a process; stderr goes where stdout goes, if nothing else is said."""
    command = [sys.executable, "-m", "promptgit", *args]
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=out,
        stderr=out if err is None else err,
        env=env or environment(),
        preexec_fn=hear_interrupts,
    )


def hear_interrupts() -> None:
    """In a process that is being started: a shell that runs tests in the background ignores Ctrl-C for all below it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def process(*args: str, stdin: int | None = None, env: dict[str, str] | None = None) -> Result:
    """Run `promptgit` as a process to its end."""
    with start(*args, stdin=stdin, env=env) as child:
        out, err = child.communicate(timeout=60)
        return Result(child.returncode, out, err)


def terminal(*args: str, columns: int = 100, typed: bytes = b"", **env: str) -> Result:
    """Run `promptgit` on a terminal of its own."""
    master, slave = pty.openpty()
    try:
        more = {"TERM": "xterm-256color", "COLUMNS": str(columns), **env}
        with start(*args, stdin=slave, out=slave, env=environment(**more)) as child:
            os.close(slave)
            os.write(master, typed)
            shown = b""
            while chunk := read_terminal(master):
                shown += chunk
        return Result(child.returncode, shown.replace(b"\r\n", b"\n"), b"")
    finally:
        os.close(master)


def read_terminal(master: int) -> bytes:
    """Some bytes that a terminal shows; none once its other end is closed."""
    try:
        return os.read(master, 65536)
    except OSError:  # Linux says EIO when the other end is closed
        return b""
