"""What is wrong with the calls in a program: each against what its reference serves, now and at an earlier state."""

from __future__ import annotations

from promptgit.callers.contracts import DYNAMIC, REFERENCE, UNRESOLVED, Failed, Served
from promptgit.callers.files import SKIPPED, SYNTAX
from promptgit.errors import TemplateError
from promptgit.problems import ERROR, WARNING, Problem
from promptgit.record import Record
from promptgit.templates.messages import spliced
from promptgit.templates.variables import check_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.callers.calls import Wanted
    from promptgit.callers.contracts import Contract, State
    from promptgit.callers.model import Argument, Call, Format, Place, Scanned
    from promptgit.templates.variables import VariableSpec

MISSING, EXTRA, TYPE = "usage-missing-variable", "usage-unknown-variable", "usage-type"
RULES = {
    UNRESOLVED: "A program loads a prompt, version or alias that does not exist.",
    REFERENCE: "A program loads something that is no prompt URI.",
    MISSING: "A program formats a prompt without a variable that it requires.",
    EXTRA: "A program gives a prompt a variable that it does not have.",
    TYPE: "A program gives a variable a value of another type than the version declares.",
    DYNAMIC: "What a program loads cannot be known before it runs.",
    SYNTAX: "A file is no Python, so what it loads is not known.",
    SKIPPED: "A file was not read, so what it loads is not known.",
}
"""Code -> what it stands for."""


class Usage(Record):
    """A call, and what it gets.

    Attributes:
        served: for each way that the call may go, what it asks for and what it gets.
    """

    call: Call
    served: tuple[tuple[Wanted, Served | Failed], ...]


class Report(Record):
    """What was found.

    Attributes:
        usages: all calls, in the order of the files.
        problems: by path and line.
    """

    usages: tuple[Usage, ...]
    problems: tuple[Problem, ...]


class _Finding(Record):
    """A problem before it is known whether it was there before.

    Attributes:
        key: what stays the same from state to state.
        what: the sentence, without who is served what.
        plain: the same in full.
        served: what the reference leads to; None if nowhere.
    """

    key: tuple[object, ...]
    code: str
    path: str
    place: Place
    wanted: Wanted
    what: str
    plain: str
    hint: str
    severity: str = ERROR
    served: Served | None = None


def check(scanned: Scanned, state: State, base: State | None = None, label: str = "") -> Report:
    """The calls of a program against a registry.

    Args:
        base: an earlier state: what was wrong there already is a warning.
        label: what the user calls that state.
    """
    usages = tuple(
        Usage(call=call, served=tuple((wanted, state.serve(wanted)) for wanted in call.wanted))
        for call in scanned.calls
    )
    found = _findings(scanned.calls, state)
    before = _findings(scanned.calls, base).keys() if base else frozenset()
    problems = [*scanned.problems]
    for key, finding in found.items():
        if base and key in before:
            message = f"{finding.plain}; already so at {label}"
            problems.append(_problem(finding, message, WARNING))
        else:
            problems.append(_problem(finding, _told(finding, base), finding.severity))
    kept = [problem for problem in problems if not _is_silenced(problem, scanned)]
    kept.sort(key=lambda problem: (problem.path, problem.line, problem.column, problem.code, problem.message))
    return Report(usages=usages, problems=tuple(kept))


def _findings(calls: Sequence[Call], state: State) -> dict[tuple[object, ...], _Finding]:
    found: dict[tuple[object, ...], _Finding] = {}
    for call in calls:
        for wanted in call.wanted:
            for finding in _of_way(call, wanted, state):
                found.setdefault(finding.key, finding)
    return found


def _of_way(call: Call, wanted: Wanted, state: State) -> Iterator[_Finding]:
    served = state.serve(wanted)
    if isinstance(served, Failed):
        severe = served.code != DYNAMIC and not (call.optional and served.code == UNRESOLVED)
        yield _Finding(
            key=(call.path, call.place, served.code, served.subject),
            code=served.code,
            path=call.path,
            place=call.place,
            wanted=wanted,
            what=served.message,
            plain=served.message,
            hint=served.hint,
            severity=ERROR if severe else WARNING,
        )
        return
    for form in call.formats:
        for fault in _faults(form, served, state):
            yield _finding(call, wanted, served, fault)


def _problem(finding: _Finding, message: str, severity: str) -> Problem:
    return Problem(
        code=finding.code,
        message=message,
        severity=severity,
        path=finding.path,
        line=finding.place.line,
        column=finding.place.column,
        hint=finding.hint,
    )


def _told(finding: _Finding, base: State | None) -> str:
    """The message; with what happens to the alias, if that is why."""
    before = base.serve(finding.wanted) if base else None
    now = finding.served
    if now is None or not isinstance(before, Served) or before.versions == now.versions:
        return finding.plain
    return f"{now.subject} goes {_numbers(before.versions)} → {_numbers(now.versions)}: {finding.what}"


def _is_silenced(problem: Problem, scanned: Scanned) -> bool:
    codes = scanned.silenced.get(problem.path, {}).get(problem.line)
    return codes is not None and (not codes or problem.code in codes)


# --- one format against what is served ----------------------------------------------------------------------------------


class _Fault(Record):
    """Something wrong with one variable of a format.

    Attributes:
        what: the sentence, where it is clear which prompt is meant.
        around: the sentence for any prompt, before and after its name.
        versions: of those served, for which it is wrong.
    """

    code: str
    variable: str
    place: Place
    what: str
    around: tuple[str, str]
    hint: str
    versions: tuple[int, ...]


def _finding(call: Call, wanted: Wanted, served: Served, fault: _Fault) -> _Finding:
    which = "" if served.ref.version else f" (version {_numbers(fault.versions)})"
    return _Finding(
        key=(call.path, fault.place, fault.code, wanted, fault.variable),
        code=fault.code,
        path=call.path,
        place=fault.place,
        wanted=wanted,
        what=fault.what,
        plain=f"{fault.around[0]} {served.subject}{which}{fault.around[1]}",
        hint=fault.hint,
        served=served,
    )


def _faults(form: Format, served: Served, state: State) -> Iterator[_Fault]:
    if not form.partial and not form.open:
        for name in dict.fromkeys(name for contract in served.contracts for name in contract.needed):
            if name not in form.names:
                yield _missing(form, served, name)
    for argument in form.given:
        lacking = [contract for contract in served.contracts if argument.name not in contract.variables]
        if lacking and not form.ignore_unknown:
            yield _unknown(argument, served, lacking, state)
        yield from _mistyped(argument, served)


def _missing(form: Format, served: Served, name: str) -> _Fault:
    keyword = f"{name}=..." if name.isidentifier() else f'**{{"{name}": ...}}'
    return _Fault(
        code=MISSING,
        variable=name,
        place=form.place,
        what=f"this call does not give `{name}`, which is required now",
        around=(f"this call does not give `{name}`, which", " requires"),
        hint=f"Add {keyword} to this call, or register a version in which it has a default.",
        versions=_versions(contract for contract in served.contracts if name in contract.needed),
    )


def _unknown(argument: Argument, served: Served, lacking: Sequence[Contract], state: State) -> _Fault:
    return _Fault(
        code=EXTRA,
        variable=argument.name,
        place=argument.place,
        what=f"this call gives `{argument.name}`, which is no longer there",
        around=(f"this call gives `{argument.name}`, which", " does not have"),
        hint=_hint_for_unknown(argument.name, served, lacking, state),
        versions=_versions(lacking),
    )


def _hint_for_unknown(name: str, served: Served, lacking: Sequence[Contract], state: State) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(lacking[0].variables), 1)
    earlier = state.earlier_with(served, name)
    parts = [f"Version {earlier} had it."] if earlier else []
    if near:
        parts.append(f"Did you mean `{near[0]}`?")
    elif lacking[0].variables:
        parts.append(f"It takes {', '.join(lacking[0].variables)}.")
    else:
        parts.append("It takes no variables.")
    return " ".join(parts)


def _mistyped(argument: Argument, served: Served) -> Iterator[_Fault]:
    refused: list[tuple[Contract, TemplateError]] = []
    for contract in served.contracts:
        spec = contract.variables.get(argument.name)
        error = next(filter(None, (_refusal(spec, value) for value in argument.samples)), None) if spec else None
        if error:
            refused.append((contract, error))
    if refused:
        error = refused[0][1]
        yield _Fault(
            code=TYPE,
            variable=argument.name,
            place=argument.place,
            what=error.message,
            around=(f"{error.message}, in", ""),
            hint=error.hint or "",
            versions=_versions(contract for contract, _ in refused),
        )


def _refusal(spec: VariableSpec, value: object) -> TemplateError | None:
    """The error that formatting with such a value ends in."""
    try:
        if spec.placeholder:
            spliced(value, spec.name)
        elif spec.typed:
            check_type(spec, value)
    except TemplateError as error:
        return error
    return None


def _versions(contracts: Iterable[Contract]) -> tuple[int, ...]:
    return tuple(contract.version for contract in contracts)


def _numbers(versions: Sequence[int]) -> str:
    return ", ".join(map(str, versions))
