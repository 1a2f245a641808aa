"""The one place that starts git: with a clean environment, explicit repository, safe configuration and a deadline.

Why not `git.Git.execute` of GitPython: it starts from `os.environ`, so inside a hook `GIT_DIR` answers from another
repository (https://git-scm.com/docs/githooks: hooks run with GIT_DIR set), it kills one process where git has started a
tree of them, and importing it takes 70 ms.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import signal
import subprocess
import threading

from promptgit.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MINIMUM_GIT = (2, 36)  # core.fsync; 2.35.2 brought safe.directory

# Who the user is and where their own configuration lies. Everything else that starts with GIT_ is dropped.
_KEPT = frozenset(
    [
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSL_CAINFO",
    ]
    + [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")]
)
_FIXED = {
    "LC_ALL": "C",  # messages are matched in English
    "LANGUAGE": "C",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would swap content under the same commit id
    "GIT_NO_LAZY_FETCH": "1",  # a read never goes to the network
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",  # a prompt would hang; `true` answers with nothing
    "SSH_ASKPASS": "true",
    "SSH_ASKPASS_REQUIRE": "force",
    "GIT_PAGER": "cat",
}
_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "safe.bareRepository=explicit"),  # a bare repository hidden in the tree is not used
    *("-c", "core.fsmonitor=false"),  # else a configuration file starts a program
    *("-c", "core.fsync=committed"),  # git's default leaves acknowledged commits in the page cache
    *("-c", "core.quotePath=false"),
    *("-c", "core.commitGraph=true"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "log.showSignature=false"),
    *("-c", "diff.renames=false"),
)
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
_CREDENTIALS = re.compile(
    r"(?i)(\w+://)[^/\s@'\"]+@|([?&](?:access_token|token|password|private_token|key|auth)=)[^&\s'\"]+"
)

_TROUBLES: tuple[tuple[str, str, str], ...] = (
    (
        "dubious ownership",
        "the repository belongs to another user",
        "If you trust it: git config --global --add safe.directory PATH",
    ),
    (
        "tell me who you are|unable to auto-detect email|empty ident name|no email was given",
        "git does not know who you are",
        'Run: git config --global user.name "Your Name" && git config --global user.email you@example.com',
    ),
    (
        "no space left on device|disk quota exceeded",
        "the disk is full",
        "Free some space and try again; nothing was lost.",
    ),
    (
        "file too large|died of signal 25",
        "the file size limit of this process is reached",
        "Raise it (ulimit -f) and try again.",
    ),
    (
        "read-only file system|permission denied|insufficient permission",
        "the repository cannot be written",
        "Check the owner and the mode of the repository's folder.",
    ),
    (
        "gpg failed to sign|failed to sign|couldn't sign|error: signing failed",
        "the commit could not be signed",
        "Check user.signingkey and gpg.format, or turn commit.gpgsign off.",
    ),
)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a git process: the caller's, without what a hook or a stranger may have set for git."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    return kept | _FIXED | dict(extra or {})


def redact(text: str) -> str:
    """`text` without the credentials that URLs in it carry."""
    return _CREDENTIALS.sub(lambda match: f"{match[1] or match[2]}***" + ("@" if match[1] else ""), text)


def command(
    args: Sequence[str], *, git_dir: str | None = None, work_tree: str | None = None, hooks: bool = False
) -> list[str]:
    """The whole command line for `git args`."""
    line = ["git", *_OPTIONS, *(() if hooks else _NO_HOOKS)]
    if git_dir:
        line.append(f"--git-dir={git_dir}")
    if work_tree:
        line.append(f"--work-tree={work_tree}")
    return [*line, *args]


def _verb(args: Sequence[str]) -> str:
    """The subcommand, behind the `-c` options."""
    at = 0
    while at + 2 < len(args) and args[at] == "-c":
        at += 2
    return args[at]


class KilledError(GitError):
    """Git was ended by a signal (a file size limit, the out-of-memory killer), so locks that it held may still be there."""


class DeadlineError(GitError):
    """Git did not end in time and was stopped."""


_running: dict[subprocess.Popen[bytes], int] = {}
"""What `run` waits for, and in which thread."""


def stop(thread: int | None = None) -> None:
    """End what `run` waits for now, in one thread or in all: a fetch that hangs must not outlive who started it."""
    for process, owner in list(_running.items()):
        if thread in (None, owner):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


atexit.register(stop)
os.register_at_fork(after_in_child=_running.clear)  # they are the parent's


class Completed:
    """What a git process left: `code`, `out` and `err`."""

    __slots__ = ("args", "code", "err", "out")

    def __init__(self, args: Sequence[str], code: int, out: bytes, err: str) -> None:
        self.args = args
        self.code = code
        self.out = out
        self.err = err

    @property
    def text(self) -> str:
        """Standard output as text, without the final newline."""
        return self.out.decode("utf-8", "surrogateescape").rstrip("\n")


def run(
    args: Sequence[str],
    *,
    git_dir: str | None = None,
    work_tree: str | None = None,
    cwd: str | None = None,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    deadline: float | None = 60.0,
    accept: Sequence[int] = (0,),
    hooks: bool = False,
) -> Completed:
    """Run git to its end.

    Args:
        args: the subcommand and its arguments; what came from outside stands behind `--` or `--end-of-options`.
        deadline: seconds after which the whole process group is killed; None waits for as long as it takes.
        accept: exit codes that are answers; any other raises.
        hooks: let the repository's own hooks run.

    Raises:
        GitError: git is missing, failed, or did not end in time.
    """
    line = command(args, git_dir=git_dir, work_tree=work_tree, hooks=hooks)
    process = spawn(
        line,
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
    )
    _running[process] = threading.get_ident()
    try:
        out, err = process.communicate(stdin, timeout=deadline)
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise DeadlineError(
            f"git {_verb(args)} did not end within {deadline:g} s and was stopped",
            hint="Try again, or raise the deadline.",
        ) from None
    except BaseException:
        kill_group(process)
        raise
    finally:
        _running.pop(process, None)
    done = Completed(args, process.returncode, out, redact(err.decode("utf-8", "replace")).strip())
    if done.code not in accept:
        raise failure(done)
    return done


def spawn(
    line: Sequence[str], *, cwd: str | None, env: Mapping[str, str], stdin: int, stderr: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that its helpers (ssh, index-pack) end with it."""
    try:
        return subprocess.Popen(  # noqa: S603 - the command line is built in `command`
            line, cwd=cwd, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    except FileNotFoundError:
        if cwd is not None and not os.path.isdir(cwd):
            raise GitError(f"no such folder: {cwd}") from None
        raise GitError(
            "git is not installed, or not on PATH", hint="Install git 2.36 or newer: https://git-scm.com"
        ) from None
    except OSError as error:
        raise GitError(f"git could not be started: {error}") from error


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def failure(done: Completed) -> GitError:
    """The error for a git process that failed: a known trouble in plain words, or what git said."""
    if done.code < 0:
        name = signal.Signals(-done.code).name
        why = ": the file size limit of this process is reached" if name == "SIGXFSZ" else ""
        return KilledError(f"git {_verb(done.args)} was ended by {name}{why}", stderr=done.err, hint="Try again.")
    for pattern, message, hint in _TROUBLES:
        if re.search(pattern, done.err, re.IGNORECASE):
            where = re.search("repository at '(.+)'", done.err)  # git says it of one that belongs to another user
            return GitError(message, stderr=done.err, hint=_named(hint, where[1]) if where else hint)
    said = next((line for line in done.err.splitlines() if line.startswith(("fatal:", "error:"))), done.err[:300])
    return GitError(f"git {_verb(done.args)} failed: {said or f'exit code {done.code}'}", stderr=done.err)


def _named(hint: str, path: str) -> str:
    import shlex

    return hint.replace("PATH", shlex.quote(path))


def remove_lock_made_since(lock: str, start: float) -> None:
    """Remove a lock file that a git which was killed has left. The caller holds the registry's lock.

    Args:
        start: `time.time()` from before that git was started; an older lock is somebody else's.
    """
    with contextlib.suppress(FileNotFoundError):
        if os.stat(lock).st_mtime >= start - 0.05:  # file systems stamp with a coarse clock
            os.unlink(lock)


_version_lock = threading.Lock()
_version: tuple[int, ...] | None = None


def require_version() -> None:
    """Check once in a process that git is there and new enough.

    Raises:
        GitError: it is missing or older than `MINIMUM_GIT`.
    """
    global _version
    with _version_lock:
        if _version is None:
            found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", run(["version"]).text)
            _version = tuple(int(part or 0) for part in found.groups()) if found else (0,)
    if _version < MINIMUM_GIT:
        have, need = (".".join(map(str, version)) for version in (_version, MINIMUM_GIT))
        raise GitError(
            f"git {have} is too old: promptgit needs {need} or newer", hint="Update git: https://git-scm.com"
        )
