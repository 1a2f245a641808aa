"""`promptgit delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli.arguments import REFERENCE
from promptgit.cli.options import message_option, open_registry, writing
from promptgit.cli.targets import name_and_version

if TYPE_CHECKING:
    from promptgit.cli.write import Write


@click.command()
@click.argument("target", metavar="NAME[/VERSION]", type=REFERENCE)
@message_option(required=True)
@writing
def delete(target: str, message: str, write: Write) -> None:
    """Delete a version, or a prompt with all its versions.

    The numbers are never used again, and an earlier commit still has them: `prompts:/NAME/3?rev=COMMIT`. What
    an alias leads to is not deleted: move the alias first.
    """
    from promptgit.registry import edits

    name, version = name_and_version(target)
    edit = edits.delete_prompt(name, message) if version is None else edits.delete_version(name, version, message)
    write(open_registry(), edit)
