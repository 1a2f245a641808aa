"""Opening a registry at a state: the working tree, a branch that is followed, or a commit that is pinned."""

from __future__ import annotations

import os

from promptgit import layout, stamp
from promptgit.aliases import AliasView, open_backend
from promptgit.cache import CommitFiles, TreeFiles
from promptgit.catalog import Catalog
from promptgit.config import RegistryConfig, parse_config
from promptgit.errors import RegistryNotFoundError
from promptgit.source import CommitSource, WorkingTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.cache import Files
    from promptgit.checks.policies import Facts
    from promptgit.gitrepo.repository import GitRepository, Revision
    from promptgit.model import Provenance
    from promptgit.trust import Verifier

_BRANCH = "refs/heads/"
_KEPT_ORIGINS = 10_000


def find_root(path: str) -> str | None:
    """The nearest folder upwards from `path` that has a `promptgit.yaml`."""
    folder = os.path.abspath(path)
    while not os.path.isfile(os.path.join(folder, layout.REGISTRY_FILE)):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def open_place(path: str, folder: str) -> Opened:
    """The place that a path names: a folder, a bare repository, or a bundle.

    Raises:
        RegistryNotFoundError: it is none of these.
    """
    if os.path.isfile(path):
        from promptgit.remote.bundle import BundlePlace

        return BundlePlace(path, folder)
    return Opened(path, folder)


class Opened:
    """A registry's place: where its files and its repository are. The repository is opened when it is first needed.

    Args:
        path: the registry's folder, or a bare repository.
        folder: where the registry lies in a bare repository.

    Raises:
        RegistryNotFoundError: `path` is neither.
    """

    kind = ""
    """What `Registry.status` calls it, if it is no folder and no branch."""

    base = "HEAD"
    """The revision that dates, HEAD and what is not committed go by."""

    read_only = ""
    """Why nothing can be written here; empty if it can."""

    def __init__(self, path: str, folder: str = "") -> None:
        self._set_up(os.path.abspath(path), folder)
        self.has_files = os.path.isfile(os.path.join(self.path, layout.REGISTRY_FILE))
        if not self.has_files:
            self._require_bare()

    def _set_up(self, path: str, folder: str) -> None:
        self.path = path
        self.has_files = False
        self._repository: GitRepository | None = None
        self._folder = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self.parsed: dict[tuple[str, str], Any] = {}
        self._origins: dict[tuple[str | None, str], dict[int, Provenance]] = {}
        self.verify: Verifier | None = None

    def _require_bare(self) -> None:
        if not os.path.isdir(self.path):
            raise RegistryNotFoundError(
                f"there is no registry at {self.path}",
                hint="Make one: promptgit init DIR. A remote one is opened by its URL.",
            )
        if not all(os.path.exists(os.path.join(self.path, part)) for part in ("HEAD", "objects", "refs")):
            upward = find_root(self.path)
            way = f"There is one at {upward}." if upward else f"Make one: promptgit init {self.path}"
            raise RegistryNotFoundError(f"{self.path} is not a registry: it has no {layout.REGISTRY_FILE}", hint=way)

    def repository(self) -> GitRepository:
        """The git repository.

        Raises:
            GitError: there is none, or git is not usable.
        """
        if self._repository is None:
            from promptgit.gitrepo.repository import GitRepository

            self._repository = GitRepository.open(self.path)
        return self._repository

    @property
    def prefix(self) -> str:
        """The registry's folder in the repository, `` or `path/to/it/`."""
        return self.repository().prefix + self._folder

    def close(self) -> None:
        """End the helper process, if there is one."""
        if self._repository is not None:
            self._repository.close()

    def admit(self, commit: str) -> None:
        """Called before a commit is read.

        Raises:
            UntrustedCommitError: it is not signed as it must be.
        """
        if self.verify is not None:
            self.verify.check_commit(self.repository(), commit)

    def _admit_tag(self, oid: str, name: str) -> None:
        """The same for the tag of an alias's move."""
        if self.verify is not None:
            self.verify.check_tag(self.repository(), oid, name)

    # --- states -----------------------------------------------------------------------------------------------------

    def working_tree(self) -> Catalog:
        """The files as they lie on the disk."""
        files = TreeFiles(WorkingTree(self.path))
        config = read_config(files, self.path)
        view = AliasView(files=files, repository=self.repository)
        return Catalog(files, open_backend(config.aliases, view), self._origin(None))

    def at(self, commit: str | None, as_of: float | None = None, *, pinned: bool = True) -> Catalog:
        """The files of a commit; of an empty branch if it is None."""
        return self.catalog(CommitSource(self.repository(), commit, self.prefix), as_of, pinned=pinned)[0]

    def catalog(
        self, source: CommitSource, as_of: float | None = None, *, pinned: bool = False
    ) -> tuple[Catalog, AliasBackend]:
        """A catalog over a commit, and its alias backend. `pinned` reads aliases as of that commit, not the newest."""
        files = CommitFiles(source, self.parsed)
        config = read_config(files, f"{self.path} at {source.label}")
        commit = source.commit if pinned else None
        verify = self._admit_tag if self.verify is not None else None
        view = AliasView(files=files, repository=self.repository, commit=commit, as_of=as_of, verify=verify)
        backend = open_backend(config.aliases, view)
        return Catalog(files, backend, self._origin(source.commit)), backend

    def _origin(self, commit: str | None) -> Any:
        def find(name: str, version: int) -> Provenance | None:
            return self.provenance(commit, name).get(version)

        return find

    def provenance(self, commit: str | None, name: str) -> dict[int, Provenance]:
        """Where the versions of a prompt came from, as of a commit (None: HEAD). Kept for each commit."""
        from promptgit.registry import history

        repository = self.repository()
        tip = commit or repository.ref_commit(self.base)
        key = (tip, name)
        if key not in self._origins:
            if len(self._origins) >= _KEPT_ORIGINS:  # each commit that is followed brings keys of its own
                self._origins.clear()
            former = self.at(tip).notes(name).former_names if tip else ()
            self._origins[key] = history.provenance(repository, tip, self.prefix, (name, *former))
        return self._origins[key]


class Following:
    """The newest commit of a branch, checked by some `stat` on every use."""

    def __init__(self, opened: Opened, ref: str) -> None:
        self._opened = opened
        self.ref = ref
        self._seen: tuple[tuple[str, stamp.Stamp], ...] = ()
        self._commit: str | None = None
        self._catalog: Catalog | None = None

    def catalog(self) -> Catalog:
        """The catalog of the commit that the branch points to now."""
        if self._catalog is None or not self._is_current():
            repository = self._opened.repository()
            seen = tuple((path, stamp.of_path(path)) for path in repository.ref_files(self.ref))
            commit = repository.ref_commit(self.ref)
            if self._catalog is None or commit != self._commit:
                if commit is not None:
                    self._opened.admit(commit)
                self._catalog = self._opened.at(commit, pinned=False)
                self._commit = commit
            self._seen = seen
        return self._catalog

    def watched(self) -> tuple[tuple[str, stamp.Stamp], ...] | None:
        """The stamps that prove the branch has not moved; None while they prove nothing yet."""
        return self._seen if all(stamp.settled(seen) for _, seen in self._seen) else None

    def _is_current(self) -> bool:
        return all(stamp.settled(seen) and stamp.of_path(path) == seen for path, seen in self._seen)


def follows(opened: Opened, rev: str) -> str | None:
    """The full name of the branch that `rev` names and that is to be followed, or None if it pins a commit."""
    if rev == "HEAD":
        return rev
    repository = opened.repository()
    ref = rev if rev.startswith(_BRANCH) else f"{_BRANCH}{rev}"
    return ref if repository.ref_commit(ref) else None


def resolve(opened: Opened, rev: str) -> Revision:
    """What a revision means in this registry.

    Raises:
        InvalidReferenceError: it cannot be one.
        RevisionNotFoundError: there is none of that name.
    """
    from promptgit.uri import check_rev

    rev = check_rev(rev)
    if rev[:4] == "HEAD" and rev[4:5] in ("", "~", "^"):
        rev = opened.base + rev[4:]
    found = opened.repository().resolve(rev, base=opened.base)
    opened.admit(found.commit)
    return found


def read_config(files: Files, where: str) -> RegistryConfig:
    """`promptgit.yaml` of a state.

    Raises:
        RegistryNotFoundError: there is none.
    """
    config = files.load(layout.REGISTRY_FILE, parse_config)
    if config is None:
        raise RegistryNotFoundError(
            f"{where} is not a registry: it has no {layout.REGISTRY_FILE}",
            hint="Make one: promptgit init DIR, or commit the one that is there. If it lies in a folder, name that: --folder, "
            "folder=..., or ?folder= after a promptgit: URI.",
        )
    return config


def facts(opened: Opened, way: str, commit: str | None) -> Facts:
    """What the policies need to know of a change on top of a commit that this user makes; see `checks.policies.Facts`."""
    from promptgit.checks.policies import Facts
    from promptgit.gitrepo import fast_import

    def who() -> tuple[str, ...]:
        return (fast_import.identity(opened.repository()).rpartition("<")[2].rstrip(">"),)

    def added(name: str) -> dict[int, float]:
        found = opened.provenance(commit, name)
        return {version: origin.created_at.timestamp() for version, origin in found.items()}

    return Facts(way=way, who=who, added=added, prefix=opened.prefix)
