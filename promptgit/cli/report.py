"""Problems as a person, a program or a code host reads them.

text     a line each, with the hint below it, and a summary
json     one document
github   workflow commands, which GitHub shows beside the changed lines
         (https://docs.github.com/actions/reference/workflow-commands-for-github-actions)
sarif    SARIF 2.1.0, for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptgit.cli import options, output
from promptgit.problems import ERROR, Problem
from promptgit.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMATS = ("text", "json", "github", "sarif")
_FIELDS = ("code", "severity", "path", "line", "column", "message", "hint")
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_COLOURS = {ERROR: "red", "warning": "yellow"}

format_option = options.format_option(FORMATS, "How to print what was found.")


def report(
    problems: Sequence[Problem], style: str, *, rules: Mapping[str, str], prefix: str = "", summary: str = ""
) -> None:
    """Print problems, and end the command with exit code 1 if one of them is an error.

    Args:
        style: one of `FORMATS`.
        rules: code -> what it stands for, one sentence, for SARIF.
        prefix: the registry's folder in its repository: code hosts want paths from the repository's top.
        summary: the last line of the text form; empty counts the problems.

    Raises:
        ProblemsFound: there is an error among them.
    """
    placed = [problem.replace(path=f"{prefix}{problem.path}") if problem.path else problem for problem in problems]
    if style == "json":
        output.say_json({"problems": to_json(problems)})
    elif style == "sarif":
        output.say_json(to_sarif(placed, rules))
    elif style == "github":
        for problem in placed:
            output.say_styled(to_github(problem))
    else:
        say_text(problems)
        output.say(summary or verdict(problems))
    stop_on_errors(problems)


def stop_on_errors(problems: Sequence[Problem]) -> None:
    """End the command with exit code 1 if there is an error among the problems.

    Raises:
        ProblemsFound: there is.
    """
    if any(problem.severity == ERROR for problem in problems):
        raise output.ProblemsFound


def verdict(problems: Sequence[Problem], fine: str = "no problems") -> str:
    """How many there are, in words."""
    errors = sum(problem.severity == ERROR for problem in problems)
    warnings = len(problems) - errors
    if not problems:
        return fine
    return f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"


def say_text(problems: Sequence[Problem]) -> None:
    """Print problems for people: place, severity, message, code, and what to do."""
    for problem in problems:
        place = sanitise_line(problem.path) or "registry"
        if problem.line:
            place += f":{problem.line}:{problem.column or 1}"
        severity = output.styled(problem.severity, _COLOURS.get(problem.severity), bold=True)
        code = output.styled(f"[{problem.code}]", dim=True)
        output.say_styled(f"{place}: {severity}: {sanitise_line(problem.message)} {code}")
        for line in sanitise(problem.hint).splitlines():
            output.say_styled(f"    {output.styled(line, 'cyan')}")


def to_json(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Problems as plain values."""
    return [{field: getattr(problem, field) for field in _FIELDS} for problem in problems]


def to_github(problem: Problem) -> str:
    """A workflow command. What stands in it cannot end it, nor begin another."""
    kind = "error" if problem.severity == ERROR else "warning"
    place = {"file": problem.path, "line": problem.line or "", "col": problem.column or "", "title": problem.code}
    properties = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in place.items() if value)
    text = f"{problem.message}. {problem.hint}" if problem.hint else problem.message
    return f"::{kind} {properties}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """As the runner unescapes it; everything else that a log would obey is shown as an escape."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for character in more:
        text = text.replace(character, f"%{ord(character):02X}")
    return sanitise(text)


def to_sarif(problems: Sequence[Problem], rules: Mapping[str, str]) -> dict[str, object]:
    """One SARIF run.

    Args:
        rules: code -> what it stands for.
    """
    from promptgit import __version__

    codes = sorted({problem.code for problem in problems})
    return {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "promptgit",
                        "version": __version__,
                        "rules": [{"id": code, "shortDescription": {"text": rules.get(code, code)}} for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, codes) for problem in problems],
            }
        ],
    }


def _result(problem: Problem, codes: Sequence[str]) -> dict[str, object]:
    from urllib.parse import quote

    text = f"{problem.message}. {problem.hint}" if problem.hint else problem.message
    result: dict[str, object] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": "error" if problem.severity == ERROR else "warning",
        "message": {"text": text},
    }
    if problem.path:
        uri = quote(problem.path.encode("utf-8", "surrogateescape"))
        place: dict[str, object] = {"artifactLocation": {"uri": uri}}
        if problem.line:
            place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
        result["locations"] = [{"physicalLocation": place}]
    return result
