"""A prompt as people read it: a text as it is, messages as blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def as_blocks(template: str | Sequence[Mapping[str, Any]]) -> str:
    """The text, unchanged; or each message under a line with its role."""
    if isinstance(template, str):
        return template
    return "\n".join(_block(message) for message in template)


def _block(message: Mapping[str, Any]) -> str:
    if "placeholder" in message:
        return f"[{message['placeholder']}: messages, given by the caller]\n"
    name = f" {message['name']}" if message.get("name") else ""
    parts = [_part(part) for part in _parts(message.get("content"))]
    parts += [_json(message["tool_calls"])] if message.get("tool_calls") else []
    text = "\n".join(parts)
    return f"[{message.get('role', '?')}{name}]\n{text}{'' if text.endswith(chr(10)) else chr(10)}"


def _parts(content: Any) -> Sequence[Any]:
    return [] if content is None else content if isinstance(content, list) else [content]


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else _json(part)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
