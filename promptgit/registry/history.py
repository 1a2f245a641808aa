"""Who did what, when and why, read from the commits. Nothing of it is stored twice."""

from __future__ import annotations

import datetime

from promptgit import layout
from promptgit.gitrepo import history
from promptgit.model import Provenance
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptgit.aliases import AliasMove
    from promptgit.aliases.target import Target
    from promptgit.gitrepo.history import Commit
    from promptgit.gitrepo.repository import GitRepository


class Event(Record):
    """One commit, as far as it concerns prompts.

    Attributes:
        commit: its full id.
        author, email: who wrote the change.
        time: when, in UTC.
        message: the whole commit message.
        changes: (prompt, what happened) pairs, such as ("support.refunds", "version 3 added"), sorted.
    """

    commit: str
    author: str
    email: str
    time: datetime.datetime
    message: str
    changes: tuple[tuple[str, str], ...]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def as_utc(seconds: float) -> datetime.datetime:
    """Seconds since the epoch as an aware datetime."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def events(
    repository: GitRepository,
    tip: str | None,
    prefix: str,
    names: Sequence[str] = (),
    *,
    limit: int | None = None,
) -> Iterator[Event]:
    """What happened to some prompts (all, if none is named), newest first."""
    paths = [prefix + layout.folder(name) for name in names] or [prefix + layout.PROMPTS]
    for commit in history.log(repository, tip, paths, limit=limit):
        changes = []
        for file in commit.files:
            at = layout.parse_path(file.path.removeprefix(prefix))
            if at is not None and (not names or at.name in names):
                verb = "added" if file.old is None else "removed" if file.new is None else "changed"
                what = (
                    f"version {at.version}" if at.version else "aliases" if at.file == layout.ALIASES_FILE else "notes"
                )
                changes.append((at.name, f"{what} {verb}"))
        if changes:
            yield Event(
                commit=commit.commit,
                author=commit.author,
                email=commit.email,
                time=as_utc(commit.time),
                message=commit.message,
                changes=tuple(sorted(changes)),
            )


def provenance(repository: GitRepository, tip: str | None, prefix: str, names: Sequence[str]) -> dict[int, Provenance]:
    """The commit that added each version of the prompt that bore these names, in a shallow clone as far as it reaches.

    A version is what was added first under its number and under any of the names: a rename adds files anew.
    """
    cut = shallow_commits(repository)
    found: dict[int, Provenance] = {}
    for commit in history.log(repository, tip, [prefix + layout.folder(name) for name in names]):
        for file in commit.files:
            at = layout.parse_path(file.path.removeprefix(prefix))
            if at is None or not at.version or at.name not in names or file.old is not None:
                continue
            if commit.commit in cut:
                found.pop(at.version, None)
            else:
                found[at.version] = _provenance(commit)
    return found


def all_provenance(repository: GitRepository, tip: str | None, prefix: str) -> dict[str, dict[int, Provenance]]:
    """The same for every prompt at once, under the names that they were added by: one pass over the history."""
    cut = shallow_commits(repository)
    found: dict[str, dict[int, Provenance]] = {}
    for commit in history.log(repository, tip, [prefix + layout.PROMPTS]):
        if commit.commit in cut:
            continue
        for file in commit.files:
            at = layout.parse_path(file.path.removeprefix(prefix))
            if at is not None and at.version and file.old is None:
                found.setdefault(at.name, {})[at.version] = _provenance(commit)
    return found


def under_all_names(
    everything: Mapping[str, Mapping[int, Provenance]], name: str, former_names: Sequence[str]
) -> dict[int, Provenance]:
    """What `all_provenance` says of one prompt. Of a version that was renamed along, the oldest name's commit counts.

    Args:
        former_names: oldest first.
    """
    found: dict[int, Provenance] = {}
    for known in (name, *reversed(former_names)):
        found |= everything.get(known, {})
    return found


def rollback_target(moves: Sequence[AliasMove]) -> Target | None:
    """What an alias goes back to: the state before the newest move, as undo sees it.

    Going back to where it came from takes a step off the path instead of adding one. So after 1, 2, 3 a rollback gives 2 and
    the next one 1, not 3 again.

    Args:
        moves: of one alias, newest first.
    """
    path: list[Target] = []
    for move in reversed(moves):
        if move.new is None:
            continue
        if len(path) > 1 and move.new == path[-2]:
            path.pop()
        elif not path or move.new != path[-1]:
            path.append(move.new)
    return path[-2] if len(path) > 1 else None


def _provenance(commit: Commit) -> Provenance:
    return Provenance(
        commit=commit.commit,
        message=commit.message,
        author=commit.author,
        email=commit.email,
        created_at=as_utc(commit.time),
    )


def shallow_commits(repository: GitRepository) -> frozenset[str]:
    """Where history was cut off: there every file looks as if it had just been added."""
    if not repository.is_shallow:
        return frozenset()
    import os

    with open(os.path.join(repository.common_dir, "shallow"), encoding="ascii") as file:
        return frozenset(file.read().split())
