"""Rewriting a template in another brace syntax, for other programs and for imports."""

from __future__ import annotations

from promptgit.errors import TemplateError
from promptgit.templates.flat import FlatTemplate, text_of
from promptgit.templates.messages import PLACEHOLDER, copied, spliced
from promptgit.templates.prompt import ChatPrompt, TextPrompt, compile_template
from promptgit.templates.syntaxes import DEFAULT_SYNTAX, syntax_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.templates.base import Template
    from promptgit.templates.flat import Slot


def to_single_brace(
    template: str | list[dict[str, Any]],
    syntax: str = DEFAULT_SYNTAX,
    bound: Mapping[str, object] | None = None,
) -> str | list[dict[str, Any]]:
    """The template for `str.format`: `s.format(**texts)` gives what `format` gives, literal braces included.

    In messages each text of `content` is converted; open placeholders and other keys stay.

    Args:
        template: a text or a list of messages.
        syntax: a key of `SYNTAXES`.
        bound: values of an earlier partial format. They become literal text, escaped like the rest.

    Raises:
        TemplateError: a dotted name, which `str.format` reads as an attribute; or Jinja2 that does more than
            `{{ name }}`.
    """
    return _converted(template, syntax, "single-brace", bound or {})


def to_double_brace(template: str | list[dict[str, Any]], syntax: str = "single-brace") -> str | list[dict[str, Any]]:
    """The template in the `double-brace` syntax.

    Raises:
        TemplateError: its literal text holds something like `{{name}}`, which that syntax cannot escape; or
            it is Jinja2 that does more than `{{ name }}`.
    """
    return _converted(template, syntax, "double-brace", {})


def _converted(
    template: str | list[dict[str, Any]], syntax: str, target: str, bound: Mapping[str, object]
) -> str | list[dict[str, Any]]:
    prompt = compile_template(template, syntax)
    if isinstance(prompt, TextPrompt):
        return _rewritten(prompt.template, target, bound)
    return _converted_messages(prompt, target, bound) if isinstance(prompt, ChatPrompt) else []


def _converted_messages(prompt: ChatPrompt, target: str, bound: Mapping[str, object]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for message in prompt.messages:
        placeholder = message.get(PLACEHOLDER, "")
        if placeholder in bound:
            messages += spliced(bound[placeholder], placeholder)
        else:
            messages.append(copied(message, lambda text: _rewritten(text, target, bound)))
    return messages


def _rewritten(template: Template, target: str, bound: Mapping[str, object]) -> str:
    flat = _bind(_flat(template), bound)
    text: str | None = syntax_module(target).source_of(flat)
    if text is not None:
        return text
    if target == "single-brace":
        dotted = next(name for name in flat.variables if "." in name)
        raise TemplateError(
            f"variable {dotted!r} cannot be written in single braces: there a dot means an attribute",
            hint="Rename it, with _ in place of the dot.",
        )
    raise TemplateError(
        "the literal text would read as a variable in double braces",
        hint="Keep this template in its own syntax.",
    )


def _flat(template: Template) -> FlatTemplate:
    if isinstance(template, FlatTemplate):
        return template
    from promptgit.templates.jinja import flat_pieces

    pieces = flat_pieces(template.source)
    if pieces is None:
        raise TemplateError(
            "this Jinja2 template does more than substitute, so braces alone cannot say it",
            hint="Only {{ name }} can be converted: no conditions, loops, filters or attributes.",
        )
    slots = [(literal, name, 0, 0) for literal, name in pieces if name is not None]
    return FlatTemplate(template.source, template.syntax, slots, pieces[-1][0])


def _bind(template: FlatTemplate, bound: Mapping[str, object]) -> FlatTemplate:
    """The template with bound variables turned into literal text."""
    if not any(name in bound for name in template.variables):
        return template
    slots: list[Slot] = []
    before = ""
    for literal, name, start, end in template.slots:
        before += literal
        if name in bound:
            before += text_of(name, bound[name])
        else:
            slots.append((before, name, start, end))
            before = ""
    return FlatTemplate(template.source, template.syntax, slots, before + template.tail)
