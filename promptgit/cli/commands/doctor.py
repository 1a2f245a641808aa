"""`promptgit doctor`."""

from __future__ import annotations

import click

from promptgit.cli import output, report
from promptgit.cli.options import open_registry, reading


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything.")
@reading
def doctor(fix: bool, rev: str | None, as_json: bool) -> None:
    """Look for what is wrong with the registry.

    Its files, aliases, repository and settings are examined. The exit code is 1 if there are errors; warnings alone are fine.
    """
    from promptgit.registry import doctor as examination

    registry = open_registry(rev)
    done = examination.fix(registry) if fix else []
    problems = examination.examine(registry)
    if as_json:
        output.say_json({"fixed": done, "problems": report.to_json(problems)})
    else:
        for sentence in done:
            output.say(f"fixed: {sentence}", "green")
        report.say_text(problems)
        output.say(report.verdict(problems, "the registry is sound"))
    report.stop_on_errors(problems)
