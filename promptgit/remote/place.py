"""A registry's place that is a clone of a remote: what `registry.views.Opened` is for a folder."""

from __future__ import annotations

from promptgit.aliases.fixed import FixedAliases, targets_of
from promptgit.cache import CommitFiles
from promptgit.catalog import Catalog
from promptgit.registry.views import Opened, read_config
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.aliases.fixed import Move
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.remote.clone import Clone
    from promptgit.trust import Verifier


class ClonePlace(Opened):
    """Reads a clone.

    Args:
        clone: where the commits are.
        folder: where the registry lies in the repository.
        verify: who must have signed what is served, or None.
    """

    read_only = "this needs a clone: a registry that is opened by its URL has no branch of its own"

    def __init__(self, clone: Clone, folder: str, verify: Verifier | None) -> None:
        self._set_up(clone.url, folder)
        self.clone = clone
        self.verify = verify
        self.served: str | None = None

    @property
    def base(self) -> str:  # type: ignore[override]  # here it moves on
        """See `Opened.base`: dates and HEAD mean the history of the commit that is served."""
        return self.served or "HEAD"

    def repository(self) -> GitRepository:
        """See `Opened.repository`."""
        return self.clone.repository()

    def close(self) -> None:
        """See `Opened.close`."""
        self.clone.close()

    def moves(self, commit: str) -> list[Move]:
        """The moves of aliases in tags, as `aliases.fixed` takes them: those on a commit and on what it builds on."""
        from promptgit.gitrepo import tags

        return [(tag.name, tag.message) for tag in tags.find(self.repository(), "*@*/*", merged=commit)]

    def verify_moves(self, counts: dict[str, int]) -> None:
        """Check the signature of each alias's newest move.

        Args:
            counts: `NAME@ALIAS` -> how often it moved.

        Raises:
            UntrustedCommitError: one is not signed as it must be.
        """
        if self.verify is not None:
            for alias, count in counts.items():
                name = f"{alias}/{count}"
                tag = self.repository().reader.resolve(f"refs/tags/{name}", "tag")
                self.verify.check_tag(self.repository(), tag, name)

    def aliases_in_tags(self, commit: str) -> bool:
        """Whether the registry keeps its aliases outside of its commits."""
        return read_config(self._files(commit), self.path).aliases == "tags"

    def catalog_at(self, commit: str, moves: list[Move] | None) -> Catalog:
        """The prompts of a commit, with the aliases of these moves, if it keeps them in tags."""
        if moves is None:
            return self.at(commit, pinned=False)
        return Catalog(self._files(commit), FixedAliases(targets_of(moves)), self._origin(commit))

    def _files(self, commit: str) -> CommitFiles:
        return CommitFiles(CommitSource(self.repository(), commit, self.prefix), self.parsed)
