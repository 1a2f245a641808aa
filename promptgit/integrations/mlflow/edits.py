"""Mutations that MLflow has and promptgit's own API has not; builders as those of `registry.edits`."""

from __future__ import annotations

from promptgit import document, layout
from promptgit.changeset import Changeset
from promptgit.integrations.mlflow.errors import taken
from promptgit.registry import edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.registry.edits import Edit


def create(name: str, description: str, tags: Mapping[str, str]) -> Edit:
    """Make a prompt that has no versions yet; also under a name that was deleted, where numbers go on.

    Such a prompt is there from its first version on: its notes still say that it was deleted.

    Raises:
        MlflowException: there is one of that name.
        InvalidDocumentError: a tag is no text.
    """
    new = edits.create(name, description, tags)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        path = layout.notes_path(name)
        if not was_deleted(catalog, name):
            if catalog.versions(name) or catalog.files.read(path) is not None:
                raise taken(f"Prompt (name={name}) already exists.")
            return new(catalog, aliases)
        data = catalog.files.read(path) or b""
        for key, value in (("tags", dict(tags)), ("description", description)):
            data = document.edit(data, [key], value) if value else document.remove(data, [key])
        edits.require_valid_notes(data, path)
        note = f"{name}: created again"
        return Changeset(message=note, writes={path: data}, note=note)

    return build


def was_deleted(catalog: Catalog, name: str) -> bool:
    """Whether all that a prompt ever had is deleted."""
    return bool(not catalog.versions(name) and catalog.notes(name).deleted)


def delete_tag(name: str, version: int | None, key: str) -> Edit:
    """Take a tag away from a prompt or a version; none of that name is no error to MLflow.

    Raises:
        NotFoundError: there is no such prompt or version.
    """
    remove = edits.set_tags(name, version, {key: None})

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        catalog.require(name)
        tags = catalog.notes(name).tags if version is None else catalog.tags(name, version)
        return remove(catalog, aliases) if key in tags else nothing(f"{name}: there is no tag {key}")

    return build


def delete_alias(name: str, alias: str) -> Edit:
    """Remove an alias; none of that name is no error to MLflow.

    Raises:
        PromptNotFoundError: there is no such prompt.
    """
    remove = edits.delete_alias(name, alias)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        catalog.require(name)
        return remove(catalog, aliases) if alias in aliases.read(name) else nothing(f"{name}: there is no {alias}")

    return build


def describe_version(name: str, version: int, text: str) -> Edit:
    """Put a note on a version in place of its commit message, which stays as it is; an empty text takes the note away.

    Raises:
        NotFoundError: there is no such version.
    """
    keys = ["versions", str(version), "description"]
    edit = edits.edit_notes(name, keys, text or None, f"version {version} described")

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        catalog.body(name, version)
        return edit(catalog, aliases)

    return build


def nothing(note: str) -> Changeset:
    """A change that changes nothing."""
    return Changeset(message=note, writes={}, note=note)


def by(author: Mapping[str, str], edit: Edit) -> Edit:
    """The same edit, with another author than who commits it.

    Args:
        author: as in `Changeset.author`.
    """

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        changeset: Changeset = edit(catalog, aliases).replace(author=author)
        return changeset

    return build if author else edit
