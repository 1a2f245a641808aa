"""The clone through which a remote is followed: one in the cache folder, or one that the user made.

Both are fetched into under a lock, by one process of the machine at a time; the others find what it brought. Nothing here
decides what is served: see `remote.acceptance`.
"""

from __future__ import annotations

import contextlib
import os
import re
import time

from promptgit.engine.lock import hold
from promptgit.errors import CorruptObjectError, GitError, RegistryBusyError, RemoteUnavailableError
from promptgit.gitrepo import run
from promptgit.gitrepo.network import is_ours, network
from promptgit.gitrepo.repository import GitRepository
from promptgit.remote.folder import StateFile, cache_root, private, remove, write_exactly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
_REJECTED = re.compile(r"^ ! \[rejected\]\s+(\S+)\s+-> .*\(would clobber existing tag\)", re.MULTILINE)
_HEADS = "refs/heads/"
_LEFT_S = 600.0  # a file that is younger may be one that a git writes now


class Clone:
    """What both kinds have.

    Attributes:
        url: the remote's, without a password.
        path: the clone's place, for people.
        state: what this machine knows of the remote.
        warnings: what the last fetch of this process left aside, in sentences.
    """

    def __init__(self, url: str, path: str, state: StateFile, lock: str) -> None:
        self.url = url
        self.path = path
        self.state = state
        self.warnings: tuple[str, ...] = ()
        self._lock = lock
        self._repository: GitRepository | None = None

    mendable = False
    """Whether `rebuild` can make it whole."""

    def exists(self) -> bool:
        """Whether there is something to read."""
        raise NotImplementedError

    def repository(self) -> GitRepository:
        """The repository; the same for as long as the clone is."""
        raise NotImplementedError

    def head(self) -> str:
        """The branch to follow if none is named, a full name.

        Raises:
            GitError: it cannot be told.
        """
        raise NotImplementedError

    def tracking(self, branch: str) -> str:
        """The ref that holds what the remote's branch was at the last fetch."""
        return f"refs/remotes/origin/{branch.removeprefix(_HEADS)}"

    def rebuild(self, deadline: float) -> None:
        """Make a damaged clone whole, if it is `mendable`. The caller holds the lock.

        Raises:
            RemoteUnavailableError, GitError: as `fetch`; it is as it was.
        """
        raise NotImplementedError

    def _update(self, branch: str | None, deadline: float) -> Completed:
        raise NotImplementedError

    def _sweep(self) -> None:
        """Tidy up after a fetch that failed."""

    def close(self) -> None:
        """End the helper process."""
        if self._repository is not None:
            self._repository.close()

    @contextlib.contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Hold the clone for oneself: against other processes, and other registries of this one.

        Raises:
            RegistryBusyError: it was not free in time.
        """
        try:
            lock = hold(self._lock, deadline)
            lock.__enter__()
        except RegistryBusyError:
            raise RegistryBusyError(
                f"another process has been fetching {self.url} for {deadline:.3g} s", hint="Wait, or allow more time."
            ) from None
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def fetch(self, branch: str | None, deadline: float, *, known: float | None = None) -> bool:
        """Bring what the remote has. The caller holds the lock.

        Args:
            branch: the one that is followed, a full name; None for the default.
            deadline: seconds.
            known: skip it if the remote was asked after this, in seconds since the epoch: another process was first.

        Returns:
            Whether the remote was asked.

        Raises:
            RemoteUnavailableError: it did not answer; the clone is as it was.
            GitError: the disk is full, say.
        """
        state = self.state.read()
        if known is not None and state.get("attempted_at", 0.0) > known:
            if state.get("error"):
                raise RemoteUnavailableError(state["error"])
            return False
        begun = time.time()
        try:
            done = self._update(branch, deadline)
        except GitError as error:
            self._sweep()
            since = state.get("failing_since") or begun
            with contextlib.suppress(OSError):  # a full disk; what it would say is in the error, too
                self.state.update(attempted_at=begun, error=error.message, failing_since=since)
            raise
        self.warnings = tuple(
            f"the tag {tag} was moved at the remote; what it meant first is kept" for tag in _REJECTED.findall(done.err)
        )
        self.state.update(attempted_at=begun, fetched_at=time.time(), error=None, failing_since=None, url=self.url)
        return True


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
        if isinstance(found, str) and found.startswith(_HEADS):
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
        if done.code and not _REJECTED.search(done.err):
            if _DAMAGE.search(done.err):
                raise CorruptObjectError(
                    f"the clone of {self.url} is damaged", hint=f"It is fetched anew; else remove {self.folder}"
                )
            raise _failure(done, self.url)
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
            raise _failure(done, self.url)
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
        rows = [line.split("\t") for line in network(nowhere, args, deadline=_left(end), url=self.url).text.split("\n")]
        heads = {row[1]: row[0] for row in rows if len(row) == 2 and row[1].startswith(_HEADS)}
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
            done = network(repository, args, deadline=_left(end), url=self.url, check=False)
            if done.code == 0 or last:
                break
            left = _LEFT_LOCK.search(done.err)
            if left and left[1].startswith(f"{repository.git_dir}/"):
                with contextlib.suppress(
                    FileNotFoundError
                ):  # its holder was killed: this process holds the clone's own lock
                    os.unlink(left[1])
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


class OwnClone(Clone):
    """A clone that the user made. Only remote-tracking refs, tags and `refs/promptgit/` in it are written.

    Raises:
        GitError: there is no repository, or it has no remote.
    """

    def __init__(self, path: str) -> None:
        self._own = GitRepository.open(path)
        self._remote = self._find_remote()
        folder = os.path.join(self._own.common_dir, "promptgit")
        os.makedirs(folder, exist_ok=True)
        url = run.redact(self._own.git(["remote", "get-url", "--end-of-options", self._remote]).text)
        super().__init__(url, path, StateFile(os.path.join(folder, "remote.json")), os.path.join(folder, "fetch.lock"))
        self._repository = self._own

    def _find_remote(self) -> str:
        head = (self._own.head_ref() or "").removeprefix(_HEADS)
        named = self._own.git(["config", "--get", f"branch.{head}.remote"], accept=(0, 1)).text if head else ""
        known = self._own.git(["remote"]).text.split()
        if named in known or len(known) == 1 or "origin" in known:
            return named if named in known else known[0] if len(known) == 1 else "origin"
        raise GitError(
            f"{self._own.work_tree or self._own.git_dir} has no remote to follow",
            hint="Add one: git remote add origin URL. Or leave refresh out, to read the files as they are.",
        )

    def exists(self) -> bool:
        """See `Clone.exists`."""
        return True

    def repository(self) -> GitRepository:
        """See `Clone.repository`."""
        return self._own

    def head(self) -> str:
        """See `Clone.head`: the branch that the clone is on, else the remote's default branch."""
        found = self._own.head_ref()
        if found is None:
            default = f"refs/remotes/{self._remote}/HEAD"
            target = self._own.git(["symbolic-ref", "-q", default], accept=(0, 1)).text
            found = target.replace(f"refs/remotes/{self._remote}/", _HEADS) or None
        if found is None:
            raise GitError(f"{self.path} is on no branch", hint="Name one: Registry(path, branch='main', refresh=30).")
        return found

    def tracking(self, branch: str) -> str:
        """See `Clone.tracking`."""
        return f"refs/remotes/{self._remote}/{branch.removeprefix(_HEADS)}"

    def _update(self, branch: str | None, deadline: float) -> Completed:
        branch = branch or self.head()
        args = ["fetch", "--tags", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules"]
        args += ["--end-of-options", self._remote, f"+{branch}:{self.tracking(branch)}"]
        done = network(self._own, args, deadline=deadline, check=False)
        if done.code and not _REJECTED.search(done.err):
            if "couldn't find remote ref" in done.err:
                raise RemoteUnavailableError(
                    f"{self.url} has no branch {branch.removeprefix(_HEADS)} any more", stderr=done.err
                )
            raise _failure(done, self.url)
        return done


def _failure(done: Completed, url: str) -> GitError:
    """A fetch that failed: here, or because of what the remote said."""
    error = run.failure(done)
    if is_ours(done) or "git fetch failed" not in error.message:
        return error
    return RemoteUnavailableError(
        f"the remote {url} cannot be understood: {error.message.removeprefix('git fetch failed: ')}",
        stderr=done.err,
        hint="Is there a Git server at this URL?",
    )


def _left(end: float) -> float:
    return max(end - time.monotonic(), 0.05)
