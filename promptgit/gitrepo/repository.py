"""A git repository as promptgit sees it: where it lies, what its refs say, what a revision means."""

from __future__ import annotations

import os
import re

from promptgit.errors import GitError, RevisionNotFoundError
from promptgit.gitrepo import run
from promptgit.gitrepo.objects import ObjectReader, ObjectWriter, VerifiedReader
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PIN = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_SHORT = re.compile(r"[0-9a-f]{7,63}\Z")
_SUFFIX = re.compile(r"(?:[~^][0-9]*)*\Z")
_NO_REF = re.compile(r"[~^:?*\[\\\s]|@\{|\.\.")  # https://git-scm.com/docs/git-check-ref-format
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPERATIONS = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}


class Revision(Record):
    """What a person meant by a revision.

    Attributes:
        commit: the full object id.
        as_of: seconds since the epoch if it was named by a date, else None.
    """

    commit: str
    as_of: float | None = None


class GitRepository:
    """One repository, opened once and used from any thread.

    Args:
        env: for each of its git processes, besides `run.environment`: where a server's hook finds objects that are in
            quarantine still, https://git-scm.com/docs/git-receive-pack#_quarantine_environment.

    Attributes:
        git_dir: the folder with HEAD and index (of this worktree).
        common_dir: the folder with objects and refs, shared by all worktrees.
        work_tree: the top of the working tree, or None in a bare repository.
        prefix: where the registry lies in the repository: `` or `path/to/registry/`.
        remote_url: the one remote that it talks to, where that is known; see `network.network`.
        algorithm: `sha1` or `sha256`.
    """

    def __init__(
        self,
        git_dir: str,
        common_dir: str,
        work_tree: str | None,
        prefix: str,
        algorithm: str,
        *,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.work_tree = work_tree
        self.prefix = prefix
        self.remote_url = ""
        self.algorithm = algorithm
        self.null_id = "0" * (40 if algorithm == "sha1" else 64)
        self._env = dict(env or {})
        self.reader: VerifiedReader = ObjectReader(git_dir, algorithm, self._env)
        self.writer = ObjectWriter(os.path.join(common_dir, "objects"), algorithm)

    @classmethod
    def open(cls, path: str) -> GitRepository:
        """Open the repository that `path` lies in, or is (if bare).

        Raises:
            GitError: there is none, it belongs to another user, or git is not usable.
        """
        run.require_version()
        path = os.path.abspath(path)
        if _is_bare(path):
            _require_owner(path)
            where = run.run(["rev-parse", "--show-object-format"], git_dir=path).text
            return cls(path, path, None, "", where)
        # Without --git-dir git itself checks who owns the repository
        questions = [
            "--absolute-git-dir",
            "--git-common-dir",
            "--show-toplevel",
            "--show-object-format",
            "--show-prefix",
        ]
        try:
            done = run.run(["rev-parse", *questions], cwd=path)
        except GitError as error:
            if "not a git repository" in error.stderr:
                hint = "Make it one: git init, or promptgit init in an empty folder."
                raise GitError(f"{path} is not in a git repository", stderr=error.stderr, hint=hint) from None
            raise
        git_dir, common, top, algorithm, prefix = (done.text + "\n").split("\n")[:5]
        return cls(git_dir, os.path.realpath(os.path.join(path, common)), top, prefix, algorithm)

    def close(self) -> None:
        """End the helper process. The repository stays usable."""
        self.reader.close()

    def git(
        self,
        args: Sequence[str],
        *,
        stdin: bytes | None = None,
        accept: Sequence[int] = (0,),
        deadline: float | None = 60.0,
        env: dict[str, str] | None = None,
        hooks: bool = False,
    ) -> run.Completed:
        """Run git on this repository; see `run.run`."""
        return run.run(
            args,
            git_dir=self.git_dir,
            work_tree=self.work_tree,
            cwd=self.work_tree,
            stdin=stdin,
            accept=accept,
            deadline=deadline,
            env={**self._env, **(env or {})},
            hooks=hooks,
        )

    @property
    def is_shallow(self) -> bool:
        """Whether history was cut off when this was cloned."""
        return os.path.exists(os.path.join(self.common_dir, "shallow"))

    # --- refs -------------------------------------------------------------------------------------------------------

    def head_ref(self) -> str | None:
        """The full name of the branch that HEAD is on, or None if HEAD is detached."""
        with open(os.path.join(self.git_dir, "HEAD"), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(4096).rstrip("\n")
        if text.startswith("ref: refs/heads/") and not text.endswith("/.invalid"):  # .invalid: refs are in a reftable
            return text.removeprefix("ref: ")
        done = self.git(["symbolic-ref", "-q", "HEAD"], accept=(0, 1))
        return done.text or None

    def ref_commit(self, ref: str) -> str | None:
        """The commit that a full ref name points to, or None if it does not exist yet."""
        if _NO_REF.search(ref):  # `main~1` is no branch, but an expression that git would follow
            return None
        try:
            return self.reader.resolve(ref, "commit")
        except RevisionNotFoundError:
            return None

    def ref_files(self, ref: str) -> list[str]:
        """The files one of whose stamps changes when `ref` moves: watching a branch costs some `stat`, no process."""
        common = self.common_dir
        if os.path.isdir(os.path.join(common, "reftable")):
            return [os.path.join(self.git_dir, "HEAD"), os.path.join(common, "reftable", "tables.list")]
        files = [os.path.join(common, "packed-refs")]
        if ref == "HEAD":
            files.append(os.path.join(self.git_dir, "HEAD"))
            ref = self.head_ref() or ref
        return [os.path.join(common, ref), *files] if ref != "HEAD" else files

    def operation(self) -> str | None:
        """The operation that the user has not finished, such as "a merge", or None."""
        found = (what for file, what in _OPERATIONS.items() if os.path.exists(os.path.join(self.git_dir, file)))
        return next(found, None)

    # --- revisions --------------------------------------------------------------------------------------------------

    def resolve(self, rev: str, *, base: str = "HEAD") -> Revision:
        """What `rev` means: a full id, else HEAD, a branch, a tag or a remote branch, else a date, else a short id.

        A name is looked up as a full ref name first, so that no branch can pose as a short id; a full id never is a name.
        `~N` and `^N` may follow. A date means the last commit of `base` before that day (or at that instant); times
        without a zone are UTC.

        Raises:
            RevisionNotFoundError: nothing is called so.
        """
        cut = next((at for at, character in enumerate(rev) if character in "~^"), len(rev))
        name, suffix = rev[:cut], rev[cut:]
        if name and _SUFFIX.match(suffix) and "@{" not in name and ":" not in name and ".." not in name:
            found = self._resolve_name(name, suffix)
            if found:
                return Revision(commit=found)
        when = parse_date(rev)
        if when is not None:
            return self._resolve_date(rev, when, base)
        raise self._unknown(rev)

    def _resolve_name(self, name: str, suffix: str) -> str | None:
        if _PIN.match(name):
            return self._commit_or_none(name + suffix)
        candidates = [name] if name == "HEAD" or name.startswith("refs/") else []
        candidates += [f"refs/{where}/{name}" for where in ("heads", "tags", "remotes", "remotes/origin")]
        if _SHORT.match(name):
            candidates.append(name)
        return next((found for ref in candidates if (found := self._commit_or_none(ref + suffix))), None)

    def _commit_or_none(self, expression: str) -> str | None:
        try:
            return self.reader.resolve(expression, "commit")
        except RevisionNotFoundError:
            return None

    def _resolve_date(self, rev: str, when: float, base: str) -> Revision:
        tip = self.ref_commit(base)
        args = ["rev-list", "-1", "--first-parent", f"--min-age={int(when)}", "--end-of-options", tip or ""]
        commit = self.git(args).text if tip else ""
        if not commit:
            raise RevisionNotFoundError(f"no commit before {rev}", hint="promptgit history shows what there is.")
        return Revision(commit=commit, as_of=when)

    def _unknown(self, rev: str) -> RevisionNotFoundError:
        import difflib

        names = self.git(["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"]).text.split("\n")
        near = difflib.get_close_matches(rev, names, n=3)
        known = (
            f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(names[:8])}" if names[0] else ""
        )
        forms = "A revision is a branch, a tag, a commit or a date such as 2026-11-01."
        return RevisionNotFoundError(f"no such revision: {rev}", hint=f"{known}. {forms}" if known else forms)


def parse_date(text: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 date or time, or None if `text` is none.

    A day means the instant before it begins, so that `2026-11-01` is the state in which that day began.
    """
    if not _DATE.match(text):
        return None
    import datetime

    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return when.timestamp() - (1 if len(text) == 10 else 0)


def _is_bare(path: str) -> bool:
    """Whether `path` itself is a bare repository: git would not look at it, see safe.bareRepository."""
    parts = (os.path.join(path, part) for part in ("HEAD", "objects", "refs"))
    return os.path.basename(path) != ".git" and all(os.path.exists(part) for part in parts)


def _require_owner(path: str) -> None:
    """What git checks where it finds a repository by itself (safe.directory), for one that is named."""
    if not hasattr(os, "geteuid"):
        return
    sudo = os.environ.get("SUDO_UID", "")
    mine = {os.geteuid(), *([int(sudo)] if os.geteuid() == 0 and sudo.isdigit() else [])}
    if os.stat(path).st_uid in mine:
        return
    allowed = run.run(["config", "--global", "--get-all", "safe.directory"], cwd="/", accept=(0, 1)).text.split("\n")
    if path not in allowed and "*" not in allowed:
        raise GitError(
            f"the repository {path} belongs to another user",
            hint=f"If you trust it: git config --global --add safe.directory {path}",
        )
