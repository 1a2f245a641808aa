"""What a registry held at the last look, and what has changed in it since."""

from __future__ import annotations

import os

from promptgit import layout
from promptgit.aliases.fixed import FixedAliases, targets_of
from promptgit.aliases.tags import TagAliases
from promptgit.catalog import Catalog
from promptgit.errors import InvalidDocumentError
from promptgit.gitrepo.trees import diff_trees
from promptgit.record import Record
from promptgit.registry.changes import PromptChange, PromptState, compare, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    from promptgit.aliases.target import Target
    from promptgit.gitrepo.repository import GitRepository

    class States(Protocol):
        """Remembers what there was."""

        def compare(self, catalog: Catalog, paths: Iterable[str]) -> Found:
            """What changed.

            Args:
                catalog: what the registry reads now.
                paths: absolute paths that have changed.
            """


class Found(Record):
    """What changed between two looks.

    Attributes:
        old, new: the commits, as in `Change`.
        prompts: name -> change; one whose aliases became unreadable, or readable again, is there even if nothing else changed.
        unreadable: prompts whose aliases cannot be read now.
        paths: what to check, relative to the registry's root.
    """

    old: str | None
    new: str | None
    prompts: Mapping[str, PromptChange]
    unreadable: tuple[str, ...]
    paths: frozenset[str]


class _Seen(Record):
    """A prompt at a look. `fault` says why its aliases could not be read: then they are those that could be read last."""

    state: PromptState
    fault: str = ""


_NOTHING = _Seen(state=PromptState(versions={}, aliases={}))


class Moves:
    """All aliases of the backend `tags`, read at once; with the backend `file` there is nothing to read.

    Args:
        repository: where the tags are; None with the backend `file`.
    """

    def __init__(self, repository: GitRepository | None) -> None:
        self._repository = repository
        self._targets: Mapping[str, Mapping[str, Target]] = {}
        self.refresh()

    def refresh(self) -> set[str]:
        """Read them anew; returns the prompts in which some moved."""
        if self._repository is None:
            return set()
        from promptgit.gitrepo import tags

        before = self._targets
        self._targets = targets_of((tag.name, tag.message) for tag in tags.find(self._repository, ""))
        return {name for name in before.keys() | self._targets.keys() if before.get(name) != self._targets.get(name)}

    def over(self, catalog: Catalog) -> Catalog:
        """The catalog with the aliases of the last `refresh`."""
        return catalog if self._repository is None else Catalog(catalog.files, FixedAliases(self._targets))


class TreeStates:
    """The prompts of a working tree, where nothing can be read twice.

    Args:
        catalog: reads it.
        root: the registry's folder.
        paths: absolute paths of its files.
    """

    def __init__(self, catalog: Catalog, root: str, moves: Moves, paths: Iterable[str]) -> None:
        self._root = f"{root.rstrip('/')}/"
        self._moves = moves
        names, others = _sorted(self._relative(paths))
        over = moves.over(catalog)
        self._seen = catalog.files.steady(lambda: {name: _look(over, name, _NOTHING) for name in names})
        self._others = {path: _content(catalog, path) for path in others}

    def compare(self, catalog: Catalog, paths: Iterable[str]) -> Found:
        """See `States.compare`."""
        relative = self._relative(paths)
        moved = self._moves.refresh() if len(relative) < len(set(paths)) else set()  # the others are refs
        names, others = _sorted(relative)
        names |= moved
        over = self._moves.over(catalog)
        before = {name: self._seen.get(name, _NOTHING) for name in names}
        now = catalog.files.steady(lambda: {name: _look(over, name, before[name]) for name in names})
        self._seen |= now
        contents = {path: _content(catalog, path) for path in others}
        edited = frozenset(path for path, content in contents.items() if self._others.get(path) != content)
        self._others |= contents
        return _found(None, None, {name: (before[name], now[name]) for name in sorted(names)}, edited)

    def _relative(self, paths: Iterable[str]) -> frozenset[str]:
        return frozenset(path.removeprefix(self._root) for path in paths if _is_file_of(path, self._root))


class BranchStates:
    """The commit that a branch was at.

    Args:
        catalog: reads it.
        prefix: the registry's folder in the repository.
    """

    def __init__(self, catalog: Catalog, repository: GitRepository, prefix: str, moves: Moves) -> None:
        self._repository = repository
        self._prefix = prefix
        self._moves = moves
        self._catalog = moves.over(catalog)

    def compare(self, catalog: Catalog, paths: Iterable[str]) -> Found:
        """See `States.compare`."""
        moved = self._moves.refresh()
        old, new = self._catalog, self._moves.over(catalog)
        one, two = old.files.commit, new.files.commit
        names, others = _sorted(self._differing(one, two))
        pairs = {}
        for name in sorted(names | moved):
            before = _look(old, name, _NOTHING)
            pairs[name] = (before, _look(new, name, before))
        self._catalog = new
        return _found(one, two, pairs, others)

    def _differing(self, one: str | None, two: str | None) -> frozenset[str]:
        trees = [self._repository.reader.commit(commit)["tree"] if commit else None for commit in (one, two)]
        paths = diff_trees(self._repository, trees[0], trees[1])
        return frozenset(path.removeprefix(self._prefix) for path in paths if _is_file_of(path, self._prefix))


def uses_tags(catalog: Catalog) -> bool:
    """Whether aliases are kept in tags, outside of the files."""
    return isinstance(catalog.backend, TagAliases)


def _is_file_of(path: str, root: str) -> bool:
    """Whether a path is one of a registry's files."""
    inner = path.removeprefix(root)
    return path.startswith(root) and (inner.startswith(f"{layout.PROMPTS}/") or inner == layout.REGISTRY_FILE)


def _look(catalog: Catalog, name: str, before: _Seen) -> _Seen:
    """A prompt as it is. What cannot be read is taken to be as it was before."""
    try:
        return _Seen(state=state_of(catalog, name) or _NOTHING.state)
    except InvalidDocumentError as error:
        state = state_of(Catalog(catalog.files, FixedAliases({})), name) or _NOTHING.state
        return _Seen(state=state.replace(aliases=before.state.aliases), fault=str(error))
    except OSError as error:
        return _Seen(state=before.state, fault=os.strerror(error.errno or 0))


def _sorted(paths: Iterable[str]) -> tuple[set[str], frozenset[str]]:
    """The prompts that some files belong to, and the files that belong to none."""
    names, others = set(), set()
    for path in paths:
        place = layout.parse_path(path)
        if place is None:
            others.add(path)
        else:
            names.add(place.name)
    return names, frozenset(others)


def _content(catalog: Catalog, path: str) -> bytes | None:
    try:
        return catalog.files.read(path)
    except OSError:  # the checks tell why
        return None


def _found(old: str | None, new: str | None, pairs: Mapping[str, tuple[_Seen, _Seen]], edited: frozenset[str]) -> Found:
    """What changed in prompts, and in `edited`, files of none."""
    prompts, paths = {}, set(edited)
    for name, (before, after) in pairs.items():
        change = compare(name, before.state, after.state)
        if change is not None or before.fault != after.fault:
            prompts[name] = change or PromptChange(name=name)
            paths |= _paths(prompts[name])
    unreadable = tuple(name for name in prompts if pairs[name][1].fault)
    return Found(old=old, new=new, prompts=prompts, unreadable=unreadable, paths=frozenset(paths))


def _paths(change: PromptChange) -> set[str]:
    """The files that a change is about. If only aliases moved, it may be the one of them, or none: they may be in tags."""
    versions = (*change.added, *change.removed, *change.edited)
    paths = {layout.version_path(change.name, version) for version in versions}
    if change.notes:
        paths.add(layout.notes_path(change.name))
    return paths if paths and not change.aliases else paths | {layout.aliases_path(change.name)}
