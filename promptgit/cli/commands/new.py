"""`promptgit new`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.arguments import NAME
from promptgit.cli.editing import Draft
from promptgit.cli.options import message_option, open_registry, writing

if TYPE_CHECKING:
    from promptgit.cli.write import Write
    from promptgit.errors import PromptGitError
    from promptgit.registry.registry import Registry

SKELETON = """\
# A new prompt. Save and close to register it as version 1; leave it as it is to give up.
# Lines that start with '#' are not kept. The format: .promptgit/schemas/version.schema.json
template: |
  You are ...

  {{question}}
# variables:              # the contract; what is not listed is a required string
#   question:
#     type: string        # string, integer, number, boolean, array, object or any
#     description: What the customer wrote
# model_config:
#   provider: anthropic
#   model_name: claude-sonnet-4-5
#   temperature: 0.2
# tags:
#   team: support
"""


@click.command()
@click.argument("name", type=NAME)
@message_option()
@writing
def new(name: str, message: str | None, write: Write) -> None:
    """Write the next version of the prompt NAME in your editor.

    It starts from the latest version. The editor is $VISUAL, $EDITOR or vi. A draft that is not valid is
    shown with what is wrong and can be edited again; it is never lost.
    """
    from promptgit.layout import check_name
    from promptgit.registry import edits

    registry = open_registry()
    draft = Draft(check_name(name), registry.catalog.next_version(name), _start(registry, name))
    with draft:
        content = draft.edit(_ask_again)
        if content is None:
            output.say("nothing to register: the text is unchanged")
            return
        if message is None and output.interactive():
            message = click.prompt("Message (why)", default=f"{name}: version {draft.version}")
        write(registry, edits.register(name, content, message))


def _start(registry: Registry, name: str) -> bytes:
    from promptgit import document
    from promptgit.layout import version_path

    versions = registry.catalog.versions(name)
    if not versions:
        return SKELETON.encode()
    catalog, latest = registry.catalog, versions[-1]
    data = catalog.files.read(version_path(name, latest)) or b""
    config = catalog.model_config(name, latest)
    if config == catalog.body(name, latest).model_config:
        return data
    return document.edit(data, ["model_config"], config) if config else document.remove(data, ["model_config"])


def _ask_again(error: PromptGitError) -> bool:
    """Show what is wrong with the draft; whether to edit it again."""
    if not output.interactive():
        return False
    output.show_error(error)
    return click.confirm("Edit it again?", default=True, err=True)
