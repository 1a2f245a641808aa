"""`Registry`: the whole of what an application or a tool does with prompts, as methods."""

from __future__ import annotations

import os

from promptgit import observers
from promptgit.catalog import Split
from promptgit.errors import (
    CorruptObjectError,
    InvalidReferenceError,
    NotFoundError,
    PromptGitError,
    RegistryNotFoundError,
    RemoteUnavailableError,
)
from promptgit.registry import views
from promptgit.registry.live import Live
from promptgit.registry.loading import KEPT_HOT, Hot, Windows, fallback_prompt, reference, require_arguments
from promptgit.registry.reading import Reading
from promptgit.registry.writing import Writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal, overload

    from promptgit.catalog import Catalog
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.model import PromptVersion
    from promptgit.problems import Problem
    from promptgit.registry.loading import Fallback
    from promptgit.registry.renumber import Renumbered
    from promptgit.remote.follower import Follower
    from promptgit.review.model import Review
    from promptgit.trust import Verifier
    from promptgit.uri import PromptRef


class Registry(Reading, Writing, Live):
    """A prompt registry in a Git repository.

    Args:
        path: the folder with `promptgit.yaml`; a bare repository; a bundle (see `promptgit bundle`); or the URL of a remote
            (https, ssh, file, http, git, or `git@HOST:PATH`), which is kept as a clone in the user's cache folder.
        rev: None reads the working tree, as a developer edits it. "HEAD" or a branch reads committed content only and
            follows the branch. A tag, a commit or a date pins.
        branch: the branch to follow. A remote's default branch, if None.
        folder: where the registry lies in a bare repository or at a remote, if not at its top.
        refresh: seconds between refreshes from the remote, 30 for a URL if None; 0 leaves it to `refresh()`. With a path, it
            makes the registry follow that clone's remote instead of reading its files.
        timeout: seconds that the remote may take to answer; 30 if None.
        offline: leave the network alone.
        verify: who must have signed what is served: `promptgit.SignedBy(FILE)`.

    Raises:
        RegistryNotFoundError: there is no registry.
        RevisionNotFoundError: there is no such revision.
        InvalidReferenceError: the URL cannot be used.
        UntrustedCommitError: there is no commit that `verify` lets through.
        GitError: git is needed and not usable.

    That a remote is away is no error here: its clone is served; if there is none yet, `load` raises, or takes its `fallback=`.
    PROMPTGIT_REFRESH and PROMPTGIT_OFFLINE stand in for `refresh` and `offline`, PROMPTGIT_CACHE names the cache folder.

    A registry may be used from several threads, and after a fork. It keeps one git process for reading commits, and a thread
    if it follows a remote; `close`, or leaving a `with` block, ends them.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = ".",
        *,
        rev: str | None = None,
        branch: str | None = None,
        folder: str = "",
        refresh: float | None = None,
        timeout: float | None = None,
        offline: bool | None = None,
        verify: Verifier | None = None,
    ) -> None:
        if rev is not None and branch is not None:
            raise InvalidReferenceError("rev= and branch= were both given", hint="Give one of the two.")
        self._windows = Windows()
        self._pinned: dict[str, Registry] = {}
        self._following: views.Following | None = None
        self._remote: Follower | None = None
        self.rev = rev if rev is not None else branch
        place = os.fspath(path)
        if refresh is not None or (":" in place and _is_remote(place)):
            self._remote = _follow(place, branch, rev, folder, refresh, timeout, offline, verify)
            self._opened: views.Opened = self._remote.place
            self.path = self._opened.path
            self._current: Catalog | None = None
            self._remote.attach(self)
            return
        self._opened = views.open_place(place, folder)
        self._opened.verify = verify
        self.path = self._opened.path
        if self.rev is None and not self._opened.has_files:
            self.rev = "HEAD"
        self._current = self._open_state(self.rev)

    def _open_state(self, rev: str | None) -> Catalog:
        if rev is None:
            if self._opened.verify is not None:
                raise InvalidReferenceError(
                    "verify= is for what is committed, and a working tree is not", hint="Give rev='HEAD' or a branch."
                )
            return self._opened.working_tree()
        ref = views.follows(self._opened, rev)
        if ref is not None:
            self._following = views.Following(self._opened, ref)
            return self._following.catalog()
        found = views.resolve(self._opened, rev)
        return self._opened.at(found.commit, found.as_of)

    def serve(self, catalog: Catalog) -> None:
        """Told by the follower: this is current now."""
        self._current = catalog

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({self.path!r}{f', rev={self.rev!r}' if self.rev else ''})"

    def close(self) -> None:
        """End the helper process and the refreshing thread. The registry stays usable, as it is."""
        if self._remote is not None:
            self._remote.close()
        self._opened.close()

    @property
    def catalog(self) -> Catalog:
        """What there is, at the state that this registry reads now.

        Raises:
            RemoteUnavailableError: nothing was fetched yet.
        """
        if self._following is not None:
            self._current = self._following.catalog()
        elif self._remote is not None:
            return self._remote.catalog()
        if self._current is None:
            raise PromptGitError("the registry is not open")
        return self._current

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

    if TYPE_CHECKING:

        @overload
        def load(
            self,
            name_or_uri: str,
            version: int | str | None = None,
            *,
            allow_missing: Literal[False] = False,
            fallback: Fallback | None = None,
            key: str | None = None,
            cache_ttl_seconds: float | None = None,
        ) -> PromptVersion: ...

        @overload
        def load(
            self,
            name_or_uri: str,
            version: int | str | None = None,
            *,
            allow_missing: bool = False,
            fallback: Fallback,
            key: str | None = None,
            cache_ttl_seconds: float | None = None,
        ) -> PromptVersion: ...

        @overload
        def load(
            self,
            name_or_uri: str,
            version: int | str | None = None,
            *,
            allow_missing: bool,
            fallback: Fallback | None = None,
            key: str | None = None,
            cache_ttl_seconds: float | None = None,
        ) -> PromptVersion | None: ...

    def load(
        self,
        name_or_uri: str,
        version: int | str | None = None,
        *,
        allow_missing: bool = False,
        fallback: Fallback | None = None,
        key: str | None = None,
        cache_ttl_seconds: float | None = None,
    ) -> Any:
        """Load a prompt version.

        What was loaded before is handed out again only after a `stat` of each file behind it, so it is never stale. What
        follows a remote is handed out until a refresh brings another commit.

        Args:
            name_or_uri: `prompts:/NAME@ALIAS` or any other form of `promptgit.uri`, with or without `prompts:/`.
            version: a version number, or an alias, if `name_or_uri` is only a name.
            allow_missing: return None if the prompt, version or alias does not exist. Other errors are still raised.
            fallback: a text or messages to return as a prompt of version 0 instead, also if there is nothing to read because
                the remote was never reached.
            key: what a traffic split sticks to, such as a user's id.
            cache_ttl_seconds: hand out what is at most this old without looking at the files.

        Returns:
            A `PromptVersion`, or None.

        Raises:
            InvalidReferenceError: the reference or another argument cannot be read.
            NotFoundError: what it names does not exist; the error says what does.
            InvalidDocumentError: a file breaks the format.
            RemoteUnavailableError: nothing was fetched yet, and the remote is away.
            CorruptObjectError: an object is damaged. A clone in the cache folder is then fetched anew.
        """
        current = self._current
        if version is None and current is not None:
            hot: Hot | None = current.hot.get(name_or_uri)
            if hot is not None and (not hot.watched or hot.is_current(cache_ttl_seconds)):
                prompt = hot.prompt
                if isinstance(prompt, Split):
                    require_arguments(key, cache_ttl_seconds)
                    prompt = prompt.choose(key)
                if observers.loads:
                    observers.tell(observers.loads, prompt, self)
                return prompt
        require_arguments(key, cache_ttl_seconds)
        ref = reference(name_or_uri, version)
        try:
            prompt = self._load(ref, name_or_uri if version is None else None, key)
        except (NotFoundError, RemoteUnavailableError, CorruptObjectError) as error:
            if isinstance(error, CorruptObjectError) and self._remote is not None:
                self._remote.damaged()
            if fallback is not None:
                prompt = fallback_prompt(ref, fallback)
            elif allow_missing and isinstance(error, NotFoundError) and not isinstance(error, RegistryNotFoundError):
                return None
            else:
                raise
        if observers.loads:
            observers.tell(observers.loads, prompt, self)
        return prompt

    def _load(self, ref: PromptRef, asked: str | None, key: str | None) -> PromptVersion:
        """Load what is not at hand.

        Args:
            asked: under what to keep it at hand.
        """
        if ref.rev is not None:
            return self.at(ref.rev)._load(ref.replace(rev=None), None, key)
        observers.autostart()
        catalog = self.catalog
        if asked in catalog.absent:
            kind, message, hint = catalog.absent[asked]
            raise kind(message, hint=hint)
        try:
            found = catalog.files.steady(lambda: catalog.choices(ref))
        except NotFoundError as error:
            if asked is not None and self._remote is not None and len(catalog.absent) < KEPT_HOT:
                catalog.absent[asked] = (type(error), error.message, error.hint)
            raise
        if asked is not None:
            self._keep(asked, catalog, ref, found)
        return found.choose(key) if isinstance(found, Split) else found

    def _keep(self, asked: str, catalog: Catalog, ref: PromptRef, found: Any) -> None:
        outer = self._following.watched() if self._following else ()
        versions = found.arms if found.__class__ is Split else (found.version,)
        inner = [catalog.watched(ref, version) for version in versions]
        if outer is not None and None not in inner and self.catalog is catalog:
            if len(catalog.hot) >= KEPT_HOT:
                catalog.hot.clear()
            watched = {path: seen for rows in (outer, *inner) for path, seen in rows or ()}
            catalog.hot[asked] = Hot(found, tuple(watched.items()), self._windows.of(ref))

    def at(self, rev: str) -> Registry:
        """The registry as of a branch, tag, commit or date, pinned there. What is pinned is kept and cheap to ask again.

        Raises:
            RevisionNotFoundError: there is no such revision.
            UntrustedCommitError: it is not signed as `verify=` demands.
        """
        found = views.resolve(self._opened, rev)
        name = f"{found.commit}@{found.as_of}"
        if name not in self._pinned:
            if len(self._pinned) >= 64:
                self._pinned.clear()
            self._pinned[name] = self._pin(self._opened.at(found.commit, found.as_of), found.commit)
        return self._pinned[name]

    def snapshot(self) -> Registry:
        """The registry pinned to the commit that is read now, so that the prompts of one request fit together.

        Use it as `with registry.snapshot() as prompts:`. From the working tree it is the commit of HEAD.
        """
        if self._remote is not None:
            catalog = self._remote.catalog()
            return self._pin(catalog, catalog.files.commit)
        return self.at(self.commit or "HEAD")

    def _pin(self, catalog: Catalog, commit: str | None) -> Registry:
        pinned = Registry.__new__(Registry)
        pinned._opened, pinned._windows = self._opened, self._windows
        pinned.path, pinned.rev = self.path, commit
        pinned._pinned, pinned._following, pinned._remote = self._pinned, None, None
        pinned._current = catalog
        return pinned

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

    def _branch_name(self) -> str | None:
        if self._following is None:
            return None
        ref = self._following.ref
        return ((self._opened.repository().head_ref() or ref) if ref == "HEAD" else ref).removeprefix("refs/heads/")


def _is_remote(place: str) -> bool:
    from promptgit.remote.address import is_remote

    return is_remote(place)


def _follow(
    place: str,
    branch: str | None,
    rev: str | None,
    folder: str,
    refresh: float | None,
    timeout: float | None,
    offline: bool | None,
    verify: Verifier | None,
) -> Follower:
    from promptgit.remote import address
    from promptgit.remote.cached import CachedClone
    from promptgit.remote.follower import Follower
    from promptgit.remote.own import OwnClone
    from promptgit.remote.settings import Settings

    clone = CachedClone(address.parse(place)) if address.is_remote(place) else OwnClone(place)
    settings = Settings(refresh, timeout, offline)
    return Follower(clone, branch=branch, rev=rev, folder=folder, settings=settings, verify=verify)
