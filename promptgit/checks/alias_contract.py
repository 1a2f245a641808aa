"""An alias will serve a version that callers may not be ready for.

Against what the alias served before, a required variable is new, one is gone, or one has another type. Calls such as
`load_prompt("prompts:/NAME@production").format(...)` that work now will raise. It is a warning: `promptgit review
--fail-on breaking` makes it count, and `promptgit usages` finds the callers.

To mend it, give the new variable a default, or change the callers first so that they give both.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.problems import WARNING
from promptgit.templates.changes import contract_changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import Subject
    from promptgit.problems import Problem


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """See the manual above."""
    if subject.before is None:
        return
    for alias, target in sorted(subject.prompt.aliases.items()):
        served = subject.before.aliases.get(alias)
        if served is None or served == target:
            continue
        said = _breaking(subject, served.versions, target.versions)
        if said:
            message = f"{alias} goes {served} → {target}, which breaks callers: {', '.join(said)}"
            hint = "Give new variables a default, or change the callers first: promptgit usages PATH finds them."
            yield subject.prompt.problem(
                "alias-contract", message, layout.ALIASES_FILE, [alias], at_key=True, severity=WARNING, hint=hint
            )


def _breaking(subject: Subject, served: tuple[int, ...], serves: tuple[int, ...]) -> list[str]:
    said: dict[str, None] = {}
    for old in served:
        for new in (version for version in serves if version not in served):
            before, after = subject.before and subject.before.body(old), subject.prompt.body(new)
            if before and after:
                changes = contract_changes(before.formatter.contract, after.formatter.contract)
                said |= {f"{change.name} is {change.what}": None for change in changes if change.breaking}
    return list(said)
