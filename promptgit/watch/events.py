"""File system events, as far as the operating system has them to give. The only module that knows watchdog.

An event is worth no more than "look now".
"""

from __future__ import annotations

import errno
import logging
import os
import warnings

from watchdog import events
from watchdog.observers import Observer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from watchdog.observers.api import ObservedWatch

    from promptgit.watch.wakes import Wakes

# Not those of opening, reading and closing: our own reads, and watchdog's when it walks a folder, would be heard as events;
# with 10,000 folders they overflow the kernel's queue, which makes watchdog walk them all again.
_HEARD: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.DirCreatedEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]


_DESCRIPTORS = "/proc/self/fdinfo"


def _is_news(record: logging.LogRecord) -> bool:
    """Not that a thread of watchdog's was stopped while it had something to tell, which it calls an error."""
    return "called when the thread is inactive" not in record.getMessage()


class _Handler(events.FileSystemEventHandler):
    def __init__(self, wakes: Wakes, names: Collection[str] | None) -> None:
        self._wakes = wakes
        self._names = names

    def dispatch(self, event: events.FileSystemEvent) -> None:
        paths = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path))
        if self._names is None or any(os.path.basename(path) in self._names for path in paths):
            self._wakes.wake()


class Events:
    """Wakes whoever watches some folders, until `close`.

    Args:
        places: absolute path -> the entries of that folder to hear of; None is all that is in it and in the folders below. A
            folder need not exist yet.

    Raises:
        OSError: the operating system has no events to give, or no more of them: `explain` says why.
    """

    def __init__(self, places: Mapping[str, Collection[str] | None], wakes: Wakes) -> None:
        self._wakes = wakes
        self._places = dict(places)
        self._heard: dict[str, tuple[int, ObservedWatch]] = {}
        # watchdog 7 warns of itself where folders are made in each other; where warnings are errors, that ends its thread
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        logging.getLogger("watchdog.observers.inotify").addFilter(_is_news)
        before = _count()
        self._observer = Observer()
        try:
            self._observer.start()
            self.refresh()
            if 0 < _count() - before < self._wanted():  # watchdog passes over folders that it could not watch
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
        except BaseException:
            self.close()
            raise

    def refresh(self) -> None:
        """Hear of the places that were made, or made anew, since the last call.

        Raises:
            OSError: there are no more events to give.
        """
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for folder, names in self._places.items():
            inode = _inode(folder)
            kept = self._heard.get(folder)
            if kept is not None and (kept[0] != inode or kept[1] not in alive):
                self._observer.unschedule(kept[1])
                del self._heard[folder]
            if inode is not None and folder not in self._heard:
                handler = _Handler(self._wakes, names)
                try:
                    watch = self._observer.schedule(handler, folder, recursive=names is None, event_filter=_HEARD)
                except FileNotFoundError:  # it went away this very moment
                    continue
                self._heard[folder] = (inode, watch)

    def close(self) -> None:
        """End the threads, and give back what the kernel holds."""
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join()

    def _wanted(self) -> int:
        """How many folders are to be watched."""
        return sum(_folders(folder) if self._places[folder] is None else 1 for folder in self._heard)


def explain(error: OSError) -> str:
    """Why there are no events, in a sentence without a period."""
    if error.errno == errno.ENOSPC:
        return "the limit fs.inotify.max_user_watches is reached"
    if error.errno == errno.EMFILE:
        return "the limit of open files or of fs.inotify.max_user_instances is reached"
    return error.strerror or str(error)


def _inode(folder: str) -> int | None:
    try:
        return os.stat(folder).st_ino if os.path.isdir(folder) else None
    except OSError:
        return None


def _folders(folder: str) -> int:
    return sum(1 for _ in os.walk(folder))


def _count() -> int:
    """How many folders this process watches, as Linux tells in proc_pid_fdinfo(5); 0 elsewhere."""
    count = 0
    try:
        for descriptor in os.listdir(_DESCRIPTORS):
            try:
                if os.readlink(f"/proc/self/fd/{descriptor}") == "anon_inode:inotify":
                    with open(f"{_DESCRIPTORS}/{descriptor}") as file:
                        count += sum(line.startswith("inotify ") for line in file)
            except OSError:  # closed meanwhile
                continue
    except OSError:
        return 0
    return count
