"""What may become current. A commit is served only if it builds on the one before, is signed where that is asked for, and can
be read: nothing that came over a network is believed, and no mistake takes down what works.

The commit that is served is kept under a ref of its own, one for each way to follow the remote (branch, folder, trust).
That ref only ever moves to a descendant, so a restart does not go back, and garbage collection leaves it alone.
"""

from __future__ import annotations

import hashlib

from promptgit import layout
from promptgit.aliases.fixed import newest_moves
from promptgit.errors import ConflictError, InvalidDocumentError, RemoteUnavailableError
from promptgit.gitrepo.objects import TREE_MODE
from promptgit.gitrepo.trees import diff_trees
from promptgit.problems import Problem
from promptgit.record import Record
from promptgit.sanitise import sanitise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.aliases.fixed import Move
    from promptgit.catalog import Catalog
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.remote.place import ClonePlace

_MOST = 8  # problems that an error tells


class Served(Record):
    """What is current: one value, swapped as a whole.

    Attributes:
        commit: its full id.
        moves: the alias moves, where the registry keeps them in tags; else None.
        catalog: the prompts.
    """

    commit: str
    moves: tuple[Move, ...] | None
    catalog: Catalog


class HistoryRewrittenError(ConflictError):
    """The remote's branch does not build on the commit that is served: it was force-pushed, or is another repository."""


class Line:
    """One way to follow a clone: which branch, whose folder, trusting whom.

    Args:
        place: the clone.
        branch: the branch's full name.
        folder: the registry's.
    """

    def __init__(self, place: ClonePlace, branch: str, folder: str) -> None:
        self.place = place
        self.branch = branch
        self._folder = folder
        trust = place.verify.identity if place.verify else ""
        self.key = hashlib.sha256(f"{branch}\0{folder}\0{trust}".encode()).hexdigest()[:16]
        self.ref = f"refs/promptgit/served/{self.key}"

    def tip(self) -> str:
        """The remote's commit, as of the last fetch.

        Raises:
            RemoteUnavailableError: it has no such branch (any more).
        """
        repository = self.place.repository()
        tip = repository.ref_commit(self.place.clone.tracking(self.branch))
        if tip is None:
            short = self.branch.removeprefix("refs/heads/")
            known = repository.git(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes"]).text.split()
            raise RemoteUnavailableError(
                f"{self.place.clone.url} has no branch {short}",
                hint=f"It has: {', '.join(known[:8]) or 'none'}. Name the one to follow: branch=, or PROMPTGIT_REV.",
            )
        return tip

    def kept(self) -> str | None:
        """The commit that was served last on this machine."""
        return self.place.repository().ref_commit(self.ref) or self._state("served").get(self.key)

    def load(self, commit: str, *, forgive: bool = False) -> Served:
        """What a commit that was accepted holds, with the aliases of now.

        Raises:
            HistoryRewrittenError: alias moves were taken away; not if that is forgiven.
            UntrustedCommitError: a move is not signed as it must be.
        """
        moves = self.place.moves(commit) if self.place.aliases_in_tags(commit) else None
        if moves is not None:
            self._admit_moves(moves, forgive)
        return Served(
            commit=commit,
            moves=tuple(sorted(moves)) if moves is not None else None,
            catalog=self.place.catalog_at(commit, moves),
        )

    def accept(self, old: str | None, new: str, *, forgive: bool = False) -> Served:
        """Make `new` the commit that is served, if it may be. The caller holds the clone's lock.

        Args:
            old: what it must build on; None if nothing was served yet, or history may be another.
            forgive: also let alias moves go that were there.

        Raises:
            HistoryRewrittenError: it does not build on `old`.
            UntrustedCommitError: it is not signed as it must be.
            InvalidDocumentError: a file that it changes cannot be read, or an alias leads nowhere.
            RegistryNotFoundError: it is no registry.
        """
        repository = self.place.repository()
        if old is not None and old != new and not is_ancestor(repository, old, new):
            raise HistoryRewrittenError(
                f"{self.place.clone.url}: {new[:10]} does not build on {old[:10]}, which is served: history was rewritten",
                hint=self._accepting(),
            )
        self.place.admit(new)
        served = self.load(new, forgive=forgive)
        if old is not None and old != new:
            require_readable(served.catalog, changed(self.place, old, new))
        if repository.ref_commit(self.ref) != new:
            repository.git(["update-ref", "--no-deref", self.ref, new])
        self._remember(served)
        return served

    def _admit_moves(self, moves: list[Move], forgive: bool) -> None:
        from promptgit.trust import check_moves

        counts = {key: count for key, (count, _) in newest_moves(moves).items()}
        back = check_moves({_pair(key): count for key, count in self._state("moves").get(self.key, {}).items()}, counts)
        if back and not forgive:
            raise HistoryRewrittenError(str(back[0]), hint=self._accepting())
        if self.place.verify is not None:
            self.place.verify_moves({f"{name}@{alias}": count for (name, alias), count in counts.items()})

    def _accepting(self) -> str:
        """How to take it all the same: for this way to follow the remote, and not for another."""
        import shlex

        url, branch = self.place.clone.url, self.branch.removeprefix("refs/heads/")
        words = ["promptgit", *(["--folder", self._folder] if self._folder else []), "sync", "--accept-rewrite"]
        words += ["--branch", branch] if branch != self.place.clone.head().removeprefix("refs/heads/") else []
        words += ["--signers", getattr(self.place.verify, "path", "FILE")] if self.place.verify else []
        return f"If that was meant: {sanitise(shlex.join([*words, url]))}, or registry.refresh(accept_rewrite=True)"

    def _remember(self, served: Served) -> None:
        known = self._state("served")
        changes = {"served": {**known, self.key: served.commit}} if known.get(self.key) != served.commit else {}
        if served.moves is not None:
            counts = {f"{name}@{alias}": count for (name, alias), (count, _) in newest_moves(served.moves).items()}
            if self._state("moves").get(self.key) != counts:
                changes["moves"] = {**self._state("moves"), self.key: counts}
        if changes:
            self.place.clone.state.update(**changes)

    def _state(self, key: str) -> dict[str, Any]:
        found = self.place.clone.state.read().get(key)
        return found if isinstance(found, dict) else {}


def _pair(label: str) -> tuple[str, str]:
    name, _, alias = label.partition("@")
    return name, alias


def is_ancestor(repository: GitRepository, one: str, other: str) -> bool:
    """Whether `other` builds on `one`; not if `one` is not there."""
    return repository.git(["merge-base", "--is-ancestor", one, other], accept=(0, 1, 128)).code == 0


def changed(place: ClonePlace, old: str, new: str) -> set[str]:
    """The paths in the registry that differ between two commits."""
    trees = [_registry_tree(place, commit) for commit in (old, new)]
    return set(diff_trees(place.repository(), trees[0], trees[1]))


def names_of(paths: set[str]) -> set[str]:
    """The prompts that these files belong to."""
    return {place.name for place in map(layout.parse_path, paths) if place is not None}


def require_readable(catalog: Catalog, paths: set[str]) -> None:
    """Raise unless every changed file can be read and every alias of a changed prompt leads to a version.

    Raises:
        InvalidDocumentError: with the first problems found.
    """
    problems: list[Problem] = []
    for path in sorted(paths):
        found = layout.parse_path(path)
        if found is not None and catalog.files.blob(path) is not None:
            problems += _unreadable(catalog, found)
    for name in sorted(names_of(paths)):
        if not any(problem.path.startswith(f"{layout.folder(name)}/") for problem in problems):
            problems += _dangling(catalog, name)
    if problems:
        raise InvalidDocumentError(
            problems[:_MOST], hint="Mend it by a new commit; the one before it goes on being served."
        )


def _unreadable(catalog: Catalog, path: layout.PromptPath) -> list[Problem]:
    try:
        if path.version is not None:
            catalog.body(path.name, path.version)
        elif path.file == layout.NOTES_FILE:
            catalog.notes(path.name)
        else:
            catalog.aliases(path.name)
    except InvalidDocumentError as error:
        return list(error.problems)
    return []


def _dangling(catalog: Catalog, name: str) -> list[Problem]:
    versions = set(catalog.versions(name))
    return [
        Problem(
            code="alias-target",
            message=f"{name}@{alias} leads to version {version}, which does not exist",
            path=layout.aliases_path(name),
            hint=f"promptgit alias set {name} {alias} VERSION -m WHY",
        )
        for alias, target in catalog.aliases(name).items()
        for version in target.versions
        if version not in versions
    ]


def _registry_tree(place: ClonePlace, commit: str) -> str | None:
    reader = place.repository().reader
    tree = reader.commit(commit)["tree"]
    for part in filter(None, place.prefix.split("/")):
        mode, oid = reader.tree(tree).get(part, ("", ""))
        if mode != TREE_MODE:
            return None
        tree = oid
    return tree
