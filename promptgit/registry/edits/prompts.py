"""Prompts as a whole: made, renamed, deleted."""

from __future__ import annotations

from promptgit import document, layout
from promptgit.changeset import Changeset
from promptgit.errors import ConflictError
from promptgit.registry.edits.rules import commit_message, require_no_twin, require_valid_notes
from promptgit.registry.edits.versions import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.registry.edits.rules import Edit


def create(name: str, description: str, tags: Mapping[str, str], message: str | None = None) -> Edit:
    """Make a prompt that has no versions yet.

    Raises:
        ConflictError: there is one of that name, or was.
    """
    layout.check_name(name)

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        path = layout.notes_path(name)
        if catalog.versions(name) or catalog.files.read(path) is not None:
            raise ConflictError(
                f"the name {name} is taken", hint="Pick another name; numbers of a prompt are never reused."
            )
        require_no_twin(catalog, name)
        data = document.dump({"description": description, **({"tags": dict(tags)} if tags else {})})
        require_valid_notes(data, path)
        note = f"{name}: created"
        return Changeset(
            message=commit_message(message, note), writes={path: data}, creates=frozenset([path]), note=note
        )

    return build


def delete_prompt(name: str, reason: str | None = None) -> Edit:
    """Remove all versions of a prompt; one that never had any goes without a trace. Raises as `delete_version` does."""
    layout.check_name(name)

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        catalog.require(name)
        versions, aliases = catalog.versions(name), catalog.aliases(name)
        if aliases:
            raise ConflictError(
                f"{name} has aliases: {', '.join(sorted(aliases))}",
                hint="Applications may load it by them. Remove them first: "
                + " && ".join(f"promptgit alias rm {name} {alias}" for alias in sorted(aliases)),
            )
        note = f"{name}: deleted"
        writes: dict[str, bytes | None] = {layout.version_path(name, version): None for version in versions}
        writes |= tombstones(catalog, name, set(versions), reason) if versions else {layout.notes_path(name): None}
        return Changeset(message=commit_message(reason, note), writes=writes, note=note)

    return build


def rename(old: str, new: str, message: str | None = None) -> Edit:
    """Give a prompt another name: its files move as they are, its aliases with them, its history stays reachable.

    Raises:
        ConflictError: the new name is taken.
        PromptNotFoundError: there is no such prompt.
    """
    layout.check_name(old)
    layout.check_name(new)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        catalog.require(old)
        if catalog.versions(new) or catalog.notes(new).deleted:
            raise ConflictError(
                f"the name {new} is taken", hint="Pick another name; numbers of a prompt are never reused."
            )
        require_no_twin(catalog, new, besides=old)
        writes: dict[str, bytes | None] = {}
        for version in catalog.versions(old):
            path = layout.version_path(old, version)
            writes |= {path: None, layout.version_path(new, version): catalog.files.read(path)}
        notes = catalog.files.read(layout.notes_path(old)) or b""
        former = [*catalog.notes(old).former_names, old]
        writes |= {layout.notes_path(old): None} if notes else {}
        writes[layout.notes_path(new)] = document.edit(notes, ["former_names"], former)
        moved = aliases.rename(old, new)
        note = f"{old}: renamed to {new}"
        created = frozenset(layout.version_path(new, version) for version in catalog.versions(old))
        return Changeset(
            message=commit_message(message, note),
            writes={**writes, **moved.writes},
            tags=moved.tags,
            creates=created,
            note=note,
        )

    return build
