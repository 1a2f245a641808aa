"""Statements: in which order a module runs, and what its names hold at each point.

A branch is run with a copy of the names, and what the branches leave comes together again after them. A loop's body is run
once, with what the run before found at its end. A function is run when the scope around it has ended, since it is called
later; so a module is run over until nothing new is found, which for most is twice.
"""

from __future__ import annotations

import ast

from promptgit.callers import names
from promptgit.callers.calls import Recorder
from promptgit.callers.evaluate import Evaluator
from promptgit.callers.scope import MODULE, Facts, Frame, merge_envs, owner_of, touch
from promptgit.callers.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Loaded,
    Name,
    OpenRegistry,
    elements_of,
    has_items,
    joined,
    merged,
    opened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.callers.scope import Env
    from promptgit.callers.values import Values

_MOST_RUNS = 4
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


def run_module(tree: ast.Module) -> Recorder:
    """The loads and formats of a module.

    Raises:
        RecursionError: it is nested too deeply.
    """
    facts = Facts()
    for _ in range(_MOST_RUNS):
        run = _Run(facts)
        run.module(tree)
        if run.now == facts:
            break
        facts = run.now
    return run.record


class _Run(Evaluator):
    """One run over a module."""

    def __init__(self, before: Facts) -> None:
        super().__init__(before, Recorder())
        self._later: list[tuple[_FunctionNode, tuple[int, ...], int | None, Env]] = []
        self._class: int | None = None

    def module(self, tree: ast.Module) -> None:
        """Run the module, then its functions."""
        self.body(tree.body)
        self.now.scopes[MODULE] = self.frame.env
        while self._later:
            node, outer, owner, parameters = self._later.pop(0)
            self.frame = Frame(id(node), outer)
            self.frame.env.update(parameters)
            self._class = None
            if owner is not None:
                self._bind_self(node, owner)
            self.body(node.body)
            self.now.scopes[id(node)] = self.frame.env

    def _bind_self(self, node: _FunctionNode, owner: int) -> None:
        decorators = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
        first = next(iter([*node.args.posonlyargs, *node.args.args]), None)
        if first and "staticmethod" not in decorators:
            self.frame.env[first.arg] = (Class(key=owner) if "classmethod" in decorators else Instance(key=owner),)

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Run statements up to one that leaves."""
        for statement in statements:
            if not self.frame.alive:
                return
            run = getattr(self, f"_run_{type(statement).__name__.lower()}", None)
            if run is not None:
                run(statement)
            else:
                self._parts(statement)

    def _branch(self, statements: Sequence[ast.stmt], env: Env) -> Env | None:
        """The names after some statements that begin with `env`; None if the program does not come to their end."""
        self.frame.env, self.frame.alive = dict(env), True
        self.body(statements)
        return self.frame.env if self.frame.alive else None

    def _join(self, *ends: Env | None) -> None:
        reached = [end for end in ends if end is not None]
        self.frame.alive = bool(reached)
        self.frame.env = merge_envs(*reached) if reached else self.frame.env

    # --- assignments --------------------------------------------------------------------------------------------------

    def _run_assign(self, node: ast.Assign) -> None:
        found = self.value(node.value)
        if isinstance(node.value, ast.Name) and has_items(found):  # two names for one mapping from here on
            touch(node.value.id, self.frame, self.now)
            found = opened(found)
        for target in node.targets:
            self.bind(target, found)

    def _run_annassign(self, node: ast.AnnAssign) -> None:
        found = self.value(node.value) if node.value else ()
        annotated = self.annotated(node.annotation) if found in ((), NOTHING) else ()
        if found or annotated:
            self.bind(node.target, annotated or found)

    def _run_augassign(self, node: ast.AugAssign) -> None:
        found = self.value(node.value)
        if isinstance(node.target, ast.Name):
            before = self.value(node.target)
            added = joined([before, found]) if isinstance(node.op, ast.Add) else opened(before)
            self.bind(node.target, opened(before) if has_items(before) else added)

    def _run_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.frame.env.pop(target.id, None)
            elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                self.bind(target.value, NOTHING)

    def _run_global(self, node: ast.Global) -> None:
        self.frame.elsewhere.update(dict.fromkeys(node.names, MODULE))

    def _run_nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            scope = next((key for key in reversed(self.frame.outer) if name in self.now.scopes.get(key, ())), None)
            self.frame.elsewhere[name] = owner_of(name, self.frame) or MODULE if scope is None else scope

    # --- imports ------------------------------------------------------------------------------------------------------

    def _run_import(self, node: ast.Import) -> None:
        for alias in node.names:
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind(ast.Name(alias.asname or dotted), (Name(dotted=dotted),))

    def _run_importfrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module:
            for alias in node.names:
                self.bind(ast.Name(alias.asname or alias.name), NOTHING)
            return
        for alias in node.names:
            imported = names.PUBLIC if alias.name == "*" and node.module == "promptgit" else (alias.name,)
            for name in imported:
                self.bind(ast.Name(alias.asname or name), (Name(dotted=f"{node.module}.{name}"),))

    # --- ways ---------------------------------------------------------------------------------------------------------

    def _run_if(self, node: ast.If) -> None:
        self.value(node.test)
        before = self.frame.env
        self._join(self._branch(node.body, before), self._branch(node.orelse, before))

    def _run_match(self, node: ast.Match) -> None:
        self.value(node.subject)
        before = self.frame.env
        ends: list[Env | None] = [before]
        for case in node.cases:
            self.frame.env = dict(before)
            for captured in ast.walk(case.pattern):
                if isinstance(captured, ast.MatchAs | ast.MatchStar) and captured.name:
                    self.frame.env[captured.name] = NOTHING
            if case.guard:
                self.value(case.guard)
            ends.append(self._branch(case.body, self.frame.env))
            if _catches_all(case):
                ends[0] = None
        self._join(*ends)

    def _run_try(self, node: ast.Try | ast.TryStar) -> None:
        before = dict(self.frame.env)
        done = self._branch(node.body, before)
        failed = merge_envs(before, self.frame.env)
        ends = [done if done is None else self._branch(node.orelse, done)]
        for handler in node.handlers:
            self.frame.env = dict(failed)
            if handler.type:
                self.value(handler.type)
            ends.append(self._branch(handler.body, self.frame.env))
        if node.finalbody:
            reached = any(end is not None for end in ends)
            self._join(*ends, *([] if reached else [failed]))
            self.body(node.finalbody)
            self.frame.alive = self.frame.alive and reached
        else:
            self._join(*ends)

    _run_trystar = _run_try

    def _run_while(self, node: ast.While) -> None:
        self._loop(node, None)

    def _run_for(self, node: ast.For | ast.AsyncFor) -> None:
        self._loop(node, elements_of(self.value(node.iter)))

    _run_asyncfor = _run_for

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, elements: Values | None) -> None:
        frame = self.frame
        before = merge_envs(frame.env, self.before.loops.get(id(node), {}))
        frame.env = dict(before)
        breaks: list[Env] = []
        frame.breaks.append(breaks)
        if isinstance(node, ast.While):
            self.value(node.test)
        elif elements is not None:
            self.bind(node.target, elements)
        end = self._branch(node.body, frame.env)
        frame.breaks.pop()
        rounds = [env for env in (end, *breaks) if env is not None]
        if rounds:
            self.now.loops[id(node)] = merge_envs(*rounds)
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._join(*breaks, *([] if endless else [before, end]))
        if node.orelse and self.frame.alive:
            self._join(self.frame.env, self._branch(node.orelse, self.frame.env))

    def _run_break(self, _: ast.Break) -> None:
        if self.frame.breaks:
            self.frame.breaks[-1].append(dict(self.frame.env))
        self.frame.alive = False

    _run_continue = _run_break  # its names are those of a later round, and so of the loop's end

    def _run_return(self, node: ast.Return) -> None:
        self.returned(self.value(node.value))
        self.frame.alive = False

    def _run_raise(self, node: ast.Raise) -> None:
        self._parts(node)
        self.frame.alive = False

    def _run_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            found = self.value(item.context_expr)
            if item.optional_vars:
                entered = tuple(value for value in found if isinstance(value, OpenRegistry | Loaded))
                self.bind(item.optional_vars, entered or NOTHING)
        self.body(node.body)

    _run_asyncwith = _run_with

    # --- functions and classes ----------------------------------------------------------------------------------------

    def _run_functiondef(self, node: _FunctionNode) -> None:
        decorators = [self.value(decorator) for decorator in node.decorator_list]
        parameters = self.parameters(node.args)
        frame = self.frame
        is_property = any(
            isinstance(value, Name) and value.dotted in _PROPERTIES for found in decorators for value in found
        )
        self.bind(ast.Name(node.name), (Function(key=id(node), is_property=is_property),))
        outer = frame.outer if self._class is not None else (*frame.outer, frame.key)
        self._later.append((node, outer, self._class, parameters))

    _run_asyncfunctiondef = _run_functiondef

    def _run_classdef(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.value(decorator)
        self.now.bases[id(node)] = merged(*(self.value(base) for base in node.bases))
        for keyword in node.keywords:
            self.value(keyword.value)
        around, frame = self._class, self.frame
        self._class = id(node)
        self.frame = Frame(id(node), frame.outer if around is not None else (*frame.outer, frame.key))
        self.now.scopes[frame.key] = frame.env  # the class body sees the names around it as they are now
        self.body(node.body)
        for name, found in self.frame.env.items():
            key = (id(node), name)
            self.now.attributes[key] = merged(self.now.attributes.get(key, ()), found)
        self._class, self.frame = around, frame
        self.bind(ast.Name(node.name), (Class(key=id(node)),))


def _catches_all(case: ast.match_case) -> bool:
    pattern = case.pattern
    return case.guard is None and isinstance(pattern, ast.MatchAs) and pattern.pattern is None
