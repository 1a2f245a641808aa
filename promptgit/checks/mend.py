"""Mends problems in the working tree, one file at a time, each by temporary file and rename. Nothing is committed."""

from __future__ import annotations

import os
import stat

from promptgit import document, layout
from promptgit.checks import check_of, module_of
from promptgit.checks.subject import State
from promptgit.errors import NotFoundError
from promptgit.gitrepo.objects import write_durable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from promptgit.problems import Problem


class Mender:
    """Changes files of a working tree for checks.

    Args:
        root: the registry's folder.
        after: the working tree as it was checked.
        before: the state that it was compared with, or None.
    """

    def __init__(self, root: str, after: State, before: State | None) -> None:
        self._root = root
        self._after = State(after.catalog)
        self._before = before

    def before(self, path: str) -> bytes | None:
        """What a file held in the state before."""
        found = self._before.file(path) if self._before else None
        return found.data if found else None

    def read(self, path: str) -> bytes | None:
        """What a file holds now."""
        return self._after.catalog.files.read(path)

    def in_conflict(self, path: str) -> bool:
        """Whether a merge left its markers in a file."""
        found = State(self._after.catalog).file(path)
        return found is not None and found.in_conflict

    def next_version(self, name: str, *, besides: int = 0) -> int:
        """The next free number of a prompt, here and in the state before; `besides` is a number that is given up."""
        taken = {0}
        for state in filter(None, (State(self._after.catalog), self._before)):
            prompt = state.prompt(name)
            taken |= {*prompt.versions, *prompt.notes.deleted}
        return max(taken - {besides}) + 1

    def write(self, path: str, data: bytes) -> None:
        """Make a file hold `data`."""
        full = self._full(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        write_durable(full, data, 0o644)

    def copy(self, path: str, new: str) -> None:
        """Make another file hold what one holds."""
        data = self.read(path)
        if data is not None:
            self.write(new, data)

    def edit(self, path: str, keys: Sequence[str], value: Any) -> None:
        """Set one entry of a YAML file."""
        self.write(path, document.edit(self.read(path) or b"", list(keys), value, sort=True))

    def rename(self, path: str, new: str) -> bool:
        """Rename a file that is not committed; False if the new name is taken or the file is committed."""
        old_full, new_full = self._full(path), self._full(new)
        if os.path.lexists(new_full) or self.before(path) is not None or not os.path.isfile(old_full):
            return False
        os.rename(old_full, new_full)
        return True

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permissions of a plain file."""
        full = self._full(path)
        if stat.S_ISREG(os.lstat(full).st_mode):
            os.chmod(full, mode)

    def _full(self, path: str) -> str:
        """The absolute path. No folder on the way may be a link: a repair must not write somewhere else.

        Raises:
            NotFoundError: it lies outside of the prompts.
        """
        parts = path.split("/")
        way = [os.path.join(self._root, *parts[: depth + 1]) for depth in range(len(parts) - 1)]
        if parts[0] != layout.PROMPTS or ".." in parts or any(os.path.islink(folder) for folder in way):
            raise NotFoundError(f"{path} is no file of a prompt")
        return os.path.join(self._root, *parts)


def mend(problems: Iterable[Problem], mender: Mender) -> list[str]:
    """Mend what can be mended without losing anything; returns sentences that say what was done."""
    done = []
    for problem in problems:
        module = module_of(check_of(problem.code))
        sentence = module.fix(problem, mender) if hasattr(module, "fix") else None
        if sentence:
            done.append(sentence)
    return done
