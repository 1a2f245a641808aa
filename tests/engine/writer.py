"""A writer process for tests of concurrency and kills.

writer.py PATH COUNT WHO            registers COUNT files, each under the next free number; prints what was acknowledged
writer.py PATH 1 WHO --kill-at N    dies by SIGKILL at its Nth system call made from Python; prints how many there were
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from promptgit.changeset import Changeset
from promptgit.engine.engine import Engine
from promptgit.gitrepo.repository import GitRepository
from promptgit.source import CommitSource

FOLDER = "prompts/support/refunds"
_CALLS = frozenset(["posix", "fcntl", "_posixsubprocess", "_io"])


def register(who: str) -> Callable[[CommitSource], Changeset]:
    """Adds the next version, as the registry does, and keeps a file that every write changes, as an alias does."""

    def build(source: CommitSource) -> Changeset:
        numbers = [int(name[:-5]) for name in source.entries(FOLDER) if name[:-5].isdigit()]
        version = max(numbers, default=0) + 1
        path = f"{FOLDER}/{version}.yaml"
        return Changeset(
            message=f"version {version} by {who}",
            writes={
                path: f"template: {version} by {who}\n".encode(),
                f"{FOLDER}/aliases.yaml": b"a: %d\n" % version,
            },
            creates=frozenset([path]),
            note=str(version),
        )

    return build


def kill_at(number: int) -> list[int]:
    """From here on die at the given system call; the list counts them."""
    count = [0]

    def profile(_: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and getattr(called, "__module__", None) in _CALLS:
            count[0] += 1
            if count[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(profile)
    return count


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("count", type=int)
    parser.add_argument("who")
    parser.add_argument("--kill-at", type=int, default=0)
    options = parser.parse_args()
    engine = Engine(GitRepository.open(options.path), deadline=120.0)
    count = kill_at(options.kill_at)
    for _ in range(options.count):
        applied = engine.apply(register(options.who))
        print(applied.changeset.note, options.who, flush=True)
    sys.setprofile(None)
    print("calls", count[0], flush=True)


if __name__ == "__main__":
    main()
