"""A version file as `git diff` should compare it: texts as they are read, not as YAML writes them.

    [system]
    You are the assistant of a shop.

    [user]
    {{question}}

    [variables]
    question: {"type": "string", "required": true}

    [settings]
    model_config.temperature: 0.2

https://git-scm.com/docs/gitattributes#_performing_text_diffs_of_binary_files
"""

from __future__ import annotations

import json

from promptgit.content import parse_version_file
from promptgit.errors import InvalidDocumentError, TemplateError
from promptgit.model import PromptVersion
from promptgit.review.compare import FIELDS, flat, spoken
from promptgit.sanitise import sanitise, sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def textconv(data: bytes) -> bytes:
    """What to compare in place of a file's bytes. Whatever is no valid version file comes back as it is.

    The result is safe to look at in a terminal: git hands it to the pager.
    """
    try:
        body = parse_version_file(data, "")
        prompt = PromptVersion(name="", version=0, body=body, tags=body.tags)
        lines = list(_lines(prompt))
    except (InvalidDocumentError, TemplateError):
        return data
    return ("\n".join(lines) + "\n").encode()


def _lines(prompt: PromptVersion) -> Iterator[str]:
    for role, text in spoken(prompt):
        yield f"[{sanitise_line(role or 'text')}]"
        yield from sanitise(text).split("\n")  # a final newline is an empty line, so that losing it shows
        yield ""
    variables = {name: spec.to_dict() for name, spec in prompt.variables.items()}
    settings: dict[str, Any] = {}
    for field in FIELDS:
        settings |= flat(field, getattr(prompt, field))
    for title, entries in (("variables", variables), ("settings", settings)):
        if entries:
            yield f"[{title}]"
            yield from (sanitise(f"{key}: {_value(entries[key])}") for key in sorted(entries))
            yield ""


def _value(value: Any) -> str:
    """A value on one line; a list of mappings, such as tools, on several, so that their changes are lines too."""
    nested = isinstance(value, list) and any(isinstance(item, dict) for item in value)
    return json.dumps(value, ensure_ascii=False, sort_keys=nested, indent=2 if nested else None)
