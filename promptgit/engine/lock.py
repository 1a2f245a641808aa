"""One writer at a time in a repository, for as long as the writer lives: the kernel frees the lock when it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import time

from promptgit.errors import RegistryBusyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_DIR = "promptgit"
PATIENCE_S = 0.008
"""The longest sleep between two looks whether a writer is done: a write takes about as long."""


@contextlib.contextmanager
def writer_lock(common_dir: str, deadline: float) -> Iterator[None]:
    """Hold the registry's lock. It is the repository's, so that all its worktrees wait for each other.

    Args:
        common_dir: the repository's common git folder.
        deadline: seconds to wait.

    Raises:
        RegistryBusyError: another writer held it for all that time.
    """
    folder = os.path.join(common_dir, STATE_DIR)
    os.makedirs(folder, exist_ok=True)
    with hold(os.path.join(folder, "lock"), deadline):
        yield


@contextlib.contextmanager
def hold(path: str, deadline: float, patience: float = PATIENCE_S) -> Iterator[None]:
    """Hold a lock file; see `writer_lock`.

    Args:
        patience: the longest sleep between two looks whether it is free, in seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _wait(descriptor, deadline, patience)
        with contextlib.suppress(OSError):  # a full disk: who holds it is only told for people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            fcntl.flock(
                descriptor, fcntl.LOCK_UN
            )  # closing is not enough: a child forked meanwhile has the descriptor, too
    finally:
        os.close(descriptor)


def _wait(descriptor: int, deadline: float, patience: float) -> None:
    end = time.monotonic() + deadline
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > end:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
            raise RegistryBusyError(
                f"another writer (process {holder}) has held the registry for {deadline:g} s",
                hint="Wait for it to end, or end it; the lock goes with its process.",
            )
        time.sleep(random.uniform(patience / 8, patience))  # noqa: S311 - jitter, not a secret
