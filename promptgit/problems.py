"""A finding as a value. Checks, readers and validators collect problems; the edges print them or raise."""

from __future__ import annotations

from promptgit.record import Record

ERROR = "error"
WARNING = "warning"


class Problem(Record):
    """One finding about one place.

    Attributes:
        code: stable name of the rule, such as `yaml-duplicate-key`.
        message: what is wrong, one sentence without a final period.
        severity: `error` or `warning`.
        path: the file, relative to the registry's root, with `/`; empty where there is no file.
        line, column: 1-based; 0 where unknown.
        hint: what to do about it.
    """

    code: str
    message: str
    severity: str = ERROR
    path: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = self.path or "<text>"
        if self.line:
            place += f":{self.line}:{self.column or 1}"
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}: {self.severity}: {self.message} [{self.code}]{hint}"
