"""Is a registry sound? Its repository, its files, and what a killed process may have left behind.

Each examination is a function that yields problems. To add one, write it and list it in `EXAMINATIONS`.
"""

from __future__ import annotations

import os
import stat
import time

from promptgit import layout
from promptgit.changeset import Changeset
from promptgit.errors import GitError
from promptgit.gitrepo import fast_import, maintenance
from promptgit.problems import ERROR, WARNING, Problem
from promptgit.registry.checking import Scope, prepare
from promptgit.registry.create import schema_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry

    Examination = Callable[[Registry], Iterator[Problem]]

_STALE_S = 10.0
_LOCKS = ("index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock")
_ATTRIBUTES = ("text", "eol", "ident", "filter", "working-tree-encoding")


def examine(registry: Registry) -> list[Problem]:
    """What is wrong, most important places first."""
    try:
        registry.repository()
    except GitError as error:
        return [Problem(code="git", message=error.message, hint=error.hint or "")]
    return [problem for examination in EXAMINATIONS for problem in examination(registry)]


def fix(registry: Registry) -> list[str]:
    """Mend what can be mended without losing anything; returns sentences that say what was done."""
    repository, done = registry.repository(), []
    engine = registry.engine()
    if engine.pending():
        left = engine.repair()
        done += [] if left else ["brought files and index in step with the branch after a write that was cut off"]
    with engine.locked():
        for path in _stale_locks(repository):
            os.unlink(path)
            done.append(f"removed the lock {os.path.basename(path)} that a killed git had left")
        for path in _leftovers(repository):
            os.unlink(path)
            done.append(f"removed {os.path.basename(path)}, left by a killed process")
        if _has_import_ref(repository):
            fast_import.discard(repository)
            done.append("forgot an import that was cut off")
    if maintenance.lag(repository) > maintenance.GRAPH_LAG:
        maintenance.update_graph(repository, force=True)
        done.append("wrote the commit graph with changed paths, so that histories are quick")
    if _other_schemas(registry) and registry.apply(_renew_schemas).changed:
        done.append("committed the JSON Schemas of this promptgit, with which editors check the files")
    return done


# --- the repository -------------------------------------------------------------------------------------------------


def _identity(registry: Registry) -> Iterator[Problem]:
    try:
        fast_import.identity(registry.repository())
    except GitError as error:
        yield Problem(code="git-identity", severity=WARNING, message=error.message, hint=error.hint or "")


def _operation(registry: Registry) -> Iterator[Problem]:
    what = registry.repository().operation()
    if what:
        yield Problem(
            code="git-operation", message=f"{what} is under way: nothing can be written", hint="See git status"
        )


def _unfinished(registry: Registry) -> Iterator[Problem]:
    repository = registry.repository()
    mend = "Run: promptgit doctor --fix"
    if registry.rev is None and registry.engine().pending():
        yield Problem(code="write-cut-off", message="a write was cut off: files may lag behind the branch", hint=mend)
    for path in _stale_locks(repository):
        yield Problem(code="stale-lock", message=f"{path} was left by a git that was killed", hint=mend)
    for path in _leftovers(repository):
        yield Problem(code="leftover", severity=WARNING, message=f"{path} was left by a killed process", hint=mend)
    if _has_import_ref(repository):
        yield Problem(code="leftover", severity=WARNING, message="an import was cut off", hint=mend)


def _graph(registry: Registry) -> Iterator[Problem]:
    if maintenance.lag(registry.repository()) > maintenance.GRAPH_LAG:
        yield Problem(
            code="commit-graph",
            severity=WARNING,
            message="the commit graph lacks changed paths: the history of a prompt takes seconds",
            hint="Run: promptgit doctor --fix",
        )


def _attributes(registry: Registry) -> Iterator[Problem]:
    """Settings that would change the bytes of prompts on their way to the working tree."""
    repository = registry.repository()
    if repository.work_tree is None:
        return
    sample = f"{registry.prefix}{layout.PROMPTS}/x/1.yaml"
    found = repository.git(["check-attr", "-z", *_ATTRIBUTES, "--", sample]).out.decode("utf-8", "replace").split("\0")
    for name, value in zip(found[1::3], found[2::3], strict=False):
        if value not in ("unset", "unspecified"):
            yield Problem(
                code="attributes",
                severity=WARNING,
                path=".gitattributes",
                message=f"the attribute {name} changes the bytes of prompts on their way",
                hint="Add: prompts/** -text -ident -filter -working-tree-encoding",
            )


def _stale_locks(repository: GitRepository) -> list[str]:
    """Locks older than any git would hold them."""
    paths = [os.path.join(folder, name) for folder in {repository.git_dir, repository.common_dir} for name in _LOCKS]
    for folder, _, files in os.walk(os.path.join(repository.common_dir, "refs")):
        paths += [os.path.join(folder, name) for name in files if name.endswith(".lock")]
    return [path for path in sorted(paths) if _age(path) > _STALE_S]


def _leftovers(repository: GitRepository) -> list[str]:
    found = [
        os.path.join(repository.git_dir, name)
        for name in os.listdir(repository.git_dir)
        if name.startswith("promptgit-index-")
    ]
    if repository.work_tree:
        for folder, _, files in os.walk(os.path.join(repository.work_tree, repository.prefix, layout.PROMPTS)):
            found += [os.path.join(folder, name) for name in files if name.startswith(layout.TEMPORARY)]
    return [path for path in found if _age(path) > _STALE_S]


def _has_import_ref(repository: GitRepository) -> bool:
    return repository.ref_commit(fast_import.STAGING) is not None


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return 0.0


# --- the files ------------------------------------------------------------------------------------------------------


def _schemas(registry: Registry) -> Iterator[Problem]:
    """Copies that came with an older promptgit: an editor underlines what is valid by now."""
    for path in _other_schemas(registry):
        yield Problem(
            code="schema-copy",
            severity=WARNING,
            path=path,
            message="this copy for editors is not the JSON Schema of this promptgit",
            hint="If this promptgit is the newer one, run: promptgit doctor --fix",
        )


def _other_schemas(registry: Registry) -> list[str]:
    """Copies that differ; one that somebody has removed is not missed."""
    files = registry.catalog.files
    return [path for path, content in schema_files().items() if files.read(path) not in (content, None)]


def _renew_schemas(catalog: Catalog, aliases: AliasBackend) -> Changeset:
    there = {path: content for path, content in schema_files().items() if catalog.files.read(path) is not None}
    return Changeset(message="Renew the JSON Schemas for editors", writes=there)


def _checks(registry: Registry) -> Iterator[Problem]:
    """What `promptgit check --history` finds; and what is committed as a link or a program, where the files are not."""
    yield from registry.check(history=True)
    if registry.rev is None and registry.repository().ref_commit("HEAD"):
        yield from prepare(registry.at("HEAD"), Scope(only=frozenset(["file-mode"]))).problems()


def _mode(registry: Registry) -> Iterator[Problem]:
    """A registry that everybody may write to is nobody's."""
    if registry.rev is None and os.stat(registry.path).st_mode & stat.S_IWOTH:
        hint = f"Run: chmod o-w {registry.path}"
        yield Problem(
            code="folder-mode", severity=WARNING, message="every user of this machine may write here", hint=hint
        )


EXAMINATIONS: tuple[Examination, ...] = (
    _unfinished,
    _operation,
    _identity,
    _mode,
    _attributes,
    _schemas,
    _checks,
    _graph,
)

__all__ = ["ERROR", "EXAMINATIONS", "examine", "fix"]
