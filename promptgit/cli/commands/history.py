"""`promptgit history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.options import open_registry, reading

if TYPE_CHECKING:
    from promptgit.registry.history import Event


@click.command()
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most so many commits.")
@click.option("--since", metavar="DATE", help="Only commits from then on: 2026-11-01, or with a time.")
@click.option(
    "--index",
    is_flag=True,
    help="Only write git's index of changed paths anew: it makes histories quick to read.",
)
@reading
def history(limit: int | None, since: str | None, index: bool, rev: str | None, as_json: bool) -> None:
    """Show all commits that changed prompts, newest first."""
    registry = open_registry(rev)
    if index:
        from promptgit.gitrepo.maintenance import update_graph

        update_graph(registry.engine().repository, force=True)
        output.say("the index of changed paths is written")
        return
    start = _moment(since) if since else None
    events = registry.history(limit=None if start else limit)
    if start is not None:
        events = [event for event in events if event.time.timestamp() >= start][:limit]
    if as_json:
        output.say_json([_values(event) for event in events])
        return
    from promptgit.cli.moments import ago
    from promptgit.cli.tables import table

    rows = [
        (ago(event.time), event.author, event.commit[:7], output.subject(event.message), _changes(event))
        for event in events
    ]
    table(["when", "who", "commit", "message", "changes"], rows)


def _moment(text: str) -> float:
    from promptgit.gitrepo.repository import parse_date

    found = parse_date(text)
    if found is None:
        raise click.UsageError(f"{text!r} is no date: write 2026-11-01 or 2026-11-01T12:00:00Z")
    return found


def _changes(event: Event) -> str:
    """What happened, prompt by prompt: `support.refunds: version 3 added, aliases changed`."""
    by_name: dict[str, list[str]] = {}
    for name, what in event.changes:
        by_name.setdefault(name, []).append(what)
    return "; ".join(f"{name}: {', '.join(changes)}" for name, changes in by_name.items())


def _values(event: Event) -> dict[str, object]:
    return {
        "commit": event.commit,
        "author": event.author,
        "email": event.email,
        "time": event.time,
        "message": event.message,
        "changes": [{"prompt": name, "change": what} for name, what in event.changes],
    }
