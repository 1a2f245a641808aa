"""The faithful writer: what it writes reads back as exactly what it was given, or it raises.

PyYAML's emitter gives up block style for a trailing space, an emoji or a long line, and changes U+0085; a
reviewer would read escapes instead of lines. This one keeps text in literal blocks wherever YAML can carry
it.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptgit.document import quoting
from promptgit.document.reader import parse
from promptgit.document.scalars import MAX_INT, MIN_INT
from promptgit.document.strict import MAX_DEPTH
from promptgit.errors import InvalidDocumentError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INDENT = 2
# libyaml looks for the colon of a key within 1,024 characters; a longer key needs the explicit form `? key`
_MAX_SIMPLE_KEY = 1000


def dump(
    document: Mapping[str, Any], *, blank_lines: bool = False, header: str = "", flow_depth: int | None = None
) -> bytes:
    """Write a mapping as YAML.

    Args:
        document: JSON-like values: mappings with str keys, lists or tuples, str, int of 64 bits, finite
            float, bool, None.
        blank_lines: put an empty line between top-level entries, so that branches which change
            neighbours merge.
        header: lines to put on top as comments; `# ` is added to those that lack it.
        flow_depth: how many levels down collections go into brackets, on one line; at 1, the values of the
            top-level entries do: `experiment: {3: 90, 4: 10}`.

    Returns:
        UTF-8 with LF line ends and a final one; keys in the given order; the same for the same arguments.

    Raises:
        InvalidDocumentError: a value that YAML or JSON cannot carry, with its key path; or more than the
            reader takes.
    """
    values = plain_values(document)
    comments = [line if line.startswith("#") else f"# {line}".rstrip() for line in header.splitlines()]
    for literals in (True, False):
        renderer = Renderer(flow_depth=flow_depth, literals=literals)
        entries = renderer.entries(values, 0, 0)
        blocks = ["\n".join(entry) for entry in entries] or ["{}"]
        lines = [*comments, ("\n\n" if blank_lines else "\n").join(blocks), ""]
        data = "\n".join(lines).encode()
        if same(parse(data), values):
            return data
    raise _unwritable("", "the document does not read back as it was written")


class Renderer:
    """Turns values into lines.

    Args:
        flow_depth: see `dump`.
        literals: whether texts may stand in literal blocks.
    """

    def __init__(self, *, flow_depth: int | None = None, literals: bool = True) -> None:
        self._flow_depth = flow_depth
        self._literals = literals

    def entries(self, mapping: Mapping[str, Any], indent: int, depth: int) -> list[list[str]]:
        """The lines of each entry of a mapping that stands `indent` spaces in and `depth` levels down."""
        return [self.entry(key, value, indent, depth) for key, value in mapping.items()]

    def entry(self, key: str, value: Any, indent: int, depth: int) -> list[str]:
        """The lines of one entry."""
        head, body = self.value(value, indent, depth + 1)
        name = quoting.key(key)
        pad = " " * indent
        value_part = f": {head}" if head else ":"
        if len(name) > _MAX_SIMPLE_KEY:
            return [f"{pad}? {name}", f"{pad}{value_part}", *body]
        return [f"{pad}{name}{value_part}", *body]

    def value(self, value: Any, indent: int, depth: int) -> tuple[str, list[str]]:
        """What follows the colon on its line, and the lines below, of a value under a key at `indent`."""
        if isinstance(value, str):
            return self._text(value, indent)
        if not isinstance(value, dict | list) or not value:
            return scalar(value), []
        if self._flow_depth is not None and depth >= self._flow_depth and not _has_long_key(value):
            return flow(value), []
        if isinstance(value, dict):
            return "", [line for entry in self.entries(value, indent + INDENT, depth) for line in entry]
        return "", [line for item in value for line in self._item(item, indent + INDENT, depth)]

    def _item(self, item: Any, indent: int, depth: int) -> list[str]:
        pad = " " * indent
        if isinstance(item, dict | list) and item:
            head, body = self.value(item, indent, depth + 1)
            if head:
                return [f"{pad}- {head}", *body]
            first, *rest = body  # the first line of a collection moves up behind its dash
            return [f"{pad}- {first[indent + INDENT :]}", *rest]
        head, body = self.value(item, indent, depth + 1)
        return [f"{pad}- {head}", *body]

    def _text(self, text: str, indent: int) -> tuple[str, list[str]]:
        if "\n" not in text and "\r" not in text:
            return quoting.inline(text), []
        pad = " " * (indent + INDENT)
        if self._literals and quoting.fits_literal(text):
            head, lines = quoting.literal(text)
            return head, [pad + line if line else "" for line in lines]
        first, *rest = quoting.quoted_lines(text)
        return first, [pad + line for line in rest]


def flow(value: Any) -> str:
    """A value on one line, collections in brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoting.key(name, flow=True)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return quoting.inline(value, flow=True) if isinstance(value, str) else scalar(value)


def scalar(value: Any) -> str:
    """A number, a constant or an empty collection."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # YAML 1.1 knows an exponent only after a point: 1e-05 would be a text there
        mantissa, mark, exponent = repr(value).partition("e")
        return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else repr(value)
    return str(value) if isinstance(value, int) else "{}" if isinstance(value, dict) else "[]"


def _has_long_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any(len(quoting.key(key)) > _MAX_SIMPLE_KEY or _has_long_key(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_long_key(item) for item in value)


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, and 0.0 from -0.0. The order of keys does not count."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return repr(left) == repr(right) if isinstance(left, float) else bool(left == right)


def plain_values(value: Any, path: str = "", depth: int = 1) -> Any:
    """A copy that holds dict, list, str, int, float, bool and None only.

    Raises:
        InvalidDocumentError: a value is none of these, or one that cannot be written; names the key path.
    """
    if isinstance(value, Mapping):
        _check_depth(path, depth)
        return {_plain_key(key, path): plain_values(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        _check_depth(path, depth)
        return [plain_values(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value, path)
    return _plain_number(value, path)


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _unwritable(path, f"it is nested more than {MAX_DEPTH} levels deep")


def _plain_key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise _unwritable(path, f"the key {key!r} is not a text")
    return _plain_text(key, path)


def _plain_text(text: str, path: str) -> str:
    if not quoting.is_text(text):
        raise _unwritable(path, "the text has half of a surrogate pair, which is not a character")
    return str.__str__(text)  # of an enum or another subclass, the text alone


def _plain_number(value: Any, path: str) -> int | float:
    if isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise _unwritable(path, "the whole number does not fit into 64 bits")
        return int(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise _unwritable(path, f"{value} is not a number that JSON can carry")
        return float(value)
    raise _unwritable(path, f"a value of type {type(value).__name__} cannot be written")


def _unwritable(path: str, message: str) -> InvalidDocumentError:
    where = path.removeprefix(".")
    return InvalidDocumentError([Problem(code="yaml-value", message=f"{where}: {message}" if where else message)])
