"""`promptgit log`."""

from __future__ import annotations

import click

from promptgit.cli import output
from promptgit.cli.arguments import NAME
from promptgit.cli.options import open_registry, reading


@click.command()
@click.argument("name", type=NAME)
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most so many entries.")
@reading
def log(name: str, limit: int | None, rev: str | None, as_json: bool) -> None:
    """Show the history of the prompt NAME, newest first.

    It tells of versions, of moves of aliases, and of other changes, also under former names and after a deletion.
    """
    from promptgit.cli.timeline import timeline

    entries = timeline(open_registry(rev), name)[:limit]
    if as_json:
        output.say_json([entry.to_dict() for entry in entries])
        return
    from promptgit.cli.moments import ago
    from promptgit.cli.tables import table

    rows = [
        (
            entry.said,
            ", ".join(entry.aliases),
            ago(entry.time) if entry.time else "",
            entry.author,
            entry.commit[:7],
            output.subject(entry.message),
        )
        for entry in entries
    ]
    table(["what", "aliases", "when", "who", "commit", "message"], rows)
