"""Has a file changed? Told by one `stat`, a microsecond, and never wrong for what it calls settled.

A file system stamps changes with a clock of some milliseconds. Two changes within one tick look the same, so a stamp
taken soon after a change proves nothing: git calls such an entry "racily clean"
(https://git-scm.com/docs/racy-git). A stamp is settled once its change lies further back than `SETTLE_NS`.
"""

from __future__ import annotations

import os
import time

Stamp = tuple[int, int] | None
"""Change time in ns and inode; None where there is no file. Any write, rename or chmod changes it."""

SETTLE_NS = 50_000_000


def of_status(status: os.stat_result) -> Stamp:
    """The stamp of a file that was stat-ed already."""
    return (status.st_ctime_ns, status.st_ino)


def of_path(path: str) -> Stamp:
    """The stamp of a path; a symbolic link is not followed."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_ctime_ns, status.st_ino)


def settled(stamp: Stamp) -> bool:
    """Whether any later change is sure to give another stamp. A file from the future (clock skew) is not settled."""
    return stamp is None or time.time_ns() - stamp[0] > SETTLE_NS
