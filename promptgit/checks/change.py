"""What a run of the checks is about: a state, what it is compared with, and how much of it to look at."""

from __future__ import annotations

from promptgit import layout
from promptgit.checks.subject import File, Folder, PromptState, State, Subject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.policies import Facts
    from promptgit.gitrepo.repository import GitRepository


class Change:
    """A change of a registry, or a state of it that nothing is compared with.

    Args:
        after: the state that is checked.
        before: what it is compared with, or None.
        onto: the state of the branch that it will be merged into, where that has moved on since; else None.
        base: what whoever asks calls that branch; empty if there is no telling.
        changed: the paths that differ between `before` and `after`, if that is known already.
        facts: who makes the change; without it policies on aliases are not asked.
        repository: for the checks of history; None leaves them out.
        tip: the commit whose history they walk.
    """

    def __init__(
        self,
        after: State,
        before: State | None = None,
        *,
        onto: State | None = None,
        base: str = "",
        changed: frozenset[str] | None = None,
        facts: Facts | None = None,
        repository: GitRepository | None = None,
        tip: str | None = None,
    ) -> None:
        self.after = after
        self.before = before
        self.onto = onto
        self.base = base
        self.facts = facts
        self.repository = repository
        self.tip = tip
        self._changed = changed
        self._heirs: dict[str, PromptState] | None = None

    def changed(self) -> frozenset[str]:
        """The paths that differ between the two states; none if there is nothing to compare with."""
        if self._changed is None:
            self._changed = frozenset(self._compare()) if self.before is not None else frozenset()
        return self._changed

    def _compare(self) -> Iterator[str]:
        before = self.before
        if before is None:
            return
        paths = {*_paths(self.after, layout.PROMPTS), *_paths(before, layout.PROMPTS), layout.REGISTRY_FILE}
        yield from (path for path in paths if self.after.blob(path) != before.blob(path))

    def subject(self, name: str) -> Subject:
        """One prompt of the change."""
        before = self.before.prompt(name) if self.before else None
        onto = self.onto.prompt(name) if self.onto else None
        return Subject(self.after.prompt(name), before, onto, self.heir, self.base)

    def folders(self, paths: frozenset[str] | None) -> Iterator[Folder]:
        """The folders to look at: all, or those on the way to some paths."""
        if paths is None:
            yield from _walk(self.after, layout.PROMPTS)
            return
        wanted: dict[str, None] = {}
        for path in sorted(paths):
            parts = path.split("/")[:-1]
            if parts[:1] == [layout.PROMPTS]:
                wanted |= {"/".join(parts[: depth + 1]): None for depth in range(len(parts))}
        yield from (_folder(self.after, path) for path in wanted)

    def names(self, folder: Folder) -> str | None:
        """The prompt that a folder is, before or after; None if it is none."""
        name = folder.name
        if not name:
            return None
        files = [file for file, is_folder in folder.entries.items() if not is_folder]
        has_files = any(layout.parse_path(f"{folder.path}/{file}") for file in files)
        return name if has_files or (self.before is not None and self.before.prompt(name).exists) else None

    def files(self, folder: Folder, paths: frozenset[str] | None) -> Iterator[File]:
        """The files of a prompt's folder to look at."""
        for entry in sorted(entry for entry, is_folder in folder.entries.items() if not is_folder):
            path = f"{folder.path}/{entry}"
            if (paths is None or path in paths) and layout.parse_path(path) is not None:
                file = self.after.file(path)
                if file is not None:
                    yield file

    def heir(self, name: str) -> PromptState | None:
        """The prompt that one was renamed to, which may be deleted by now; or None."""
        if self._heirs is None:
            places = [layout.parse_path(path) for path in _paths(self.after, layout.PROMPTS)]
            prompts = [self.after.prompt(at.name) for at in places if at and at.file == layout.NOTES_FILE]
            self._heirs = {former: prompt for prompt in prompts for former in prompt.notes.former_names}
        return self._heirs.get(name)

    def vanished(self) -> Iterator[str]:
        """The prompts that were there before and whose folder is gone."""
        if self.before is None:
            return
        gone = {path.name for path in map(layout.parse_path, self.changed()) if path is not None}
        for name in sorted(gone):
            if not self.after.catalog.files.entries(layout.folder(name)) and self.before.prompt(name).exists:
                yield name


def _folder(state: State, path: str) -> Folder:
    files = state.catalog.files
    return Folder(path, files.entries(path), files.others(path))


def _walk(state: State, path: str) -> Iterator[Folder]:
    folder = _folder(state, path)
    yield folder
    for part in sorted(part for part, is_folder in folder.entries.items() if is_folder):
        yield from _walk(state, f"{path}/{part}")


def _paths(state: State, folder: str) -> Iterator[str]:
    for name, is_folder in state.catalog.files.entries(folder).items():
        path = f"{folder}/{name}"
        if is_folder:
            yield from _paths(state, path)
        elif layout.parse_path(path) is not None:
            yield path
