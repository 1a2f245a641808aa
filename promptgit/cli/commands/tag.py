"""`promptgit tag`: set and remove tags of prompts and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli.arguments import REFERENCE, pairs
from promptgit.cli.options import message_option, open_registry, writing
from promptgit.cli.targets import name_and_version

if TYPE_CHECKING:
    from promptgit.cli.write import Write


@click.group()
def tag() -> None:
    """Set and remove tags of prompts and versions."""


@tag.command("set")
@click.argument("target", metavar="NAME[/VERSION]", type=REFERENCE)
@click.argument("tags", metavar="KEY=VALUE...", nargs=-1, required=True)
@message_option()
@writing
def set_tags(target: str, tags: tuple[str, ...], message: str | None, write: Write) -> None:
    """Set tags, all in one commit.

    A version's file never changes: tags that are set later stand in the prompt's prompt.yaml.
    """
    from promptgit.registry import edits

    name, version = name_and_version(target)
    write(open_registry(), edits.set_tags(name, version, pairs(tags, "tag"), message))


@tag.command("rm")
@click.argument("target", metavar="NAME[/VERSION]", type=REFERENCE)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@message_option()
@writing
def remove_tags(target: str, keys: tuple[str, ...], message: str | None, write: Write) -> None:
    """Remove tags, all in one commit."""
    from promptgit.errors import NotFoundError
    from promptgit.registry import edits

    name, version = name_and_version(target)
    registry = open_registry()
    known = registry.tags(name) if version is None else registry.catalog.tags(name, version)
    missing = [key for key in keys if key not in known]
    if missing:
        hint = f"Its tags: {', '.join(sorted(known)) or 'none'}"
        raise NotFoundError(f"{target} has no tag {', '.join(missing)}", hint=hint)
    write(registry, edits.set_tags(name, version, dict.fromkeys(keys), message))
