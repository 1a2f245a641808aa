"""A template is very long.

More than 100,000 characters are about 25,000 tokens, which every call pays for and small models cannot read. Nothing
is refused: some prompts are meant to be that long.

To mend it, hand the long part over as a variable, or load it where it is needed.
"""

from __future__ import annotations

from promptgit.checks.subject import VERSION
from promptgit.faults import texts
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (VERSION,)
LIMIT = 100_000
"""Characters in all texts of a template."""


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    if len(file.data) <= LIMIT or file.body is None:
        return
    length = sum(len(text) for _, text in texts(file.body.template))
    if length > LIMIT:
        message = f"the template has {length:,} characters"
        hint = "Every call pays for them. Hand the long part over as a variable."
        yield file.problem("size", message, ["template"], at_key=True, severity=WARNING, hint=hint)
