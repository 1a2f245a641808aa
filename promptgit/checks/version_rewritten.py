"""A commit in the past changed a version.

`--history` walks the whole history and reports each commit that changed a version after it had been committed, or
removed one without a tombstone. What an application was served at the time may differ from what the number means now.

The past cannot be mended. Restore the first text if it still matters, register the later one as a new version, and
protect the branch with the pre-receive hook: `promptgit hook pre-receive -h`.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.gitrepo.repository import GitRepository


def check_history(repository: GitRepository, tip: str, prefix: str) -> Iterator[Problem]:
    """See the manual above."""
    args = ["log", "-z", "--diff-filter=MT", "--no-renames", "--name-only", "--format=%x01%h", "--end-of-options", tip]
    done = repository.git([*args, "--", f"{prefix}{layout.PROMPTS}"], deadline=300.0)
    for row in done.out.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        commit, _, names = row.partition("\0")
        for full in names.strip("\n\0").split("\0"):
            path = full.strip("\n").removeprefix(prefix)
            found = layout.parse_path(path)
            if found is not None and found.version:
                hint = f"See git show {commit}. Restore it, and register the change: promptgit new {found.name}"
                message = f"commit {commit} changed the version"
                yield Problem(code="version-rewritten", path=path, message=message, hint=hint)
