"""The repository that is pushed to: as it is now, and as it would be with what waits in quarantine.

Pushed objects lie in a folder of their own until the hook has said yes, and git tells where by environment variables
(https://git-scm.com/docs/git-receive-pack#_quarantine_environment). `run.environment` drops all that a hook inherits, so
these, and nothing else, are handed to the git processes of `Server.pushed`. `Server.served` does without them: whatever
is read through it was on the server before this push.
"""

from __future__ import annotations

import contextlib
import os
import time

from promptgit import document, layout, schema
from promptgit.config import RegistryConfig, parse_config
from promptgit.errors import GitError, PromptGitError, RevisionNotFoundError
from promptgit.gitrepo import run
from promptgit.gitrepo.repository import GitRepository
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")
_LOOK_BACK = 200


class Server:
    """One repository, for the time of one push.

    Args:
        environ: as git started the hook.
        folder: the registry's folder in the repository; empty for the top.
        deadline: seconds that the whole may take.

    Attributes:
        served: the repository without what is pushed.
        pushed: the repository with it.
        prefix: the registry's folder, `` or `path/to/it/`.
        head: the default branch, in full.
        tip: its commit before the push, or None.

    Raises:
        GitError: git did not start this as a hook of the repository in the current folder.
    """

    def __init__(self, environ: Mapping[str, str], folder: str = "", deadline: float = 120.0) -> None:
        git_dir = _git_dir(environ)
        quarantine = {key: _absolute(key, environ[key]) for key in _QUARANTINE if environ.get(key)}
        run.require_version()
        algorithm = run.run(["rev-parse", "--show-object-format"], git_dir=git_dir).text
        self.served = GitRepository(git_dir, git_dir, None, "", algorithm)
        self.pushed = GitRepository(git_dir, git_dir, None, "", algorithm, env=quarantine)
        self.prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self.head = _head(self.served)
        self.tip = self.served.ref_commit(self.head)
        self._end = time.monotonic() + deadline
        self._deadline = deadline

    def close(self) -> None:
        """End the git processes."""
        self.served.close()
        self.pushed.close()

    def remaining(self) -> float:
        """Seconds that are left.

        Raises:
            GitError: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise GitError(
                f"checking the push took more than {self._deadline:g} s",
                hint="Push fewer commits at a time, or have --deadline of the hook raised.",
            )
        return left

    def git(self, args: list[str], *, stdin: bytes | None = None, accept: tuple[int, ...] = (0,)) -> run.Completed:
        """Run git over all objects, those in quarantine included."""
        return self.pushed.git(args, stdin=stdin, accept=accept, deadline=self.remaining())

    def contains(self, tip: str, commit: str) -> bool:
        """Whether a commit is in the history of another, or is it."""
        return self.git(["merge-base", "--is-ancestor", commit, tip], accept=(0, 1)).code == 0

    def kind(self, oid: str) -> str:
        """What an object is: `commit`, `tag`, `tree` or `blob`.

        Raises:
            GitError: there is no such object.
        """
        for kind in ("commit", "tag", "tree", "blob"):
            with contextlib.suppress(RevisionNotFoundError):
                if self.pushed.reader.resolve(oid, kind) == oid:
                    return kind
        raise GitError(f"no such object: {oid}")

    # --- what binds -------------------------------------------------------------------------------------------------

    def rules(self, pushed_tip: str | None) -> RegistryConfig:
        """`promptgit.yaml` of the default branch, as it was before the push.

        Where the server has none yet, the push brings its own. One that cannot be read does not lift the rules: then those
        bind that were in force before.

        Args:
            pushed_tip: the default branch as the push would have it, or None.
        """
        for tip in (self.tip, pushed_tip):
            if tip is not None:
                found = self._config(tip) or self._earlier(tip)
                if found is not None:
                    return found
        return RegistryConfig()

    def _earlier(self, tip: str) -> RegistryConfig | None:
        """What `promptgit.yaml` said when it could be read the last time."""
        args = ["rev-list", "--first-parent", f"--max-count={_LOOK_BACK}", "--end-of-options", tip, "--"]
        commits = self.git([*args, f"{self.prefix}{layout.REGISTRY_FILE}"]).text.split()
        return next((config for config in map(self._config, commits) if config is not None), None)

    def _config(self, commit: str) -> RegistryConfig | None:
        try:
            data = CommitSource(self.pushed, commit, self.prefix).read(layout.REGISTRY_FILE)
            if data is None or schema.validate("promptgit", document.parse(data, layout.REGISTRY_FILE)):
                return None
            return parse_config(data)
        except PromptGitError:
            return None


def _git_dir(environ: Mapping[str, str]) -> str:
    """The repository: git starts the hook in it, and names it."""
    here = os.path.realpath(os.getcwd())
    named = environ.get("GIT_DIR")
    if not named:
        hint = "git runs it as a hook: promptgit hook install --server sets it up."
        raise GitError("git did not start this: GIT_DIR is not set", hint=hint)
    if os.path.realpath(named) != here or not os.path.isdir(os.path.join(here, "objects")):
        raise GitError("GIT_DIR does not name the repository that the hook runs in")
    return here


def _head(repository: GitRepository) -> str:
    head = repository.head_ref()
    if head is None:
        hint = "On the server: git symbolic-ref HEAD refs/heads/main"
        raise GitError("the server's HEAD names no branch, so none is the default branch", hint=hint)
    return head


def _absolute(key: str, value: str) -> str:
    if key == "GIT_ALTERNATE_OBJECT_DIRECTORIES":
        return os.pathsep.join(
            _absolute("", path) if path and path[0] != '"' else path for path in value.split(os.pathsep)
        )
    return os.path.abspath(value)
