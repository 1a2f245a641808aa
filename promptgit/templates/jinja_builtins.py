"""The filters and methods that a Jinja2 prompt may use, each with what it may cost.

Left out of Jinja2's filters: `random`, because a prompt formats the same way every time, and `urlize`, whose
patterns take quadratic time. Changed: `tojson` writes JSON for a model, not for an HTML page: no `\\u003c`,
order kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.utils import _PassArg

from promptgit.templates.jinja_limits import (
    CHARACTERS_PER_STEP,
    STEPS,
    Budget,
    LimitError,
    check_printf,
    check_text,
    names,
    weigh,
)

LEFT_OUT = names("random urlize")
MAX_PRECISION = 100  # decimal places
MAX_INDENT = 16  # spaces, of |tojson

# These look at the outside of a value only.
_SHALLOW = names("abs count d default first float int last length round safe")
# These return what they are given.
_PASSES_ON = names("d default first last")
# These build a list of words, lines or bytes, or run patterns: 16 times the work of |upper.
_HEAVY = names("indent pprint title urlencode wordcount wordwrap xmlattr")
_FINISHED = (str, list, tuple, dict, Undefined, range)
# These take a text apart into its characters.
_TAKES_APART = names("batch groupby join list map max min reject rejectattr select selectattr slice sort sum unique")

METHODS: dict[type, frozenset[str]] = {
    str: names(
        "capitalize casefold center count endswith find index isalnum isalpha isascii isdecimal isdigit"
        " islower isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix"
        " removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith"
        " strip swapcase title upper zfill"
    ),
    dict: names("get items keys values"),
    list: names("count index"),
    tuple: names("count index grouper list"),  # the last two: what |groupby yields
    float: names("is_integer"),
}


def methods_of(value: object) -> frozenset[str] | None:
    """The attributes of a plain value that a template may use; None where it is no plain value."""
    return next((METHODS[kind] for kind in METHODS if isinstance(value, kind)), None)


def call_method(budget: Budget, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method of a plain value within the budget.

    Raises:
        LimitError: it would do or build too much.
        SecurityError: not one of `METHODS`.
    """
    owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    if name not in (methods_of(owner) or ()):
        raise SecurityError(f"{name} is not available in a prompt")
    if isinstance(owner, dict):
        budget.spend(0 if name == "get" else len(owner))
    else:
        budget.charge(owner)
    budget.spend(_argument_cost(budget, args, kwargs))
    guard = _METHOD_GUARDS.get(name) if isinstance(owner, str) else None
    if guard:
        args = guard(budget, owner, *args, **kwargs) or args
        kwargs = {} if name in ("split", "rsplit") else kwargs
    return _finished(budget, method(*args, **kwargs))


def filters() -> dict[str, Callable[..., Any]]:
    """Jinja2's filters, each within the budget of the rendering that runs it."""
    available = {name: function for name, function in FILTERS.items() if name not in LEFT_OUT}
    return {name: _limited(name, function) for name, function in (available | {"tojson": _tojson}).items()}


def _limited(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    guard = _FILTER_GUARDS.get(name)
    passed = getattr(function, "jinja_pass_arg", None)

    @pass_context  # which also keeps the compiler from running a filter on constants
    def limited(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget: Budget = context.budget
        budget.spend(_filter_cost(budget, name, value, args, kwargs))
        if guard:
            guard(value, *args, **kwargs)
        leading = () if passed is None else (_leading(context, passed),)
        result = function(*leading, value, *args, **kwargs)
        return result if name in _PASSES_ON else _finished(budget, result)

    return limited


def _leading(context: Any, passed: _PassArg) -> Any:
    """What Jinja2 hands to a filter before its value."""
    if passed is _PassArg.context:
        return context
    return context.eval_ctx if passed is _PassArg.eval_context else context.environment


def _filter_cost(budget: Budget, name: str, value: Any, args: Any, kwargs: Any) -> int:
    if name in _SHALLOW:
        return budget.turn + (weigh(value, budget.left) if isinstance(value, str) else 0)
    steps = weigh(value, budget.left)
    if isinstance(value, str) and name in _TAKES_APART:
        steps = len(value)
    elif name in _HEAVY:
        steps *= 16
    return budget.turn + steps + (1 + steps) * _argument_cost(budget, args, kwargs)


def _argument_cost(budget: Budget, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    steps = 0
    for argument in (*args, *kwargs.values()):
        steps += weigh(argument, budget.left) + (len(argument) // 64 if isinstance(argument, str) else 0)
    return steps


def _finished(budget: Budget, result: Any) -> Any:
    """Charge for a result. What is lazy becomes a list, so that nothing runs later and uncounted."""
    if not isinstance(result, (str, list, tuple, dict, Undefined, int, float, range)) and hasattr(result, "__iter__"):
        result = list(budget.count(result))
    budget.charge(result)
    return result


# --- what a filter may build, by its name


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= MAX_INDENT:
        raise LimitError(f"an indent of more than {MAX_INDENT}")
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _guard_center(value: Any, width: int = 80) -> None:
    check_text(width)


def _guard_indent(value: Any, width: Any = 4, first: bool = False, blank: bool = False) -> None:
    added = len(width) if isinstance(width, str) else width
    check_text(len(str(value)) + (str(value).count("\n") + 1) * added)


def _guard_wordwrap(
    value: Any, width: int = 79, long: bool = True, wrapstring: Any = None, hyphens: bool = True, **named: Any
) -> None:
    check_text(len(str(value)) * (1 + len(wrapstring or "\n")))


def _guard_replace(value: Any, old: Any, new: Any, count: int | None = None) -> None:
    check_text(len(str(value)) + str(value).count(str(old)) * len(str(new)))


def _guard_format(value: Any, *args: Any, **kwargs: Any) -> None:
    check_printf(str(value), kwargs or args)


def _guard_batch(value: Any, linecount: int, fill_with: Any = None) -> None:
    if linecount > STEPS:
        raise LimitError(f"a list of more than {STEPS:,} items")


def _guard_round(value: Any, precision: int = 0, method: str = "common") -> None:
    if abs(precision) > MAX_PRECISION:
        raise LimitError(f"a precision of more than {MAX_PRECISION} places")


def _guard_sum(value: Any, attribute: Any = None, start: Any = 0) -> None:
    if not isinstance(start, (int, float)):
        raise LimitError("sum of anything but numbers: to join lists, use +")


def _guard_striptags(value: Any) -> None:
    text = str(value)
    if text.count("<") * len(text) > STEPS * CHARACTERS_PER_STEP * 32:
        raise LimitError("a text with so many tags")  # MarkupSafe copies the text once for each tag


_FILTER_GUARDS: dict[str, Callable[..., None]] = {
    "batch": _guard_batch,
    "center": _guard_center,
    "format": _guard_format,
    "indent": _guard_indent,
    "replace": _guard_replace,
    "round": _guard_round,
    "striptags": _guard_striptags,
    "sum": _guard_sum,
    "wordwrap": _guard_wordwrap,
}


# --- what a method may build, by its name


def _guard_padding(budget: Budget, text: str, width: int, fill: str = " ") -> None:
    check_text(width)


def _guard_method_replace(budget: Budget, text: str, old: str, new: str, count: int = -1) -> None:
    _guard_replace(text, old, new)


def _guard_join(budget: Budget, text: str, items: Any) -> None:
    if isinstance(items, str):
        budget.spend(len(items))
    check_text(len(text) * len(items) + sum(len(item) for item in items if isinstance(item, str)))


def _guard_split(budget: Budget, text: str, sep: str | None = None, maxsplit: int = -1) -> tuple[Any, ...]:
    most = budget.left if maxsplit < 0 else min(maxsplit, budget.left)
    return (sep, most)  # one part more than the budget can pay is never built


def _guard_splitlines(budget: Budget, text: str, keepends: bool = False) -> None:
    budget.spend(sum(text.count(end) for end in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"))


_METHOD_GUARDS: dict[str, Callable[..., tuple[Any, ...] | None]] = {
    "center": _guard_padding,
    "join": _guard_join,
    "ljust": _guard_padding,
    "replace": _guard_method_replace,
    "rjust": _guard_padding,
    "rsplit": _guard_split,
    "split": _guard_split,
    "splitlines": _guard_splitlines,
    "zfill": _guard_padding,
}
