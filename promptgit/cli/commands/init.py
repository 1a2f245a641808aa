"""`promptgit init`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.options import json_option

if TYPE_CHECKING:
    from promptgit.registry.create import Created


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--bare", is_flag=True, help="Make a bare repository, to be cloned and pushed to.")
@click.option("--empty", is_flag=True, help="Leave out the example prompts.")
@click.option(
    "--aliases",
    type=click.Choice(["file", "tags"]),
    default="file",
    help="Where aliases are kept: in files that are reviewed (the default), or in git tags.",
)
@click.option("-m", "--message", metavar="TEXT", help="The message of the first commit.")
@json_option
def init(directory: str, bare: bool, empty: bool, aliases: str, message: str | None, as_json: bool) -> None:
    """Make a registry in DIR, with example prompts, and commit it.

    DIR may lie in a git repository: then the registry is a folder of it. Otherwise it becomes a repository.
    Files that are there already stay as they are.
    """
    from promptgit.registry.create import create

    made = create(directory, bare=bare, empty=empty, aliases=aliases, message=message)
    if as_json:
        output.say_json(
            {field: getattr(made, field) for field in ("path", "commit", "files", "kept", "left_out", "own_repository")}
        )
    else:
        _say(made, bare, [] if empty else ["promptgit show support.refunds@production"])
    for warning in made.warnings:
        output.warn(warning)


def _say(made: Created, bare: bool, looks: list[str]) -> None:
    shown = os.path.relpath(made.path)
    place = "a bare repository" if bare else "a repository of its own" if made.own_repository else "this repository"
    output.say(f"made a registry in {shown}, {place} ({made.commit[:7]})")
    for file in made.kept:
        output.say(f"kept {file}, which was there already")
    if made.left_out:
        output.say(f"left out {', '.join(made.left_out)}: code hosts read them at the top of a repository alone")
    output.say()
    at = shlex.quote(shown)
    enter = [f"git clone {at} prompts", "cd prompts"] if bare else [f"cd {at}"] if shown != "." else []
    if "CODEOWNERS" in made.files:
        output.say("CODEOWNERS names teams of nobody: put yours there, else it protects nothing")
        output.say()
    output.say("Next:", bold=True)
    for step in [*enter, "promptgit list", *looks, *_FIRST_STEPS]:
        output.say(f"  {step}")


_FIRST_STEPS = (
    "promptgit register my.prompt --template 'Answer: {{question}}' -m 'First version'",
    "promptgit alias set my.prompt production 1 -m 'Go live'",
)
