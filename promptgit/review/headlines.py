"""A change in one line, as a person would say it."""

from __future__ import annotations

from promptgit.review.compare import differences, headline
from promptgit.review.model import DELETED, NEW, RENAMED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.aliases.target import Target
    from promptgit.review.model import PromptReview, Step

_BREAKS = {NEW: "", RENAMED: " (breaking)", DELETED: " (breaking)"}


def title(prompts: Sequence[PromptReview], other_files: Sequence[str]) -> str:
    """All of a review: its only move, or how many of what."""
    moves = [alias for prompt in prompts for alias in prompt.aliases]
    breaking = sum(alias.breaking for alias in moves)
    versions = sum(len(prompt.versions) for prompt in prompts)
    removed = sum(len(prompt.removed) for prompt in prompts if prompt.kind != DELETED)
    if len(moves) == 1 and len(prompts) == 1 and not removed:
        return moves[0].headline
    if len(prompts) == 1 and prompts[0].headline and not (moves or versions or removed):
        return prompts[0].headline
    kinds = {kind: sum(prompt.kind == kind for prompt in prompts) for kind in (NEW, RENAMED, DELETED)}
    parts = [
        (f"{_count(len(moves), 'alias', 'aliases')} changed" + (f" ({breaking} breaking)" if breaking else ""))
        if moves
        else "",
        f"{_count(versions, 'new version')} of {_count(sum(bool(p.versions) for p in prompts), 'prompt')}"
        if versions
        else "",
        f"{_count(removed, 'version')} deleted" if removed else "",
        *(f"{_count(count, 'prompt')} {kind}{_BREAKS[kind]}" for kind, count in kinds.items() if count),
    ]
    said = ", ".join(part for part in parts if part)
    if said:
        return said
    if prompts:
        return f"notes of {_count(len(prompts), 'prompt')} changed"
    return f"{', '.join(other_files)} changed" if other_files else "no prompt changed"


def version(name: str, number: int, step: Step) -> str:
    """A version that is added: `support.refunds 3 → 4: 2 lines`."""
    if step.new is None:
        return f"{name} {number} cannot be read: see the problems"
    if step.comparison is None:
        size = step.sizes[1]
        return f"{name} {number} is new: {size.characters:,} characters" if size else f"{name} {number} is new"
    return f"{name} {headline(step.comparison)}"


def alias(name: str, alias: str, old: Target | None, new: Target | None, steps: Sequence[Step]) -> str:
    """An alias that changes: `production of support.refunds goes 3 → 5: 2 lines`."""
    who = f"{alias} of {name}"
    if new is None:
        return f"{who} is removed: it served {shown(old)}, and loading it will fail (breaking)"
    if old is None:
        return f"{who} is new: it serves {shown(new)}"
    ways = [step for step in steps if step.comparison is not None]
    if not ways:
        lost = " (a version cannot be read: see the problems)" if steps else ""
        return f"{who} goes {shown(old)} → {shown(new)}{lost}"
    if old.version and new.version:
        return f"{who} goes {headline(ways[0].comparison)}" if ways[0].comparison else who
    said = "; ".join(headline(step.comparison) for step in ways if step.comparison)
    return f"{who} goes {shown(old)} → {shown(new)}; {said}"


def retuned(name: str, alias: str, steps: Sequence[Step]) -> str:
    """An alias that stays, and serves other settings: `production of support.refunds stays 3: temperature 0.2 → 0.4`."""
    said = "; ".join(
        f"{step.comparison.new.version}: {differences(step.comparison)}" for step in steps if step.comparison
    )
    return f"{alias} of {name} stays {said or 'where it is, at what cannot be read'}"


def ends(old: Target | None, new: Target | None) -> str:
    """Where an alias led and will lead: `3 → 5`, or `3` if it stays."""
    return shown(new) if old == new else f"{shown(old)} → {shown(new)}"


def rollback(name: str, alias: str, old: Target | None) -> str:
    """The command that takes a move back, or makes an alias again."""
    if old is None:
        return f"promptgit alias rm {name} {alias} -m 'Roll back'"
    return f"promptgit alias set {name} {alias} {old} -m 'Roll back'"


def shown(target: Target | None) -> str:
    """A target for people: `3`, or `3 (90 %) + 4 (10 %)`."""
    if target is None:
        return "nothing"
    if target.version:
        return str(target.version)
    total = sum(weight for _, weight in target.weights)
    return " + ".join(f"{number} ({100 * weight / total:.4g} %)" for number, weight in target.weights)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
