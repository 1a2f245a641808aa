"""Text from prompts, commits and paths, made safe to show.

A prompt, a commit message or an author's name may hold what a terminal obeys (ESC and OSC sequences set its
title or its clipboard), what reorders a line as it is read (bidirectional controls: "Trojan Source",
CVE-2021-42574), or what nobody sees but a model reads (tag characters). Each is shown as the escape that
Python would write for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_UNSAFE = (
    range(0x20),  # C0 controls, ESC among them
    range(0x7F, 0xA0),  # DEL, and C1 controls: CSI and OSC in one character
    range(0x061C, 0x061D),  # Arabic letter mark
    range(0x200B, 0x200C),  # zero-width space; not its neighbours: emoji and Persian are joined by them
    range(0x200E, 0x2010),  # left-to-right and right-to-left marks
    range(0x2028, 0x202F),  # line and paragraph separators, bidirectional embeddings and overrides
    range(0x2060, 0x2070),  # invisible operators, bidirectional isolates, deprecated controls
    range(0xD800, 0xE000),  # lone surrogates: no encoding carries them
    range(0xFEFF, 0xFF00),  # byte order mark
    range(0xFFF9, 0xFFFC),  # interlinear annotation
    range(0xE0000, 0xE0080),  # tag characters
)


class _Table(dict[int, "str | int | None"]):
    """For `str.translate`: filled as characters are met, so that it costs nothing to import."""

    def __init__(self, kept: str, escape: Callable[[int], str]) -> None:
        super().__init__({ord(character): character for character in kept})
        self._escape = escape

    def __missing__(self, code: int) -> str | int | None:
        found = self._escape(code) if any(code in unsafe for unsafe in _UNSAFE) else code
        self[code] = found
        return found


def _python(code: int) -> str:
    return chr(code).encode("unicode_escape").decode("ascii")


def _json(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


_TEXT, _LINE, _JSON = _Table("\n\t", _python), _Table("", _python), _Table("\n\t", _json)


def sanitise(text: str) -> str:
    """`text` with all of these visible, but newlines and tabs. The escapes hold nothing to escape."""
    return text.translate(_TEXT)


def sanitise_line(text: str) -> str:
    """The same on one line: newlines and tabs are shown as escapes too."""
    return text.translate(_LINE)


def sanitise_json(text: str) -> str:
    """A JSON document in which the same characters stand as JSON escapes: its value does not change.

    Args:
        text: as `json.dumps` gives it: such characters stand only inside strings, apart from newlines.
    """
    return text.translate(_JSON)
