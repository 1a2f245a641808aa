"""`promptgit watch`."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import click

from promptgit.cli import options, output
from promptgit.cli.arguments import REFERENCE
from promptgit.cli.options import rev_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.registry.changes import Change
    from promptgit.registry.live import Subscription
    from promptgit.registry.registry import Registry
    from promptgit.uri import PromptRef
    from promptgit.watch import Watch


@click.command()
@click.argument("uris", metavar="[URI]...", nargs=-1, type=REFERENCE)
@click.option("--var", "given", metavar="NAME=VALUE", multiple=True, help="Fill a variable; may be repeated.")
@click.option("--values", "file", metavar="FILE", help="Fill variables from a YAML or JSON file; --var goes before it.")
@rev_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
def watch(uris: Sequence[str], given: tuple[str, ...], file: str | None, rev: str | None, as_json: bool) -> None:
    """Show what changes while you edit.

    Whenever a file is saved, a branch is checked out or an alias moves: what changed, what the checks say to it, and the
    new text, filled with the examples of its variables; of an alias, what differs from what it served.

    A URI narrows it down: NAME, NAME/3, NAME@production. Of a remote, what a refresh brings is shown. Ctrl-C ends it.
    """
    from promptgit.cli.watched import Values, narrowed, say, to_json

    registry = _open(rev)
    refs = [_reference(registry, uri) for uri in uris]
    values = Values(given, file)
    told: queue.SimpleQueue[Change | Exception] = queue.SimpleQueue()
    try:
        with registry.watch(told.put, on_error=told.put) as watching:
            _say_start(registry, watching, refs, as_json)
            while True:
                change = told.get()
                if isinstance(change, Exception):
                    output.warn(str(change))
                elif part := narrowed(registry, change, refs):
                    _print_json(to_json(registry, part, values)) if as_json else say(registry, part, values)
    except KeyboardInterrupt:
        return


def _open(rev: str | None) -> Registry:
    """The registry; of a remote one that is refreshed, which no other command needs."""
    where = options.place()
    if not options.is_url(where):
        return options.open_registry(rev)
    from promptgit.registry.registry import Registry

    registry = Registry(where, rev=rev or None, folder=options.folder())
    click.get_current_context().call_on_close(registry.close)
    return registry


def _reference(registry: Registry, uri: str) -> PromptRef:
    from promptgit.uri import PromptRef

    ref = PromptRef.parse(uri)
    if ref.rev is not None:
        raise click.UsageError(f"{uri}: what a prompt was at a revision does not change")
    if ref.name not in registry.prompts():
        output.warn(f"there is no prompt {ref.name} yet")
    return ref


def _say_start(registry: Registry, watching: Watch | Subscription, refs: Sequence[PromptRef], as_json: bool) -> None:
    from promptgit.watch import Watch

    names = [str(ref).removeprefix("prompts:/") for ref in refs]
    status, count = registry.status(), len(registry.prompts())
    if isinstance(watching, Watch):
        polls, reason = watching.polls, watching.reason
    else:
        polls, reason = status.refresh, "it is a remote"
    if as_json:
        _print_json({"watching": status.place, "uris": names, "polls": polls, "reason": reason})
        return
    what = ", ".join(names) or f"{count} prompt{'' if count == 1 else 's'}"
    output.say(f"watching {what} in {status.place}; Ctrl-C ends it")
    if polls is not None:
        output.note(f"looking every {polls:g} s: {reason}")


def _print_json(value: object) -> None:
    output.say_styled(output.json_text(value, indent=None))
