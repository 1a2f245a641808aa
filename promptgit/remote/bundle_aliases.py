"""Aliases in a bundle whose registry keeps them in tags: the moves that it was made with."""

from __future__ import annotations

from promptgit.aliases.fixed import FixedAliases, newest_moves, targets_of
from promptgit.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.aliases import AliasMove
    from promptgit.aliases.fixed import Move
    from promptgit.gitrepo.bundles import BundleRepository
    from promptgit.trust import Verifier


class BundleAliases(FixedAliases):
    """Aliases that were read from a bundle's tags.

    Args:
        repository: the bundle.
        commit: at the commit that was bundled all moves count; at another, those that were made up to it.
        as_of: likewise up to a time, in seconds since the epoch.
        verify: who must have signed the newest move of each alias, or None.

    Raises:
        UntrustedCommitError: one is not signed as it must be.
        CorruptObjectError: a tag is damaged.
    """

    def __init__(
        self, repository: BundleRepository, commit: str | None, as_of: float | None, verify: Verifier | None
    ) -> None:
        moves = _moves(repository, commit, as_of)
        if verify is not None:
            for (name, alias), (count, _) in newest_moves(moves).items():
                tag = f"{name}@{alias}/{count}"
                verify.check_tag(repository, repository.head.refs[f"refs/tags/{tag}"], tag)
        super().__init__(targets_of(moves))

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """Refused: a bundle need not hold more than the newest move of each.

        Raises:
            GitError: always.
        """
        raise GitError(
            "a bundle does not tell how aliases moved",
            hint="Look in a clone: git clone URL, promptgit alias history NAME",
        )


def _moves(repository: BundleRepository, commit: str | None, as_of: float | None) -> list[Move]:
    before = None if commit in (None, repository.tip()) else repository.ancestors(commit or "")
    moves = []
    for name, oid in repository.tags():
        headers = repository.reader.headers(oid, "tag")
        made = _time(headers.get("tagger", ""))
        if (before is None or headers.get("object") in before) and (as_of is None or made <= as_of):
            message = repository.reader.read(oid, "tag").partition(b"\n\n")[2]
            moves.append((name, message.decode("utf-8", "replace")))
    return moves


def _time(tagger: str) -> float:
    words = tagger.split()
    return float(words[-2]) if len(words) > 1 and words[-2].isdecimal() else 0.0
