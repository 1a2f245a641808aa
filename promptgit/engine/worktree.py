"""Brings files and index of a working tree in step with the branch, for the paths of one write alone."""

from __future__ import annotations

import contextlib
import os
import time

from promptgit.errors import DirtyPathError, GitError
from promptgit.gitrepo.objects import FILE_MODE, sync
from promptgit.gitrepo.run import KilledError, remove_lock_made_since
from promptgit.layout import TEMPORARY
from promptgit.source import CommitSource, WorkingTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.engine.journal import Blobs
    from promptgit.gitrepo.repository import GitRepository

_BULK = 64
_INDEX_PATIENCE_S = 1.0
_STALE_INDEX_LOCK_S = 10.0


class Checkout:
    """The working tree and the index of a repository that has them.

    Args:
        repository: a repository with a working tree.
    """

    def __init__(self, repository: GitRepository) -> None:
        if repository.work_tree is None:
            raise GitError("the repository is bare: it has no working tree")
        self._repository = repository
        self._top = repository.work_tree
        self._files = WorkingTree(self._top)

    def require_clean(self, paths: Mapping[str, Blobs]) -> None:
        """Check that the user has no edits, staged or not, where a write is about to go.

        Raises:
            DirtyPathError: naming the file.
        """
        staged = self._staged(list(paths))
        for path, (old, _) in paths.items():
            if self._blob(path) != old:
                exists = "exists but is" if old is None else "has edits that are"
                raise DirtyPathError(
                    f"{path} {exists} not committed",
                    hint="Commit it (git add, git commit), or put it aside (git stash), and try again.",
                )
            if staged.get(path) != old:
                raise DirtyPathError(
                    f"{path} has a staged change",
                    hint=f"Commit it, or unstage it: git restore --staged {path}",
                )

    def bring_in_step(self, paths: Mapping[str, Blobs], commit: str | None, *, repair: bool = False) -> list[str]:
        """Make files and index what `commit` says, wherever they hold one of the two known contents.

        Args:
            paths: path -> the contents that promptgit may have left there; anything else is the user's and stays.
            repair: a writer was killed: look at the index (else `require_clean` has just done so), and remove an index lock
                that is old enough to be its.

        Returns:
            What could not be done, as sentences.
        """
        source = CommitSource(self._repository, commit)
        staged = self._staged(list(paths)) if repair else {path: old for path, (old, _) in paths.items()}
        index: dict[str, str | None] = {}
        lagging: dict[str, bytes | None] = {}
        for path, known in paths.items():
            entry = source.entry(path)
            want = entry[1] if entry and entry[0] == FILE_MODE else None
            have = self._blob(path)
            if have != want and have in known:
                lagging[path] = source.read(path) if want else None
            if staged.get(path) != want and staged.get(path) in known:
                index[path] = want
        self.put(lagging)
        return self._update_index(index, repair) if index else []

    def put(self, files: Mapping[str, bytes | None]) -> None:
        """Write files, or remove them (None): each whole or not at all, and durable when this returns."""
        flush = len(files) <= _BULK
        aside: dict[str, str] = {}
        try:
            for path, content in files.items():
                if content is not None:
                    aside[path] = self._write_aside(path, content, flush)
            if not flush:
                os.sync()  # one flush of everything is quicker than many of each
            for path in files:
                self._put_in_place(path, aside.get(path))
        except BaseException:
            for temporary in aside.values():
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            raise
        if not flush:
            os.sync()
        else:
            for folder in {os.path.dirname(path) for path in aside}:
                sync(os.path.join(self._top, folder))

    def _blob(self, path: str) -> str | None:
        content = self._files.read(path)
        if content is not None:
            return self._repository.reader.hash("blob", content)
        return "not a plain file" if os.path.lexists(os.path.join(self._top, path)) else None

    def _put_in_place(self, path: str, temporary: str | None) -> None:
        target = os.path.join(self._top, path)
        if temporary is not None:
            os.replace(temporary, target)
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)
        self._remove_empty(os.path.dirname(target))

    def _write_aside(self, path: str, content: bytes, flush: bool) -> str:
        """Write a file under a name that nobody reads; return that name."""
        self._make_folder(os.path.dirname(path))
        folder, name = os.path.split(os.path.join(self._top, path))
        _remove_temporaries(folder, name)
        temporary = os.path.join(folder, f"{TEMPORARY}{os.getpid()}-{name}")
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                if flush:
                    os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        return temporary

    def _make_folder(self, folder: str) -> None:
        """`makedirs` that goes through no symbolic link: one in the tree would lead the write outside."""
        at = self._top
        for part in folder.split("/"):
            at = os.path.join(at, part)
            with contextlib.suppress(FileExistsError):
                os.mkdir(at)
            if os.path.islink(at) or not os.path.isdir(at):
                raise DirtyPathError(
                    f"{at} is not a plain folder", hint="Remove it; a registry holds no symbolic links."
                )

    def _remove_empty(self, folder: str) -> None:
        while folder != self._top:
            try:
                os.rmdir(folder)
            except OSError:
                return
            folder = os.path.dirname(folder)

    def _staged(self, paths: list[str]) -> dict[str, str]:
        found = self._repository.git(["ls-files", "--stage", "-z", "--full-name", "--", *paths]).out
        staged = {}
        for row in found.decode("utf-8", "surrogateescape").split("\0"):
            if row:
                fields, _, path = row.partition("\t")
                mode, oid, stage = fields.split(" ")
                staged[path] = oid if (mode, stage) == (FILE_MODE, "0") else f"{fields}"
        return staged

    def _update_index(self, entries: Mapping[str, str | None], take_over: bool) -> list[str]:
        rows = "".join(
            f"{FILE_MODE} {blob} 0\t{path}\0" if blob else f"0 {self._repository.null_id} 0\t{path}\0"
            for path, blob in entries.items()
        ).encode("utf-8", "surrogateescape")
        lock = os.path.join(self._repository.git_dir, "index.lock")
        end = time.monotonic() + (_STALE_INDEX_LOCK_S + _INDEX_PATIENCE_S if take_over else _INDEX_PATIENCE_S)
        while True:
            start = time.time()
            try:
                self._repository.git(["update-index", "-z", "--index-info"], stdin=rows)
                return []
            except KilledError as error:
                remove_lock_made_since(lock, start)
                return [f"git's index could not be brought in step: {error.message}"]
            except GitError as error:
                if "File exists" not in error.stderr:
                    return [f"git's index could not be brought in step: {error.message}"]
            if take_over and age(lock) > _STALE_INDEX_LOCK_S:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(lock)
            if time.monotonic() > end:
                return [f"git's index is locked by another process ({lock}): promptgit doctor --fix brings it in step"]
            time.sleep(0.02)


def age(path: str) -> float:
    """Seconds since a file was changed; 0 if there is none."""
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return 0.0


def _remove_temporaries(folder: str, name: str) -> None:
    """What a killed writer has left of this file: only the holder of the lock writes here."""
    for entry in os.listdir(folder):
        if entry.startswith(TEMPORARY) and entry.endswith(f"-{name}"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, entry))
