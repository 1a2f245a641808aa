"""Following a remote: what is current, how it becomes so, and what happens while the remote is away.

A load reads one attribute. Everything that takes time (fetch, checks, reading what changed) happens in the thread of
`remote.background` or in the caller of `refresh`, and ends in one assignment that makes the next commit current.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
import weakref

from promptgit import observers
from promptgit.errors import (
    ConflictError,
    CorruptObjectError,
    PromptGitError,
    RegistryBusyError,
    RemoteUnavailableError,
    RevisionNotFoundError,
)
from promptgit.gitrepo import maintenance
from promptgit.gitrepo.commits import commit_settings
from promptgit.registry import changes
from promptgit.registry.views import resolve
from promptgit.remote.acceptance import Line, Served, changed, names_of
from promptgit.remote.background import Background
from promptgit.remote.place import ClonePlace
from promptgit.remote.status import Status, commit_time, utc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from promptgit.catalog import Catalog
    from promptgit.engine.engine import Applied, Engine
    from promptgit.registry.changes import Change
    from promptgit.registry.registry import Registry
    from promptgit.remote.clone import Clone
    from promptgit.stamp import Stamp
    from promptgit.trust import Verifier

REFRESH_S = 30.0
TIMEOUT_S = 30.0
START_S = 3.0
"""How long opening waits for news if the clone is older than a refresh. What comes later is served when it comes."""
_LOOK_S = 0.5  # how often to look whether another process of this machine has fetched
_SLOWEST_S = 60.0  # between attempts while the remote is away, if `refresh` is not longer
_BACKOFF = 8  # times `refresh`, at the most

_all: weakref.WeakSet[Follower] = weakref.WeakSet()


class Settings:
    """How to follow; from arguments, else from the environment.

    Args:
        refresh: seconds between refreshes; 0 refreshes when the registry is opened and when asked. Else PROMPTGIT_REFRESH, 30.
        timeout: seconds that the remote may take to answer; 30.
        offline: leave the network alone. Else PROMPTGIT_OFFLINE.
    """

    def __init__(self, refresh: float | None, timeout: float | None, offline: bool | None) -> None:
        self.refresh = _seconds("refresh", refresh, "PROMPTGIT_REFRESH", REFRESH_S)
        self.timeout = _seconds("timeout", timeout, "", TIMEOUT_S)
        named = os.environ.get("PROMPTGIT_OFFLINE", "").strip().lower()
        self.offline = offline if offline is not None else named not in ("", "0", "false", "no")


class Follower:
    """Keeps the newest acceptable commit of a remote branch, or a pinned one, ready to be read.

    Args:
        clone: where fetched commits are.
        branch: the branch to follow; None for the remote's default.
        rev: a tag, commit or date to pin instead; a branch's name is followed.
        folder: where the registry lies in the repository.
        settings: how often, how long, whether at all.
        verify: who must have signed what is served, or None.

    Raises:
        RegistryNotFoundError: there is no registry at the remote.
        UntrustedCommitError: there is no commit that may be served.
        GitError: the clone cannot be made here. That the remote is away is no error yet: `catalog` tells.
    """

    def __init__(
        self,
        clone: Clone,
        *,
        branch: str | None,
        rev: str | None,
        folder: str,
        settings: Settings,
        verify: Verifier | None,
    ) -> None:
        self.clone = clone
        self.settings = settings
        self.place = ClonePlace(clone, folder, verify)
        self.registry: Callable[[], Registry | None] = lambda: None
        self._folder = folder
        self._branch = f"refs/heads/{branch.removeprefix('refs/heads/')}" if branch else None
        self._rev = rev
        self._served: Served | None = None
        self._error: PromptGitError | None = None
        self._refused: tuple[str, str] | None = None
        self._failures = 0
        self._seen: Stamp = None
        self._asked_at = 0.0
        self._due = 0.0
        self._damaged = self._closed = self._attached = False
        self._unreported: list[tuple[float, Exception | None]] = []
        self._callbacks: list[Callable[[Change], object]] = []
        self._refreshing, self._swapping = threading.Lock(), threading.Lock()
        self._started = threading.Event()
        self._background = Background(self)
        _all.add(self)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    # --- what is current --------------------------------------------------------------------------------------------

    def catalog(self) -> Catalog:
        """The prompts of the commit that is served.

        Raises:
            RemoteUnavailableError: there is none yet, because the remote was away since the first start.
        """
        served = self._served
        if self._follows:
            self._background.ensure()
        if served is None:
            raise self._unavailable()
        return served.catalog

    def watched(self) -> tuple[tuple[str, Stamp], ...]:
        """See `views.Following.watched`: the catalog is replaced when it is not current any more."""
        return ()

    @property
    def is_pinned(self) -> bool:
        """Whether it serves one revision for good."""
        return self._rev is not None

    @property
    def _follows(self) -> bool:
        """Whether there is anything for the thread to do."""
        return self.settings.refresh > 0 and not self._closed and (self._rev is None or self._served is None)

    def _unavailable(self) -> PromptGitError:
        error = self._error or RemoteUnavailableError(f"{self.clone.url} was not fetched yet")
        hint = error.hint or "Check the network, or warm the cache where there is one: promptgit sync URL"
        return RemoteUnavailableError(error.message, hint=hint)  # a fresh one: many threads may raise it

    # --- opening ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if not self.clone.exists():
            self._open_unseen()
            return
        self._asked_at = float(self.clone.state.read().get("attempted_at") or 0.0)
        self._due = self._asked_at + (self.settings.refresh or REFRESH_S)
        try:
            self._adopt()
        except (CorruptObjectError, RemoteUnavailableError, RevisionNotFoundError) as error:
            self._error = _told(error)
            self._damaged = isinstance(error, CorruptObjectError) and self.clone.mendable
        if self._served is None or (self._rev is None and time.time() > self._due and not self.settings.offline):
            self._open_stale()
        elif self._follows:
            self._background.ensure()

    def _open_unseen(self) -> None:
        if self.settings.offline:
            self._error = RemoteUnavailableError(
                f"{self.clone.url} is not in the cache, and PROMPTGIT_OFFLINE forbids to fetch it",
                hint="Warm the cache while there is a network: promptgit sync URL",
            )
            return
        with contextlib.suppress(RemoteUnavailableError):
            self.refresh()
        if self._follows:
            self._background.ensure()

    def _open_stale(self) -> None:
        """Look for news, but not for longer than an application should wait: a clone that is old is better than none."""
        if self.settings.refresh <= 0 or self._served is None:
            with contextlib.suppress(RemoteUnavailableError):
                self.refresh()
            return
        self._due = 0.0
        self._background.ensure()
        self._started.wait(START_S)

    def _adopt(self) -> None:
        """Serve what the clone has: what was served last, or what it was made with."""
        repository = self.clone.repository()
        if self._rev is not None and self._pin():
            return
        line = self._line()
        kept = line.kept()
        if kept is None:
            with self.clone.locked(self.settings.timeout):
                served = line.accept(None, line.tip())
        else:
            repository.reader.commit(kept)
            self.place.admit(kept)
            served = line.load(kept)
        self._swap(served)
        self._seen = self.clone.state.stamp()

    def _pin(self) -> bool:
        """Serve the revision that was named, for good; False if it is a branch to follow."""
        repository = self.clone.repository()
        rev = self._rev or ""
        name = rev.removeprefix("refs/heads/")
        if rev == "HEAD" or repository.ref_commit(self.clone.tracking(name)):
            self._branch = None if rev == "HEAD" else f"refs/heads/{name}"
            self._rev = None
            return False
        self.place.served = repository.ref_commit(self.clone.tracking(self._branch or self.clone.head()))
        found = resolve(self.place, rev)
        catalog = self.place.at(found.commit, found.as_of)
        self._swap(Served(commit=found.commit, moves=None, catalog=catalog))
        return True

    def _line(self) -> Line:
        if self._branch is None:
            self._branch = self.clone.head()
        return Line(self.place, self._branch, self._folder)

    # --- refreshing -------------------------------------------------------------------------------------------------

    def refresh(self, timeout: float | None = None, *, accept_rewrite: bool = False) -> Change:
        """Ask the remote now, and serve what it has; see `Registry.refresh`."""
        return self._refresh(self.settings.timeout if timeout is None else timeout, accept_rewrite=accept_rewrite)

    def write(self, action: Callable[[Engine], Applied]) -> Applied:
        """Write to the remote: on top of what it has, sent before anybody here sees it, and served when this returns.

        Args:
            action: applies an edit; it must push.

        Raises:
            ConflictError: the registry is pinned, is a clone of the user's, or serves only what is signed and the user does
                not sign.
            PushRejectedError, RemoteUnavailableError: the remote refused or did not answer; nothing was written.
        """
        from promptgit.engine.engine import Engine

        self._require_writable()
        end = time.monotonic() + self.settings.timeout
        with self._held(end):
            line, repository = self._line(), self.clone.repository()
            self.clone.fetch(self._branch, _left(end))
            repository.git(["update-ref", line.branch, line.tip()])
            try:
                applied = action(Engine(repository, line.branch, self.place.prefix))
            finally:
                repository.git(["update-ref", "-d", line.branch])  # else it would be found in the place of the remote's
            change = self._bring(end, None, False, False)
        if change:
            self._tell(change)
        return applied

    def _require_writable(self) -> None:
        hint = "Write in a clone: git clone URL, then promptgit -C DIR"
        if self.is_pinned:
            raise ConflictError(
                f"this registry is pinned to {self._rev}", hint="Open it without rev=, or with branch=."
            )
        if not self.clone.mendable:
            raise ConflictError("a clone that is followed at its remote is only read", hint="Open it without refresh=.")
        if self.settings.offline:
            raise ConflictError("writing to a remote needs the network, which PROMPTGIT_OFFLINE forbids", hint=hint)
        if self.place.verify is not None and not commit_settings(self.clone.repository()).sign:
            raise ConflictError(
                "this registry serves only what is signed, and you do not sign",
                hint="Run: git config --global commit.gpgSign true",
            )

    @contextlib.contextmanager
    def _held(self, end: float) -> Iterator[None]:
        """Hold the clone against other threads and other processes."""
        if not self._refreshing.acquire(timeout=_left(end)):
            raise RegistryBusyError(
                f"another thread is still asking {self.clone.url}", hint="Wait, or allow more time."
            )
        try:
            with self.clone.locked(_left(end)):
                yield
        finally:
            self._refreshing.release()

    def notify(self) -> None:
        """Refresh soon, in the background; see `Registry.notify`."""
        self._background.notify()
        if self.settings.refresh > 0:
            self._background.ensure()

    def tick(self, asked: bool) -> float:
        """See `background.Owner`."""
        now = time.time()
        try:
            if asked or self._damaged or (now >= self._due and not self.settings.offline):
                self._refresh(self.settings.timeout, asked=now if asked else self._asked_at)
            elif self.clone.state.stamp() != self._seen:
                self._refresh(self.settings.timeout, fetch=False)
        except PromptGitError:
            pass  # told in the status and the log
        except Exception:  # noqa: BLE001 - a thread must not die of a bug: it would go stale in silence
            _logger().exception("%s: refreshing failed", self.clone.url)
        finally:
            self._started.set()
        return min(max(self._due - time.time(), 0.0), _LOOK_S) if not self.settings.offline else _LOOK_S

    def _refresh(
        self, timeout: float, *, asked: float | None = None, fetch: bool = True, accept_rewrite: bool = False
    ) -> Change:
        """Fetch, decide, swap.

        Args:
            asked: leave out the fetch if the remote was asked after this, by any process.
        """
        begun = time.monotonic()
        end = begun + timeout
        error: Exception | None = None
        try:
            with self._held(end):
                change = self._bring(end, asked, fetch, accept_rewrite)
            self._recovered()
        except Exception as caught:
            error = caught
            self._failed(caught)
            raise
        finally:
            self._schedule(time.monotonic() - begun)
            if fetch:
                self._report(time.monotonic() - begun, error)
        if change:
            self._tell(change)
        return change

    def _bring(self, end: float, asked: float | None, fetch: bool, accept_rewrite: bool) -> Change:
        before = self._served
        try:
            try:
                if self._damaged:
                    self._rebuild(end)
                elif fetch and not self.settings.offline:
                    self.clone.fetch(self._branch, _left(end), known=asked)
                served = self._advance(accept_rewrite)
            except CorruptObjectError:
                if self._damaged or not self.clone.mendable:
                    raise
                self._rebuild(end)
                served = self._advance(accept_rewrite)
        finally:
            self._asked_at = float(self.clone.state.read().get("attempted_at") or 0.0)
            self._seen = self.clone.state.stamp()
        change = self._difference(before, served)
        self._swap(served)
        if before is not None and before.commit != served.commit:
            maintenance.start_if_due(self.clone.repository())
        return change

    def _rebuild(self, end: float) -> None:
        """Fetch a damaged clone anew."""
        self._damaged = True
        if self.settings.offline:
            raise CorruptObjectError(
                f"the clone of {self.clone.url} is damaged, and PROMPTGIT_OFFLINE forbids to fetch it anew",
                hint="promptgit sync URL mends it.",
            )
        _logger().warning("%s: the clone at %s is damaged; it is fetched anew", self.clone.url, self.clone.path)
        self.clone.rebuild(_left(end))
        self._damaged = False

    def _advance(self, accept_rewrite: bool) -> Served:
        """What is to be served now. The caller holds the clone's lock."""
        if self._rev is not None and self._pin() and self._served is not None:
            return self._served
        line = self._line()
        if accept_rewrite:
            line.forget()
        tip, old = line.tip(), None if accept_rewrite else line.kept()
        served = self._served
        try:
            if served is not None and served.commit == tip == old:
                fresh = line.load(tip)
                found = served if fresh.moves == served.moves else line.accept(old, tip)
            else:
                found = line.accept(old, tip)
        except PromptGitError as error:
            self._refused = (tip, error.message.split("\n")[0])
            if served is None and old is not None:
                self._swap(line.load(old))
            raise
        self._refused = None
        return found

    def _difference(self, before: Served | None, after: Served) -> Change:
        if before is None or before is after:
            return changes.Change(old=before.commit if before else None, new=after.commit)
        names = names_of(changed(self.place, before.commit, after.commit))
        if before.moves != after.moves:
            names |= {tag.partition("@")[0] for tag, _ in set(before.moves or ()) ^ set(after.moves or ())}
        return changes.between(before.catalog, after.catalog, names)

    def _swap(self, served: Served) -> None:
        with self._swapping:
            self.place.served = served.commit
            self._served = served
            registry = self.registry()
            if registry is not None:
                registry.serve(served.catalog)

    def attach(self, registry: Registry) -> None:
        """Tell a registry what is current, now and from now on. It is held weakly."""
        with self._swapping:
            self.registry = weakref.ref(registry)
            self._attached = True
            if self._served is not None:
                registry.serve(self._served.catalog)
        for seconds, error in self._unreported:
            observers.tell(observers.refreshes, registry, seconds, error)
        self._unreported.clear()

    def _report(self, seconds: float, error: Exception | None) -> None:
        """Tell the observers of a refresh; of the one that opened the registry, once there is a registry to tell of."""
        registry = self.registry()
        if registry is None and not self._attached:
            self._unreported.append((seconds, error))
        elif observers.refreshes:
            observers.tell(observers.refreshes, registry, seconds, error)

    def _schedule(self, took: float) -> None:
        """When to ask next. A remote that is away is asked less and less often, and never by all clients at once.

        Args:
            took: seconds that it took now; for as long the clone is left to other processes.
        """
        refresh = self.settings.refresh
        wait = min(refresh * min(2**self._failures, _BACKOFF), max(refresh, _SLOWEST_S))
        jitter = random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, keeps no secret
        now = time.time()
        self._due = max(max(self._asked_at, now - refresh) + wait * jitter, now + took)

    # --- telling ----------------------------------------------------------------------------------------------------

    def on_change(self, callback: Callable[[Change], object]) -> Callable[[], None]:
        """See `Registry.on_change`."""
        self._callbacks.append(callback)

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return remove

    def _tell(self, change: Change) -> None:
        _logger().info("%s: %s -> %s\n%s", self.clone.url, (change.old or "")[:10], (change.new or "")[:10], change)
        observers.tell(self._callbacks, change)

    def _failed(self, error: Exception) -> None:
        if self._closed or isinstance(error, RegistryBusyError):
            return  # `close` ended a fetch; or another process is fetching, and will tell
        self._failures += 1
        self._error = _told(error)
        if self._failures == 1:
            goes_on = f"goes on with {self._served.commit[:10]}" if self._served else "there is nothing to serve yet"
            _logger().warning("%s; %s", self._error.message, goes_on)

    def _recovered(self) -> None:
        if self._failures:
            _logger().info("%s: refreshed again", self.clone.url)
        self._failures, self._error = 0, None

    def damaged(self) -> None:
        """Told by a load that an object of the clone is damaged: it is fetched anew in the background, if that helps."""
        if self.clone.mendable:
            self._damaged = True
            self.notify()

    def status(self) -> Status:
        """See `Registry.status`."""
        state, served = self.clone.state.read(), self._served
        error = self._error.message.split("\n")[0] if self._error else state.get("error")
        pending, reason = self._refused or (None, None)
        lag = 0
        if pending and served:
            with contextlib.suppress(PromptGitError):
                counted = self.clone.repository().git(["rev-list", "--count", pending, f"^{served.commit}"])
                lag = int(counted.text)
        headers = self.clone.repository().reader.commit(served.commit) if served else {}
        branch = self._branch.removeprefix("refs/heads/") if self._branch and self._rev is None else None
        return Status(
            source="remote",
            place=self.clone.url,
            branch=branch,
            commit=served.commit if served else None,
            committed_at=commit_time(headers),
            attempted_at=utc(state.get("attempted_at")),
            fetched_at=utc(state.get("fetched_at")),
            refresh=self.settings.refresh,
            offline=self.settings.offline,
            error=error,
            failing_since=utc(state.get("failing_since")),
            pending=pending,
            reason=reason,
            lag=lag,
            warnings=self.clone.warnings,
        )

    def close(self) -> None:
        """End the thread and the helper process. The registry stays usable, but does not refresh by itself any more."""
        self._closed = True
        self._background.stop()
        self.clone.close()

    def forked(self) -> None:
        """In a child of fork: locks may be held by threads that are not there."""
        self._refreshing, self._swapping = threading.Lock(), threading.Lock()
        self._started = threading.Event()
        self._background.forked()
        if self._served is not None:
            self._served.catalog.hot.clear()  # so that the next load comes by `catalog`, which starts a thread


def followed() -> list[Registry]:
    """The registries of this process that follow a remote and were not closed."""
    registries = [follower.registry() for follower in list(_all) if not follower._closed]
    return [registry for registry in registries if registry is not None]


def _after_fork() -> None:
    for follower in list(_all):
        follower.forked()


os.register_at_fork(after_in_child=_after_fork)


def _told(error: Exception) -> PromptGitError:
    """What an error says, without its traceback: that would keep alive whoever keeps the error."""
    if isinstance(error, PromptGitError):
        return PromptGitError(error.message, hint=error.hint)
    return PromptGitError(f"refreshing failed: {error!r}")


def _left(end: float) -> float:
    return max(end - time.monotonic(), 0.05)


def _seconds(name: str, given: float | None, variable: str, default: float) -> float:
    text = os.environ.get(variable, "") if variable and given is None else ""
    try:
        found = float(text) if text else default if given is None else float(given)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise PromptGitError(f"{variable if text else name} is a number of seconds, not {text or given!r}")
    return found


def _logger() -> Any:
    import logging

    return logging.getLogger("promptgit.remote")
