"""A deleted version's number is used again.

`prompt.yaml` says that the version was deleted, and its file is there. If it is another text, one number means two;
if it is the same, it should not be there.

To mend it, give the file the next free number (`git mv 4.yaml 7.yaml`), or remove it.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Subject


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    deleted = subject.prompt.notes.deleted
    for version in subject.prompt.versions:
        if version in deleted:
            free = max([*subject.prompt.versions, *deleted]) + 1
            hint = f"Rename it to {free}.yaml, or remove it."
            path = layout.version_path(subject.name, version)
            message = f"version {version} was deleted: its number may not be used again"
            yield Problem(code="version-reused", message=message, path=path, hint=hint)
