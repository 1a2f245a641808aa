"""The last step of every import: many commits become the branch's, all at once.

A date in a reference finds the last commit that was made by then (`git rev-list --min-age`: the committer's time). So the
times of committers never go back on a branch that has a past. There they begin with the tip's, because by the date of an old
version it was not here; its author's time tells how old it is. Only in a new registry, where nothing has happened to prompts
since the first were made, they are those of the versions: then dates travel through what is imported.
"""

from __future__ import annotations

import time

from promptgit import layout
from promptgit.gitrepo import fast_import, maintenance
from promptgit.gitrepo.objects import object_id
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from promptgit.engine.engine import Engine
    from promptgit.source import CommitSource

    Progress = Callable[[int, int], None]


class Step(Record):
    """One commit of an import.

    Attributes:
        name: the prompt.
        version: the version that it adds; None if it only changes notes.
        message: kept byte for byte.
        files: path in the registry -> new content.
        time: when it was written, in seconds since the epoch; None for now.
        author: `Name <email>`; empty for the committer.
    """

    name: str
    version: int | None
    message: str
    files: Mapping[str, bytes]
    time: int | None = None
    author: str = ""


class Landed(Record):
    """What became of the commits.

    Attributes:
        commit: the branch's tip; None if it has no commit.
        warnings: what could not be done after they were safe, as sentences.
    """

    commit: str | None
    warnings: tuple[str, ...] = ()


def land(
    engine: Engine,
    branch: str,
    source: CommitSource,
    steps: Sequence[Step],
    *,
    note: str,
    push: bool = False,
    progress: Progress | None = None,
) -> Landed:
    """Make commits on top of a tip and move the branch to the last one.

    Args:
        branch, source: as `Engine.landing` gave them; it must still hold the lock.
        steps: the commits, oldest first; if there is none, nothing is done.
        note: for the reflog.
        push: succeed only once the remote has them too.
        progress: called with commits done and commits in all.

    Raises: as `Engine.land` does; then nothing has changed.
    """
    tip = source.commit
    if not steps:
        return Landed(commit=tip)
    committer = fast_import.identity(engine.repository)
    commits = _commits(engine, source, steps, committer, progress)
    made = fast_import.import_commits(engine.repository, tip, committer, commits)
    warnings = engine.land(branch, tip, made or "", _blobs(engine, source, steps), note=note, push=push)
    fast_import.discard(engine.repository)
    maintenance.update_graph(engine.repository, force=True)
    return Landed(commit=made, warnings=tuple(warnings))


def _commits(
    engine: Engine, source: CommitSource, steps: Sequence[Step], committer: str, progress: Progress | None
) -> Iterator[fast_import.NewCommit]:
    now, latest = int(time.time()), _earliest(engine, source)
    for done, step in enumerate(steps, 1):
        when = now if step.time is None else step.time
        latest = max(latest, min(when, now))  # a clock that was ahead must not hide what is committed after it
        yield fast_import.NewCommit(
            author=step.author or committer,
            time=when,
            committed=latest,
            message=step.message,
            files={engine.prefix + path: data for path, data in step.files.items()},
        )
        if progress is not None:
            progress(done, len(steps))


def _earliest(engine: Engine, source: CommitSource) -> int:
    """When the first commit may have been made at the earliest, in seconds since the epoch; see above."""
    git, tip = engine.repository.git, source.commit
    if tip is None:
        return 0
    past = git(["rev-list", "--max-count=2", "--end-of-options", tip, "--", layout.PROMPTS]).text
    if not engine.prefix and len(past.split()) < 2:  # in a folder of something else the past is also that of others
        return 0
    return int(git(["show", "--no-patch", "--format=%ct", "--end-of-options", tip]).text)


def _blobs(engine: Engine, source: CommitSource, steps: Sequence[Step]) -> dict[str, tuple[str | None, str | None]]:
    """Path in the repository -> blobs before and after, for all files that the commits write."""
    algorithm = engine.repository.algorithm
    after = {path: data for step in steps for path, data in step.files.items()}
    found: dict[str, tuple[str | None, str | None]] = {}
    for path, data in after.items():
        entry = source.entry(path)
        found[engine.prefix + path] = (entry[1] if entry else None, object_id("blob", data, algorithm))
    return found
