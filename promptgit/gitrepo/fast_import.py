"""Many commits in one `git fast-import`, https://git-scm.com/docs/git-fast-import, onto a ref that nobody reads yet."""

from __future__ import annotations

import subprocess
import tempfile

from promptgit.errors import GitError
from promptgit.gitrepo import run
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptgit.gitrepo.repository import GitRepository

STAGING = "refs/promptgit/import"
"""Where an import is made; nothing reads it, and the next import forgets it."""


class NewCommit(Record):
    """A commit to make.

    Attributes:
        author: `Name <email>`.
        time: when the change was written, in seconds since the epoch.
        committed: the committer's time, in seconds since the epoch.
        message: kept byte for byte.
        files: path in the repository -> content.
    """

    author: str
    time: int
    committed: int
    message: str
    files: Mapping[str, bytes]


def identity(repository: GitRepository) -> str:
    """The user as `Name <email>`.

    Raises:
        GitError: git does not know who that is; the hint says how to tell it.
    """
    return repository.git(["var", "GIT_COMMITTER_IDENT"]).text.rsplit(" ", 2)[0]


def import_commits(
    repository: GitRepository, tip: str | None, committer: str, commits: Iterable[NewCommit]
) -> str | None:
    """Make a chain of commits on top of `tip`; return the last one's id. No branch moves.

    Args:
        tip: the commit that the first one builds on; None starts a history.
        committer: `Name <email>`.
        commits: made lazily, as git takes them in.

    Returns:
        The new tip, or None if there was no commit to make.

    Raises:
        GitError: git refused; nothing that anybody reads has changed.
    """
    discard(repository)
    line = run.command(["fast-import", "--quiet", "--done", "--date-format=raw"], git_dir=repository.git_dir)
    with tempfile.TemporaryFile() as errors:
        process = run.spawn(line, cwd=None, env=run.environment(), stdin=subprocess.PIPE, stderr=errors.fileno())
        try:
            _feed(process, _stream(tip, committer, commits))
            process.wait()
        except BaseException:
            run.kill_group(process)
            discard(repository)
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
        if process.returncode:
            errors.seek(0)
            said = run.redact(errors.read().decode("utf-8", "replace"))
            discard(repository)
            raise run.failure(run.Completed(["fast-import"], process.returncode, b"", said))
    return repository.ref_commit(STAGING)


def discard(repository: GitRepository) -> None:
    """Forget the ref that an import, finished or killed, has left."""
    repository.git(["update-ref", "-d", STAGING])


def _feed(process: subprocess.Popen[bytes], stream: Iterator[bytes]) -> None:
    if process.stdin is None:
        raise GitError("git fast-import has no standard input")
    try:
        for chunk in stream:
            process.stdin.write(chunk)
        process.stdin.close()
    except BrokenPipeError:
        return  # git ended early; its exit code and its words tell why


def _stream(tip: str | None, committer: str, commits: Iterable[NewCommit]) -> Iterator[bytes]:
    first = True
    for commit in commits:
        lines = [
            f"commit {STAGING}",
            f"author {commit.author} {commit.time} +0000",
            f"committer {committer} {commit.committed} +0000",
        ]
        yield "\n".join(lines).encode() + b"\n" + _data(commit.message.encode())
        if first and tip:
            yield f"from {tip}\n".encode()
        first = False
        for path, content in commit.files.items():
            yield b"M 100644 inline " + _quoted(path) + b"\n" + _data(content)
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


def _quoted(path: str) -> bytes:
    """A path in C's quotes: then it may hold anything."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode("utf-8", "surrogateescape") + b'"'
