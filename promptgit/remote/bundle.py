"""A registry's place that is a bundle: one file, verified as it is read, and no git needed.

What a bundle does not tell is None or refused: who made a version, when and why stands in commits that it need not hold.
"""

from __future__ import annotations

import os

from promptgit import layout
from promptgit.cache import CommitFiles
from promptgit.catalog import Catalog
from promptgit.errors import GitError, RegistryNotFoundError
from promptgit.gitrepo.bundles import BundleRepository, is_bundle
from promptgit.gitrepo.objects import FILE_MODE, TREE_MODE
from promptgit.registry.views import Opened, read_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.model import Provenance
    from promptgit.source import CommitSource

__all__ = ["BundlePlace", "is_bundle"]


class BundlePlace(Opened):
    """Reads a bundle, whether `promptgit bundle` made it or `git bundle create`.

    Args:
        path: the file.
        folder: where the registry lies in the repository. Left out, it is looked for: at the top, else wherever there is a
            `promptgit.yaml`, if there is one only.

    Raises:
        RegistryNotFoundError: there is no such file, it is no bundle, or there is no registry in it.
        CorruptObjectError: it is damaged.
        GitError: it cannot be read.
    """

    kind = "bundle"
    read_only = "a bundle is read-only"

    def __init__(self, path: str, folder: str = "") -> None:
        self._set_up(os.path.abspath(path), folder)
        if not os.path.isfile(self.path):
            raise RegistryNotFoundError(f"there is no bundle at {self.path}", hint="promptgit bundle makes one.")
        if not is_bundle(self.path):
            raise RegistryNotFoundError(
                f"{self.path} is no registry: it is a file, and not a bundle", hint="promptgit bundle makes one."
            )
        self._bundle = BundleRepository(self.path)
        if not self._folder:
            self._folder = self._find_folder()

    def repository(self) -> BundleRepository:
        """See `Opened.repository`."""
        return self._bundle

    def close(self) -> None:
        """See `Opened.close`. What was read from the file is kept, so that the registry stays usable."""
        self._bundle.close()

    def catalog(
        self, source: CommitSource, as_of: float | None = None, *, pinned: bool = False
    ) -> tuple[Catalog, AliasBackend]:
        """See `Opened.catalog`. Aliases in tags are those that the bundle was made with."""
        files = CommitFiles(source, self.parsed)
        if read_config(files, f"{self.path} at {source.label}").aliases != "tags":
            return super().catalog(source, as_of, pinned=pinned)
        from promptgit.remote.bundle_aliases import BundleAliases

        backend = BundleAliases(self._bundle, source.commit, as_of, self.verify)
        return Catalog(files, backend, self._origin(source.commit)), backend

    def provenance(self, commit: str | None, name: str) -> dict[int, Provenance]:
        """See `Opened.provenance`: a bundle does not tell."""
        return {}

    def _find_folder(self) -> str:
        names = [] if "HEAD" in self._bundle.head.refs else self._bundle.head.refs
        commit = self._bundle.tip() or next(filter(None, map(self._bundle.ref_commit, names)), None)
        if commit is None:
            raise RegistryNotFoundError(f"{self.path} holds no commit", hint="promptgit bundle makes one that does.")
        root = self._bundle.reader.commit(commit)["tree"]
        if root not in self._bundle.reader:
            raise GitError(
                f"{self.path} holds only what changed between two commits",
                hint="Make a bundle that stands alone: promptgit bundle",
            )
        found = list(self._folders(root))
        if len(found) == 1 or "" in found:
            return "" if "" in found else found[0]
        if not found:
            raise RegistryNotFoundError(f"{self.path} is not a registry: it has no {layout.REGISTRY_FILE}")
        known = ", ".join(sorted(found)[:8])
        raise RegistryNotFoundError(
            f"{self.path} holds {len(found)} registries", hint=f"Name one with folder=. There are: {known}."
        )

    def _folders(self, root: str) -> Iterator[str]:
        """The folders with a `promptgit.yaml`, not looking further below one, nor where the bundle has no trees."""
        seen, to_do = set(), [(root, "")]
        while to_do:
            tree, folder = to_do.pop()
            entries = self._bundle.reader.tree(tree)
            if entries.get(layout.REGISTRY_FILE, ("", ""))[0] == FILE_MODE:
                yield folder
                continue
            for name, (mode, oid) in entries.items():
                if mode == TREE_MODE and oid not in seen and oid in self._bundle.reader:
                    seen.add(oid)
                    to_do.append((oid, f"{folder}{name}/"))
