"""Bringing histories in: one commit a version, with the original message, author and time, and all of them or none."""

from __future__ import annotations

from promptgit.errors import InvalidDocumentError, InvalidReferenceError, PolicyError, PromptGitError
from promptgit.interop import landing, pointing
from promptgit.interop.row_plan import RowPlan
from promptgit.interop.rows import ImportReport
from promptgit.interop.rules import Rules
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptgit.interop.landing import Progress
    from promptgit.interop.pointing import Refusal
    from promptgit.interop.rows import Row
    from promptgit.registry.registry import Registry

_LET_IN = "If this history is to be let in as it is: --ignore-policies"


def import_rows(
    registry: Registry,
    rows: Iterable[Row | Problem],
    *,
    prefix: str = "",
    path: str = "",
    skip_bad: bool = False,
    ignore_policies: bool = False,
    dry_run: bool = False,
    push: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Add versions to a registry. Run again, it adds only what is not there yet.

    Args:
        rows: oldest first; rows with the same title are successive versions of one prompt.
        prefix: the folder that all names get.
        path: where the rows come from, for messages.
        skip_bad: leave out rows that are not valid, and report them; else one of them stops everything.
        ignore_policies: let in versions that the policies forbid, and report them. Aliases obey them all the same.
        push: succeed only once the remote has it too.
        progress: called with versions done and versions in all.

    Raises:
        InvalidDocumentError: a row is not valid, or breaks a policy; nothing was imported.
        ConflictError: the user has edits in the way; nothing was imported.
        GitError: git or the disk refused. Versions are all there or none; a second run sets aliases that are missing.
    """
    engine = registry.engine()
    with engine.landing() as (branch, _, source):
        catalog = registry.catalog_of(source)
        rules = Rules(registry, catalog)
        plan = RowPlan(catalog, source, engine, rules, prefix=prefix, path=path, lenient=ignore_policies)
        bad = _fill(plan, rows, path)
        if bad and not skip_bad:
            raise InvalidDocumentError(bad, hint="Nothing was imported. Mend them, or leave them out: --skip-bad")
        wanted = rules.in_order(plan.aliases())
        landed = landing.Landed(commit=source.commit)
        if not dry_run:
            note = f"import {len(plan.steps)} versions"
            landed = landing.land(engine, branch, source, plan.steps, note=note, push=push, progress=progress)
    if dry_run:
        refused = rules.refused(wanted, plan.steps)
    else:
        refused = pointing.point(registry, wanted, origin="as imported", push=push)
    return ImportReport(
        versions=len(plan.steps),
        prompts=len({step.name for step in plan.steps}),
        skipped=plan.skipped,
        aliases=sum(map(len, wanted.values())) - len(refused),
        names={title: name for title, name in plan.names.items() if title != name},
        problems=(*bad, *plan.problems),
        refused=tuple(_alias_problems(refused, path)),
        commit=landed.commit if dry_run else engine.repository.ref_commit(branch),
        warnings=landed.warnings,
    )


def _fill(plan: RowPlan, rows: Iterable[Row | Problem], path: str) -> list[Problem]:
    """Plan all rows; returns what is wrong with those that are left out."""
    bad: list[Problem] = []
    for row in rows:
        if isinstance(row, Problem):
            bad.append(row)
            continue
        try:
            plan.add(row)
        except PromptGitError as error:
            bad += _problems(error, path, row.line)
    return bad


def _problems(error: PromptGitError, path: str, line: int) -> list[Problem]:
    """The problems of a row, at its line of the imported file."""
    if isinstance(error, InvalidDocumentError):
        return [problem.replace(path=path, line=line, column=1) for problem in error.problems]
    if isinstance(error, PolicyError):
        found = [problem.replace(path=path, line=line, column=1) for problem in error.problems]
        return [problem.replace(hint=f"{problem.hint} {_LET_IN}".strip()) for problem in found]
    text = error.text[:60] if isinstance(error, InvalidReferenceError) else ""
    message = f"{error.message}: {text!r}" if text else error.message
    return [Problem(code="import-row", message=message, path=path, line=line, column=1, hint=error.hint or "")]


def _alias_problems(refused: Sequence[Refusal], path: str) -> list[Problem]:
    return [
        Problem(
            code="import-alias",
            message=f"the alias {one.alias} of {one.name} is left out: {one.why}",
            path=path,
            hint=f"It leads to version {one.version} in the file.",
        )
        for one in refused
    ]
