"""Writing to a remote by its URL: a rollback in one command, without a clone of one's own.

The clone in the cache folder has no branch. One is made for the time of a write, on what the remote has; the engine builds the
commit on it and sends it, as it does from any clone; then what was sent is accepted as if it had been fetched.
"""

from __future__ import annotations

import time

from promptgit.errors import ConflictError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.engine.engine import Applied, Engine
    from promptgit.remote.follower import Follower


def write(follower: Follower, action: Callable[[Engine], Applied]) -> Applied:
    """Write on top of what the remote has. It is sent before anybody here sees it, and served when this returns.

    Args:
        action: applies an edit; it must push.

    Raises:
        ConflictError: the registry is pinned, is a clone of the user's, or serves only what is signed and the user does not
            sign.
        PushRejectedError, RemoteUnavailableError: the remote refused or did not answer; nothing was written.
    """
    from promptgit.engine.engine import Engine

    _require_writable(follower)
    end = time.monotonic() + follower.settings.timeout
    with follower.held(end):
        line, repository = follower.line(), follower.clone.repository()
        follower.clone.fetch(line.branch, max(end - time.monotonic(), 0.05))
        repository.git(["update-ref", line.branch, line.tip()])
        try:
            applied = action(Engine(repository, line.branch, follower.place.prefix))
        finally:
            repository.git(["update-ref", "-d", line.branch])  # else it would be found in the place of the remote's
        change = follower.bring(end, fetch=False)
    follower.voice.changed(change)
    return applied


def _require_writable(follower: Follower) -> None:
    from promptgit.gitrepo.commits import commit_settings

    if follower.is_pinned:
        raise ConflictError("this registry is pinned", hint="Open it without rev=, or with branch=.")
    if not follower.clone.mendable:
        raise ConflictError("a clone that is followed at its remote is only read", hint="Open it without refresh=.")
    if follower.settings.offline:
        raise ConflictError(
            "writing to a remote needs the network, which PROMPTGIT_OFFLINE forbids",
            hint="Write in a clone: git clone URL, then promptgit -C DIR",
        )
    if follower.place.verify is not None and not commit_settings(follower.clone.repository()).sign:
        raise ConflictError(
            "this registry serves only what is signed, and you do not sign",
            hint="Run: git config --global commit.gpgSign true",
        )
