"""What an import reads and reports."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.problems import Problem


class Row(Record):
    """One version of one prompt, as another tool had it.

    Attributes:
        title: what it is called there; it may be anything.
        content: what the version file is to hold.
        message: the commit message; empty if there is none.
        time: when it was made, in seconds since the epoch; None if unknown.
        author: `Name <email>`, or empty.
        aliases: aliases that lead to this version.
        line: where it stands in the file, from 1.
    """

    title: str
    content: Mapping[str, Any]
    message: str = ""
    time: int | None = None
    author: str = ""
    aliases: tuple[str, ...] = ()
    line: int = 0


class ImportReport(Record):
    """What an import did.

    Attributes:
        versions: how many were added.
        prompts: how many prompts they belong to.
        skipped: how many were there already.
        aliases: how many were set.
        names: title -> name, where the two differ.
        problems: rows that were left out, and warnings.
        refused: aliases that could not be set.
        commit: the branch's tip afterwards; None after a dry run on an empty branch.
        warnings: what could not be done after the import was safe, as sentences.
    """

    versions: int
    prompts: int
    skipped: int
    names: Mapping[str, str]
    aliases: int = 0
    problems: tuple[Problem, ...] = ()
    refused: tuple[Problem, ...] = ()
    commit: str | None = None
    warnings: tuple[str, ...] = ()
