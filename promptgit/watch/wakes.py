"""Where a watching thread waits to be told to look.

`SimpleQueue.put` is reentrant (https://docs.python.org/3/library/queue.html), so a finalizer may call `wake` and `stop` in
whatever thread the garbage collector runs.
"""

from __future__ import annotations

import queue


class Wakes:
    """One thread waits, any may wake it."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.stopped = False

    def wake(self) -> None:
        """Something may have changed."""
        self._told.put(None)

    def stop(self) -> None:
        """End the waiting for good."""
        self.stopped = True
        self._told.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait until woken, at most so long; returns whether it was."""
        try:
            self._told.get(timeout=seconds)
        except queue.Empty:
            return False
        while not self._told.empty():
            self._told.get()
        return True
