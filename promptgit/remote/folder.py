"""The cache folder: one folder a remote, shared by the processes of a machine, and by nobody else.

    ~/.cache/promptgit/prompts-3f9a0c1b2d4e5f60/      PROMPTGIT_CACHE or XDG_CACHE_HOME say where
        lock                held while something is fetched or mended
        state.json          what is known of the remote; see `State`
        repository.git      a bare clone

Whoever can write there decides what applications serve. So it belongs to the user alone (0700), no part of it below the
cache folder may be a symbolic link, and the clone's configuration is what this module wrote, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat

from promptgit import stamp
from promptgit.errors import GitError
from promptgit.gitrepo.objects import write_durable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MINE = 0o700


def cache_root() -> str:
    """Where clones are kept; see the XDG Base Directory Specification for XDG_CACHE_HOME.

    Raises:
        GitError: nothing says where.
    """
    named = os.environ.get("PROMPTGIT_CACHE")
    if named:
        return os.path.abspath(named)
    home = os.path.expanduser("~")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    if base.startswith("~"):
        raise GitError("there is no folder for the cache: this user has no home", hint="Name one: PROMPTGIT_CACHE.")
    return os.path.join(os.path.abspath(base), "promptgit")


def private(path: str) -> str:
    """Make a folder that is the user's alone, or make sure that it is.

    Raises:
        GitError: it is somebody else's, or no folder, or cannot be made.
    """
    try:
        os.makedirs(path, mode=_MINE, exist_ok=True)
        status = os.lstat(path)
    except OSError as error:
        hint = "Name another folder: PROMPTGIT_CACHE."
        raise GitError(f"the cache folder {path} cannot be made: {error.strerror}", hint=hint) from error
    hint = "Remove it, or name another folder: PROMPTGIT_CACHE."
    if not stat.S_ISDIR(status.st_mode):
        raise GitError(f"the cache folder {path} is no folder", hint=hint)
    if status.st_uid != os.geteuid():
        raise GitError(f"the cache folder {path} belongs to another user", hint=hint)
    if stat.S_IMODE(status.st_mode) != _MINE:
        try:
            os.chmod(path, _MINE)
        except OSError as error:
            raise unwritable(path, error) from error
    return path


def unwritable(path: str, error: OSError) -> GitError:
    """What to say where a clone cannot be written: the folder is read-only, full, or somebody else's."""
    return GitError(
        f"the folder {os.path.abspath(path)} cannot be written: {error.strerror}",
        hint="Name another for the cache: PROMPTGIT_CACHE. Or serve what is there, without network: PROMPTGIT_OFFLINE=1.",
    )


_NUMBER, _TEXT = (int, float), (str,)
_KINDS: dict[str, tuple[type, ...]] = {
    "url": _TEXT,
    "head": _TEXT,
    "algorithm": _TEXT,
    "attempted_at": _NUMBER,
    "fetched_at": _NUMBER,
    "error": _TEXT,
    "failing_since": _NUMBER,
    "served": (dict, *_TEXT),
    "moves": (dict, dict, int),
}
"""The kind of each value of a state file; of a mapping, that of its values, too."""


def _is_of(kinds: tuple[type, ...], value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is None
    if kinds[0] is not dict:
        return isinstance(value, kinds)
    return isinstance(value, dict) and all(_is_of(kinds[1:], inner) for inner in value.values())


class StateFile:
    """What a machine knows of a remote, as JSON. What cannot be read in it counts as absent: the next fetch writes it anew.

    Keys:
        head: the remote's default branch, a full name.
        algorithm: `sha1` or `sha256`.
        attempted_at, fetched_at: when it was asked and when it last answered, in seconds since the epoch.
        error: what went wrong since it last answered, in one line; `failing_since`.
        served: served branch -> commit; see `remote.acceptance`.
        moves: served branch -> "NAME@ALIAS" -> how often that alias had moved, with the alias backend `tags`.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """What the file says."""
        try:
            with open(self.path, encoding="utf-8") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {key: value for key, value in found.items() if key in _KINDS and _is_of(_KINDS[key], value)}

    def update(self, **values: Any) -> None:
        """Change some keys. The caller holds the lock.

        Raises:
            GitError: the disk is full or not writable; the file is as it was.
        """
        data = self.read() | values
        try:
            write_durable(self.path, json.dumps(data, indent=1, sort_keys=True).encode(), 0o600)
        except OSError as error:
            raise unwritable(os.path.dirname(self.path), error) from error

    def stamp(self) -> stamp.Stamp:
        """It changes whenever the file does."""
        return stamp.of_path(self.path)


def remove(path: str) -> None:
    """Remove whatever stands at a path: a folder with all that is in it, a file or a link."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def write_exactly(path: str, content: bytes) -> None:
    """Make a file hold these bytes, if it does not."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        if file.read(len(content) + 1) == content and not os.path.islink(path):
            return
    write_durable(path, content, 0o600)
