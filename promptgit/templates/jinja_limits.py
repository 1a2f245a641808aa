"""How much a Jinja2 template may do. Jinja2's sandbox keeps a template from running code, not from eating the
machine: `'a' * 10**9`, `'%999999999d' % 1`, `x|center(10**9)`, nested loops over `range`, lists that hold
themselves twice.

Work is counted in steps, not in seconds, so the same template and values give the same result on any machine:
one step is a turn of a loop, a call, a filter, or `CHARACTERS_PER_STEP` characters or one element looked at.
Each operation is charged for what it reads before it runs, and refused before it builds something too large.
The longest template that stays within the limits runs for about a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

STEPS = 200_000
CHARACTERS_PER_STEP = 128
MAX_TEXT = 4 * 1024 * 1024  # characters in any one text, the result included: about a million tokens
MAX_BITS = 4096  # of a whole number
MAX_DEPTH = 32  # of lists and dicts in each other; as in a document
MAX_WIDTH = 999  # of a printf conversion

_PRINTF = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d+)?(?:\.(\*|\d+)?)?")


class LimitError(Exception):
    """The template does more than a prompt may. The renderer makes it a `TemplateError`."""


class Budget:
    """The steps that one rendering has left.

    Attributes:
        left: steps.
        turn: steps for one turn of a loop and one call: more in a long template, where one turn can do more.
    """

    __slots__ = ("left", "turn")

    def __init__(self) -> None:
        self.left = STEPS
        self.turn = 1

    def spend(self, steps: int) -> None:
        """Take steps. Raises LimitError when there are not that many."""
        self.left -= steps
        if self.left < 0:
            raise LimitError(f"the template takes more than {STEPS:,} steps")

    def charge(self, value: object) -> None:
        """Take the steps for looking at all of `value`."""
        self.spend(weigh(value, self.left))

    def count(self, iterable: Any) -> Iterator[Any]:
        """Iterate, taking one turn's steps for each item."""
        for item in iterable:
            self.left -= self.turn
            if self.left < 0:
                self.spend(0)
            yield item


def weigh(value: object, room: int, depth: int = MAX_DEPTH) -> int:
    """The steps for looking at all of a value. What a list holds twice counts twice, as if printed.

    Raises:
        LimitError: more than `room` steps, or a text, number or nesting beyond its limit.
        SecurityError: something that is no value: a macro, a namespace, a loop.
    """
    if isinstance(value, str):
        check_text(len(value))
        return len(value) // CHARACTERS_PER_STEP
    if value is None or isinstance(value, (bool, float)):
        return 0
    if isinstance(value, int):
        check_bits(value.bit_length())
        return 0
    if isinstance(value, range):
        return len(value)
    if isinstance(value, (list, tuple)):
        return _weigh_all(value, room, depth)
    if isinstance(value, dict):
        return _weigh_all(value.keys(), room, depth) + _weigh_all(value.values(), room, depth)
    if isinstance(value, Undefined):
        str(value)  # raises for a variable that should have had a value
        return 0
    raise SecurityError(f"{describe(value)} cannot be used here")


def _weigh_all(children: Any, room: int, depth: int) -> int:
    if depth <= 0:
        raise LimitError(f"lists and dicts nested more than {MAX_DEPTH} deep")
    total = 0
    for child in children:
        total += 1 + weigh(child, room - total, depth - 1)
        if total > room:
            raise LimitError(f"the template takes more than {STEPS:,} steps")
    return total


def check_text(characters: int) -> None:
    """Refuse a text of so many characters before it is built."""
    if characters > MAX_TEXT:
        raise LimitError(f"a text of more than {MAX_TEXT:,} characters")


def check_bits(bits: int) -> None:
    """Refuse a whole number of so many bits before it is computed."""
    if bits > MAX_BITS:
        raise LimitError(f"a whole number of more than {MAX_BITS} bits")


def names(text: str) -> frozenset[str]:
    """Words as a set."""
    return frozenset(text.split())


def describe(value: object) -> str:
    """A value's kind in the words of a template author."""
    known = {"Macro": "a macro", "Namespace": "a namespace", "LoopContext": "the loop", "type": "a function"}
    name = type(value).__name__
    return known.get(name, f"a value of type {name}")


def plain_values(values: Mapping[str, object]) -> dict[str, Any]:
    """Copies of the caller's values, of exact built-in types: a template gets nothing of the caller's.

    Raises:
        TypeError: a value that is no str, int, float, bool, None, list or dict of these; the message names
        the place.
        LimitError: values beyond the limits.
    """
    budget = Budget()
    return {name: _copy(value, name, budget, MAX_DEPTH) for name, value in values.items()}


def _copy(value: Any, where: str, budget: Budget, depth: int) -> Any:
    if isinstance(value, (list, dict)):
        budget.spend(len(value))
        if depth <= 0:
            raise LimitError(f"variable {where.partition('[')[0]!r} is nested more than {MAX_DEPTH} deep")
        if isinstance(value, list):
            return [_copy(item, f"{where}[{at}]", budget, depth - 1) for at, item in enumerate(value)]
        return {
            _copy_key(key, where, budget): _copy(item, f"{where}[{key!r}]", budget, depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, str):
        budget.charge(value)
        return str.__str__(value)
    if value is None or isinstance(value, (bool, Undefined)):
        return value
    if isinstance(value, int):
        check_bits(value.bit_length())
        return int(value)
    if isinstance(value, float):
        return float(value)
    kind = type(value).__name__
    raise TypeError(
        f"{where} is of type {kind}; a Jinja2 template takes text, numbers, booleans, None, lists and dicts"
    )


def _copy_key(key: Any, where: str, budget: Budget) -> Any:
    if key is None or isinstance(key, (str, int, float)):
        return _copy(key, where, budget, 0)
    raise TypeError(f"{where} has a key of type {type(key).__name__}; keys are texts or numbers")


# --- binary operators


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Refuse `left operator right` where the result would be too large.

    Raises:
        LimitError: see the limits of this module.
    """
    if operator == "*":
        _check_product(left, right)
    elif operator == "**" and isinstance(left, int) and isinstance(right, int):
        check_bits(left.bit_length() * max(right, 0))
    elif operator == "+" and isinstance(left, str) and isinstance(right, str):
        check_text(len(left) + len(right))
    elif operator == "%" and isinstance(left, str):
        check_printf(left, right if isinstance(right, (tuple, dict)) else (right,))


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        check_bits(left.bit_length() + right.bit_length())
        return
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str) and isinstance(times, int):
            check_text(len(sequence) * times)
        elif isinstance(sequence, (list, tuple)) and isinstance(times, int) and len(sequence) * times > STEPS:
            raise LimitError(f"a list of more than {STEPS:,} items")


def check_printf(template: str, arguments: tuple[Any, ...] | dict[str, Any]) -> None:
    """Refuse widths that pad beyond reason, results that are too long, and arguments that are no scalars.

    Raises:
        LimitError: as said.
    """
    conversions = 0
    for match in _PRINTF.finditer(template):
        conversions += 1
        for number in match.groups():
            if number and (number == "*" or len(number) > len(str(MAX_WIDTH))):
                raise LimitError(f"a conversion wider than {MAX_WIDTH}")
    values = arguments.values() if isinstance(arguments, dict) else arguments
    lengths = [_scalar_length(value) for value in values]
    longest = max(lengths, default=0) * conversions if isinstance(arguments, dict) else sum(lengths)
    check_text(len(template) + 2 * MAX_WIDTH * conversions + longest)


def _scalar_length(value: object) -> int:
    if isinstance(value, str):
        return 2 * len(value) + 2  # %r may escape
    if value is None or isinstance(value, (int, float)):
        return MAX_BITS
    raise LimitError(f"{describe(value)} in a format: make it a text first, with |tojson or |join")
