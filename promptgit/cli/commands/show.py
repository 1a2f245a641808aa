"""`promptgit show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.arguments import REFERENCE
from promptgit.cli.chat import as_blocks
from promptgit.cli.options import open_registry, reading
from promptgit.errors import GitError

if TYPE_CHECKING:
    from promptgit.model import PromptVersion


@click.command()
@click.argument("uri", type=REFERENCE)
@click.option("--key", metavar="KEY", help="What a traffic split sticks to, such as a user's id.")
@reading
def show(uri: str, key: str | None, rev: str | None, as_json: bool) -> None:
    """Show a prompt version.

    URI is prompts:/NAME, NAME/3 or NAME@production; with ?rev=REV it is read as of an earlier state. On a
    terminal with what is known about it; in a pipe the text alone, byte for byte.
    """
    prompt: PromptVersion = open_registry(rev).load(uri, key=key)
    if as_json:
        output.say_json(_values(prompt))
        return
    if output.on_terminal():
        _show_head(prompt)
    output.say_text(as_blocks(prompt.template))


def _values(prompt: PromptVersion) -> dict[str, Any]:
    return prompt.to_dict() | {
        "resolved_from": prompt.resolved_from,
        "variant": prompt.variant,
        "commit": prompt.commit,
        "commit_message": prompt.commit_message,
        "author": prompt.author,
        "created_at": prompt.created_at,
    }


def _show_head(prompt: PromptVersion) -> None:
    output.say(f"{prompt.name} version {prompt.version}", bold=True)
    for label, value in _facts(prompt):
        output.say(f"{label:<12}{value}")
    for name, spec in prompt.variables.items():
        kind = spec.type if spec.required else f"{spec.type}, optional"
        output.say(f"{'variable':<12}{name} ({kind}){f': {spec.description}' if spec.description else ''}")
    output.say()


def _facts(prompt: PromptVersion) -> list[tuple[str, str]]:
    import json

    facts = [
        ("aliases", ", ".join(prompt.aliases)),
        ("split", prompt.variant or ""),
        ("deprecated", prompt.deprecated),
        *_origin(prompt),
        ("syntax", prompt.syntax if prompt.syntax != "double-brace" else ""),
        ("tags", ", ".join(f"{key}={value}" for key, value in prompt.tags.items())),
        ("model", json.dumps(prompt.model_config, ensure_ascii=False) if prompt.model_config else ""),
        ("answer", json.dumps(prompt.response_format, ensure_ascii=False) if prompt.response_format else ""),
        ("tools", f"{len(prompt.tools)}" if prompt.tools else ""),
    ]
    return [(label, value) for label, value in facts if value]


def _origin(prompt: PromptVersion) -> list[tuple[str, str]]:
    """Who made it; nothing if the files lie outside git, or in a bundle, which does not tell."""
    from promptgit.cli.moments import ago

    try:
        if prompt.created_at is None:
            return [] if prompt.resolved_at else [("commit", "not committed yet")]
        made = f"{(prompt.commit or '')[:7]}, {ago(prompt.created_at)}, by {prompt.author}"
        return [("commit", made), ("message", output.subject(prompt.commit_message or ""))]
    except GitError:
        return []
