"""The thread that waits for events, for quiet after them, and looks now and then even without."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref

from promptgit.watch.wakes import Wakes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Protocol

    from promptgit.watch.events import Events
    from promptgit.watch.stamps import Stamps

    Places = Mapping[str, Collection[str] | None]

    class Listener(Protocol):
        """Whom the thread tells."""

        def changed(self, stamps: Stamps) -> bool:
            """Something has changed: take it. Returns whether to go on."""

        def failed(self, error: Exception) -> None:
            """Looking failed; it will be tried again."""


SAFETY_S = 5.0
"""How often to look although events work: they can be lost, and a network file system has none for what others do."""
POLL_S = 1.0
"""How often to look where there are no events."""
_SHARE = 0.05  # of one core, at most, that looking takes
_PATIENCE = 10  # times the quiet that is waited for: what goes on for longer is told meanwhile
_EXIT_S = 2.0

_log = logging.getLogger("promptgit")


class Loop(threading.Thread):
    """Watches until it is stopped, or nobody listens any more.

    Args:
        places: what to hear of, see `Events`.
        debounce: seconds without a change after which what changed is told.
        poll: seconds between looks, without events; None for events.
    """

    def __init__(self, places: Places, debounce: float, poll: float | None) -> None:
        super().__init__(name="promptgit-watch", daemon=True)
        self.wakes = Wakes()
        self.reason = "" if poll is None else "asked to"
        self._debounce = debounce
        self._interval = SAFETY_S if poll is None else poll
        self._events = self._listen(places) if poll is None else None
        self._listener: weakref.ref[Listener] | None = None
        self._cost = 0.0  # seconds that the last look took

    @property
    def polls(self) -> float | None:
        """Seconds between looks; None while events tell when to look."""
        return None if self._events is not None else self._interval

    def watch(self, stamps: Stamps, listener: Listener) -> None:
        """Start. The listener is held weakly."""
        self._stamps = stamps
        self._listener = weakref.ref(listener)
        _running.add(self)
        self.start()

    def run(self) -> None:
        """See `threading.Thread.run`."""
        try:
            while not self.wakes.stopped:
                woken = self.wakes.wait(self._pause())
                if self.wakes.stopped or not self._tell(self._settled(woken)):
                    break
        finally:
            self.close()

    def close(self) -> None:
        """Give back what the events hold."""
        events, self._events = self._events, None
        if events is not None:
            events.close()

    def _tell(self, changed: bool) -> bool:
        listener = self._listener() if self._listener else None
        if listener is None:
            return False
        if not changed:
            return True
        try:
            return listener.changed(self._stamps)
        except Exception as error:  # noqa: BLE001 - a repository that is being mended, a disk that is full: look again later
            listener.failed(error)
            return True

    # --- when to look -----------------------------------------------------------------------------------------------

    def _pause(self) -> float:
        return self._debounce if self._stamps.restless else max(self._interval, self._cost / _SHARE)

    def _look(self) -> bool:
        start = time.perf_counter()
        try:
            return self._stamps.look()
        finally:
            self._cost = time.perf_counter() - start

    def _settled(self, woken: bool) -> bool:
        """Wait until nothing changes for a while; whether there is anything to tell."""
        if not woken and not self._look():
            return self._stamps.pending
        heard = woken
        deadline = time.monotonic() + self._debounce * _PATIENCE
        while time.monotonic() < deadline and not self.wakes.stopped:
            event = self.wakes.wait(self._debounce)
            heard |= event
            if not event and (woken or not self._look()):
                break
        self._keep_hearing(heard)
        if woken:
            self._look()
        if self._stamps.doubtful:
            self.wakes.wait(self._debounce)
            self._look()
        return self._stamps.pending and not self.wakes.stopped

    # --- events -----------------------------------------------------------------------------------------------------

    def _listen(self, places: Places) -> Events | None:
        from promptgit.watch.events import Events

        try:
            return Events(places, self.wakes)
        except OSError as error:
            self._poll(error)
            return None

    def _keep_hearing(self, heard: bool) -> None:
        """Hear of folders that were made anew. Something changed: if no event told of it, none can be relied upon."""
        if self._events is None:
            return
        try:
            self._events.refresh()
        except OSError as error:
            self.close()
            self._poll(error)
        else:
            if not heard and self._interval > POLL_S:
                self._interval = POLL_S
                _log.info("no event told of a change: looking every %g s as well", POLL_S)

    def _poll(self, error: OSError) -> None:
        from promptgit.watch.events import explain

        self._interval, self.reason = POLL_S, explain(error)
        _log.info("%s: looking for changes every %g s instead", self.reason, POLL_S)


_running: weakref.WeakSet[Loop] = weakref.WeakSet()


@atexit.register
def _end() -> None:
    """A daemon thread that is in the midst of something when the interpreter ends can crash it."""
    loops = list(_running)
    for loop in loops:
        loop.wakes.stop()
    for loop in loops:
        if loop.is_alive():
            loop.join(_EXIT_S)
