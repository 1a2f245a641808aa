"""A template breaks the rules of its syntax.

An unclosed `{{`, an unknown filter, a Jinja2 block without its end: the version could be loaded, but not formatted.
The place is that inside the text, as line and column of the file.

To mend it, change the template at that place. A literal brace is written `{{ '{{' }}` in Jinja2, and doubled in
single-brace.
"""

from __future__ import annotations

from promptgit.checks.subject import VERSION
from promptgit.faults import template_problems

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (VERSION,)


def check_file(file: File) -> Iterable[Problem]:
    """See the manual above."""
    if file.body is None or file.document is None or file.compiled is not None:
        return ()
    hint = "Correct the template. A version that is committed stays as it is: register a new one."
    found = template_problems(file.document, file.data, file.path)
    return [problem if problem.hint else problem.replace(hint=hint) for problem in found]
