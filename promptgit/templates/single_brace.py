"""The `single-brace` syntax: `{name}`, as in `str.format` and LangChain's f-string prompts.

`{{` and `}}` are literal braces. Any other brace is an error, because it is a slip in a text that meant JSON;
so are format specs, conversions, attributes, indexes and positions: `str.format` runs them on the caller's
objects.
"""

from __future__ import annotations

from promptgit.templates.base import fault, is_identifier
from promptgit.templates.flat import FlatTemplate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.errors import TemplateError
    from promptgit.templates.flat import Slot

NAME = "single-brace"
_LITERAL_HINT = "For a literal brace, double it: {{ or }}."


def compile_source(text: str) -> FlatTemplate:
    """Compile a text.

    Raises:
        TemplateError: a brace that is neither doubled nor part of `{name}`; with line and column.
    """
    slots: list[Slot] = []
    literal: list[str] = []
    at = 0
    for brace in _braces(text):
        if brace < at:
            continue
        literal.append(text[at:brace])
        character = text[brace]
        if text.startswith(character, brace + 1):
            literal.append(character)
            at = brace + 2
            continue
        if character == "}":
            raise fault("a single '}'", text, brace, _LITERAL_HINT)
        name, at = _read_name(text, brace)
        slots.append(("".join(literal), name, brace, at))
        literal.clear()
    literal.append(text[at:])
    return FlatTemplate(text, NAME, slots, "".join(literal))


def source_of(template: FlatTemplate) -> str | None:
    """The text in this syntax that compiles to the same literals and variables; None where there is none."""
    if not all(is_identifier(name) for name in template.variables):
        return None
    pieces = [f"{_escape(literal)}{{{name}}}" for literal, name, _, _ in template.slots]
    return "".join(pieces) + _escape(template.tail)


def _braces(text: str) -> Iterator[int]:
    """The offsets of all braces, ascending. Each kind is searched once through the text, so it is linear."""
    opening, closing = text.find("{"), text.find("}")
    while opening >= 0 or closing >= 0:
        if closing < 0 or 0 <= opening < closing:
            yield opening
            opening = text.find("{", opening + 1)
        else:
            yield closing
            closing = text.find("}", closing + 1)


def _read_name(text: str, brace: int) -> tuple[str, int]:
    end = text.find("}", brace)
    if end < 0:
        raise fault("'{' is never closed", text, brace, _LITERAL_HINT)
    name = text[brace + 1 : end]
    if is_identifier(name):
        return name, end + 1
    raise _bad_name(text, brace, name)


def _bad_name(text: str, brace: int, name: str) -> TemplateError:
    head = name.strip()
    if is_identifier(head):
        return fault("no space may stand between the braces and the name", text, brace, f"Write {{{head}}}.")
    tail = head.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
    identifier = head[: len(head) - len(tail)]
    if is_identifier(identifier) and tail[0] in "!:.[" and "{" not in tail and "\n" not in tail:
        what = {"!": "a conversion", ":": "a format spec", ".": "an attribute", "[": "an index"}[tail[0]]
        hint = f"Write {{{identifier}}}. {_LITERAL_HINT}"
        return fault(f"{what} is not allowed after a name", text, brace, hint)
    return fault("'{' is not followed by a name and '}'", text, brace, _LITERAL_HINT)


def _escape(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")
