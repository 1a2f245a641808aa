"""The thread that keeps a registry fresh. It holds its owner weakly: a registry that is dropped takes its thread along.

`notify` may be called from a signal handler: `SimpleQueue.put` is reentrant (https://docs.python.org/3/library/queue.html).
"""

from __future__ import annotations

import queue
import threading
import weakref

from promptgit.gitrepo import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Owner(Protocol):
        """What is kept fresh."""

        def tick(self, asked: bool) -> float:
            """Do what is due, and return in how many seconds to look again. `asked`: `notify` was called."""


_STOP, _WAKE = False, True


class Background:
    """A thread that is started by `ensure` and ended by `stop`, or with its owner.

    Args:
        owner: what is kept fresh.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = weakref.ref(owner)
        self._wakes: list[queue.SimpleQueue[bool]] = [queue.SimpleQueue()]  # of one: the finalizer must not hold `self`
        self._thread: threading.Thread | None = None
        weakref.finalize(owner, _end, self._wakes).atexit = False

    def ensure(self) -> None:
        """Start the thread if it is not there: it never was, or the process was forked."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_loop, args=(self._owner, self._wakes[0]), name="promptgit-refresh", daemon=True
            )
            self._thread.start()

    def notify(self) -> None:
        """Look now. Safe in a signal handler."""
        self._wakes[0].put(_WAKE)

    def stop(self) -> None:
        """End the thread, and what git it waits for."""
        thread, self._thread = self._thread, None
        self._wakes[0].put(_STOP)
        if thread is None or thread is threading.current_thread():
            return
        while thread.is_alive():
            if thread.ident is not None:
                run.stop(thread.ident)
            thread.join(0.05)
        self._wakes[0] = queue.SimpleQueue()

    def forked(self) -> None:
        """In a child of fork: the thread stayed with the parent."""
        self._thread = None
        self._wakes[0] = queue.SimpleQueue()


def _end(wakes: list[queue.SimpleQueue[bool]]) -> None:
    wakes[0].put(_STOP)


def _loop(owner: weakref.ref[Owner], wakes: queue.SimpleQueue[bool]) -> None:
    wait = 0.0
    asked = False
    while True:
        follower = owner()
        if follower is None:
            return
        wait = follower.tick(asked)
        del follower
        try:
            asked = wakes.get(timeout=wait)
        except queue.Empty:
            asked = False
            continue
        if asked is _STOP:
            return
        while not wakes.empty():
            if wakes.get() is _STOP:
                return
