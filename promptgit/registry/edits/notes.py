"""What stands in `prompt.yaml`: descriptions, tags, and settings of versions that were set later."""

from __future__ import annotations

import json

from promptgit import document, layout
from promptgit.changeset import Changeset
from promptgit.config import MUTABLE, RegistryConfig, parse_config
from promptgit.errors import ImmutableVersionError
from promptgit.registry.edits.rules import commit_message, kept, require_valid_notes
from promptgit.sanitise import sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.registry.edits.rules import Edit


_SHOWN = 60
"""How much of a tag a commit's subject shows, in characters."""


def edit_notes(name: str, keys: Sequence[str], value: Any, note: str, message: str | None = None) -> Edit:
    """Set an entry of `prompt.yaml` (None removes it), keeping everything else in the file as it is.

    Raises:
        PromptNotFoundError: there is no such prompt.
        InvalidDocumentError: the value does not fit.
    """
    layout.check_name(name)

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        catalog.require(name)
        path = layout.notes_path(name)
        data = catalog.files.read(path) or b""
        edited = document.remove(data, keys) if value is None else document.edit(data, keys, value, sort=len(keys) > 1)
        require_valid_notes(edited, path)
        text = f"{name}: {note}"
        return Changeset(message=commit_message(message, text), writes={path: kept(catalog, name, edited)}, note=text)

    return build


def set_version_tag(name: str, version: int, key: str, value: str | None, message: str | None = None) -> Edit:
    """Set a tag of a version, or take it away (None). The version file does not change: the tag stands in `prompt.yaml`."""
    return set_tags(name, version, {key: value}, message)


def set_tags(name: str, version: int | None, tags: Mapping[str, str | None], message: str | None = None) -> Edit:
    """Set several tags of a prompt, or of one of its versions, in one commit; None takes a tag away.

    Raises:
        NotFoundError: the prompt or version does not exist.
        InvalidDocumentError: a tag does not fit.
    """
    layout.check_name(name)
    where = ["tags"] if version is None else ["versions", str(version), "tags"]
    what = "" if version is None else f"version {version} "
    done = ", ".join(tag_note(key, value) for key, value in tags.items())
    note = f"{name}: {what}tag{'s' if len(tags) > 1 else ''} {done}"

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        catalog.require(name)
        own = catalog.body(name, version).tags if version is not None else {}
        path = layout.notes_path(name)
        data = catalog.files.read(path) or b""
        for key, value in tags.items():
            if value is None and key not in own:
                data = document.remove(data, [*where, key])
            else:  # a version's file keeps a tag that is taken away, so the note says that it is gone: null
                data = document.edit(data, [*where, key], value)
        require_valid_notes(data, path)
        return Changeset(message=commit_message(message, note), writes={path: kept(catalog, name, data)}, note=note)

    return build


def set_model_config(name: str, version: int, config: Mapping[str, Any] | None, message: str | None = None) -> Edit:
    """Give a version another model configuration, or none. The version's file does not change: it stands in `prompt.yaml`.

    Raises:
        ImmutableVersionError: no policy allows it.
        NotFoundError: the prompt or version does not exist.
        InvalidDocumentError: it is no model configuration.
    """
    layout.check_name(name)

    def build(catalog: Catalog, _: AliasBackend) -> Changeset:
        own = catalog.body(name, version).model_config
        note = f"{name}: version {version} model_config {_brief(_json(config)) if config else 'removed'}"
        if catalog.model_config(name, version) == (config or None):
            return Changeset(message=note, writes={}, note=f"{name}: version {version} has this model_config already")
        require_mutable(catalog, name, version)
        path, keys = layout.notes_path(name), ["versions", str(version), "model_config"]
        data = catalog.files.read(path) or b""
        said_by_file = own == (config or None)
        edited = document.remove(data, keys) if said_by_file else document.edit(data, keys, config or None, sort=True)
        require_valid_notes(edited, path)
        return Changeset(
            message=commit_message(message, note), writes={path: edited if edited.strip() else None}, note=note
        )

    return build


def require_mutable(catalog: Catalog, name: str, version: int) -> None:
    """Raise unless the registry lets a version have another model configuration than it was made with.

    Raises:
        ImmutableVersionError: it does not.
    """
    config = catalog.files.load(layout.REGISTRY_FILE, parse_config) or RegistryConfig()
    if config.policies.get("model_config") != MUTABLE:
        raise ImmutableVersionError(
            f"the model_config of version {version} of {name} is frozen, as the version is",
            hint="Register a new version with it and move the alias; or have model_config: mutable among the policies.",
        )


def tag_note(key: str, value: str | None) -> str:
    """What was done to a tag, for the subject of a commit: any text may be a tag, and none may forge a line or a trailer."""
    return f"{_brief(key)} removed" if value is None else f"{_brief(key)} = {_brief(value)}"


def _brief(text: str) -> str:
    line = sanitise_line(text)
    shown = line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
    return shown if text and shown == text.strip() else f'"{shown}"'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
