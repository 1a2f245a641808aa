"""How a text may be written so that every YAML reader, of 1.1 or 1.2, gives back exactly that text."""

from __future__ import annotations

import re

# what YAML 1.1 or 1.2 reads as something else than text, in lower case; 1.1 is what most libraries speak
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n"})
_WORDS = _BOOLEANS | {"~", "null", "=", "<<", ".inf", "+.inf", "-.inf", ".nan"}
# a number, date, time or base-60 number of either version is made of these characters alone
_NUMBER_LIKE = re.compile(r"[-+.0-9][-+.:_0-9a-fA-FxXoOtTzZ ]*")
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=~<")
_FLOW_INDICATORS = frozenset(",[]{}:?")  # ? is one to the Python scanner
_INTEGER_KEY = re.compile(r"0|[1-9][0-9]{0,17}")

# what libyaml refuses, what it reads as a line break other than LF, and byte order marks: only an escape
# carries these
_NOT_RAW = "\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_NOT_LITERAL = re.compile(f"[{_NOT_RAW}]")
# in quotes, direction marks are escaped as well: they can make a line look other than it reads
_ESCAPED = re.compile(f'["\\\\\t\n{_NOT_RAW}\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_LINES = re.compile("[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_text(text: str) -> bool:
    """Whether UTF-8 can carry it: a lone surrogate is half a character, not text."""
    return text.isascii() or _SURROGATE.search(text) is None


def plain(text: str, *, flow: bool = False) -> bool:
    """Whether a text can stand without quotes, in brackets too if `flow`."""
    if not text or not text.isprintable() or text[0] in _INDICATORS or text[0] == " " or text[-1] in " :":
        return False
    if ": " in text or " #" in text or text.startswith("...") or text.lower() in _WORDS:
        return False
    if _NUMBER_LIKE.fullmatch(text):
        return False
    return not (flow and _FLOW_INDICATORS.intersection(text))


def inline(text: str, *, flow: bool = False) -> str:
    """A text on one line: plain, or in double quotes."""
    return text if plain(text, flow=flow) else quoted(text)


def key(text: str, *, flow: bool = False) -> str:
    """A mapping's key. Whole numbers stand plain (`4: {…}`), since the reader takes every key as its text."""
    return text if _INTEGER_KEY.fullmatch(text) else inline(text, flow=flow)


def quoted(text: str) -> str:
    """A text in double quotes on one line, with escapes for what a file cannot hold or nobody can see."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def quoted_lines(text: str) -> list[str]:
    r"""A text in double quotes, a line of the text on each line.

    A backslash at the end of a line joins it to the next, whose leading spaces do not count; so where the
    text itself has a space there, that is escaped.
    """
    lines = [_ESCAPED.sub(_escape, line) for line in _LINES.findall(text)]
    lines = lines[:1] + ["\\" + line if line.startswith(" ") else line for line in lines[1:]]
    if len(lines) < 2:
        return [quoted(text)]
    return [f'"{lines[0]}\\', *(f"{line}\\" for line in lines[1:-1]), f'{lines[-1]}"']


def fits_literal(text: str) -> bool:
    """Whether a literal block carries a text: it has lines, more than empty ones, and only raw characters."""
    return "\n" in text and text.strip("\n") != "" and _NOT_LITERAL.search(text) is None


def literal(text: str) -> tuple[str, list[str]]:
    """The header and the lines, not indented yet, of a literal block.

    The header says how many line breaks the text ends in (`-` none, `+` more than one). It says the
    indentation where the first line cannot show it, because that is empty or starts with white space of its
    own.
    """
    indicator = "2" if text[0] in " \t\n" else ""
    body = text[:-1] if text.endswith("\n") else text
    chomping = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    return f"|{indicator}{chomping}", body.split("\n")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"
