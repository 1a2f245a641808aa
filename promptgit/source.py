"""Where the bytes of a registry come from: the working tree, or one commit. Paths are relative to the registry's root."""

from __future__ import annotations

import errno
import os
import stat
import time

from promptgit import stamp
from promptgit.errors import NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol, TypeVar

    from promptgit.gitrepo.objects import Entry
    from promptgit.gitrepo.repository import GitRepository

    _T = TypeVar("_T")

    class Source(Protocol):
        """Bytes by path. What is not a plain file or folder (a symbolic link, a device) is as if it were not there."""

        @property
        def label(self) -> str:
            """What to call it in a message."""

        def read(self, path: str) -> bytes | None:
            """The content of a file, or None if there is none."""

        def entries(self, folder: str) -> Mapping[str, bool]:
            """The names in a folder, and whether each is a folder; empty if there is none."""

        def others(self, folder: str) -> Mapping[str, str]:
            """What in a folder is no plain file and no folder, and what it is: "a symbolic link"."""


FILE_LIMIT = 1024 * 1024
KINDS = {"120000": "a symbolic link", "160000": "a submodule", "100755": "an executable file"}
_CHECKOUT_S = 2.0
_TWICE_S = 0.02
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not block
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class WorkingTree:
    """The files as they lie on the disk. Symbolic links below `root` are not followed, not even in folders."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._index = _find_index(root)
        self._lasting: stamp.Stamp = None

    @property
    def label(self) -> str:
        """See `Source.label`."""
        return "the working tree"

    def read(self, path: str) -> bytes | None:
        """See `Source.read`.

        Raises:
            PermissionError: the file may not be read.
        """
        found = self.read_stamped(path)
        return found[0] if found else None

    def read_stamped(self, path: str) -> tuple[bytes, stamp.Stamp] | None:
        """The content of a file and the stamp that it had while it was read; at most one byte over `FILE_LIMIT`."""
        descriptor = self._open(path, _FILE)
        if descriptor is None:
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            chunks, size = [], 0
            while size <= FILE_LIMIT and (chunk := os.read(descriptor, FILE_LIMIT + 1 - size)):
                chunks.append(chunk)
                size += len(chunk)
            return b"".join(chunks), stamp.of_status(status)
        finally:
            os.close(descriptor)

    def entries(self, folder: str) -> Mapping[str, bool]:
        """See `Source.entries`."""
        descriptor = self._open(folder, _DIRECTORY)
        if descriptor is None:
            return {}
        try:
            with os.scandir(descriptor) as found:
                return {
                    entry.name: entry.is_dir(follow_symlinks=False)
                    for entry in found
                    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
                }
        finally:
            os.close(descriptor)

    def others(self, folder: str) -> Mapping[str, str]:
        """See `Source.others`. An executable file is loaded from here, but not once it is committed."""
        descriptor = self._open(folder, _DIRECTORY)
        if descriptor is None:
            return {}
        try:
            with os.scandir(descriptor) as found:
                return {entry.name: what for entry in found if (what := _other(entry, descriptor))}
        finally:
            os.close(descriptor)

    def steady(self, action: Callable[[], _T]) -> _T:
        """Run a read so that it never sees a checkout half done. `action` may run several times.

        Git writes files in place while it holds `index.lock`: a reader could see a version cut short, or an alias whose
        version is not there yet. So a read counts only if no checkout ran beside it; else it is done again. A lock that
        stays (a `git commit -a` with its editor open, a git that was killed) is waited for once; then a read counts if it
        finds the same twice.
        """
        if self._index is None:
            return action()
        deadline = 0.0
        while True:
            before, lock = stamp.of_path(self._index), stamp.of_path(f"{self._index}.lock")
            if lock is None:
                try:
                    result = action()
                except (NotFoundError, ValueError):
                    if not self._moved(before):
                        raise
                else:
                    if not self._moved(before):
                        return result
            elif lock == self._lasting:
                result = action()
                time.sleep(_TWICE_S)
                if action() == result:
                    return result
            now = time.monotonic()
            deadline = deadline or now + _CHECKOUT_S
            if now > deadline:
                self._lasting = lock
            time.sleep(0.002)

    def _moved(self, before: stamp.Stamp) -> bool:
        index = self._index
        return index is not None and (stamp.of_path(index) != before or os.path.exists(f"{index}.lock"))

    def _open(self, path: str, flags: int) -> int | None:
        parts = path.split("/")
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                inner = os.open(part, _DIRECTORY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            return os.open(parts[-1], flags, dir_fd=descriptor)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        finally:
            os.close(descriptor)


def _other(entry: os.DirEntry[str], folder: int) -> str:
    """What an entry is if it is neither a plain file nor a folder; else nothing."""
    if entry.is_symlink():
        return KINDS["120000"]
    if entry.is_dir(follow_symlinks=False):
        return KINDS["160000"] if _is_there(f"{entry.name}/.git", folder) else ""
    if not entry.is_file(follow_symlinks=False):
        return "a device, a socket or a pipe"
    return KINDS["100755"] if entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR else ""


def _is_there(path: str, folder: int) -> bool:
    try:
        os.stat(path, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _find_index(root: str) -> str | None:
    """The index file of the working tree that `root` lies in, found without git; None outside a repository."""
    folder = os.path.realpath(root)
    while True:
        dot_git = os.path.join(folder, ".git")
        if os.path.isdir(dot_git):
            return os.path.join(dot_git, "index")
        if os.path.isfile(dot_git):  # a linked worktree or a submodule: "gitdir: PATH"
            with open(dot_git, encoding="utf-8", errors="surrogateescape") as file:
                target = file.read(4096).removeprefix("gitdir:").strip()
            return os.path.join(folder, target, "index")
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


class CommitSource:
    """The files as they were committed. Every byte is verified against the commit id.

    Args:
        repository: where the commit is.
        commit: its full id; None for a branch without commits.
        prefix: the registry's folder in the repository, `` or `path/to/it/`.
        tree: a tree to read where there is no commit yet: what the index holds.
    """

    def __init__(
        self, repository: GitRepository, commit: str | None, prefix: str = "", *, tree: str | None = None
    ) -> None:
        self._repository = repository
        self.commit = commit
        self._prefix = prefix
        self._root = tree

    @property
    def label(self) -> str:
        """See `Source.label`."""
        if self.commit:
            return f"commit {self.commit[:10]}"
        return "the index" if self._root else "an empty branch"

    def read(self, path: str) -> bytes | None:
        """See `Source.read`. Only plain files are served (mode 100644): no symbolic link, submodule or program.

        Raises:
            CorruptObjectError: the object is damaged or was tampered with.
        """
        entry = self.entry(path)
        if entry is None or entry[0] != "100644":
            return None
        return self._repository.reader.read(entry[1], "blob", limit=FILE_LIMIT, path=path)

    def entries(self, folder: str) -> Mapping[str, bool]:
        """See `Source.entries`."""
        tree = self._tree(folder)
        return {name: mode == "40000" for name, (mode, _) in tree.items() if mode in ("40000", "100644")}

    def others(self, folder: str) -> Mapping[str, str]:
        """See `Source.others`."""
        modes = ((name, mode) for name, (mode, _) in self._tree(folder).items())
        return {name: KINDS.get(mode, f"of mode {mode}") for name, mode in modes if mode not in ("40000", "100644")}

    def entry(self, path: str) -> Entry | None:
        """Mode and object id of a path, whatever it is; None if there is none."""
        folder, _, name = path.rpartition("/")
        return self._tree(folder).get(name)

    def _tree(self, folder: str) -> Mapping[str, Entry]:
        reader = self._repository.reader
        if self._root is None:
            if self.commit is None:
                return {}
            self._root = reader.commit(self.commit)["tree"]
        tree = reader.tree(self._root)
        for part in f"{self._prefix}{folder}".split("/"):
            if part:
                mode, oid = tree.get(part, ("", ""))
                if mode != "40000":
                    return {}
                tree = reader.tree(oid)
        return tree
