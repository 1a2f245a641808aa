"""Making a bundle of a registry: one file with all that an application needs, the same bytes for the same state."""

from __future__ import annotations

import os

from promptgit import layout
from promptgit.aliases.fixed import FixedAliases, newest_moves, targets_of
from promptgit.aliases.tags import TagAliases, parse_move
from promptgit.errors import ConflictError, GitError
from promptgit.gitrepo import bundles, tags
from promptgit.gitrepo.objects import FILE_MODE, TREE_MODE, write_durable
from promptgit.record import Record
from promptgit.remote.bundle import BundlePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.catalog import Catalog
    from promptgit.gitrepo.objects import VerifiedReader
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.gitrepo.tags import Tag
    from promptgit.registry.registry import Registry

    Object = tuple[str, str, str]

FILTER = "blob:none"
_DEADLINE_S = 600.0
_PACK = (
    "pack-objects",
    "--stdout",
    "--revs",
    "--quiet",
    "--delta-base-offset",
    # so that the bytes depend on the objects alone: not on how they are packed here, nor on what is configured
    *("--threads=1", "--no-reuse-delta", "--no-reuse-object", "--no-use-bitmap-index"),
    *("--window=10", "--depth=50", "--window-memory=0", "--compression=9"),
)


class Bundled(Record):
    """A bundle that was written.

    Attributes:
        path: the file.
        commit: what it holds.
        objects: how many git objects.
        size: in bytes.
    """

    path: str
    commit: str
    objects: int
    size: int


class Examined(Record):
    """A bundle of which every object was checked.

    Attributes:
        path: the file.
        commit: what it holds.
        folder: where the registry lies in its repository; empty at the top.
        prompts, versions, aliases: how many.
        objects: how many git objects were hashed.
        unchecked: how many were not, as they are larger than what is ever read.
        size: in bytes.
    """

    path: str
    commit: str
    folder: str
    prompts: int
    versions: int
    aliases: int
    objects: int
    unchecked: int
    size: int


def write_bundle(registry: Registry, path: str, *, history: bool = False) -> Bundled:
    """Write what a registry reads now into one file: its commit, prompts and aliases; of a working tree the commit of HEAD.

    Args:
        path: the file. It is replaced as a whole, but only if it is a bundle.
        history: all commits and all files of the repository, so that `git clone` takes the bundle.

    Raises:
        ConflictError: there is another kind of file at `path`, or aliases moved meanwhile.
        GitError: there is nothing committed, history was cut off, or an object is damaged.
        OSError: the file cannot be written; what stood there still does.
    """
    path = os.path.abspath(path)
    if os.path.lexists(path) and not bundles.is_bundle(path):
        raise ConflictError(f"{path} is there already, and no bundle", hint="Choose another name, or remove it.")
    if isinstance(registry.opened, BundlePlace):
        raise ConflictError(f"{registry.path} is a bundle already", hint="Copy the file.")
    repository = registry.repository()
    catalog = _state(registry, repository)
    commit = catalog.files.commit or ""
    branch = registry.status().branch if registry.commit else (repository.head_ref() or "").removeprefix("refs/heads/")
    refs = {"HEAD": commit, **({f"refs/heads/{branch}": commit} if branch and branch != "HEAD" else {})}
    moves = _moves(repository, catalog)
    make = _with_history if history else _alone
    content, objects = make(repository, registry.prefix, commit, refs, moves)
    write_durable(path, content, 0o644)
    return Bundled(path=path, commit=commit, objects=objects, size=len(content))


def examine(path: str, folder: str = "") -> Examined:
    """Check every object of a bundle, and that nothing of the registry is missing.

    Raises:
        CorruptObjectError: something is damaged or missing.
        RegistryNotFoundError, GitError: it is no bundle of a registry.
        InvalidDocumentError: the aliases of a prompt cannot be read.
    """
    place = BundlePlace(path, folder)
    repository = place.repository()
    commit = repository.ref_commit("HEAD") or ""
    ids = repository.reader.ids()
    for kind, oid, name in registry_objects(repository.reader, commit, place.prefix):
        repository.reader.read(oid, kind, path=name)
    catalog = place.at(commit)
    names = list(catalog.names())
    return Examined(
        path=place.path,
        commit=commit,
        folder=place.prefix.rstrip("/"),
        prompts=len(names),
        versions=sum(len(catalog.versions(name)) for name in names),
        aliases=sum(len(catalog.aliases(name)) for name in names),
        objects=len(ids),
        unchecked=repository.reader.unchecked,
        size=os.path.getsize(path),
    )


def registry_objects(reader: VerifiedReader, commit: str, prefix: str) -> Iterator[Object]:
    """Kind, id and path of what a registry is made of: trees first, as they are looked for first.

    Outside of `promptgit.yaml` and `prompts/` these are the folders on the way there only: a bundle tells no more of a
    repository than it must.
    """
    root = reader.commit(commit)["tree"]
    yield "tree", root, "/"
    folder = ""
    for part in filter(None, prefix.split("/")):
        folder += f"{part}/"
        root = reader.tree(root)[part][1]
        yield "tree", root, folder
    entries = reader.tree(root)
    mode, prompts = entries.get(layout.PROMPTS, ("", ""))
    trees = _trees(prompts, f"{prefix}{layout.PROMPTS}/", reader) if mode == TREE_MODE else {}
    yield from (("tree", oid, name) for oid, name in trees.items())
    yield "blob", entries[layout.REGISTRY_FILE][1], f"{prefix}{layout.REGISTRY_FILE}"
    for tree, name in trees.items():
        for file, (mode, oid) in reader.tree(tree).items():
            if mode == FILE_MODE:
                yield "blob", oid, f"{name}{file}"


def _trees(tree: str, name: str, reader: VerifiedReader) -> dict[str, str]:
    """Each tree once, with a path of it. Some bytes can name the same tree at a million places: they cost no more."""
    found: dict[str, str] = {}
    to_do = [(tree, name)]
    while to_do:
        oid, name = to_do.pop()
        if oid not in found:
            found[oid] = name
            inner = [(below, f"{name}{part}/") for part, (mode, below) in reader.tree(oid).items() if mode == TREE_MODE]
            to_do += reversed(inner)
    return found


def _state(registry: Registry, repository: GitRepository) -> Catalog:
    """What is bundled: what the registry reads, or what is committed of it."""
    if registry.commit is not None:
        return registry.catalog
    commit = repository.ref_commit(registry.opened.base)
    if commit is None:
        raise GitError(f"{registry.path} has no commit yet", hint="Commit first: a bundle holds what is committed.")
    return registry.opened.at(commit, pinned=False)


def _moves(repository: GitRepository, catalog: Catalog) -> list[Tag]:
    """The tags that hold the aliases of this state."""
    backend = catalog.backend
    if isinstance(backend, TagAliases):
        return backend.all_moves()
    if not isinstance(backend, FixedAliases):
        return []
    found = [tag for tag in tags.find(repository, "*@*/*") if parse_move(tag.name, tag.message)]
    if targets_of((tag.name, tag.message) for tag in found) != backend.targets:
        raise ConflictError(
            "aliases have moved meanwhile", hint="Try again. promptgit status says what is served, and why."
        )
    return found


def _alone(
    repository: GitRepository, prefix: str, commit: str, refs: dict[str, str], moves: Sequence[Tag]
) -> tuple[bytes, int]:
    """A bundle of one commit, and how many objects it has. Of each alias it holds the newest move."""
    newest = newest_moves((tag.name, tag.message) for tag in moves)
    names = {f"{name}@{alias}/{count}" for (name, alias), (count, _) in newest.items()}
    chosen = sorted((tag for tag in moves if tag.name in names), key=lambda tag: tag.name)
    targets = sorted({tag.target for tag in chosen} - {commit})
    parents = repository.reader.commit(commit).get("parent", "").split()
    found = [("tag", tag.oid) for tag in chosen]
    found += [("commit", oid) for oid in (commit, *targets)]
    found += [(kind, oid) for kind, oid, _ in registry_objects(repository.reader, commit, prefix)]
    objects = list(dict.fromkeys(found))  # one prompt may be a copy of another
    head = bundles.Head(
        algorithm=repository.algorithm,
        filter=FILTER,
        prerequisites=tuple(dict.fromkeys([*parents, *targets])),
        refs={**refs, **{f"refs/tags/{tag.name}": tag.oid for tag in chosen}},
    )
    pack = bundles.pack(repository.reader, objects, repository.algorithm)
    return b"".join([head.to_bytes(), *pack]), len(objects)


def _with_history(
    repository: GitRepository, prefix: str, commit: str, refs: dict[str, str], moves: Sequence[Tag]
) -> tuple[bytes, int]:
    """A bundle of all that a commit builds on and of the tags there, and how many objects it has."""
    if repository.is_shallow:
        raise GitError(
            "the history of this clone was cut off", hint="Fetch it (git fetch --unshallow), or leave --history out."
        )
    args = ["for-each-ref", "--format=%(objectname) %(refname)", f"--merged={commit}", "refs/tags"]
    rows = [row.split(" ", 1) for row in repository.git(args).text.split("\n") if row]
    others = {name: oid for oid, name in rows if not (moves and parse_move(name.removeprefix("refs/tags/"), ""))}
    named = {**others, **{f"refs/tags/{tag.name}": tag.oid for tag in moves}}
    head = bundles.Head(algorithm=repository.algorithm, refs={**refs, **dict(sorted(named.items()))})
    wanted = "".join(f"{oid}\n" for oid in (commit, *sorted(named.values())))
    pack = repository.git(_PACK, stdin=wanted.encode(), deadline=_DEADLINE_S).out
    return head.to_bytes() + pack, int.from_bytes(pack[8:12])
