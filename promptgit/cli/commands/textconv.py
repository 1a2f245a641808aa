"""`promptgit textconv`."""

from __future__ import annotations

import click

from promptgit.cli.files import read_bytes


@click.command()
@click.argument("file", metavar="FILE")
def textconv(file: str) -> None:
    """Print a version file as it is to be compared. Git calls this.

    `promptgit hook install` sets it up, so that git diff and git log -p show texts as they are read: a line for each line,
    no escapes, settings sorted. Other files, and those that cannot be read as a version, are printed as they are.
    """
    from promptgit.review.textconv import textconv as convert

    click.echo(convert(read_bytes(file)), nl=False)
