"""Two aliases of a prompt differ only by case.

`Production` and `production` are two aliases that nobody tells apart, and where aliases are git tags they are one
file on macOS and Windows.

To mend it, remove one of them: `promptgit alias rm NAME ALIAS`.
"""

from __future__ import annotations

from promptgit import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Subject
    from promptgit.problems import Problem


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    seen: dict[str, str] = {}
    for alias in sorted(subject.prompt.aliases):
        twin = seen.setdefault(alias.casefold(), alias)
        if twin != alias:
            message = f"{alias} differs from {twin} only by case"
            hint = f"Remove one of them: promptgit alias rm {subject.name} {alias}"
            yield subject.prompt.problem("alias-twin", message, layout.ALIASES_FILE, [alias], at_key=True, hint=hint)
