"""Following a remote: what is current, how it becomes so, and what happens while the remote is away.

A load reads one attribute. Everything that takes time (fetch, checks, reading what changed) happens in the thread of
`remote.background` or in the caller of `refresh`, and ends in one assignment that makes the next commit current.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref

from promptgit.errors import (
    CorruptObjectError,
    PromptGitError,
    RegistryBusyError,
    RemoteUnavailableError,
    RevisionNotFoundError,
)
from promptgit.gitrepo import maintenance
from promptgit.registry import changes
from promptgit.registry.views import resolve
from promptgit.remote.acceptance import Line, Served, changed, names_of
from promptgit.remote.background import Background
from promptgit.remote.clone import left
from promptgit.remote.place import ClonePlace
from promptgit.remote.settings import REFRESH_S
from promptgit.remote.status import Status, commit_time, utc
from promptgit.remote.voice import Voice, told
from promptgit.sanitise import sanitise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.catalog import Catalog
    from promptgit.registry.changes import Change
    from promptgit.registry.registry import Registry
    from promptgit.remote.clone import Clone
    from promptgit.remote.settings import Settings
    from promptgit.stamp import Stamp
    from promptgit.trust import Verifier

START_S = 3.0
"""How long opening waits for news if the clone is older than a refresh. What comes later is served when it comes."""
_LOOK_S = 0.5  # how often to look whether another process of this machine has fetched
_GATHER_S = 0.05  # so that the processes of a machine that are told of something at once fetch it once
_SLOWEST_S = 60.0  # between attempts while the remote is away, if `refresh` is not longer
_BACKOFF = 8  # times `refresh`, at the most

_all: weakref.WeakSet[Follower] = weakref.WeakSet()


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
        self.voice = Voice(clone.url)
        self._folder = folder
        self._branch = f"refs/heads/{branch.removeprefix('refs/heads/')}" if branch else None
        self._rev = rev
        self._served: Served | None = None
        self._refused: tuple[str | None, str] | None = None
        self._answered = False
        self._seen: Stamp = None
        self._asked_at = 0.0
        self._due = self._looked = 0.0
        self._damaged = self._closed = False
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
        error = self.voice.error or RemoteUnavailableError(f"{self.clone.url} was not fetched yet")
        hint = error.hint or "Check the network, or warm the cache where there is one: promptgit sync URL"
        return RemoteUnavailableError(error.message, hint=hint)  # a fresh one: many threads may raise it

    # --- opening ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if not self.clone.exists():
            self._open_unseen()
            return
        self._asked_at = self.clone.asked_at()
        self._due = self._asked_at + (self.settings.refresh or REFRESH_S)
        try:
            self._adopt()
        except (CorruptObjectError, RemoteUnavailableError, RevisionNotFoundError) as error:
            self.voice.error = told(error)
            self._damaged = isinstance(error, CorruptObjectError) and self.clone.mendable
        if self._served is None or (self._rev is None and time.time() > self._due and not self.settings.offline):
            self._open_stale()
        elif self._follows:
            self._background.ensure()
        elif self._seen is None and self._rev is None:
            with contextlib.suppress(PromptGitError):  # what another process has fetched; no thread will look at it
                self._refresh(START_S, fetch=False)

    def _open_unseen(self) -> None:
        if self.settings.offline:
            known = self.clone.state.read().get("error") or "the network is to be left alone (offline)"
            self.voice.error = RemoteUnavailableError(
                f"{self.clone.url} is not in the cache: {known}",
                hint=f"Warm the cache while there is a network: promptgit sync {sanitise(self.clone.url)}",
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
        line = self.line()
        kept = line.kept()
        if kept is None:
            with self.clone.locked(self.settings.timeout):
                served = line.accept(None, line.tip())
        else:
            repository.reader.commit(kept)
            self.place.admit(kept)
            served = line.load(kept)
        self._swap(served)
        if repository.ref_commit(self.clone.tracking(line.branch)) == served.commit:
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

    def line(self) -> Line:
        """The branch that is followed, as acceptance sees it."""
        if self._branch is None:
            self._branch = self.clone.head()
        return Line(self.place, self._branch, self._folder)

    # --- refreshing -------------------------------------------------------------------------------------------------

    def refresh(self, timeout: float | None = None, *, accept_rewrite: bool = False) -> Change:
        """Ask the remote now, and serve what it has; see `Registry.refresh`."""
        return self._refresh(self.settings.timeout if timeout is None else timeout, accept_rewrite=accept_rewrite)

    @contextlib.contextmanager
    def held(self, end: float) -> Iterator[None]:
        """Hold the clone against other threads and other processes."""
        if not self._refreshing.acquire(timeout=left(end)):
            raise RegistryBusyError(
                f"another thread is still asking {self.clone.url}", hint="Wait, or allow more time."
            )
        try:
            with self.clone.locked(left(end)):
                yield
        finally:
            self._refreshing.release()

    def notify(self) -> None:
        """Refresh soon, in the background; see `Registry.notify`."""
        self._background.notify()
        if not self._closed:
            self._background.ensure()

    def tick(self, asked: bool) -> float:
        """See `background.Owner`."""
        now = time.time()
        if now < self._looked:  # the clock was set back: what is due at a time may be days away
            self._due = 0.0
        self._looked = now
        try:
            if asked:
                time.sleep(_GATHER_S)
            due = self.settings.refresh > 0 and now >= self._due and not self.settings.offline
            if asked or self._damaged or due:
                self._refresh(self.settings.timeout, asked=now if asked else self._asked_at)
            elif self.clone.state.stamp() != self._seen:
                self._refresh(self.settings.timeout, fetch=False)
        except PromptGitError:
            pass  # told in the status and the log
        except Exception:  # noqa: BLE001 - a thread must not die of a bug: it would go stale in silence
            self.voice.log().exception("%s: refreshing failed", self.clone.url)
        finally:
            self._started.set()
        by_itself = self.settings.refresh > 0 and not self.settings.offline
        return min(max(self._due - time.time(), 0.0), _LOOK_S) if by_itself else _LOOK_S

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
        self._answered = False
        try:
            with self.held(end):
                change = self.bring(end, asked=asked, fetch=fetch, accept_rewrite=accept_rewrite)
            if not (self.voice.failures and self.clone.state.read().get("error")):  # the news may be another's failure
                self.voice.recovered()
        except Exception as caught:
            error = caught
            if not self._closed and not isinstance(
                caught, RegistryBusyError
            ):  # `close` ended it; who is busy will tell
                pending = self._refused[0] if self._answered and self._refused else None
                served = self._served.commit if self._served else None
                self.voice.failed(caught, served, answered=self._answered, pending=pending)
            raise
        finally:
            self._schedule(time.monotonic() - begun)
            if fetch:
                self.voice.refreshed(time.monotonic() - begun, error)
        self.voice.changed(change)
        return change

    def bring(
        self, end: float, *, asked: float | None = None, fetch: bool = True, accept_rewrite: bool = False
    ) -> Change:
        """Fetch if that is wanted, and make current what may be. The caller holds the clone, see `held`.

        Args:
            end: the deadline, by `time.monotonic`.
            asked: leave out the fetch if the remote was asked after this, by any process.
        """
        before = self._served
        self._answered = False
        try:
            try:
                if self._damaged:
                    self._rebuild(end)
                elif fetch and not self.settings.offline:
                    self.clone.fetch(self._branch, left(end), known=asked)
                self._answered = True
                served = self._advance(accept_rewrite)
            except CorruptObjectError:
                if self._damaged or not self.clone.mendable:
                    raise
                self._rebuild(end)
                served = self._advance(accept_rewrite)
        finally:
            self._asked_at = self.clone.asked_at()
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
        self.voice.log().warning("%s: the clone at %s is damaged; it is fetched anew", self.clone.url, self.clone.path)
        self.clone.rebuild(left(end))
        self._damaged = False

    def _advance(self, accept_rewrite: bool) -> Served:
        """What is to be served now. The caller holds the clone's lock."""
        if self._rev is not None and self._pin() and self._served is not None:
            return self._served
        line = self.line()
        served, tip = self._served, None
        try:
            tip, old = line.tip(), line.kept()
            if served is not None and served.commit == tip == old:
                fresh = line.load(tip)
                found = served if fresh.moves == served.moves else line.accept(old, tip)
            else:
                found = line.accept(None if accept_rewrite else old, tip, forgive=accept_rewrite)
        except PromptGitError as error:
            self._refused = (tip, error.message.split("\n")[0])
            if served is None and tip is not None and old is not None:
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
            registry = self.voice.registry()
            if registry is not None:
                registry.serve(served.catalog)

    def attach(self, registry: Registry) -> None:
        """Tell a registry what is current, now and from now on. It is held weakly."""
        with self._swapping:
            self.voice.attach(registry)
            if self._served is not None:
                registry.serve(self._served.catalog)
        self.voice.catch_up()

    def _schedule(self, took: float) -> None:
        """When to ask next. A remote that is away is asked less and less often, and never by all clients at once.

        Args:
            took: seconds that it took now; for as long the clone is left to other processes.
        """
        import random

        refresh = self.settings.refresh
        wait = min(refresh * min(2**self.voice.failures, _BACKOFF), max(refresh, _SLOWEST_S))
        jitter = random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, keeps no secret
        now = time.time()
        self._due = max(max(self._asked_at, now - refresh) + wait * jitter, now + took)

    # --- how it is doing ----------------------------------------------------------------------------------------------

    def damaged(self) -> None:
        """Told by a load that an object of the clone is damaged: it is fetched anew in the background, if that helps."""
        if self.clone.mendable:
            self._damaged = True
            self.notify()

    def status(self) -> Status:
        """See `Registry.status`."""
        state, served = self.clone.state.read(), self._served
        error = self.voice.error.message.split("\n")[0] if self.voice.error else state.get("error")
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
    registries = [follower.voice.registry() for follower in list(_all) if not follower._closed]
    return [registry for registry in registries if registry is not None]


def _after_fork() -> None:
    for follower in list(_all):
        follower.forked()


os.register_at_fork(after_in_child=_after_fork)
