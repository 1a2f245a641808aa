"""When prompts and versions were made, and by whom: one walk over the history, continued whenever the branch has moved on.

MLflow asks for these times with every record, so a `git log` for each prompt would be most of the work of a request.
"""

from __future__ import annotations

import threading

from promptgit import layout
from promptgit.gitrepo import history
from promptgit.model import Provenance
from promptgit.record import Record
from promptgit.registry.history import as_utc, shallow_commits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from promptgit.gitrepo.history import Commit
    from promptgit.gitrepo.repository import GitRepository


_KEPT = 8
"""How many commits' pasts are kept: requests that run at once may each be at another of the newest commits."""


class Step(Record):
    """A moment of the history.

    Attributes:
        order: it grows from commit to commit; what git's whole seconds do not tell apart.
        time: when, in seconds since the epoch.
    """

    order: int
    time: int


class Past(Record):
    """What became of a prompt.

    Attributes:
        created: when there was something of it for the first time.
        updated: when a version was added or removed last.
        versions: the commit that added each version, with its place in the history.
    """

    created: Step
    updated: Step
    versions: Mapping[int, tuple[Step, Provenance]] = {}

    def joined(self, former: Past) -> Past:
        """This prompt together with what it was under a former name."""
        return Past(
            created=min(self.created, former.created, key=lambda step: step.order),
            updated=max(self.updated, former.updated, key=lambda step: step.order),
            versions={**self.versions, **former.versions},
        )


class Origins:
    """The past of all prompts, as of a commit.

    Args:
        repository: where to read.
        prefix: the registry's folder in the repository.
    """

    def __init__(self, repository: GitRepository, prefix: str) -> None:
        self._repository = repository
        self._prefix = prefix
        self._lock = threading.Lock()
        self._known: dict[str | None, tuple[Mapping[str, Past], int]] = {}

    def at(self, commit: str | None) -> Mapping[str, Past]:
        """The prompts' pasts by name, as of a commit. What is handed out does not change any more."""
        with self._lock:
            found = self._known.get(commit)
            if found is None:
                found = self._known[commit] = self._walk(commit)
                if len(self._known) > _KEPT:
                    del self._known[next(iter(self._known))]
            return found[0]

    def _walk(self, commit: str | None) -> tuple[Mapping[str, Past], int]:
        """The pasts as of a commit, from the last known ones before it on, and how many commits there were."""
        since = self._known_before(commit)
        known, order = self._known[since] if since else ({}, 0)
        pasts = dict(known)
        found = history.log(self._repository, commit, [self._prefix + layout.PROMPTS], since=since, graph=not since)
        return pasts, self._read(reversed(list(found)), pasts, order)

    def _known_before(self, commit: str | None) -> str | None:
        """A commit whose pasts are known, and which this one builds on."""
        newest = next(reversed(self._known), None)
        if commit is None or newest is None:
            return None
        parents = self._repository.reader.commit(commit).get("parent", "").split()
        for parent in parents:  # mostly it is one of these, and git is not asked
            if parent in self._known:
                return parent
        args = ["merge-base", "--is-ancestor", "--end-of-options", newest, commit]
        return newest if self._repository.git(args, accept=(0, 1, 128)).code == 0 else None

    def _read(self, commits: Iterable[Commit], pasts: dict[str, Past], order: int) -> int:
        cut = shallow_commits(self._repository)
        for commit in commits:
            order += 1
            step = Step(order=order, time=commit.time)
            for file in commit.files:
                at = layout.parse_path(file.path.removeprefix(self._prefix))
                if at is None:
                    continue
                past = pasts.get(at.name) or Past(created=step, updated=step)
                changes: dict[str, Any] = {}
                if at.version and (file.old is None or file.new is None):
                    changes["updated"] = step
                    if file.old is None and commit.commit not in cut:
                        origin = (step, _provenance(commit))
                        changes["versions"] = {at.version: origin, **past.versions}  # the first to have the number
                pasts[at.name] = past.replace(**changes)
        return order


def past_of(pasts: Mapping[str, Past], name: str, former_names: Sequence[str] = ()) -> Past | None:
    """The past of a prompt, what it was under former names included; None if no commit has it.

    Args:
        former_names: oldest first; a rename adds the files anew, so the oldest name's commits count.
    """
    found = [pasts[known] for known in (name, *reversed(former_names)) if known in pasts]
    if not found:
        return None
    joined = found[0]
    for former in found[1:]:
        joined = joined.joined(former)
    return joined


def _provenance(commit: Commit) -> Provenance:
    return Provenance(
        commit=commit.commit,
        message=commit.message,
        author=commit.author,
        email=commit.email,
        created_at=as_utc(commit.time),
    )
