"""`Registry`: the whole of what an application or a tool does with prompts, as methods."""

from __future__ import annotations

import os
import time

from promptgit.errors import InvalidReferenceError, NotFoundError, PromptGitError
from promptgit.registry import views
from promptgit.registry.writing import Writing
from promptgit.uri import PromptRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.target import Target
    from promptgit.catalog import Catalog
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.model import PromptVersion, Provenance
    from promptgit.problems import Problem
    from promptgit.registry.history import Event
    from promptgit.registry.renumber import Renumbered
    from promptgit.registry.search import Prompt
    from promptgit.review.compare import Comparison
    from promptgit.review.model import Review
    from promptgit.stamp import Stamp

    Watched = tuple[tuple[str, Stamp], ...]


_KEPT_HOT = 10_000


class _Hot:
    """A loaded prompt and what proves that it is current."""

    __slots__ = ("prompt", "time", "watched")

    def __init__(self, prompt: PromptVersion, watched: Watched) -> None:
        self.prompt = prompt
        self.watched = watched
        self.time = time.monotonic()


class Registry(Writing):
    """A prompt registry in a Git repository.

    Args:
        path: the folder with `promptgit.yaml`, or a bare repository.
        rev: None reads the working tree, as a developer edits it. "HEAD" or a branch reads committed content only and
            follows the branch. A tag, a commit or a date pins.
        folder: where the registry lies in a bare repository, if not at its top.

    Raises:
        RegistryNotFoundError: there is no registry.
        RevisionNotFoundError: there is no such revision.
        GitError: git is needed and not usable.

    A registry may be used from several threads, and after a fork. It keeps one git process for reading commits; `close`,
    or leaving a `with` block, ends it.
    """

    def __init__(self, path: str | os.PathLike[str] = ".", *, rev: str | None = None, folder: str = "") -> None:
        self._opened = views.Opened(os.fspath(path), folder)
        self.path = self._opened.path
        if rev is None and not self._opened.has_files:
            rev = "HEAD"
        self.rev = rev
        self._hot: dict[str, _Hot] = {}
        self._pinned: dict[str, Registry] = {}
        self._following: views.Following | None = None
        self._fixed: Catalog | None = None
        self._open_state(rev)

    def _open_state(self, rev: str | None) -> None:
        if rev is None:
            self._fixed = self._opened.working_tree()
            return
        ref = views.follows(self._opened, rev)
        if ref is not None:
            self._following = views.Following(self._opened, ref)
            self._following.catalog()
        else:
            found = views.resolve(self._opened, rev)
            self._fixed = self._opened.at(found.commit, found.as_of)

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({self.path!r}{f', rev={self.rev!r}' if self.rev else ''})"

    def close(self) -> None:
        """End the helper process. The registry stays usable."""
        self._opened.close()

    @property
    def catalog(self) -> Catalog:
        """What there is, at the state that this registry reads now."""
        if self._following is not None:
            return self._following.catalog()
        if self._fixed is None:
            raise PromptGitError("the registry is not open")
        return self._fixed

    @property
    def commit(self) -> str | None:
        """The commit that is read now; None for the working tree and for a branch without commits."""
        return self.catalog.files.commit

    @property
    def prefix(self) -> str:
        """The registry's folder in its repository: empty, or `path/to/it/`."""
        return self._opened.prefix

    @property
    def opened(self) -> views.Opened:
        """The registry's place, for the modules of this package."""
        return self._opened

    def repository(self) -> GitRepository:
        """The git repository, opened when it is first needed.

        Raises:
            GitError: there is none, or git is not usable.
        """
        return self._opened.repository()

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(
        self,
        name_or_uri: str,
        version: int | str | None = None,
        *,
        allow_missing: bool = False,
        key: str | None = None,
        cache_ttl_seconds: float | None = None,
    ) -> Any:
        """Load a prompt version.

        What was loaded before is handed out again only after a `stat` of each file behind it, so it is never stale.

        Args:
            name_or_uri: `prompts:/NAME@ALIAS` or any other form of `promptgit.uri`, with or without `prompts:/`.
            version: a version number, or an alias, if `name_or_uri` is only a name.
            allow_missing: return None if the prompt, version or alias does not exist. Other errors are still raised.
            key: what a traffic split sticks to, such as a user's id.
            cache_ttl_seconds: hand out what is at most this old without looking at the files.

        Returns:
            A `PromptVersion`, or None.

        Raises:
            InvalidReferenceError: the reference cannot be read.
            NotFoundError: what it names does not exist; the error says what does.
            InvalidDocumentError: a file breaks the format.
        """
        if version is None:
            hot = self._hot.get(name_or_uri)
            if hot is not None and _is_current(hot, cache_ttl_seconds):
                return hot.prompt
        try:
            return self._load(name_or_uri, version, key)
        except NotFoundError:
            if allow_missing:
                return None
            raise

    def _load(self, name_or_uri: str, version: int | str | None, key: str | None) -> PromptVersion:
        ref = reference(name_or_uri, version)
        if ref.rev is not None:
            return self.at(ref.rev)._load(str(ref.replace(rev=None)), None, key)
        catalog = self.catalog
        prompt = catalog.files.steady(lambda: catalog.load(ref, key))
        if version is None and prompt.variant is None:
            outer = self._following.watched() if self._following else ()
            inner = catalog.watched(ref, prompt.version)
            if inner is not None and outer is not None and self.catalog is catalog:
                if len(self._hot) >= _KEPT_HOT:
                    self._hot.clear()
                self._hot[name_or_uri] = _Hot(prompt, (*outer, *inner))
        return prompt

    def at(self, rev: str) -> Registry:
        """The registry as of a branch, tag, commit or date, pinned there. What is pinned is kept and cheap to ask again.

        Raises:
            RevisionNotFoundError: there is no such revision.
        """
        found = views.resolve(self._opened, rev)
        name = f"{found.commit}@{found.as_of}"
        if name not in self._pinned:
            pinned = Registry.__new__(Registry)
            pinned._opened = self._opened
            pinned.path, pinned.rev = self.path, found.commit
            pinned._hot, pinned._pinned, pinned._following = {}, self._pinned, None
            pinned._fixed = self._opened.at(found.commit, found.as_of)
            if len(self._pinned) >= 64:
                self._pinned.clear()
            self._pinned[name] = pinned
        return self._pinned[name]

    def snapshot(self) -> Registry:
        """The registry pinned to the commit that is read now, so that the prompts of one request fit together.

        Use it as `with registry.snapshot() as prompts:`. From the working tree it is the commit of HEAD.
        """
        return self.at(self.commit or "HEAD")

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
    ) -> list[Prompt]:
        """Prompts that a filter matches; see `promptgit.search` for its grammar.

        Raises:
            InvalidReferenceError: the filter or the order cannot be read; caret under the fault.
        """
        from promptgit.registry.search import search

        return search(self.catalog, self._opened, filter_string, max_results, order_by)

    def diff(self, one: str, other: str) -> Comparison:
        """What differs between two prompt versions.

        Args:
            one, other: URIs, also of different prompts or revisions.
        """
        from promptgit.review.compare import compare

        return compare(self.load(one), self.load(other))

    def check(
        self,
        files: Sequence[str] = (),
        *,
        base: str | None = None,
        staged: bool = False,
        history: bool = False,
    ) -> list[Problem]:
        """What the checks find, by path and line; see `promptgit.checks`.

        Args:
            files: only these files and the prompts that they belong to, as paths from the current folder.
            base: only what changed since this revision forked off, and against it. Without it, everything is checked, and the
                working tree compared with HEAD.
            staged: what the next commit would hold, instead of the working tree.
            history: also look for commits that changed a version.

        Raises:
            RevisionNotFoundError: there is no such base.
            InvalidReferenceError: a file is not in the registry.
        """
        from promptgit.registry.checking import Scope, prepare

        scope = Scope(files=tuple(files), base=base, staged=staged, history=history)
        return prepare(self, scope).problems()

    def review(self, spec: str = "") -> Review:
        """What a change does to each prompt and to what its aliases serve; see `promptgit.review.model`.

        Args:
            spec: `BASE..HEAD`; `BASE` alone goes to what this registry reads; empty begins where the branch forked off from the
                remote's default branch, else at HEAD.

        Raises:
            InvalidReferenceError: the range cannot be read.
            RevisionNotFoundError: there is no such revision, or no common history.
        """
        from promptgit.registry.reviewing import review

        return review(self, spec)

    def renumber(
        self, names: Sequence[str] = (), *, onto: str | None = None, dry_run: bool = False, message: str | None = None
    ) -> Renumbered:
        """Give versions whose numbers collide with another branch's the next free ones; see `registry.renumber`.

        Args:
            names: the prompts; all, if none is named.
            onto: the branch whose numbers stay. Left out, it is found out.

        Raises:
            ConflictError: it cannot be known whose numbers stay, or edits of the user are in the way.
        """
        from promptgit.registry.renumber import renumber

        return renumber(self, names, onto, dry_run, message)

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
        pinned = self._following is None and self.rev is not None
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
        return self.commit or self._opened.repository().ref_commit("HEAD")


def reference(name_or_uri: str, version: int | str | None = None) -> PromptRef:
    """The reference that `load` was given.

    Raises:
        InvalidReferenceError: it cannot be read, or `version` stands beside a URI that names one.
    """
    ref = PromptRef.parse(name_or_uri)
    if version is None:
        return ref
    if ref.version is not None or ref.alias is not None:
        raise InvalidReferenceError(
            f"version={version!r} was given beside a URI that names one",
            text=name_or_uri,
            hint="Give one of the two.",
        )
    if isinstance(version, bool) or not isinstance(version, int | str) or (isinstance(version, int) and version < 1):
        raise InvalidReferenceError(f"a version is a positive whole number or an alias, not {version!r}")
    named: PromptRef = PromptRef.parse(f"{ref.name}/{version}").replace(rev=ref.rev)
    return named


def _is_current(hot: _Hot, ttl: float | None) -> bool:
    if ttl is not None and time.monotonic() - hot.time < ttl:
        return True
    lstat = os.lstat
    for path, seen in hot.watched:
        try:
            now = lstat(path)
        except OSError:
            if seen is not None:
                return False
            continue
        if seen is None or seen[0] != now.st_ctime_ns or seen[1] != now.st_ino:
            return False
    return True
