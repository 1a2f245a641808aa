"""A template breaks the rules of its syntax, or has a slip that its syntax takes for text.

An unknown filter, a Jinja2 block without its end, an unclosed `{` where braces are single: the version could be loaded, but
not formatted. The place is that inside the text, as line and column of the file. In the default syntax, `double-brace`,
nothing is wrong, and whatever is no variable goes to the model as it stands: `{{ question }` and `{{ user-name }}` too.
These are warnings, as a prompt may be about braces.

To mend it, change the template at that place. A literal brace is written `{{ '{{' }}` in Jinja2, and doubled in
single-brace.
"""

from __future__ import annotations

import re
from itertools import islice

from promptgit.checks.subject import MAX_PROBLEMS, VERSION
from promptgit.content import DEFAULT_SYNTAX
from promptgit.faults import template_problems, texts
from promptgit.problems import WARNING
from promptgit.templates.base import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (VERSION,)

_OPENED = re.compile(
    r"(?<!\{)\{\{(?!\{)[^\S\n]{0,8}"
    r"(?:(?P<open>[A-Za-z_][\w.]{0,127})[^\S\n]{0,8}(?:\}(?!\})|$)|(?P<closed>[^{}\n]{0,128})\}\})",
    re.ASCII | re.MULTILINE,
)
_HINT = "A variable is {{ name }}, with letters, digits, _ and dots. If the text is meant as it stands, leave it."


def check_file(file: File) -> Iterable[Problem]:
    """See the manual above."""
    if file.body is None or file.document is None:
        return []
    if file.compiled is None:
        hint = "Correct the template. A version that is committed stays as it is: register a new one."
        found = template_problems(file.document, file.data, file.path)
        return [problem if problem.hint else problem.replace(hint=hint) for problem in found]
    return _slips(file) if file.body.syntax == DEFAULT_SYNTAX else []


def _slips(file: File) -> Iterator[Problem]:
    """What was most likely meant as a variable and is none."""
    for keys, text in texts(file.document["template"] if file.document else None):
        for found in islice(_OPENED.finditer(text), MAX_PROBLEMS):
            closed = found["closed"]
            if is_name(closed.strip()) if closed is not None else text[found.end("open") :].lstrip().startswith("}}"):
                continue
            what = "is never closed" if closed is None else "is no variable"
            shown = found[0].rstrip()
            yield file.problem_in_text(
                "template-text", f"{shown} {what}, so it is text", keys, found.start(), severity=WARNING, hint=_HINT
            )
