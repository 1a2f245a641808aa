"""Where all versions of an export came from: one pass over the history instead of one for each prompt."""

from __future__ import annotations

from promptgit.registry import history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.model import Provenance
    from promptgit.registry.registry import Registry

_FEW = 10
"""Up to so many prompts are looked up one by one: each pass over its own history is short."""


class Origins:
    """The commits that added versions.

    Args:
        prompts: how many prompts will be asked for.
    """

    def __init__(self, registry: Registry, prompts: int) -> None:
        self._registry = registry
        self._catalog = registry.catalog
        self._all: Mapping[str, Mapping[int, Provenance]] | None = None
        if prompts > _FEW:
            opened = registry.opened
            tip = self._catalog.files.commit or opened.repository().ref_commit(opened.base)
            self._all = history.all_provenance(opened.repository(), tip, opened.prefix)

    def of(self, name: str) -> Mapping[int, Provenance]:
        """Number -> commit of a prompt's versions; those that are not committed yet have none."""
        if self._all is None:
            return self._registry.provenance(name)
        return history.under_all_names(self._all, name, self._catalog.notes(name).former_names)
