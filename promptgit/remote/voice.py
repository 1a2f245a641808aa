"""What a follower tells: callbacks of what changed, observers of what a refresh took, and the log of how long outages last."""

from __future__ import annotations

import contextlib
import sys
import weakref

from promptgit import observers
from promptgit.errors import PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.registry.changes import Change
    from promptgit.registry.registry import Registry


class Voice:
    """Tells, and keeps count of failures.

    Args:
        url: the remote's.

    Attributes:
        registry: the registry that is told of, held weakly; None before there is one and when it is gone.
        error: what went wrong last; None once something went right.
        failures: in a row, of the remote to answer.
    """

    def __init__(self, url: str) -> None:
        self.registry: Callable[[], Registry | None] = lambda: None
        self.error: PromptGitError | None = None
        self.failures = 0
        self._url = url
        self._told: set[str | None] = set()
        self._attached = False
        self._unreported: list[tuple[float, Exception | None]] = []
        self._callbacks: list[Callable[[Change], object]] = []

    def attach(self, registry: Registry) -> None:
        """From now on it is this registry that is told of."""
        self.registry = weakref.ref(registry)
        self._attached = True

    def catch_up(self) -> None:
        """Tell the observers of the refresh that opened the registry."""
        for seconds, error in self._unreported:
            observers.tell(observers.refreshes, self.registry(), seconds, error)
        self._unreported.clear()

    def refreshed(self, seconds: float, error: Exception | None) -> None:
        """Tell the observers of a refresh; of the one that opens the registry, once there is a registry to tell of."""
        if not self._attached:
            self._unreported.append((seconds, error))
        elif observers.refreshes:
            observers.tell(observers.refreshes, self.registry(), seconds, error)

    def on_change(self, callback: Callable[[Change], object]) -> Callable[[], None]:
        """See `Registry.on_change`."""
        self._callbacks.append(callback)

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return remove

    def changed(self, change: Change) -> None:
        """Call back, after what changed is current."""
        if change:
            if "logging" in sys.modules:  # else nobody listens: importing it takes longer than the rest of a refresh
                old, new = (change.old or "")[:10], (change.new or "")[:10]
                self.log().info("%s: %s -> %s\n%s", self._url, old, new, change)
            observers.tell(self._callbacks, change)

    def failed(
        self, error: Exception, served: str | None, *, answered: bool = False, pending: str | None = None
    ) -> None:
        """Keep what went wrong. An outage is logged once, and so is each commit that may not be served.

        Args:
            served: the commit that is served on, if there is one.
            answered: the remote did answer: asking it less often would only delay what mends it.
            pending: the commit that it has and that may not be served.
        """
        self.failures = 0 if answered else self.failures + 1
        self.error = told(error)
        if pending in self._told:
            return
        self._told.add(pending)
        said, hint = self.error.message.split("\n")[0], (self.error.hint or "").split("\n")[0]
        if self._url not in said:
            said = f"{self._url}: {f'{pending[:10]} may not be served: ' if pending else ''}{said}"
        goes_on = f"goes on with {served[:10]}" if served else "there is nothing to serve yet"
        self.log().warning("%s; %s%s", said, goes_on, f". {hint}" if hint else "")

    def recovered(self) -> None:
        """What was wrong is over."""
        if self._told:
            self.log().info("%s: refreshed again", self._url)
            self._told.clear()
        self.failures, self.error = 0, None

    def log(self) -> Any:
        """The logger `promptgit.remote`."""
        import logging

        return logging.getLogger("promptgit.remote")


def told(error: Exception) -> PromptGitError:
    """What an error says, without its traceback: that would keep alive whoever keeps the error."""
    if isinstance(error, PromptGitError):
        return PromptGitError(error.message, hint=error.hint)
    return PromptGitError(f"refreshing failed: {error!r}")
