"""A server to push to, whose pre-receive hook answers fast.

Git runs the real hook, in its quarantine, with what it sets up for hooks. But a new Python process for each of a hundred
pushes would take most of the time, so the hook hands all that it was given to a process that has everything imported, and
that one forks.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support import Git

ROOT = Path(__file__).parents[2]
_HOOK = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    given = [os.getcwd(), dict(os.environ), sys.stdin.read(), {options!r}]
    server.sendall(json.dumps(given).encode() + b"\\n")
    said = b"".join(iter(lambda: server.recv(65536), b""))
text, _, code = said.rpartition(b"\\0")
sys.stderr.buffer.write(text)
sys.exit(int(code or 1))
"""


def serve(address: str) -> None:
    """Answer hooks, one process for each, until killed."""
    from promptgit import checks
    from promptgit.gitrepo import run

    for name in checks.CHECKS:
        checks.module_of(name)
    for module in ("promptgit.cli.commands.hook", "promptgit.hooks.pre_receive"):
        importlib.import_module(module)
    run.require_version()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while True:
            connection = server.accept()[0]
            if os.fork() == 0:
                _answer(connection)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)


def _answer(connection: socket.socket) -> None:
    """Be the hook that git has started: its folder, its environment, its streams."""
    from promptgit.cli.main import run

    with connection.makefile("rb") as given:
        folder, environ, stdin, options = json.loads(given.readline())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    with tempfile.TemporaryFile() as file:
        file.write(stdin.encode("utf-8", "surrogateescape"))
        file.seek(0)
        os.dup2(file.fileno(), 0)
        os.dup2(connection.fileno(), 1)
        os.dup2(connection.fileno(), 2)
        code = run(["hook", "pre-receive", *options])
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(b"\0%d" % code)
    os._exit(0)


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    """Start the answering process; gives its address, which has to be short."""
    folder = tempfile.mkdtemp(prefix="receive-")
    address = os.path.join(folder, "hook")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, __file__, address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths})
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield address
    finally:
        process.kill()
        process.communicate()
        shutil.rmtree(folder)


def install(server: Path, address: str, *options: str) -> None:
    """Put the hook into a bare repository."""
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK.format(python=sys.executable, address=address, options=options))
    hook.chmod(0o755)


class Pushed:
    """What a push came to."""

    def __init__(self, code: int, said: str) -> None:
        self.taken = code == 0
        self.said = said

    def __repr__(self) -> str:
        return f"{'taken' if self.taken else 'refused'}\n{self.said}"


class Clone(Git):
    """Somebody's clone of a server, and what they do in it."""

    def __init__(self, path: Path, server: Path) -> None:
        super().__init__(path)
        self.server = Git(server)

    def push(self, *args: str, **env: str) -> Pushed:
        """Push over git's own transport."""
        done = subprocess.run(
            ["git", "push", "--porcelain", "origin", *args],
            cwd=self.path,
            capture_output=True,
            env={**os.environ, **env},
            check=False,
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        return Pushed(done.returncode, "\n".join(line.removeprefix("remote: ").rstrip() for line in said.splitlines()))

    def refs(self) -> str:
        """All refs of the server."""
        return self.server("for-each-ref", "--format=%(refname) %(objectname)")

    # --- what people do ---------------------------------------------------------------------------------------------

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file and add it."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        self("add", "--", path)

    def commit(self, message: str) -> str:
        """Commit what is added."""
        self("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self) -> str:
        """The commit that HEAD is at."""
        return self("rev-parse", "HEAD")

    def version(
        self, number: int, text: str = "Answer {{question}} once more.\n", name: str = "support/refunds"
    ) -> str:
        """Write and commit a version."""
        self.write(f"prompts/{name}/{number}.yaml", f"template: |\n  {text}")
        return self.commit(f"{name} {number}")

    def aliases(self, name: str = "support/refunds", **targets: int) -> str:
        """Write and commit all aliases of a prompt."""
        lines = (f"{alias}: {version}\n" for alias, version in sorted(targets.items()))
        self.write(f"prompts/{name}/aliases.yaml", "\n".join(lines))
        return self.commit(f"{name}: {targets}")

    def notes(self, text: str, name: str = "support/refunds") -> None:
        """Write what `prompt.yaml` says."""
        self.write(f"prompts/{name}/prompt.yaml", text)

    def remove(self, *paths: str) -> None:
        """Remove files."""
        self("rm", "-rqf", "--", *paths)

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Start a branch."""
        self("switch", "-qc", name, start)

    # --- what only somebody who means harm does ---------------------------------------------------------------------

    def graft(self, path: str, mode: str, oid: str) -> str:
        """Commit an entry that no file system need be able to hold."""
        index = f"{mode} {oid} 0\t{path}\0"
        self("update-index", "-z", "--index-info", stdin=index.encode("utf-8", "surrogateescape"))
        tree = self("write-tree")
        self("reset", "-q", "--soft", self("commit-tree", tree, "-p", "HEAD", "-m", "By hand"))
        return self.head()

    def blob(self, text: str) -> str:
        """Store a file without naming it."""
        return self("hash-object", "-w", "--stdin", stdin=text)

    def merge(self, tree: str, *parents: str) -> str:
        """Make a merge that holds whatever its maker likes, and go there."""
        options = [option for parent in parents for option in ("-p", parent)]
        commit = self("commit-tree", tree, *options, "-m", "Merge")
        self("reset", "-q", "--hard", commit)
        return commit


if __name__ == "__main__":
    serve(sys.argv[1])
