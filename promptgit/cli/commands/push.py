"""`promptgit push`."""

from __future__ import annotations

import click

from promptgit.cli import output
from promptgit.cli.options import json_option, open_registry


@click.command()
@json_option
def push(as_json: bool) -> None:
    """Send what was committed to the remote.

    Where the remote moved on, local commits are put on top of it first; if both sides changed the same file,
    nothing is changed here.
    """
    from promptgit.cli.write import remote_branch

    registry = open_registry()
    commit = registry.push()
    where = remote_branch(registry)
    if as_json:
        output.say_json({"commit": commit, "pushed_to": where})
    else:
        output.say(f"pushed to {where} ({commit[:7]})")
