"""A variable is used and not declared, where others are declared.

A version that lists its variables is read as listing all of them. One that is missing is a required string, which may
be meant, and may be a slip in its name. Versions without `variables` are not reported.

To mend it, declare the variable: `variables: {NAME: }` makes it a required string.
"""

from __future__ import annotations

from itertools import islice

from promptgit import document
from promptgit.checks.subject import MAX_PROBLEMS, VERSION
from promptgit.faults import texts
from promptgit.problems import WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import File

KINDS = (VERSION,)


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    body = file.compiled
    if body is None or not body.declared:
        return
    prompt = body.formatter.prompt
    undeclared = (name for name in prompt.variables if name not in body.declared and name not in prompt.placeholders)
    some = ", ".join(islice(body.declared, 8))
    for name in islice(undeclared, MAX_PROBLEMS):
        line, column = _place(file, name)
        yield Problem(
            code="variable-undeclared",
            message=f"the variable {name} is used and not declared",
            severity=WARNING,
            path=file.path,
            line=line,
            column=column,
            hint=f"Declare it under variables, or write one of those that are: {some}.",
        )


def _place(file: File, name: str) -> tuple[int, int]:
    """Where the name stands in the template for the first time."""
    import re

    pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for keys, text in texts((file.document or {}).get("template")):
        for opening in re.finditer(r"\{+%?", text):
            found = pattern.search(text, opening.end())
            if found and "}" not in text[opening.end() : found.start()]:
                return document.text_position(file.data, keys, found.start())
    return document.locate(file.data, ["template"])
