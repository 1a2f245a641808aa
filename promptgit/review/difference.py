"""The texts of two versions side by side, as HTML; below each other where there is no room."""

from __future__ import annotations

from promptgit.review.compare import spoken
from promptgit.review.markup import Safe, element, join, text
from promptgit.review.rows import CHANGED, Fold, Row, folded, rows
from promptgit.review.words import SAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.model import PromptVersion
    from promptgit.review.compare import Comparison, MessageChange
    from promptgit.review.rows import Part

_MOST = 2000
_FIRST = 40
_VISIBLE = str.maketrans({" ": "·", "\t": "⇥"})


def difference(comparison: Comparison) -> Iterator[Safe]:
    """Each message that changed; those that did not are counted."""
    changed = [message for message in comparison.messages if message.kind != SAME]
    for message in changed:
        if message.new_role or message.old_role:
            yield element("h4", text(_who(message)))
        if message.segments:
            yield _table(message, comparison)
    left = len(comparison.messages) - len(changed)
    if not changed:
        yield element("p", text("The text is the same."), cls="soft")
    elif left:
        yield element("p", text(f"{left} other message{'' if left == 1 else 's'} unchanged."), cls="soft")


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
            yield element("details", summary, rest, cls="samples")


def _who(message: MessageChange) -> str:
    role = message.new_role
    if message.kind == CHANGED and message.old_role != role:
        role = f"{message.old_role} → {role}"
    return f"{role} ({message.kind})"


def _table(message: MessageChange, comparison: Comparison) -> Safe:
    before, after = (text(f"version {side.version}") for side in (comparison.old, comparison.new))
    ends = element("div", element("span", before, cls="was"), element("span", after, cls="is"), cls="ends")
    every = rows(message.segments)
    shown = [_piece(piece) for piece in folded(every[:_MOST])]
    if len(every) > _MOST:
        command = f"promptgit diff {comparison.old.uri} {comparison.new.uri}"
        shown.append(element("div", text(f"{len(every) - _MOST:,} more lines: {command}"), cls="note"))
    return element("div", ends, *shown, cls="diff")


def _piece(piece: Row | Fold) -> Safe:
    if isinstance(piece, Row):
        return _row(piece)
    summary = element("summary", text(f"… {len(piece.rows):,} lines unchanged …"))
    return element("details", summary, *map(_row, piece.rows), cls="fold")


def _row(row: Row) -> Safe:
    same = row.kind == SAME
    left = _cell(row.left, "" if same else "old", "del", marked=row.kind == CHANGED)
    right = _cell(row.right, "" if same else "new", "ins", marked=row.kind == CHANGED)
    return element("div", left, right, cls=f"row {row.kind}")


def _cell(parts: Sequence[Part] | None, side: str, tag: str, *, marked: bool) -> Safe:
    """One line of one side. In a line that is wholly new or gone no words are marked: the line is."""
    if parts is None:
        return element("div", cls="cell none")
    inner = []
    for changed, content in parts:
        line = content.removesuffix("\n")
        if changed and marked:
            inner.append(element(tag, _seen(line)) if line else Safe(""))
        else:
            inner.append(text(line))
    return element("div", join(*inner), cls=f"cell {side}".strip())


def _seen(content: str) -> Safe:
    """A changed stretch; blanks at its ends can be seen."""
    body = content.strip(" \t")
    start = content[: len(content) - len(content.lstrip(" \t"))] if body else content
    end = content[len(start) + len(body) :]
    if body:  # a single blank between words reads as one
        start, end = (
            blank if len(blank) == 1 and blank == " " else blank.translate(_VISIBLE) for blank in (start, end)
        )
    else:
        start = start.translate(_VISIBLE)
    return text(f"{start}{body}{end}")
