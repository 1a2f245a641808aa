"""Reads what stands to the right of an operator, by the kind of the field on its left."""

from __future__ import annotations

from promptgit.search.fields import NUMBER, TIME
from promptgit.search.like import ends_in_escape
from promptgit.search.moments import moment_at, parse_moment
from promptgit.search.tokens import BARE, QUOTED, STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.search.expression import Scalar
    from promptgit.search.fields import Field
    from promptgit.search.moments import Moment
    from promptgit.search.tokens import Token

MAX_PATTERN = 8192  # characters of a LIKE pattern: what a pattern with `_` costs grows with its length
_MAX_DIGITS = 18
_CURLY = "‘’‚‛“”„‟"
_QUOTES = "Enclose text in single or double quotes."
_DATES = "Write '2026-01-31' or '2026-01-31T12:00:00Z', in quotes, or milliseconds since 1970."


def read_value(token: Token, field: Field, operator: str) -> Scalar:
    """The value that `token` stands for.

    Args:
        token: the word.
        field, operator: what the value is compared with, and how.

    Raises:
        InvalidReferenceError: it is no value, or none that the field can have.
    """
    if token.kind not in (BARE, STRING, QUOTED):
        raise token.fault(f"expected a value for {field.name}, not {token}", _example(field))
    if token.kind == QUOTED:
        raise token.fault("backticks enclose a tag's key, not a value", _QUOTES)
    if field.kind == NUMBER:
        return _read_number(token, field)
    if field.kind == TIME:
        return _read_moment(token, field)
    text = _read_text(token, field)
    if operator.endswith("LIKE"):
        _check_pattern(token, text)
    return text


def _example(field: Field) -> str:
    if field.kind == NUMBER:
        return f"{field.name} is compared with a number without quotes, such as 3."
    return _DATES if field.kind == TIME else f"{field.name} is compared with a text in quotes."


def _read_text(token: Token, field: Field) -> str:
    if token.kind == STRING:
        return token.value
    if _whole_number(token) is not None:
        raise token.fault(f"{field.name} is a text, {token} is a number", f"Quote it: '{token.value}'.")
    if token.value[0] in _CURLY:
        raise token.fault("these quotes are typographic", "Use straight quotes, ' or \".")
    if token.follower in ("'", '"'):
        raise token.fault(f"the opening quote before {token} is missing", _QUOTES)
    hint = f"Quote it: '{token.value}'." if len(token.value) <= 64 and token.value.isprintable() else None
    raise token.fault(f"{token} is not in quotes", hint)


def _check_pattern(token: Token, pattern: str) -> None:
    if len(pattern) > MAX_PATTERN:
        raise token.fault(f"a pattern has at most {MAX_PATTERN} characters", "Look for a part of the text.")
    if ends_in_escape(pattern):
        hint = r"In a pattern, \% \_ and \\ stand for those characters themselves."
        raise token.fault("this pattern ends in a lone backslash", hint, at=token.end - 2)


def _whole_number(token: Token) -> int | None:
    if token.kind != BARE:
        return None
    digits = token.value.removeprefix("-")
    is_number = len(digits) <= _MAX_DIGITS and digits.isascii() and digits.isdecimal()
    return int(token.value) if is_number else None


def _read_number(token: Token, field: Field) -> int:
    number = _whole_number(token)
    if number is None:
        raise token.fault(f"{field.name} is a whole number, not {token}", _example(field))
    return number


def _read_moment(token: Token, field: Field) -> Moment:
    number = _whole_number(token)
    try:
        if number is not None:
            return moment_at(number)
        moment = parse_moment(token.value)
    except ValueError as error:
        raise token.fault(f"{token} {error}", _DATES) from None
    if token.kind != STRING:
        raise token.fault(f"{token} is not in quotes", f"Quote it: '{token.value}'.")
    return moment
