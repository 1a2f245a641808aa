"""Adding versions, and deleting them."""

from __future__ import annotations

from promptgit import document, layout, schema
from promptgit.aliases.protocol import AliasEdit
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.errors import ConflictError, InvalidDocumentError
from promptgit.registry.edits.aliases import alias_twin, twins
from promptgit.registry.edits.rules import commit_message, require_no_twin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.registry.edits.rules import Edit


_ORDER = ("syntax", "template", "variables", "model_config", "response_format", "tools", "tags")


def register(name: str, content: Mapping[str, Any], message: str | None = None, *, alias: str | None = None) -> Edit:
    """Add the next version of a prompt.

    Args:
        content: the version file as a mapping; validated in full, its template compiled, before anything is written.
        message: the commit message.
        alias: an alias to point to the new version in the same commit.

    Raises:
        InvalidDocumentError, TemplateError: the content is not valid.
        InvalidReferenceError: the name is not, or differs from another only by case.
    """
    layout.check_name(name)
    if alias is not None:
        layout.check_alias(alias)
    data = version_file(content)

    def build(catalog: Catalog, aliases: AliasBackend) -> Changeset:
        require_no_twin(catalog, name)
        version = catalog.next_version(name)
        path = layout.version_path(name, version)
        note = f"{name}: version {version}"
        moved = AliasEdit()
        if alias is not None:
            twin = alias_twin(alias, aliases.read(name))
            if twin is not None:
                raise twins(name, twin, alias)
            note += f", {alias} {aliases.read(name).get(alias) or 'new'} -> {version}"
            moved = aliases.edit(name, alias, Target.single(version), commit_message(message, note))
        return Changeset(
            message=commit_message(message, note),
            writes={path: data, **moved.writes},
            tags=moved.tags,
            creates=frozenset([path]),
            note=note,
        )

    return build


def version_file(content: Mapping[str, Any]) -> bytes:
    """The bytes of a version file; raises as `register` does."""
    from promptgit.templates import Formatter

    kept = {key: content[key] for key in _ORDER if content.get(key) is not None}
    kept |= {key: value for key, value in content.items() if key not in _ORDER}
    data = document.dump(kept)
    if kept.keys() == {"template"} and isinstance(kept["template"], str):
        return data  # any text is a valid template in the default syntax
    found = document.parse(data)
    problems = schema.validate("version", found, data)
    if any(problem.severity == "error" for problem in problems):
        raise InvalidDocumentError([problem.replace(path="", line=0, column=0) for problem in problems])
    Formatter(found["template"], found.get("syntax", "double-brace"), found.get("variables") or {})
    return data


def delete_version(name: str, version: int, reason: str | None = None) -> Edit:
    """Remove a version and leave a tombstone, so that its number is never used again.

    Raises:
        ConflictError: an alias leads to it.
        NotFoundError: it does not exist.
    """
    layout.check_name(name)

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        catalog.body(name, version)
        held = [alias for alias, target in catalog.aliases(name).items() if version in target.versions]
        if held:
            raise ConflictError(
                f"version {version} of {name} is what {', '.join(sorted(held))} leads to",
                hint=f"Move the alias first: promptgit alias set {name} {sorted(held)[0]} VERSION -m WHY",
            )
        note = f"{name}: version {version} deleted"
        writes = {layout.version_path(name, version): None, **tombstones(catalog, name, {version}, reason)}
        return Changeset(message=commit_message(reason, note), writes=writes, note=note)

    return build


def tombstones(catalog: Catalog, name: str, versions: set[int], reason: str | None) -> dict[str, bytes | None]:
    """The `prompt.yaml` that says of versions that they are deleted, and why, by its path."""
    path = layout.notes_path(name)
    data = catalog.files.read(path) or b""
    for version in sorted(versions):
        data = document.edit(data, ["versions", str(version)], {"deleted": (reason or "").strip()}, sort=True)
    return {path: data}
