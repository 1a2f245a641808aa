"""Something under `prompts/` is no plain file: a symbolic link, a submodule, an executable.

A symbolic link can lead anywhere, also to a secret of the machine that loads the prompt; so promptgit serves plain
files (mode 100644) only, and such a version would not exist for applications.

To mend it, replace the link by what it leads to, or take the executable bit away: `chmod -x FILE`. `--fix` does the
latter.
"""

from __future__ import annotations

from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.mend import Mender
    from promptgit.checks.subject import Folder

_EXECUTABLE = "an executable file"


def check_folder(folder: Folder) -> Iterator[Problem]:
    """See the manual above."""
    for name, what in sorted(folder.others.items()):
        path = f"{folder.path}/{name}"
        hint = (
            f"Run: chmod -x {path}"
            if what == _EXECUTABLE
            else "Only plain files are loaded: make it one, or remove it."
        )
        yield Problem(code="file-mode", message=f"it is {what}", path=path, hint=hint)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Take the executable bit away."""
    if _EXECUTABLE not in problem.message:
        return None
    mender.set_mode(problem.path, 0o644)
    return f"{problem.path} is not executable any more"
