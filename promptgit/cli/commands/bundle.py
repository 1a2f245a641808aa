"""`promptgit bundle`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from promptgit import layout
from promptgit.cli import output
from promptgit.cli.options import folder, open_registry, reading

if TYPE_CHECKING:
    from promptgit.registry.registry import Registry
    from promptgit.remote.bundling import Examined


@click.command()
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    default="prompts.bundle",
    show_default=True,
    type=click.Path(dir_okay=False),
    help="Where it goes.",
)
@click.option("--history", is_flag=True, help="Put in all commits and files, so that git clone takes it.")
@click.option(
    "--verify",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write nothing: check every object of a bundle, and say what it holds.",
)
@reading
def bundle(path: str, history: bool, verify: str | None, rev: str | None, as_json: bool) -> None:
    """Write one file with everything an application needs.

    It holds the prompts and aliases of one commit, and Registry("prompts.bundle") opens it where no git is installed. The same
    commit gives the same bytes. It is a git bundle: each byte is proved by the commit's id.
    """
    from promptgit.remote import bundling

    if verify:
        _show(bundling.examine(verify, folder()), as_json)
        return
    registry = open_registry(rev)
    _warn_of_edits(registry)
    made = bundling.write_bundle(registry, path, history=history)
    if as_json:
        output.say_json({"path": made.path, "commit": made.commit, "objects": made.objects, "size": made.size})
    else:
        output.say(f"{path}: commit {made.commit[:10]}, {made.objects:,} objects")


def _show(found: Examined, as_json: bool) -> None:
    fields = ("path", "commit", "folder", "prompts", "versions", "aliases", "objects", "unchecked", "size")
    if as_json:
        output.say_json({name: getattr(found, name) for name in fields})
        return
    output.say(f"{os.path.basename(found.path)} is whole: {found.objects:,} objects", "green")
    if found.unchecked:
        output.warn(f"{found.unchecked} objects are larger than what is ever read, and were not checked")
    rows = [("commit", found.commit), ("folder", found.folder)]
    rows += [(name, f"{getattr(found, name):,}") for name in ("prompts", "versions", "aliases")]
    for label, value in rows:
        if value:
            output.say(f"{label:<10}{value}")


def _warn_of_edits(registry: Registry) -> None:
    """What is not committed is not in a bundle: said, as the working tree looks as if it were what is shipped."""
    if registry.rev is not None or registry.opened.read_only:
        return
    paths = [f"{registry.prefix}{name}" for name in (layout.REGISTRY_FILE, layout.PROMPTS)]
    done = registry.repository().git(["status", "--porcelain", "--untracked-files=all", "--", *paths])
    edited = len(done.out.splitlines())
    if edited:
        output.warn(f"{edited} file{' is' if edited == 1 else 's are'} not committed, and left out")
