"""Registries to measure with, made by git fast-import."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from samples import text

from promptgit import Registry, document
from promptgit.gitrepo.maintenance import update_graph


def git(path: Path, *args: str, stdin: bytes | None = None) -> None:
    """Run git."""
    subprocess.run(["git", *args], cwd=path, input=stdin, check=True, stdout=subprocess.DEVNULL)


def registry_of(folder: Path, name: str, prompts: int, versions: int) -> Registry:
    """A registry with that many prompts and versions, made once by git fast-import and then kept."""
    path = folder / name
    if not (path / ".git/promptgit/made").exists():
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main")
        git(path, "fast-import", "--quiet", stdin=b"".join(_stream(prompts, versions)))
        git(path, "reset", "-q", "--hard")
        registry = Registry(path)
        update_graph(registry.repository(), force=True)
        (path / ".git/promptgit/made").touch()
    return Registry(path)


def _stream(prompts: int, versions: int) -> list[bytes]:
    rows = [b"M 100644 inline promptgit.yaml\ndata 10\nformat: 1\n\n"]
    commits = []
    for version in range(1, versions + 1):
        for number in range(prompts):
            place = f"prompts/g{number % 50}/p{number}"
            own = f"Case {number}.{version}: {hashlib.sha256(f'{number}.{version}'.encode()).hexdigest()}\n"
            template = own + text(1000, 2, number + version)  # no two files are the same, as in life
            data = document.dump({"template": template, "tags": {"team": "abc"[number % 3]}})
            rows.append(f"M 100644 inline {place}/{version}.yaml\ndata {len(data)}\n".encode() + data + b"\n")
        who = f"Ada <ada@example.com> {1_700_000_000 + version} +0000"
        head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 3\nadd\n"
        commits.append(head.encode() + b"".join(rows))
        rows = []
    return commits
