"""A message's change as the lines of a diff: one column, short, and coloured wherever a host knows `diff`.

A line of a prompt is often a paragraph. Of a line that changed only what stands around the changed words is shown: then
the eye finds them without marks, which a diff's colours would leave no room for. Long lines are wrapped, as a code block
on a phone is not.
"""

from __future__ import annotations

import textwrap

from promptgit.record import Record
from promptgit.review.words import ADDED, REMOVED, SAME, fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.review.words import Segment

_AROUND = 32
_WIDTH = 96
_LONGEST = 20_000
_WRAPPED = "↪ "
_NO_LINE_END = "\\ no line end here"
_VISIBLE = str.maketrans({" ": "·", "\t": "⇥"})


class Tightness(Record):
    """How much of a text is shown.

    Attributes:
        context: unchanged lines around each change.
        lines: the most lines of one message.
    """

    context: int = 3
    lines: int = 400


class _Side:
    """The lines of one side since both sides were last alike. A line is pieces of text, and whether each is changed."""

    def __init__(self, sign: str, kind: str) -> None:
        self.sign = sign
        self.kinds = (SAME, kind)
        self.lines: list[list[tuple[bool, str]]] = [[]]

    def add(self, segment_kind: str, text: str) -> None:
        if segment_kind not in self.kinds:
            return
        first, *rest = text.split("\n")
        changed = segment_kind != SAME
        if first:
            self.lines[-1].append((changed, first))
        for line in rest:
            if changed:
                self.lines[-1].append((True, ""))
            self.lines.append([(changed, line)] if line else [])

    @property
    def is_ended(self) -> bool:
        """Whether the last line has its line end."""
        return not self.lines[-1]

    def taken(self) -> list[list[tuple[bool, str]]]:
        """The lines; the side begins anew."""
        lines = self.lines[:-1] if self.is_ended else self.lines
        self.lines = [[]]
        return lines


def diff_lines(segments: Sequence[Segment], tightness: Tightness) -> list[str]:
    """The lines of a diff, without their ends: each begins with `-`, `+`, a space, `@` or a backslash."""
    return _first(_diff(segments, tightness.context), tightness.lines)


def text_lines(text: str, tightness: Tightness, sign: str = " ") -> list[str]:
    """The lines of a text, wrapped, each behind a sign."""
    return _first((f"{sign}{part}" for line in _split(text) for part in _wrapped(line)), tightness.lines)


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _first(lines: Iterator[str], most: int) -> list[str]:
    found: list[str] = []
    for line in lines:
        if len(found) == most:
            return [*found, "@@ the rest is left out @@"]
        found.append(line)
    return found


def _diff(segments: Sequence[Segment], context: int) -> Iterator[str]:
    old, new = _Side("-", REMOVED), _Side("+", ADDED)
    for segment in fold(segments, context):
        if isinstance(segment, int):
            yield from _flushed(old, new)
            yield f"@@ {segment} line{'' if segment == 1 else 's'} unchanged @@"
            continue
        parts = segment.text.split("\n") if segment.kind == SAME else [segment.text]
        for at, part in enumerate(parts):
            is_line = at < len(parts) - 1
            for side in (old, new):
                side.add(segment.kind, f"{part}\n" if is_line else part)
            if is_line:
                yield from _flushed(old, new)
    yield from _flushed(old, new)


def _flushed(old: _Side, new: _Side) -> Iterator[str]:
    """What both sides hold: what was removed, what was added, and the line on which they meet again."""
    ends = {side.sign: side.is_ended for side in (old, new)}
    before, after = old.taken(), new.taken()
    meeting = None
    if before and after and ends["-"] == ends["+"] and not _is_changed(before[-1]) and not _is_changed(after[-1]):
        meeting = before.pop()
        after.pop()
    for sign, lines in (("-", before), ("+", after)):
        yield from (f"{sign}{part}" for line in lines for part in _wrapped(_excerpt(line)))
        if lines and meeting is None and ends["-"] != ends["+"] and not ends[sign]:
            yield _NO_LINE_END
    if meeting is not None:
        text = "".join(text for _, text in meeting)
        yield f" {text}" if len(text) <= _WIDTH else f" {text[:_WIDTH]}…"


def _is_changed(line: Sequence[tuple[bool, str]]) -> bool:
    return any(changed for changed, _ in line)


def _excerpt(line: Sequence[tuple[bool, str]]) -> str:
    """A changed line, without what is far from the changed words. Spaces at its end are visible."""
    pieces = list(line)
    if sum(len(text) for _, text in pieces) > _WIDTH and _is_changed(pieces):
        last = len(pieces) - 1
        pieces = [
            (changed, text if changed else _shortened(text, at_start=at == 0, at_end=at == last))
            for at, (changed, text) in enumerate(pieces)
        ]
    text = "".join(text for _, text in pieces)
    body = text.rstrip(" \t")
    return body + text[len(body) :].translate(_VISIBLE)


def _shortened(text: str, *, at_start: bool, at_end: bool) -> str:
    """A stretch that did not change: its words next to the changes on either side."""
    head, tail = (0 if at_start else _AROUND), (0 if at_end else _AROUND)
    if len(text) <= head + tail + 3:
        return text
    first, last = text[:head], text[len(text) - tail :]
    before = f"{first.rpartition(' ')[0] or first} " if first else ""
    after = f" {last.partition(' ')[2] or last}" if last else ""
    return f"{before}…{after}"


def _wrapped(line: str) -> list[str]:
    if len(line) <= _WIDTH:
        return [line]
    if len(line) > _LONGEST:
        line = f"{line[:_LONGEST]}…"
    wrapper = textwrap.TextWrapper(
        width=_WIDTH,
        subsequent_indent=_WRAPPED,
        expand_tabs=False,
        replace_whitespace=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(line) or [line[:_WIDTH]]
