"""`promptgit renumber`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.arguments import NAME
from promptgit.cli.options import json_option, message_option, open_registry

if TYPE_CHECKING:
    from promptgit.registry.renumber import Renumbered, Renumbering


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=NAME)
@click.option("--onto", metavar="REV", help="The branch whose numbers stay. Without it, it is found out and said.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@message_option()
@json_option
def renumber(names: tuple[str, ...], onto: str | None, dry_run: bool, message: str | None, as_json: bool) -> None:
    """Set right what two branches numbered alike.

    In a merge, rebase or cherry-pick that stopped at the conflict, the conflict is resolved and nothing is committed.
    Before a merge, one commit on this branch gets out of the way of the branch that it goes to:
    promptgit renumber --onto origin/main. Aliases and notes that meant a version go with it.
    """
    from promptgit.registry.renumber import renumber as renumber_versions

    done = renumber_versions(open_registry(), names, onto, dry_run, message)
    if as_json:
        output.say_json(_summary(done, dry_run))
    else:
        _tell(done, dry_run)
    for warning in done.warnings:
        output.warn(warning)


def _tell(done: Renumbered, dry_run: bool) -> None:
    if not done.moved:
        output.say(f"nothing collides with {done.kept}")
        return
    if dry_run:
        output.say("dry run, nothing was written", bold=True)
    output.say(f"{done.kept} keeps its numbers: {done.reason}")
    short = f" ({done.commit[:7]})" if done.commit else ""
    for step in done.moved:
        output.say(f"{_sentence(step)}{short}")
    for path in done.conflicts:
        output.say(f"{path} is left for you to decide; then git add it", "yellow")
    if done.resume:
        output.say(f"next: {done.resume}")


def _sentence(step: Renumbering) -> str:
    if step.kept:
        return f"{step.name}: version {step.old} is now {step.new}; {step.old} is that of {step.kept}"
    return f"{step.name}: version {step.old} is now {step.new}, to stay the newest; {step.old} is noted as deleted"


def _summary(done: Renumbered, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "renumbered": [
            {"name": step.name, "old": step.old, "new": step.new, "kept": step.kept or None} for step in done.moved
        ],
        "kept": done.kept,
        "reason": done.reason,
        "commit": done.commit,
        "next": done.resume or None,
        "conflicts": list(done.conflicts),
        "warnings": list(done.warnings),
    }
