"""A variable is declared and not used.

Callers give a value that goes nowhere: most often the template was shortened, or the name has a slip.

To mend it, use the variable in the template, or take it out of `variables`.
"""

from __future__ import annotations

from itertools import islice

from promptgit.checks.subject import MAX_PROBLEMS, VERSION
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
    others = [other for other in used if other not in body.declared][:MAX_PROBLEMS]
    unused = (name for name in body.declared if name not in used)
    for name in islice(unused, MAX_PROBLEMS):
        message = f"the variable {name} is declared and not used"
        keys = ["variables", name]
        yield file.problem("variable-unused", message, keys, at_key=True, severity=WARNING, hint=_near(name, others))


def _near(name: str, others: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, others, n=1)
    return f"Did you mean {near[0]}, which the template uses?" if near else "Use it in the template, or remove it."
