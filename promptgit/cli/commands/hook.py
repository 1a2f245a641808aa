"""`promptgit hook`: what promptgit sets up in somebody's own Git."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.options import json_option, open_registry

if TYPE_CHECKING:
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.hooks.install import Installed

_server = click.option("--server", is_flag=True, help="The pre-receive hook, in a repository that is pushed to.")
_force = click.option("--force", is_flag=True, help="Also in a hooks folder that other repositories may use.")


@click.group()
def hook() -> None:
    """Let Git check prompts before they are committed or pushed."""


@hook.command()
@_server
@click.option("--folder", metavar="DIR", default="", help="With --server: where the registry lies in that repository.")
@_force
@json_option
def install(server: bool, folder: str, force: bool, as_json: bool) -> None:
    """Install the pre-commit hook, a merge driver for aliases and a readable git diff.

    An existing hook is kept, and ours put into it. Run it once in each clone; to run it again does no harm.
    """
    from promptgit.hooks import install as setup

    if folder and not server:
        raise click.UsageError("--folder is for --server: elsewhere the registry's own folder is known")
    if server:
        done = setup.install_server(_repository(), folder=folder, force=force)
    else:
        done = setup.install(open_registry(), force=force)
    if as_json:
        output.say_json(_summary(done))
        return
    beside = ", beside what was there" if done.shared else ""
    output.say(f"installed in {done.hook}{beside}" if done.changed else f"{done.hook} is up to date")
    if done.settings:
        output.say(f"set in this repository: {', '.join(done.settings)}")
    if done.attributes:
        output.say("added to .gitattributes, for you to commit:")
        for line in done.attributes:
            output.say(f"    {line}")
    elif not server:
        output.say(".gitattributes says already which files these are for")


@hook.command()
@_server
@_force
@json_option
def uninstall(server: bool, force: bool, as_json: bool) -> None:
    """Take back what install did in this clone.

    Other hooks stay, and so does .gitattributes: it is the team's, and does nothing without the settings.
    """
    from promptgit.hooks import install as setup

    done = (
        setup.uninstall_server(_repository(), force=force) if server else setup.uninstall(open_registry(), force=force)
    )
    if as_json:
        output.say_json(_summary(done))
        return
    if not done.changed and not done.settings:
        output.say("there was nothing of promptgit's")
        return
    output.say(f"removed from {done.hook}{'; the rest of it stays' if done.shared else ''}")
    if done.settings:
        output.say(f"unset in this repository: {', '.join(done.settings)}")


def _repository() -> GitRepository:
    """The repository of -C or of the current folder, whatever is in it: a server's may be empty yet."""
    from promptgit.gitrepo.repository import GitRepository

    context = click.get_current_context()
    repository = GitRepository.open(context.find_root().params.get("directory") or ".")
    context.call_on_close(repository.close)
    return repository


@hook.command("pre-receive")
@click.option(
    "--folder", metavar="PATH", default="", help="The registry's folder in the repository, if it is not the top."
)
@click.option(
    "--pusher-env",
    "pusher_variables",
    metavar="NAME",
    multiple=True,
    help="A variable in which the server names whoever pushes. Without it, those that known servers use.",
)
@click.option(
    "--deadline",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=120.0,
    help="How long it may take, 120 if nothing is said; a push that takes longer is refused.",
)
def pre_receive(folder: str, pusher_variables: tuple[str, ...], deadline: float) -> None:
    """Let a push in, or refuse it. Git runs this on the server, as its pre-receive hook.

    Every new commit is checked, under the rules of the default branch as they were before the push. All that is pushed
    is taken, or nothing of it.
    """
    from promptgit.cli.pushed import show
    from promptgit.hooks import pre_receive as hooks
    from promptgit.hooks.push import pusher

    who = pusher.names(os.environ, pusher_variables)
    lines = sys.stdin.buffer.read()
    try:
        found = hooks.refusals(lines, os.environ, who, folder=folder, deadline=deadline)
    except Exception:
        output.note("promptgit could not check this push, so nothing of it was taken")
        raise
    if found:
        show(found)
        raise output.ProblemsFound


def _summary(done: Installed) -> dict[str, Any]:
    return {
        "hook": done.hook,
        "changed": done.changed,
        "shared": done.shared,
        "settings": list(done.settings),
        "attributes": list(done.attributes),
    }
