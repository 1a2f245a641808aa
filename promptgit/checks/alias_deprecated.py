"""An alias leads to a version, or belongs to a prompt, that should no longer be used.

`prompt.yaml` marks it as deprecated. Applications still get it by the alias, so this is a warning.

To mend it, move the alias to a newer version, or take the mark away.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import WARNING

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
            why = prompt.notes.versions.get(version, {}).get("deprecated") or prompt.notes.deprecated
            if why:
                message = f"{alias} leads to version {version}, which is deprecated: {why}"
                hint = f"Move it: promptgit alias set {prompt.name} {alias} VERSION -m WHY"
                yield prompt.problem(
                    "alias-deprecated", message, layout.ALIASES_FILE, [alias], at_key=True, severity=WARNING, hint=hint
                )
