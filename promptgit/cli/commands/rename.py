"""`promptgit rename`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.arguments import NAME
from promptgit.cli.options import message_option, open_registry, writing

if TYPE_CHECKING:
    from promptgit.cli.write import Write


@click.command()
@click.argument("old", type=NAME)
@click.argument("new")
@message_option()
@writing
def rename(old: str, new: str, message: str | None, write: Write) -> None:
    """Give the prompt OLD the name NEW.

    Versions and aliases go with it, and so does its history: `promptgit log NEW` shows all of it.
    """
    from promptgit.registry import edits

    write(open_registry(), edits.rename(old, new, message))
    output.warn(f"loading {old} will fail: change the callers first, promptgit usages PATH finds them")
