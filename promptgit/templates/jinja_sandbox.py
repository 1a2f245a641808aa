"""Jinja2's environment for prompts: the immutable sandbox, with a list of what is allowed and a budget.

`ImmutableSandboxedEnvironment` forbids what is known to be dangerous. Here a template may use the attributes
and calls of a short list, and nothing else; all it does is charged to the budget of its rendering (see
`jinja_limits`). Where Jinja2 has no hook for that, `within_budget` rewrites the parsed template: loops, `~`,
slices, comparisons, keys and literal lists go through internal filters. Their names hold a space, so no
template meets them by accident, and one that reaches them on purpose, by `map('turns of')`, gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from promptgit.templates.jinja_builtins import call_method, filters, methods_of
from promptgit.templates.jinja_limits import (
    CHARACTERS_PER_STEP,
    MAX_TEXT,
    Budget,
    check_operands,
    check_text,
    describe,
    names,
    weigh,
)

MAX_RANGE = 100_000  # items, as in Jinja2's own sandbox

_ATTRIBUTES: dict[type, frozenset[str]] = {
    LoopContext: names(
        "index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle changed"
    ),
    Cycler: names("current next reset"),
    Macro: names("name arguments"),
}


def bounded_range(*args: int) -> range:
    """`range` of at most MAX_RANGE items."""
    numbers = range(*args)
    if len(numbers) > MAX_RANGE:
        raise OverflowError(f"range of more than {MAX_RANGE:,} items")
    return numbers


GLOBALS: dict[str, Any] = {
    "range": bounded_range,
    "dict": dict,
    "namespace": Namespace,
    "cycler": Cycler,
    "joiner": Joiner,
}


class PromptContext(Context):
    """A rendering's variables and its budget. Generated code finds `concat` here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = Budget()

    def concat(self, pieces: Iterable[str]) -> str:
        """Join what a template, a macro or a block produces, as long as it fits."""
        parts, length = [], 0
        for piece in pieces:
            length += len(piece)
            if length > MAX_TEXT:
                check_text(length)
            parts.append(piece)
        self.budget.spend(length // CHARACTERS_PER_STEP)
        return "".join(parts)


class _PromptCode(CodeGenerator):
    """Generates Python as Jinja2 does, but joins through the context."""

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("concat = context.concat")


@pass_context
def text_of(context: PromptContext, value: Any) -> str:
    """The text of an expression's value, as `str()` gives it."""
    budget = context.budget
    if type(value) is str:
        budget.spend(len(value) // CHARACTERS_PER_STEP + 1)
        return value
    budget.spend(weigh(value, budget.left) + 1)
    return str(value)


@pass_context
def _turns(context: PromptContext, iterable: Any) -> Any:
    return context.budget.count(iterable)


@pass_context
def _join(context: PromptContext, items: list[Any]) -> str:
    return context.concat([text_of(context, item) for item in items])


@pass_context
def _slice(context: PromptContext, value: Any, *bounds: Any) -> Any:
    context.budget.charge(value)
    return value[slice(*bounds)]


@pass_context
def _charged(context: PromptContext, value: Any) -> Any:
    context.budget.charge(value)
    return value


INTERNAL_FILTERS: dict[str, Callable[..., Any]] = {
    "turns of": _turns,
    "join of": _join,
    "slice of": _slice,
    "charge for": _charged,
}


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """See the module. It has no globals: they come with a template's code, so none hides a variable."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))
    context_class = PromptContext
    code_generator_class = _PromptCode

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            optimized=False,  # no constant is folded, so no part of a template runs when it is compiled
            loader=None,
            cache_size=0,
            finalize=text_of,
        )
        self.globals = {}
        self.filters = filters() | INTERNAL_FILTERS

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read `obj.attr`: the short list instead of Jinja2's long one of dangers."""
        allowed = methods_of(obj)
        if allowed is None:
            if isinstance(obj, Namespace):
                return not attr.startswith("_")
            allowed = _ATTRIBUTES.get(type(obj), frozenset())
        return attr in allowed

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is no method of prompts, so there is nothing to wrap."""
        return

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`. In a dict only the listed methods hide keys: `order.update` is a key."""
        if type(obj) is dict and attribute in obj and attribute not in (methods_of(obj) or ()):
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, charged by its operands and its result."""
        budget: Budget = context.budget  # type: ignore[attr-defined]
        budget.spend(1)
        check_operands(operator, left, right)
        budget.charge(left)
        budget.charge(right)
        result = self.binop_table[operator](left, right)
        budget.charge(result)
        return result

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a value, a macro, a loop or one of GLOBALS.

        Raises:
            SecurityError: anything else.
        """
        for hidden in ("_loop_vars", "_block_vars"):  # Jinja2's own, for functions that take the context
            kwargs.pop(hidden, None)
        budget: Budget = context.budget
        budget.spend(budget.turn + len(args) + len(kwargs))
        if isinstance(obj, Undefined):
            return obj()
        owner = getattr(obj, "__self__", None)
        if methods_of(owner) is not None:
            return call_method(budget, obj, *args, **kwargs)
        if isinstance(obj, LoopContext):
            args = tuple(budget.count(argument) for argument in args)
        elif _keeps_arguments(obj):
            for argument in (*args, *kwargs.values()):
                budget.charge(argument)
        elif not (isinstance(obj, (Macro, Joiner)) or isinstance(owner, Cycler)):
            raise SecurityError(f"{describe(obj)} cannot be called in a prompt")
        return super().call(context, obj, *args, **kwargs)


def _keeps_arguments(obj: Any) -> bool:
    """Whether a call puts its arguments into something that holds them, or compares them."""
    if isinstance(obj, Macro):
        return bool(obj.catch_varargs or obj.catch_kwargs)
    owner = getattr(obj, "__self__", None)
    return isinstance(owner, LoopContext) or any(obj is known for known in GLOBALS.values())
