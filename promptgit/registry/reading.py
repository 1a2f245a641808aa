"""The part of `Registry` that answers questions: what there is, what matches, what differs, and how it came about."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptgit.aliases import AliasMove
    from promptgit.aliases.target import Target
    from promptgit.catalog import Catalog
    from promptgit.errors import InvalidDocumentError
    from promptgit.model import PromptVersion, Provenance
    from promptgit.registry import views
    from promptgit.registry.history import Event
    from promptgit.registry.search import Prompt
    from promptgit.remote.follower import Follower
    from promptgit.review.compare import Comparison


class Reading:
    """What `Registry` inherits to look at prompts."""

    if TYPE_CHECKING:
        _opened: views.Opened
        _following: views.Following | None
        _remote: Follower | None
        rev: str | None

        @property
        def catalog(self) -> Catalog: ...

        @property
        def commit(self) -> str | None: ...

        load: Callable[..., PromptVersion]

    def prompts(self) -> list[str]:
        """The names of all prompts, sorted."""
        catalog = self.catalog
        return sorted(catalog.files.steady(lambda: list(catalog.names())))

    def versions(self, name: str) -> list[int]:
        """The versions of a prompt, ascending.

        Raises:
            PromptNotFoundError: there is no such prompt.
        """
        self.catalog.require(name)
        return self.catalog.versions(name)

    def aliases(self, name: str) -> dict[str, Target]:
        """The aliases of a prompt, by name.

        Raises:
            PromptNotFoundError: there is no such prompt.
        """
        self.catalog.require(name)
        return dict(sorted(self.catalog.aliases(name).items()))

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a prompt.

        Raises:
            PromptNotFoundError: there is no such prompt.
        """
        self.catalog.require(name)
        return dict(self.catalog.notes(name).tags)

    def get(self, name: str) -> Prompt:
        """A prompt as a whole: description, owners, tags, aliases, latest version.

        Raises:
            PromptNotFoundError: there is no such prompt.
        """
        from promptgit.registry.search import Prompt

        self.catalog.require(name)
        return Prompt(name=name, catalog=self.catalog, opened=self._opened)

    def search(
        self,
        filter_string: str | None = None,
        *,
        max_results: int | None = None,
        order_by: Sequence[str] | None = None,
        on_error: Callable[[InvalidDocumentError], object] | None = None,
    ) -> list[Prompt]:
        """Prompts that a filter matches; see `promptgit.search` for its grammar.

        Args:
            on_error: called with what is wrong with a prompt that filter or order need and that cannot be read; the search
                goes on without it.

        Raises:
            InvalidReferenceError: the filter or the order cannot be read; caret under the fault.
            InvalidDocumentError: such a prompt was met, and there is no `on_error`.
        """
        from promptgit.registry.search import search

        return search(self.catalog, self._opened, filter_string, max_results, order_by, on_error)

    def diff(self, one: str, other: str) -> Comparison:
        """What differs between two prompt versions.

        Args:
            one, other: URIs, also of different prompts or revisions.
        """
        from promptgit.review.compare import compare

        return compare(self.load(one), self.load(other))

    # --- history ----------------------------------------------------------------------------------------------------

    def history(self, name: str | None = None, *, limit: int | None = None) -> list[Event]:
        """The commits that concern one prompt (or all), newest first."""
        from promptgit.registry import history

        names = self._all_names(name) if name else ()
        found = history.events(self._opened.repository(), self._tip(), self._opened.prefix, names, limit=limit)
        return list(found)

    def alias_history(self, name: str, alias: str | None = None) -> list[AliasMove]:
        """All moves of a prompt's aliases, newest first: who, when, why, from what to what."""
        tip = self._tip()
        pinned = self._following is None and self._remote is None and self.rev is not None
        from promptgit.source import CommitSource

        source = CommitSource(self._opened.repository(), tip, self._opened.prefix)
        _, backend = self._opened.catalog(source, pinned=pinned)
        moves = backend.history(self._all_names(name), tip, self._opened.prefix)
        return [move for move in moves if alias is None or move.alias == alias]

    def provenance(self, name: str) -> dict[int, Provenance]:
        """The commit that added each version of a prompt, deleted versions included; only what is committed."""
        return self._opened.provenance(self.commit, name)

    def _all_names(self, name: str) -> tuple[str, ...]:
        return (name, *self.catalog.notes(name).former_names)

    def _tip(self) -> str | None:
        return self.commit or self._opened.repository().ref_commit(self._opened.base)
