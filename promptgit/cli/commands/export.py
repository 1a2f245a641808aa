"""`promptgit export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.carried import mlflow_uri, problem_values, say_problems
from promptgit.cli.options import json_option, open_registry, rev_option
from promptgit.cli.progress import Bar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from promptgit.interop.mlflow.exporting import MlflowExport


@click.group()
def export() -> None:
    """Take prompts elsewhere."""


def _prompts(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--prompt", "names", metavar="NAME", multiple=True, help="Only this prompt; may be repeated.")
    return option(command)


@export.command()
@click.argument("file", type=click.File("wb", atomic=True), default="-")
@_prompts
@rev_option
def jsonl(file: BinaryIO, names: tuple[str, ...], rev: str | None) -> None:
    """Export to FILE, JSON Lines with one version a line, oldest first; without FILE to standard output.

    A FILE that ends in .gz is gzipped. `promptgit import jsonl` reads it back: the same contents, messages, authors
    and times. What a line has no place for is listed on standard error.
    """
    from promptgit.interop import open_writer
    from promptgit.interop.jsonl_export import write

    exported = open_writer("jsonl")(open_registry(rev), names)
    write(file, exported.rows, gzipped=getattr(file, "name", "").endswith(".gz"))
    say_problems(exported.problems, quiet=False)


@export.command()
@mlflow_uri
@_prompts
@rev_option
@click.option("--dry-run", is_flag=True, help="Show what would be exported, and write nothing.")
@json_option
def mlflow(uri: str, names: tuple[str, ...], rev: str | None, dry_run: bool, as_json: bool) -> None:
    """Export to MLflow at URI: sqlite:///mlflow.db, another database, or a server's http://HOST:PORT.

    Versions keep their numbers: one that is free here is made and deleted there. Run again, it adds only what is new,
    and overwrites nothing. MLflow takes neither authors nor times. What cannot be carried is listed at the end; the
    exit code is 1 if a prompt, a version or an alias was left out.
    """
    from promptgit.interop import open_writer
    from promptgit.interop.mlflow.connection import Connection

    registry = open_registry(rev)
    with Bar("exporting") as bar:
        connection = Connection(uri, creates=not dry_run, pretends=dry_run)
        report = open_writer("mlflow")(registry, connection, names, dry_run=dry_run, progress=bar.show)
    if as_json:
        counts = {
            field: getattr(report, field) for field in ("versions", "prompts", "skipped", "placeholders", "aliases")
        }
        output.say_json({**counts, "dry_run": dry_run, "problems": problem_values(report.problems)})
    else:
        _say(report, dry_run)
    say_problems(report.problems, quiet=as_json)


def _say(report: MlflowExport, dry_run: bool) -> None:
    verb = "would export" if dry_run else "exported"
    output.say(f"{verb} {report.versions} versions and {report.aliases} aliases of {report.prompts} prompts")
    if report.skipped:
        output.say(f"{report.skipped} versions were there already")
    if report.placeholders:
        output.say(f"{report.placeholders} numbers were used up without a version")
