"""Every mutation as a function that builds a changeset from the branch's tip. The engine applies them.

A builder may run several times: whenever the tip has moved meanwhile, it runs again on the new one. So it reads all it
needs from the catalog that it is handed, and every rule that must hold at the moment of writing is checked in it.
"""

from __future__ import annotations

import json

from promptgit import document, layout, schema
from promptgit.aliases.protocol import AliasEdit
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.config import RegistryConfig, parse_config
from promptgit.errors import (
    AliasMovedError,
    ConflictError,
    ImmutableVersionError,
    InvalidDocumentError,
    InvalidReferenceError,
    PromptGitError,
)
from promptgit.sanitise import sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog

    Edit = Callable[[Catalog, AliasBackend], Changeset]
    """Builds a changeset from the state at the branch's tip."""

ANY = object()
"""`expect=ANY`: move the alias wherever it points."""

_SHOWN = 60
"""How much of a tag a commit's subject shows, in characters."""

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
            twin = _alias_twin(alias, aliases.read(name))
            if twin is not None:
                raise _twins(name, twin, alias)
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
        twin = _alias_twin(alias, now)
        if twin is not None and not (respell and now[twin] == target):
            raise _twins(name, twin, alias)
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
        return Changeset(message=commit_message(message, text), writes={path: _kept(catalog, name, edited)}, note=text)

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
        return Changeset(message=commit_message(message, note), writes={path: _kept(catalog, name, data)}, note=note)

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
    if config.policies.get("model_config", "frozen") != "mutable":
        raise ImmutableVersionError(
            f"the model_config of version {version} of {name} is frozen, as the version is",
            hint="Register a new version with it and move the alias; or have model_config: mutable among the policies.",
        )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _kept(catalog: Catalog, name: str, notes: bytes) -> bytes | None:
    """What becomes of a `prompt.yaml`. An empty one goes, unless it is all that there is of the prompt."""
    return notes if notes.strip() or not catalog.versions(name) else None


def tag_note(key: str, value: str | None) -> str:
    """What was done to a tag, for the subject of a commit: any text may be a tag, and none may forge a line or a trailer."""
    return f"{_brief(key)} removed" if value is None else f"{_brief(key)} = {_brief(value)}"


def _brief(text: str) -> str:
    line = sanitise_line(text)
    shown = line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
    return shown if text and shown == text.strip() else f'"{shown}"'


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
                hint=f"Move the alias first: promptgit alias set {name} {sorted(held)[0]} VERSION",
            )
        note = f"{name}: version {version} deleted"
        writes = {layout.version_path(name, version): None, **_tombstones(catalog, name, {version}, reason)}
        return Changeset(message=commit_message(reason, note), writes=writes, note=note)

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
        writes |= _tombstones(catalog, name, set(versions), reason) if versions else {layout.notes_path(name): None}
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


def _tombstones(catalog: Catalog, name: str, versions: set[int], reason: str | None) -> dict[str, bytes | None]:
    path = layout.notes_path(name)
    data = catalog.files.read(path) or b""
    for version in sorted(versions):
        data = document.edit(data, ["versions", str(version)], {"deleted": (reason or "").strip()}, sort=True)
    return {path: data}


def commit_message(given: str | None, default: str) -> str:
    """The commit message: what the user wrote, else what was done.

    Raises:
        PromptGitError: git cannot carry it.
    """
    text = (given or "").strip() or default
    if "\0" in text:
        raise PromptGitError("a commit message cannot hold a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PromptGitError("a commit message must be valid Unicode: it holds a lone surrogate") from None
    return text


def _require_expected(name: str, alias: str, now: Target | None, expect: object) -> None:
    if expect is ANY:
        return
    wanted = Target.single(expect) if isinstance(expect, int) else expect
    if now != wanted:
        raise AliasMovedError(
            f"{name}@{alias} is {now or 'not set'}, not {wanted or 'unset'}: somebody moved it",
            hint=f"See who and why: promptgit alias log {name} {alias}",
        )


def _alias_twin(alias: str, known: Mapping[str, Target]) -> str | None:
    return next((other for other in known if other != alias and other.casefold() == alias.casefold()), None)


def _twins(name: str, twin: str, alias: str) -> InvalidReferenceError:
    return InvalidReferenceError(f"{name} has the alias {twin}, which differs from {alias} only by case")


def require_no_twin(catalog: Catalog, name: str, besides: str | None = None) -> None:
    """Raise if a name differs from another only by case: on macOS and Windows `FAQ` and `faq` would be one folder.

    Raises:
        InvalidReferenceError: it does.
    """
    folder = layout.PROMPTS
    for part in name.split("."):
        entries = catalog.files.entries(folder)
        if part not in entries:
            twins = [other for other, is_folder in entries.items() if is_folder and other.casefold() == part.casefold()]
            taken = ".".join([*folder.split("/")[1:], twins[0]]) if twins else None
            if taken and taken != besides:
                raise InvalidReferenceError(
                    f"{name} differs from {taken} only by case",
                    text=name,
                    position=None,
                    hint=f"Did you mean {taken}?",
                )
            return
        folder = f"{folder}/{part}"


def require_valid_notes(data: bytes, path: str) -> None:
    """Raise if the bytes of a `prompt.yaml` break the format.

    Raises:
        InvalidDocumentError: they do. Without a place: what is being written has no lines yet.
    """
    problems = schema.validate("prompt", document.parse(data, path, empty_ok=True), data, path)
    if problems:
        raise InvalidDocumentError([problem.replace(path="", line=0, column=0) for problem in problems])
