"""Expressions: what they may be, and the loads and formats among them.

Every part of an expression is evaluated once, whether its value matters or not: a call may stand anywhere.
"""

from __future__ import annotations

import ast

from promptgit.callers import calls, names
from promptgit.callers.scope import Facts, Frame, look_up, touch
from promptgit.callers.values import (
    NOTHING,
    Class,
    Client,
    Instance,
    Items,
    Known,
    Loaded,
    Method,
    Name,
    OpenRegistry,
    Series,
    Text,
    elements_of,
    has_items,
    joined,
    known,
    merged,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptgit.callers.calls import Recorder
    from promptgit.callers.scope import Env
    from promptgit.callers.values import Value, Values

_HAS_METHODS = (Loaded, OpenRegistry, Client, Known, Text, Items)
_READS_ONLY = frozenset({"get", "items", "keys", "values", "copy"})
_COPIES_ONLY = frozenset({"dict", "len", "list", "print", "repr", "sorted", "str"})
_MOST_ENTRIES = 200
"""Entries of a display that are followed: what is larger is a table of data."""


class Evaluator:
    """Evaluates expressions in the frame that is being run.

    Args:
        before: what the last run over the module found.
        record: gets the loads and formats.
    """

    def __init__(self, before: Facts, record: Recorder) -> None:
        self.before = before
        self.now = Facts()
        self.record = record
        self.frame = Frame(0)

    def value(self, node: ast.expr | None) -> Values:
        """What an expression may be."""
        if node is None:
            return NOTHING
        evaluate: Callable[[ast.expr], Values] | None = getattr(self, f"_eval_{type(node).__name__.lower()}", None)
        if evaluate is not None:
            return evaluate(node)
        self._parts(node)
        return NOTHING

    def _parts(self, node: ast.AST) -> None:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.value(part)
            else:
                self._parts(part)

    # --- names and constants ------------------------------------------------------------------------------------------

    def _eval_constant(self, node: ast.Constant) -> Values:
        return (known(node.value),)

    def _eval_name(self, node: ast.Name) -> Values:
        return look_up(node.id, self.frame, self.before, self.now)

    def _eval_namedexpr(self, node: ast.NamedExpr) -> Values:
        found = self.value(node.value)
        self.bind(node.target, found)
        return found

    def _eval_attribute(self, node: ast.Attribute) -> Values:
        return merged(*(self._member(owner, node.attr) for owner in self.value(node.value)))

    def _member(self, owner: Value, name: str) -> Values:
        if isinstance(owner, Name):
            return (Name(dotted=f"{owner.dotted}.{name}"),)
        if isinstance(owner, Class | Instance):
            return self.before.member(owner, name)
        if isinstance(owner, Known) and name == "value":  # of an enumeration
            return (owner,)
        return (Method(owner=owner, name=name),) if isinstance(owner, _HAS_METHODS) else NOTHING

    # --- texts --------------------------------------------------------------------------------------------------------

    def _eval_joinedstr(self, node: ast.JoinedStr) -> Values:
        return joined([self.value(part) for part in node.values])

    def _eval_formattedvalue(self, node: ast.FormattedValue) -> Values:
        found = self.value(node.value)
        if node.format_spec is not None:
            self.value(node.format_spec)
        return found if node.format_spec is None and node.conversion in (-1, ord("s")) else NOTHING

    def _eval_binop(self, node: ast.BinOp) -> Values:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add) and all(_is_text(value) for value in left):
            return joined([left, right])
        if isinstance(node.op, ast.Mod) and all(_is_text(value) for value in left):
            return tuple(calls.before_hole(value, "%") for value in left)
        if isinstance(node.op, ast.BitOr) and has_items(left):
            return calls.united([left, right])
        return NOTHING

    # --- ways ---------------------------------------------------------------------------------------------------------

    def _eval_ifexp(self, node: ast.IfExp) -> Values:
        self.value(node.test)
        return merged(self.value(node.body), self.value(node.orelse))

    def _eval_boolop(self, node: ast.BoolOp) -> Values:
        found = [self.value(part) for part in node.values]
        if isinstance(node.op, ast.And):
            return found[-1]
        kept = [tuple(value for value in part if value != known(None)) for part in found[:-1]]
        return merged(*kept, found[-1])

    def _eval_await(self, node: ast.Await) -> Values:
        return self.value(node.value)

    def _eval_yield(self, node: ast.Yield) -> Values:
        self.returned(self.value(node.value))
        return NOTHING

    def returned(self, found: Values) -> None:
        """Note what the function that is being run hands out."""
        key = self.frame.key
        self.now.returns[key] = merged(self.now.returns.get(key, ()), found)

    # --- containers ---------------------------------------------------------------------------------------------------

    def _eval_dict(self, node: ast.Dict) -> Values:
        if len(node.keys) > _MOST_ENTRIES:
            self._parts(node)
            return (Items(items=(), open=True),)
        ways: list[Items] = [Items(items=())]
        for key, item in zip(node.keys, node.values, strict=True):
            keys, found = self.value(key) if key else NOTHING, self.value(item)
            ways = calls.with_spread(ways, found) if key is None else calls.with_item(ways, keys, found)
        return tuple(ways)

    def _eval_list(self, node: ast.List | ast.Tuple | ast.Set) -> Values:
        if len(node.elts) > _MOST_ENTRIES:
            self._parts(node)
            return (Series(elements=(NOTHING,)),)
        elements = [
            elements_of(self.value(part.value)) if isinstance(part, ast.Starred) else self.value(part)
            for part in node.elts
        ]
        return (Series(elements=tuple(elements)),)

    _eval_tuple = _eval_set = _eval_list

    def _eval_subscript(self, node: ast.Subscript) -> Values:
        owners, keys = self.value(node.value), self.value(node.slice)
        return merged(*(calls.item_of(owner, key) for owner in owners for key in keys))

    def _eval_starred(self, node: ast.Starred) -> Values:
        self.value(node.value)
        return NOTHING

    def _eval_listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        return self._comprehended(node.generators, lambda: (Series(elements=(self.value(node.elt),)),))

    _eval_setcomp = _eval_generatorexp = _eval_listcomp

    def _eval_dictcomp(self, node: ast.DictComp) -> Values:
        def result() -> Values:
            self.value(node.key)
            self.value(node.value)
            return (Items(items=(), open=True),)

        return self._comprehended(node.generators, result)

    def _comprehended(self, generators: Sequence[ast.comprehension], result: Callable[[], Values]) -> Values:
        outside = dict(self.frame.env)
        for generator in generators:
            self.bind(generator.target, elements_of(self.value(generator.iter)))
            for test in generator.ifs:
                self.value(test)
        found = result()
        self.frame.env = outside
        return found

    def _eval_lambda(self, node: ast.Lambda) -> Values:
        outside = dict(self.frame.env)
        self.frame.env.update(self.parameters(node.args))
        self.value(node.body)
        self.frame.env = outside
        return NOTHING

    def parameters(self, node: ast.arguments) -> Env:
        """What the parameters of a function may hold: their annotation tells, or their default is one way."""
        found: Env = {}
        positional = [*node.posonlyargs, *node.args]
        free = len(positional) - len(node.defaults)
        defaults: list[ast.expr | None] = [*([None] * free), *node.defaults, *node.kw_defaults]
        for parameter, default in zip([*positional, *node.kwonlyargs], defaults, strict=True):
            given = self.value(default) if default else ()
            annotated = self.annotated(parameter.annotation)
            found[parameter.arg] = annotated or merged(given, NOTHING)
        for rest in (node.vararg, node.kwarg):
            if rest:
                found[rest.arg] = NOTHING
        return found

    def annotated(self, node: ast.expr | None) -> Values:
        """What an annotation says, if it names a registry or a client; empty otherwise."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError):
                return ()
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left) or self.annotated(node.right)
        if isinstance(node, ast.Subscript):  # Optional[Registry], Annotated[Registry, Depends(get_registry)]
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            found = [self.annotated(part) or self._injected(part) for part in inner]
            return next((values for values in found if values), ())
        if not isinstance(node, ast.Name | ast.Attribute):
            return ()
        found_names = [value.dotted for value in self.value(node) if isinstance(value, Name)]
        values = [calls.instance_of(name) for name in found_names]
        return tuple(value for value in values if value is not None)

    def _injected(self, node: ast.expr) -> Values:
        if not isinstance(node, ast.Call):
            return ()
        return tuple(value for value in self.value(node) if isinstance(value, Loaded | OpenRegistry | Client))

    # --- calls --------------------------------------------------------------------------------------------------------

    def _eval_call(self, node: ast.Call) -> Values:
        functions = self.value(node.func)
        given = self._arguments(node, functions)
        return merged(*(self._called(function, node, given) for function in functions))

    def _called(self, function: Value, node: ast.Call, given: calls.Given) -> Values:
        if isinstance(function, Name) and function.dotted in names.CALL_THEIR_FIRST:
            inner = given.positional[0] if given.positional else ()
            rest = given.replace(positional=given.positional[1:])
            return merged(*(self._called(value, node, rest) for value in inner)) or NOTHING
        return calls.called(function, node, given, self.record, self.before)

    def _arguments(self, node: ast.Call, functions: Values) -> calls.Given:
        positional = [self.value(part) for part in node.args]
        starred = any(isinstance(part, ast.Starred) for part in node.args)
        keywords = [(part.arg, self.value(part.value), part) for part in node.keywords]
        self._may_change(node, functions)
        return calls.Given(
            positional=tuple(positional),
            starred=starred,
            keywords=tuple((name, found, (part.lineno, part.col_offset)) for name, found, part in keywords if name),
            spreads=tuple(found for name, found, _ in keywords if name is None),
        )

    def _may_change(self, node: ast.Call, functions: Values) -> None:
        """A mapping whose method is called, or that is handed to a function, may get other keys there."""
        function = node.func
        owner = function.value if isinstance(function, ast.Attribute) and function.attr not in _READS_ONLY else None
        if isinstance(owner, ast.Name):
            touch(owner.id, self.frame, self.now)
        harmless = {f"builtins.{name}" for name in _COPIES_ONLY}
        if all(calls.is_format(value) or (isinstance(value, Name) and value.dotted in harmless) for value in functions):
            return
        for part in [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg)]:
            if isinstance(part, ast.Name) and part.id in self.frame.env:
                touch(part.id, self.frame, self.now)

    # --- binding ------------------------------------------------------------------------------------------------------

    def bind(self, target: ast.expr, found: Values) -> None:
        """Assign to a name, an attribute, an item, or several of them."""
        if isinstance(target, ast.Name):
            self._bind_name(target.id, found)
        elif isinstance(target, ast.Attribute):
            for owner in self.value(target.value):
                if isinstance(owner, Class | Instance):
                    key = (owner.key, target.attr)
                    self.now.attributes[key] = merged(self.now.attributes.get(key, ()), found)
        elif isinstance(target, ast.Subscript):
            self._bind_item(target, found)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, NOTHING)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, found)

    def _bind_name(self, name: str, found: Values) -> None:
        self.frame.env[name] = found
        scope = self.frame.elsewhere.get(name)
        if scope is not None:
            self.now.written[scope, name] = merged(self.now.written.get((scope, name), ()), found)

    def _bind_item(self, target: ast.Subscript, found: Values) -> None:
        keys = self.value(target.slice)
        if not isinstance(target.value, ast.Name):
            self.value(target.value)
            return
        name = target.value.id
        mappings = [value for value in self.frame.env.get(name, ()) if isinstance(value, Items)]
        if mappings and name not in self.frame.elsewhere:
            self.frame.env[name] = tuple(calls.with_item(mappings, keys, found))
        else:
            touch(name, self.frame, self.now)

    def _unpack(self, targets: Sequence[ast.expr], found: Values) -> None:
        for at, target in enumerate(targets):
            fits = [
                value.elements[at]
                for value in found
                if isinstance(value, Series) and len(value.elements) == len(targets)
            ]
            self.bind(target, merged(*fits) if len(fits) == len(found) else NOTHING)


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Known) and value.kind == "str")
