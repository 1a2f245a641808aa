"""What a killed writer was about to bring in step, written down before the branch moves.

The branch is the truth. The journal only names the files that a write touches and the two contents that promptgit may have
left in them, so that repair never takes a user's edit for a lagging file.
"""

from __future__ import annotations

import contextlib
import json
import os

from promptgit.engine.lock import STATE_DIR
from promptgit.gitrepo.objects import sync, write_durable
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

Blobs = tuple[str | None, str | None]
"""Blob ids of a file before and after a write; None where there is no file."""


class Pending(Record):
    """A write that may be half brought in step.

    Attributes:
        ref: the full name of the branch.
        paths: path in the repository -> the blobs before and after.
    """

    ref: str
    paths: Mapping[str, Blobs]


class Journal:
    """The journal of one working tree."""

    def __init__(self, git_dir: str) -> None:
        self._folder = os.path.join(git_dir, STATE_DIR)
        self._path = os.path.join(self._folder, "journal")

    def read(self) -> Pending | None:
        """What is pending, or None. A journal that cannot be read was never complete, so nothing had happened yet."""
        try:
            with open(self._path, encoding="utf-8") as file:
                data = json.load(file)
            return Pending(ref=data["ref"], paths={path: (old, new) for path, (old, new) in data["paths"].items()})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, pending: Pending) -> None:
        """Make `pending` durable.

        Raises:
            OSError: the disk is full or not writable.
        """
        os.makedirs(self._folder, exist_ok=True)
        data = {"ref": pending.ref, "paths": pending.paths}
        write_durable(self._path, json.dumps(data).encode(), 0o644)

    def clear(self) -> None:
        """Forget what was pending."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
            sync(self._folder)
