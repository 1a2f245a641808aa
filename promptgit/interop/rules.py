"""The policies of `promptgit.yaml`, asked of what is imported as they are of what is registered."""

from __future__ import annotations

import time

from promptgit.aliases import AliasMove
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.checks import policies
from promptgit.interop.pointing import Refusal
from promptgit.problems import ERROR
from promptgit.registry import views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptgit.aliases.protocol import AliasHistory
    from promptgit.catalog import Catalog
    from promptgit.interop.landing import Step
    from promptgit.interop.pointing import Pointer
    from promptgit.problems import Problem
    from promptgit.registry.registry import Registry

    _Pointers = Mapping[str, Pointer]


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
        return self._errors(changeset, self._catalog.backend, self._facts)

    def in_order(self, wanted: Mapping[str, _Pointers]) -> dict[str, _Pointers]:
        """Aliases, each after the one that its versions must have gone `through`."""
        rules = self._policies.get("aliases", {})

        def way(alias: str) -> int:
            stages = [alias]
            while (before := rules.get(stages[-1], {}).get("through")) and before not in stages:
                stages.append(before)
            return len(stages)

        return {alias: wanted[alias] for alias in sorted(wanted, key=lambda alias: (way(alias), alias))}

    def refused(self, wanted: Mapping[str, _Pointers], steps: Iterable[Step]) -> list[Refusal]:
        """The aliases that could not be set once the versions are there.

        Args:
            wanted: alias -> prompt -> where it is to lead, in the order in which they would be set.
            steps: the commits that are to land first.
        """
        if not self._policies.get("aliases"):
            return []
        planned = _Planned(self._catalog.backend)
        ages: dict[str, dict[int, float]] = {}
        for step in steps:
            if step.version is not None:
                ages.setdefault(step.name, {})[step.version] = time.time() if step.time is None else step.time
        facts = self._facts.replace(added=lambda name: {**self._facts.added(name), **ages.get(name, {})})
        found: list[Refusal] = []
        for alias, pointers in wanted.items():
            for name, pointer in pointers.items():
                target = Target.single(pointer.version)
                edit = self._catalog.backend.edit(name, alias, target, "")
                changeset = Changeset(message="", writes=edit.writes, tags=edit.tags)
                broken = self._errors(changeset, planned, facts)
                if broken:
                    why = "; ".join(problem.message for problem in broken)
                    found.append(Refusal(name=name, alias=alias, version=pointer.version, why=why))
                else:
                    planned.lead(name, alias, target)
        return found

    def _errors(self, changeset: Changeset, past: AliasHistory, facts: policies.Facts) -> list[Problem]:
        found = policies.broken(self._policies, changeset, self._catalog, past, facts)
        return list({problem.message: problem for problem in found if problem.severity == ERROR}.values())


class _Planned:
    """How aliases moved, and would have moved by then."""

    def __init__(self, past: AliasHistory) -> None:
        self._past = past
        self._moves: dict[str, list[AliasMove]] = {}

    def lead(self, name: str, alias: str, target: Target) -> None:
        """Add a move that is to be made."""
        now = int(time.time())
        move = AliasMove(alias=alias, old=None, new=target, commit="", author="", email="", time=now, message="")
        self._moves.setdefault(name, []).insert(0, move)

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """See `AliasHistory.history`."""
        return [*self._moves.get(names[0], ()), *self._past.history(names, tip, prefix)]
