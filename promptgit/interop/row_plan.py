"""What rows would change in a registry: a name and a number for each version that is not there yet."""

from __future__ import annotations

from promptgit import document, layout
from promptgit.errors import InvalidReferenceError, PolicyError
from promptgit.gitrepo import history
from promptgit.gitrepo.objects import object_id
from promptgit.interop.landing import Step
from promptgit.interop.names import distinct, to_name
from promptgit.interop.pointing import Pointer, twin
from promptgit.problems import WARNING, Problem
from promptgit.registry import edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.catalog import Catalog
    from promptgit.engine.engine import Engine
    from promptgit.interop.rows import Row
    from promptgit.interop.rules import Rules
    from promptgit.source import CommitSource


class RowPlan:
    """Plans one row after the other, on the state that the import lands on.

    Args:
        prefix: the folder that all names get; empty for none.
        path: what to call the file with the rows in problems.
        lenient: versions may break the policies; they are reported.

    Attributes:
        steps: the commits, oldest first.
        names: title -> name.
        skipped: how many versions are there already, or were deleted here.
        problems: warnings about what was let in, or differs.
    """

    def __init__(
        self,
        catalog: Catalog,
        source: CommitSource,
        engine: Engine,
        rules: Rules,
        *,
        prefix: str = "",
        path: str = "",
        lenient: bool = False,
    ) -> None:
        self._catalog = catalog
        self._source = source
        self._engine = engine
        self._rules = rules
        self._prefix = prefix
        self._path = path
        self._lenient = lenient
        self._taken: dict[str, str] = {}  # case-folded name -> title
        self._there: dict[str, list[tuple[int, str]]] = {}  # number and blob of what no row has been matched with
        self._next: dict[str, int] = {}
        self._notes: dict[str, bytes] = {}
        self._aliases: dict[tuple[str, str], tuple[int, int]] = {}  # prompt and alias -> version and line
        self.names: dict[str, str] = {}
        self.steps: list[Step] = []
        self.skipped = 0
        self.problems: list[Problem] = []

    def add(self, row: Row) -> None:
        """Plan one row.

        Raises:
            PromptGitError: it is not valid here, or a policy forbids it; nothing of it is planned.
        """
        data = edits.version_file(row.content)
        name = self.names.get(row.title) or self._name(row.title)
        self._check_aliases(name, row)
        number = self._find(name, data)
        if number is None:
            number = self._new(name, data, row)
        else:
            self.skipped += 1
        self._aliases |= {(name, alias): (number, row.line) for alias in row.aliases}

    # --- versions ---------------------------------------------------------------------------------------------------

    def _new(self, name: str, data: bytes, row: Row) -> int:
        number = self._next[name]
        message = edits.commit_message(row.message, f"{name}: version {number}")
        path = layout.version_path(name, number)
        files = {path: data}
        if name in self._notes:
            files[layout.notes_path(name)] = self._notes[name]
        self._ask(files, path, row)
        self._notes.pop(name, None)
        self._there[name] = []  # what comes after it is newer: else an old version could end as the latest
        self._next[name] = number + 1
        self.steps.append(
            Step(name=name, version=number, message=message, files=files, time=row.time, author=row.author)
        )
        return number

    def _ask(self, files: dict[str, bytes], created: str, row: Row) -> None:
        """Ask the policies; raise, or report if they may be broken."""
        broken = self._rules.broken(files, [created])
        if broken and not self._lenient:
            raise PolicyError(broken)
        for problem in broken:
            self._warn("import-policy", problem.message, row.line)

    def _find(self, name: str, data: bytes) -> int | None:
        """The number of a version with these bytes, after those that earlier rows were matched with."""
        wanted = object_id("blob", data, self._engine.repository.algorithm)
        there = self._there[name]
        at = next((at for at, (_, blob) in enumerate(there) if blob == wanted), None)
        if at is None:
            return None
        self._there[name] = there[at + 1 :]
        return there[at][0]

    def _blobs(self, name: str) -> list[tuple[int, str]]:
        """Number and blob of the versions that are there, and of those that were: a row does not bring them back."""
        found = {}
        for number in self._catalog.versions(name):
            entry = self._source.entry(layout.version_path(name, number))
            if entry is not None:
                found[number] = entry[1]
        deleted = self._catalog.notes(name).deleted
        if deleted:
            folder = self._engine.prefix + layout.folder(name)
            for commit in history.log(self._engine.repository, self._source.commit, [folder]):
                for file in commit.files:
                    number = layout.version_of_file(file.path.removeprefix(f"{folder}/")) or 0
                    if number in deleted and file.old:
                        found.setdefault(number, file.old)
        return sorted(found.items())

    # --- names ------------------------------------------------------------------------------------------------------

    def _name(self, title: str) -> str:
        name = to_name(title, self._prefix)
        if self._is_taken(name, title):
            name = distinct(name, title)
        edits.require_no_twin(self._catalog, name)
        self._taken[name.casefold()] = title
        self.names[title] = name
        self._there[name] = self._blobs(name)
        self._next[name] = self._catalog.next_version(name)
        if title not in (name, name.rpartition(".")[2]) and self._source.entry(layout.notes_path(name)) is None:
            self._notes[name] = document.dump({"description": title})
        return name

    def _is_taken(self, name: str, title: str) -> bool:
        if name.casefold() in self._taken:
            return True
        described = self._catalog.notes(name).description
        return bool(self._catalog.versions(name)) and described not in ("", title) and name.rpartition(".")[2] != title

    # --- aliases ----------------------------------------------------------------------------------------------------

    def _check_aliases(self, name: str, row: Row) -> None:
        known = {*self._catalog.aliases(name), *(alias for prompt, alias in self._aliases if prompt == name)}
        for alias in row.aliases:
            layout.check_alias(alias)
            other = twin(alias, known)
            if other is not None:
                raise InvalidReferenceError(f"the alias {alias} differs from {other} only by case")
            known.add(alias)

    def aliases(self) -> dict[str, dict[str, Pointer]]:
        """Alias -> prompt -> where it is to lead: to the last version that named it. Those that lead elsewhere stay."""
        wanted: dict[str, dict[str, Pointer]] = {}
        for (name, alias), (version, line) in self._aliases.items():
            now = self._catalog.aliases(name).get(alias)
            if now is None:
                wanted.setdefault(alias, {})[name] = Pointer(version=version)
            elif now.version != version:
                said = f"the alias {alias} of {name} is {now} here and leads to version {version} in the file; it stays"
                hint = f"If the file's counts: promptgit alias set {name} {alias} {version} -m WHY"
                self._warn("import-alias", said, line, hint)
        return wanted

    def _warn(self, code: str, message: str, line: int, hint: str = "") -> None:
        problem = Problem(code=code, message=message, severity=WARNING, path=self._path, line=line, column=1, hint=hint)
        self.problems.append(problem)
