"""What the policies go by: history as the server knows it.

A rule such as "production only through staging, and only after two days" asks about the past. Whoever pushes commits
also chooses their dates, and may push the past along with the present. So only what the default branch had before this push
counts, and only the states that it went through itself: not what was tried and taken back on a branch that was merged.
When a commit came is told by the branch's reflog, which the server writes; without one (`core.logAllRefUpdates`) the commit's
own date has to do.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases import AliasView, open_backend
from promptgit.aliases.file import alias_moves
from promptgit.cache import CommitFiles
from promptgit.gitrepo import history
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.aliases import AliasMove
    from promptgit.config import RegistryConfig
    from promptgit.hooks.push.server import Server


class Past:
    """The default branch before the push.

    Args:
        config: the rules that bind.
    """

    def __init__(self, server: Server, config: RegistryConfig) -> None:
        self._server = server
        self._in_files = config.aliases == "file"
        rules = config.policies.get("aliases", {}).values()
        self.has_ages = any(rule.get("min_age_days") for rule in rules)
        self._entries: list[tuple[int, str]] | None = None
        self._arrivals: dict[str, int] = {}

    def moves(self, names: tuple[str, ...]) -> list[AliasMove]:
        """The moves of a prompt's aliases, newest first.

        Args:
            names: what the prompt was called, one after the other.
        """
        server = self._server
        if not self._in_files:
            files = CommitFiles(CommitSource(server.served, server.tip, server.prefix), {})
            backend = open_backend("tags", AliasView(files=files, repository=lambda: server.served))
            return backend.history(names, server.tip, server.prefix)
        paths = [server.prefix + layout.aliases_path(name) for name in names]
        moves = alias_moves(server.served, history.branch_log(server.served, server.tip, paths))
        return [move.replace(time=self._since(move.commit, move.time)) for move in moves] if self.has_ages else moves

    def added(self, name: str) -> Mapping[int, float]:
        """When the versions of a prompt came, in seconds since the epoch."""
        server = self._server
        found: dict[int, float] = {}
        for commit in history.branch_log(server.served, server.tip, [server.prefix + layout.folder(name)]):
            for file in commit.files:
                place = layout.parse_path(file.path.removeprefix(server.prefix))
                if place is not None and place.version and place.name == name and file.old is None:
                    found[place.version] = self._since(commit.commit, commit.committed)
        return found

    def removed(self, name: str) -> dict[str, str]:
        """The versions of a prompt that are gone from the default branch: path -> blob."""
        server = self._server
        found: dict[str, str] = {}
        for commit in history.branch_log(server.served, server.tip, [server.prefix + layout.folder(name)]):
            for file in commit.files:
                if file.new is None and file.old is not None:
                    found.setdefault(file.path.removeprefix(server.prefix), file.old)
        return found

    def _since(self, commit: str, said: int) -> int:
        """When a commit came to the branch, as the reflog says; else the date that it bears itself."""
        if commit not in self._arrivals:
            self._arrivals[commit] = self._arrival(commit)
        return self._arrivals[commit] or said

    def _arrival(self, commit: str) -> int:
        """The time of the first entry that has the commit; 0 if that is before the reflog begins, or there is none."""
        entries = self._reflog()
        low, high = 0, len(entries)
        while low < high:
            middle = (low + high) // 2
            if self._server.contains(entries[middle][1], commit):
                high = middle
            else:
                low = middle + 1
        return entries[low][0] if 0 < low < len(entries) else 0

    def _reflog(self) -> list[tuple[int, str]]:
        """Time and commit of each state of the branch, oldest first."""
        if self._entries is None:
            args = ["reflog", "show", "--date=unix", "--format=%gd %H", "--end-of-options", self._server.head, "--"]
            rows = self._server.served.git(args, accept=(0, 128)).text.splitlines()
            found = (row.rpartition("@{")[2].split("} ") for row in reversed(rows))
            self._entries = [(int(time), oid) for time, oid in found if time.isdigit()]
        return self._entries
