"""Two texts side by side, line by line: which line stands beside which, and what in them changed."""

from __future__ import annotations

from promptgit.record import Record
from promptgit.review.words import ADDED, REMOVED, SAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.review.words import Segment

    Part = tuple[bool, str]
    """Whether it changed, and its text."""
    Line = list[Part]

CHANGED = "changed"
_ALIKE = 1 / 3


class Row(Record):
    """One line of each side.

    Attributes:
        kind: `same`, `changed`, `removed` or `added`.
        left, right: the parts of the line before and after, its line end included; None where that side has no line.
            Lines that have little in common are one changed part each.
    """

    kind: str
    left: tuple[Part, ...] | None
    right: tuple[Part, ...] | None


class Fold(Record):
    """Lines that did not change and are far from any that did.

    Attributes:
        rows: never empty.
    """

    rows: tuple[Row, ...]


def rows(segments: Iterable[Segment]) -> list[Row]:
    """The rows of a comparison. Joining all left parts gives the old text, joining all right parts the new one."""
    block = _Block()
    found: list[Row] = []
    for segment in segments:
        for piece in _pieces(segment.text):
            block.add(segment.kind, piece)
            if segment.kind == SAME and piece.endswith("\n"):
                found += block.taken()
    return found + block.taken()


def folded(every: Sequence[Row], context: int = 3) -> Iterator[Row | Fold]:
    """The rows, with long unchanged stretches folded but for some lines around each change."""
    start = 0
    while start < len(every):
        end = start
        while end < len(every) and every[end].kind == SAME:
            end += 1
        first = start + (context if start > 0 else 0)
        last = end - (context if end < len(every) else 0)
        if last - first > 2:
            yield from every[start:first]
            yield Fold(rows=tuple(every[first:last]))
            yield from every[last:end]
        else:
            yield from every[start:end]
        if end < len(every):
            yield every[end]
        start = end + 1


def _pieces(text: str) -> list[str]:
    """The text cut behind each line end."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


class _Block:
    """The lines of both sides since they last ended a line together."""

    def __init__(self) -> None:
        self._left: list[Line] = [[]]
        self._right: list[Line] = [[]]
        self._shared: dict[tuple[int, int], int] = {}

    def add(self, kind: str, piece: str) -> None:
        """Add text that ends at the latest with its line."""
        changed = kind != SAME
        if kind == SAME and piece.strip():
            lines = (len(self._left) - 1, len(self._right) - 1)
            self._shared[lines] = self._shared.get(lines, 0) + _weight(piece)
        for side, other in ((self._left, ADDED), (self._right, REMOVED)):
            if kind != other:
                side[-1].append((changed, piece))
                if piece.endswith("\n"):
                    side.append([])

    def taken(self) -> list[Row]:
        """The rows of the block, which is empty afterwards."""
        left, right = ([line for line in side if line] for side in (self._left, self._right))
        found: list[Row] = []
        one = two = 0
        for (first, second), shared in self._shared.items():
            if first < one or second < two or not _are_alike(left[first], right[second], shared):
                continue  # the line has its neighbour already, or a word in common by chance
            found += _paired(left[one:first], right[two:second])
            found.append(_row(left[first], right[second]))
            one, two = first + 1, second + 1
        found += _paired(left[one:], right[two:])
        self._left, self._right, self._shared = [[]], [[]], {}
        return found


def _weight(text: str) -> int:
    """The characters of a text that are no blanks."""
    return sum(map(len, text.split()))


def _are_alike(left: Line, right: Line, shared: int) -> bool:
    """Whether lines have so much in common that one reads as a change of the other."""
    return shared >= _ALIKE * min(_weight(_text(left)), _weight(_text(right)))


def _paired(left: Sequence[Line], right: Sequence[Line]) -> Iterator[Row]:
    """Lines that have little in common: as they come."""
    for at in range(max(len(left), len(right))):
        yield _row(_whole(left[at]) if at < len(left) else None, _whole(right[at]) if at < len(right) else None)


def _whole(line: Line) -> Line:
    return [(True, _text(line))]


def _text(line: Line) -> str:
    return "".join(text for _, text in line)


def _row(left: Line | None, right: Line | None) -> Row:
    if left is None or right is None:
        kind = ADDED if left is None else REMOVED
    else:  # a blank line that was removed, and another one that was added
        kind = SAME if _text(left) == _text(right) else CHANGED
    return Row(kind=kind, left=None if left is None else tuple(left), right=None if right is None else tuple(right))
