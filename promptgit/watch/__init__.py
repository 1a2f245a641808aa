"""Hot reload: `registry.watch(callback)`.

watching    the watch: what it is told, checks, and tells
loop        the thread: when to look
events      file system events, by watchdog
places      where to look
stamps      which files have changed
states      what that means for prompts and aliases
change      what the callback gets
"""

from __future__ import annotations

from promptgit.watch.change import WatchedChange
from promptgit.watch.watching import Watch, watch

__all__ = ["Watch", "WatchedChange", "watch"]
