"""Why a push is refused, as a value."""

from __future__ import annotations

from promptgit.problems import Problem
from promptgit.record import Record


class Refusal(Record):
    """One reason.

    Attributes:
        problem: what is wrong; its path is relative to the registry.
        commit: in which commit; empty where the ref itself is at fault.
        ref: which ref, in full; empty where it is a commit.
    """

    problem: Problem
    commit: str = ""
    ref: str = ""


def of_ref(ref: str, code: str, message: str, hint: str = "") -> Refusal:
    """A ref is at fault."""
    return Refusal(problem=Problem(code=code, message=message, hint=hint), ref=ref)


def of_commit(commit: str, problem: Problem) -> Refusal:
    """A commit is at fault."""
    return Refusal(problem=problem, commit=commit)
