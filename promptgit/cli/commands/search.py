"""`promptgit search`."""

from __future__ import annotations

import click

from promptgit.cli.options import open_registry, reading
from promptgit.errors import InvalidDocumentError


@click.command()
@click.argument("filter", metavar="FILTER")
@click.option("--order-by", metavar="FIELD [DESC]", multiple=True, help="Such as 'updated DESC'; may be repeated.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@reading
def search(filter: str, order_by: tuple[str, ...], most: int | None, rev: str | None, as_json: bool) -> None:
    """Find prompts that FILTER matches.

    \b
    promptgit search "template LIKE '%refund%' AND tags.team = 'support'"
    promptgit search "alias = 'production' AND NOT name LIKE 'test.%'" --order-by 'updated DESC'

    Fields: name, description, alias, tags.KEY, template, version, created, updated, author, message.
    Operators: = != < <= > >= LIKE ILIKE IN, NOT, IS NULL, AND, OR and parentheses. LIKE: % is any text, _ one
    character.
    """
    from promptgit.cli.listing import show_prompts

    damaged: list[InvalidDocumentError] = []
    found = open_registry(rev).search(filter, max_results=most, order_by=order_by, on_error=damaged.append)
    show_prompts(found, as_json=as_json, damaged=damaged)
