"""A committed version was changed.

A version never changes: applications, evaluations and traces refer to it by its number. What differs from the state
before (HEAD, or what `--base` names) is refused.

To mend it, take the change back (`git restore FILE`) and register it as a new version: `promptgit new NAME`. `--fix`
does both: the edited text becomes the next version, and the committed one is restored. Nothing is lost.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.mend import Mender
    from promptgit.checks.subject import Subject


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    if subject.before is None:
        return
    there = set(subject.prompt.versions)
    for version in subject.before.versions:
        path = layout.version_path(subject.name, version)
        if version in there and subject.prompt.state.blob(path) != subject.before.state.blob(path):
            file = subject.prompt.version(version)
            hint = f"Take it back: git restore {path}. Then register the change as a new version: promptgit new {subject.name}"
            if file is not None and file.in_conflict:
                hint = "End the merge: keep one side, or run: promptgit renumber"
            yield Problem(code="version-changed", message="a committed version was changed", path=path, hint=hint)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Keep the edit as the next version, and restore the committed one."""
    found = layout.parse_path(problem.path)
    committed = mender.before(problem.path)
    if found is None or committed is None or mender.in_conflict(problem.path):
        return None  # what git put there in a merge is nobody's edit
    path = layout.version_path(found.name, mender.next_version(found.name))
    mender.copy(problem.path, path)
    mender.write(problem.path, committed)
    return f"restored {problem.path}; the edit is now {path}"
