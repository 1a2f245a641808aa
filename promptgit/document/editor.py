"""Changes one entry of a file; comments, order, quotes and line ends around it stay as somebody wrote them.

An edit is a change to the text, at the places that the outline gives. It is taken only if the result reads
back as exactly the wanted document. Where it does not (unusual layouts: explicit keys, text right after
`---`), the whole top-level entry is written anew, and if that does not read back either, the whole file below
its first comments.
"""

from __future__ import annotations

import re

from promptgit.document import splice
from promptgit.document.outline import descend, outline
from promptgit.document.reader import parse, without_bom
from promptgit.document.writer import dump, plain_values, same
from promptgit.errors import InvalidDocumentError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_LEADING_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")


def edit(
    data: bytes,
    keys: Sequence[str],
    value: Any,
    *,
    sort: bool = False,
    blank_lines: bool = False,
    flow_depth: int | None = None,
    path: str = "",
) -> bytes:
    """Set one entry of a nested mapping.

    Args:
        data: the file; empty bytes start a new one.
        keys: the way to the entry; mappings on the way that are missing or null are made.
        value: what to set, as for `dump`.
        sort: put a new key before the first greater one; whole numbers go by value, before texts.
            Without it, a new key goes last.
        blank_lines: keep an empty line between top-level entries.
        flow_depth: for what is written anew, see `dump`; a mapping that already stands in brackets keeps
            them.
        path: of the file, for messages.

    Raises:
        InvalidDocumentError: the file cannot be read, the value cannot be written, or something on the way is
            no mapping.
    """
    before = parse(data, path, empty_ok=True)
    value = plain_values(value, ".".join(keys))
    wanted = _with(before, keys, value, lambda depth: _no_mapping(data, keys[:depth], path))
    style = splice.Style(sort=sort, blank_lines=blank_lines, flow_depth=flow_depth)

    def attempts(text: str) -> Iterable[splice.Splice | None]:
        yield splice.put(text, keys, wanted, style)
        # a block that keeps its last empty lines would keep those after it too; in quotes it does not
        yield splice.put(text, keys, wanted, style.replace(literals=False))
        yield splice.put(text, keys[:1], wanted, style)

    return _faithful(data, wanted, style, attempts)


def remove(data: bytes, keys: Sequence[str], *, path: str = "") -> bytes:
    """Remove one entry of a nested mapping, and the mappings around it that it leaves empty.

    Comments stay, also in a file that is left without entries. A file without the entry comes back as it is.

    Raises:
        InvalidDocumentError: the file cannot be read.
    """
    before = parse(data, path, empty_ok=True)
    opened = outline(data)
    if not keys or not descend(opened[0] if opened else None, keys)[1]:
        return data
    keys = _emptied(before, keys)
    wanted = _without(before, keys)

    def attempts(text: str) -> Iterable[splice.Splice | None]:
        yield splice.take(text, keys, wanted)
        yield splice.take(text, keys, wanted, tidy=False)
        if len(keys) > 1:
            yield splice.put(text, keys[:1], wanted, splice.Style())

    return _faithful(data, wanted, splice.Style(), attempts)


def _faithful(
    data: bytes,
    wanted: dict[str, Any],
    style: splice.Style,
    attempts: Callable[[str], Iterable[splice.Splice | None]],
) -> bytes:
    """The file after the first change that makes it read as wanted, else the document written anew."""
    body = without_bom(data)
    mark = data[: len(data) - len(body)]
    text = body.decode()
    newline = "\r\n" if "\r\n" in text else "\n"
    for change in attempts(text):
        if change is not None:
            result = mark + change.apply(text, newline).encode()
            if _reads_as(result, wanted):
                return result
    comments = _LEADING_COMMENTS.match(text)
    rest = dump(wanted, blank_lines=style.blank_lines, flow_depth=style.flow_depth) if wanted else b""
    return mark + (comments[0] if comments else "").encode() + rest.replace(b"\n", newline.encode())


def _reads_as(data: bytes, wanted: dict[str, Any]) -> bool:
    try:
        return same(parse(data, empty_ok=True), wanted)
    except InvalidDocumentError:
        return False


def _with(
    mapping: dict[str, Any], keys: Sequence[str], value: Any, fault: Callable[[int], Exception]
) -> dict[str, Any]:
    """A copy with the entry set; `fault` makes the error for a depth that holds no mapping."""
    root = node = dict(mapping)
    for depth, key in enumerate(keys[:-1], start=1):
        inner = node.get(key)
        if inner is not None and not isinstance(inner, dict):
            raise fault(depth)
        node[key] = dict(inner or {})
        node = node[key]
    node[keys[-1]] = value
    return root


def _without(mapping: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    copy = dict(mapping)
    if len(keys) == 1:
        del copy[keys[0]]
    else:
        copy[keys[0]] = _without(mapping[keys[0]], keys[1:])
    return copy


def _emptied(mapping: dict[str, Any], keys: Sequence[str]) -> Sequence[str]:
    """The way to the outermost mapping that would be left empty, or to the entry itself."""
    node, last = mapping, 0
    for depth, key in enumerate(keys):
        last = depth if len(node) > 1 else last
        node = node[key]
    return keys[: last + 1]


def _no_mapping(data: bytes, keys: Sequence[str], path: str) -> InvalidDocumentError:
    from promptgit.document.places import locate

    line, column = locate(data, keys)
    message = f"{'.'.join(keys)} is not a mapping, so nothing can be set in it"
    return InvalidDocumentError([Problem(code="yaml-value", message=message, path=path, line=line, column=column)])
