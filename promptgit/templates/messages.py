"""The shape of chat messages: what a chat template may hold, and what a caller may put in a placeholder.

    message     = {role, content, ...} | {placeholder: NAME}
    content     = text | list of parts | null, or nothing, where there are tool_calls
    part        = a mapping; all its texts are templates, except the values of `type`

`role` and `content` are required, as in MLflow's `ChatMessage`. Other keys (`name`, `tool_calls`,
`tool_call_id`, `cache_control`) are kept as they are.
"""

from __future__ import annotations

from promptgit.errors import TemplateError
from promptgit.templates.base import Template, is_name
from promptgit.templates.syntaxes import compile_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PLACEHOLDER = "placeholder"
_SHAPE = "A message is {role, content} or {placeholder: NAME}."
_MAX_DEPTH = 32


def compile_messages(messages: list[Any], syntax: str) -> list[dict[str, Any]]:
    """A copy of the messages in which each text that is a template is a compiled `Template`.

    Raises:
        TemplateError: a message of another shape, named by its index; or a text that does not compile.
    """
    if not messages:
        raise TemplateError("a chat template has no messages", hint=_SHAPE)
    return [_compile_message(message, f"template[{index}]", syntax) for index, message in enumerate(messages)]


def spliced(value: Any, name: str) -> list[dict[str, Any]]:
    """Copies of the messages that a caller passes for placeholder `name`; their texts are no templates.

    Raises:
        TemplateError: not a list of messages; names the index.
    """
    if not isinstance(value, (list, tuple)):
        hint = f"Pass {name}=[{{'role': 'user', 'content': '...'}}, ...]."
        got = type(value).__name__
        raise TemplateError(f"placeholder {name!r} takes a list of messages, not {got}", hint=hint)
    for index, message in enumerate(value):
        if not isinstance(message, dict):
            raise TemplateError(f"{name}[{index}] is not a message but {type(message).__name__}", hint=_SHAPE)
        if not isinstance(message.get("role"), str):
            raise TemplateError(f"{name}[{index}] has no role", hint=_SHAPE)
        if "content" not in message and not message.get("tool_calls"):
            raise TemplateError(f"{name}[{index}] has neither content nor tool_calls", hint=_SHAPE)
    return [copied(message) for message in value]


def copied(node: Any, fill: Callable[[Template], Any] | None = None) -> Any:
    """A copy of lists and dicts in each other, with what `fill` returns in place of each `Template`."""
    if isinstance(node, Template):
        return fill(node) if fill else node
    if isinstance(node, dict):
        return {key: copied(value, fill) for key, value in node.items()}
    if isinstance(node, list):
        return [copied(value, fill) for value in node]
    return node


def templates_in(node: Any) -> list[Template]:
    """All templates of compiled messages, in the order of the text."""
    found: list[Template] = []
    copied(node, found.append)
    return found


def _compile_message(message: Any, where: str, syntax: str) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise TemplateError(f"{where} is not a message but {type(message).__name__}", hint=_SHAPE)
    if PLACEHOLDER in message:
        return _check_placeholder(message, where)
    role = message.get("role")
    if not isinstance(role, str) or not role:
        raise TemplateError(f"{where} has no role", hint=_SHAPE)
    compiled: dict[str, Any] = copied(message)
    content = message.get("content")
    if isinstance(content, str):
        compiled["content"] = _compile_leaf(content, f"{where}.content", syntax)
    elif isinstance(content, list):
        compiled["content"] = _compile_parts(content, f"{where}.content", syntax)
    elif content is not None:
        got = type(content).__name__
        raise TemplateError(f"{where}.content is {got}, not a text or a list of parts", hint=_SHAPE)
    elif not message.get("tool_calls"):
        raise TemplateError(f"{where} has no content", hint="Only a message with tool_calls may go without.")
    return compiled


def _check_placeholder(message: dict[str, Any], where: str) -> dict[str, Any]:
    name = message[PLACEHOLDER]
    if len(message) > 1:
        raise TemplateError(f"{where} is a placeholder and may hold nothing else", hint=_SHAPE)
    if not isinstance(name, str) or not is_name(name):
        hint = "A name has letters, digits and _, and does not start with a digit."
        raise TemplateError(f"{where}.placeholder is not a variable name", hint=hint)
    return {PLACEHOLDER: name}


def _compile_parts(parts: list[Any], where: str, syntax: str) -> list[Any]:
    for index, part in enumerate(parts):
        if not isinstance(part, dict):
            hint = "A part is a mapping, such as {type: text, text: ...}."
            raise TemplateError(f"{where}[{index}] is not a part but {type(part).__name__}", hint=hint)
    return [_compile_node(part, f"{where}[{index}]", syntax, _MAX_DEPTH) for index, part in enumerate(parts)]


def _compile_node(node: Any, where: str, syntax: str, depth: int) -> Any:
    if depth <= 0:
        raise TemplateError(f"{where} is nested more than {_MAX_DEPTH} deep")
    if isinstance(node, str):
        return _compile_leaf(node, where, syntax)
    if isinstance(node, dict):
        return {
            key: copied(value) if key == "type" else _compile_node(value, f"{where}.{key}", syntax, depth - 1)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_compile_node(value, f"{where}[{at}]", syntax, depth - 1) for at, value in enumerate(node)]
    return node


def _compile_leaf(text: str, where: str, syntax: str) -> Template:
    try:
        return compile_text(text, syntax)
    except TemplateError as error:
        raise TemplateError(
            f"{where}: {error.message}", line=error.line, column=error.column, hint=error.hint
        ) from error
