"""`watch`: call back whenever a registry on this machine changes."""

from __future__ import annotations

import logging
import os
import threading
import weakref

from promptgit import layout
from promptgit.errors import InvalidReferenceError, PromptGitError
from promptgit.registry import views
from promptgit.watch.change import WatchedChange
from promptgit.watch.loop import Loop
from promptgit.watch.places import FilesPart, RefsPart, lies_beside
from promptgit.watch.stamps import Stamps
from promptgit.watch.states import BranchStates, Moves, TreeStates, uses_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.problems import Problem
    from promptgit.registry.registry import Registry
    from promptgit.watch.places import Part
    from promptgit.watch.states import Found, States

    Callback = Callable[[WatchedChange], object]
    OnError = Callable[[Exception], object]

_log = logging.getLogger("promptgit")


class Watch:
    """A watch that goes on until `stop`, or for as long as its registry is there. Leaving a `with` block stops it, too."""

    def __init__(self, loop: Loop, end: Callable[[], object]) -> None:
        self._loop = loop
        self._end = end

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def polls(self) -> float | None:
        """Seconds between looks at the files; None while the operating system tells of changes."""
        return self._loop.polls

    @property
    def reason(self) -> str:
        """Why it polls; empty if it does not."""
        return self._loop.reason

    @property
    def is_running(self) -> bool:
        """Whether it still watches; a forked child does not."""
        return self._loop.is_alive()

    def stop(self) -> None:
        """End it. A callback that is running is waited for, so there is none afterwards. May be called by the callback."""
        self._end()
        self._loop.wakes.stop()
        if self._loop is not threading.current_thread():
            self._loop.join()


class _Teller:
    """Finds out what changed, and calls back. The registry alone holds it: its callback may hold the registry."""

    def __init__(
        self, registry: Registry, callback: Callback, states: States, loop: Loop, on_error: OnError | None
    ) -> None:
        self._registry = weakref.ref(registry)
        self._callback = callback
        self._states = states
        self._wakes = loop.wakes
        self._on_error = on_error
        self._failed = ""

    def bind(self, registry: Registry) -> Callable[[], object]:
        """Live as long as the registry; returns a function that ends it earlier."""
        vars(registry).setdefault("_tellers", set()).add(self)
        end = weakref.finalize(registry, self._wakes.stop)
        end.atexit = False
        mine, its = weakref.ref(self), weakref.ref(registry)

        def unbind() -> None:
            end.detach()
            registry, teller = its(), mine()
            if registry is not None and teller is not None:
                vars(registry)["_tellers"].discard(teller)

        return unbind

    # --- told by the loop -------------------------------------------------------------------------------------------

    def changed(self, stamps: Stamps) -> bool:
        """See `Listener.changed`."""
        registry = self._registry()
        if registry is None:
            return False
        paths = stamps.take()
        try:
            found = self._states.compare(registry.catalog, paths)
        except Exception:
            stamps.put_back(paths)
            raise
        self._failed = ""
        change = self._judged(registry, found)
        if change and not self._wakes.stopped:
            try:
                self._callback(change)
            except Exception as error:  # noqa: BLE001 - whatever a callback does, the watch goes on
                self._report(error, "the callback of a watch failed")
        return True

    def failed(self, error: Exception) -> None:
        """See `Listener.failed`. What fails again and again is told once."""
        if str(error) != self._failed:
            self._failed = str(error)
            self._report(error, "changes could not be read")

    def _judged(self, registry: Registry, found: Found) -> WatchedChange:
        """What was found, with what the checks say to it."""
        return WatchedChange(
            old=found.old,
            new=found.new,
            prompts=found.prompts,
            problems=self._problems(registry, found),
            unreadable=found.unreadable,
            config=layout.REGISTRY_FILE in found.paths,
        )

    def _problems(self, registry: Registry, found: Found) -> tuple[Problem, ...]:
        if not found.paths:
            return ()
        try:
            problems = registry.check([os.path.join(registry.path, path) for path in sorted(found.paths)])
            return tuple(problem for problem in problems if not lies_beside(os.path.basename(problem.path)))
        except (PromptGitError, OSError) as error:
            self._report(error, "the checks could not run")
            return ()

    def _report(self, error: Exception, what: str) -> None:
        if self._on_error is None:
            _log.error("%s", what, exc_info=error)
            return
        try:
            self._on_error(error)
        except Exception:  # noqa: BLE001 - likewise
            _log.exception("on_error of a watch failed")


def watch(
    registry: Registry,
    callback: Callback,
    *,
    debounce: float = 0.2,
    poll: float | None = None,
    on_error: OnError | None = None,
) -> Watch:
    """Call `callback(change)` in a thread of its own whenever prompts or aliases of a registry changed on this machine.

    Of a working tree the files are watched, and the tags if they hold the aliases; of a registry that was opened at HEAD or
    at a branch, the refs. Saving a file without changing it is no change. The registry is held weakly: when it is dropped,
    the watch ends.

    Args:
        callback: gets a `WatchedChange`. One that raises is reported, and the watch goes on.
        debounce: seconds without a further change after which it is called, so that a checkout is one change.
        poll: seconds between looks, without file system events: for network file systems. If None, events are used, and
            where there are none left (fs.inotify.max_user_watches), a look every second.
        on_error: gets what a callback raised, or why changes could not be read; logged on the logger `promptgit` if None.

    Returns:
        The watch, for `stop`, or to be used in a `with` block.

    Raises:
        InvalidReferenceError: the registry is pinned to a commit, so nothing in it changes; or a number is none.
        RegistryNotFoundError, GitError: it cannot be read.
    """
    for name, seconds in (("debounce", debounce), ("poll", poll)):
        if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < threading.TIMEOUT_MAX):
            raise InvalidReferenceError(f"{name} is a number of seconds above 0, not {seconds!r}")
    if not callable(callback):
        raise InvalidReferenceError(f"a callback is a function, not {callback!r}")
    ref = _followed(registry)
    catalog = registry.catalog
    tags = uses_tags(catalog)
    repository = registry.repository() if ref or tags else None
    parts: list[Part] = [RefsPart(repository, ref, tags=tags)] if repository else []
    parts += [] if ref else [FilesPart(registry.path)]
    loop = Loop({folder: names for part in parts for folder, names in part.heard().items()}, debounce, poll)
    try:
        stamps = Stamps(
            {folder: wanted for part in parts for folder, wanted in part.folders().items()},
            lambda: (path for part in parts for path in part.files()),
        )
        moves = Moves(repository if tags else None)
        states: States
        if ref and repository:
            states = BranchStates(catalog, repository, registry.prefix, moves)
        else:
            states = TreeStates(catalog, registry.path, moves, stamps.known())
        teller = _Teller(registry, callback, states, loop, on_error)
        loop.watch(stamps, teller)
    except BaseException:
        loop.close()
        raise
    return Watch(loop, teller.bind(registry))


def _followed(registry: Registry) -> str | None:
    """HEAD or the branch whose refs are to be watched; None for a working tree."""
    if registry.rev is None and registry.commit is None:
        return None
    ref = views.follows(registry.opened, registry.rev or "HEAD")
    if ref is None:
        raise InvalidReferenceError(
            f"{registry.path} is pinned to {registry.rev}: nothing in it changes",
            hint="Open it without rev=, or with rev='HEAD' or a branch.",
        )
    return ref
