"""`prompt.yaml` has a note on a version that never was.

A tag or a deprecation for version 12 of a prompt that has 3 versions binds nobody; a tombstone for it would skip the
number for ever.

To mend it, correct the number, or remove the note.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Subject
    from promptgit.problems import Problem


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    prompt = subject.prompt
    for version, note in sorted(prompt.notes.versions.items()):
        if version in prompt.versions or ("deleted" in note and _was_there(subject, version)):
            continue
        message = f"there is a note on version {version}, which is not there"
        hint = f"It has: {', '.join(map(str, prompt.versions[-8:])) or 'no versions'}."
        keys = ["versions", str(version)]
        yield prompt.problem(
            "notes-version", message, layout.NOTES_FILE, keys, at_key=True, severity=WARNING, hint=hint
        )


def _was_there(subject: Subject, version: int) -> bool:
    """A tombstone that was there before, or is for a version that was, is no slip."""
    before = subject.before
    if before is None:
        return True
    return (
        version in before.versions
        or version in before.notes.deleted
        or version < max(subject.prompt.versions, default=0)
    )
