"""Sending a branch to its remote, and following a remote that moved on."""

from __future__ import annotations

import re

from promptgit.errors import ConflictError, GitError, PushRejectedError, RemoteUnavailableError
from promptgit.gitrepo import commits
from promptgit.gitrepo.network import network
from promptgit.gitrepo.trees import edit_tree
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.gitrepo.repository import GitRepository

_MOVED = re.compile(
    r"\((fetch first|non-fast-forward|stale info|failed to update ref|incorrect old value provided|cannot lock ref)"
)


class RemoteMovedError(ConflictError):
    """The remote's branch has commits that the local one lacks."""


def remote_of(repository: GitRepository, branch: str) -> tuple[str, str]:
    """The remote that a branch is pushed to, and the branch's full name there.

    Raises:
        GitError: none is set up.
    """
    short = branch.removeprefix("refs/heads/")
    name = repository.git(["config", "--get", f"branch.{short}.remote"], accept=(0, 1)).text
    target = repository.git(["config", "--get", f"branch.{short}.merge"], accept=(0, 1)).text
    if not name:
        known = repository.git(["remote"]).text.split()
        name = "origin" if "origin" in known or not known else known[0] if len(known) == 1 else ""
        if not known or not name:
            raise GitError("there is no remote to push to", hint="Add one: git remote add origin URL")
    return name, target or branch


def push_branch(repository: GitRepository, branch: str, commit: str) -> None:
    """Make the remote's branch point to `commit`, if that only adds to it.

    Raises:
        RemoteMovedError: the remote has commits that `commit` does not build on.
        PushRejectedError: the remote refused for another reason.
        RemoteUnavailableError: it did not answer.
    """
    name, target = remote_of(repository, branch)
    _push(repository, name, [f"{commit}:{target}"])
    repository.git(["update-ref", f"refs/remotes/{name}/{target.removeprefix('refs/heads/')}", commit])


def push_tags(repository: GitRepository, branch: str, tags: list[str]) -> None:
    """Send tags. One that the remote has already is taken back here, and the remote's are fetched.

    Raises:
        commits.RefMovedError: the remote has a tag of that name.
    """
    name, _ = remote_of(repository, branch)
    try:
        _push(repository, name, [f"refs/tags/{tag}" for tag in tags], atomic=True)
    except (RemoteMovedError, PushRejectedError, RemoteUnavailableError) as error:
        for tag in tags:
            repository.git(["update-ref", "-d", f"refs/tags/{tag}"])
        if isinstance(error, RemoteUnavailableError) or (
            isinstance(error, PushRejectedError) and "already exists" not in error.stderr
        ):
            raise
        network(repository, ["fetch", "--quiet", "--tags", "--end-of-options", name])
        raise commits.RefMovedError("an alias moved at the remote") from None


def push(repository: GitRepository, branch: str) -> str:
    """Send the branch, with what was committed on it before; follow the remote first where it moved on.

    Returns:
        The commit that both sides have now.
    """
    for _ in range(8):
        tip = repository.ref_commit(branch)
        if tip is None:
            raise GitError(f"{branch} has no commits yet", hint="Register a prompt first.")
        try:
            push_branch(repository, branch, tip)
            return tip
        except RemoteMovedError:
            follow(repository, branch)
    raise ConflictError("the remote moves faster than this can push", hint="Try again.")


def follow(repository: GitRepository, branch: str) -> bool:
    """Fetch, and put the local branch on the remote's tip. Local commits that were not pushed are put on top.

    Returns:
        Whether the branch moved.

    Raises:
        ConflictError: both sides changed the same file; nothing was changed here.
    """
    name, target = remote_of(repository, branch)
    tracking = f"refs/remotes/{name}/{target.removeprefix('refs/heads/')}"
    network(repository, ["fetch", "--quiet", "--tags", "--end-of-options", name, f"+{target}:{tracking}"])
    theirs, mine = repository.ref_commit(tracking), repository.ref_commit(branch)
    if theirs is None or theirs == mine or (mine and _is_ancestor(repository, theirs, mine)):
        return False
    here = repository.work_tree is not None and repository.head_ref() == branch
    if mine is None or _is_ancestor(repository, mine, theirs):
        if here and mine is not None:
            repository.git(["merge", "--ff-only", "--quiet", "--end-of-options", theirs])
            return True
        new = theirs
    else:
        new = _replay(repository, mine, theirs)
    if here and mine is not None:
        repository.git(["reset", "--keep", "--quiet", new])
    else:
        commits.move_ref(repository, branch, new, mine, "follow the remote")
        if here:
            repository.git(["reset", "--keep", "--quiet", new])
    return True


def _replay(repository: GitRepository, mine: str, theirs: str) -> str:
    """Commits of `mine` that `theirs` lacks, made anew on top of it, file by file; returns the new tip."""
    listed = repository.git(["rev-list", "--reverse", "--topo-order", mine, f"^{theirs}"]).text.split()
    tip = theirs
    for commit in listed:
        headers = repository.reader.commit(commit)
        parent = headers.get("parent", "")
        changes = _plain_changes(repository, commit, parent)
        source = CommitSource(repository, tip)
        for path, (old, new) in changes.items():
            entry = source.entry(path)
            have = entry[1] if entry else None
            if have not in (old, new):
                raise ConflictError(
                    f"{path} was changed here and at the remote",
                    hint="Merge by hand: git pull --rebase; if it stops at a version: promptgit renumber; then promptgit push",
                )
        shown = repository.git(["show", "-s", "--format=%an%x00%ae%x00%ad%x00%B", "--date=raw", commit]).text
        author, email, date, message = shown.split("\0", 3)
        env = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": f"@{date}"}
        root = repository.reader.commit(tip)["tree"]
        tree = edit_tree(repository, root, {path: new for path, (_, new) in changes.items()})
        sign = commits.commit_settings(repository).sign
        tip = commits.make_commit(repository, tree or root, [tip], message, sign=sign, env=env)
    return tip


def _plain_changes(repository: GitRepository, commit: str, parent: str) -> dict[str, tuple[str | None, str | None]]:
    if " " in parent or not parent:
        raise ConflictError(
            "a merge that was not pushed cannot be put on top of the remote",
            hint="Run: git pull --rebase=merges",
        )
    raw = repository.git(["diff-tree", "-r", "-z", "--no-renames", "--raw", "--no-abbrev", parent, commit]).out
    fields = raw.decode("utf-8", "surrogateescape").split("\0")
    changes: dict[str, tuple[str | None, str | None]] = {}
    for row, path in zip(fields[::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, _ = row.removeprefix(":").split(" ")
        if {old_mode, new_mode} - {"100644", "000000"}:
            raise ConflictError(
                f"{path} is no plain file", hint="Merge by hand: git pull --rebase, then promptgit push"
            )
        changes[path] = (None if old_mode == "000000" else old, None if new_mode == "000000" else new)
    return changes


def _is_ancestor(repository: GitRepository, one: str, other: str) -> bool:
    return repository.git(["merge-base", "--is-ancestor", one, other], accept=(0, 1)).code == 0


def _push(repository: GitRepository, name: str, refspecs: list[str], *, atomic: bool = False) -> None:
    args = [
        "push",
        "--porcelain",
        "--no-verify",
        *(["--atomic"] if atomic else []),
        "--end-of-options",
        name,
        *refspecs,
    ]
    done = network(repository, args, check=False)
    if done.code == 0:
        return
    rejected = [line for line in done.text.splitlines() if line.startswith("!")]
    if any(_MOVED.search(line) for line in rejected):
        raise RemoteMovedError("the remote moved on")
    lines = [line.partition("remote: ")[2].rstrip() for line in done.err.splitlines() if line.startswith("remote: ")]
    said = "\n".join(filter(None, lines))
    reason = said or "; ".join(line.split("\t")[-1] for line in rejected) or done.err[:300]
    raise PushRejectedError(
        f"the remote refused the push: {reason}",
        stderr="\n".join([*rejected, done.err]),
        hint="Nothing was changed here.",
    )
