"""JSON Lines: one version a line, oldest first; gzipped or plain.

    {"name": "Linux Terminal", "text": "I want you to act as ...", "message": "Create prompts.csv", "time": 1670978690}

`name` and `text` (or `template`: a text or a list of messages) must be there. `message` (or `commit_message`), `time` (seconds
since the epoch, or ISO 8601), `author` ("Name <email>"), `aliases` (a list), `syntax`, `variables`, `model_config`,
`response_format`, `tools` and `tags` may.
"""

from __future__ import annotations

import datetime
import gzip
import json
import re

from promptgit.interop.rows import Row
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, BinaryIO

_CONTENT = ("syntax", "variables", "model_config", "response_format", "tools", "tags")
_KNOWN = frozenset(["name", "text", "template", "message", "commit_message", "time", "author", "aliases", *_CONTENT])
_AUTHOR = re.compile(r"[^<>\n\0]* <[^<>\n\0]*>\Z")
_GZIP = b"\x1f\x8b"


def read(stream: BinaryIO, path: str) -> Iterator[Row | Problem]:
    """The rows of a file, and a problem for each that cannot be read.

    Args:
        stream: plain or gzipped; told apart by its first bytes.
        path: what to call it in problems.
    """
    number = 0
    try:
        for number, line in enumerate(_lines(stream), 1):
            if line.strip():
                yield _row(line, path, number)
    except (OSError, EOFError) as error:
        yield Problem(
            code="import-read", message=f"the file cannot be read on: {error}", path=path, line=number + 1, column=1
        )


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    start = stream.peek(2)[:2] if hasattr(stream, "peek") else b""
    return iter(gzip.GzipFile(fileobj=stream) if start == _GZIP else stream)


def _row(line: bytes, path: str, number: int) -> Row | Problem:
    def problem(message: str, hint: str = "", column: int = 1) -> Problem:
        return Problem(code="import-row", message=message, path=path, line=number, column=column, hint=hint)

    try:
        found = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return problem(f"byte {error.start} of the line is not UTF-8", "Save the file as UTF-8.", error.start + 1)
    except json.JSONDecodeError as error:
        return problem(f"the line is not JSON: {error.msg}", "Each line is one JSON object.", error.colno)
    except (RecursionError, ValueError) as error:
        return problem(f"the line is not JSON that can be read: {error}")
    if not isinstance(found, dict):
        return problem("the line is not a JSON object", 'Write {"name": ..., "text": ...}.')
    wrong = _first_fault(found)
    if wrong:
        return problem(*wrong)
    return Row(
        title=found["name"],
        content={
            "template": found.get("text", found.get("template")),
            **{key: found[key] for key in _CONTENT if key in found},
        },
        message=found.get("message") or found.get("commit_message") or "",
        time=_seconds(found.get("time")),
        author=found.get("author") or "",
        aliases=tuple(found.get("aliases") or ()),
        line=number,
    )


def _first_fault(found: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a row, and what to do."""
    unknown = sorted(found.keys() - _KNOWN)
    aliases, author = found.get("aliases"), found.get("author")
    checks = (
        (
            isinstance(found.get("name"), str) and found["name"].strip(),
            "`name` must be a text",
            "Give each row a name.",
        ),
        (("text" in found) != ("template" in found), "a row has either `text` or `template`", ""),
        (isinstance(found.get("text", ""), str), "`text` must be a text", "Messages stand in `template`."),
        (isinstance(found.get("template", ""), str | list), "`template` must be a text or a list of messages", ""),
        (isinstance(found.get("message") or found.get("commit_message") or "", str), "`message` must be a text", ""),
        (
            found.get("time") is None or _seconds(found["time"]) is not None,
            "`time` is neither seconds nor ISO 8601",
            "",
        ),
        (not author or (isinstance(author, str) and _AUTHOR.match(author)), '`author` is not "Name <email>"', ""),
        (not aliases or _is_texts(aliases), "`aliases` must be a list of texts", ""),
        (not unknown, f"unknown key {unknown[:1]}", f"Known are: {', '.join(sorted(_KNOWN))}."),
    )
    return next(((message, hint) for holds, message, hint in checks if not holds), None)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _seconds(value: object) -> int | None:
    """Seconds since the epoch, or None; a time without a zone is UTC. Git can carry neither negative nor distant times."""
    if isinstance(value, str):
        try:
            when = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
        value = (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        return None
    return int(value)
