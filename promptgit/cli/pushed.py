"""Tells whoever pushed why the server did not take it. Git shows each line on their terminal as `remote: …`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from promptgit.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.hooks.push.refusal import Refusal

_MOST = 20
_SHORT = 10
_GITLAB_PAGE = "GL-HOOK-ERR: "  # https://docs.gitlab.com/administration/server_hooks/#custom-error-messages


def show(refusals: Sequence[Refusal]) -> None:
    """Print why a push was refused: for each reason commit and path (or ref), what is wrong, and what to do."""
    lead = _GITLAB_PAGE if os.environ.get("GL_PROTOCOL") == "web" else ""
    count = len(refusals)
    lines = [f"promptgit refused this push, and nothing of it was taken: {count} problem{'s' if count > 1 else ''}"]
    for refusal in refusals[:_MOST]:
        lines += ["", *_told(refusal)]
    if count > _MOST:
        lines += ["", f"and {count - _MOST} more"]
    if any(refusal.commit for refusal in refusals):
        lines += ["", "One more commit on top mends none of them: git commit --amend, or git rebase -i."]
    for line in lines:
        output.note(f"{lead}{line}".rstrip())


def _told(refusal: Refusal) -> list[str]:
    problem = refusal.problem
    place = f"{problem.path}:{problem.line}:{problem.column or 1}" if problem.line else problem.path
    where = " ".join(part for part in (refusal.commit[:_SHORT], place or refusal.ref) if part)
    lines = [where, f"    {problem.message} [{problem.code}]"]
    lines += [f"    {line}" for line in problem.hint.splitlines()]
    return [line.replace("\n", "\\n") for line in lines]
