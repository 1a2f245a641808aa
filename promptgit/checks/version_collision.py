"""Two branches added the same version number.

The branch that this one is to be merged into (`--base`) has a version of this number meanwhile, with another text.
The merge will conflict, and whoever resolves it by hand is likely to change a version that is already served.

To mend it before merging: `promptgit renumber --onto BASE`, which gives yours the next free number and mends aliases
that meant it.
"""

from __future__ import annotations

import shlex

from promptgit import layout
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Subject


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    if subject.onto is None:
        return
    for version in subject.prompt.versions:
        path = layout.version_path(subject.name, version)
        theirs = subject.onto.state.blob(path) if subject.is_new(version) else None
        if theirs is not None and theirs != subject.prompt.state.blob(path):
            message = f"the base branch has another version {version} of {subject.name}"
            hint = "Run: promptgit renumber" + (f" --onto {shlex.quote(subject.base)}" if subject.base else "")
            yield Problem(code="version-collision", message=message, path=path, hint=hint)
