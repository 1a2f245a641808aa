"""The checks of `promptgit check` at each commit, and the policies at each step of a protected branch."""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases import AliasView
from promptgit.aliases.file import FileAliases
from promptgit.cache import CommitFiles
from promptgit.catalog import Catalog
from promptgit.checks import CHECKS, policies
from promptgit.checks.change import Change
from promptgit.checks.runner import examine
from promptgit.checks.subject import State
from promptgit.problems import ERROR, Problem
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.protocol import AliasBackend
    from promptgit.aliases.target import Target
    from promptgit.config import RegistryConfig
    from promptgit.hooks.push.past import Past
    from promptgit.hooks.push.server import Server
    from promptgit.hooks.push.trees import Difference

_STATES = 64
# trees.py judges the first for what is new, versions.py the next against all parents; policies bind on protected branches
_NAMES = frozenset(["name", "name-twin", "file-mode", "file-name"])
_VERSIONS = frozenset(["version-changed", "version-deleted", "version-collision", "version-rewritten"])
_POLICIES = frozenset(["policy"])
_CONTENT = frozenset(CHECKS) - _NAMES - _VERSIONS - _POLICIES


class JudgedState(State):
    """A registry at a commit under the rules of the default branch: what a push says about rules does not count for it."""

    def __init__(self, catalog: Catalog, algorithm: str, config: RegistryConfig) -> None:
        super().__init__(catalog, algorithm)
        self.config = config


class _Aliases(FileAliases):
    """The aliases of a commit, and as their past what the server knows."""

    def __init__(self, view: AliasView, past: Past, *, in_files: bool) -> None:
        super().__init__(view)
        self._past = past
        self._in_files = in_files

    def read(self, name: str) -> Mapping[str, Target]:
        """See `AliasBackend.read`. Tags are no part of a commit: see `moves`."""
        return super().read(name) if self._in_files else {}

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """See `AliasBackend.history`."""
        return self._past.moves(names)


class States:
    """The registry at any commit, each read once for as long as it is near.

    Args:
        config: the rules that bind.
        past: what the policies go by.

    Attributes:
        served: the default branch's tip before the push, or None.
    """

    def __init__(self, server: Server, config: RegistryConfig, past: Past) -> None:
        self._server = server
        self._past = past
        self._parsed: dict[tuple[str, str], Any] = {}
        self._kept: dict[str | None, JudgedState] = {}
        self.config = config
        self.served = server.tip

    def at(self, commit: str | None) -> JudgedState:
        """The registry at a commit; None is before the first one."""
        if commit not in self._kept:
            if len(self._kept) >= _STATES:
                del self._kept[next(iter(self._kept))]
            self._kept[commit] = self._open(commit)
        return self._kept[commit]

    def _open(self, commit: str | None) -> JudgedState:
        server = self._server
        files = CommitFiles(CommitSource(server.pushed, commit, server.prefix), self._parsed)
        view = AliasView(files=files, repository=lambda: server.served)
        backend: AliasBackend = _Aliases(view, self._past, in_files=self.config.aliases == "file")
        return JudgedState(Catalog(files, backend), server.pushed.algorithm, self.config)


def faults(states: States, commit: str, parent: str | None, differences: Sequence[Difference]) -> Iterator[Problem]:
    """What is wrong with the content of a commit.

    Looked at are the prompts that are as in none of its parents: what a merge takes over whole was judged there.
    """
    names = set.intersection(*(difference.names() for difference in differences))
    changed = frozenset(path for path in differences[0].files if _name(path) in names)
    if all(layout.REGISTRY_FILE in difference.files for difference in differences):
        changed |= {layout.REGISTRY_FILE}
    if changed:
        onto = states.at(states.served) if states.served else None
        before = states.at(parent) if parent else None
        change = Change(states.at(commit), before, onto=onto, changed=changed)
        yield from _errors(examine(change, changed, only=_CONTENT))
    if layout.REGISTRY_FILE in changed and states.at(commit).file(layout.REGISTRY_FILE) is None:
        hint = "Without it this is no registry: put it back."
        yield Problem(code="registry", message="it was removed", path=layout.REGISTRY_FILE, hint=hint)


def dangling(states: States, before: str, after: str, difference: Difference) -> Iterator[Problem]:
    """Aliases of a branch's tip that lead nowhere, in the prompts that the push touches."""
    changed = frozenset(difference.files)
    change = Change(states.at(after), states.at(before), changed=changed)
    yield from _errors(examine(change, changed, only=frozenset(["alias-target"])))


def broken(
    states: States, before: str | None, after: str, difference: Difference, facts: policies.Facts
) -> Iterator[Problem]:
    """The policies that a step of a protected branch breaks."""
    changed = frozenset(difference.files)
    change = Change(states.at(after), states.at(before) if before else None, changed=changed, facts=facts)
    yield from _errors(examine(change, changed, only=_POLICIES))


def _name(path: str) -> str:
    place = layout.parse_path(path)
    return place.name if place else ""


def _errors(problems: Sequence[Problem]) -> Iterator[Problem]:
    return (problem for problem in problems if problem.severity == ERROR)
