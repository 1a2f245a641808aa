"""`promptgit list`."""

from __future__ import annotations

import click

from promptgit.cli.options import open_registry, reading


@click.command("list")
@click.argument("pattern", required=False)
@reading
def list_prompts(pattern: str | None, rev: str | None, as_json: bool) -> None:
    """List prompts, or those whose names match PATTERN.

    PATTERN is a name, or has wildcards: 'support.*', '*refund*'.
    """
    from fnmatch import fnmatchcase

    from promptgit.cli.listing import show_prompts

    registry = open_registry(rev)
    names = [name for name in registry.prompts() if pattern is None or fnmatchcase(name, pattern)]
    show_prompts((registry.get(name) for name in names), as_json=as_json, grouped=True)
