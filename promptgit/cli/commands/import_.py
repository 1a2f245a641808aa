"""`promptgit import`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from promptgit.cli import output
from promptgit.cli.carried import mlflow_uri, problem_values, say_problems
from promptgit.cli.options import json_option, open_registry
from promptgit.cli.progress import Bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.interop.mlflow.importing import MlflowImport
    from promptgit.interop.rows import ImportReport


@click.group("import")
def import_prompts() -> None:
    """Take prompts over from elsewhere, with their history."""


def _manner(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every import."""
    for option in (
        click.option("--push", is_flag=True, help="Succeed only once the remote has it too."),
        click.option("--dry-run", is_flag=True, help="Show what would be imported, and write nothing."),
        click.option("--ignore-policies", is_flag=True, help="Let in, and list, versions that a policy forbids."),
    ):
        command = option(command)
    return command


@import_prompts.command()
@click.argument("file", type=click.File("rb"))
@click.option("--prefix", metavar="NAME", default="", help="Put all prompts into this folder, such as fabric.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that are not valid, instead of importing nothing.")
@_manner
@json_option
def jsonl(
    file: BinaryIO, prefix: str, skip_bad: bool, ignore_policies: bool, dry_run: bool, push: bool, as_json: bool
) -> None:
    """Import FILE, JSON Lines with one version a line, oldest first; gzipped or plain, - for standard input.

    A row is {"name": ..., "text": ...}, and may have message, time, author, aliases, syntax, variables,
    model_config, response_format, tools and tags. Each row becomes a commit with its message, author and time. Run
    again, it adds only what is not there yet. The policies of promptgit.yaml hold as for `register`.
    """
    from promptgit.interop import open_reader
    from promptgit.interop.importing import import_rows

    registry = open_registry()
    path = "stdin" if file is sys.stdin.buffer else file.name
    with Bar("importing") as bar:
        report = import_rows(
            registry,
            open_reader("jsonl")(file, path),
            prefix=prefix,
            path=path,
            skip_bad=skip_bad,
            ignore_policies=ignore_policies,
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
    say_problems(report.refused, quiet=as_json)


@import_prompts.command()
@mlflow_uri
@click.option("--prompt", "names", metavar="NAME", multiple=True, help="Only this prompt; may be repeated.")
@click.option("--rename", "renamed", metavar="OLD=NEW", multiple=True, help="Bring a prompt in under another name.")
@click.option("--author", metavar="NAME <EMAIL>", default="", help="Who wrote what MLflow knows no author of.")
@click.option("--update", is_flag=True, help="Also move aliases and change tags that differ from MLflow's.")
@_manner
@json_option
def mlflow(
    uri: str,
    names: tuple[str, ...],
    renamed: tuple[str, ...],
    author: str,
    update: bool,
    ignore_policies: bool,
    dry_run: bool,
    push: bool,
    as_json: bool,
) -> None:
    """Import the prompts of MLflow at URI: sqlite:///mlflow.db, another database, or a server's http://HOST:PORT.

    Each version becomes a commit with its message, author and time, under its own number; prompts, tags and aliases
    come along. Run again, it adds only what is new, and overwrites nothing, but for what --update allows. What cannot
    be carried is listed at the end; the exit code is 1 if a prompt, a version or an alias was left out.
    """
    from promptgit.interop import open_reader
    from promptgit.interop.mlflow.connection import Connection
    from promptgit.interop.mlflow.importing import Choices
    from promptgit.interop.mlflow.importing import import_prompts as run

    choices = Choices(rename=_renames(renamed), author=_author(author), update=update, ignore_policies=ignore_policies)
    registry = open_registry()
    connection = Connection(uri)
    prompts = open_reader("mlflow")(connection, names)
    if not prompts:
        output.warn(f"there are no prompts in MLflow at {connection.label}")
    with Bar("importing") as bar:
        report = run(registry, prompts, choices, dry_run=dry_run, push=push, progress=bar.show)
    if as_json:
        counts = {
            field: getattr(report, field) for field in ("versions", "prompts", "skipped", "tombstones", "aliases")
        }
        found = {"problems": problem_values(report.problems), "warnings": list(report.warnings)}
        output.say_json({**counts, "dry_run": dry_run, "commit": report.commit, **found})
    else:
        _say_mlflow(report, dry_run)
    for warning in report.warnings:
        output.warn(warning)
    say_problems(report.problems, quiet=as_json)


def _renames(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for text, (old, _, new) in zip(given, pairs, strict=True):
        if not old or not new:
            raise click.BadParameter(f"{text!r} is not OLD=NEW", param_hint="'--rename'")
    return {old: new for old, _, new in pairs}


def _author(text: str) -> str:
    if text and not re.fullmatch(r"[^<>\n\0]+ <[^<>\s]+>", text):
        raise click.BadParameter(f"{text!r} is not NAME <EMAIL>", param_hint="'--author'")
    return text


def _say_mlflow(report: MlflowImport, dry_run: bool) -> None:
    verb = "would import" if dry_run else "imported"
    short = f" ({report.commit[:7]})" if report.commit and not dry_run and report.versions else ""
    output.say(f"{verb} {report.versions} versions and {report.aliases} aliases of {report.prompts} prompts{short}")
    if report.skipped:
        output.say(f"{report.skipped} versions were there already")
    if report.tombstones:
        output.say(f"{report.tombstones} numbers stay free: what had them was deleted, or cannot be carried")


def _summary(report: ImportReport, dry_run: bool) -> dict[str, Any]:
    return {
        "versions": report.versions,
        "prompts": report.prompts,
        "skipped": report.skipped,
        "aliases": report.aliases,
        "dry_run": dry_run,
        "names": dict(report.names),
        "commit": report.commit,
        "problems": [
            {"path": problem.path, "line": problem.line, "message": problem.message, "hint": problem.hint}
            for problem in (*report.problems, *report.refused)
        ],
        "warnings": list(report.warnings),
    }


def _say(report: ImportReport, dry_run: bool) -> None:
    verb = "would import" if dry_run else "imported"
    short = f" ({report.commit[:7]})" if report.commit and not dry_run and report.versions else ""
    output.say(f"{verb} {report.versions} versions of {report.prompts} prompts{short}")
    if report.aliases:
        output.say(f"{report.aliases} aliases {'would lead' if dry_run else 'lead'} to them")
    if report.skipped:
        output.say(f"{report.skipped} versions were there already")
    if report.names:
        title, name = next(iter(report.names.items()))
        output.say(f"{len(report.names)} titles became names, such as {name} for {title!r}")
