"""A folder cannot be a prompt: its name breaks the rule.

Folders under `prompts/` are the parts of a prompt's name. A part has letters, digits, `_` and `-`, does not begin
with `-`, is no device name of Windows (`con`, `nul`), and the whole name has at most 128 characters. It has no dot: the
prompt `support.refunds` is the folder `prompts/support/refunds`. What breaks the rule cannot be loaded by anybody.

To mend it, rename the folder: `git mv prompts/OLD prompts/NEW`; where the name has a dot, `mkdir` the folder before it first.
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
    if parent and not _is_valid(folder.name):  # it was told where the fault is
        return
    for part in sorted(part for part, is_folder in folder.entries.items() if is_folder):
        path = f"{folder.path}/{part}"
        try:
            layout.check_name(parent + part)
        except InvalidReferenceError as error:
            yield Problem(code="name", message=error.message, path=path, hint=error.hint or "")
        else:
            if "." in part:
                meant = f"{folder.path}/{part.replace('.', '/')}"
                message = f"the folder {part!r} has a dot in its name: nobody can load what is in it"
                yield Problem(code="name", message=message, path=path, hint=f"Move it to {meant}.")


def _is_valid(name: str) -> bool:
    try:
        return bool(layout.check_name(name))
    except InvalidReferenceError:
        return False
