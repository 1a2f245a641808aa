"""Making a registry: the repository, the files to start from, the first commit. Made whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil

from promptgit import layout
from promptgit.changeset import Changeset
from promptgit.errors import ConflictError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.changeset import TagMove
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.source import CommitSource

MESSAGE = "Start a prompt registry"
_README = "README.md"
_ON_EXAMPLES = b"## Make it yours"
# what code hosts read at a repository's top alone
_HOST_FILES = (".github/", ".gitlab-ci.yml", "CODEOWNERS")
_BARE = ("HEAD", "objects", "refs")
# what `git init` makes in a folder: `.git`, or in a bare repository its content
_GIT_NAMES = frozenset(
    [".git", *_BARE, "branches", "config", "description", "hooks", "info", "logs", "packed-refs", "promptgit"]
)


class Created(Record):
    """What `create` made.

    Attributes:
        path: the registry's folder, or the bare repository.
        commit: the commit with its first files.
        files: what that commit added, relative to the registry.
        kept: files of the template that were there already and stayed as they were.
        left_out: files of the template that would do nothing in a folder of a repository: jobs and owners for code hosts.
        own_repository: whether the repository was made too, not only a folder in one.
        warnings: what could not be done after the commit was safe.
    """

    path: str
    commit: str
    files: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    own_repository: bool
    warnings: tuple[str, ...]


def create(
    path: str, *, bare: bool = False, empty: bool = False, aliases: str = "file", message: str | None = None
) -> Created:
    """Make a registry in a folder: in a repository of its own, or in the one that the folder lies in.

    Args:
        path: the folder; it may exist, and hold other files.
        bare: make a bare repository, to be cloned and pushed to.
        empty: leave out the example prompts.
        aliases: the alias backend, a key of `promptgit.aliases.BACKENDS`.
        message: of the first commit.

    Raises:
        ConflictError: there is a registry already, or something in the way.
        GitError: git is not usable, or does not know who commits. Nothing is left behind.
    """
    from promptgit.gitrepo.create import create_repository, require_identity
    from promptgit.gitrepo.repository import GitRepository

    path = os.path.abspath(path)
    _require_free(path, bare)
    folder = _nearest_folder(path)
    require_identity(folder)
    own = bare or not _in_repository(folder)
    before = frozenset(os.listdir(path)) if os.path.isdir(path) else frozenset()
    try:
        if own:
            create_repository(path, bare=bare)
        else:
            os.makedirs(path, exist_ok=True)
        with contextlib.closing(GitRepository.open(path)) as repository:
            files = starting_files(aliases, examples=not empty)
            tags = () if empty or aliases != "tags" else _alias_tags(repository, message or MESSAGE)
            return _first_commit(path, repository, files, tags, message or MESSAGE, own)
    except BaseException:
        _undo(path, folder, before, own)
        raise


def _first_commit(
    path: str,
    repository: GitRepository,
    every: Mapping[str, bytes],
    tags: Sequence[TagMove],
    message: str,
    own: bool,
) -> Created:
    from promptgit.engine.engine import Engine
    from promptgit.source import CommitSource

    left_out = {file for file in every if repository.prefix and file.startswith(_HOST_FILES)}
    files = {file: content for file, content in every.items() if file not in left_out}
    tip = CommitSource(repository, repository.ref_commit("HEAD"), repository.prefix)
    kept = {file for file in files if os.path.lexists(os.path.join(path, file)) or tip.entry(file)}
    wanted = {file: content for file, content in files.items() if file not in kept}

    def build(_: CommitSource) -> Changeset:
        return Changeset(message=message, writes=wanted, tags=tuple(tags), creates=frozenset(wanted), note=MESSAGE)

    applied = Engine(repository, None, repository.prefix).apply(build)
    return Created(
        path=path,
        commit=applied.commit or "",
        files=tuple(sorted(wanted)),
        kept=tuple(sorted(kept)),
        left_out=tuple(sorted(left_out)),
        own_repository=own,
        warnings=applied.warnings,
    )


def starting_files(aliases: str = "file", *, examples: bool = True) -> Mapping[str, bytes]:
    """The files of a new registry: path -> content.

    Args:
        examples: with prompts to look at.
    """
    from promptgit import document, resources

    files = dict(resources.template_files())
    files |= schema_files()
    if aliases != "file":
        config = files[layout.REGISTRY_FILE]
        files[layout.REGISTRY_FILE] = document.edit(config, ["aliases"], aliases)
        files = {path: content for path, content in files.items() if not path.endswith(f"/{layout.ALIASES_FILE}")}
    if not examples:
        files = {path: content for path, content in files.items() if not path.startswith(f"{layout.PROMPTS}/")}
        files[_README] = files[_README].partition(_ON_EXAMPLES)[0].rstrip() + b"\n"
    return files


def schema_files() -> dict[str, bytes]:
    """The JSON Schemas that editors check the files with: path -> content."""
    from promptgit import resources

    return {
        f".promptgit/schemas/{kind}.schema.json": resources.schema_text(kind).encode() for kind in resources.SCHEMAS
    }


def _alias_tags(repository: GitRepository, message: str) -> tuple[TagMove, ...]:
    """The aliases of the template as alias tags."""
    from promptgit import resources
    from promptgit.aliases import AliasView
    from promptgit.aliases.file import parse_aliases
    from promptgit.aliases.tags import TagAliases
    from promptgit.cache import CommitFiles
    from promptgit.source import CommitSource

    files = CommitFiles(CommitSource(repository, None), {})
    backend = TagAliases(AliasView(files=files, repository=lambda: repository))
    tags: list[TagMove] = []
    for path, content in resources.template_files():
        found = layout.parse_path(path)
        if found is not None and found.file == layout.ALIASES_FILE:
            for alias, target in parse_aliases(content, path).items():
                tags += backend.edit(found.name, alias, target, message).tags
    return tuple(tags)


def _require_free(path: str, bare: bool) -> None:
    from promptgit.registry.views import find_root

    if os.path.lexists(path) and not os.path.isdir(path):
        raise ConflictError(f"{path} is not a folder")
    above = find_root(path)
    if above == path:
        raise ConflictError(f"{path} is a registry already", hint=f"See what is in it: promptgit -C {path} list")
    if above is not None:
        raise ConflictError(f"{path} lies inside the registry {above}", hint="Make it beside that one.")
    if bare and os.path.isdir(path) and os.listdir(path):
        raise ConflictError(f"{path} is not empty", hint="Name a folder that does not exist yet, such as prompts.git.")
    if not bare and all(os.path.exists(os.path.join(path, part)) for part in _BARE):
        raise ConflictError(f"{path} is a bare repository", hint="Clone it, and make the registry in the clone.")


def _in_repository(folder: str) -> bool:
    from promptgit.errors import GitError
    from promptgit.gitrepo.run import run

    try:
        return run(["rev-parse", "--is-inside-work-tree"], cwd=folder).text == "true"
    except GitError as error:
        if "not a git repository" in error.stderr:
            return False
        raise


def _nearest_folder(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _undo(path: str, folder: str, before: frozenset[str], own: bool) -> None:
    """Remove what a creation that failed has made, and nothing else.

    In somebody's repository the engine leaves nothing behind, so that only empty folders are to go.
    """
    if own:
        for name in {file.partition("/")[0] for file in starting_files()} | _GIT_NAMES:
            if name not in before:
                _remove(os.path.join(path, name))
    while path != folder:
        try:
            os.rmdir(path)
        except OSError:
            return
        path = os.path.dirname(path)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
