"""Reading a document: by `simple` what is simple, by `strict` the rest and all that is wrong."""

from __future__ import annotations

from promptgit.document import simple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.document.events import EventSource

MAX_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"


def parse(
    data: bytes, path: str = "", *, empty_ok: bool = False, parser: type[EventSource] | None = None
) -> dict[str, Any]:
    """Read one mapping.

    Keys are always str: the key of `3: 90` is "3". Plain scalars follow YAML 1.2, see `scalars`. Refused are more than 1 MiB,
    raw characters that YAML would silently change, and what `strict` names.

    Args:
        data: UTF-8, with or without a byte order mark; lines may end in LF or CR LF.
        path: of the file, for messages.
        empty_ok: a file that holds nothing, or only comments, is an empty mapping.
        parser: which of PyYAML's parsers to use, whatever the file holds; else libyaml's where there is one, if one is needed.

    Raises:
        InvalidDocumentError: with one problem, which has the path, the line and the column.
    """
    data = without_bom(data)
    check_bytes(data, path)
    found = simple.read(data) if parser is None else None
    if found is not None:
        return found
    from promptgit.document import strict

    return strict.read(data, path, empty_ok=empty_ok, parser=parser)


def without_bom(data: bytes) -> bytes:
    """The bytes after a byte order mark at the start, which editors on Windows add and do not show."""
    return data[3:] if data.startswith(_BOM) else data


def check_bytes(data: bytes, path: str) -> None:
    """Refuse what the parser must not see, or would change without a word.

    libyaml takes U+0085, U+2028, U+2029 and a lone CR as line breaks, gives some of them back as LF, and
    skips U+FEFF at the start of a line. A text with such characters is safe only as escapes in a quoted
    scalar.

    Raises:
        InvalidDocumentError: see above; also for more than `MAX_BYTES` and for what is not UTF-8.
    """
    suspicious = len(data) > MAX_BYTES or b"\0" in data
    if not suspicious and b"\r" in data:
        suspicious = data.count(b"\r") != data.count(b"\r\n")
    if not suspicious and not data.isascii():
        try:
            text = data.decode()
        except UnicodeDecodeError:
            suspicious = True
        else:
            suspicious = "\x85" in text or "\u2028" in text or "\u2029" in text or "\ufeff" in text
    if suspicious:
        from promptgit.document.faults import bad_bytes

        raise bad_bytes(data, path)
