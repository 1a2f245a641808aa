"""What is known of a module's names: in the scope that is being run, and across scopes, from the run before."""

from __future__ import annotations

import builtins

from promptgit.callers.values import NOTHING, UNKNOWN, Class, Function, Instance, Name, has_items, merged, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from promptgit.callers.values import Values

    Env: TypeAlias = dict[str, Values]

MODULE = 0
"""The key of the module's own scope; others have that of their node."""


class Facts:
    """What one run over a module found that another place needs. A run reads those of the run before.

    Attributes:
        scopes: scope -> its names when it ends.
        loops: loop -> names at the end of a round.
        written: what functions assign to names of outer scopes (`global`, `nonlocal`).
        changed: names of scopes whose mappings get other keys elsewhere.
        attributes: what is assigned to the attributes of a class and its objects.
        bases: class -> its base classes.
        returns: function -> what it returns or yields.
    """

    def __init__(self) -> None:
        self.scopes: dict[int, Env] = {}
        self.loops: dict[int, Env] = {}
        self.written: dict[tuple[int, str], Values] = {}
        self.changed: set[tuple[int, str]] = set()
        self.attributes: dict[tuple[int, str], Values] = {}
        self.bases: dict[int, Values] = {}
        self.returns: dict[int, Values] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it is filled as a run goes on

    def attribute(self, owner: int, name: str) -> Values | None:
        """What an attribute of a class may hold, its bases in this module included; None if that is not known.

        A name may be bound to several classes, and a class to a base of its own name: so bases can lead in circles.
        """
        waiting, seen = [owner], set[int]()
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            found = self.attributes.get((key, name))
            if found is not None:
                return found
            waiting += [base.key for base in reversed(self.bases.get(key, ())) if isinstance(base, Class)]
        return None

    def member(self, owner: Class | Instance, name: str) -> Values:
        """The same as values: a property is what it returns, and a mapping may have got other keys."""
        found = opened(self.attribute(owner.key, name) or NOTHING)
        ways = [
            self.returns.get(value.key, NOTHING) if isinstance(value, Function) and value.is_property else (value,)
            for value in found
        ]
        return merged(*ways)


class Frame:
    """A scope that is being run.

    Args:
        key: of the scope.
        outer: the scopes around it whose names it sees, the innermost last.

    Attributes:
        env: its names, at this point.
        alive: whether the program can come to this point.
        breaks: for each loop around this point, the names where it is left early.
        elsewhere: names declared `global` or `nonlocal`, with the scope that has them.
    """

    def __init__(self, key: int, outer: tuple[int, ...] = ()) -> None:
        self.key = key
        self.outer = outer
        self.env: Env = {}
        self.alive = True
        self.breaks: list[list[Env]] = []
        self.elsewhere: dict[str, int] = {}


def look_up(name: str, frame: Frame, before: Facts, now: Facts) -> Values:
    """What a name may hold at this point."""
    if name in frame.env:
        found = frame.env[name]
        return merged(found, before.written.get((frame.key, name), ()))
    for scope in reversed(frame.outer):
        names = now.scopes.get(scope) or before.scopes.get(scope) or {}
        found = merged(names.get(name, ()), before.written.get((scope, name), ()))
        if found:
            return opened(found) if (scope, name) in before.changed else found
    return (Name(dotted=f"builtins.{name}"),) if hasattr(builtins, name) else (UNKNOWN,)


def owner_of(name: str, frame: Frame) -> int | None:
    """The scope around this one that has a name; None if it is the frame's own."""
    if name in frame.env and name not in frame.elsewhere:
        return None
    return frame.elsewhere.get(name, frame.outer[0] if frame.outer else None)


def touch(name: str, frame: Frame, now: Facts) -> None:
    """Remember that a mapping gets keys that are not followed."""
    if name in frame.env and has_items(frame.env[name]):
        frame.env[name] = opened(frame.env[name])
    scope = owner_of(name, frame)
    if scope is not None:
        now.changed |= {(outer, name) for outer in (*frame.outer, scope)}


def merge_envs(*envs: Env) -> Env:
    """The names after several ways have come together."""
    names = dict.fromkeys(name for env in envs for name in env)
    return {name: merged(*(env[name] for env in envs if name in env)) for name in names}
