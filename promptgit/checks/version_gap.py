"""A version number is skipped.

Numbers count up by one. A gap is either a version that was lost, or a file with the wrong number: the next `register`
goes on above it. Deleted versions leave a tombstone in `prompt.yaml` and are no gap. A gap that the change makes is
an error; one that was there before is a warning, as versions cannot be renumbered once others may use them.

To mend it, rename the new file to the next number. `--fix` does that.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import ERROR, WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.mend import Mender
    from promptgit.checks.subject import Subject


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    before = subject.before
    known = {*before.versions, *before.notes.deleted} if before else set()
    highest = max(known, default=0)
    onto = {*subject.onto.versions, *subject.onto.notes.deleted} if subject.onto else set()
    expected = 1
    # what is gone is told elsewhere, and what the base branch has is no gap once this is merged
    for version in sorted({*subject.prompt.versions, *subject.prompt.notes.deleted, *known, *onto}):
        if version > expected and version not in onto:
            yield _problem(subject, expected, version, made=before is not None and version > highest)
        expected = version + 1


def _problem(subject: Subject, missing: int, above: int, *, made: bool) -> Problem:
    folder = subject.prompt.folder
    numbers = f"version {missing}" if above == missing + 1 else f"versions {missing} to {above - 1}"
    message = f"{numbers} of {subject.name} {'is' if above == missing + 1 else 'are'} skipped"
    if made:
        path, hint = f"{folder}/{above}.yaml", f"The next number is {missing}: rename it to {folder}/{missing}.yaml"
        return Problem(code="version-gap", message=message, severity=ERROR, path=path, hint=hint)
    path = layout.version_path(subject.name, missing)
    hint = f"If it was deleted, say so in {folder}/prompt.yaml: versions: {{{missing}: {{deleted: why}}}}"
    return Problem(code="version-gap", message=message, severity=WARNING, path=path, hint=hint)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Give a new version the next number."""
    found = layout.parse_path(problem.path)
    if problem.severity != ERROR or found is None or found.version is None:
        return None
    number = mender.next_version(found.name, besides=found.version)
    if number > found.version or not mender.rename(problem.path, layout.version_path(found.name, number)):
        return None
    return f"renamed {problem.path} to {number}.yaml"
