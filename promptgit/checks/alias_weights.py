"""The weights of a traffic split do not read as what they do.

Weights are relative: `{3: 90, 4: 20}` gives version 4 a share of 18 percent, not 20. A reviewer reads percent, so
weights that do not add up to 100 (or to 1) are warned of, and so are versions of weight 0, which get no traffic, and
splits with only one version.

To mend it, write weights that add up to 100, and a plain number for a single version.
"""

from __future__ import annotations

from promptgit.checks.subject import ALIASES
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (ALIASES,)


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    if file.document is None or file.schema_problems:
        return
    for alias, weights in file.document.items():
        said = _said(weights) if isinstance(weights, dict) else None
        if said:
            message, hint = said
            yield file.problem("alias-weights", f"{alias}: {message}", [alias], severity=WARNING, hint=hint)


def _said(weights: Mapping[str, Any]) -> tuple[str, str] | None:
    total = sum(weights.values())
    if len(weights) == 1:
        return "a split with one version splits nothing", f"Write the number alone: {next(iter(weights))}"
    idle = [version for version, weight in weights.items() if not weight]
    if idle:
        return f"version {idle[0]} has weight 0 and gets no traffic", "Leave it out."
    if abs(total - 100) > 1e-6 and abs(total - 1) > 1e-6:
        shares = ", ".join(f"{version}: {100 * weight / total:.4g}" for version, weight in weights.items())
        return f"the weights add up to {total:g}", f"In percent they mean {{{shares}}}."
    return None
