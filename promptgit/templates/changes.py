"""What a new contract means for callers who keep the old one."""

from __future__ import annotations

import json

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.templates.variables import VariableSpec


class VariableChange(Record):
    """A variable that is not what it was.

    Attributes:
        name: the variable.
        what: in words, such as "now required".
        breaking: whether a call that worked before may fail now.
    """

    name: str
    what: str
    breaking: bool


def contract_changes(old: Mapping[str, VariableSpec], new: Mapping[str, VariableSpec]) -> list[VariableChange]:
    """The variables that were added, changed or removed, in the order of the new contract."""
    found: list[VariableChange] = []
    for name, spec in new.items():
        if name not in old:
            what = "new, required" if spec.required else "new, optional"
            found.append(VariableChange(name=name, what=what, breaking=spec.required))
        else:
            found += _respecified(old[name], spec)
    gone = [name for name in old if name not in new]
    return found + [VariableChange(name=name, what="removed", breaking=True) for name in gone]


def _respecified(old: VariableSpec, new: VariableSpec) -> list[VariableChange]:
    found: list[VariableChange] = []
    if old.type != new.type:
        what = f"{old.type} → {new.type}"
        widened = new.type == "any" or (old.type, new.type) == ("integer", "number")
        found.append(VariableChange(name=new.name, what=what, breaking=new.typed and not widened))
    if old.required != new.required:
        what = "now required" if new.required else "now optional"
        found.append(VariableChange(name=new.name, what=what, breaking=new.required))
    if old.default != new.default:
        what = f"default {shown_short(old.default)} → {shown_short(new.default)}"
        found.append(VariableChange(name=new.name, what=what, breaking=False))
    said = [word for word in ("description", "example") if getattr(old, word) != getattr(new, word)]
    if said:
        found.append(VariableChange(name=new.name, what=f"{' and '.join(said)} changed", breaking=False))
    return found


def shown_short(value: Any) -> str:
    """A value in at most 24 characters."""
    text = "unset" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 24 else f"{text[:23]}…"
