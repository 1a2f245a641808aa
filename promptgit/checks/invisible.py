"""A file holds characters that nobody sees and a model reads.

Bidirectional controls make a line read differently from what it is (CVE-2021-42574), and tag characters hide whole
instructions: both are errors. Other characters without a shape of their own (zero-width spaces, control characters,
line separators) are warnings, as some texts need them.

To mend it, remove the character at the place that is named; the message names it.
"""

from __future__ import annotations

import re

from promptgit import document
from promptgit.problems import ERROR, WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import File

_DECEIVING = "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_OTHER = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
_PATTERN = re.compile(f"[{_DECEIVING}{_OTHER}]+")
_ANY_DECEIVING = re.compile(f"[{_DECEIVING}]")
_ESCAPED = re.compile(r"\\(?:[abefvNLP_0]|x[01][0-9a-fA-F]|x7[fF]|x[89][0-9a-fA-F]|u20[0-6]|uFE|ufe|U000[eE])")
_MOST = 5
# Scotland's flag and its like are written with tag characters: https://unicode.org/reports/tr51/#def_emoji_tag_sequence
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    text = file.data.decode("utf-8", "replace").removeprefix("\ufeff")
    found = [(keys, value) for keys, value in _texts(file, text) if _PATTERN.search(value)]
    told = 0
    for keys, value in found:
        flags = [flag.span() for flag in _FLAG.finditer(value)]
        for match in _PATTERN.finditer(value):
            if any(start <= match.start() < end for start, end in flags):
                continue
            told += 1
            if told > _MOST:
                return
            yield _problem(file, keys, match)


def _texts(file: File, text: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts that may hold such characters: as they stand in the file, or written as escapes in quotes."""
    if not _PATTERN.search(text) and not _ESCAPED.search(text):
        return
    yield from _values(file.document or {}, ())


def _values(node: object, keys: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, str):
        yield keys, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _values(value, (*keys, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _values(value, (*keys, index))


def _problem(file: File, keys: tuple[str | int, ...], match: re.Match[str]) -> Problem:
    import unicodedata

    deceives = bool(_ANY_DECEIVING.search(match[0]))
    first = match[0][0]
    name = unicodedata.name(first, "a control character").lower()
    more = f" and {len(match[0]) - 1} more" if len(match[0]) > 1 else ""
    line, column = document.text_position(file.data, list(keys), match.start())
    return Problem(
        code="invisible",
        message=f"an invisible character: U+{ord(first):04X} {name}{more}",
        severity=ERROR if deceives else WARNING,
        path=file.path,
        line=line,
        column=column,
        hint="It changes how the line reads, or hides text from people: remove it." if deceives else "",
    )
