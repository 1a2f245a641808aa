"""What a plain scalar means: the core schema of YAML 1.2 (section 10.3.2), less what JSON cannot carry.

YAML 1.1 also reads `no`, `on`, `1:30`, `1_000` and `2024-01-01` as something else than text, which is how a
country code turns into a boolean. Here they are text.
"""

from __future__ import annotations

_CONSTANTS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER_START = frozenset("0123456789+-.")
_INT = r"[-+]?[0-9]+"
_OCTAL_OR_HEX = r"0o[0-7]+|0x[0-9a-fA-F]+"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_NOT_FINITE = r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"

# what the 64 bits of a JSON reader in any language hold, signed or not
MIN_INT = -(2**63)
MAX_INT = 2**64 - 1


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    Raises:
        ValueError: it is a number that JSON cannot carry; the message says why.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_START:
        return _number(text)
    return text


def _number(text: str) -> str | int | float:
    # most numbers are so simple that they are not worth importing `re` for, which takes 5 ms
    if len(text) < 19 and text.isascii():
        digits = text[1:] if text[0] in "+-" else text
        whole, _, fraction = digits.partition(".")
        if digits.isdigit():
            return int(text)
        if whole.isdigit() and fraction.isdigit():
            return float(text)
    import re

    if re.fullmatch(_INT, text):
        return _integer(text, text.lstrip("+-0"), 10)
    if re.fullmatch(_FLOAT, text):
        return _finite(text)
    if re.fullmatch(_OCTAL_OR_HEX, text):
        return _integer(text, text[2:].lstrip("0"), 8 if text[1] == "o" else 16)
    if re.fullmatch(_NOT_FINITE, text):
        raise ValueError("infinity and not-a-number are not values that JSON can carry")
    return text


def _integer(text: str, digits: str, base: int) -> int:
    # the length is looked at first, because reading a million digits takes quadratic time
    if len(digits) <= 24:
        value = int(digits or "0", base) * (-1 if text[0] == "-" else 1)
        if MIN_INT <= value <= MAX_INT:
            return value
    raise ValueError("the whole number does not fit into 64 bits")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too large for a 64-bit float")
    return value
