"""A comparison for a terminal. All that comes from prompts is made safe for it."""

from __future__ import annotations

from promptgit.review.compare import Comparison, MessageChange, headline
from promptgit.review.words import ADDED, REMOVED, SAME, fold
from promptgit.sanitise import sanitise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_STYLES = {REMOVED: "\x1b[31;9m", ADDED: "\x1b[32m", "dim": "\x1b[2m", "bold": "\x1b[1m", "warn": "\x1b[33m"}
_PLAIN = {REMOVED: ("[-", "-]"), ADDED: ("{+", "+}")}
_END = "\x1b[0m"


def render(comparison: Comparison, *, colour: bool, width: int = 100) -> str:
    """The comparison as text that may be printed as it is.

    Args:
        colour: ANSI colours; without them words are marked as `git diff --word-diff` does: `[-removed-]{+added+}`.
        width: columns of the terminal; long values of settings are cut to it.
    """
    return "\n".join(_lines(comparison, colour, width))


def _lines(comparison: Comparison, colour: bool, width: int) -> Iterator[str]:
    yield styled(sanitise(headline(comparison)), "bold", colour)
    for message in comparison.messages:
        if message.kind == SAME and len(comparison.messages) > 1:
            yield styled(f"  {sanitise(message.new_role) or 'text'}: unchanged", "dim", colour)
        elif message.kind != SAME:
            yield ""
            yield from _message(message, colour)
    if comparison.variables:
        yield ""
        yield styled("variables", "bold", colour)
        for change in comparison.variables:
            line = f"  {sanitise(change.name)}: {sanitise(change.what)}"
            yield styled(f"{line} (breaking)", "warn", colour) if change.breaking else line
    if comparison.fields:
        yield ""
        yield styled("settings", "bold", colour)
        for field in comparison.fields:
            old, new = (_cut(_shown(value), (width - len(field.key) - 8) // 2) for value in (field.old, field.new))
            yield f"  {sanitise(field.key)}: {_marked(old, REMOVED, colour)} {_marked(new, ADDED, colour)}"


def _message(message: MessageChange, colour: bool) -> Iterator[str]:
    role = sanitise(message.new_role)
    if message.old_role != message.new_role:
        role = f"{sanitise(message.old_role)} → {role}"
    if role:
        yield styled(f"{role} ({message.kind})", "bold", colour)
    text = ""
    for piece in fold(message.segments):
        if isinstance(piece, int):
            gap = "" if not text or text.endswith("\n") else "\n"
            text += gap + styled(f"… {piece} lines unchanged …", "dim", colour) + "\n"
        elif piece.kind == SAME:
            text += sanitise(piece.text)
        else:
            text += _marked(sanitise(piece.text), piece.kind, colour)
    yield from (f"  {line}" for line in text.rstrip("\n").split("\n"))


def _marked(text: str, kind: str, colour: bool) -> str:
    """Text that was removed or added. Marks do not span line ends, so that each line reads by itself."""
    opening, closing = (_STYLES[kind], _END) if colour else _PLAIN[kind]
    return "\n".join(f"{opening}{line}{closing}" if line else line for line in text.split("\n"))


def styled(text: str, style: str, colour: bool) -> str:
    """Text that is safe already, in a style where colour is wanted."""
    return f"{_STYLES[style]}{text}{_END}" if colour else text


def _shown(value: Any) -> str:
    import json

    return "unset" if value is None else sanitise(json.dumps(value, ensure_ascii=False))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= max(length, 12) else f"{text[: max(length, 12) - 1]}…"
