"""Reads the YAML that promptgit itself writes, without PyYAML; gives up at whatever else there is.

Importing PyYAML takes longer than everything else that a process does to load its first prompt. Most files of a registry hold
no more than names, plain and quoted scalars, literal blocks, lists, and brackets that end on their line. What is read here
means the same to `strict`, or it is not read here: tests hold the two against each other. Nothing is refused here either;
that is for `strict`, which knows where and why.
"""

from __future__ import annotations

from promptgit.document.scalars import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_NAME = _WORD | frozenset("-.")
_IN_BRACKETS = _NAME | frozenset("/+*@")
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@` \t")
_LITERALS = frozenset(("|", "|-", "|+"))
_BYTES = bytes([9, 10, *range(0x20, 0x7F), *range(0x80, 0x100)])
_CHARACTERS = [*map(chr, range(0x80, 0xA0)), "\ufffe", "\uffff"]
_MAX_KEY = 128
_MAX_ENTRIES = 1000
_MAX_DEPTH = 12


def read(data: bytes) -> dict[str, Any] | None:
    """The mapping in a file, or None if it takes `strict` to tell.

    Args:
        data: without a byte order mark, and with no byte that `reader.check_bytes` refuses.
    """
    if not data.endswith(b"\n") or data.translate(None, _BYTES):
        return None
    text = data.decode()
    if len(text) != len(data) and any(character in text for character in _CHARACTERS):
        return None
    lines = _Lines(text.split("\n")[:-1])
    try:
        indent = lines.skip()
        return lines.mapping(0, 0) if indent == 0 else None
    except _GiveUpError:
        return None


class _GiveUpError(Exception):
    """This is more than is read here."""


def _give_up() -> NoReturn:
    raise _GiveUpError


class _Lines:
    """The lines of a file, and the one that is next."""

    __slots__ = ("at", "entries", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.entries = 0

    def skip(self) -> int:
        """Go past blank lines and comments; how far the line after them is indented, -1 at the end."""
        lines, count = self.lines, len(self.lines)
        while self.at < count:
            line = lines[self.at]
            content = line.lstrip(" ")
            if content and content[0] != "#":
                return len(line) - len(content)
            self.at += 1
        return -1

    def mapping(self, indent: int, depth: int) -> dict[str, Any]:
        """The entries at this indentation. One that is deeper, or is no entry, is for `strict`."""
        found: dict[str, Any] = {}
        while True:
            now = self.skip()
            if now < indent:
                break
            line = self.lines[self.at]
            key, colon, rest = line[indent:].partition(":")
            if now > indent or not colon or not key or len(key) > _MAX_KEY or key[0] not in _WORD or key in found:
                _give_up()
            if not _NAME.issuperset(key) or (rest and rest[0] != " "):
                _give_up()
            self.at += 1
            found[key] = self.value(rest.strip(" "), indent, depth)
        return found

    def sequence(self, indent: int, depth: int) -> list[Any]:
        """The items at this indentation."""
        found: list[Any] = []
        while True:
            now = self.skip()
            if now < indent:
                break
            line = self.lines[self.at]
            if now > indent or line[indent : indent + 2] != "- ":
                _give_up()
            rest = line[indent + 2 :].strip(" ")
            if _is_entry(rest):  # a mapping that begins on the line of its dash
                inner = len(line) - len(line[indent + 1 :].lstrip(" "))
                self.lines[self.at] = " " * inner + line[inner:]
                self.nest(depth)
                found.append(self.mapping(inner, depth + 1))
                continue
            self.at += 1
            if not rest or rest[0] == "#" or rest == "-" or rest.startswith("- "):
                _give_up()
            found.append(self.value(rest, indent, depth))
        return found

    def value(self, text: str, indent: int, depth: int) -> Any:
        """What an entry holds.

        Args:
            text: what stands on its line, stripped.
            indent: of the entry.
        """
        if text[:1] in ("[", "{"):
            self.entries += len(text) // 2  # so many values may stand in there
        self.nest(depth)
        if text in _LITERALS:
            return self.literal(text[1:], indent)
        if text and text[0] != "#":
            return _inline(text)
        now = self.skip()
        if now > indent:
            is_list = self.lines[self.at].startswith("- ", now)
            return self.sequence(now, depth + 1) if is_list else self.mapping(now, depth + 1)
        if now == indent and self.lines[self.at][indent] == "-":  # a list need not be indented
            _give_up()
        return None

    def nest(self, depth: int) -> None:
        """Count an entry; so many, or so deep, are for `strict`."""
        self.entries += 1
        if self.entries > _MAX_ENTRIES or depth > _MAX_DEPTH:
            _give_up()

    def literal(self, chomping: str, indent: int) -> str:
        """A literal block; its first line, which is not blank, says how far it is indented."""
        lines, begin, end = self.lines, self.at, len(self.lines)
        first = lines[begin] if begin < end else ""
        content = first.lstrip(" ")
        margin = first[: len(first) - len(content)]
        if not content or content[0] == "\t" or len(margin) <= indent:
            _give_up()
        at = begin
        while at < end and (lines[at].startswith(margin) or not lines[at].strip(" ")):
            at += 1
        self.at, width = at, len(margin)
        text = "\n".join([line[width:] for line in lines[begin:at]])
        if chomping == "+":
            return f"{text}\n"
        return text.rstrip("\n") if chomping else f"{text.rstrip(chr(10))}\n"


def _is_entry(text: str) -> bool:
    """Whether a text begins as an entry of a mapping does: `role: system`."""
    key, colon, rest = text.partition(":")
    return bool(colon) and bool(key) and _NAME.issuperset(key) and (not rest or rest[0] == " ")


def _inline(text: str) -> Any:
    """A value that ends on its line; a comment may follow."""
    first = text[0]
    if first in "\"'":
        value, end = _quoted(text, 0)
        _require_end(text, end)
        return value
    if first in "[{":
        value, end = _bracket(text, 0, 0)
        _require_end(text, end)
        return value
    text = text.partition(" #")[0].rstrip(" ")
    if first in _INDICATORS and not (first == "-" and text[1:2].isdigit()):
        _give_up()
    if ": " in text or text[-1] == ":" or "\t" in text:
        _give_up()
    return _resolved(text)


def _require_end(text: str, at: int) -> None:
    rest = text[at:]
    if (rest and not rest.lstrip(" ").startswith("#")) or rest[:1] == "#":
        _give_up()


def _resolved(text: str) -> Any:
    try:
        return resolve(text)
    except ValueError:
        _give_up()


def _quoted(text: str, at: int) -> tuple[str, int]:
    """A quoted text without escapes, and where it ends."""
    mark = text[at]
    end = text.find(mark, at + 1)
    value = text[at + 1 : end]
    if end < 0 or "\t" in value or (mark == '"' and "\\" in value) or text[end + 1 : end + 2] == mark:
        _give_up()
    return value, end + 1


# --- brackets -----------------------------------------------------------------------------------------------------------


def _bracket(text: str, at: int, depth: int) -> tuple[Any, int]:
    """A list or a mapping in brackets, and where it ends."""
    if depth > _MAX_DEPTH:
        _give_up()
    is_list = text[at] == "["
    close = "]" if is_list else "}"
    items: list[Any] = []
    entries: dict[str, Any] = {}
    at = _past_spaces(text, at + 1)
    while text[at] != close:
        if is_list:
            value, at = _element(text, at, depth)
            items.append(value)
        else:
            key, at = _key(text, at)
            if key in entries:
                _give_up()
            entries[key], at = _element(text, at, depth)
        at = _past_spaces(text, at)
        if text[at] == ",":
            at = _past_spaces(text, at + 1)
            if text[at] == close:  # a comma at the end
                _give_up()
        elif text[at] != close:
            _give_up()
    return (items if is_list else entries), at + 1


def _past_spaces(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    if at >= len(text):
        _give_up()
    return at


def _word(text: str, at: int) -> tuple[str, int]:
    begin = at
    while text[at : at + 1] in _IN_BRACKETS:
        at += 1
    if begin == at or at >= len(text) or text[begin] not in _WORD:
        _give_up()
    return text[begin:at], at


def _key(text: str, at: int) -> tuple[str, int]:
    key, at = _word(text, at)
    if text[at : at + 2] != ": " or len(key) > _MAX_KEY:
        _give_up()
    return key, _past_spaces(text, at + 2)


def _element(text: str, at: int, depth: int) -> tuple[Any, int]:
    first = text[at]
    if first in "[{":
        return _bracket(text, at, depth + 1)
    if first in "\"'":
        return _quoted(text, at)
    word, at = _word(text, at)
    if text[at] not in " ,]}":
        _give_up()
    return _resolved(word), at
