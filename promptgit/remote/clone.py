"""A clone through which a remote is followed: `remote.cached` is one in the cache folder, `remote.own` one that the user made.

Both are fetched into under a lock, by one process of the machine at a time; the others find what it brought. Nothing here
decides what is served: see `remote.acceptance`.
"""

from __future__ import annotations

import contextlib
import re
import time

from promptgit.engine.lock import hold
from promptgit.errors import GitError, RegistryBusyError, RemoteUnavailableError
from promptgit.gitrepo import run
from promptgit.gitrepo.network import is_ours
from promptgit.remote.folder import unwritable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.gitrepo.run import Completed
    from promptgit.remote.folder import StateFile

HEADS = "refs/heads/"
_PATIENCE_S = 0.025  # between looks whether another process is done: a fetch takes longer, and many may wait for one
MOVED_TAG = re.compile(r"^ ! \[rejected\]\s+(\S+)\s+-> .*\(would clobber existing tag\)", re.MULTILINE)
"""How git tells that a tag was moved at the remote, which it does not follow."""


class Clone:
    """What both kinds have.

    Attributes:
        url: the remote's, without a password.
        path: the clone's place, for people.
        state: what this machine knows of the remote.
        warnings: what the last fetch of this process left aside, in sentences.
    """

    def __init__(self, url: str, path: str, state: StateFile, lock: str) -> None:
        self.url = url
        self.path = path
        self.state = state
        self.warnings: tuple[str, ...] = ()
        self._lock = lock
        self._repository: GitRepository | None = None

    mendable = False
    """Whether `rebuild` can make it whole."""

    def exists(self) -> bool:
        """Whether there is something to read."""
        raise NotImplementedError

    def repository(self) -> GitRepository:
        """The repository; the same for as long as the clone is."""
        raise NotImplementedError

    def head(self) -> str:
        """The branch to follow if none is named, a full name.

        Raises:
            GitError: it cannot be told.
        """
        raise NotImplementedError

    def tracking(self, branch: str) -> str:
        """The ref that holds what the remote's branch was at the last fetch."""
        return f"refs/remotes/origin/{branch.removeprefix(HEADS)}"

    def rebuild(self, deadline: float) -> None:
        """Make a damaged clone whole, if it is `mendable`. The caller holds the lock.

        Raises:
            RemoteUnavailableError, GitError: as `fetch`; it is as it was.
        """
        raise NotImplementedError

    def _update(self, branch: str | None, deadline: float) -> Completed:
        raise NotImplementedError

    def _sweep(self) -> None:
        """Tidy up after a fetch that failed."""

    def close(self) -> None:
        """End the helper process."""
        if self._repository is not None:
            self._repository.close()

    def asked_at(self) -> float:
        """When the remote was last asked, by any process, in seconds since the epoch; 0 if that is not known.

        A time to come is that of a clock that was set back since. It says nothing: else nobody would ask until then.
        """
        at = float(self.state.read().get("attempted_at") or 0.0)
        return at if at <= time.time() else 0.0

    @contextlib.contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Hold the clone for oneself: against other processes, and other registries of this one.

        Raises:
            RegistryBusyError: it was not free in time.
            GitError: nothing can be written there.
        """
        try:
            lock = hold(self._lock, deadline, _PATIENCE_S)
            lock.__enter__()
        except RegistryBusyError:
            raise RegistryBusyError(
                f"another process has been fetching {self.url} for {deadline:.3g} s", hint="Wait, or allow more time."
            ) from None
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def fetch(self, branch: str | None, deadline: float, *, known: float | None = None) -> bool:
        """Bring what the remote has. The caller holds the lock.

        Args:
            branch: the one that is followed, a full name; None for the default.
            deadline: seconds.
            known: skip it if the remote was asked after this, in seconds since the epoch: another process was first.

        Returns:
            Whether the remote was asked.

        Raises:
            RemoteUnavailableError: it did not answer; the clone is as it was.
            GitError: the disk is full, say.
        """
        state = self.state.read()
        if known is not None and self.asked_at() > known:
            if state.get("error"):
                raise RemoteUnavailableError(state["error"])
            return False
        begun = time.time()
        try:
            done = self._update(branch, deadline)
        except GitError as error:
            self._sweep()
            since = state.get("failing_since") or begun
            with contextlib.suppress(GitError):  # a full disk; what it would say is in the error, too
                self.state.update(attempted_at=begun, error=error.message, failing_since=since)
            raise
        self.warnings = tuple(
            f"the tag {tag} was moved at the remote; what it meant first is kept" for tag in MOVED_TAG.findall(done.err)
        )
        self.state.update(attempted_at=begun, fetched_at=time.time(), error=None, failing_since=None, url=self.url)
        return True


def fetch_failure(done: Completed, url: str, path: str) -> GitError:
    """A fetch that failed: here, or because of what the remote said."""
    error = run.failure(done)
    if is_ours(done):
        return GitError(f"{url} cannot be fetched into {path}: {error.message}", stderr=done.err, hint=error.hint)
    if "git fetch failed" not in error.message:
        return error
    return RemoteUnavailableError(
        f"the remote {url} cannot be understood: {error.message.removeprefix('git fetch failed: ')}",
        stderr=done.err,
        hint="Is there a Git server at this URL?",
    )


def left(end: float) -> float:
    return max(end - time.monotonic(), 0.05)
