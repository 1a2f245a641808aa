"""`promptgit alias`: move aliases, and see where they are and were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.arguments import ALIAS, NAME, VERSION
from promptgit.cli.options import message_option, open_registry, reading, writing
from promptgit.cli.targets import alias_target, expected_target

if TYPE_CHECKING:
    from promptgit.aliases import AliasMove
    from promptgit.cli.write import Write


@click.group()
def alias() -> None:
    """Move aliases, and see where they are and were."""


@alias.command("set")
@click.argument("name", type=NAME)
@click.argument("alias", type=ALIAS)
@click.argument("target", metavar="VERSION|V=W...", nargs=-1, required=True, type=VERSION)
@click.option("--expect", metavar="N|none", help="Move it only if it is N now, or does not exist yet.")
@message_option(required=True)
@writing
def set_alias(name: str, alias: str, target: tuple[str, ...], expect: str | None, message: str, write: Write) -> None:
    """Point ALIAS of the prompt NAME to a version.

    Several versions with weights split the traffic.

    \b
    promptgit alias set support.refunds production 4 -m "Shorter answers"
    promptgit alias set support.refunds experiment 3=90 4=10 -m "Try version 4"
    """
    from promptgit.registry import edits

    expected = edits.ANY if expect is None else expected_target(expect)
    write(open_registry(), edits.set_alias(name, alias, alias_target(target), expect=expected, message=message))


@alias.command("rm")
@click.argument("name", type=NAME)
@click.argument("alias", type=ALIAS)
@message_option()
@writing
def remove_alias(name: str, alias: str, message: str | None, write: Write) -> None:
    """Remove ALIAS of the prompt NAME."""
    from promptgit.registry import edits

    write(open_registry(), edits.delete_alias(name, alias, message=message))


@alias.command("list")
@click.argument("name", type=NAME, required=False)
@reading
def list_aliases(name: str | None, rev: str | None, as_json: bool) -> None:
    """List the aliases of one prompt, or of all."""
    registry = open_registry(rev)
    names = [name] if name else registry.prompts()
    found = [(prompt, alias, target) for prompt in names for alias, target in registry.aliases(prompt).items()]
    if as_json:
        keys = ("prompt", "alias", "target")
        output.say_json([dict(zip(keys, (prompt, at, to.to_value()), strict=True)) for prompt, at, to in found])
        return
    from promptgit.cli.tables import table

    table(["prompt", "alias", "version"], [(prompt, at, str(to)) for prompt, at, to in found])


@alias.command("log")
@click.argument("name", type=NAME)
@click.argument("alias", type=ALIAS, required=False)
@reading
def alias_log(name: str, alias: str | None, rev: str | None, as_json: bool) -> None:
    """Show who moved aliases of the prompt NAME, when and why.

    The newest move comes first; with ALIAS, only its moves are shown.
    """
    registry = open_registry(rev)
    moves = registry.alias_history(name, alias)
    if not moves:
        registry.versions(name)  # says so if there is no such prompt
        if alias:
            registry.catalog.target(name, alias)
    if as_json:
        output.say_json([move_values(move) for move in moves])
        return
    from promptgit.cli.moments import ago, from_epoch
    from promptgit.cli.tables import table

    rows = [
        (
            move.alias,
            said(move),
            ago(from_epoch(move.time)),
            move.author,
            move.commit[:7],
            output.subject(move.message),
        )
        for move in moves
    ]
    table(["alias", "move", "when", "who", "commit", "message"], rows)


def said(move: AliasMove) -> str:
    """A move as people read it: `2 -> 3`."""
    return f"{move.old or 'new'} -> {move.new or 'removed'}"


def move_values(move: AliasMove) -> dict[str, Any]:
    """A move as a JSON object."""
    from promptgit.cli.moments import from_epoch

    return {
        "alias": move.alias,
        "from": move.old.to_value() if move.old else None,
        "to": move.new.to_value() if move.new else None,
        "commit": move.commit,
        "author": move.author,
        "email": move.email,
        "time": from_epoch(move.time),
        "message": move.message,
    }
