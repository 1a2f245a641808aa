"""`promptgit rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.aliases.target import Target
from promptgit.cli import output
from promptgit.cli.arguments import ALIAS, NAME
from promptgit.cli.options import message_option, open_registry, writing

if TYPE_CHECKING:
    from promptgit.aliases import AliasMove
    from promptgit.cli.write import Write


@click.command()
@click.argument("name", type=NAME)
@click.argument("alias", type=ALIAS)
@click.option("--to", "version", type=click.IntRange(min=1), metavar="N", help="Go back to version N.")
@message_option()
@writing
def rollback(name: str, alias: str, version: int | None, message: str | None, write: Write) -> None:
    """Point ALIAS of the prompt NAME back to where it was.

    It tells whose move is undone. Once more goes one step further back.
    """
    from promptgit.registry.contents import rollback_edit

    registry = open_registry()
    now = registry.catalog.aliases(name).get(alias)
    moves = registry.alias_history(name, alias)
    if version:
        registry.catalog.body(name, version)
    to = Target.single(version) if version else None
    edit = rollback_edit(registry.catalog, name, alias, moves, message, to)

    def said(note: str) -> str:
        _, arrow, target = note.partition(f"{name}: {alias} {now or 'new'} -> ")
        return f"{alias} of {name}: {now or 'removed'} -> {target}{_who_set(now, moves)}" if arrow else note

    write(registry, edit, said=said)


def _who_set(now: Target | None, moves: list[AliasMove]) -> str:
    """Who is to be told: whoever set what is rolled back."""
    from promptgit.cli.moments import ago, from_epoch

    last = next((move for move in moves if move.new == now), None)
    if last is None:
        return ""
    done = f"{now} was set" if now else "it was removed"
    return f" ({done} by {last.author}, {ago(from_epoch(last.time))}: {output.subject(last.message)})"
