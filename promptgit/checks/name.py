"""A folder cannot be a prompt: its name breaks the rule.

Folders under `prompts/` are the parts of a prompt's name. A part has letters, digits, `_` and `-`, does not begin
with `-`, is no device name of Windows (`con`, `nul`), and the whole name has at most 128 characters. What breaks the
rule cannot be loaded by anybody.

To mend it, rename the folder: `git mv prompts/OLD prompts/NEW`.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.errors import InvalidReferenceError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Folder


def check_folder(folder: Folder) -> Iterator[Problem]:
    """See the manual above."""
    parent = f"{folder.name}." if folder.name else ""
    for part in sorted(part for part, is_folder in folder.entries.items() if is_folder):
        try:
            layout.check_name(parent + part)
        except InvalidReferenceError as error:
            if not parent or _is_valid(folder.name):  # else it was told where the fault is
                hint = error.hint or ""
                yield Problem(code="name", message=error.message, path=f"{folder.path}/{part}", hint=hint)


def _is_valid(name: str) -> bool:
    try:
        return bool(layout.check_name(name))
    except InvalidReferenceError:
        return False
