"""The policies of `promptgit.yaml`, asked of what is imported as they are of what is registered."""

from __future__ import annotations

from promptgit.changeset import Changeset
from promptgit.checks import policies
from promptgit.problems import ERROR
from promptgit.registry import views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.catalog import Catalog
    from promptgit.problems import Problem
    from promptgit.registry.registry import Registry


class Rules:
    """The policies of the state that an import lands on.

    Raises:
        InvalidDocumentError: `promptgit.yaml` is not valid, so nobody knows what it forbids.
    """

    def __init__(self, registry: Registry, catalog: Catalog) -> None:
        self._catalog = catalog
        self._policies = views.read_config(catalog.files, registry.path).policies
        self._facts = views.facts(registry.opened, policies.DIRECT, catalog.files.commit)
        if self._policies:
            policies.require_valid(catalog)

    def broken(self, files: Mapping[str, bytes], created: Iterable[str]) -> list[Problem]:
        """What files would break, each rule once.

        Args:
            files: path in the registry -> new content.
            created: which of them are new versions.
        """
        if not self._policies:
            return []
        changeset = Changeset(message="", writes=dict(files), creates=frozenset(created))
        found = policies.broken(self._policies, changeset, self._catalog, self._catalog.backend, self._facts)
        return list({problem.message: problem for problem in found if problem.severity == ERROR}.values())
