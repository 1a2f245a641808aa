"""What was read and parsed once is kept for as long as it is true.

Content at a commit never changes: it is kept under its object id. A file of the working tree may change at any moment:
it is kept under its path, and one `stat` tells on every use whether it is still the same, so nothing is ever stale.
"""

from __future__ import annotations

import os

from promptgit import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol, TypeVar

    from promptgit.source import CommitSource, WorkingTree

    _T = TypeVar("_T")

    class Files(Protocol):
        """Parsed files and folder listings of one registry."""

        @property
        def label(self) -> str:
            """What to call the source in a message."""

        @property
        def commit(self) -> str | None:
            """The commit that is read; None for the working tree."""

        def load(self, path: str, parse: Callable[[bytes, str], _T]) -> _T | None:
            """The parsed content of a file, or None if there is none. The same `path` is always parsed by the same function."""

        def read(self, path: str) -> bytes | None:
            """The content of a file, or None if there is none."""

        def entries(self, folder: str) -> Mapping[str, bool]:
            """The names in a folder, and whether each is a folder; empty if there is none."""

        def others(self, folder: str) -> Mapping[str, str]:
            """What in a folder is no plain file and no folder, and what it is."""

        def blob(self, path: str) -> str | None:
            """The object id of a file, where it is known without reading it."""

        def watched(self, paths: list[str]) -> tuple[tuple[str, stamp.Stamp], ...] | None:
            """Absolute paths and stamps that stay as they are for as long as what was loaded is true.

            None if one of them changed so lately that its stamp proves nothing yet.
            """

        def steady(self, action: Callable[[], _T]) -> _T:
            """Run a read that spans several files so that it sees one state of them."""


_LIMIT = 50_000  # parsed files; a registry of 20,000 fits


class _Kept:
    """A parsed file with what proves that it is current."""

    __slots__ = ("data", "settled", "stamp", "value")

    def __init__(self, data: bytes, seen: stamp.Stamp, value: Any) -> None:
        self.data = data
        self.stamp = seen
        self.settled = stamp.settled(seen)
        self.value = value


class TreeFiles:
    """`Files` of a working tree. Safe between threads: at worst two of them parse the same file."""

    def __init__(self, source: WorkingTree) -> None:
        self._source = source
        self._files: dict[str, _Kept] = {}
        self._folders: dict[str, tuple[stamp.Stamp, Mapping[str, bool]]] = {}
        self.label = source.label
        self.commit = None

    def load(self, path: str, parse: Callable[[bytes, str], _T]) -> _T | None:
        """See `Files.load`."""
        kept = self._files.get(path)
        now = stamp.of_path(f"{self._source.root}/{path}")
        if now is None:
            self._files.pop(path, None)
            return None
        if kept is not None and kept.settled and now == kept.stamp:
            value: _T = kept.value
            return value
        found = self._source.read_stamped(path)
        if found is None:
            self._files.pop(path, None)
            return None
        data, seen = found
        value = kept.value if kept is not None and kept.data == data else parse(data, path)
        if len(self._files) > _LIMIT:
            self._files.clear()
        self._files[path] = _Kept(data, seen, value)
        return value

    def read(self, path: str) -> bytes | None:
        """See `Files.read`."""
        return self._source.read(path)

    def entries(self, folder: str) -> Mapping[str, bool]:
        """See `Files.entries`."""
        seen = stamp.of_path(f"{self._source.root}/{folder}")
        kept = self._folders.get(folder)
        if kept is not None and kept[0] == seen:
            return kept[1]
        names = self._source.entries(folder)
        if stamp.settled(seen):
            self._folders[folder] = (seen, names)
        return names

    def others(self, folder: str) -> Mapping[str, str]:
        """See `Files.others`."""
        return self._source.others(folder)

    def blob(self, path: str) -> str | None:
        """See `Files.blob`."""
        return None

    def watched(self, paths: list[str]) -> tuple[tuple[str, stamp.Stamp], ...] | None:
        """See `Files.watched`."""
        found: dict[str, stamp.Stamp] = {}
        for path in paths:
            folder, kept = self._folders.get(path), self._files.get(path)
            known = folder[0] if folder else kept.stamp if kept else None
            if known is None:
                # A file that is not there is told by its folder: a stat that finds nothing costs twice one that does.
                path = path.rpartition("/")[0]  # noqa: PLW2901
                known = stamp.of_path(f"{self._source.root}/{path}")
            found[path] = known
        seen = {f"{self._source.root}/{path}": known for path, known in found.items()}
        fresh = all(stamp.settled(known) and stamp.of_path(path) == known for path, known in seen.items())
        return tuple(seen.items()) if fresh and not self._appeared(paths) else None

    def _appeared(self, paths: list[str]) -> bool:
        """Whether a file is there now that was not when it was loaded."""
        missing = (path for path in paths if path not in self._files and path not in self._folders)
        return any(os.path.lexists(f"{self._source.root}/{path}") for path in missing)

    def steady(self, action: Callable[[], _T]) -> _T:
        """See `Files.steady`."""
        return self._source.steady(action)


class CommitFiles:
    """`Files` of one commit.

    Args:
        source: the commit.
        parsed: parsed files by object id, shared between the commits of a repository.
    """

    def __init__(self, source: CommitSource, parsed: dict[tuple[str, str], Any]) -> None:
        self._source = source
        self._parsed = parsed
        self.label = source.label
        self.commit = source.commit

    def load(self, path: str, parse: Callable[[bytes, str], _T]) -> _T | None:
        """See `Files.load`."""
        entry = self._source.entry(path)
        if entry is None:
            return None
        key = (path, entry[1])  # the path is in the errors that parsing may raise, and in what it returns
        if key not in self._parsed:
            data = self._source.read(path)
            if data is None:
                return None
            if len(self._parsed) > _LIMIT:
                self._parsed.clear()
            self._parsed[key] = parse(data, path)
        value: _T = self._parsed[key]
        return value

    def read(self, path: str) -> bytes | None:
        """See `Files.read`."""
        return self._source.read(path)

    def entries(self, folder: str) -> Mapping[str, bool]:
        """See `Files.entries`."""
        return self._source.entries(folder)

    def others(self, folder: str) -> Mapping[str, str]:
        """See `Files.others`."""
        return self._source.others(folder)

    def blob(self, path: str) -> str | None:
        """See `Files.blob`."""
        entry = self._source.entry(path)
        return entry[1] if entry is not None and entry[0] == "100644" else None

    def watched(self, paths: list[str]) -> tuple[tuple[str, stamp.Stamp], ...] | None:
        """See `Files.watched`."""
        return ()

    def steady(self, action: Callable[[], _T]) -> _T:
        """See `Files.steady`."""
        return action()
