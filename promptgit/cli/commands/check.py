"""`promptgit check`."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from promptgit.cli import output, report
from promptgit.cli.options import open_registry, rev_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptgit.problems import Problem
    from promptgit.registry.checking import Checking
    from promptgit.registry.registry import Registry


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option(
    "--base",
    metavar="REV",
    envvar="PROMPTGIT_BASE",
    help="Only what changed since it forked off from REV, and against it.",
)
@click.option("--staged", is_flag=True, help="What the next commit would hold; for hooks.")
@click.option("--history", is_flag=True, help="Also look for commits that changed a version, or removed one.")
@click.option("--only", metavar="CHECK", multiple=True, help="Run this check alone; may be given several times.")
@click.option("--fix", is_flag=True, help="Mend in the working tree what can be mended without losing anything.")
@click.option("--explain", metavar="CODE", help="Say what a check finds, why, and how to mend it; 'all' lists them.")
@report.format_option
@rev_option
def check(
    files: Sequence[str],
    base: str | None,
    staged: bool,
    history: bool,
    only: Sequence[str],
    fix: bool,
    explain: str | None,
    style: str,
    rev: str | None,
) -> None:
    """Look for what would break.

    Everything is checked, or FILEs with their prompts, or what a change touches (--base, --staged).

    The working tree is compared with HEAD, so an edited version is found before it is committed. The exit code is 1 if
    there are errors; warnings alone are fine. promptgit.yaml can change the severity of a check, or turn it off.
    """
    from promptgit.checks import CHECKS, check_of, manual
    from promptgit.registry.checking import Scope, prepare

    if explain:
        _explain(explain)
        return
    if fix and (rev or staged):
        raise click.UsageError("--fix mends the working tree: leave --rev and --staged out")
    registry = open_registry(rev)
    names = frozenset(check_of(code) for code in only)
    scope = Scope(files=tuple(files), base=base, staged=staged, history=history, only=names)
    checking = prepare(registry, scope)
    problems = checking.problems(_progress(style))
    if fix and _mend(registry, checking, problems):
        checking = prepare(registry, scope)
        problems = checking.problems()
    rules = {code: manual(code).partition("\n")[0] for code in {*CHECKS, *(problem.code for problem in problems)}}
    prefix = registry.prefix if style in ("github", "sarif") and checking.change.facts else ""
    report.report(problems, style, rules=rules, prefix=prefix, summary=_summary(checking, problems))


def _explain(code: str) -> None:
    from promptgit.checks import CHECKS, check_of, manual, summary

    if code == "all":
        width = max(len(name) for name in CHECKS)
        for name in CHECKS:
            output.say(f"{name:{width}}  {summary(name)}")
        return
    output.say(check_of(code), bold=True)
    output.say(manual(code))


def _mend(registry: Registry, checking: Checking, problems: Sequence[Problem]) -> list[str]:
    from promptgit.checks.mend import Mender, mend

    done = mend(problems, Mender(registry.path, checking.change.after, checking.change.before))
    for sentence in done:
        output.note(f"fixed: {sentence}")
    return done


def _summary(checking: Checking, problems: Sequence[Problem]) -> str:
    if checking.paths is None:
        return report.verdict(problems, "no problems")
    count = len(checking.paths)
    return report.verdict(problems, f"no problems in {count} file{'' if count == 1 else 's'}")


def _progress(style: str) -> Callable[[int], None] | None:
    """A count on stderr, where a person waits for more than half a second."""
    import sys

    if style != "text" or not output.on_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        return None
    start = time.monotonic()

    def show(count: int) -> None:
        if time.monotonic() - start > 0.5:
            click.echo(f"\r{count:,} files checked\x1b[K\r", nl=False, err=True)

    return show
