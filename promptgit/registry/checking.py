"""`Registry.check`: which state is checked, what it is compared with, and how much of it is looked at."""

from __future__ import annotations

import os

from promptgit import layout
from promptgit.checks import policies
from promptgit.checks.change import Change
from promptgit.checks.runner import examine
from promptgit.checks.subject import State
from promptgit.errors import GitError, InvalidReferenceError, PromptGitError, RegistryNotFoundError
from promptgit.gitrepo.trees import diff_trees
from promptgit.record import Record
from promptgit.registry import views
from promptgit.registry.sides import find_sides
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from promptgit.catalog import Catalog
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.problems import Problem
    from promptgit.registry.registry import Registry

_GIT_S = 120.0


class Scope(Record):
    """What to check.

    Attributes:
        files: only these files, and the prompts that they belong to: paths as the user writes them, folders included.
        base: only what changed since this revision forked off, and against it; None compares with HEAD.
        staged: what the next commit would hold, instead of the working tree; only what it changes, and `files`.
        history: every commit behind it, too.
        only: names of checks; empty runs all.
    """

    files: tuple[str, ...] = ()
    base: str | None = None
    staged: bool = False
    history: bool = False
    only: frozenset[str] = frozenset()


class Checking(Record):
    """A run of the checks that is set up.

    Attributes:
        change: what it is about.
        paths: what it looks at; None is everything.
        scope: as it was asked for.
    """

    change: Change
    paths: frozenset[str] | None
    scope: Scope

    def problems(self, progress: Callable[[int], None] | None = None) -> list[Problem]:
        """What is wrong, by path and line."""
        return examine(self.change, self.paths, only=self.scope.only or None, progress=progress)


def prepare(registry: Registry, scope: Scope) -> Checking:
    """Set up a run of the checks.

    Raises:
        RevisionNotFoundError: there is no such base.
        InvalidReferenceError: a file is not in the registry.
        GitError: the index holds a conflict, or git is not usable.
    """
    if not _has_repository(registry):
        if scope.base or scope.staged or scope.history:
            registry.repository()  # tells why
        return Checking(change=Change(State(registry.catalog)), paths=_given(registry, scope), scope=scope)
    repository = registry.repository()
    after, tree = _after(registry, repository, scope)
    tip = registry.commit or repository.ref_commit("HEAD")
    base, onto = _base(registry, repository, scope, tip)
    algorithm = repository.algorithm
    before = _state(registry, base) if base else None
    paths = _given(registry, scope)
    changed: frozenset[str] | None = None
    if before is not None and base is not None and (paths is None or scope.staged):
        changed = frozenset(_changed(registry, repository, base, tree))
        paths = changed | (paths or frozenset()) if scope.base or scope.staged else None
    elif paths is not None and before is not None:
        state = before
        changed = frozenset(path for path in paths if after.blob(path) != state.blob(path))
    return Checking(
        change=Change(
            after,
            before,
            onto=State(registry.at(onto).catalog, algorithm) if onto else None,
            base=scope.base or "",
            changed=changed,
            facts=views.facts(registry.opened, policies.PROPOSED, base),
            repository=repository if scope.history else None,
            tip=tip,
        ),
        paths=paths,
        scope=scope,
    )


def _has_repository(registry: Registry) -> bool:
    try:
        return bool(registry.repository())
    except GitError:
        return False


def _state(registry: Registry, commit: str) -> State | None:
    """The registry at a commit; None if it was not there yet."""
    try:
        return State(registry.at(commit).catalog, registry.repository().algorithm)
    except PromptGitError:
        return None


def _after(registry: Registry, repository: GitRepository, scope: Scope) -> tuple[State, str | None]:
    """The state to check, and its tree; None for the working tree."""
    catalog: Catalog
    tree: str | None
    if scope.staged:
        tree = staged_tree(repository)
        source = CommitSource(repository, None, registry.prefix, tree=tree)
        if source.entry(layout.REGISTRY_FILE) is None:
            hint = f"Stage it, too: git add {layout.REGISTRY_FILE}"
            raise RegistryNotFoundError(f"the next commit would have prompts, but no {layout.REGISTRY_FILE}", hint=hint)
        catalog = registry.opened.catalog(source)[0]
    else:
        catalog = registry.catalog
        tree = repository.reader.commit(registry.commit)["tree"] if registry.commit else None
    return State(catalog, repository.algorithm), tree


def staged_tree(repository: GitRepository) -> str:
    """The tree that the next commit would have. In a hook that is the index that git names, which may be a temporary one.

    Raises:
        GitError: the index holds a conflict.
    """
    named = os.environ.get("GIT_INDEX_FILE", "")
    path = os.path.join(repository.work_tree or repository.git_dir, named)
    inside = named and os.path.realpath(os.path.dirname(path)) == os.path.realpath(repository.git_dir)
    try:
        return repository.git(["write-tree"], env={"GIT_INDEX_FILE": path} if inside else None).text
    except GitError as error:
        if "unmerged" in error.stderr or "not added yet" in error.stderr or "error building trees" in error.stderr:
            hint = "Resolve it first. If two branches added the same version: promptgit renumber"
            raise GitError("the index holds a conflict", stderr=error.stderr, hint=hint) from None
        raise


def _base(
    registry: Registry, repository: GitRepository, scope: Scope, tip: str | None
) -> tuple[str | None, str | None]:
    """The commit to compare with, and the tip of the base branch if that has moved on since."""
    if scope.base is None:
        if scope.staged and repository.operation() == "a merge":
            # the numbers of the other side are new to the branch that this goes to, and may have been moved
            return find_sides(registry, None).keeper.commit, None
        return (tip if registry.commit is None or scope.staged else None), None
    named = views.resolve(registry.opened, scope.base).commit
    fork = merge_base(repository, named, tip) if tip else None
    return fork or named, named if fork and fork != named else None


def merge_base(repository: GitRepository, one: str, other: str) -> str | None:
    """The best common ancestor of two commits, or None."""
    return repository.git(["merge-base", one, other], accept=(0, 1), deadline=_GIT_S).text or None


def _changed(registry: Registry, repository: GitRepository, base: str, tree: str | None) -> Iterator[str]:
    """The registry's paths that differ from a commit: all of a tree's, or of the working tree's."""
    prefix = registry.prefix
    if tree is not None:
        found: Iterable[str] = diff_trees(repository, repository.reader.commit(base)["tree"], tree)
    else:
        within = ["--", f"{prefix}{layout.PROMPTS}", f"{prefix}{layout.REGISTRY_FILE}"]
        options = ["--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none"]
        known = repository.git(["diff", *options, base, *within], deadline=_GIT_S)
        new = repository.git(["ls-files", "--others", "-z", *within], deadline=_GIT_S)
        found = (known.out + new.out).decode("utf-8", "surrogateescape").split("\0")
    for full in found:
        path = full.removeprefix(prefix)
        if full.startswith(prefix) and (path.startswith(f"{layout.PROMPTS}/") or path == layout.REGISTRY_FILE):
            yield path


def _given(registry: Registry, scope: Scope) -> frozenset[str] | None:
    """The files that the user named, relative to the registry; None if none were."""
    if not scope.files:
        return None
    root = os.path.realpath(registry.path)
    found: set[str] = set()
    for file in scope.files:
        folder, name = os.path.split(os.path.abspath(file))
        full = os.path.join(os.path.realpath(folder), name)
        path = os.path.relpath(full, root).replace(os.sep, "/")
        if path.startswith("../"):
            raise InvalidReferenceError(f"{file} is not in the registry {registry.path}")
        found |= set(_below(registry.catalog, path)) if os.path.isdir(full) and not os.path.islink(full) else {path}
    return frozenset(found)


def _below(catalog: Catalog, folder: str) -> Iterator[str]:
    """All files under a folder; `.` is the registry itself."""
    if folder == ".":
        yield layout.REGISTRY_FILE
        folder = layout.PROMPTS
    for name, is_folder in catalog.files.entries(folder).items():
        if is_folder:
            yield from _below(catalog, f"{folder}/{name}")
        else:
            yield f"{folder}/{name}"
