"""What the tests of watching share: what a callback was told, waited for with a deadline."""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path

from promptgit.watch import WatchedChange

DEADLINE_S = 20.0
QUIET_S = 0.03
"""A short `debounce`, for single writes."""
SAVED_S = 0.2
"""The usual `debounce`, where several writes must be one change."""


class Heard:
    """A callback that keeps what it is told."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[WatchedChange] = queue.SimpleQueue()

    def __call__(self, change: WatchedChange) -> None:
        self._told.put(change)

    def next(self) -> WatchedChange:
        """The next change; fails if none comes."""
        return self._told.get(timeout=DEADLINE_S)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting."""
        return self._told.empty()


def write(path: Path, text: str) -> None:
    """Write a file in place, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def descriptors() -> list[str]:
    """What this process has open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:  # the one that listed them
            continue
    return sorted(found)


def threads() -> set[str]:
    """The names of the threads that run."""
    return {thread.name for thread in threading.enumerate()}
