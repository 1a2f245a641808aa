"""A clone of a remote in the cache folder, which promptgit makes, mends and throws away."""

from __future__ import annotations

import contextlib
import os
import re
import time

from promptgit.errors import CorruptObjectError, GitError, RemoteUnavailableError
from promptgit.gitrepo import run
from promptgit.gitrepo.network import is_ours, network
from promptgit.gitrepo.repository import GitRepository
from promptgit.remote.clone import HEADS, MOVED_TAG, Clone, fetch_failure, left
from promptgit.remote.folder import StateFile, cache_root, private, remove, write_exactly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.gitrepo.run import Completed
    from promptgit.remote.address import Address

_CONFIG = """[core]
\trepositoryformatversion = {format}
\tbare = true
\tfilemode = true
\tfsmonitor = false
[remote "origin"]
\turl = {url}
{extensions}"""
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"
_LEFT_LOCK = re.compile(r"Unable to create '(.+\.lock)': File exists")
_DAMAGE = re.compile(
    r"bad object|bad tree object|is corrupt|inflate|missing blob|missing tree|unable to read [0-9a-f]|not a git repository: '|"
    r"loose object|packfile .* (cannot be accessed|invalid|does not match)|hash mismatch|index file .* is too small|"
    r"did not send all",
    re.IGNORECASE,
)
_LEFT_S = 600.0  # a file that is younger may be one that a git writes now


class CachedClone(Clone):
    """A bare clone in the cache folder.

    Args:
        address: the remote.

    Raises:
        GitError: the cache folder cannot be used.
    """

    mendable = True

    def __init__(self, address: Address) -> None:
        import hashlib

        digest = hashlib.sha256(address.url.encode()).hexdigest()[:16]
        self.folder = os.path.join(cache_root(), f"{address.name}-{digest}")
        self._git_dir = os.path.join(self.folder, "repository.git")
        self._anew = False
        super().__init__(
            address.url,
            self.folder,
            StateFile(os.path.join(self.folder, "state.json")),
            os.path.join(self.folder, "lock"),
        )
        private(cache_root())
        private(self.folder)

    def exists(self) -> bool:
        """See `Clone.exists`."""
        return os.path.isfile(os.path.join(self._git_dir, "HEAD")) and not os.path.islink(self._git_dir)

    def repository(self) -> GitRepository:
        """See `Clone.repository`. Opening it starts no process: all that git would be asked is known."""
        if self._repository is None:
            if not self.exists():
                raise CorruptObjectError(f"the clone of {self.url} is damaged", hint=f"Remove {self.folder}")
            algorithm = self._algorithm()
            private(self._git_dir)
            self._configure(self._git_dir, algorithm)
            self._repository = GitRepository(self._git_dir, self._git_dir, None, "", algorithm)
            self._repository.remote_url = self.url
        return self._repository

    def head(self) -> str:
        """See `Clone.head`."""
        found = self.state.read().get("head")
        if isinstance(found, str) and found.startswith(HEADS):
            return found
        kind = RemoteUnavailableError if found is None else GitError  # it was not asked yet, or it has none
        raise kind(f"the default branch of {self.url} is not known", hint="Name one: Registry(url, branch='main').")

    def _algorithm(self) -> str:
        known = self.state.read().get("algorithm")
        if known in ("sha1", "sha256"):
            return str(known)
        with contextlib.suppress(OSError), open(os.path.join(self._git_dir, "config"), "rb") as file:
            return "sha256" if b"objectFormat = sha256" in file.read(4096) else "sha1"
        return "sha1"

    def rebuild(self, deadline: float) -> None:
        """See `Clone.rebuild`: fetched anew beside the damaged one, which serves what it can until the new one is whole."""
        self._anew = True
        try:
            self.fetch(None, deadline)
        finally:
            self._anew = False

    def _update(self, branch: str | None, deadline: float) -> Completed:
        end = time.monotonic() + deadline
        if self._anew or not self.exists():
            return self._create(end)
        repository = self.repository()
        if self.state.read().get("head") is None:  # the state was lost
            head, algorithm = self._ask(end)
            self.state.update(head=head, algorithm=algorithm)
        done = self._fetch(repository, end)
        if done.code and not MOVED_TAG.search(done.err):
            if _DAMAGE.search(done.err) and not is_ours(done):
                raise CorruptObjectError(
                    f"the clone of {self.url} is damaged", hint=f"It is fetched anew; else remove {self.folder}"
                )
            raise fetch_failure(done, self.url, self.folder)
        if repository.ref_commit(self.tracking(branch or self.head())) is None:
            listed = repository.git(["for-each-ref", "--count=1", "refs/remotes/origin"])
            if not listed.text:
                raise self._empty()
        return done

    def _empty(self) -> RemoteUnavailableError:
        """A login page over http is an empty repository to git: so an empty one is no answer to go by."""
        return RemoteUnavailableError(
            f"{self.url} has no branches: the repository is empty, or what answers is no git server",
            hint="Check the URL. A new repository needs a push: promptgit init DIR, git push",
        )

    def _create(self, end: float) -> Completed:
        """Make the clone under another name, so that one that is killed in between leaves nothing that looks whole."""
        run.require_version()
        made = f"{self._git_dir}.new"
        remove(made)
        head, algorithm = self._ask(end)
        run.run(["init", "--bare", "--quiet", "--template=", f"--object-format={algorithm}", "--", made])
        self._configure(made, algorithm)
        repository = GitRepository(made, made, None, "", algorithm)
        done = self._fetch(repository, end)
        repository.close()
        if done.code:
            remove(made)
            raise fetch_failure(done, self.url, self.folder)
        self.state.update(head=head, algorithm=algorithm, url=self.url)
        os.chmod(made, 0o700)
        old = f"{self._git_dir}.old"
        remove(old)
        if os.path.lexists(self._git_dir):
            os.rename(self._git_dir, old)
        os.rename(made, self._git_dir)
        self.close()  # so that its helper process looks into the new one
        remove(old)
        return done

    def _sweep(self) -> None:
        """Remove what fetches that were ended have left: on a bad line a part of a pack each time."""
        pack = os.path.join(self._git_dir, "objects", "pack")
        with contextlib.suppress(OSError):
            for entry in os.scandir(pack):
                if entry.name.startswith("tmp_") and time.time() - entry.stat().st_mtime > _LEFT_S:
                    os.unlink(entry.path)

    def _ask(self, end: float) -> tuple[str, str]:
        """The remote's default branch and the hash function of its objects."""
        nowhere = GitRepository(self.folder, self.folder, None, "", "sha1")
        args = ["ls-remote", "--symref", "--end-of-options", self.url, "HEAD", "refs/heads/*"]
        rows = [line.split("\t") for line in network(nowhere, args, deadline=left(end), url=self.url).text.split("\n")]
        heads = {row[1]: row[0] for row in rows if len(row) == 2 and row[1].startswith(HEADS)}
        if not heads:
            raise self._empty()
        symbolic = next((row[0].removeprefix("ref: ") for row in rows if row[0].startswith("ref: ")), "")
        head = symbolic if symbolic in heads else next(iter(heads)) if len(heads) == 1 else ""
        return head, "sha1" if len(next(iter(heads.values()))) == 40 else "sha256"

    def _fetch(self, repository: GitRepository, end: float) -> Completed:
        args = [
            "fetch",
            "--prune",
            "--tags",
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ]
        args += ["--end-of-options", self.url, "+refs/heads/*:refs/remotes/origin/*"]
        for last in (False, True):
            done = network(repository, args, deadline=left(end), url=self.url, check=False)
            if done.code == 0 or last:
                break
            held = _LEFT_LOCK.search(done.err)
            if held and held[1].startswith(f"{repository.git_dir}/"):
                with contextlib.suppress(
                    FileNotFoundError
                ):  # its holder was killed: this process holds the clone's own lock
                    os.unlink(held[1])
            elif not _DAMAGE.search(done.err):  # what looks like damage may be somebody's `git gc` passing by
                break
        return done

    def _configure(self, git_dir: str, algorithm: str) -> None:
        """Write the configuration, whatever stood there: git starts programs that a configuration names."""
        sha256 = algorithm == "sha256"
        text = _CONFIG.format(format=int(sha256), url=self.url, extensions=_SHA256 if sha256 else "")
        write_exactly(os.path.join(git_dir, "config"), text.encode())
        for name in (
            "config.worktree",
            "commondir",
            "objects/info/alternates",
            "objects/info/http-alternates",
            "info/grafts",
        ):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(git_dir, name))
