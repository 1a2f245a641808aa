"""What tests share: real git, run as its users run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

CONFIG = "format: 1\n"


class Git:
    """The git command in one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *args: str, stdin: str | bytes | None = None, check: bool = True, **env: str) -> str:
        """Run git; return what it printed."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            input=data,
            capture_output=True,
            env={**os.environ, **env},
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {args}: {done.stderr.decode()}")
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def commit_file(self, path: str, content: str | bytes, message: str = "by hand") -> str:
        """Write, add and commit a file as a user would; return the commit."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        self("add", "--", path)
        self("commit", "-qm", message)
        return self("rev-parse", "HEAD")

    def assert_sound(self) -> None:
        """The repository is whole, and nothing lags in index or working tree."""
        self("fsck", "--strict", "--no-dangling")
        assert self("status", "--porcelain") == ""


def git_init(path: Path, *, config: str = CONFIG, bare: bool = False) -> Git:
    """A registry without prompts, made with git alone."""
    path.mkdir(parents=True)
    git = Git(path)
    git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
    if bare:
        blob = git("hash-object", "-w", "--stdin", stdin=config)
        tree = git("mktree", stdin=f"100644 blob {blob}\tpromptgit.yaml\n")
        git("update-ref", "refs/heads/main", git("commit-tree", tree, "-m", "New registry"))
    else:
        git.commit_file("promptgit.yaml", config, "New registry")
    return git
