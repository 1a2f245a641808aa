"""The `double-brace` syntax: `{{ name }}`, as in MLflow's text prompts. All else, JSON too, is literal.

The grammar is that of MLflow 3.17's `PROMPT_TEMPLATE_VARIABLE_PATTERN`, so both find the same variables:

    variable = "{{" *space name *space "}}"
    name     = identifier *( "." identifier )        ASCII; "user.name" is one flat name
    space    = any Unicode white space, line breaks included

Nothing is an error in this syntax.
"""

from __future__ import annotations

from promptgit.templates.base import is_name
from promptgit.templates.flat import FlatTemplate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.templates.flat import Slot

NAME = "double-brace"


def compile_source(text: str) -> FlatTemplate:
    """Compile a text. Takes time linear in its length, whatever braces it holds."""
    slots: list[Slot] = []
    literal = 0  # where the literal text begins that has no slot yet
    scanned = 0  # no variable begins before this offset
    close = text.find("}}")
    while close >= 0:
        opening = text.rfind("{{", scanned, close)  # names hold no braces, so only the nearest pair can match
        name = text[opening + 2 : close].strip() if opening >= 0 else ""
        if is_name(name):
            end = close + 2
            slots.append((text[literal:opening], name, opening, end))
            literal = scanned = end
        else:
            scanned = close
            end = close + 1
        close = text.find("}}", end)
    return FlatTemplate(text, NAME, slots, text[literal:])


def source_of(template: FlatTemplate) -> str | None:
    """The text in this syntax that compiles to the same literals and variables; None where there is none."""
    text = "".join(f"{literal}{{{{{name}}}}}" for literal, name, _, _ in template.slots) + template.tail
    return text if compile_source(text).same_content(template) else None
