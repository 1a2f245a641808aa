"""A file in a prompt's folder is none that promptgit knows.

Versions are called `1.yaml`, `2.yaml` and so on; beside them stand `aliases.yaml` and `prompt.yaml` alone. `03.yaml`,
`3.yml` and `Aliases.yaml` look like them and are read by nobody, which is an error. Any other file is a warning.

To mend it, rename the file. `--fix` renames `03.yaml` and `3.yml` to `3.yaml` where that name is free.
"""

from __future__ import annotations

import re

from promptgit import layout
from promptgit.layout import TEMPORARY
from promptgit.problems import ERROR, WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.mend import Mender
    from promptgit.checks.subject import Folder

_VERSION = re.compile(r"v?0*([1-9][0-9]*)\.ya?ml\Z", re.IGNORECASE)
_NOTES = re.compile(r"(alias(?:es)?|prompt)\.ya?ml\Z", re.IGNORECASE)


def check_folder(folder: Folder) -> Iterator[Problem]:
    """See the manual above."""
    for name in sorted(name for name, is_folder in folder.entries.items() if not is_folder):
        path = f"{folder.path}/{name}"
        if name.startswith(TEMPORARY):
            continue
        if layout.version_of_file(name) or name in (layout.ALIASES_FILE, layout.NOTES_FILE):
            if folder.name:
                continue
            message, severity, hint = (
                "it lies in no prompt's folder",
                ERROR,
                "A prompt is a folder: prompts/NAME/1.yaml.",
            )
        else:
            message, severity, hint = _judged(name)
        yield Problem(code="file-name", message=message, severity=severity, path=path, hint=hint)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Give a version its proper name, if that is free."""
    folder, _, name = problem.path.rpartition("/")
    meant = _meant(name)
    if meant is None or not mender.rename(problem.path, f"{folder}/{meant}"):
        return None
    return f"renamed {problem.path} to {meant}"


def _judged(name: str) -> tuple[str, str, str]:
    meant = _meant(name)
    if meant:
        return f"nobody reads it: {meant} is called so", ERROR, f"Rename it to {meant}."
    hint = "Versions are called 1.yaml, 2.yaml and so on; beside them stand aliases.yaml and prompt.yaml alone."
    return "it is no file of a prompt", WARNING, hint


def _meant(name: str) -> str | None:
    found = _VERSION.match(name)
    if found:
        return f"{found[1]}.yaml"
    found = _NOTES.match(name)
    return None if found is None else layout.NOTES_FILE if found[1].lower() == "prompt" else layout.ALIASES_FILE
