"""`promptgit import`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from promptgit.cli import output
from promptgit.cli.options import json_option, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.interop.rows import ImportReport


@click.group("import")
def import_prompts() -> None:
    """Take prompts over from elsewhere, with their history."""


@import_prompts.command()
@click.argument("file", type=click.File("rb"))
@click.option("--prefix", metavar="NAME", default="", help="Put all prompts into this folder, such as fabric.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that are not valid, instead of importing nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported, and write nothing.")
@click.option("--push", is_flag=True, help="Succeed only once the remote has it too.")
@json_option
def jsonl(file: BinaryIO, prefix: str, skip_bad: bool, dry_run: bool, push: bool, as_json: bool) -> None:
    """Import FILE, JSON Lines with one version a line, oldest first; gzipped or plain, - for standard input.

    A row is {"name": ..., "text": ...}, and may have message, time, author, aliases, syntax, variables,
    model_config, response_format, tools and tags. Each row becomes a commit with its message, author and time. Run
    again, it adds only what is not there yet.
    """
    from promptgit.interop import open_reader
    from promptgit.interop.importing import import_rows

    registry = open_registry()
    path = "stdin" if file is sys.stdin.buffer else file.name
    with _Bar() as bar:
        report = import_rows(
            registry,
            open_reader("jsonl")(file, path),
            prefix=prefix,
            path=path,
            skip_bad=skip_bad,
            dry_run=dry_run,
            push=push,
            progress=bar.show,
        )
    if as_json:
        output.say_json(_summary(report, dry_run))
    else:
        _say(report, dry_run)
    for problem in report.problems:
        output.warn(str(problem))
    for warning in report.warnings:
        output.warn(warning)


class _Bar:
    """A progress bar on stderr, if a person looks at it."""

    def __init__(self) -> None:
        self._progress: Any = None
        self.show: Callable[[int, int], None] | None = self._show if output.on_terminal(sys.stderr) else None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _show(self, done: int, total: int) -> None:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task("", total=total)
            self._progress.start()
        if done % 20 == 0 or done == total:
            self._progress.update(0, completed=done)


def _summary(report: ImportReport, dry_run: bool) -> dict[str, Any]:
    return {
        "versions": report.versions,
        "prompts": report.prompts,
        "skipped": report.skipped,
        "dry_run": dry_run,
        "names": dict(report.names),
        "commit": report.commit,
        "problems": [
            {"path": problem.path, "line": problem.line, "message": problem.message, "hint": problem.hint}
            for problem in report.problems
        ],
        "warnings": list(report.warnings),
    }


def _say(report: ImportReport, dry_run: bool) -> None:
    verb = "would import" if dry_run else "imported"
    short = f" ({report.commit[:7]})" if report.commit and not dry_run and report.versions else ""
    output.say(f"{verb} {report.versions} versions of {report.prompts} prompts{short}")
    if report.skipped:
        output.say(f"{report.skipped} versions were there already")
    if report.names:
        title, name = next(iter(report.names.items()))
        output.say(f"{len(report.names)} titles became names, such as {name} for {title!r}")
