"""`promptgit doctor`."""

from __future__ import annotations

import click

from promptgit.cli import output
from promptgit.cli.options import open_registry, reading
from promptgit.problems import ERROR, Problem


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
        output.say_json({"fixed": done, "problems": [_values(problem) for problem in problems]})
    else:
        for sentence in done:
            output.say(f"fixed: {sentence}", "green")
        for problem in problems:
            output.say(str(problem))
        output.say(_verdict(problems))
    if any(problem.severity == ERROR for problem in problems):
        raise output.ProblemsFound


def _verdict(problems: list[Problem]) -> str:
    errors = sum(problem.severity == ERROR for problem in problems)
    warnings = len(problems) - errors
    if not problems:
        return "the registry is sound"
    return f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"


def _values(problem: Problem) -> dict[str, object]:
    fields = ("code", "severity", "path", "line", "column", "message", "hint")
    return {field: getattr(problem, field) for field in fields}
