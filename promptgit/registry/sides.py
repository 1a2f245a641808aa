"""The two sides of a merge, and whose version numbers stay.

The target branch's do: others have seen them. In a merge it is the side that is already in the target branch, which is what
`onto` names, else the branch's own remote branch (what was pulled is public), else the default branch. If that leaves it
open, the branch that is merged into keeps its numbers. In a rebase and a cherry-pick, what commits are put on keeps them.
"""

from __future__ import annotations

import os

from promptgit import layout
from promptgit.errors import ConflictError
from promptgit.gitrepo.trees import diff_trees
from promptgit.record import Record
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry
    from promptgit.registry.renumber import Move

_OPERATIONS = (
    ("rebase-merge", "REBASE_HEAD", "rebase"),
    ("rebase-apply", "REBASE_HEAD", "rebase"),
    ("CHERRY_PICK_HEAD", "CHERRY_PICK_HEAD", "cherry-pick"),
    ("MERGE_HEAD", "MERGE_HEAD", "merge"),
)
_RESUME = {"merge": "git commit", "rebase": "git rebase --continue", "cherry-pick": "git cherry-pick --continue"}
_DEFAULTS = ("refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master")


class Sides(Record):
    """Two commits that parted, and what is to become of their numbers.

    Attributes:
        base: where they parted; an empty state if they have nothing in common.
        ours, theirs: as git calls them in a conflict: HEAD, and what comes in.
        keeper, loser: the same two, by whose numbers stay.
        keeper_label: what to call the keeper.
        reason: why it is the keeper.
        operation: `merge`, `rebase` or `cherry-pick` if one is under way.
        later: the commit that a rebase will end with, before it is rewritten.
    """

    base: CommitSource
    ours: CommitSource
    theirs: CommitSource
    keeper: CommitSource
    loser: CommitSource
    keeper_label: str
    reason: str
    operation: str | None = None
    later: CommitSource | None = None
    _repository: GitRepository

    @property
    def resume(self) -> str:
        """The command that finishes the operation; empty if none is under way."""
        return _RESUME.get(self.operation or "", "")

    def touched(self) -> set[str]:
        """The prompts that the losing side has changed since they parted."""
        trees = [side.entry(layout.PROMPTS) for side in (self.base, self.loser)]
        old, new = (entry[1] if entry else None for entry in trees)
        paths = (layout.parse_path(path) for path in diff_trees(self._repository, old, new, f"{layout.PROMPTS}/"))
        return {found.name for found in paths if found}

    def later_aliases(self, moves: Sequence[Move]) -> Iterator[str]:
        """Sentences on aliases that the rest of a rebase will point to an old number."""
        from promptgit.aliases.merge import renumber_aliases

        for move in moves if self.later else ():
            path = layout.aliases_path(move.name)
            now, at_end = (side.read(path) or b"" for side in (self.loser, self.later or self.loser))
            if renumber_aliases(at_end, move.numbers, now) != at_end:
                yield (
                    f"a later commit of this rebase points an alias of {move.name} to its old number: "
                    f"look at {path} when the rebase is done"
                )


def find_sides(registry: Registry, onto: str | None) -> Sides:
    """The two sides of what is under way, or else of HEAD and the branch that it will be merged into.

    Raises:
        ConflictError: there is no telling.
        RevisionNotFoundError: there is nothing called `onto`.
    """
    repository = registry.repository()
    target = repository.resolve(onto).commit if onto else None
    found = next((row for row in _OPERATIONS if os.path.exists(os.path.join(repository.git_dir, row[0]))), None)
    if found is None:
        _require_no_other_conflict(repository)
        return _before_merging(registry, onto, target)
    _, ref, operation = found
    theirs = _incoming(repository, ref, operation)
    ours = repository.ref_commit("HEAD")
    if operation == "merge":
        base = _merge_base(repository, ours, theirs)
        ours_stay, label, reason = _whose_stay(repository, ours or "", theirs, onto, target)
    else:
        base = repository.reader.commit(theirs).get("parent", "").partition(" ")[0] or None
        ours_stay, label = True, "what is already there"
        reason = f"a {operation} puts commits on top of it"
    sources = [_source(registry, commit) for commit in (base, ours, theirs)]
    return Sides(
        base=sources[0],
        ours=sources[1],
        theirs=sources[2],
        keeper=sources[1 if ours_stay else 2],
        loser=sources[2 if ours_stay else 1],
        keeper_label=label,
        reason=reason,
        operation=operation,
        later=_end_of_rebase(registry) if operation == "rebase" else None,
        _repository=repository,
    )


def _before_merging(registry: Registry, onto: str | None, target: str | None) -> Sides:
    repository = registry.repository()
    head = repository.ref_commit(registry.engine().branch())
    label = onto or ""
    if target is None:
        label, target = _default_target(repository)
    base = _source(registry, _merge_base(repository, head, target))
    ours, theirs = _source(registry, head), _source(registry, target)
    return Sides(
        base=base,
        ours=ours,
        theirs=theirs,
        keeper=theirs,
        loser=ours,
        keeper_label=label,
        reason="this branch will be merged into it",
        _repository=repository,
    )


def _whose_stay(
    repository: GitRepository, ours: str, theirs: str, onto: str | None, target: str | None
) -> tuple[bool, str, str]:
    """Whether our numbers stay in a merge, what that side is called, and why."""
    here = _short(repository.head_ref() or "HEAD")
    there = _name_of(repository, theirs)
    if onto is not None and target is not None:
        for ours_stay, commit, label in ((False, theirs, there), (True, ours, here)):
            if _is_in(repository, commit, target):
                return ours_stay, label, _in(onto, label)
        raise ConflictError(
            f"neither side of this merge is in {onto}", hint="Name the branch that one of them comes from with --onto."
        )
    remote = _upstream(repository)
    if remote and _is_in(repository, theirs, remote[1]):
        return False, there, f"it is in {_short(remote[0])} already"
    for ref, commit in _defaults(repository):
        if ref.rpartition("/")[2] == here:
            return True, here, "it is the branch that is merged into"
        for ours_stay, side, label in ((False, theirs, there), (True, ours, here)):
            if _is_in(repository, side, commit):
                return ours_stay, label, _in(_short(ref), label)
    return True, here, "it is the branch that is merged into"


def _in(target: str, label: str) -> str:
    return f"it is in {target}" if target != label else "the other side will be merged into it"


# --- commits --------------------------------------------------------------------------------------------------------


def _source(registry: Registry, commit: str | None) -> CommitSource:
    return CommitSource(registry.repository(), commit, registry.prefix)


def _incoming(repository: GitRepository, ref: str, operation: str) -> str:
    commit = repository.ref_commit(ref)
    if commit is None:
        raise ConflictError(
            f"a {operation} is under way, but git does not say of which commit", hint="See where it stands: git status"
        )
    return commit


def _require_no_other_conflict(repository: GitRepository) -> None:
    """A squash, a stash or a patch conflicts too, but leaves no trace of the commit that its numbers come from."""
    if repository.git(["ls-files", "--unmerged", "-z"]).out:
        raise ConflictError(
            "there are conflicts, but no merge, rebase or cherry-pick is under way",
            hint="Take it back (git reset --merge), and run promptgit renumber --onto BRANCH on the branch that comes in.",
        )


def _merge_base(repository: GitRepository, one: str | None, other: str) -> str | None:
    if one is None:
        return None
    return repository.git(["merge-base", one, other], accept=(0, 1)).text or None


def _is_in(repository: GitRepository, commit: str, tip: str) -> bool:
    return repository.git(["merge-base", "--is-ancestor", commit, tip], accept=(0, 1)).code == 0


def _end_of_rebase(registry: Registry) -> CommitSource | None:
    for folder in ("rebase-merge", "rebase-apply"):
        try:
            with open(os.path.join(registry.repository().git_dir, folder, "orig-head"), encoding="ascii") as file:
                return _source(registry, file.read().strip())
        except FileNotFoundError:
            continue
    return None


# --- branches -------------------------------------------------------------------------------------------------------


def _upstream(repository: GitRepository) -> tuple[str, str] | None:
    """The remote branch that the current one follows: its full name, and its commit."""
    ref = repository.git(["rev-parse", "--symbolic-full-name", "@{upstream}"], accept=(0, 128)).text
    commit = repository.ref_commit(ref) if ref else None
    return (ref, commit) if commit else None


def _defaults(repository: GitRepository) -> Iterator[tuple[str, str]]:
    """The branches that may be the default one, likeliest first: full name, and commit."""
    for ref in _DEFAULTS:
        commit = repository.ref_commit(ref)
        if commit is not None:
            name = repository.git(["symbolic-ref", "-q", ref], accept=(0, 1)).text
            yield name or ref, commit


def _default_target(repository: GitRepository) -> tuple[str, str]:
    here = repository.head_ref()
    for ref, commit in _defaults(repository):
        if ref != here:
            return _short(ref), commit
    raise ConflictError(
        "there is no telling which branch this one will be merged into",
        hint="Name it: promptgit renumber --onto BRANCH",
    )


def _name_of(repository: GitRepository, commit: str) -> str:
    """A branch that ends at a commit, or its short id."""
    args = ["for-each-ref", f"--points-at={commit}", "--format=%(refname)", "refs/heads", "refs/remotes"]
    names = (name for name in repository.git(args).text.split("\n") if name and not name.endswith("/HEAD"))
    return next((_short(name) for name in names), commit[:10])


def _short(ref: str) -> str:
    for folder in ("refs/heads/", "refs/remotes/"):
        ref = ref.removeprefix(folder)
    return ref
