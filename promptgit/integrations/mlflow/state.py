"""The prompts of one commit, as MLflow asks for them."""

from __future__ import annotations

from mlflow.prompt.constants import IS_PROMPT_TAG_KEY, PROMPT_EXPERIMENT_IDS_TAG_KEY

from promptgit import layout
from promptgit.aliases.target import choose
from promptgit.errors import InvalidDocumentError, InvalidReferenceError, PromptNotFoundError
from promptgit.integrations.mlflow import entities
from promptgit.integrations.mlflow.errors import said
from promptgit.integrations.mlflow.origins import past_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

    from promptgit.catalog import Catalog
    from promptgit.content import Notes
    from promptgit.integrations.mlflow.linkage import Linkage
    from promptgit.integrations.mlflow.origins import Origins, Past
    from promptgit.integrations.mlflow.search import Query

_FEW = 200
"""How many prompts are looked through for one that does not exist: some milliseconds."""


def can_be(name: str) -> bool:
    """Whether a prompt can have this name. MLflow takes more names, and so may ask for them."""
    try:
        layout.check_name(name)
    except InvalidReferenceError:
        return False
    return True


class State:
    """A registry at one commit.

    Args:
        catalog: what it has.
        origins: when and by whom it was made.
        links: which experiments used it.
    """

    def __init__(self, catalog: Catalog, origins: Origins, links: Linkage) -> None:
        self.catalog = catalog
        self._origins = origins
        self._links = links
        self._pasts: Mapping[str, Past] | None = None

    def past(self, name: str) -> Past | None:
        """What history says of a prompt."""
        notes = self._readable_notes(name)
        return past_of(self._all_pasts(), name, notes.former_names if notes else ())

    def _readable_notes(self, name: str) -> Notes | None:
        try:
            return self.catalog.notes(name)
        except InvalidDocumentError:
            return None

    def _all_pasts(self) -> Mapping[str, Past]:
        if self._pasts is None:
            self._pasts = self._origins.at(self.catalog.files.commit)
        return self._pasts

    # --- one prompt -------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Whether there is a prompt of this name."""
        if not can_be(name):
            return False
        if self.catalog.versions(name):
            return True
        return self.catalog.files.read(layout.notes_path(name)) is not None and not self.catalog.notes(name).deleted

    def require(self, name: str) -> None:
        """Raise if there is no such prompt.

        Raises:
            PromptNotFoundError: there is none.
        """
        if not self.has(name):
            raise self._unknown(name)

    def _unknown(self, name: str) -> PromptNotFoundError:
        """The error for a prompt that does not exist.

        To tell what there is instead, all prompts are looked through. MLflow's client asks for every prompt before it makes it:
        in a large registry only those are looked for that were there once, and may have another name now.
        """
        pasts = self._all_pasts()
        if name in pasts or len(pasts) <= _FEW:
            return self.catalog.unknown_prompt(name)
        return PromptNotFoundError(f"there is no prompt {name} at {self.catalog.files.label}")

    def prompt(self, name: str, *, new: bool = False) -> RegisteredModel:
        """A prompt as MLflow's record; raises as `require` does.

        Args:
            new: it was just made, and may not count as a prompt before its first version.
        """
        if not new:
            self.require(name)
        return entities.registered_model(name, self.catalog, self.past(name), self._links.get(name))

    def listed(self, name: str) -> RegisteredModel:
        """A prompt among others, as MLflow's record. One with a damaged file says so in a tag, and hides none of the others."""
        try:
            return self.prompt(name)
        except InvalidDocumentError as error:
            tags = {**self.prompt_tags(name), entities.PROBLEM_TAG: said(error)}
            return entities.unreadable_model(name, self._readable_notes(name), tags, self.past(name))

    def version(self, name: str, version: int) -> ModelVersion:
        """A version as MLflow's record.

        Raises:
            PromptNotFoundError, VersionNotFoundError: there is no such prompt or version.
        """
        self.require(name)
        return entities.model_version(name, version, self.catalog, self.past(name))

    def tags(self, name: str, version: int) -> dict[str, str]:
        """All tags of a version, its content and MLflow's reserved ones included; raises as `version` does."""
        self.require(name)
        return self._version_tags(name, version)

    def by_alias(self, name: str, alias: str) -> ModelVersion:
        """What an alias leads to, or `latest`.

        Raises:
            PromptNotFoundError, AliasNotFoundError, VersionNotFoundError: there is no such prompt, alias or version.
        """
        self.require(name)
        if alias.lower() == layout.LATEST:
            return self.version(name, self.catalog.latest(name))
        target = self.catalog.target(name, alias)
        return self.version(name, choose(target, f"{name}@{alias}", None))

    # --- finding ----------------------------------------------------------------------------------------------------

    def find_prompts(self, query: Query) -> Iterator[FoundPrompt]:
        """The prompts that a filter matches."""
        return (found for name in self._names(query) if query.matches(found := FoundPrompt(self, name)))

    def find_versions(self, query: Query) -> Iterator[FoundVersion]:
        """The versions that a filter matches."""
        for name in self._names(query):
            for version in self.catalog.versions(name):
                found = FoundVersion(self, name, version)
                if query.matches(found):
                    yield found

    def _names(self, query: Query) -> Iterator[str]:
        if query.name is None:
            yield from self.catalog.names()
        elif self.has(query.name):
            yield query.name

    def prompt_tags(self, name: str) -> dict[str, str]:
        """The tags of a prompt as a filter sees them."""
        experiments = self._links.get(name)
        linked = {PROMPT_EXPERIMENT_IDS_TAG_KEY: experiments} if experiments else {}
        notes = self._readable_notes(name)
        return {**(notes.tags if notes else {}), IS_PROMPT_TAG_KEY: "true", **linked}

    def _version_tags(self, name: str, version: int) -> dict[str, str]:
        past = self.past(name)
        origin = past.versions.get(version) if past else None
        return entities.version_tags(self.catalog, name, version, origin[1] if origin else None)


class FoundPrompt:
    """A prompt as a filter and an order see it. What they do not ask for is not read."""

    __slots__ = ("_state", "name")

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self.name = name

    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self._state.prompt_tags(self.name)

    def attribute(self, key: str) -> Any:
        """Its name: MLflow's filter knows no other attribute of a prompt."""
        return self.name

    def sort_key(self, key: str) -> Any:
        """What it is ordered by."""
        if key == "name":
            return self.name
        past = self._state.past(self.name)
        return past.updated.order if past else 0


class FoundVersion:
    """A version as a filter and an order see it."""

    __slots__ = ("_state", "name", "version")

    def __init__(self, state: State, name: str, version: int) -> None:
        self._state = state
        self.name = name
        self.version = version

    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self._state.tags(self.name, self.version)

    def attribute(self, key: str) -> Any:
        """An attribute by MLflow's name for it; no prompt comes from a run."""
        known = {"name": self.name, "version_number": self.version, "source_path": entities.PROMPT_SOURCE}
        return known.get(key)

    def sort_key(self, key: str) -> Any:
        """What it is ordered by."""
        if key == "name":
            return self.name
        if key == "version_number":
            return self.version
        past = self._state.past(self.name)
        origin = past.versions.get(self.version) if past else None
        return origin[0].order if origin else 0
