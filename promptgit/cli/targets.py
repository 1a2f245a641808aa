"""What a person types for a prompt, a version or an alias's target."""

from __future__ import annotations

from collections.abc import Sequence

import click

from promptgit.aliases.target import Target
from promptgit.errors import InvalidReferenceError
from promptgit.layout import parse_version
from promptgit.uri import PromptRef


def name_and_version(text: str) -> tuple[str, int | None]:
    """`NAME` or `NAME/VERSION`.

    Raises:
        InvalidReferenceError: it is neither.
    """
    ref = PromptRef.parse(text)
    if ref.alias is not None or ref.rev is not None:
        what = "an alias" if ref.alias is not None else "a revision"
        at = text.find("@" if ref.alias is not None and "@" in text else "?" if ref.rev is not None else "/")
        raise InvalidReferenceError(
            f"{what} cannot stand here", text=text, position=max(at, 0), hint="Write NAME or NAME/VERSION."
        )
    return ref.name, ref.version


def alias_target(words: Sequence[str]) -> Target:
    """A version (`3`), or versions with their weights (`3=90 4=10`).

    Raises:
        click.UsageError: it is neither.
        InvalidReferenceError: the weights make no sense.
    """
    if len(words) == 1 and (version := parse_version(words[0])):
        return Target.single(version)
    weights: dict[int, float] = {}
    for word in words:
        text, equals, weight = word.partition("=")
        number = parse_version(text)
        if not equals or number is None:
            raise click.UsageError(f"{word!r} is no target: write a version (3), or versions with weights (3=90 4=10)")
        try:
            weights[number] = int(weight) if weight.isdigit() else float(weight)
        except ValueError:
            raise click.UsageError(f"{weight!r} in {word!r} is no weight: write a number, such as 3=90") from None
    return Target.split(weights)


def expected_target(text: str) -> Target | None:
    """What `--expect` means: `none`, or a target as it is printed, `3` or `3=90 4=10`."""
    return None if text.lower() == "none" else alias_target(text.split())
