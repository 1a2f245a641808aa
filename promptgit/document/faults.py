"""What the reader says when it refuses a file: the place, the rule, and what to write. Loaded only then."""

from __future__ import annotations

import re

from promptgit.document.events import MarkedYAMLError, ReaderError
from promptgit.document.outline import outline, place
from promptgit.document.reader import MAX_BYTES
from promptgit.document.strict import MAX_DEPTH, MAX_NODES
from promptgit.errors import InvalidDocumentError
from promptgit.problems import Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.document.events import Mark, YAMLError

_QUOTE = "Put the text in double quotes, or in a block after `|`."
_REFUSALS = {
    "yaml-alias": ("aliases such as *{} are not allowed", f"Write the value out; for a text: {_QUOTE}"),
    "yaml-anchor": ("anchors such as &{} are not allowed", f"Write the value out; for a text: {_QUOTE}"),
    "yaml-tag": ("the tag {!r} is not allowed", f"Remove it; for a text that starts with !: {_QUOTE}"),
    "yaml-merge-key": ("merge keys (<<) are not allowed", "Write the merged keys out."),
    "yaml-duplicate-key": ("the key {!r} is given twice", "Keep one of them."),
    "yaml-empty-key": ("a key is missing before the colon", "Write the key, or put the text in quotes."),
    "yaml-key": (
        "a key must be a text, not a mapping or a list",
        "Put the text in quotes if it starts with { or [.",
    ),
    "yaml-number": ("{}", "Put it in quotes to have it as a text."),
    "yaml-not-a-mapping": ("the file must be a mapping of keys to values", "Start with `key: value` lines."),
    "yaml-empty": ("the file is empty", ""),
    "yaml-directive": ("directives such as %YAML are not allowed", "Remove the lines that start with %."),
    "yaml-documents": (
        "a second document starts here",
        "Remove everything from this `---` on: one file, one document.",
    ),
    "yaml-depth": (f"nested more than {MAX_DEPTH} levels deep", "Use fewer levels."),
    "yaml-nodes": (
        f"more than {MAX_NODES:,} keys and values",
        "Split the file, or write long lists as one text.",
    ),
}


class _Explanation(Record):
    """What to say when libyaml's problem, or that of PyYAML's own scanner, contains a phrase.

    `at_start` puts the fault where the construct began, rather than where the parser noticed.
    """

    phrase: str
    message: str
    hint: str
    code: str = "yaml-syntax"
    at_start: bool = False


_TAB = _Explanation(
    phrase="found a tab character",
    message="a tab cannot indent a line",
    hint="Indent with spaces.",
    code="yaml-tab",
)
_SYNTAX = (
    _TAB,
    _Explanation(
        phrase="mapping values are not allowed",
        message="a colon cannot stand here",
        hint="A text with a colon and a space needs double quotes; if it is no text, check the indentation.",
    ),
    _Explanation(
        phrase="could not find expected ':'",
        message="neither `key: value` nor part of the text above",
        hint="Add the colon, or indent the lines of a text deeper than its key.",
        at_start=True,
    ),
    _Explanation(
        phrase="unexpected end of stream",
        message="the quote is never closed",
        hint="Close it, or use a block after `|`.",
        at_start=True,
    ),
    _Explanation(
        phrase="unknown escape character",
        message="not an escape that YAML knows",
        hint="Write the backslash twice, or use a block after `|`.",
    ),
    _Explanation(
        phrase="invalid Unicode character escape",
        message="the escape names no character",
        hint=r"Write a character beyond U+FFFF as one escape, such as \U0001F600.",
    ),
    _Explanation(
        phrase="alphabetic or numeric character",
        message="a plain text cannot start with * or &",
        hint=_QUOTE,
        at_start=True,
    ),
    _Explanation(
        phrase="expected key",
        message="expected the next key here",
        hint="Check the indentation and the quotes: keys of one mapping start in the same column.",
    ),
    _Explanation(
        phrase="expected <block end>",
        message="expected the next entry here",
        hint="Check the indentation and the quotes.",
    ),
    _Explanation(
        phrase="expected '-' indicator",
        message="expected the next item of the list here",
        hint="Start it with `- `.",
    ),
    _Explanation(
        phrase="block sequence entries are not allowed",
        message="a list cannot start here",
        hint=f"Start it on the next line. If it is a text: {_QUOTE}",
    ),
    _Explanation(
        phrase="expected ',' or ']'",
        message="the list in [ ] is not closed",
        hint=f"Close it. If it is a text: {_QUOTE}",
        at_start=True,
    ),
    _Explanation(
        phrase="expected ',' or '}'",
        message="the mapping in { } is not closed",
        hint=f"Close it. If it is a text: {_QUOTE}",
        at_start=True,
    ),
    _Explanation(phrase="expected node content", message="expected a value here", hint=f"If it is a text: {_QUOTE}"),
    _Explanation(
        phrase="expected comment or line break",
        message="a block starts on the line after its `|`",
        hint="Move the text to the next line and indent it.",
    ),
    _Explanation(
        phrase="unknown directive",
        message=_REFUSALS["yaml-directive"][0],
        hint=_REFUSALS["yaml-directive"][1],
        code="yaml-directive",
        at_start=True,
    ),
)

_UNSAFE = re.compile("\0|\r(?!\n)|\x85|\u2028|\u2029|\ufeff")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKERS = [re.compile(marker, re.MULTILINE) for marker in (r"^<{7} ", r"^={7}\r?$", r"^>{7} ")]
_NAMES = {"\r": "a carriage return without a line feed", "\ufeff": "a byte order mark"}


def refusal(code: str, mark: Mark | None, detail: str, data: bytes, path: str) -> InvalidDocumentError:
    """The error for a rule that an event breaks."""
    left = _conflict(data, path)
    if left is not None:
        return left
    message, hint = _REFUSALS[code]
    index = mark.index if mark else 0
    text = data.decode()
    if code == "yaml-duplicate-key":
        message += _first_use(data, index, detail)
    if code == "yaml-key" and text[index - 1 : index + 1] == "{{":
        message, hint = "a plain text cannot start with two braces", _QUOTE
        index -= 1
    return _error(code, message.format(detail), hint, path, place(text, index))


def bad_bytes(data: bytes, path: str) -> InvalidDocumentError:
    """The error for bytes that never get as far as the parser."""
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are allowed"
        return _error("yaml-size", message, "Split it into several prompts.", path, (1, 1))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"not UTF-8: the byte 0x{data[error.start]:02x}"
        return _error("yaml-encoding", message, "Save the file as UTF-8.", path, place(before, len(before)))
    found = _UNSAFE.search(text)
    return _unsafe_character(text, found.start() if found else 0, path)


def syntax_error(error: YAMLError, data: bytes, path: str) -> InvalidDocumentError:
    """The error for what libyaml refuses, in words for the person who wrote the file."""
    left = _conflict(data, path)
    if left is not None:
        return left
    text = data.decode()
    if isinstance(error, ReaderError):
        found = _NOT_YAML.search(text)
        return _unsafe_character(text, found.start() if found else 0, path)
    if not isinstance(error, MarkedYAMLError):
        return _error("yaml-syntax", f"not YAML: {error}", "", path, (1, 1))
    here: Mark | None = error.problem_mark or error.context_mark
    began: Mark | None = error.context_mark or here
    said = _explain(error, text[here.index : here.index + 1] if here else "")
    mark = began if said.at_start else here
    # the offset, because at the end of a file without a line break libyaml counts a line that is not there
    offset = min(mark.index, len(text)) if mark else 0
    return _error(said.code, said.message, said.hint, path, place(text, offset))


def _conflict(data: bytes, path: str) -> InvalidDocumentError | None:
    """The error for what a merge left in a file that cannot be read; None if it is not that."""
    text = data.decode()
    starts: list[int] = []
    for marker in _MARKERS:
        found = marker.search(text, starts[-1] if starts else 0)
        if found is None:
            return None
        starts.append(found.start())
    hint = "Keep one side. If two branches added the same version: promptgit renumber"
    return _error("yaml-conflict", "a conflict of a merge is not resolved", hint, path, place(text, starts[0]))


def _explain(error: MarkedYAMLError, character: str) -> _Explanation:
    problem, context = error.problem or "", error.context or ""
    if "cannot start any token" in problem:
        if character == "\t":
            return _TAB
        return _Explanation(phrase="", message=f"a plain text cannot start with {character!r}", hint=_QUOTE)
    if "tag" in context or "tag" in problem:
        hint = _REFUSALS["yaml-tag"][1]
        return _Explanation(phrase="", message="tags are not allowed", hint=hint, code="yaml-tag", at_start=True)
    for explanation in _SYNTAX:
        if explanation.phrase in problem:
            return explanation
    message = f"not YAML: {problem} {context}".rstrip()
    return _Explanation(phrase="", message=message, hint="Check the indentation and the quotes.")


def _unsafe_character(text: str, index: int, path: str) -> InvalidDocumentError:
    character = text[index : index + 1]
    name = _NAMES.get(character, f"the character U+{ord(character or ' '):04X}")
    escape = f"\\u{ord(character or ' '):04x}"
    hint = f"If the text needs it, write it as {escape} in double quotes; if not, remove it."
    return _error("yaml-character", f"{name} cannot stand in a file as it is", hint, path, place(text, index))


def _first_use(data: bytes, index: int, key: str) -> str:
    opened = outline(data, stop=index)
    first = opened[-1].find(key) if opened else None
    return f", first on line {first[0].line}" if first else ""


def _error(code: str, message: str, hint: str, path: str, at: tuple[int, int]) -> InvalidDocumentError:
    problem = Problem(code=code, message=message, path=path, line=at[0], column=at[1], hint=hint)
    return InvalidDocumentError([problem])
