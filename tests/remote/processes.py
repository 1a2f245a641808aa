"""The processes of this machine, as tests look at them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MARK = "PROMPTGIT_TEST_MARK"
"""A variable that a test sets: processes that have it were started, however indirectly, by the code under test."""


def eventually(condition: Callable[[], object], seconds: float = 20.0, what: str = "it") -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it did not in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.005)


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    parents: dict[int, list[int]] = {}
    for other, stat in _stats():
        parents.setdefault(int(stat[1]), []).append(other)
    found: list[int] = []
    todo = [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def marked(mark: str) -> dict[int, str]:
    """The command lines of the living processes that were started with `MARK` set to this, by process id."""
    found = {}
    needle = f"{MARK}={mark}".encode()
    for pid, stat in _stats():
        with contextlib.suppress(OSError):
            if stat[0] != "Z" and needle in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def strays(mark: str) -> dict[int, str]:
    """The same, without the readers of objects that open registries keep."""
    return {pid: line for pid, line in marked(mark).items() if " cat-file --batch" not in line}


def zombies() -> list[int]:
    """The children of this process that ended and that nobody has waited for."""
    return [pid for pid, stat in _stats() if stat[0] == "Z" and int(stat[1]) == os.getpid()]


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Process ids, each with the fields of /proc/PID/stat from the state on."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                yield int(name), Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
