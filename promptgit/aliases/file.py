"""The backend `file`: `aliases.yaml` beside the versions, one alias a line, a blank line between.

A promotion is one changed line that is reviewed in a pull request. Two branches that move different aliases merge: in 20
merges lines parted by a blank one never conflicted, adjacent lines did 10 times.
"""

from __future__ import annotations

from promptgit.aliases.protocol import AliasEdit, AliasMove
from promptgit.aliases.target import Target
from promptgit.errors import InvalidDocumentError, InvalidReferenceError
from promptgit.layout import aliases_path, check_alias
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.aliases.protocol import AliasView
    from promptgit.gitrepo.history import Commit
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.stamp import Stamp


class FileAliases:
    """Aliases in `aliases.yaml`."""

    def __init__(self, view: AliasView) -> None:
        self._view = view

    def read(self, name: str) -> Mapping[str, Target]:
        """See `AliasBackend.read`."""
        return self._view.files.load(aliases_path(name), parse_aliases) or {}

    def edit(
        self, name: str, alias: str, target: Target | None, message: str, *, instead_of: str | None = None
    ) -> AliasEdit:
        """See `AliasBackend.edit`."""
        from promptgit import document

        path = aliases_path(name)
        data = self._view.files.read(path) or b""
        if instead_of is not None:
            data = document.remove(data, [instead_of])
        if target is None:
            data = document.remove(data, [alias])
            return AliasEdit(writes={path: data if data.strip() else None})
        value = target.to_value()
        edited = document.edit(data, [alias], value, sort=True, blank_lines=True, flow_depth=1)  # weights on one line
        return AliasEdit(writes={path: edited})

    def rename(self, old: str, new: str) -> AliasEdit:
        """See `AliasBackend.rename`."""
        data = self._view.files.read(aliases_path(old))
        return AliasEdit(writes={aliases_path(old): None, aliases_path(new): data} if data is not None else {})

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """See `AliasBackend.history`. A state that nobody could read (a bad edit) counts as no aliases."""
        from promptgit.gitrepo import history

        repository = self._view.repository()
        paths = [prefix + aliases_path(name) for name in names]
        return alias_moves(repository, history.log(repository, tip, paths))

    def watched(self, name: str) -> tuple[list[str], tuple[tuple[str, Stamp], ...]]:
        """See `AliasBackend.watched`."""
        return [aliases_path(name)], ()


def alias_moves(repository: GitRepository, commits: Iterable[Commit]) -> list[AliasMove]:
    """The moves of aliases that some commits made. Their files are `aliases.yaml` of one prompt, under all its names."""
    moves: list[AliasMove] = []
    for commit in commits:
        before: dict[str, Target] = {}
        after: dict[str, Target] = {}
        for file in commit.files:  # a rename removes one file and adds another with the same aliases
            for oid, state in ((file.old, before), (file.new, after)):
                if oid is not None:
                    state.update(_readable(repository.reader.read(oid, "blob", path=file.path), file.path))
        for alias in sorted(before.keys() | after.keys()):
            if before.get(alias) != after.get(alias):
                moves.append(
                    AliasMove(
                        alias=alias,
                        old=before.get(alias),
                        new=after.get(alias),
                        commit=commit.commit,
                        author=commit.author,
                        email=commit.email,
                        time=commit.time,
                        message=commit.message,
                    )
                )
    return moves


def parse_aliases(data: bytes, path: str) -> dict[str, Target]:
    """The aliases in a file.

    Raises:
        InvalidDocumentError: the file breaks the format.
    """
    from promptgit import document

    aliases: dict[str, Target] = {}
    for alias, value in document.parse(data, path, empty_ok=True).items():
        try:
            check_alias(alias)
        except InvalidReferenceError as error:
            raise _problem(data, path, alias, error.message, error.hint or "") from None
        target = Target.parse(value)
        if target is None:
            hint = "Write a version number, or weights such as {3: 90, 4: 10}."
            raise _problem(data, path, alias, f"{alias} does not point to a version", hint)
        aliases[alias] = target
    return aliases


def _readable(data: bytes, path: str) -> dict[str, Target]:
    try:
        return parse_aliases(data, path)
    except InvalidDocumentError:
        return {}


def _problem(data: bytes, path: str, alias: str, message: str, hint: str) -> InvalidDocumentError:
    from promptgit import document

    line, column = document.locate(data, [alias])
    return InvalidDocumentError(
        [Problem(code="alias", message=message, path=path, line=line, column=column, hint=hint)]
    )
