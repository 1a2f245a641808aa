"""Is a registry sound? Its repository, its files, and what a killed process may have left behind.

Each examination is a function that yields problems. To add one, write it and list it in `EXAMINATIONS`.
"""

from __future__ import annotations

import os
import stat
import time
import unicodedata

from promptgit import layout
from promptgit.errors import GitError, InvalidDocumentError, InvalidReferenceError, PromptGitError, TemplateError
from promptgit.gitrepo import fast_import, maintenance
from promptgit.problems import ERROR, WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
            found += [os.path.join(folder, name) for name in files if name.startswith(".promptgit-tmp-")]
    return [path for path in found if _age(path) > _STALE_S]


def _has_import_ref(repository: GitRepository) -> bool:
    return repository.ref_commit(fast_import.STAGING) is not None


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return 0.0


# --- the files ------------------------------------------------------------------------------------------------------


def _odd_files(registry: Registry) -> Iterator[Problem]:
    """What no registry holds: links, programs, names that some file system cannot carry."""
    repository = registry.repository()
    top = f"{registry.prefix}{layout.PROMPTS}"
    tip = registry.commit or repository.ref_commit("HEAD")
    if tip is None:
        return
    listed = repository.git(["ls-tree", "-r", "-z", "--end-of-options", tip, "--", top]).out
    kinds = {"120000": "a symbolic link", "160000": "a submodule", "100755": "an executable"}
    folders: dict[str, str] = {}
    for row in listed.decode("utf-8", "surrogateescape").split("\0"):
        if not row:
            continue
        fields, _, full = row.partition("\t")
        mode, path = fields.split(" ")[0], full.removeprefix(registry.prefix)
        if mode != "100644":
            hint = "Only plain files are loaded: make it one, or remove it."
            yield Problem(code="file-mode", path=path, message=f"it is {kinds.get(mode, mode)}", hint=hint)
        elif layout.parse_path(path) is None:
            hint = "Versions are called 1.yaml, 2.yaml and so on; beside them stand aliases.yaml and prompt.yaml alone."
            yield Problem(code="file-name", path=path, severity=WARNING, message="it is no file of a prompt", hint=hint)
        folder = path.rpartition("/")[0]
        twin = folders.setdefault(unicodedata.normalize("NFC", folder).casefold(), folder)
        if twin != folder:
            hint = "On macOS and Windows they are one folder: rename one of them with promptgit rename."
            yield Problem(
                code="name-twin", path=path, message=f"its folder differs from {twin} only by case", hint=hint
            )


def _edited(registry: Registry) -> Iterator[Problem]:
    """Committed versions that were changed in the working tree."""
    repository = registry.repository()
    if registry.rev is not None or repository.work_tree is None or repository.ref_commit("HEAD") is None:
        return
    # not diff-index: it takes entries without stat data, as ours are until git looks at them, for changed
    args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--"]
    rows = repository.git([*args, f"{registry.prefix}{layout.PROMPTS}"]).out.decode("utf-8", "surrogateescape")
    for row in filter(None, rows.split("\0")):
        status, full = row[:2], row[3:]
        path = full.removeprefix(registry.prefix)
        found = layout.parse_path(path)
        if found is None or not found.version or "A" in status:
            continue
        verb = "removed" if "D" in status else "changed"
        hint = f"Take it back: git restore --staged --worktree {full}. Then register a new version: promptgit new {found.name}"
        yield Problem(code="version-changed", path=path, message=f"a committed version was {verb}", hint=hint)


def _rewritten(registry: Registry) -> Iterator[Problem]:
    """Versions that a commit changed after they had been committed."""
    tip = registry.commit or registry.repository().ref_commit("HEAD")
    if tip is None:
        return
    args = ["log", "-z", "--diff-filter=MT", "--no-renames", "--name-only", "--format=%x01%h", "--end-of-options", tip]
    done = registry.repository().git([*args, "--", f"{registry.prefix}{layout.PROMPTS}"], deadline=300.0)
    for row in done.out.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        commit, _, names = row.partition("\0")
        for full in names.strip("\n\0").split("\0"):
            path = full.strip("\n").removeprefix(registry.prefix)
            found = layout.parse_path(path)
            if found is not None and found.version:
                hint = f"See git show {commit}. Restore it, and register the change: promptgit new {found.name}"
                yield Problem(
                    code="version-rewritten", path=path, message=f"commit {commit} changed the version", hint=hint
                )


def _documents(registry: Registry) -> Iterator[Problem]:
    """Every file of every prompt: does it parse, is it valid, and does it fit the others?"""
    from promptgit import document, schema

    catalog = registry.catalog
    config = catalog.files.read(layout.REGISTRY_FILE) or b""
    yield from schema.validate("promptgit", document.parse(config, layout.REGISTRY_FILE), config, layout.REGISTRY_FILE)
    for folder, name in _prompt_folders(catalog):
        try:
            layout.check_name(name)
        except InvalidReferenceError as error:
            yield Problem(code="name", path=folder, message=error.message, hint=error.hint or "")
            continue
        yield from _prompt_files(catalog, folder, name)
        yield from _numbers(catalog, name)


def _prompt_folders(catalog: Catalog, folder: str = layout.PROMPTS, name: str = "") -> Iterator[tuple[str, str]]:
    entries = catalog.files.entries(folder)
    if name and not all(entries.values()):
        yield folder, name
    for part, is_folder in sorted(entries.items()):
        if is_folder:
            yield from _prompt_folders(catalog, f"{folder}/{part}", f"{name}.{part}" if name else part)


def _prompt_files(catalog: Catalog, folder: str, name: str) -> Iterator[Problem]:
    from promptgit import document, schema

    for file in sorted(catalog.files.entries(folder)):
        found = layout.parse_path(f"{folder}/{file}")
        if found is None:
            continue
        kind = "version" if found.version else "aliases" if file == layout.ALIASES_FILE else "prompt"
        path = f"{folder}/{file}"
        data = catalog.files.read(path) or b""
        try:
            yield from schema.validate(kind, document.parse(data, path, empty_ok=not found.version), data, path)
            if found.version:
                _ = catalog.body(name, found.version).formatter
        except InvalidDocumentError as error:
            yield from error.problems
        except TemplateError as error:
            line, column = document.locate(data, ["template"])
            hint = error.hint or "A committed version stays as it is: register a new one."
            yield Problem(code="template", path=path, line=line, column=column, message=error.message, hint=hint)
        except PromptGitError as error:
            yield Problem(code="unreadable", path=path, message=error.message, hint=error.hint or "")


def _numbers(catalog: Catalog, name: str) -> Iterator[Problem]:
    """Gaps in the numbers, and aliases that lead nowhere."""
    try:
        versions, deleted, aliases = catalog.versions(name), catalog.notes(name).deleted, catalog.aliases(name)
    except InvalidDocumentError:
        return  # told where the file itself was read
    highest = max([0, *versions, *deleted])
    for version in sorted(set(range(1, highest)) - set(versions) - set(deleted)):
        path = layout.version_path(name, version)
        hint = f"If it was deleted: promptgit delete {name}/{version} from a state that has it leaves a tombstone."
        yield Problem(code="version-gap", path=path, severity=WARNING, message="the number is skipped", hint=hint)
    for alias, target in sorted(aliases.items()):
        for version in target.versions:
            if version not in versions:
                what = "was deleted" if version in deleted else "does not exist"
                hint = f"Move it: promptgit alias set {name} {alias} VERSION"
                message = f"{alias} leads to version {version}, which {what}"
                yield Problem(code="alias-target", path=layout.aliases_path(name), message=message, hint=hint)


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
    _odd_files,
    _edited,
    _rewritten,
    _documents,
    _graph,
)

__all__ = ["ERROR", "EXAMINATIONS", "examine", "fix"]
