"""Changed lines of files, as `diff -u` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptgit.cli import output
from promptgit.sanitise import sanitise

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}

Change = tuple[str, bytes | None, bytes | None]
"""A path, with its content before and after; None where there is no file."""


def file_diffs(changes: Iterable[Change]) -> Iterator[str]:
    """The lines of a unified diff over several files."""
    for path, old, new in changes:
        yield from unified(old, new, *(path if content is not None else "/dev/null" for content in (old, new)))


def unified(old: bytes | None, new: bytes | None, old_name: str, new_name: str) -> Iterator[str]:
    """The lines of a unified diff of one file, without their newlines."""
    import difflib

    yield from difflib.unified_diff(_lines(old), _lines(new), old_name, new_name, lineterm="")


def _lines(content: bytes | None) -> list[str]:
    """Lines without their newline. Only LF ends one: other line breaks of Unicode are text in a prompt."""
    if not content:
        return []
    lines = content.decode("utf-8", "replace").split("\n")
    if lines[-1]:
        lines[-1] += "\n\\ No newline at end of file"
    else:
        lines.pop()
    return lines


def show_diff(lines: Iterable[str]) -> None:
    """Print such lines, coloured on a terminal."""
    for line in lines:
        heading = line.startswith(("+++ ", "--- "))
        output.say_styled(output.styled(sanitise(line), None if heading else _COLOURS.get(line[:1]), bold=heading))
