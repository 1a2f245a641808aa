"""The texts of two versions side by side, as HTML; below each other where there is no room."""

from __future__ import annotations

from promptgit.review.compare import spoken
from promptgit.review.markup import Safe, element, join, text
from promptgit.review.rows import CHANGED, Fold, Row, folded, rows
from promptgit.review.words import SAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.model import PromptVersion
    from promptgit.review.compare import Comparison, MessageChange
    from promptgit.review.rows import Part
    from promptgit.review.words import Segment

_MOST = 2000
_FIRST = 40
_BLANKS = " \t"
_VISIBLE = str.maketrans({" ": "·", "\t": "⇥", "\n": "⏎"})


def messages(comparison: Comparison) -> Iterator[Safe]:
    """Each message that changed; those that did not are counted."""
    changed = [message for message in comparison.messages if message.kind != SAME]
    for message in changed:
        if message.new_role or message.old_role:
            yield element("h4", text(_who(message)))
        if message.segments:
            yield side_by_side(message.segments, *ends_of(comparison))
    left = len(comparison.messages) - len(changed)
    if not changed:
        yield element("p", text("The text is the same."), cls="soft")
    elif left:
        yield element("p", text(f"{left} other message{'' if left == 1 else 's'} unchanged."), cls="soft")


def ends_of(comparison: Comparison) -> tuple[tuple[str, str], str]:
    """What stands on each side, and the command that shows all of it."""
    old, new = comparison.old, comparison.new
    return (f"version {old.version}", f"version {new.version}"), f"promptgit diff {old.uri} {new.uri}"


def whole(prompt: PromptVersion) -> Iterator[Safe]:
    """A version that nothing is compared with: its beginning, and the rest folded."""
    for role, content in spoken(prompt):
        if role:
            yield element("h4", text(role))
        lines = content.split("\n")
        yield element("pre", text("\n".join(lines[:_FIRST])), cls="text")
        if len(lines) > _FIRST:
            summary = element("summary", text(f"… {len(lines) - _FIRST:,} more lines …"))
            rest = element("pre", text("\n".join(lines[_FIRST:])), cls="text")
            yield element("details", summary, rest, cls="more")


def side_by_side(segments: Iterable[Segment], ends: tuple[str, str], command: str) -> Safe:
    """Two texts beside each other, folded where nothing changed.

    Args:
        ends: what stands on each side.
        command: shows all of it, where it is too long for a page.
    """
    names = (element("span", text(name), cls=side) for name, side in zip(ends, ("was", "is"), strict=True))
    every = rows(segments)
    shown: list[Safe] = []
    left, open_rows = len(every), 0
    for piece in folded(every):
        if open_rows >= _MOST:
            shown.append(element("div", text(f"{left:,} more lines: "), element("code", text(command)), cls="note"))
            break
        shown.append(_piece(piece))
        open_rows += isinstance(piece, Row)
        left -= len(piece.rows) if isinstance(piece, Fold) else 1
    return element("div", element("div", *names, cls="ends"), *shown, cls="diff")


def _who(message: MessageChange) -> str:
    role = message.new_role
    if message.kind == CHANGED and message.old_role != role:
        role = f"{message.old_role} → {role}"
    return f"{role} ({message.kind})"


def _piece(piece: Row | Fold) -> Safe:
    if isinstance(piece, Row):
        return _row(piece)
    summary = element("summary", text(f"… {len(piece.rows):,} lines unchanged …"))
    return element("details", summary, *map(_row, piece.rows), cls="fold")


def _row(row: Row) -> Safe:
    if row.kind == SAME:
        cells = (element("div", *(text(content.removesuffix("\n")) for _, content in row.left or ()), cls="cell"),) * 2
    else:
        ends_differ = row.kind == CHANGED and _ends_line(row.left) != _ends_line(row.right)
        cells = (_cell(row.left, "old", "del", ends_differ), _cell(row.right, "new", "ins", ends_differ))
    return element("div", *cells, cls=f"row {row.kind}")


def _ends_line(parts: Sequence[Part] | None) -> bool:
    return parts is not None and parts[-1][1].endswith("\n")


def _cell(parts: Sequence[Part] | None, side: str, tag: str, show_end: bool) -> Safe:
    """One line of one side. In a line that is wholly new or gone no words are marked: the line is."""
    if parts is None:
        return element("div", cls="cell none")
    if all(changed for changed, _ in parts):
        line = "".join(content for _, content in parts)
        return element("div", element(tag, *_line(line, tag, show_end), cls="line"), cls=f"cell {side}")
    inner = [
        _marked(content, tag, show_end) if changed else text(content.removesuffix("\n")) for changed, content in parts
    ]
    return element("div", *inner, cls=f"cell {side}")


def _line(line: str, tag: str, show_end: bool) -> Iterator[Safe]:
    """A whole line; blanks at its end can be seen."""
    content = line if show_end else line.removesuffix("\n")
    body = content.rstrip(f"{_BLANKS}\n")
    yield text(body)
    if len(body) < len(content):
        yield element(tag, text(content[len(body) :].translate(_VISIBLE)), cls="blank")


def _marked(content: str, tag: str, show_end: bool) -> Safe:
    """A stretch of a line that changed; blanks at its ends can be seen, but for the single space between words."""
    content = content if show_end else content.removesuffix("\n")
    body = content.strip(f"{_BLANKS}\n")
    if not body:
        return element(tag, text(content.translate(_VISIBLE)), cls="blank") if content else Safe("")
    start, _, end = content.partition(body)
    start, end = (blank if blank == " " else blank.translate(_VISIBLE) for blank in (start, end))
    return element(tag, join(text(start), text(body), text(end)))
