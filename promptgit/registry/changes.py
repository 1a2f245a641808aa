"""What changed between two states of a registry, per prompt and alias: what callbacks are told."""

from __future__ import annotations

import hashlib

from promptgit import layout
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.aliases.target import Target
    from promptgit.cache import Files
    from promptgit.catalog import Catalog


class PromptState(Record):
    """What a prompt is made of, to be compared later.

    Attributes:
        versions: version -> what identifies its content.
        aliases: alias -> target.
        notes: what identifies `prompt.yaml`; empty if there is none.
    """

    versions: Mapping[int, str]
    aliases: Mapping[str, Target]
    notes: str = ""


class PromptChange(Record):
    """What changed in one prompt.

    Attributes:
        name: the prompt.
        added, removed: versions.
        edited: versions that were there before with other content; in history this does not happen, in a working tree it does.
        aliases: alias -> (before, after); None where it did not exist, or does not any more.
        notes: whether `prompt.yaml` changed: description, owners, tags, notes on versions.
    """

    name: str
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    edited: tuple[int, ...] = ()
    aliases: Mapping[str, tuple[Target | None, Target | None]] = {}
    notes: bool = False

    def __str__(self) -> str:
        said = [f"{alias} {before or 'none'} -> {after or 'none'}" for alias, (before, after) in self.aliases.items()]
        said += [f"version {version} added" for version in self.added]
        said += [f"version {version} edited" for version in self.edited]
        said += [f"version {version} removed" for version in self.removed]
        said += ["prompt.yaml changed"] if self.notes else []
        return f"{self.name}: {', '.join(said)}"


class Change(Record):
    """What changed in a registry. It is false (`if change:`) if no prompt changed.

    Attributes:
        old, new: the commits; None for a working tree, or where there was none.
        prompts: name -> change, sorted; only prompts that changed.
    """

    old: str | None
    new: str | None
    prompts: Mapping[str, PromptChange] = {}

    def __bool__(self) -> bool:
        return bool(self.prompts)

    def __str__(self) -> str:
        return "\n".join(str(change) for change in self.prompts.values()) or "nothing changed"


def state_of(catalog: Catalog, name: str) -> PromptState | None:
    """The state of a prompt now, or None if there is none.

    Raises:
        InvalidDocumentError: its aliases cannot be read.
    """
    versions = {
        version: _identity(catalog.files, layout.version_path(name, version)) for version in catalog.versions(name)
    }
    notes, aliases = _identity(catalog.files, layout.notes_path(name)), dict(catalog.aliases(name))
    return PromptState(versions=versions, aliases=aliases, notes=notes) if versions or notes or aliases else None


def compare(name: str, old: PromptState | None, new: PromptState | None) -> PromptChange | None:
    """What changed in a prompt, or None if nothing did."""
    none = PromptState(versions={}, aliases={})
    one, two = old or none, new or none
    aliases = {
        alias: (one.aliases.get(alias), two.aliases.get(alias))
        for alias in sorted(one.aliases.keys() | two.aliases.keys())
        if one.aliases.get(alias) != two.aliases.get(alias)
    }
    change = PromptChange(
        name=name,
        added=tuple(sorted(two.versions.keys() - one.versions.keys())),
        removed=tuple(sorted(one.versions.keys() - two.versions.keys())),
        edited=tuple(sorted(key for key, content in two.versions.items() if one.versions.get(key, content) != content)),
        aliases=aliases,
        notes=one.notes != two.notes,
    )
    return change if change != PromptChange(name=name) else None


def between(old: Catalog | None, new: Catalog, names: Iterable[str]) -> Change:
    """What changed between two commits in these prompts."""
    found = {}
    for name in sorted(names):
        change = compare(name, state_of(old, name) if old else None, state_of(new, name))
        if change is not None:
            found[name] = change
    return Change(old=old.files.commit if old else None, new=new.files.commit, prompts=found)


def _identity(files: Files, path: str) -> str:
    oid = files.blob(path)
    if oid is not None:
        return oid
    data = files.read(path)
    return "" if data is None else hashlib.blake2b(data, digest_size=16).hexdigest()
