"""SQL's LIKE, in time that grows with the text and not with the ways in which a pattern could fit it.

A pattern is cut at its `%` into segments. The first must stand at the start of the text, the last at its end,
and each of the others is taken at the leftmost place that is left. Nothing is tried twice: there is no
backtracking and no regular expression.
"""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ESCAPE = "\\"
_ANCHOR = 16  # characters of a run to leap to; few, for `str.find` prepares its needle at every call


def compile_like(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """A function that tells whether a text matches `pattern`.

    `%` is any text, `_` any one character, and `\\` makes the character after it stand for itself.

    Args:
        pattern: does not end in a lone `\\` (see `ends_in_escape`).
        ignore_case: compare by Unicode's folded forms, character by character: `_` stays one of the text's.
    """
    matches = _matcher(_segments(fold(pattern) if ignore_case else pattern))
    return (lambda text: matches(fold(text))) if ignore_case else matches


def ends_in_escape(pattern: str) -> bool:
    """Whether `pattern` ends in a backslash with nothing left to stand for."""
    return (len(pattern) - len(pattern.rstrip(ESCAPE))) % 2 == 1


def fold(text: str) -> str:
    """`text` without case, at its length: a character whose folded form is longer (ß) goes by lower case."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded
    return text.translate({ord(character): _fold_one(character) for character in set(text)})


def _fold_one(character: str) -> str:
    for form in (character.casefold(), character.lower()):
        if len(form) == 1:
            return form
    return character


class _Segment(Record):
    """What stands between two `%`.

    Attributes:
        size: the number of characters it matches.
        runs: its literal parts, each with its offset; what lies between, before and after them is `_`.
    """

    size: int
    runs: tuple[tuple[int, str], ...]

    def stands_at(self, text: str, at: int) -> bool:
        """Whether it matches `text` from `at` on, where there is room for it."""
        for offset, run in self.runs:  # noqa: SIM110 - there is mostly one, and a generator costs more than it
            if not text.startswith(run, at + offset):
                return False
        return True


def _segments(pattern: str) -> list[_Segment]:
    segments: list[_Segment] = []
    cells: list[str] = []  # one per character to match; an empty cell is `_`
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            segments.append(_segment(cells))
            cells = []
        else:
            cells.append("" if character == "_" else next(characters) if character == ESCAPE else character)
    return [*segments, _segment(cells)]


def _segment(cells: list[str]) -> _Segment:
    runs: list[tuple[int, str]] = []
    start = 0
    for at in range(len(cells) + 1):
        if at == len(cells) or not cells[at]:
            if start < at:
                runs.append((start, "".join(cells[start:at])))
            start = at + 1
    return _Segment(size=len(cells), runs=tuple(runs))


def _matcher(segments: list[_Segment]) -> Callable[[str], bool]:
    first, last = segments[0], segments[-1]
    if len(segments) == 1:
        return lambda text: len(text) == first.size and first.stands_at(text, 0)
    between = [segment for segment in segments[1:-1] if segment.size]
    if not first.size and not last.size and len(between) == 1 and len(between[0].runs) == 1:
        [(_, needle)] = between[0].runs
        if len(needle) == between[0].size:
            return lambda text: needle in text
    finders = [(_finder(segment), segment.size) for segment in between]

    def matches(text: str) -> bool:
        stop = len(text) - last.size
        if stop < first.size or not first.stands_at(text, 0) or not last.stands_at(text, stop):
            return False
        at = first.size
        for find, size in finders:
            at = find(text, at, stop)
            if at < 0:
                return False
            at += size
        return True

    return matches


def _finder(segment: _Segment) -> Callable[[str, int, int], int]:
    """A function (text, start, stop) for the leftmost place of `segment` within text[start:stop], or -1."""
    size = segment.size
    if not segment.runs:
        return lambda _text, start, stop: start if start + size <= stop else -1
    lead = segment.runs[0][0]
    final, run = segment.runs[-1]
    trail = size - final - len(run)
    core = tuple((offset - lead, run) for offset, run in segment.runs)
    find = (lambda text, start, stop: text.find(run, start, stop)) if len(core) == 1 else _gapped_finder(core)

    def find_between_gaps(text: str, start: int, stop: int) -> int:
        at = find(text, start + lead, stop - trail) if start + size <= stop else -1
        return at - lead if at >= 0 else -1

    return find_between_gaps


def _gapped_finder(runs: tuple[tuple[int, str], ...]) -> Callable[[str, int, int], int]:
    """Finds literal runs with `_` between them; the first starts at offset 0.

    `str.find` leaps to a place of the longest run. From there on, bit j of `state` says that the last j + 1
    characters match the first j + 1 cells (the shift-and method): each character is looked at once. When no
    bit is left, it leaps again.
    """
    cells, gaps = _masks(runs)
    size = runs[-1][0] + len(runs[-1][1])
    goal = 1 << (size - 1)
    offset, longest = max(runs, key=lambda run: len(run[1]))
    anchor = longest[:_ANCHOR]

    def find(text: str, start: int, stop: int) -> int:
        at = text.find(anchor, start + offset, stop)
        while at >= 0:
            state = 0
            for where in range(at - offset, stop):
                state = (state << 1 | 1) & (cells.get(text[where], 0) | gaps)
                if state & goal:
                    return where - size + 1
                if not state:
                    break
            else:
                return -1
            at = text.find(anchor, where + 1 + offset, stop)
        return -1

    return find


def _masks(runs: tuple[tuple[int, str], ...]) -> tuple[Mapping[str, int], int]:
    """For each character the bits of the cells that hold it, and the bits of the cells that take any."""
    cells: dict[str, int] = {}
    gaps, end = 0, 0
    for offset, run in runs:
        gaps |= ((1 << (offset - end)) - 1) << end
        end = offset + len(run)
        for at, character in enumerate(run, start=offset):
            cells[character] = cells.get(character, 0) | 1 << at
    return cells, gaps
