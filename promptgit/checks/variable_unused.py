"""A variable is declared and not used.

Callers give a value that goes nowhere: most often the template was shortened, or the name has a slip.

To mend it, use the variable in the template, or take it out of `variables`.
"""

from __future__ import annotations

from promptgit.checks.subject import VERSION
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (VERSION,)


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    body = file.compiled
    if body is None or not body.declared:
        return
    used = body.formatter.prompt.variables
    for name in body.declared:
        if name not in used:
            hint = _near(name, [other for other in used if other not in body.declared])
            message = f"the variable {name} is declared and not used"
            yield file.problem(
                "variable-unused", message, ["variables", name], at_key=True, severity=WARNING, hint=hint
            )


def _near(name: str, others: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, others, n=1)
    return f"Did you mean {near[0]}, which the template uses?" if near else "Use it in the template, or remove it."
