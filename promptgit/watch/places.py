"""Where to look, and what to hear of, for the files and for the refs of a registry."""

from __future__ import annotations

import os

from promptgit import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    from promptgit.gitrepo.repository import GitRepository

    class Part(Protocol):
        """Files or refs."""

        def heard(self) -> Mapping[str, frozenset[str] | None]:
            """Folder -> its entries to hear of; None is all in it and below."""

        def folders(self) -> Mapping[str, Wanted]:
            """Folder -> which file names in it and below it matter."""

        def files(self) -> Iterable[str]:
            """Single files, which may be others every time."""

    class Wanted(Protocol):
        """Tells by a file's name whether it matters."""

        def __call__(self, name: str, /) -> bool: ...


class FilesPart:
    """The files of a working tree.

    Args:
        root: the registry's folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def heard(self) -> Mapping[str, frozenset[str] | None]:
        """See `Part.heard`."""
        return {self._root: frozenset((layout.REGISTRY_FILE, layout.PROMPTS)), f"{self._root}/{layout.PROMPTS}": None}

    def folders(self) -> Mapping[str, Wanted]:
        """See `Part.folders`."""
        return {f"{self._root}/{layout.PROMPTS}": _is_prompt_file}

    def files(self) -> Iterable[str]:
        """See `Part.files`."""
        return (f"{self._root}/{layout.REGISTRY_FILE}",)


class RefsPart:
    """The refs that a registry goes by. Nothing under `prompts/` tells that one has moved.

    Args:
        ref: HEAD or the full name of a branch, if one is followed.
        tags: whether aliases are kept in tags.
    """

    def __init__(self, repository: GitRepository, ref: str | None, *, tags: bool) -> None:
        self._repository = repository
        self._ref = ref
        self._tags = os.path.join(repository.common_dir, "refs", "tags") if tags else None

    def heard(self) -> Mapping[str, frozenset[str] | None]:
        """See `Part.heard`."""
        git, common = self._repository.git_dir, self._repository.common_dir
        names = frozenset(("HEAD", "packed-refs"))  # the two folders are one, but in a linked worktree
        found: dict[str, frozenset[str] | None] = {git: names, common: names, os.path.join(common, "reftable"): None}
        if self._ref is not None:
            found[os.path.join(common, "refs", "heads")] = None
        if self._tags is not None:
            found[self._tags] = None
        return found

    def folders(self) -> Mapping[str, Wanted]:
        """See `Part.folders`."""
        return {self._tags: _is_ref} if self._tags is not None else {}

    def files(self) -> Iterable[str]:
        """See `Part.files`."""
        refs = ([self._ref] if self._ref is not None else []) + (["refs/tags/x"] if self._tags is not None else [])
        return (path for ref in refs for path in self._repository.ref_files(ref))


def lies_beside(name: str) -> bool:
    """Whether a file is called as what editors put beside one: `.3.yaml.swp`, `.#3.yaml`, `#3.yaml#`, `3.yaml~`."""
    return name.startswith((".", "#")) or name.endswith("~")


def _is_prompt_file(name: str) -> bool:
    """`.yml` too: the checks say that nobody reads it."""
    return name.endswith((".yaml", ".yml")) and not lies_beside(name)


def _is_ref(name: str) -> bool:
    return not name.endswith(".lock")
