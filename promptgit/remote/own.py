"""A clone that the user made, followed at its remote."""

from __future__ import annotations

import os

from promptgit.errors import GitError, RemoteUnavailableError
from promptgit.gitrepo import run
from promptgit.gitrepo.network import network
from promptgit.gitrepo.repository import GitRepository
from promptgit.remote.clone import HEADS, MOVED_TAG, Clone, fetch_failure
from promptgit.remote.folder import StateFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.gitrepo.run import Completed


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
        head = (self._own.head_ref() or "").removeprefix(HEADS)
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
            found = target.replace(f"refs/remotes/{self._remote}/", HEADS) or None
        if found is None:
            raise GitError(f"{self.path} is on no branch", hint="Name one: Registry(path, branch='main', refresh=30).")
        return found

    def tracking(self, branch: str) -> str:
        """See `Clone.tracking`."""
        return f"refs/remotes/{self._remote}/{branch.removeprefix(HEADS)}"

    def _update(self, branch: str | None, deadline: float) -> Completed:
        branch = branch or self.head()
        args = ["fetch", "--tags", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules"]
        args += ["--end-of-options", self._remote, f"+{branch}:{self.tracking(branch)}"]
        done = network(self._own, args, deadline=deadline, check=False)
        if done.code and not MOVED_TAG.search(done.err):
            if "couldn't find remote ref" in done.err:
                raise RemoteUnavailableError(
                    f"{self.url} has no branch {branch.removeprefix(HEADS)} any more", stderr=done.err
                )
            raise fetch_failure(done, self.url, self.path)
        return done
