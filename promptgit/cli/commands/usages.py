"""`promptgit usages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output, report
from promptgit.cli.options import open_registry, rev_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.callers.calls import Wanted
    from promptgit.callers.contracts import Failed, Served, State
    from promptgit.callers.model import Call, Scanned
    from promptgit.callers.usages import Report, Usage
    from promptgit.registry.registry import Registry

_COLUMNS = ("where", "reference", "leads to", "variables")


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--base", metavar="REV", help="Only what changed since this revision is an error.")
@click.option("--exclude", metavar="GLOB", multiple=True, help="Leave out files and folders of that path or name.")
@report.format_option
@rev_option
def usages(paths: Sequence[str], base: str | None, exclude: Sequence[str], style: str, rev: str | None) -> None:
    """Find the prompts that Python code loads, and what is wrong with how it fills them.

    PATHs are files, notebooks and folders. Nothing in them is imported or run. With --base, each call is checked against
    what its alias served at REV and what it serves now: what was wrong there already is a warning.
    """
    from promptgit.callers.contracts import State
    from promptgit.callers.scan import scan
    from promptgit.callers.usages import check

    registry = open_registry(rev)
    before = _state_at(registry, base) if base else None
    scanned = scan([_shown_path(path) for path in paths], exclude)
    found = check(scanned, State(registry), before, base or "")
    _show(found, scanned, style)


def _state_at(registry: Registry, base: str) -> State:
    """The registry where the branch forked off, as `check --base` has it."""
    from promptgit.callers.contracts import State
    from promptgit.registry.checking import merge_base

    named = registry.at(base)
    repository = registry.repository()
    tip = registry.commit or repository.ref_commit("HEAD")
    fork = merge_base(repository, named.commit, tip) if named.commit and tip else None
    return State(registry.at(fork) if fork else named)


def _shown_path(path: str) -> str:
    """A path as code hosts want it: from the current folder, if it is in there."""
    import os

    inside = os.path.relpath(path)
    return path if inside.startswith(os.pardir) else inside


def _show(found: Report, scanned: Scanned, style: str) -> None:
    from promptgit.callers.usages import RULES

    problems = found.problems
    if style == "json":
        output.say_json({"usages": [_plain(usage) for usage in found.usages], "problems": report.to_json(problems)})
        report.stop_on_errors(problems)
        return
    if style == "text" and found.usages and not problems:
        from promptgit.cli.tables import table

        table(_COLUMNS, [row for usage in found.usages for row in _rows(usage)])
    report.report(problems, style, rules=RULES, summary=_summary(found, scanned))


def _summary(found: Report, scanned: Scanned) -> str:
    paths = {call.path for call in scanned.calls}
    count = len(found.problems)
    calls = f"{_counted(len(found.usages), 'call')} in {_counted(len(paths), 'file')}"
    return f"{calls}, {_counted(count, 'problem') if count else 'no problems'}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _rows(usage: Usage) -> list[tuple[str, str, str, str]]:
    where = f"{usage.call.path}:{usage.call.place.line}"
    return [(where, _reference(wanted), _leads_to(served), _variables(usage.call)) for wanted, served in usage.served]


def _reference(wanted: Wanted) -> str:
    if not wanted.whole:
        return f"{wanted.uri}…"
    return f"{wanted.uri} {wanted.version}" if wanted.version is not None else wanted.uri


def _leads_to(served: Served | Failed) -> str:
    from promptgit.callers.contracts import Served

    return ", ".join(map(str, served.versions)) if isinstance(served, Served) else ""


def _variables(call: Call) -> str:
    names = dict.fromkeys(argument.name for form in call.formats for argument in form.given)
    return ", ".join([*names, *(["…"] if any(form.open for form in call.formats) else [])])


def _plain(usage: Usage) -> dict[str, Any]:
    """A call as plain values."""
    call = usage.call
    return {
        "path": call.path,
        "line": call.place.line,
        "column": call.place.column,
        "loads": [_plain_way(wanted, served) for wanted, served in usage.served],
        "formats": [
            {
                "line": form.place.line,
                "column": form.place.column,
                "variables": [argument.name for argument in form.given],
                "complete": not form.open,
                "partial": form.partial,
                "ignore_unknown": form.ignore_unknown,
            }
            for form in call.formats
        ],
    }


def _plain_way(wanted: Wanted, served: Served | Failed) -> dict[str, Any]:
    from promptgit.callers.contracts import Served

    found = served if isinstance(served, Served) else None
    return {
        "reference": wanted.uri,
        "whole": wanted.whole,
        "version": wanted.version,
        "uri": str(found.ref) if found else None,
        "name": found.ref.name if found else None,
        "alias": found.ref.alias if found else None,
        "versions": list(found.versions) if found else [],
    }
