"""Aliases that come with an import.

They have neither author nor time where they come from. So they are moves of whoever runs the import, made when the versions
are safe: one commit for all prompts that have an alias of the same name. A run that was killed before leaves them to the next.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.errors import GitError, InvalidDocumentError, PolicyError, PromptGitError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.changeset import TagMove
    from promptgit.registry.edits import Edit
    from promptgit.registry.registry import Registry


class Pointer(Record):
    """Where an alias of a prompt is to lead.

    Attributes:
        version: the version.
        before: where it led when that was decided; None if it was not there. If it leads elsewhere by now, it stays.
    """

    version: int
    before: Target | None = None


class Refusal(Record):
    """An alias that could not be set.

    Attributes:
        why: without a final period.
    """

    name: str
    alias: str
    version: int
    why: str


def twin(alias: str, others: Iterable[str]) -> str | None:
    """The alias among others that differs from this one only by case."""
    return next((other for other in sorted(others) if other != alias and other.casefold() == alias.casefold()), None)


def point(
    registry: Registry, wanted: Mapping[str, Mapping[str, Pointer]], *, origin: str, push: bool = False
) -> list[Refusal]:
    """Set aliases, as the policies allow.

    Args:
        wanted: alias -> prompt -> where it is to lead; set in this order.
        origin: where they come from, for the commit message.
        push: succeed only once the remote has them too.

    Returns:
        Those that were refused.

    Raises:
        GitError: git or the disk refused, or the remote does not answer; what was set by then stays.
    """
    refused: list[Refusal] = []
    for alias, pointers in wanted.items():
        waiting = [dict(pointers)]
        while waiting:
            group = waiting.pop()
            try:
                registry.apply(_pointing(alias, group, origin), push=push)
            except GitError:
                raise
            except PromptGitError as error:
                blamed = _blamed(error, group)
                refused += [
                    Refusal(name=name, alias=alias, version=group.pop(name).version, why=why)
                    for name, why in blamed.items()
                ]
                if group:
                    waiting += [group] if blamed else [{name: pointer} for name, pointer in group.items()]
    return refused


def reason(error: PromptGitError) -> str:
    """What an error says, on one line."""
    if isinstance(error, InvalidDocumentError | PolicyError):
        return "; ".join(problem.message for problem in error.problems[:3])
    return error.message.replace("\n", "; ")


def _blamed(error: PromptGitError, group: Mapping[str, Pointer]) -> dict[str, str]:
    """The prompts that made a commit fail, with the reason; none if that cannot be told."""
    if len(group) == 1:
        return dict.fromkeys(group, reason(error))
    if not isinstance(error, PolicyError):
        return {}
    said: dict[str, list[str]] = {}
    for problem in error.problems:
        said.setdefault(problem.path, []).append(problem.message)
    paths = {name: layout.aliases_path(name) for name in group}
    return {name: "; ".join(said[path]) for name, path in paths.items() if path in said}


def _pointing(alias: str, pointers: Mapping[str, Pointer], origin: str) -> Edit:
    """One commit that moves an alias of several prompts. One that somebody has moved meanwhile stays."""

    def build(catalog: Catalog, backend: AliasBackend) -> Changeset:
        writes: dict[str, bytes | None] = {}
        tags: list[TagMove] = []
        notes = []
        for name, pointer in pointers.items():
            if backend.read(name).get(alias) != pointer.before:
                continue
            catalog.body(name, pointer.version)
            note = f"{name}: {alias} {pointer.before or 'new'} -> {pointer.version}"
            edit = backend.edit(name, alias, Target.single(pointer.version), note)
            writes |= edit.writes
            tags += edit.tags
            notes.append(note)
        title = notes[0] if len(notes) == 1 else f"{alias} of {len(notes)} prompts, {origin}"
        message = "\n".join([title, "", *notes]) if len(notes) > 1 else title
        return Changeset(message=message, writes=writes, tags=tuple(tags), note=title)

    return build
