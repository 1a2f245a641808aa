"""What an alias backend is. To add one: write `aliases/x.py`, list it in `aliases.BACKENDS`."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from promptgit.aliases.target import Target
    from promptgit.cache import Files
    from promptgit.changeset import TagMove
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.stamp import Stamp


class AliasView(Record):
    """What a backend reads from.

    Attributes:
        files: the registry's files at the wanted state.
        repository: opens the git repository; called only if it is needed.
        prefix: the registry's folder in the repository.
        commit: the commit of that state; None for the newest.
        as_of: seconds since the epoch, if the state was named by a date.
        verify: called with object and name of each tag that decides where an alias leads; raises if it is not to be trusted.
    """

    files: Files
    repository: _Opener
    commit: str | None = None
    as_of: float | None = None
    verify: Callable[[str, str], object] | None = None


class AliasMove(Record):
    """One move of an alias in history.

    Attributes:
        alias: its name.
        old, new: where it pointed before and after; None if it did not exist.
        commit: the commit, or the commit that the tag is on.
        author, email: who moved it.
        time: when, in seconds since the epoch.
        message: why.
    """

    alias: str
    old: Target | None
    new: Target | None
    commit: str
    author: str
    email: str
    time: int
    message: str


class AliasEdit(Record):
    """What a backend wants a changeset to hold: file contents (None removes), and tags."""

    writes: Mapping[str, bytes | None] = {}
    tags: tuple[TagMove, ...] = ()


if TYPE_CHECKING:

    class _Opener(Protocol):
        def __call__(self) -> GitRepository: ...

    class AliasHistory(Protocol):
        """Knows how aliases moved."""

        def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
            """All moves, newest first, of the prompt that bore these names one after the other."""

    class AliasBackend(AliasHistory, Protocol):
        """Reads and moves the aliases of one registry state."""

        def read(self, name: str) -> Mapping[str, Target]:
            """All aliases of a prompt, by name.

            Raises:
                InvalidDocumentError: they are not readable.
            """

        def edit(
            self, name: str, alias: str, target: Target | None, message: str, *, instead_of: str | None = None
        ) -> AliasEdit:
            """The change that points an alias to `target`, or removes it (None); and removes the one whose place it takes.

            Raises:
                ConflictError: it cannot take the place of another.
            """

        def rename(self, old: str, new: str) -> AliasEdit:
            """The change that moves all aliases of a prompt to another name."""

        def watched(self, name: str) -> tuple[list[str], tuple[tuple[str, Stamp], ...]]:
            """What changes when an alias moves: registry files, and absolute paths outside it.

            The latter with the stamps that they had before the aliases were read the last time.
            """
