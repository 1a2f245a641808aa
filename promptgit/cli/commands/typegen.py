"""`promptgit typegen`."""

from __future__ import annotations

import fnmatch
import os
from typing import TYPE_CHECKING

import click

from promptgit.cli import output
from promptgit.cli.options import open_registry, rev_option
from promptgit.errors import PromptNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.registry.registry import Registry


@click.command()
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    default="typings",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Where the stubs go.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; the exit code is 1 if the stubs are not what they would be."
)
@rev_option
def typegen(patterns: Sequence[str], folder: str, check: bool, rev: str | None) -> None:
    """Write typed stubs, so that editors complete prompts and type checkers find a missing variable.

    All prompts are typed, or those whose names match a PATTERN. Pyright and Pylance look into typings/ by themselves; mypy
    does with mypy_path = "typings".
    """
    from promptgit.callers.contracts import State
    from promptgit.callers.stubs import generate

    registry = open_registry(rev)
    names = _matching(registry, patterns)
    files = generate(State(registry), registry.catalog, names)
    stale = [path for path, text in files.items() if _read(os.path.join(folder, path)) != text]
    prompts = f"{len(names)} prompt{'' if len(names) == 1 else 's'}"
    if check:
        _report(folder, stale, prompts)
    else:
        _write(folder, files, stale)
        output.say(f"{prompts} typed in {os.path.join(folder, 'promptgit')}")


def _matching(registry: Registry, patterns: Sequence[str]) -> list[str]:
    names = registry.prompts()
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise PromptNotFoundError(f"no prompt matches {pattern}", hint="promptgit list shows which there are.")
    return [name for name in names if not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _report(folder: str, stale: Sequence[str], prompts: str) -> None:
    for path in stale:
        output.warn(f"{os.path.join(folder, path)} is not what promptgit typegen would write")
    if stale:
        output.note("Run promptgit typegen with the same options, and commit what it writes.")
        raise output.ProblemsFound
    output.say(f"{prompts}: the stubs are current")


def _write(folder: str, files: Mapping[str, str], stale: Sequence[str]) -> None:
    for path in stale:
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(files[path])


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None
