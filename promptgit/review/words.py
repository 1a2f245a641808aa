"""What changed in a text, in words: exact, quick on long texts, and readable.

Lines are compared first, then the words of the lines that changed. Both times units that stand once on each side are the
anchors (patience diff, Bram Cohen), so that a moved brace does not shift a whole text; what lies between them is compared by
difflib as long as that is cheap.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAME = "same"
REMOVED = "removed"
ADDED = "added"

_TOKEN = re.compile(r"\{\{[^\S\n]?[\w.]{1,128}[^\S\n]?\}\}|\w+|\s+|[^\w\s]")  # a variable is one word
_BUDGET = 40_000  # pairs of units that difflib may look at, about 10 ms
_ISLAND = 3


class Segment(Record):
    """A stretch of text.

    Attributes:
        kind: `same`, `removed` or `added`.
        text: never empty.
    """

    kind: str
    text: str


def diff_words(old: str, new: str) -> list[Segment]:
    """The segments that lead from `old` to `new`.

    Joining what is same or removed gives `old`; joining what is same or added gives `new`. Where something was replaced,
    what was removed comes first.
    """
    found: list[Segment] = []
    before, after = _lines(old), _lines(new)
    for one, two, same in _runs(before, after):
        removed, added = "".join(before[one]), "".join(after[two])
        if same:
            found.append(Segment(kind=SAME, text=removed))
        elif removed and added:
            found += _in_line(removed, added)
        else:
            found.append(Segment(kind=REMOVED if removed else ADDED, text=removed or added))
    return _joined(found)


def fold(segments: Sequence[Segment], context: int = 3) -> list[Segment | int]:
    """The segments with unchanged stretches cut to some lines around each change; a number is a count of lines left out."""
    found: list[Segment | int] = []
    for at, segment in enumerate(segments):
        lines = _lines(segment.text)
        # the rest of a line that changed belongs to the change
        before = context + (not segments[at - 1].text.endswith("\n")) if at > 0 else 0
        after = context + (not segment.text.endswith("\n")) if at < len(segments) - 1 else 0
        if segment.kind != SAME or len(lines) <= before + after + 1:
            found.append(segment)
            continue
        head, tail = "".join(lines[:before]), "".join(lines[len(lines) - after :])
        found += [Segment(kind=SAME, text=head)] if head else []
        found.append(len(lines) - before - after)
        found += [Segment(kind=SAME, text=tail)] if tail else []
    return found


def _lines(text: str) -> list[str]:
    """The lines with their ends; `\\n` alone ends a line, so that joining gives the text back."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _in_line(old: str, new: str) -> list[Segment]:
    """The words that changed within some lines."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    found: list[Segment] = []
    for one, two, same in _runs(before, after):
        removed, added = "".join(before[one]), "".join(after[two])
        if same:
            found.append(Segment(kind=SAME, text=removed))
            continue
        found += [Segment(kind=REMOVED, text=removed)] if removed else []
        found += [Segment(kind=ADDED, text=added)] if added else []
    return _without_islands(_joined(found))


def _without_islands(segments: list[Segment]) -> list[Segment]:
    """A single space or a short word between two changes reads better as part of them."""
    found: list[Segment] = []
    for at, segment in enumerate(segments):
        inside = 0 < at < len(segments) - 1
        small = len(segment.text) <= _ISLAND and "\n" not in segment.text and not segment.text.isalpha()
        if segment.kind == SAME and inside and small:
            found += [Segment(kind=REMOVED, text=segment.text), Segment(kind=ADDED, text=segment.text)]
        else:
            found.append(segment)
    return _joined(found)


def _joined(segments: list[Segment]) -> list[Segment]:
    """Neighbours of one kind as one, and in each change what was removed before what was added."""
    found: list[Segment] = []
    removed, added, same = "", "", ""

    def flush() -> None:
        nonlocal removed, added
        found.extend(Segment(kind=kind, text=text) for kind, text in ((REMOVED, removed), (ADDED, added)) if text)
        removed = added = ""

    for segment in segments:
        if segment.kind == SAME:
            flush()
            same += segment.text
            continue
        if same:
            found.append(Segment(kind=SAME, text=same))
            same = ""
        removed += segment.text if segment.kind == REMOVED else ""
        added += segment.text if segment.kind == ADDED else ""
    flush()
    if same:
        found.append(Segment(kind=SAME, text=same))
    return found


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[slice, slice, bool]]:
    """Stretches of both sides, in order, and whether they are the same."""
    stack = [(0, len(old), 0, len(new))]
    while stack:
        one, one_end, two, two_end = stack.pop()
        start = 0
        while one + start < one_end and two + start < two_end and old[one + start] == new[two + start]:
            start += 1
        if start:
            yield slice(one, one + start), slice(two, two + start), True
        one, two = one + start, two + start
        end = 0
        while one < one_end - end and two < two_end - end and old[one_end - end - 1] == new[two_end - end - 1]:
            end += 1
        middle = (one, one_end - end, two, two_end - end)
        if end:
            tail = (one_end - end, one_end, two_end - end, two_end)
            if middle[0] < middle[1] or middle[2] < middle[3]:
                stack.append(tail)
                stack.append(middle)
            else:
                yield slice(tail[0], tail[1]), slice(tail[2], tail[3]), True
        elif middle[0] == middle[1] or middle[2] == middle[3]:
            if middle[0] < middle[1] or middle[2] < middle[3]:
                yield slice(*middle[:2]), slice(*middle[2:]), False
        elif anchors := _anchors(old, new, middle):
            stack += _between(anchors, middle)
        else:
            yield from _difflib(old, new, middle)


def _anchors(old: Sequence[str], new: Sequence[str], place: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """Positions of units that stand once on each side, as many as keep their order."""
    one, one_end, two, two_end = place
    mine = _once(old, one, one_end)
    theirs = _once(new, two, two_end)
    pairs = [(at, theirs[unit]) for unit, at in mine.items() if unit in theirs and not unit.isspace()]
    tops: list[int] = []
    best: list[int] = []
    previous: list[int] = []
    for index, (_, position) in enumerate(pairs):
        pile = bisect_left(tops, position)
        if pile == len(tops):
            tops.append(position)
            best.append(index)
        else:
            tops[pile], best[pile] = position, index
        previous.append(best[pile - 1] if pile else -1)
    chain: list[tuple[int, int]] = []
    index = best[-1] if best else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _once(units: Sequence[str], start: int, end: int) -> dict[str, int]:
    seen: dict[str, int] = {}
    for at in range(start, end):
        seen[units[at]] = -1 if units[at] in seen else at
    return {unit: at for unit, at in seen.items() if at >= 0}


def _between(anchors: list[tuple[int, int]], place: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """The stretches that begin at each anchor (and the one before the first), last first, as a stack wants them."""
    starts = [(place[0], place[2]), *anchors]
    ends = [*anchors, (place[1], place[3])]
    return [(one, one_end, two, two_end) for (one, two), (one_end, two_end) in zip(starts, ends, strict=True)][::-1]


def _difflib(
    old: Sequence[str], new: Sequence[str], place: tuple[int, int, int, int]
) -> Iterator[tuple[slice, slice, bool]]:
    one, one_end, two, two_end = place
    if (one_end - one) * (two_end - two) > _BUDGET:
        yield slice(one, one_end), slice(two, two_end), False
        return
    import difflib

    matcher = difflib.SequenceMatcher(None, old[one:one_end], new[two:two_end], autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        yield slice(one + a, one + a_end), slice(two + b, two + b_end), tag == "equal"
