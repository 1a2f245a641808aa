"""`promptgit demo`."""

from __future__ import annotations

import click

from promptgit.cli import output


@click.command()
@click.option("--keep", metavar="DIR", help="Keep the registry in DIR; else it is removed at the end.")
def demo(keep: str | None) -> None:
    """Show the product in one screen.

    A prompt is registered, promoted, loaded and rolled back. Every line that is shown is run; what stands
    below it is what it printed.
    """
    import os

    from promptgit.cli.demonstration import demonstrate

    demonstrate(os.path.abspath(keep) if keep else "prompts")
    if keep:
        output.say(f"\nThe registry is in {keep}.", dim=True)
