"""The part of a review's Markdown that is about one prompt."""

from __future__ import annotations

import json

from promptgit.record import Record
from promptgit.review.compare import spoken
from promptgit.review.gfm import cell, code, fence, folded, html_inline, inline, table
from promptgit.review.hunks import Tightness, diff_lines, text_lines
from promptgit.review.model import CHANGED, RETUNED
from promptgit.review.words import ADDED, REMOVED, SAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.review.compare import Comparison, FieldChange, MessageChange
    from promptgit.review.model import AliasReview, PromptReview, Sample, Size, Step, VersionReview

_ROWS = 40


class Detail(Record):
    """How much of a prompt is shown.

    Attributes:
        samples: whether the renders with example values are.
        tightness: of texts.
    """

    samples: bool = True
    tightness: Tightness = Tightness()


def prompt_section(prompt: PromptReview, detail: Detail, *, is_open: bool = False) -> str:
    """All about one prompt, folded behind its name and what becomes of it."""
    return folded(_summary(prompt), _Section(detail).blocks(prompt), is_open=is_open)


def _summary(prompt: PromptReview) -> str:
    name = f"<b>{html_inline(prompt.name)}</b>"
    if prompt.kind != CHANGED:
        name += f" ({prompt.kind}{f', was {html_inline(prompt.former)}' if prompt.former else ''})"
    said = [html_inline(f"{alias.alias} {_ends(alias)}") for alias in prompt.aliases[:4]]
    if len(prompt.aliases) > 4:
        said.append(f"{len(prompt.aliases) - 4:,} more aliases")
    if prompt.versions:
        said.append(f"{_counted(len(prompt.versions), 'version')} added")
    if prompt.removed:
        said.append(f"{_counted(len(prompt.removed), 'version')} removed")
    if prompt.notes:
        said.append("notes changed")
    mark = "⚠️ breaking: " if prompt.is_breaking else ""
    return f"{name}: {mark}{' · '.join(said)}" if said else name


def _ends(alias: AliasReview) -> str:
    old, new = (str(target) if target else "nothing" for target in (alias.old, alias.new))
    return new if alias.kind == RETUNED else f"{old} → {new}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


class _Section:
    """Makes the blocks of one prompt. What an alias has shown already is not shown again for a version."""

    def __init__(self, detail: Detail) -> None:
        self._detail = detail
        self._shown: set[tuple[str, str]] = set()
        self._rendered: set[str] = set()

    def blocks(self, prompt: PromptReview) -> Iterator[str]:
        if prompt.description:
            yield inline(prompt.description)
        if prompt.owners:
            yield f"Owners: {_names(prompt.owners)}"
        for alias in prompt.aliases:
            yield from self._alias(alias)
        for version in prompt.versions:
            yield from self._version(version)
        if prompt.removed:
            yield "\n".join(_removed(version, reason) for version, reason in prompt.removed.items())
        if prompt.notes:
            yield "**Notes in** `prompt.yaml`"
            yield _fields(prompt.notes)

    def _alias(self, alias: AliasReview) -> Iterator[str]:
        yield f"#### {inline(alias.alias)}: {inline(_ends(alias))}"
        if alias.protected or alias.promoters:
            who = f" It may be moved by {_names(alias.promoters)}." if alias.promoters else ""
            yield f"{'A protected alias.' if alias.protected else ''}{who}".strip()
        if any(0 < share < 100 for _, *shares in alias.shares for share in shares):
            rows = [[str(version), f"{before:g}%", f"{after:g}%"] for version, before, after in alias.shares[:_ROWS]]
            yield table(["version", "traffic before", "traffic after"], rows)
        for step in alias.steps:
            if len(alias.steps) > 1 and step.new is not None:
                yield f"**Version {step.new.version}**"
            yield from self._step(step)
        if alias.rollback:
            yield "Take it back:"
            yield fence([f" {alias.rollback}"], "sh")

    def _version(self, version: VersionReview) -> Iterator[str]:
        yield f"#### Version {version.version}"
        yield inline(version.headline)
        subject = version.message.partition("\n")[0].strip()
        if subject or version.author:
            author = f" by {code(version.author, 100)}" if version.author else ""
            yield f"Committed{author}: {inline(subject, 200)}"
        if version.aliases:
            yield f"Will be served by {_names(version.aliases)}."
        yield from self._step(version.step)

    def _step(self, step: Step) -> Iterator[str]:
        ends = (step.old.uri if step.old else "", step.new.uri if step.new else "")
        if ends in self._shown:
            yield "The changes are those above."
            return
        self._shown.add(ends)
        if step.comparison is not None:
            yield from self._comparison(step.comparison)
        elif step.new is not None:
            yield from self._whole(step.new)
        if sizes := _sizes(step.sizes):
            yield sizes
        if self._detail.samples and step.new is not None and step.new.uri not in self._rendered:
            self._rendered.add(step.new.uri)
            yield from self._samples(step.samples)

    def _comparison(self, comparison: Comparison) -> Iterator[str]:
        if comparison.is_empty:
            yield "Nothing differs."
        if comparison.variables:
            rows = [
                [cell(change.name), cell(change.what), "⚠️ **breaking**" if change.breaking else "fine"]
                for change in comparison.variables[:_ROWS]
            ]
            yield table(["variable", "change", "for callers"], rows)
            yield from _more_rows(comparison.variables)
        if comparison.fields:
            yield _fields(comparison.fields)
            yield from _more_rows(comparison.fields)
        for message in comparison.messages:
            if message.kind != SAME:
                yield from self._message(message)

    def _message(self, message: MessageChange) -> Iterator[str]:
        role = inline(message.new_role, 80)
        if message.old_role != message.new_role:
            role = f"{inline(message.old_role, 80)} → {role}"
        if role:
            yield f"**Message of** {role} ({message.kind})"
        if message.kind in (ADDED, REMOVED) and message.segments:
            sign = "+" if message.kind == ADDED else "-"
            yield fence(text_lines(message.segments[0].text, self._detail.tightness, sign), "diff")
        elif message.segments:
            yield fence(diff_lines(message.segments, self._detail.tightness), "diff")

    def _whole(self, prompt: PromptVersion) -> Iterator[str]:
        """A version that has nothing to be compared with."""
        for role, text in spoken(prompt):
            if role:
                yield f"**Message of** {inline(role, 80)}"
            if text:
                yield fence(text_lines(text, self._detail.tightness, "+"), "diff")

    def _samples(self, samples: Sequence[Sample | None]) -> Iterator[str]:
        before, after = samples
        for sample, when in ((before, "before"), (after, "after")):
            if sample is not None:
                yield folded(f"Rendered with example values, {when}", self._sample(sample))

    def _sample(self, sample: Sample) -> Iterator[str]:
        if sample.values:
            rows = [[cell(name), cell(_value(value))] for name, value in list(sample.values.items())[:_ROWS]]
            yield table(["variable", "value"], rows)
        if sample.error:
            yield f"It cannot be rendered: {inline(sample.error)}"
        for role, text in sample.messages:
            if role:
                yield f"**Message of** {inline(role, 80)}"
            yield fence(text_lines(text, self._detail.tightness))


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(code(name, 100) for name in names[:10])
    return f"{shown} and {len(names) - 10:,} more" if len(names) > 10 else shown


def _removed(version: int, reason: str | None) -> str:
    why = "without a tombstone" if reason is None else inline(reason) or "no reason given"
    return f"- Version {version} is deleted: {why}"


def _fields(fields: Sequence[FieldChange]) -> str:
    rows = [[cell(field.key), _setting(field.old), _setting(field.new)] for field in fields[:_ROWS]]
    return table(["setting", "before", "after"], rows)


def _setting(value: Any) -> str:
    return "not set" if value is None else cell(_value(value))


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _more_rows(rows: Sequence[object]) -> Iterator[str]:
    if len(rows) > _ROWS:
        yield f"… and {len(rows) - _ROWS:,} more."


def _sizes(sizes: Sequence[Size | None]) -> str:
    before, after = sizes
    shown = [f"{size.characters:,} characters, ≈ {size.tokens:,} tokens" for size in (before, after) if size]
    return f"Size: {' → '.join(shown)}" if shown else ""
