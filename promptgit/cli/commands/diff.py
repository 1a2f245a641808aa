"""`promptgit diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.arguments import REFERENCE
from promptgit.cli.options import open_registry, reading

if TYPE_CHECKING:
    from promptgit.model import PromptVersion
    from promptgit.registry.registry import Registry


@click.command()
@click.argument("old", metavar="URI", type=REFERENCE)
@click.argument("new", metavar="URI", type=REFERENCE)
@click.option(
    "--words/--no-words",
    default=True,
    help="Show changed words (the default), or changed lines of the files.",
)
@reading
def diff(old: str, new: str, words: bool, rev: str | None, as_json: bool) -> None:
    """Show what differs between two prompt versions.

    Words, messages, variables and settings are compared. They may be of different prompts or revisions:
    promptgit diff support.refunds@production support.refunds
    """
    registry = open_registry(rev)
    if not words and not as_json:
        _show_lines(registry, old, new)
        return
    comparison = registry.diff(old, new)
    if as_json:
        output.say_json(comparison.to_dict())
    else:
        from promptgit.review.terminal import render

        output.say_styled(render(comparison, colour=output.in_colour(), width=output.width()))


def _show_lines(registry: Registry, *uris: str) -> None:
    from promptgit.cli.unified import show_diff, unified

    (old_name, old), (new_name, new) = (_file(registry, uri) for uri in uris)
    show_diff(unified(old, new, old_name, new_name))


def _file(registry: Registry, uri: str) -> tuple[str, bytes | None]:
    """The URI of exactly that version, and its file."""
    from promptgit.layout import version_path
    from promptgit.uri import PromptRef

    ref = PromptRef.parse(uri)
    state = registry.at(ref.rev) if ref.rev else registry
    prompt: PromptVersion = registry.load(uri)
    name = str(PromptRef(name=prompt.name, version=prompt.version, rev=ref.rev))
    return name, state.catalog.files.read(version_path(prompt.name, prompt.version))
