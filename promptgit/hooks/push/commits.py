"""The commits of a push."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.hooks.push.server import Server

_FORMAT = "--format=%H %T %P"


class Commit(Record):
    """A commit.

    Attributes:
        oid: its id.
        tree: of its root tree.
        parents: their ids; several for a merge, none for a first commit.
    """

    oid: str
    tree: str
    parents: tuple[str, ...]


def new_commits(server: Server, tips: Iterable[str], moves: Iterable[tuple[str, str]]) -> dict[str, Commit]:
    """The commits to judge, parents before children: all that the server has not, and all that come to a protected branch.

    The latter were judged when they came to another branch; what was harmless there may not be so here.

    Args:
        tips: commits or tags that refs are moved to.
        moves: (old, new) of protected branches.
    """
    found: dict[str, Commit] = {}
    for old, new in moves:
        found |= _listed(server, [new, f"^{old}"])
    return found | _listed(server, tips, "--not", "--all")


def _listed(server: Server, lines: Iterable[str], *but: str) -> dict[str, Commit]:
    args = ["rev-list", "--topo-order", "--reverse", "--no-commit-header", _FORMAT, "--stdin", *but]
    found = {}
    for row in server.git(args, stdin="".join(f"{line}\n" for line in lines).encode()).text.splitlines():
        oid, tree, *parents = row.split()
        found[oid] = Commit(oid=oid, tree=tree, parents=tuple(parents))
    return found


class Step(Record):
    """A change of a protected branch: its state at `before` became that at `after`."""

    before: str | None
    after: Commit


def steps(commits: Mapping[str, Commit], old: str | None, new: str) -> list[Step]:
    """What a push does to a protected branch, one after the other.

    The way leads from the new tip to the old one, at merges over the parent that has the old tip in its history: that one is
    the branch, whichever parent `git pull` has made the first. History is told by first parents later on; so where these lead
    elsewhere, the commits there are steps as well.

    Args:
        commits: those that come to the branch are among them.
        old: the branch before; None if it is new.
    """
    if old is None:
        return [
            Step(before=commit.parents[0] if commit.parents else None, after=commit) for commit in _firsts(commits, new)
        ]
    younger = _descendants(commits, old)
    chosen: dict[str, Step] = {}
    at = new
    while at != old and at in commits:
        commit = commits[at]
        before = next((parent for parent in commit.parents if parent in younger), None)
        chosen[at] = Step(before=before or _known(commit, commits), after=commit)
        at = chosen[at].before or old
    for commit in _firsts(commits, new):
        chosen.setdefault(commit.oid, Step(before=_known(commit, commits), after=commit))
    return [chosen[oid] for oid in commits if oid in chosen]


def _descendants(commits: Mapping[str, Commit], old: str) -> set[str]:
    """A commit, and all that have it in their history."""
    children: dict[str, list[str]] = {}
    for commit in commits.values():
        for parent in commit.parents:
            children.setdefault(parent, []).append(commit.oid)
    found, left = {old}, [old]
    while left:
        new = [child for child in children.get(left.pop(), ()) if child not in found]
        found.update(new)
        left += new
    return found


def _firsts(commits: Mapping[str, Commit], tip: str) -> list[Commit]:
    """The new commits on the way of first parents, oldest first."""
    found = []
    while tip in commits:
        found.append(commits[tip])
        tip = commits[tip].parents[0] if commits[tip].parents else ""
    return found[::-1]


def _known(commit: Commit, commits: Mapping[str, Commit]) -> str | None:
    """The parent to compare with: one that the branch has already, else the first."""
    known = (parent for parent in commit.parents if parent not in commits)
    return next(known, commit.parents[0] if commit.parents else None)
