"""The part of `Registry` that has to do with time: following a remote, telling of changes, pinning a request."""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError, PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.catalog import Catalog
    from promptgit.registry import views
    from promptgit.registry.changes import Change
    from promptgit.remote.follower import Follower
    from promptgit.remote.status import Status
    from promptgit.watch import Watch


class Subscription:
    """A callback on the changes of a remote, until `stop`. Leaving a `with` block stops it, too."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.stop = end

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Live:
    """What `Registry` inherits to keep up."""

    if TYPE_CHECKING:
        _opened: views.Opened
        _remote: Follower | None
        _current: Catalog | None
        path: str
        rev: str | None

        @property
        def catalog(self) -> Catalog: ...

        load: Callable[..., Any]

    @property
    def is_remote(self) -> bool:
        """Whether it follows a remote. A write then goes there at once."""
        return self._remote is not None

    def refresh(self, timeout: float | None = None, *, accept_rewrite: bool = False) -> Change:
        """Ask the remote now, serve what it has, and tell what changed.

        A registry without a remote has nothing to ask: it is always current.

        Args:
            timeout: seconds that it may take; what the registry was opened with, if None.
            accept_rewrite: serve the remote's commit even if it does not build on the one that is served: history was
                rewritten on purpose.

        Raises:
            RemoteUnavailableError: the remote did not answer in time, or refused. What was served is served on.
            UntrustedCommitError, ConflictError, InvalidDocumentError: what it has may not be served; likewise.
        """
        from promptgit.registry.changes import Change

        if self._remote is None:
            commit = self.catalog.files.commit
            return Change(old=commit, new=commit)
        return self._remote.refresh(timeout, accept_rewrite=accept_rewrite)

    async def arefresh(self, timeout: float | None = None) -> Change:
        """`refresh`, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self.refresh, timeout)

    def notify(self) -> None:
        """Refresh soon, in the background: for webhooks and signals. It returns at once, and may be called in a signal handler.

        All processes of the machine that share the clone see what one of them is told.
        """
        if self._remote is not None:
            self._remote.notify()

    def on_change(self, callback: Callable[[Change], object]) -> Callable[[], None]:
        """Call `callback(change)` whenever a refresh brought something, after it is current. One that raises is logged.

        Returns:
            A function that takes the callback away again.

        Raises:
            PromptGitError: the registry does not follow a remote; `watch` tells what happens to files.
        """
        if self._remote is None:
            raise PromptGitError(
                f"{self.path} does not follow a remote",
                hint="Open it with refresh=30, or use registry.watch(callback).",
            )
        return self._remote.voice.on_change(callback)

    def watch(
        self,
        callback: Callable[[Change], object],
        *,
        debounce: float = 0.2,
        poll: float | None = None,
        on_error: Callable[[Exception], object] | None = None,
    ) -> Watch | Subscription:
        """Call `callback(change)` whenever something changed: files as they are saved, refs as they move, or a remote.

        Args:
            callback: gets a `promptgit.watch.WatchedChange`, with the problems of what was edited; of a remote, a `Change`.
            debounce, poll, on_error: see `promptgit.watch.watch`; not for a remote, which has its `refresh`.

        Returns:
            The watch, for `stop()`, or to be used in a `with` block.

        Raises:
            InvalidReferenceError: the registry is pinned to a commit, so nothing in it changes.
        """
        if self._remote is not None:
            if self._remote.is_pinned:
                raise InvalidReferenceError(
                    f"{self.path} is pinned to {self.rev}: nothing in it changes",
                    hint="Open it with branch=, or without rev=.",
                )
            return Subscription(self._remote.voice.on_change(callback))
        import importlib

        started: Watch = importlib.import_module("promptgit.watch").watch(
            self, callback, debounce=debounce, poll=poll, on_error=on_error
        )
        return started

    def status(self) -> Status:
        """What is served, how fresh it is and what went wrong, for a health check. Nothing is asked over the network."""
        from promptgit.remote.status import Status, commit_time

        if self._remote is not None:
            return self._remote.status()
        commit = self.catalog.files.commit
        if commit is None:
            return Status(source="working tree" if self.rev is None else "branch", place=self.path, branch=self.rev)
        branch = self._branch_name()
        return Status(
            source=self._opened.kind or ("branch" if branch else "commit"),
            place=self.path,
            branch=branch,
            commit=commit,
            committed_at=commit_time(self._opened.repository().reader.commit(commit)),
        )

    def _branch_name(self) -> str | None:
        """The branch that is followed here, in short."""
        raise NotImplementedError

    async def aload(self, name_or_uri: str, version: int | str | None = None, **options: Any) -> Any:
        """`load`, for code that must not block: what is not at hand is read in a thread.

        Args:
            name_or_uri, version, options: as for `load`.
        """
        current = self._current
        if version is None and current is not None and name_or_uri in current.hot:
            return self.load(name_or_uri, **options)
        import asyncio

        return await asyncio.to_thread(self.load, name_or_uri, version, **options)
