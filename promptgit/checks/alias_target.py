"""An alias leads to a version that does not exist.

Every application that loads it fails. Two branches can do that together without a conflict: one deletes version 2,
the other points an alias to it; so the merged registry is checked, not only what a branch changed.

To mend it, move the alias: `promptgit alias set NAME ALIAS VERSION -m WHY`.
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
    prompt = subject.prompt
    for alias, target in sorted(prompt.aliases.items()):
        for version in target.versions:
            if version not in prompt.versions:
                what = "was deleted" if version in prompt.notes.deleted else "does not exist"
                message = f"{alias} leads to version {version}, which {what}"
                hint = f"Move it: promptgit alias set {prompt.name} {alias} VERSION -m WHY"
                yield prompt.problem("alias-target", message, layout.ALIASES_FILE, [alias], at_key=True, hint=hint)
