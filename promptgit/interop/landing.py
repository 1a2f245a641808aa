"""The last step of every import: many commits become the branch's, all at once."""

from __future__ import annotations

from promptgit.gitrepo import fast_import, maintenance
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.engine.engine import Engine
    from promptgit.gitrepo.fast_import import NewCommit


class Landed(Record):
    """What became of the commits.

    Attributes:
        commit: the branch's tip.
        warnings: what could not be done after they were safe, as sentences.
    """

    commit: str | None
    warnings: tuple[str, ...] = ()


def land(
    engine: Engine,
    branch: str,
    tip: str | None,
    committer: str,
    commits: Iterable[NewCommit],
    blobs: Mapping[str, tuple[str | None, str | None]],
    *,
    note: str,
    push: bool,
) -> Landed:
    """Make commits on top of a tip and move the branch to the last one.

    Args:
        branch, tip: as `Engine.landing` gave them; it must still hold the lock.
        committer: `Name <email>`.
        blobs: all files that the commits write: path in the repository -> blobs before and after.
        note: for the reflog.
        push: succeed only once the remote has them too.

    Raises: as `Engine.land` does; then nothing has changed.
    """
    made = fast_import.import_commits(engine.repository, tip, committer, commits)
    warnings = engine.land(branch, tip, made or "", blobs, note=note, push=push)
    fast_import.discard(engine.repository)
    maintenance.update_graph(engine.repository, force=True)
    return Landed(commit=made, warnings=tuple(warnings))
