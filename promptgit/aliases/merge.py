"""Merges `aliases.yaml` alias by alias, where git would merge it line by line.

Two branches that moved different aliases merge, whatever stands on adjacent lines; the same alias moved to different
targets is a conflict, and it alone is marked. No alias is ever there twice, which a union merge does not promise.

    base        ours        theirs      result
    production  3   3   4               4          only one side moved it
    production  3   4   4               4          both moved it to the same target
    production  3   4   5               conflict
    production  3   -   4               conflict   one side removed what the other moved
"""

from __future__ import annotations

from promptgit.aliases.file import parse_aliases
from promptgit.errors import InvalidDocumentError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.aliases.target import Target

    Value = int | dict[str, float]
    Values = Mapping[str, Value]

MARKER_SIZE = 7
"""Length of a conflict marker, as git writes it unless it is told otherwise."""


class Merged(Record):
    """What a merge of one file came to.

    Attributes:
        data: the file; with conflict markers where `conflicts` says so.
        conflicts: the aliases that both sides changed, sorted; a file merged line by line has no names for them.
        clean: whether nothing is left to decide.
    """

    data: bytes
    conflicts: tuple[str, ...] = ()
    clean: bool = True


def merge_aliases(
    base: bytes, ours: bytes, theirs: bytes, *, marker_size: int = MARKER_SIZE, by_line: bytes | None = None
) -> Merged:
    """Merge two descendants of an `aliases.yaml`.

    Args:
        base, ours, theirs: the three files; empty where there is none.
        marker_size: length of the conflict markers, in characters.
        by_line: a merge of the same files line by line that had no conflict. It is taken where it says the same, as it
            has the comments of both sides; otherwise the result is `ours` with the moves of `theirs`.

    Raises:
        InvalidDocumentError: one of the three cannot be read.
    """
    was, mine, other = (_values(data) for data in (base, ours, theirs))
    wanted, conflicts = _decide(was, mine, other)
    if not conflicts:
        same = by_line is not None and _says(by_line, wanted)
        return Merged(data=by_line if by_line is not None and same else _rewritten(ours, mine, wanted))
    data = _marked(_rewritten(ours, mine, wanted), theirs, (mine, other), conflicts, marker_size)
    return Merged(data=data, conflicts=conflicts, clean=False)


def merge_files(base: bytes, ours: bytes, theirs: bytes, *, marker_size: int = MARKER_SIZE) -> Merged:
    """The same for files as they come: one that cannot be read is merged line by line, as git would."""
    from promptgit.gitrepo.merging import merge_lines

    data, clean = merge_lines(base, ours, theirs, marker_size=marker_size)
    try:
        return merge_aliases(base, ours, theirs, marker_size=marker_size, by_line=data if clean else None)
    except InvalidDocumentError:
        return Merged(data=data, clean=clean)


def renumber_aliases(data: bytes, numbers: Mapping[int, int], since: bytes = b"") -> bytes:
    """Point aliases to other numbers, in weights too; comments and layout stay.

    Args:
        data: an `aliases.yaml`.
        numbers: old number -> new number.
        since: an earlier state of the file: what has not changed since then meant something else.

    Raises:
        InvalidDocumentError: the file cannot be read.
    """
    before, now = _values(since), _values(data)
    wanted = {
        alias: value if before.get(alias) == value else _renumbered(value, numbers) for alias, value in now.items()
    }
    return _rewritten(data, now, wanted)


def _values(data: bytes) -> dict[str, Value]:
    """The aliases of a file with the values that it would be written with: two ways to write a target are one value."""
    targets: Mapping[str, Target] = parse_aliases(data, "aliases.yaml")
    return {alias: target.to_value() for alias, target in targets.items()}


def _renumbered(value: Value, numbers: Mapping[int, int]) -> Value:
    if isinstance(value, int):
        return numbers.get(value, value)
    return {str(numbers.get(int(version), int(version))): weight for version, weight in value.items()}


def _decide(was: Values, ours: Values, theirs: Values) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The merged aliases, and those in conflict, which keep our value (or theirs, where we have none)."""
    wanted: dict[str, Value] = {}
    conflicts = []
    for alias in sorted(was.keys() | ours.keys() | theirs.keys()):
        before, mine, other = was.get(alias), ours.get(alias), theirs.get(alias)
        value = other if mine == before else mine
        if mine != other and before not in (mine, other):
            conflicts.append(alias)
            value = other if mine is None else mine
        if value is not None:
            wanted[alias] = value
    return wanted, tuple(conflicts)


def _rewritten(data: bytes, have: Values, wanted: Values) -> bytes:
    """The file with other aliases in it: only what differs is touched."""
    from promptgit import document

    for alias in have:
        if alias not in wanted:
            data = document.remove(data, [alias])
    for alias, value in wanted.items():
        if have.get(alias) != value:
            data = document.edit(data, [alias], value, sort=True, blank_lines=True, flow_depth=1)
    return data


def _says(data: bytes, wanted: Values) -> bool:
    try:
        return _values(data) == wanted
    except InvalidDocumentError:
        return False


# --- conflicts ------------------------------------------------------------------------------------------------------


def _marked(data: bytes, theirs: bytes, sides: tuple[Values, Values], conflicts: Sequence[str], size: int) -> bytes:
    """The merged file with both sides of each conflict between markers.

    It is taken only if either choice reads as it should. Where the layout has no lines to mark (a file in brackets, a value
    that goes on at the start of a line), the aliases are written anew first.
    """
    merged = _values(data)
    choices = [_chosen(merged, side, conflicts) for side in sides]
    marked = _mark(data, theirs, sides, conflicts, size)
    if all(_says(_resolved(marked, size, at), choice) for at, choice in enumerate(choices)):
        return marked
    return _mark(_written(merged), _written(sides[1]), sides, conflicts, size)


def _chosen(merged: Values, side: Values, conflicts: Sequence[str]) -> Values:
    """The aliases once every conflict is decided for one side."""
    rest = {alias: value for alias, value in merged.items() if alias not in conflicts}
    return rest | {alias: side[alias] for alias in conflicts if alias in side}


def _mark(data: bytes, theirs: bytes, sides: tuple[Values, Values], conflicts: Sequence[str], size: int) -> bytes:
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    lines, other = _lines(data, newline), _lines(theirs, newline)
    spans = sorted((_span(data, lines, alias), alias) for alias in conflicts)
    for (start, end), alias in reversed(spans):
        first, last = _span(theirs, other, alias)
        block = [b"<" * size + b" ours" + newline, *(lines[start:end] if alias in sides[0] else [])]
        block += [b"=" * size + newline, *(other[first:last] if alias in sides[1] else [])]
        lines[start:end] = [*block, b">" * size + b" theirs" + newline]
    return b"".join(lines)


def _resolved(marked: bytes, size: int, side: int) -> bytes:
    """A file whose conflicts are all decided for our side (0) or theirs (1)."""
    kept, now = [], -1
    for line in marked.splitlines(keepends=True):
        if line.startswith(b"<" * size):
            now = 0
        elif line.startswith(b"=" * size):
            now = 1
        elif line.startswith(b">" * size):
            now = -1
        elif now in (-1, side):
            kept.append(line)
    return b"".join(kept)


def _lines(data: bytes, newline: bytes) -> list[bytes]:
    lines = data.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += newline
    return lines


def _span(data: bytes, lines: Sequence[bytes], alias: str) -> tuple[int, int]:
    """The lines of an alias: the one with its name, and what is indented below it."""
    from promptgit import document

    start = document.locate(data, [alias], key=True)[0] - 1
    end = start + 1
    while end < len(lines) and lines[end][:1] in (b" ", b"\t") and lines[end].strip():
        end += 1
    return start, end


def _written(values: Values) -> bytes:
    from promptgit import document

    return document.dump(dict(sorted(values.items())), blank_lines=True, flow_depth=1) if values else b""
