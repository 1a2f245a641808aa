"""The export to MLflow, through its own client: one prompt after the other."""

from __future__ import annotations

from promptgit.interop.mlflow import reading
from promptgit.interop.mlflow.prompt_export import PromptExport
from promptgit.interop.origins import Origins
from promptgit.problems import WARNING, Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.interop.landing import Progress
    from promptgit.interop.mlflow.connection import Connection
    from promptgit.interop.mlflow.reading import MlflowPrompt
    from promptgit.registry.registry import Registry


class MlflowExport(Record):
    """What an export did, or would do.

    Attributes:
        versions: how many were added.
        prompts: how many prompts were looked at.
        skipped: how many versions were there already.
        placeholders: how many numbers were used up there because they are free here.
        aliases: how many were set.
        problems: errors for what was left out as a whole or differs, warnings for parts.
    """

    versions: int
    prompts: int
    skipped: int
    placeholders: int
    aliases: int
    problems: tuple[Problem, ...] = ()


def export_prompts(
    registry: Registry,
    connection: Connection,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> MlflowExport:
    """Add prompts to a registry of MLflow. Run again, it adds only what is not there yet.

    Args:
        names: the prompts; all, if none is named.
        progress: called with prompts done and prompts in all.

    Raises:
        PromptNotFoundError: there is no prompt of a name.
        HostError: MLflow does not answer; what was done by then stays, and another run goes on from there.
    """
    chosen = sorted(set(names)) or registry.prompts()
    for name in chosen:
        registry.catalog.require(name)
    there = _found(connection, names)
    origins = Origins(registry, len(chosen))
    exports = []
    for done, name in enumerate(chosen, 1):
        export = PromptExport(registry.catalog, connection, name, origins.of(name), dry_run=dry_run)
        export.run(there.get(name))
        exports.append(export)
        if progress is not None:
            progress(done, len(chosen))
    versions = sum(export.versions for export in exports)
    problems = [_authors(connection)] if versions else []
    return MlflowExport(
        versions=versions,
        prompts=len(chosen),
        skipped=sum(export.skipped for export in exports),
        placeholders=sum(export.placeholders for export in exports),
        aliases=sum(export.aliases for export in exports),
        problems=(*problems, *(problem for export in exports for problem in export.problems)),
    )


def _authors(connection: Connection) -> Problem:
    said = "MLflow takes neither author nor time of a version: they will be those of the export"
    return Problem(code="mlflow-authors", message=said, severity=WARNING, path=connection.label)


def _found(connection: Connection, names: Sequence[str]) -> Mapping[str, MlflowPrompt]:
    """What MLflow has of some prompts (all, if none is named). All are read in pages: one by one takes as long as writing."""
    if not names:
        return {prompt.name: prompt for prompt in reading.read(connection)}
    return {prompt.name: prompt for name in names if (prompt := reading.find(connection, name)) is not None}
