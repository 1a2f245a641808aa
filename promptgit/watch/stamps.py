"""Which files have changed since the last look, told by stamps.

Events only say when to look. What changed is found here, so an event that was lost, one that came late and ten thousand of
them lead to the same answer.
"""

from __future__ import annotations

import os

from promptgit import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptgit.watch.places import Wanted


class _Listing:
    """What was in a folder when it had this stamp."""

    __slots__ = ("files", "folders", "stamp")

    def __init__(self, seen: stamp.Stamp, files: list[str], folders: list[str]) -> None:
        self.stamp = seen
        self.files = files
        self.folders = folders


class Stamps:
    """The stamps of some files, and of all files below some folders.

    Args:
        folders: absolute path -> whether a file of this name in or below it matters. They need not exist yet.
        files: called on every look: absolute paths of single files to look at as well.
    """

    def __init__(self, folders: Mapping[str, Wanted], files: Callable[[], Iterable[str]]) -> None:
        self._roots = dict(folders)
        self._single = files
        self._listings: dict[str, _Listing] = {}
        self._seen = self._scan()
        self._changed: set[str] = set()
        self._again = self._fresh(self._seen)

    @property
    def pending(self) -> bool:
        """Whether there is something to take."""
        return bool(self._changed)

    @property
    def restless(self) -> bool:
        """Whether something was taken so soon after it was written that a later write may have left the same stamp."""
        return bool(self._again)

    @property
    def doubtful(self) -> bool:
        """Whether a file that is to be taken is not there: gone, or between the two steps of an editor that saves it."""
        return any(self._seen.get(path) is None for path in self._changed)

    def known(self) -> list[str]:
        """The files that there were at the last look."""
        return [path for path, seen in self._seen.items() if seen is not None]

    def look(self) -> bool:
        """Look at everything; whether anything is not as it was at the last look. `take` tells what."""
        before, now = self._seen, self._scan()
        self._seen = now
        found = {path for path, seen in now.items() if before.get(path) != seen}
        found |= {path for path in before.keys() - now.keys() if before[path] is not None}
        self._changed |= found | self._again
        self._again = set()
        return bool(found)

    def take(self) -> set[str]:
        """The paths that changed since they were taken last. To be called before they are read."""
        taken, self._changed = self._changed, set()
        self._again = self._fresh(taken)
        return taken

    def put_back(self, paths: Iterable[str]) -> None:
        """They could not be read: let them be taken again."""
        self._changed |= set(paths)

    def _fresh(self, paths: Iterable[str]) -> set[str]:
        return {path for path in paths if not stamp.settled(self._seen.get(path))}

    def _scan(self) -> dict[str, stamp.Stamp]:
        of_path = stamp.of_path
        found = {path: of_path(path) for path in self._single()}
        listings: dict[str, _Listing] = {}
        for root, wanted in self._roots.items():
            folders = [root]
            while folders:
                folder = folders.pop()
                listing = self._listings.get(folder)
                seen = of_path(folder)
                if listing is None or listing.stamp != seen or seen is None:
                    listing = _read(folder, seen, wanted)
                if listing is not None:
                    listings[folder] = listing
                    folders += listing.folders
                    for path in listing.files:
                        found[path] = of_path(path)
        self._listings = listings
        return found


def _read(folder: str, seen: stamp.Stamp, wanted: Wanted) -> _Listing | None:
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif wanted(entry.name):
                    files.append(entry.path)
    except OSError:  # it is gone, or was never there
        return None
    return _Listing(seen if stamp.settled(seen) else None, files, folders)
