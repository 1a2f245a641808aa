"""Guessing the syntax of a template that comes without one, as in MLflow's `register_prompt`."""

from __future__ import annotations

from promptgit.errors import TemplateError
from promptgit.templates.prompt import compile_template
from promptgit.templates.syntaxes import DEFAULT_SYNTAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def infer_syntax(template: object) -> str:
    """`jinja2` where a text is Jinja2 beyond doubt, else `double-brace`. Never raises, whatever it is given.

    Beyond doubt means: each text with a `{%` parses as Jinja2 and holds a statement that Jinja2 knows. MLflow
    takes any `{%` with any `%}`, so LaTeX and printf examples in a prompt crash there.
    """
    texts = [text for text in _texts(template, 32) if "{%" in text]
    if not texts:
        return DEFAULT_SYNTAX
    from promptgit.templates.jinja import has_statements

    return "jinja2" if all(has_statements(text) for text in texts) else DEFAULT_SYNTAX


def infer_older_syntax(template: str | list[dict[str, Any]]) -> str:
    """The syntax of a template from an older guide, where prompts had `{single}` braces.

    Jinja2 beyond doubt and `{{double}}` braces stay what they are; `single-brace` is what reads as it, with a
    variable. Never raises.
    """
    guess = infer_syntax(template)
    if guess == DEFAULT_SYNTAX and not _has_variables(template, DEFAULT_SYNTAX):
        return "single-brace" if _has_variables(template, "single-brace") else DEFAULT_SYNTAX
    return guess


def _has_variables(template: str | list[dict[str, Any]], syntax: str) -> bool:
    try:
        prompt = compile_template(template, syntax)
    except TemplateError:
        return False
    return len(prompt.variables) > len(prompt.placeholders)


def _texts(node: object, depth: int) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif depth and isinstance(node, list):
        for item in node:
            yield from _texts(item, depth - 1)
    elif depth and isinstance(node, dict):
        # of a message only the content is a template; a part has no such key, and all its texts are
        for item in [node["content"]] if "content" in node else node.values():
            yield from _texts(item, depth - 1)
