"""Which files are read, and their text.

Folders that hold other people's code are left out (virtual environments, `node_modules`, hidden ones), symbolic links are
not followed, and a file that does not contain the words of a load is not parsed: of a large tree, most do not.
"""

from __future__ import annotations

import fnmatch
import io
import os
import re
import stat
import tokenize

from promptgit.problems import WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = 2 * 1024 * 1024
"""Bytes. What is larger is generated, or data."""
SKIPPED, SYNTAX = "usage-skipped", "usage-syntax"
_SUFFIXES = (".py", ".ipynb")
_OTHERS = frozenset({"node_modules", "__pycache__", "site-packages"})
_LOADS = re.compile(rb"load_prompt|get_prompt_version|get_model_version_by_alias")


class Unreadable(Exception):  # noqa: N818 - the problem that it carries is the error
    """A file that cannot be read, as a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def find(paths: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """The files under some paths, each once, sorted within a folder. A file that is named is taken whatever it is called.

    Args:
        exclude: patterns of paths or names that are left out, with `*` for anything.
    """
    seen: set[str] = set()
    for path in paths:
        found = _below(path, exclude) if os.path.isdir(path) else iter([path])
        for file in found:
            name = os.path.normpath(file).replace(os.sep, "/")
            if name not in seen and not _matches(name, exclude):
                seen.add(name)
                yield name


def _below(folder: str, exclude: Sequence[str]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or _matches(os.path.normpath(entry.path).replace(os.sep, "/"), exclude):
            continue
        if entry.is_dir(follow_symlinks=False):
            own = entry.name not in _OTHERS and not os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
            yield from _below(entry.path, exclude) if own else ()
        elif entry.name.endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
            yield entry.path


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(
        fnmatch.fnmatchcase(path, pattern.rstrip("/")) or fnmatch.fnmatchcase(name, pattern.rstrip("/"))
        for pattern in patterns
    )


def read(path: str) -> bytes | None:
    """The bytes of a file that may load prompts; None if it does not.

    Raises:
        Unreadable: it is too large, no file, or may not be read.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise Unreadable(_problem(SKIPPED, "not a regular file, so it was not read", path))
            data = file.read(LARGEST + 1)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise Unreadable(_problem(SKIPPED, f"it cannot be read: {why}", path)) from None
    if len(data) > LARGEST:
        raise Unreadable(_problem(SKIPPED, "larger than 2 MiB, so it was not read", path))
    return data if _LOADS.search(data) or (b"promptgit" in data and b"load" in data) else None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would wait for ever


def text_of(data: bytes, path: str) -> str:
    """The text of a Python file, in the encoding that it declares (PEP 263).

    Raises:
        Unreadable: it is not in that encoding, or there is no such encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise Unreadable(_problem(SYNTAX, f"its encoding cannot be read: {error}", path, 1, 1)) from None


def syntax_problem(path: str, message: str, line: int = 0, column: int = 0) -> Problem:
    """The warning that a file is no Python, so that what it loads is not known."""
    return _problem(SYNTAX, f"this does not parse as Python: {message}", path, line, column)


def _problem(code: str, message: str, path: str, line: int = 0, column: int = 0) -> Problem:
    return Problem(
        code=code,
        message=message,
        severity=WARNING,
        path=path,
        line=line,
        column=column,
        hint="The prompts that it loads were not checked. Leave it out with --exclude, if it is not meant to be read.",
    )
