"""`promptgit pull`."""

from __future__ import annotations

import click

from promptgit.cli import output
from promptgit.cli.options import json_option, open_registry


@click.command()
@json_option
def pull(as_json: bool) -> None:
    """Fetch from the remote and follow its branch.

    Local commits that were not pushed go on top.
    """
    from promptgit.cli.write import remote_branch

    registry = open_registry()
    changed = registry.pull()
    engine = registry.engine()
    commit = engine.repository.ref_commit(engine.branch())
    where = remote_branch(registry)
    if as_json:
        output.say_json({"commit": commit, "changed": changed, "pulled_from": where})
    elif changed:
        output.say(f"pulled from {where} ({(commit or '')[:7]})")
    else:
        output.say(f"nothing new at {where}")
