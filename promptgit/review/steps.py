"""One version against another, as HTML: variables, settings, text, and what a model will be sent."""

from __future__ import annotations

import json

from promptgit.review.compare import spoken
from promptgit.review.difference import ends_of, messages, side_by_side, whole
from promptgit.review.markup import Safe, badge, element, join, table, text
from promptgit.review.words import diff_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from promptgit.review.compare import Comparison, FieldChange
    from promptgit.review.model import Sample, Size, Step
    from promptgit.templates.changes import VariableChange

_ROOM = 2_000_000
_LONG = 80


class Steps:
    """The steps of a page, in order: none twice, and no more text than a browser opens at once.

    Args:
        room: characters; a step that does not fit is named by the command that shows it.
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._seen: set[tuple[str, str]] = set()

    def show(self, step: Step) -> Iterator[Safe]:
        """What differs in a step, or why it is not shown; nothing where no version takes the place of the old one."""
        if step.new is None:
            return
        ends = (step.old.uri if step.old else "", step.new.uri if step.new else "")
        if ends in self._seen:
            yield element("p", text("Compared above."), cls="soft")
            return
        samples = step.samples if _says_more(step) else (None, None)
        needed = _length(step, samples)
        if needed > self._room:
            command = " ".join(["promptgit", "diff" if all(ends) else "show", *filter(None, ends)])
            yield element("p", text("Too long for this page: "), element("code", text(command)))
            return
        self._seen.add(ends)
        self._room -= needed
        yield from _step(step)
        if any(samples):
            yield _samples(samples)


def _length(step: Step, samples: Sequence[Sample | None]) -> int:
    """The characters that a step takes on the page, roughly."""
    settings = step.comparison.fields if step.comparison else ()
    return (
        sum(size.characters for size in step.sizes if size)
        + sum(len(content) for sample in samples if sample for _, content in sample.messages)
        + sum(len(_json(side)) for change in settings for side in (change.old, change.new))
    )


def _step(step: Step) -> Iterator[Safe]:
    comparison = step.comparison
    if comparison is not None:
        if comparison.variables:
            yield element("h4", text("Variables that callers give"))
            yield _variables(comparison.variables)
        if comparison.fields:
            yield element("h4", text("Settings"))
            yield from _settings(comparison)
        yield element("h4", text(f"Text{_sizes(step.sizes)}"))
        yield from messages(comparison)
    elif step.new is not None:
        yield element("h4", text(f"Text{_sizes(step.sizes)}"))
        yield from whole(step.new)


def _sizes(sizes: Sequence[Size | None]) -> str:
    old, new = sizes
    if new is None:
        return ""
    if old is None:
        return f": {new.characters:,} characters, ≈ {new.tokens:,} tokens"
    characters = f"{old.characters:,} → {new.characters:,} characters ({new.characters - old.characters:+,})"
    return f": {characters}, ≈ {old.tokens:,} → {new.tokens:,} tokens ({new.tokens - old.tokens:+,})"


def _variables(changes: Sequence[VariableChange]) -> Safe:
    rows = [
        [
            element("code", text(change.name)),
            text(change.what),
            badge("breaking", "breaking") if change.breaking else text("fine"),
        ]
        for change in changes
    ]
    return table(["variable", "change", "for callers"], rows)


# --- settings -------------------------------------------------------------------------------------------------------


def fields(changes: Sequence[FieldChange]) -> Safe:
    """Settings before and after."""
    rows = [
        [element("code", text(change.key)), _value(change.old, "del"), _value(change.new, "ins")] for change in changes
    ]
    return table(["setting", "before", "after"], rows)


def _settings(comparison: Comparison) -> Iterator[Safe]:
    """What is short as a table, what is long line by line."""
    short = [change for change in comparison.fields if not _is_long(change)]
    if short:
        yield fields(short)
    for change in filter(_is_long, comparison.fields):
        yield element("h4", element("code", text(change.key)))
        yield side_by_side(diff_words(_lines(change.old), _lines(change.new)), *ends_of(comparison))


def _is_long(change: FieldChange) -> bool:
    return max(len(_json(side)) for side in (change.old, change.new)) > _LONG


def _value(value: Any, tag: str) -> Safe:
    if value is None:
        return element("span", text("not set"), cls="soft")
    return element("code", element(tag, text(_json(value))))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _lines(value: Any) -> str:
    """A value as people read it: a text is itself, the rest is JSON in lines."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, indent=2)


# --- samples --------------------------------------------------------------------------------------------------------


def _says_more(step: Step) -> bool:
    """Whether a sample shows anything but the template; one without variables does not."""
    sides = zip((step.old, step.new), step.samples, strict=True)
    return any(
        sample is not None and version is not None and (sample.error or sample.messages != tuple(spoken(version)))
        for version, sample in sides
    )


def _samples(samples: Sequence[Sample | None]) -> Safe:
    titles = ("Before", "After") if samples[0] is not None else ("", "")
    sides = [_sample(sample, title) for sample, title in zip(samples, titles, strict=True) if sample is not None]
    inner = element("div", *sides, cls="pair") if len(sides) > 1 else join(*sides)
    summary = element("summary", text("Rendered with example values"))
    return element("details", summary, _values(samples), inner, cls="more")


def _values(samples: Sequence[Sample | None]) -> Safe:
    given: dict[str, object] = {}
    for sample in samples:
        given |= dict(sample.values) if sample else {}
    if not given:
        return Safe("")
    said = ", ".join(f"{name} = {_json(value)}" for name, value in given.items())
    return element("p", text(said), cls="soft")


def _sample(sample: Sample, title: str) -> Safe:
    parts = [element("h4", text(title))] if title else []
    if sample.error:
        parts.append(element("p", text(f"It cannot be rendered: {sample.error}")))
    for role, content in sample.messages:
        if role:
            parts.append(element("h4", text(role)))
        parts.append(element("pre", text(content), cls="text"))
    return element("div", *parts)
