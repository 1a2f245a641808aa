"""Making commits and moving branches: the verbs of a write, each one process and each durable when it returns."""

from __future__ import annotations

import contextlib
import os
import re
import time
import weakref

from promptgit import stamp
from promptgit.errors import ConflictError, GitError
from promptgit.gitrepo.objects import sync
from promptgit.gitrepo.run import KilledError, remove_lock_made_since
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.gitrepo.repository import GitRepository

_MOVED = re.compile(r"but expected|reference already exists|reference is missing|cannot lock ref .*unable to resolve")
_LOCKED = re.compile(r"Unable to create '(.+\.lock)': File exists")
_STALE_LOCK_S = 10.0
_COMMIT_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")


_settings: weakref.WeakKeyDictionary[GitRepository, tuple[tuple[stamp.Stamp, ...], tuple[str, bool]]]
_settings = weakref.WeakKeyDictionary()


class RefMovedError(ConflictError):
    """The branch is no longer where it was: the caller builds its change again on the new tip."""


class CommitSettings(Record):
    """What the user's configuration asks of a commit.

    Attributes:
        hooks: commit hooks are set up and would run on `git commit`.
        sign: `commit.gpgSign` is on.
    """

    hooks: bool
    sign: bool


def commit_settings(repository: GitRepository) -> CommitSettings:
    """Read the user's configuration for commits, anew whenever one of its files has changed."""
    files = _config_files(repository)
    stamps = tuple(stamp.of_path(path) for path in files)
    known = _settings.get(repository)
    if known is None or known[0] != stamps or not all(map(stamp.settled, stamps)):
        known = _settings[repository] = (stamps, _read_config(repository))
    hooks_dir, sign = known[1]
    hooks = any(os.access(os.path.join(hooks_dir, name), os.X_OK) for name in _COMMIT_HOOKS)
    return CommitSettings(hooks=hooks and repository.work_tree is not None, sign=sign)


def _config_files(repository: GitRepository) -> list[str]:
    """Where git reads configuration, https://git-scm.com/docs/git-config#FILES. Included files are not followed."""
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [
        os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig",
        os.environ.get("GIT_CONFIG_GLOBAL") or os.path.expanduser("~/.gitconfig"),
        os.path.join(xdg, "git", "config"),
        os.path.join(repository.common_dir, "config"),
        os.path.join(repository.git_dir, "config.worktree"),
    ]


def _read_config(repository: GitRepository) -> tuple[str, bool]:
    """The folder of the hooks, and whether to sign."""
    asked = "^(core\\.hookspath|commit\\.gpgsign)$"
    done = repository.git(["config", "-z", "--get-regexp", asked], accept=(0, 1), hooks=True)
    values = dict(row.partition("\n")[::2] for row in done.out.decode("utf-8", "surrogateescape").split("\0") if row)
    folder = os.path.expanduser(values.get("core.hookspath") or os.path.join(repository.common_dir, "hooks"))
    sign = values.get("commit.gpgsign", "false").lower() in ("", "true", "yes", "on", "1")
    return os.path.join(repository.work_tree or repository.git_dir, folder), sign


def make_commit(
    repository: GitRepository,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    sign: bool = False,
    env: Mapping[str, str] | None = None,
) -> str:
    """Write a commit object with the user's identity; return its id. No branch moves.

    Args:
        env: GIT_AUTHOR_NAME and the like, where the author is another.
    """
    args = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", *(["-S"] if sign else []), "-F", "-"]
    for parent in parents:
        args += ["-p", parent]
    text = message.rstrip() + "\n"
    done = repository.git([*args, tree], stdin=text.encode(), env=dict(env or {}), deadline=None if sign else 60.0)
    commit = done.text
    with contextlib.suppress(FileNotFoundError):  # core.fsync has flushed the file; its folder is ours to flush
        sync(os.path.join(repository.common_dir, "objects", commit[:2]))
    return commit


def move_ref(repository: GitRepository, ref: str, new: str, old: str | None, reason: str) -> None:
    """Move a branch from `old` (None: it must not exist) to `new`, or raise. Durable when it returns.

    A lock file that a killed git left on the ref is taken over once it is 10 s old: the caller holds the registry's lock,
    and git holds ref locks for milliseconds.

    Raises:
        RefMovedError: the branch is not at `old`.
    """
    args = ["update-ref", "-m", f"promptgit: {reason}", ref, new, old or repository.null_id]
    end = time.monotonic() + _STALE_LOCK_S + 4
    while True:
        start = time.time()
        try:
            repository.git(args)
            break
        except KilledError:
            for lock in (
                os.path.join(repository.common_dir, f"{ref}.lock"),
                os.path.join(repository.git_dir, "HEAD.lock"),
            ):
                remove_lock_made_since(lock, start)
            if repository.ref_commit(ref) == new:
                break
            raise
        except GitError as error:
            if _MOVED.search(error.stderr):
                raise RefMovedError(f"{ref} moved while this was written") from None
            locked = _LOCKED.search(error.stderr)
            if not locked or time.monotonic() > end:
                raise
            _take_over(locked[1])
            time.sleep(0.02)
    with contextlib.suppress(OSError):  # core.fsync has flushed the file; in a reftable there is no folder
        sync(os.path.dirname(os.path.join(repository.common_dir, ref)))


def _take_over(lock: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if time.time() - os.stat(lock).st_mtime > _STALE_LOCK_S:
            os.unlink(lock)


def commit_with_hooks(
    repository: GitRepository,
    tip: str | None,
    changes: Mapping[str, str | None],
    message: str,
    *,
    base: str = "",
    author: Mapping[str, str] | None = None,
) -> None:
    """Commit on HEAD as `git commit` does, hooks and signing included, from an index of its own.

    The files must lie in the working tree already, where hooks look for them. `git commit --only` would take their
    content through the user's filters (autocrlf, ident); this commits the blobs themselves.

    Args:
        base: see `Changeset.base`.
        author: see `make_commit`.

    Raises:
        RefMovedError: HEAD moved meanwhile.
        GitError: a hook refused; its output is in `stderr`.
    """
    index = os.path.join(repository.git_dir, f"promptgit-index-{os.getpid()}")
    env = {"GIT_INDEX_FILE": index, **(author or {})}
    if base:
        env["PROMPTGIT_BASE"] = base  # the hook may be promptgit check
    rows = "".join(
        f"100644 {blob} 0\t{path}\0" if blob else f"0 {repository.null_id} 0\t{path}\0"
        for path, blob in changes.items()
    )
    try:
        repository.git(["read-tree", tip or "--empty"], env=env)
        repository.git(["update-index", "-z", "--index-info"], stdin=rows.encode("utf-8", "surrogateescape"), env=env)
        args = ["-c", "i18n.commitEncoding=UTF-8", "commit", "--quiet", "--cleanup=verbatim", "-F", "-"]
        repository.git(args, stdin=(message.rstrip() + "\n").encode(), env=env, deadline=None, hooks=True)
    except GitError as error:
        if _MOVED.search(error.stderr):
            raise RefMovedError("HEAD moved while this was written") from None
        said = error.stderr.strip() or "it said nothing"
        raise GitError(
            f"git commit was refused: {said}",
            stderr=error.stderr,
            hint="A commit hook decides this; nothing was written.",
        ) from None
    finally:
        for path in (index, f"{index}.lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
