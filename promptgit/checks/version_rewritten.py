"""A commit in the past changed a version, or removed it without a tombstone.

`--history` walks every commit behind the state. Reported is each that changed a version after it had been committed, a
merge that hides such a change among them; and each after which the branch had another text under a number than it had
at first, or none and no note of why. What an application was served at the time may differ from what the number means
now. It is a warning where a merge gave the text that had the number the next one: nobody was served it if it had not
been pushed.

The past cannot be mended. Restore the first text if it still matters, register the later one as a new version, note what
was removed, and protect the branch with the pre-receive hook: `promptgit hook pre-receive -h`.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.gitrepo.history import branch_log, log
from promptgit.problems import WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.change import Change
    from promptgit.gitrepo.history import Commit, FileChange

_GAVE = "gave the number to another text"


def check_history(change: Change, tip: str, prefix: str) -> Iterator[Problem]:
    """See the manual above."""
    repository = change.repository
    if repository is None:
        return
    if repository.is_shallow:
        hint = "Fetch all of it: git fetch --unshallow"
        message = "history is cut off here (a shallow clone): only a part of it was looked at"
        yield Problem(code="version-rewritten", severity=WARNING, message=message, hint=hint)
    paths = [f"{prefix}{layout.PROMPTS}"]
    told: set[tuple[str, str]] = set()
    for commit in log(repository, tip, paths, graph=False, full=True):
        for path, file in _versions(commit, prefix):
            if file.old and file.new and file.old != file.new:
                told.add((commit.commit, path))
                yield _problem(commit, path, "changed the version")
    for commit, problem in _of_the_branch(change, list(branch_log(repository, tip, paths)), prefix):
        if (commit.commit, problem.path) not in told:
            yield problem


def _of_the_branch(change: Change, commits: list[Commit], prefix: str) -> Iterator[tuple[Commit, Problem]]:
    """What the branch itself went through: numbers that came to mean another text, or were lost."""
    first: dict[str, str] = {}
    removed: dict[str, tuple[Commit, str | None]] = {}
    for commit in reversed(commits):
        for path, file in _versions(commit, prefix):
            if file.new is None:
                removed[path] = (commit, file.old)
                continue
            removed.pop(path, None)
            if first.setdefault(path, file.new) != file.new:
                moved = _moved_to(commit, path, file.old, prefix)
                yield commit, _renumbered(commit, path, moved) if moved else _problem(commit, path, _GAVE)
    for path, (commit, blob) in removed.items():
        found = layout.parse_path(path)
        if found and found.version and not _is_noted(change, found.name, found.version, blob):
            yield commit, _problem(commit, path, "removed the version without a tombstone")


def _moved_to(commit: Commit, path: str, blob: str | None, prefix: str) -> int | None:
    """The number that a merge gave to the text which had another one before, as `promptgit renumber` does."""
    folder = path.rpartition("/")[0]
    for other, file in _versions(commit, prefix):
        if file.old is None and file.new == blob and other.rpartition("/")[0] == folder:
            return layout.version_of_file(other.rpartition("/")[2])
    return None


def _is_noted(change: Change, name: str, version: int, blob: str | None) -> bool:
    """Whether the state says what became of a version: it was deleted, or its very text is there under a later name."""
    if version in change.after.prompt(name).notes.deleted:
        return True
    heir = change.heir(name)
    if heir is None or version in heir.notes.deleted:
        return heir is not None
    return change.after.blob(layout.version_path(heir.name, version)) == blob


def _versions(commit: Commit, prefix: str) -> Iterator[tuple[str, FileChange]]:
    for file in commit.files:
        path = file.path.removeprefix(prefix)
        found = layout.parse_path(path)
        if found is not None and found.version:
            yield path, file


def _renumbered(commit: Commit, path: str, number: int) -> Problem:
    """Of two branches that added the same number, the merge kept the other one's: which of them was served is not told."""
    message = f"merge {commit.commit[:10]} took the other branch's text; what had the number here is version {number}"
    hint = "Nothing that was served changed if it was not pushed before: as after git pull and promptgit renumber."
    return Problem(code="version-rewritten", severity=WARNING, path=path, message=message, hint=hint)


def _problem(commit: Commit, path: str, what: str) -> Problem:
    short = commit.commit[:10]
    hint = f"See git show {short}. What it was before still is there: prompts:/NAME/VERSION?rev={short}~1"
    return Problem(code="version-rewritten", path=path, message=f"commit {short} {what}", hint=hint)
