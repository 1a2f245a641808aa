"""Applies changesets. Objects first, then one move of the branch, then the working tree.

    lock → repair → read the tip → build the changeset → check the user's edits → write objects, read them back
         → journal → move the branch by compare-and-swap → files and index → forget the journal → unlock

A kill at any point leaves the old state or the new one. Before the branch moves there are only objects that nobody
names. After it, the journal tells the next write (or `promptgit doctor --fix`) which files may lag.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import time

from promptgit.engine import remote
from promptgit.engine.journal import Journal, Pending
from promptgit.engine.lock import writer_lock
from promptgit.engine.worktree import Checkout
from promptgit.errors import ConflictError, GitError, VersionExistsError
from promptgit.gitrepo import commits, maintenance, tags
from promptgit.gitrepo.commits import RefMovedError
from promptgit.gitrepo.trees import edit_tree
from promptgit.record import Record
from promptgit.source import CommitSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promptgit.changeset import Changeset
    from promptgit.engine.journal import Blobs
    from promptgit.gitrepo.repository import GitRepository

    Build = Callable[[CommitSource], Changeset]
    """Makes the changeset for a tip. It is called again whenever the tip has moved, so it must read all it needs from it."""

_DEADLINE_S = 30.0


class Applied(Record):
    """What a write did.

    Attributes:
        changeset: what was applied, as built on the tip that it landed on.
        commit: the branch's tip afterwards; None after a dry run on an empty branch.
        changed: whether anything had to be written.
        warnings: what could not be done after the write was safe, as sentences.
    """

    changeset: Changeset
    commit: str | None
    changed: bool = True
    warnings: tuple[str, ...] = ()


class Engine:
    """Writes to one branch of one repository.

    Args:
        repository: where to write.
        branch: the full name of the branch, or None for the one that HEAD is on.
        prefix: the registry's folder in the repository.
        deadline: seconds to wait for other writers.
    """

    def __init__(
        self,
        repository: GitRepository,
        branch: str | None = None,
        prefix: str = "",
        deadline: float = _DEADLINE_S,
    ) -> None:
        self.repository = repository
        self._branch = branch
        self.prefix = prefix
        self._deadline = deadline

    def apply(self, build: Build, *, dry_run: bool = False, push: bool = False) -> Applied:
        """Build a changeset on the tip and commit it.

        Args:
            dry_run: build and check, but write nothing.
            push: succeed only once the remote has it; if the remote moved on, build again on its tip.

        Raises:
            ConflictError: what the change expects does not hold, or the user has edits in its way.
            GitError: git or the disk refused; nothing was written.
        """
        with _disk_errors(), self.locked() as branch:
            end = time.monotonic() + self._deadline
            while True:
                try:
                    return self._attempt(branch, build, dry_run=dry_run, push=push)
                except RefMovedError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - jitter, not a secret

    @contextlib.contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the registry's lock, with the working tree in step; gives the branch's full name."""
        with writer_lock(self.repository.common_dir, self._deadline):
            branch = self.branch()
            self._repair()
            yield branch

    def branch(self) -> str:
        """The full name of the branch that is written to.

        Raises:
            ConflictError: HEAD is detached, or an operation of the user's is under way.
        """
        if self._branch is not None:
            return self._branch
        operation = self.repository.operation()
        if operation:
            raise ConflictError(
                f"{operation} is under way in this repository", hint="Finish or abort it first: git status"
            )
        ref = self.repository.head_ref()
        if ref is None:
            raise ConflictError(
                "HEAD is detached: a commit here would belong to no branch", hint="Run: git switch BRANCH"
            )
        return ref

    def repair(self) -> list[str]:
        """Bring in step what a killed writer left behind; returns what could not be done."""
        with _disk_errors(), writer_lock(self.repository.common_dir, self._deadline):
            return self._repair()

    def pending(self) -> bool:
        """Whether a killed writer left something to bring in step."""
        return Journal(self.repository.git_dir).read() is not None

    def _repair(self) -> list[str]:
        journal = Journal(self.repository.git_dir)
        pending = journal.read()
        if pending is None:
            return []
        left: list[str] = []
        if self.repository.work_tree is not None and self.repository.head_ref() == pending.ref:
            tip = self.repository.ref_commit(pending.ref)
            left = Checkout(self.repository).bring_in_step(pending.paths, tip, repair=True)
        if not left:
            journal.clear()
        return left

    def _attempt(self, branch: str, build: Build, *, dry_run: bool, push: bool) -> Applied:
        repository = self.repository
        tip = repository.ref_commit(branch)
        source = CommitSource(repository, tip, self.prefix)
        changeset = build(source)
        for path in changeset.creates:
            if source.entry(path) is not None:
                raise VersionExistsError(f"{path} exists already", hint="Versions are immutable: register a new one.")
        if dry_run:
            return Applied(changeset=changeset, commit=tip)
        warnings = list(self._commit(branch, tip, changeset, push)) if changeset.writes else []
        for move in changeset.tags:
            tags.create(repository, move.tag, repository.ref_commit(branch) or "", move.message)
        if push and changeset.tags:
            remote.push_tags(repository, branch, [move.tag for move in changeset.tags])
        commit = repository.ref_commit(branch)
        changed = commit != tip or bool(changeset.tags)
        if changed:
            maintenance.start_if_due(repository)
        return Applied(changeset=changeset, commit=commit, changed=changed, warnings=tuple(warnings))

    def _commit(self, branch: str, tip: str | None, changeset: Changeset, push: bool) -> list[str]:
        """Land the files of a changeset on the branch; returns warnings."""
        repository = self.repository
        paths = self._write_blobs(tip, changeset.writes)
        if not paths:
            if push:
                remote.push_branch(repository, branch, tip or "")
            return []
        checkout = self._checkout(branch)
        if checkout:
            checkout.require_clean(paths)
        settings = commits.commit_settings(repository)
        if checkout and settings.hooks:
            self._commit_through_git(tip, changeset, paths, checkout, branch)
            if push:
                self._push_committed(branch, tip, paths, checkout)
            return self._follow(branch, paths, checkout)
        root = repository.reader.commit(tip)["tree"] if tip else None
        tree = edit_tree(repository, root, {path: new for path, (_, new) in paths.items()})
        tree = tree or repository.writer.write("tree", b"")
        parents, author = [tip] if tip else [], changeset.author
        commit = commits.make_commit(repository, tree, parents, changeset.message, sign=settings.sign, env=author)
        note = changeset.note or changeset.message.partition("\n")[0]
        return self._publish(branch, tip, commit, paths, checkout, note, push)

    def land(
        self, branch: str, tip: str | None, commit: str, paths: Mapping[str, Blobs], *, note: str, push: bool = False
    ) -> list[str]:
        """Move the branch to a commit that was made on top of `tip` by other means, such as an import.

        Args:
            branch, tip: as `landing` gave them.
            paths: all files in which the commit differs from the tip: path in the repository -> blobs before and after.
            note: for the reflog.

        Returns:
            What could not be done after the move, as sentences.

        Raises: as `apply` does; then nothing has changed.
        """
        checkout = self._checkout(branch)
        if checkout:
            checkout.require_clean(paths)
        return self._publish(branch, tip, commit, paths, checkout, note, push)

    @contextlib.contextmanager
    def landing(self) -> Iterator[tuple[str, str | None, CommitSource]]:
        """Hold the registry's lock; gives the branch, its tip, and the registry's files there."""
        with _disk_errors(), self.locked() as branch:
            tip = self.repository.ref_commit(branch)
            yield branch, tip, CommitSource(self.repository, tip, self.prefix)

    def _checkout(self, branch: str) -> Checkout | None:
        """The working tree, if it has this branch checked out."""
        repository = self.repository
        here = repository.work_tree is not None and repository.head_ref() == branch
        return Checkout(repository) if here else None

    def _publish(
        self,
        branch: str,
        tip: str | None,
        commit: str,
        paths: Mapping[str, Blobs],
        checkout: Checkout | None,
        note: str,
        push: bool,
    ) -> list[str]:
        """The step from objects that nobody names to a write that counts."""
        self._read_back(commit, paths)
        if push:
            self._push_or_rebuild(branch, commit)
        if checkout:
            Journal(self.repository.git_dir).write(Pending(ref=branch, paths=paths))
        commits.move_ref(self.repository, branch, commit, tip, note)
        return self._follow(branch, paths, checkout)

    def _follow(self, branch: str, paths: Mapping[str, Blobs], checkout: Checkout | None) -> list[str]:
        """The branch has moved, so the write counts: from here on trouble is a warning."""
        if checkout is None:
            return []
        try:
            left = checkout.bring_in_step(paths, self.repository.ref_commit(branch))
        except (OSError, GitError, ConflictError) as error:
            left = [f"committed, but the working tree lags: {error}"]
        if not left:
            with contextlib.suppress(OSError):
                Journal(self.repository.git_dir).clear()
        return left

    def _write_blobs(self, tip: str | None, writes: Mapping[str, bytes | None]) -> dict[str, Blobs]:
        """Write the new contents as objects; path in the repository -> blobs before and after, for what differs."""
        source = CommitSource(self.repository, tip)
        paths: dict[str, Blobs] = {}
        for path, content in writes.items():
            full = self.prefix + path
            entry = source.entry(full)
            new = self.repository.writer.write("blob", content) if content is not None else None
            old = entry[1] if entry else None
            if old != new:
                paths[full] = (old, new)
        return paths

    def _read_back(self, commit: str, paths: Mapping[str, Blobs]) -> None:
        """A write is acknowledged only if what was written can be read: every object is hashed as it is read."""
        source = CommitSource(self.repository, commit)
        for path, (_, new) in paths.items():
            entry = source.entry(path)
            if (entry[1] if entry else None) != new:
                raise GitError(f"commit {commit} does not hold what was written to {path}")
            if new is not None:
                self.repository.reader.read(new, "blob", path=path)

    def _commit_through_git(
        self,
        tip: str | None,
        changeset: Changeset,
        paths: Mapping[str, Blobs],
        checkout: Checkout,
        branch: str,
    ) -> None:
        Journal(self.repository.git_dir).write(Pending(ref=branch, paths=paths))
        try:
            checkout.put({path: changeset.writes[path.removeprefix(self.prefix)] for path in paths})
            blobs = {path: new for path, (_, new) in paths.items()}
            base, author = changeset.base, changeset.author
            commits.commit_with_hooks(self.repository, tip, blobs, changeset.message, base=base, author=author)
        except BaseException:
            self._repair()
            raise

    def _push_or_rebuild(self, branch: str, commit: str) -> None:
        """Push a commit that no local branch names yet. If the remote moved on, follow it and ask for another attempt."""
        try:
            remote.push_branch(self.repository, branch, commit)
        except remote.RemoteMovedError:
            remote.follow(self.repository, branch)
            raise RefMovedError(f"{branch} moved at the remote") from None

    def _push_committed(self, branch: str, tip: str | None, paths: Mapping[str, Blobs], checkout: Checkout) -> None:
        """Push what `git commit` has put on the branch; take it back before another attempt, or if the remote refuses."""
        commit = self.repository.ref_commit(branch) or ""
        try:
            remote.push_branch(self.repository, branch, commit)
        except (remote.RemoteMovedError, GitError) as error:
            if tip is None:
                raise
            commits.move_ref(self.repository, branch, tip, commit, "not pushed")
            checkout.bring_in_step(paths, tip, repair=True)
            if isinstance(error, GitError):
                raise
            remote.follow(self.repository, branch)
            raise RefMovedError(f"{branch} moved at the remote") from None


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """The disk's refusals, in a sentence with a way out."""
    try:
        yield
    except OSError as error:
        if isinstance(error, ConflictError | GitError):
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        where = f": {error.filename}" if error.filename else ""
        raise GitError(
            f"the registry cannot be written: {os.strerror(error.errno or 0)}{where}",
            hint="Free some space and try again; nothing was lost."
            if full
            else "Check the owner and mode of its folder.",
        ) from error
