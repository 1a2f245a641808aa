"""The change breaks a policy of `promptgit.yaml`.

policy-required: a prompt lacks its description, owners or a tag. policy-naming: a new prompt's name. policy-models: a
model that is not allowed. policy-model-config: a version gets another model_config, which only the policy `model_config:
mutable` allows. policy-reserved-tags: a tag that belongs to another tool. policy-through: an alias goes to
a version that never had the alias before it, such as `production` only through `staging`. policy-min-age: it goes
there too soon. policy-protected, policy-promoters: who may move an alias; a proposed change is told who has to agree
(a warning), the server refuses what anybody else pushes (an error).

The policies of the state before the change count, so no change can lift a rule and break it at once. To mend it, do
what the message says, or have the policy changed first.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.changeset import Changeset
from promptgit.checks import policies
from promptgit.checks.subject import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from promptgit.checks.change import Change
    from promptgit.checks.subject import File, Subject
    from promptgit.problems import Problem


def check_prompt(subject: Subject) -> Iterator[Problem]:
    """What every prompt must say, whether it changed or not."""
    if subject.prompt.exists:
        required = subject.prompt.state.config.policies.get("required", ())
        yield from policies.lacking(required, subject.name, subject.prompt.notes)


def check_change(change: Change) -> Iterator[Problem]:
    """What only the change can break."""
    before = change.before
    if before is None or change.facts is None:
        return
    rules = before.config.policies
    writes, creates = {}, set()
    for path in sorted(change.changed()):
        file = change.after.file(path)
        if _is_ruled(path, rules) and (file is None or _is_sound(file)):
            writes[path] = file.data if file else None
            if file and before.blob(path) is None:
                creates.add(path)
    changeset = Changeset(message="", writes=writes, creates=frozenset(creates))
    allowed = {key: rule for key, rule in rules.items() if key != "required"}
    yield from policies.broken(allowed, changeset, before.catalog, before.catalog.backend, change.facts)


def _is_ruled(path: str, rules: Mapping[str, Any]) -> bool:
    """Whether a rule may have to look at a file; where none is written, the one that always holds is about notes."""
    return path.startswith(f"{layout.PROMPTS}/") and (bool(rules) or path.endswith(f"/{layout.NOTES_FILE}"))


def _is_sound(file: File) -> bool:
    """Files that cannot be read are told by other checks."""
    return file.document is not None and not file.schema_problems and (file.kind != VERSION or file.body is not None)
