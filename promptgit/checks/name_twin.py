"""Two names in one folder are the same on some file systems.

`FAQ` and `faq` are two folders on Linux and one on macOS and Windows, where a clone then mixes two prompts. So are
names that differ only in how an accent is encoded.

To mend it, rename one of them: `promptgit rename OLD NEW`.
"""

from __future__ import annotations

import unicodedata

from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Folder


def check_folder(folder: Folder) -> Iterator[Problem]:
    """See the manual above."""
    seen: dict[str, str] = {}
    for name in sorted([*folder.entries, *(other for other in folder.others if other not in folder.entries)]):
        twin = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if twin != name:
            message = f"{name} differs from {twin} only by case or by how it is encoded"
            hint = "On macOS and Windows they are one: rename one of them."
            yield Problem(code="name-twin", message=message, path=f"{folder.path}/{name}", hint=hint)
