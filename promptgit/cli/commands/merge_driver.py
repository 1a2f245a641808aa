"""`promptgit merge-driver`."""

from __future__ import annotations

import click

from promptgit.cli import output


@click.command("merge-driver")
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("marker_size", metavar="MARKER-SIZE", type=click.IntRange(min=1))
@click.argument("path")
def merge_driver(base: str, ours: str, theirs: str, marker_size: int, path: str) -> None:
    """Merge an aliases.yaml alias by alias. Git calls this.

    `promptgit hook install` sets it up as `merge-driver %O %A %B %L %P`. Moves of different aliases merge; the same alias moved
    to different targets is a conflict, and the exit code is 1.
    """
    from promptgit.hooks.merge import drive

    merged = drive(base, ours, theirs, marker_size=marker_size, path=path)
    if merged.conflicts:
        output.warn(f"{path}: both sides changed {', '.join(merged.conflicts)}")
    if not merged.clean:
        raise output.ProblemsFound
