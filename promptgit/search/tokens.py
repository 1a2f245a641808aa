"""The words of the search language, read one at a time.

    string     '...' or "..." with the quote doubled inside
    quoted     `...` with the backtick doubled inside: a tag's key, never a value
    bare       any other run of characters up to white space, a quote, a parenthesis, a comma or a sign
    sign       = != < <= > >= ( ) ,    and the slips <> == !, which the parser knows how to explain

A bare word is read generously (`2026-01-01`, `a@b.example` and `tags.cost-center` are one each), so that an
error can show the whole of what was meant. Words are read on demand, so that the leftmost fault is reported.
"""

from __future__ import annotations

import re

from promptgit.errors import InvalidReferenceError
from promptgit.record import Record

BARE, STRING, QUOTED, SIGN, END = "bare", "string", "quoted", "sign", "end"

_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"[^\s'\"`(),=<>!]+")
_SIGNS = ("<=", ">=", "!=", "<>", "==", "=", "<", ">", "(", ")", ",", "!")
_SHOWN = 40


class Token(Record):
    """One word.

    Attributes:
        kind: `BARE`, `STRING`, `QUOTED`, `SIGN` or `END`.
        value: what it stands for: without quotes, with doubled quotes made single.
        source: the whole text that it comes from.
        start, end: its place in `source`, in characters.
    """

    kind: str
    value: str
    source: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in upper case if it can be a keyword, else an empty string."""
        return self.value.upper() if self.kind == BARE and self.value.isascii() else ""

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of `signs`."""
        return self.kind == SIGN and self.value in signs

    @property
    def follower(self) -> str:
        """The character that follows without a space; empty at the end."""
        return self.source[self.end : self.end + 1].strip()

    def fault(self, message: str, hint: str | None = None, *, at: int | None = None) -> InvalidReferenceError:
        """The error to raise about this word; `at` moves the caret, in characters of `source`."""
        position = self.start if at is None else at
        return InvalidReferenceError(message, text=self.source, position=position, hint=hint)

    def __str__(self) -> str:
        """As a message shows it: short, in one kind of quotes or another, and without control characters."""
        if self.kind == END:
            return "the end"
        written = self.source[self.start : min(self.end, self.start + _SHOWN)]
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in written)
        shown += "…" if self.end - self.start > _SHOWN else ""
        return shown if self.kind in (STRING, QUOTED) else f"'{shown}'"


def read_token(source: str, at: int) -> Token:
    """The word that starts at or after `at`, past white space.

    Raises:
        InvalidReferenceError: a string or a quoted key has no end.
    """
    space = _SPACE.match(source, at)
    start = space.end() if space else at
    if start == len(source):
        return Token(kind=END, value="", source=source, start=start, end=start)
    if source[start] in "'\"`":
        return _read_quoted(source, start)
    for sign in _SIGNS:
        if source.startswith(sign, start):
            return Token(kind=SIGN, value=sign, source=source, start=start, end=start + len(sign))
    bare = _BARE.match(source, start)
    end = bare.end() if bare else start + 1
    return Token(kind=BARE, value=source[start:end], source=source, start=start, end=end)


def _read_quoted(source: str, start: int) -> Token:
    quote = source[start]
    at = source.find(quote, start + 1)
    while at >= 0 and source.startswith(quote, at + 1):
        at = source.find(quote, at + 2)
    kind = QUOTED if quote == "`" else STRING
    if at < 0:
        what = "quoted key" if kind == QUOTED else "string"
        hint = f"Close it with {quote}, and write {quote} inside it twice."
        raise InvalidReferenceError(f"this {what} has no end", text=source, position=start, hint=hint)
    value = source[start + 1 : at].replace(quote * 2, quote)
    return Token(kind=kind, value=value, source=source, start=start, end=at + 1)


def is_bare(text: str) -> bool:
    """Whether `text` would be read back as one bare word."""
    return _BARE.fullmatch(text) is not None
