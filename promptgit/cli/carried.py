"""What imports and exports share: the URI of MLflow, and the report of what could not be carried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.problems import ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promptgit.problems import Problem

_ALIKE = 3
"""Up to so many problems with the same message are shown each on its own."""


def mlflow_uri(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument URI; left out, it is MLFLOW_REGISTRY_URI or MLFLOW_TRACKING_URI, as for MLflow itself."""
    variables = ["MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI"]
    return click.argument("uri", envvar=variables, callback=_without_password)(command)


def _without_password(context: click.Context, parameter: click.Parameter, uri: str) -> str:
    """Refuse a password on the command line, where others see it; a variable may hold one."""
    from promptgit.interop.mlflow.connection import require_no_password

    if context.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE:
        require_no_password(uri)
    return uri


def problem_values(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems for `--json`."""
    return [
        {
            "code": problem.code,
            "severity": problem.severity,
            "prompt": problem.path,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]


def say_problems(problems: Sequence[Problem], *, quiet: bool) -> None:
    """Print to stderr what could not be carried, parts first, and end with exit code 1 if something was left out as a whole.

    Args:
        quiet: print nothing: it stands in the JSON document.

    Raises:
        ProblemsFound: there is an error among them.
    """
    left_out = [problem for problem in problems if problem.severity == ERROR]
    if not quiet:
        parts = [problem for problem in problems if problem.severity != ERROR]
        for line in (*_lines(parts), *_lines(left_out)):
            output.note(line)
    if left_out:
        raise output.ProblemsFound


def _lines(problems: Sequence[Problem]) -> Iterator[str]:
    """Problems for people. What is the same for many is said once, with all that it is about: a policy may refuse thousands."""
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.code, problem.message), []).append(problem)
    for group in alike.values():
        for problem in group if len(group) <= _ALIKE else group[:1]:
            yield str(problem)
        if len(group) > _ALIKE:
            names = ", ".join(problem.path.removeprefix("prompts:/") for problem in group[1:])
            yield f"    and for {len(group) - 1} more: {names}"
