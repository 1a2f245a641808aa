"""Moving aliases."""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.errors import AliasMovedError, InvalidReferenceError
from promptgit.registry.edits.rules import commit_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.registry.edits.rules import Edit


ANY = object()
"""`expect=ANY`: move the alias wherever it points."""


def set_alias(
    name: str,
    alias: str,
    target: Target,
    *,
    expect: object = ANY,
    message: str | None = None,
    respell: bool = False,
) -> Edit:
    """Point an alias to a version, or to several by weight.

    Args:
        expect: the version (or Target) that it must point to now, None if it must not exist; else nothing is moved.
        respell: one that differs only by case and leads to the same target gives way; else it is in the way.

    Raises:
        AliasMovedError: it points elsewhere.
        NotFoundError: the prompt or a version does not exist.
    """
    layout.check_name(name)
    layout.check_alias(alias)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        now = aliases.read(name)
        _require_expected(name, alias, now.get(alias), expect)
        for version in target.versions:
            catalog.body(name, version)
        twin = alias_twin(alias, now)
        if twin is not None and not (respell and now[twin] == target):
            raise twins(name, twin, alias)
        note = f"{name}: {alias} {f'instead of {twin}' if twin else now.get(alias) or 'new'} -> {target}"
        if now.get(alias) == target:
            return Changeset(message=note, writes={}, note=f"{name}: {alias} is {target} already")
        edit = aliases.edit(name, alias, target, commit_message(message, note), instead_of=twin)
        return Changeset(message=commit_message(message, note), writes=edit.writes, tags=edit.tags, note=note)

    return build


def delete_alias(name: str, alias: str, *, expect: object = ANY, message: str | None = None) -> Edit:
    """Remove an alias; raises as `set_alias` does."""
    layout.check_name(name)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        target = catalog.target(name, alias)
        _require_expected(name, alias, target, expect)
        note = f"{name}: {alias} {target} -> removed"
        edit = aliases.edit(name, alias, None, commit_message(message, note))
        return Changeset(message=commit_message(message, note), writes=edit.writes, tags=edit.tags, note=note)

    return build


def _require_expected(name: str, alias: str, now: Target | None, expect: object) -> None:
    if expect is ANY:
        return
    wanted = Target.single(expect) if isinstance(expect, int) else expect
    if now != wanted:
        raise AliasMovedError(
            f"{name}@{alias} is {now or 'not set'}, not {wanted or 'unset'}: somebody moved it",
            hint=f"See who and why: promptgit alias log {name} {alias}",
        )


def alias_twin(alias: str, known: Mapping[str, Target]) -> str | None:
    """The alias that differs from this one only by case; None if there is none."""
    return next((other for other in known if other != alias and other.casefold() == alias.casefold()), None)


def twins(name: str, twin: str, alias: str) -> InvalidReferenceError:
    """The error for an alias of a prompt that has a twin in the way."""
    return InvalidReferenceError(f"{name} has the alias {twin}, which differs from {alias} only by case")
