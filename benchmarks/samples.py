"""Texts to measure with: made here, the same on every run and on both sides. Imported by both interpreters."""

from __future__ import annotations

SENTENCES = (
    "You answer customers of a web shop, and you are kind and brief.",
    "If you do not know the answer, say so, and offer to ask a colleague.",
    "Refunds are possible within 30 days of the purchase.",
    "Never promise a date for a payment.",
    "Write in the language in which the customer wrote.",
    "Keep every number and every name as it stands in the text.",
    "Use short paragraphs, and a list where there are three things or more.",
)


def text(size: int, variables: int, seed: int = 0) -> str:
    """A template of about `size` characters with that many variables, `{{v0}}` and so on."""
    parts: list[str] = []
    length = number = 0
    while length < size or number < variables:
        sentence = SENTENCES[(seed + len(parts)) % len(SENTENCES)]
        if number < variables and length >= number * size / max(variables, 1):
            sentence = f"{sentence} {{{{v{number}}}}}"
            number += 1
        parts.append(sentence)
        length += len(sentence) + 1
    return "\n".join(parts) + "\n"


def values(variables: int) -> dict[str, str]:
    """Values for the variables of `text`."""
    return {f"v{number}": f"value {number}" for number in range(variables)}


JINJA = (
    "You answer for {{ company }}{% if kind %}, kindly{% endif %}.\n"
    "{% for rule in rules %}- {{ rule }}\n{% endfor %}" + "\n".join(SENTENCES * 2) + "\nQuestion: {{ question }}\n"
)
JINJA_VALUES = {"company": "Acme", "kind": True, "rules": ["Be brief.", "Be exact."], "question": "Where is it?"}
