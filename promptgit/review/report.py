"""A review for a terminal. All that comes from prompts is made safe for it."""

from __future__ import annotations

from promptgit.review.compare import spoken
from promptgit.review.model import RENAMED
from promptgit.review.terminal import render as render_comparison
from promptgit.review.terminal import styled
from promptgit.sanitise import sanitise, sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.review.model import AliasReview, PromptReview, Review, Step, VersionReview

    _Ends = tuple[int | None, int | None]

_FIRST_LINES = 12


def render(review: Review, *, colour: bool, width: int = 100) -> str:
    """The review as text that may be printed as it is.

    Args:
        colour: ANSI colours; see `promptgit.review.terminal`.
        width: columns of the terminal.
    """
    return "\n".join(_Report(colour, width).lines(review))


def _ends(step: Step) -> _Ends:
    return (step.old.version if step.old else None, step.new.version if step.new else None)


class _Report:
    def __init__(self, colour: bool, width: int) -> None:
        self._colour = colour
        self._width = width

    def lines(self, review: Review) -> Iterator[str]:
        yield self._bold(sanitise_line(review.title))
        head = f"{review.head_label} ({review.head[:10]})" if review.head else review.head_label
        yield self._dim(sanitise_line(f"{review.base_label} ({review.base[:10]}) → {head}"))
        lines = [(prompt.headline, True) for prompt in review.prompts if prompt.headline]
        lines += [(move.headline, move.breaking) for move in review.moves]
        if len(lines) > 1:
            yield ""
            yield from (f"  {self._marked(line, breaking)}" for line, breaking in lines)
        for prompt in review.prompts:
            yield ""
            yield from self._prompt(prompt)
        if review.other_files:
            yield ""
            yield f"also changed: {sanitise_line(', '.join(review.other_files))}"

    def _prompt(self, prompt: PromptReview) -> Iterator[str]:
        what = f"renamed from {prompt.former}" if prompt.kind == RENAMED else prompt.kind
        owners = f", owners: {', '.join(prompt.owners)}" if prompt.owners else ""
        yield self._bold(sanitise_line(f"── {prompt.name} ({what}{owners}) ──"))
        if prompt.headline:
            yield self._marked(prompt.headline, True)
        for alias in prompt.aliases:
            yield from self._alias(alias)
        seen = {_ends(step) for alias in prompt.aliases for step in alias.steps}
        for version in prompt.versions:
            yield from self._version(version, seen)
        for number, reason in sorted(prompt.removed.items()):
            why = "no tombstone says why" if reason is None else reason or "no reason given"
            yield f"version {number} is deleted: {sanitise_line(why)}"
        for field in prompt.notes:
            old, new = (sanitise_line("unset" if value is None else str(value)) for value in (field.old, field.new))
            yield f"{sanitise_line(field.key)}: {old} → {new}"

    def _alias(self, alias: AliasReview) -> Iterator[str]:
        yield self._marked(alias.headline, alias.breaking)
        if any(target is not None and not target.version for target in (alias.old, alias.new)):
            for number, before, after in alias.shares:
                yield f"  version {number}: {before:.4g} % → {after:.4g} % of the traffic"
        if alias.protected or alias.promoters:
            who = f": {', '.join(alias.promoters)} must agree" if alias.promoters else ""
            yield sanitise_line(f"  {alias.alias} is protected{who}")
        for step in alias.steps:
            yield from self._step(step, headline=len(alias.steps) > 1)
        if alias.rollback:
            yield self._dim(f"  to take it back: {sanitise_line(alias.rollback)}")

    def _version(self, version: VersionReview, seen: set[_Ends]) -> Iterator[str]:
        step = version.step
        yield self._bold(sanitise_line(version.headline))
        if version.author:
            subject = version.message.partition("\n")[0]
            yield self._dim(sanitise_line(f"  {version.author}: {subject}"))
        if _ends(step) in seen:
            yield self._dim("  compared above")
        else:
            yield from self._step(step, headline=False)

    def _step(self, step: Step, *, headline: bool) -> Iterator[str]:
        old, new = step.sizes
        if old and new:
            yield self._dim(
                f"  {old.characters:,} → {new.characters:,} characters, ≈ {old.tokens:,} → {new.tokens:,} tokens"
            )
        if step.comparison is not None:
            lines = render_comparison(step.comparison, colour=self._colour, width=self._width - 2).split("\n")
            yield from (f"  {line}" if line else "" for line in (lines if headline else lines[1:]))
        elif step.new is not None:
            yield from self._text(spoken(step.new))

    def _text(self, messages: Sequence[tuple[str, str]]) -> Iterator[str]:
        """The beginning of a version that nothing is compared with."""
        for role, text in messages:
            if role:
                yield f"  {self._bold(sanitise_line(role))}"
            lines = sanitise(text).rstrip("\n").split("\n")
            yield from (f"    {line}" for line in lines[:_FIRST_LINES])
            if len(lines) > _FIRST_LINES:
                yield self._dim(f"    … {len(lines) - _FIRST_LINES} more lines …")

    def _marked(self, text: str, breaking: bool) -> str:
        return styled(sanitise_line(text), "warn" if breaking else "bold", self._colour)

    def _bold(self, text: str) -> str:
        return styled(text, "bold", self._colour)

    def _dim(self, text: str) -> str:
        return styled(text, "dim", self._colour)
