"""Aliases that were read once and stay as they are: those of a commit that is served, or of a bundle.

A registry with the backend `tags` keeps its aliases outside of the commit. Read them one by one, two loads could see two
states; read them all at once, and they change together with the commit, or not at all.
"""

from __future__ import annotations

from promptgit.aliases.tags import parse_move
from promptgit.errors import ConflictError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

    from promptgit.aliases.protocol import AliasEdit, AliasMove
    from promptgit.aliases.target import Target
    from promptgit.stamp import Stamp

    Targets = Mapping[str, Mapping[str, Target]]
    Move = tuple[str, str]


class FixedAliases:
    """An `AliasBackend` over a mapping.

    Args:
        targets: prompt -> alias -> target.
    """

    def __init__(self, targets: Targets) -> None:
        self.targets = targets

    def read(self, name: str) -> Mapping[str, Target]:
        """See `AliasBackend.read`."""
        return self.targets.get(name, {})

    def edit(
        self, name: str, alias: str, target: Target | None, message: str, *, instead_of: str | None = None
    ) -> AliasEdit:
        """Refused: see `AliasBackend.edit`."""
        _refuse()

    def rename(self, old: str, new: str) -> AliasEdit:
        """Refused: see `AliasBackend.rename`."""
        _refuse()

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """See `AliasBackend.history`: what is fixed has none."""
        return []

    def watched(self, name: str) -> tuple[list[str], tuple[tuple[str, Stamp], ...]]:
        """See `AliasBackend.watched`: nothing changes."""
        return [], ()


def _refuse() -> NoReturn:
    raise ConflictError("these aliases are read-only", hint="Move them in a clone: git clone URL, promptgit alias set")


def newest_moves(moves: Iterable[Move]) -> dict[tuple[str, str], tuple[int, str]]:
    """The newest move of each alias.

    Args:
        moves: names of tags, after `refs/tags/`, with their texts. A tag that is no move is passed over.

    Returns:
        (prompt, alias) -> (how many moves there were, the newest move's text).
    """
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for tag, message in moves:
        found = parse_move(tag, message)
        if found is not None:
            count = int(tag.rpartition("/")[2])
            newest[found[:2]] = max(newest.get(found[:2], (0, "")), (count, message))
    return newest


def targets_of(moves: Iterable[Move]) -> dict[str, dict[str, Target]]:
    """Where the aliases lead after all these moves: prompt -> alias -> target; one that was removed is not there."""
    targets: dict[str, dict[str, Target]] = {}
    for (name, alias), (count, message) in newest_moves(moves).items():
        found = parse_move(f"{name}@{alias}/{count}", message)
        if found is not None and found[2] is not None:
            targets.setdefault(name, {})[alias] = found[2]
    return targets
