"""Bringing histories in: one commit a version, with the original message, author and time, and all of them or none."""

from __future__ import annotations

import time

from promptgit import document, layout
from promptgit.engine.engine import Engine
from promptgit.errors import InvalidDocumentError, InvalidReferenceError, PromptGitError
from promptgit.gitrepo import fast_import
from promptgit.gitrepo.objects import object_id
from promptgit.interop import landing
from promptgit.interop.names import distinct, to_name
from promptgit.interop.rows import ImportReport, Row
from promptgit.problems import Problem
from promptgit.registry import edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from promptgit.catalog import Catalog
    from promptgit.gitrepo.fast_import import NewCommit
    from promptgit.registry.registry import Registry
    from promptgit.source import CommitSource

    Progress = Callable[[int, int], None]


class _Planned:
    """A version that is to be made, with its final name and number."""

    __slots__ = ("data", "name", "row", "version")

    def __init__(self, row: Row, name: str, version: int, data: bytes) -> None:
        self.row = row
        self.name = name
        self.version = version
        self.data = data


def import_rows(
    registry: Registry,
    rows: Iterable[Row | Problem],
    *,
    prefix: str = "",
    path: str = "",
    skip_bad: bool = False,
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
        push: succeed only once the remote has it too.
        progress: called with versions done and versions in all.

    Raises:
        InvalidDocumentError: a row is not valid; nothing was imported.
        ConflictError: the user has edits in the way; nothing was imported.
        GitError: git or the disk refused; nothing was imported.
    """
    engine = registry.engine()
    good, problems = _sorted_out(rows)
    with engine.landing() as (branch, tip, source):
        catalog = registry.catalog_of(source)
        plan = _Plan(catalog, source, engine, prefix, path)
        for row in good:
            try:
                plan.add(row)
            except PromptGitError as error:
                problems += _problems(error, path, row.line)
        if problems and not skip_bad:
            raise InvalidDocumentError(problems, hint="Nothing was imported. Mend them, or leave them out: --skip-bad")
        landed = landing.Landed(commit=tip)
        if plan.versions and not dry_run:
            committer = fast_import.identity(engine.repository)
            commits, note = plan.commits(committer, progress), f"import {len(plan.versions)} versions"
            landed = landing.land(engine, branch, tip, committer, commits, plan.blobs(), note=note, push=push)
    commit = landed.commit
    if not dry_run:
        commit = _set_aliases(registry, plan.versions, push) or commit
    return ImportReport(
        versions=len(plan.versions),
        prompts=len({planned.name for planned in plan.versions}),
        skipped=plan.skipped,
        names={title: name for title, name in plan.names.items() if title != name},
        problems=tuple(problems),
        commit=commit,
        warnings=landed.warnings,
    )


class _Plan:
    """Decides name and number of each row, on the state that the import lands on."""

    def __init__(self, catalog: Catalog, source: CommitSource, engine: Engine, prefix: str, path: str) -> None:
        self._catalog = catalog
        self._source = source
        self._engine = engine
        self._prefix = prefix
        self._path = path
        self._taken: dict[str, str] = {}  # case-folded name -> title
        self._there: dict[str, list[int]] = {}
        self._seen: dict[str, int] = {}
        self._next: dict[str, int] = {}
        self._notes: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.versions: list[_Planned] = []
        self.skipped = 0

    def add(self, row: Row) -> None:
        """Plan one row; raises if it is not valid."""
        data = edits.version_file(row.content)
        for alias in row.aliases:
            layout.check_alias(alias)
        name = self.names.get(row.title) or self._name(row.title)
        ordinal = self._seen.get(name, 0)
        self._seen[name] = ordinal + 1
        there = self._there[name]
        if ordinal < len(there) and self._is_there(name, there[ordinal], data):
            self.skipped += 1
            return
        version = self._next[name]
        self._next[name] = version + 1
        self.versions.append(_Planned(row, name, version, data))

    def _is_there(self, name: str, version: int, data: bytes) -> bool:
        entry = self._source.entry(layout.version_path(name, version))
        return entry is not None and entry[1] == object_id("blob", data, self._engine.repository.algorithm)

    def _name(self, title: str) -> str:
        name = to_name(title, self._prefix)
        if self._is_taken(name, title):
            name = distinct(name, title)
        edits.require_no_twin(self._catalog, name)
        self._taken[name.casefold()] = title
        self.names[title] = name
        self._there[name] = self._catalog.versions(name)
        self._next[name] = self._catalog.next_version(name)
        if title not in (name, name.rpartition(".")[2]) and self._source.entry(layout.notes_path(name)) is None:
            self._notes[name] = document.dump({"description": title})
        return name

    def _is_taken(self, name: str, title: str) -> bool:
        if name.casefold() in self._taken:
            return True
        described = self._catalog.notes(name).description
        return bool(self._catalog.versions(name)) and described not in ("", title) and name.rpartition(".")[2] != title

    def commits(self, committer: str, progress: Progress | None) -> Iterator[NewCommit]:
        """The commits, one a version. Committer times never go back, so that a date finds the last one before it."""
        latest, total = 0, len(self.versions)
        notes = dict(self._notes)
        for done, planned in enumerate(self.versions, 1):
            when = planned.row.time if planned.row.time is not None else int(time.time())
            latest = max(latest, when)
            files = {self._full(layout.version_path(planned.name, planned.version)): planned.data}
            if planned.name in notes:
                files[self._full(layout.notes_path(planned.name))] = notes.pop(planned.name)
            yield fast_import.NewCommit(
                author=planned.row.author or committer,
                time=when,
                committed=latest,
                message=edits.commit_message(planned.row.message, f"{planned.name}: version {planned.version}"),
                files=files,
            )
            if progress is not None:
                progress(done, total)

    def blobs(self) -> dict[str, tuple[str | None, str | None]]:
        """Path in the repository -> blobs before and after, for all files that the import adds."""
        algorithm = self._engine.repository.algorithm
        new = {self._full(layout.version_path(found.name, found.version)): found.data for found in self.versions}
        names = {planned.name for planned in self.versions}
        new |= {self._full(layout.notes_path(name)): data for name, data in self._notes.items() if name in names}
        return {path: (None, object_id("blob", data, algorithm)) for path, data in new.items()}

    def _full(self, path: str) -> str:
        return self._engine.prefix + path


def _sorted_out(rows: Iterable[Row | Problem]) -> tuple[list[Row], list[Problem]]:
    good: list[Row] = []
    problems: list[Problem] = []
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        else:
            good.append(row)
    return good, problems


def _problems(error: PromptGitError, path: str, line: int) -> list[Problem]:
    """The problems of a row, at its line of the imported file."""
    if isinstance(error, InvalidDocumentError):
        return [problem.replace(path=path, line=line, column=1) for problem in error.problems]
    message = error.message if not isinstance(error, InvalidReferenceError) else f"{error.message}: {error.text[:60]!r}"
    return [Problem(code="import-row", message=message, path=path, line=line, column=1, hint=error.hint or "")]


def _set_aliases(registry: Registry, versions: Sequence[_Planned], push: bool) -> str | None:
    """Point aliases to the versions that named them; of several the last one wins. Returns the tip afterwards."""
    wanted = {(planned.name, alias): planned.version for planned in versions for alias in planned.row.aliases}
    commit = None
    for (name, alias), version in wanted.items():
        commit = registry.set_alias(name, alias, version, push=push).commit
    return commit
