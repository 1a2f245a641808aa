"""A committed version is gone, and no tombstone says so.

A version may be deleted, but its number must never be used again, or one number would mean two texts. So
`prompt.yaml` keeps a note: `versions: {4: {deleted: why}}`. `promptgit delete NAME/4` writes it. A prompt that was
renamed takes its versions along.

To mend it, write the note, or take the deletion back. `--fix` writes the note.
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
    gone = set(subject.before.versions) - set(subject.prompt.versions) - set(subject.prompt.notes.deleted)
    if not gone:
        return
    heir = None if subject.prompt.versions else subject.heir
    for version in sorted(gone - set(heir.versions if heir else ())):
        path = layout.version_path(subject.name, version)
        hint = f"Run promptgit delete {subject.name}/{version}, or note it in {layout.notes_path(subject.name)}"
        message = "a committed version was removed without a tombstone"
        yield Problem(code="version-deleted", message=message, path=path, hint=hint)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Write the tombstone."""
    found = layout.parse_path(problem.path)
    if found is None or found.version is None:
        return None
    path = layout.notes_path(found.name)
    mender.edit(path, ["versions", str(found.version)], {"deleted": "removed by hand"})
    return f"noted in {path} that version {found.version} is deleted"
