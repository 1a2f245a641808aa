"""The prompts of one state of a registry: which there are, what they hold, and what a reference means there.

A catalog reads either the working tree or one commit; it does not know which.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases.target import choose
from promptgit.content import Notes, parse_notes, parse_version_file
from promptgit.errors import AliasNotFoundError, GitError, NotFoundError, PromptNotFoundError, VersionNotFoundError
from promptgit.model import PromptVersion, aliases_of
from promptgit.stamp import settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.aliases.target import Target
    from promptgit.cache import Files
    from promptgit.content import VersionBody
    from promptgit.model import Provenance
    from promptgit.stamp import Stamp
    from promptgit.uri import PromptRef

    Origin = Callable[[str, int], Provenance | None]

_NO_NOTES = Notes()
MOST_FOLDERS = 1_000_000
"""How many folders a registry may have: a hundred times what a large one has."""


class Split:
    """An alias that splits traffic between versions.

    Args:
        target: the weights.
        salt: as in `aliases.target.choose`.
        arms: version -> its prompt, or why it cannot be had.
    """

    __slots__ = ("_salt", "_target", "arms")

    def __init__(self, target: Target, salt: str, arms: Mapping[int, PromptVersion | VersionNotFoundError]) -> None:
        self._target = target
        self._salt = salt
        self.arms = arms

    def choose(self, key: str | None) -> PromptVersion:
        """The prompt for a key, or at random.

        Raises:
            VersionNotFoundError: the version that the key leads to does not exist.
        """
        found = self.arms[choose(self._target, self._salt, key)]
        if isinstance(found, VersionNotFoundError):
            raise VersionNotFoundError(found.message, hint=found.hint)
        return found


class Catalog:
    """Reads prompts.

    Args:
        files: the registry's files at one state.
        aliases: the alias backend at the same state.
        origin: finds where a version came from.
    """

    def __init__(self, files: Files, aliases: AliasBackend, origin: Origin | None = None) -> None:
        self.files = files
        self._aliases = aliases
        self._origin = origin
        self._numbers: dict[str, tuple[Mapping[str, bool], list[int]]] = {}
        # What `Registry.load` handed out, by what it was asked for, and what it did not find: to say what there is instead, all
        # prompts are looked through, which a request that lives on its fallback must not pay each time. Gone with this state.
        self.hot: dict[str, Any] = {}
        self.absent: dict[str | None, tuple[type[NotFoundError], str, str | None]] = {}

    @property
    def backend(self) -> AliasBackend:
        """The alias backend, at the same state."""
        return self._aliases

    # --- what there is ----------------------------------------------------------------------------------------------

    def names(self) -> Iterator[str]:
        """The names of all prompts, sorted as folders are. One without versions is there if it was created so."""
        return (name for name, _ in self.walk())

    def walk(self) -> Iterator[tuple[str, Mapping[str, bool]]]:
        """The same, each with what is in its folder."""
        return self._walk(layout.PROMPTS, "", [MOST_FOLDERS])

    def _walk(self, folder: str, name: str, left: list[int]) -> Iterator[tuple[str, Mapping[str, bool]]]:
        left[0] -= 1
        if left[0] < 0:  # a few trees that hold each other stand for billions of folders
            raise GitError(f"{layout.PROMPTS}/ holds more than {MOST_FOLDERS} folders", hint="Split the registry.")
        entries = self.files.entries(folder)
        if name and self._is_prompt(name, entries):
            yield name, entries
        for part in sorted(entries):
            if entries[part] and "." not in part:  # what has a dot nobody can name: a.b is the folder a/b
                yield from self._walk(f"{folder}/{part}", f"{name}.{part}" if name else part, left)

    def _is_prompt(self, name: str, entries: Mapping[str, bool]) -> bool:
        if self.versions_in(name, entries):
            return True
        return entries.get(layout.NOTES_FILE) is False and not self.notes(name).deleted

    def require(self, name: str) -> None:
        """Raise if there is no such prompt.

        Raises:
            PromptNotFoundError: there is none.
        """
        if not self._is_prompt(name, self.files.entries(layout.folder(name))):
            raise self.unknown_prompt(name)

    def versions(self, name: str) -> list[int]:
        """The versions of a prompt that exist, ascending; empty if there is no such prompt."""
        return list(self.versions_in(name, self.files.entries(layout.folder(name))))

    def versions_in(self, name: str, entries: Mapping[str, bool]) -> list[int]:
        """The versions among a folder's entries; kept for as long as the listing is the same object."""
        kept = self._numbers.get(name)
        if kept is not None and kept[0] is entries:
            return kept[1]
        if not entries:  # not kept: names of what does not exist may be anybody's, and any number
            return []
        found = (layout.version_of_file(file) for file, is_folder in entries.items() if not is_folder)
        versions = sorted(version for version in found if version)
        self._numbers[name] = (entries, versions)
        return versions

    def latest(self, name: str) -> int:
        """The highest version that exists.

        Raises:
            PromptNotFoundError, VersionNotFoundError: there is none.
        """
        versions = self.versions(name)
        if not versions:
            self.require(name)
            raise VersionNotFoundError(f"{name} has no versions yet", hint=f"Register one: promptgit register {name}")
        return versions[-1]

    def next_version(self, name: str) -> int:
        """The number that a new version gets: above all that exist or were deleted."""
        return max([0, *self.versions(name), *self.notes(name).deleted]) + 1

    def notes(self, name: str) -> Notes:
        """What `prompt.yaml` says."""
        return self.files.load(layout.notes_path(name), parse_notes) or _NO_NOTES

    def aliases(self, name: str) -> Mapping[str, Target]:
        """The aliases of a prompt."""
        return self._aliases.read(name)

    def body(self, name: str, version: int) -> VersionBody:
        """The content of a version.

        Raises:
            PromptNotFoundError, VersionNotFoundError: it does not exist.
            InvalidDocumentError: its file breaks the format.
        """
        body = self.files.load(layout.version_path(name, version), parse_version_file)
        if body is None:
            raise self._unknown_version(name, version)
        return body

    def tags(self, name: str, version: int, notes: Notes | None = None) -> dict[str, str]:
        """The tags of a version: those in its file, and what was set or taken away later.

        Args:
            notes: of the prompt, if they were read already.
        """
        later = (notes or self.notes(name)).versions.get(version, {}).get("tags") or {}
        tags = {**self.body(name, version).tags, **later}
        return {key: value for key, value in tags.items() if value is not None}

    def model_config(self, name: str, version: int, notes: Notes | None = None) -> Mapping[str, Any] | None:
        """The model configuration of a version: what was set later, else what its file says; None if it has none.

        Args:
            notes: of the prompt, if they were read already.
        """
        later = (notes or self.notes(name)).versions.get(version, {})
        return later["model_config"] if "model_config" in later else self.body(name, version).model_config

    # --- what a reference means -------------------------------------------------------------------------------------

    def choices(self, ref: PromptRef) -> PromptVersion | Split:
        """The prompt version that a reference means here, or those that an alias splits the traffic between.

        Raises:
            NotFoundError: what it names does not exist.
            InvalidDocumentError: a file that it needs breaks the format.
        """
        if ref.version is not None or ref.alias is None:
            return self.version(ref.name, ref.version or self.latest(ref.name))
        target = self.target(ref.name, ref.alias)
        if target.version is not None:
            return self.version(ref.name, target.version, resolved_from=ref.alias)
        arms: dict[int, PromptVersion | VersionNotFoundError] = {}
        for version, weight in target.weights:
            if weight > 0:
                try:
                    variant = f"{ref.alias}:{version}"
                    arms[version] = self.version(ref.name, version, resolved_from=ref.alias, variant=variant)
                except VersionNotFoundError as error:  # the other arms go on
                    arms[version] = error
        return Split(target, f"{ref.name}@{ref.alias}", arms)

    def target(self, name: str, alias: str) -> Target:
        """Where an alias leads.

        Raises:
            PromptNotFoundError, AliasNotFoundError: it does not exist.
        """
        aliases = self.aliases(name)
        target = aliases.get(alias)
        if target is None:
            self.require(name)
            known = ", ".join(f"{known} ({target})" for known, target in sorted(aliases.items())) or "none yet"
            raise AliasNotFoundError(
                f"{name} has no alias {alias}{_at(self.files)}",
                hint=f"Its aliases: {known}.{_near(alias, aliases)}",
            )
        return target

    def version(
        self, name: str, version: int, *, resolved_from: str | None = None, variant: str | None = None
    ) -> PromptVersion:
        """One version as a value; raises as `body` does."""
        notes = self.notes(name)
        return PromptVersion(
            name=name,
            version=version,
            body=self.body(name, version),
            aliases=aliases_of(version, self.aliases(name)),
            tags=self.tags(name, version, notes),
            model_config=self.model_config(name, version, notes) or {},
            deprecated=notes.versions.get(version, {}).get("deprecated") or notes.deprecated,
            resolved_from=resolved_from,
            variant=variant,
            resolved_at=self.files.commit,
            origin=self._bind_origin(name, version),
        )

    def watched(self, ref: PromptRef, version: int) -> tuple[tuple[str, Stamp], ...] | None:
        """Paths and stamps that stay as they are for as long as what `ref` led to is true; None if that is not sure yet."""
        inside, outside = self._aliases.watched(ref.name)
        paths = [layout.version_path(ref.name, version), layout.notes_path(ref.name), *inside]
        if ref.version is None and ref.alias is None:
            paths.append(layout.folder(ref.name))
        found = self.files.watched(paths)
        if found is None or not all(settled(seen) for _, seen in outside):
            return None
        return found + outside

    def _bind_origin(self, name: str, version: int) -> Callable[[], Provenance | None] | None:
        origin = self._origin
        return None if origin is None else lambda: origin(name, version)

    # --- what to say when it does not exist -------------------------------------------------------------------------

    def unknown_prompt(self, name: str) -> PromptNotFoundError:
        """The error for a prompt that does not exist: was it deleted or renamed, and what is it called instead?"""
        if self.notes(name).deleted:
            return PromptNotFoundError(
                f"the prompt {name} was deleted{_at(self.files)}",
                hint=f"promptgit log {name} shows when; an earlier state still has it: prompts:/{name}?rev=COMMIT",
            )
        names = list(self.names())
        for other in names:
            if name in self.notes(other).former_names:
                return PromptNotFoundError(
                    f"{name} is now called {other}{_at(self.files)}", hint=f"Use prompts:/{other}"
                )
        known = f"{len(names)} prompts: promptgit list" if len(names) > 8 else ", ".join(names) or "none yet"
        return PromptNotFoundError(
            f"there is no prompt {name}{_at(self.files)}", hint=f"There are: {known}.{_near(name, names)}"
        )

    def _unknown_version(self, name: str, version: int) -> VersionNotFoundError:
        versions = self.versions(name)
        reason = self.notes(name).deleted.get(version)
        if reason is not None:
            return VersionNotFoundError(
                f"version {version} of {name} was deleted: {reason or 'no reason given'}",
                hint=f"An earlier state still has it: prompts:/{name}/{version}?rev=COMMIT (promptgit log {name}).",
            )
        if not versions:
            self.require(name)
            return VersionNotFoundError(f"{name} has no versions yet", hint=f"Register one: promptgit register {name}")
        hint = f"It has {_ranges(versions)}; the latest is {versions[-1]}."
        return VersionNotFoundError(f"{name} has no version {version}{_at(self.files)}", hint=hint)


def _near(name: str, names: Mapping[str, object] | list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _at(files: Files) -> str:
    return f" at {files.label}" if files.commit else ""


def _ranges(versions: list[int]) -> str:
    """`1-3, 7` for [1, 2, 3, 7]."""
    parts: list[str] = []
    start = previous = versions[0]
    for version in [*versions[1:], 0]:
        if version != previous + 1:
            parts.append(f"{start}" if start == previous else f"{start}-{previous}")
            start = version
        previous = version
    return ", ".join(parts)
