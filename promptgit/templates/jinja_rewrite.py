# ruff: noqa: N802 - Jinja2 finds the methods of a transformer by the names of its nodes
"""Sends what Jinja2 lets no environment intercept through the internal filters of `jinja_sandbox`.

Loops count their turns. `~`, slices, comparisons, keys and tests with arguments are charged for what they
read, and literal lists and dicts for what they hold, so that none can be built that is endless to look at.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer


def within_budget(tree: nodes.Template) -> nodes.Template:
    """The tree, changed in place, with those operations sent through filters."""
    rewritten: nodes.Template = _Rewriter().visit(tree)
    return rewritten


class _Rewriter(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _through("turns of", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _through("join of", nodes.List(node.nodes, **_place(node)))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            given = (node.arg.start, node.arg.stop, node.arg.step)
            bounds = [bound or nodes.Const(None, **_place(node)) for bound in given]
            return _through("slice of", node.node, bounds)
        node.arg = _charge(node.arg)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _charge(node.expr)
        for operand in node.ops:
            operand.expr = _charge(operand.expr)
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        self.generic_visit(node)
        if node.args or node.name in ("lower", "upper"):
            node.node = _charge(node.node)
            node.args = [_charge(argument) for argument in node.args]
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _charge(node) if node.ctx == "load" else node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _charge(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _charge(node)


def _place(node: nodes.Node) -> dict[str, Any]:
    return {"lineno": node.lineno, "environment": node.environment}


def _charge(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const) else _through("charge for", node)


def _through(name: str, node: nodes.Node, arguments: list[Any] | None = None) -> nodes.Filter:
    return nodes.Filter(node, name, arguments or [], [], None, None, **_place(node))
