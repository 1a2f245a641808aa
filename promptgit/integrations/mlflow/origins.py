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
    from collections.abc import Iterable, Mapping
    from typing import Any

    from promptgit.gitrepo.history import Commit
    from promptgit.gitrepo.repository import GitRepository


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
        self._commit: str | None = None
        self._order = 0
        self._pasts: dict[str, Past] = {}

    def at(self, commit: str | None) -> Mapping[str, Past]:
        """The prompts' pasts by name, as of a commit. What is handed out does not change any more."""
        with self._lock:
            if commit != self._commit:
                self._advance(commit)
            return self._pasts

    def _advance(self, commit: str | None) -> None:
        follows = self._commit is not None and commit is not None and self._is_ancestor(self._commit, commit)
        pasts, order = (dict(self._pasts), self._order) if follows else ({}, 0)
        since = self._commit if follows else None
        found = history.log(self._repository, commit, [self._prefix + layout.PROMPTS], since=since, graph=not follows)
        self._order = self._read(reversed(list(found)), pasts, order)
        self._pasts, self._commit = pasts, commit

    def _is_ancestor(self, old: str, new: str) -> bool:
        if old in self._repository.reader.commit(new).get("parent", "").split():  # mostly, and without asking git
            return True
        args = ["merge-base", "--is-ancestor", "--end-of-options", old, new]
        return self._repository.git(args, accept=(0, 1, 128)).code == 0

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


def past_of(pasts: Mapping[str, Past], name: str, former_names: Iterable[str] = ()) -> Past | None:
    """The past of a prompt, what it was under former names included; None if no commit has it."""
    found = [pasts[known] for known in (name, *former_names) if known in pasts]
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
