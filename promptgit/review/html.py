"""A review as one page: no script, nothing from outside, and nothing in it but text that was made safe.

The page forbids everything but its own style sheet, by its hash (Content-Security-Policy), so that even a mistake in here
would run nothing. Text from prompts is never made a link.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files

from promptgit.problems import ERROR
from promptgit.review.difference import difference, whole
from promptgit.review.headlines import shown
from promptgit.review.markup import Safe, element, join, text
from promptgit.review.model import CHANGED, RENAMED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from promptgit.problems import Problem
    from promptgit.review.compare import FieldChange
    from promptgit.review.model import AliasReview, PromptReview, Review, Sample, Size, Step, VersionReview
    from promptgit.templates.changes import VariableChange

_CONTENTS = 5


def render(review: Review) -> str:
    """The review as a whole HTML document."""
    style = files("promptgit.review").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        element("title", text(review.title)),
        f"<style>{style}</style>",
    ]
    return "\n".join([*head, *_body(review), "</html>"]) + "\n"


def _body(review: Review) -> Iterator[Safe]:
    yield Safe("<body>")
    mark = join(_badge("breaking", "breaking"), Safe(" ")) if review.is_breaking else Safe("")
    yield element("header", _range(review), element("h1", mark, text(review.title)))
    yield Safe("<main>")
    if [alias.headline for alias in review.moves] not in ([], [review.title]):
        yield _box("What aliases will serve", _list(_move_line(review, alias) for alias in review.moves))
    if review.problems:
        ordered = sorted(review.problems, key=lambda problem: problem.severity != ERROR)
        yield _box(_counted(review.problems), _list(map(_problem, ordered)))
    if len(review.prompts) > _CONTENTS:
        yield _box("Prompts", element("ul", *_contents(review.prompts), cls="contents"))
    for number, prompt in enumerate(review.prompts):
        yield _prompt(prompt, number)
    if review.other_files:
        yield _box("Also changed", _list(element("code", text(path)) for path in review.other_files))
    if review.is_empty:
        yield _box("Nothing to review", element("p", text("No prompt changes.")))
    yield Safe("</main>")
    yield element("footer", text("promptgit review"))
    yield Safe("</body>")


def _range(review: Review) -> Safe:
    head = f"{review.head_label} ({review.head[:10]})" if review.head else review.head_label
    return element("p", text(f"{review.base_label} ({review.base[:10]}) → {head}"), cls="range")


def _box(title: str, *inner: Safe) -> Safe:
    return element("section", element("h2", text(title)), *inner, cls="box")


def _list(items: Iterable[Safe]) -> Safe:
    return element("ul", *(element("li", item) for item in items), cls="list")


def _badge(word: str, kind: str = "") -> Safe:
    return element("span", text(word), cls=f"badge {kind}".strip())


# --- the top --------------------------------------------------------------------------------------------------------


def _move_line(review: Review, alias: AliasReview) -> Safe:
    number = next(at for at, prompt in enumerate(review.prompts) if alias in prompt.aliases)
    line = element("a", text(alias.headline), href=f"#prompt-{number}")
    return join(_badge("breaking", "breaking"), Safe(" "), line) if alias.breaking else line


def _counted(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == ERROR for problem in problems)
    counts = ((errors, "error"), (len(problems) - errors, "warning"))
    return " and ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def _problem(problem: Problem) -> Safe:
    place = problem.path + (f":{problem.line}" if problem.line else "")
    parts = [_badge(problem.severity, "error" if problem.severity == ERROR else "warning"), Safe(" ")]
    if place:
        parts += [element("code", text(place)), Safe(" ")]
    parts += [text(f"{problem.message} "), element("span", text(f"[{problem.code}]"), cls="soft")]
    return join(*parts, *([element("span", text(problem.hint), cls="hint")] if problem.hint else []))


def _contents(prompts: Sequence[PromptReview]) -> Iterator[Safe]:
    for number, prompt in enumerate(prompts):
        mark = join(Safe(" "), _badge("breaking", "breaking")) if prompt.is_breaking else Safe("")
        yield element("li", element("a", text(prompt.name), href=f"#prompt-{number}"), mark)


# --- one prompt -----------------------------------------------------------------------------------------------------


def _prompt(prompt: PromptReview, number: int) -> Safe:
    kind = f"renamed from {prompt.former}" if prompt.kind == RENAMED else prompt.kind
    title = element("h2", element("code", text(prompt.name)), Safe(" "), _badge(kind) if kind != CHANGED else Safe(""))
    about = [element("p", text(prompt.description))] if prompt.description else []
    if prompt.owners:
        about.append(element("p", text(f"Owners: {', '.join(prompt.owners)}"), cls="soft"))
    seen: set[tuple[str, str]] = set()
    parts = [_alias(alias, seen) for alias in prompt.aliases]
    parts += [_version(version, seen) for version in prompt.versions]
    parts += [_removed(prompt)] if prompt.removed else []
    parts += [_part("Notes in prompt.yaml", _fields(prompt.notes))] if prompt.notes else []
    return element("section", title, *about, *parts, cls="box prompt", id=f"prompt-{number}")


def _part(title: str, *inner: Safe, mark: Safe | None = None) -> Safe:
    return element("div", element("h3", text(f"{title} "), mark or Safe("")), *inner, cls="part")


def _removed(prompt: PromptReview) -> Safe:
    reasons = (
        f"Version {number}: {'no tombstone says why' if why is None else why or 'no reason given'}"
        for number, why in sorted(prompt.removed.items())
    )
    return _part("Deleted", _list(map(text, reasons)))


def _alias(alias: AliasReview, seen: set[tuple[str, str]]) -> Safe:
    inner: list[Safe] = []
    if any(target is not None and not target.version for target in (alias.old, alias.new)):
        inner.append(_shares(alias))
    if alias.protected or alias.promoters:
        who = f" {', '.join(alias.promoters)} must agree." if alias.promoters else ""
        inner.append(element("p", text(f"{alias.alias} is protected: it moves by reviewed commits alone.{who}")))
    for step in alias.steps:
        if len(alias.steps) > 1 and step.new is not None:
            inner.append(element("h4", text(f"Version {step.new.version}")))
        inner += _step(step, seen)
    command = element("code", text(alias.rollback))
    inner.append(element("p", element("span", text("To take it back: "), cls="soft"), command, cls="rollback"))
    mark = _badge("breaking", "breaking") if alias.breaking else None
    return _part(f"{alias.alias} {shown(alias.old)} → {shown(alias.new)}", *inner, mark=mark)


def _shares(alias: AliasReview) -> Safe:
    rows = [[text(f"version {number}"), _share(before), _share(after)] for number, before, after in alias.shares]
    return _table(["", "traffic before", "after"], rows, cells="share")


def _share(percent: float) -> Safe:
    bar = Safe(f'<svg aria-hidden="true"><rect width="{percent:.2f}%" height="100%"/></svg>')
    return join(text(f"{percent:.4g} %"), bar)


def _version(version: VersionReview, seen: set[tuple[str, str]]) -> Safe:
    inner = [element("p", text(version.headline), cls="soft")]
    if version.author:
        inner.append(element("p", text(f"{version.author}: {version.message.partition(chr(10))[0]}")))
    if version.aliases:
        inner.append(element("p", text(f"Will be served by {', '.join(version.aliases)}")))
    return _part(f"Version {version.version}", *inner, *_step(version.step, seen), mark=_badge("new"))


# --- a version against another --------------------------------------------------------------------------------------


def _step(step: Step, seen: set[tuple[str, str]]) -> Iterator[Safe]:
    ends = (step.old.uri if step.old else "", step.new.uri if step.new else "")
    if ends in seen:
        yield element("p", text("Compared above."), cls="soft")
        return
    seen.add(ends)
    comparison = step.comparison
    if comparison is not None:
        if comparison.variables:
            yield element("h4", text("Variables that callers give"))
            yield _variables(comparison.variables)
        if comparison.fields:
            yield element("h4", text("Settings"))
            yield _fields(comparison.fields)
        yield element("h4", text(f"Text{_sizes(step.sizes)}"))
        yield from difference(comparison)
    elif step.new is not None:
        yield element("h4", text(f"Text{_sizes(step.sizes)}"))
        yield from whole(step.new)
    if step.new is not None and any(step.samples):
        yield _samples(step.samples)


def _sizes(sizes: Sequence[Size | None]) -> str:
    both = [size for size in sizes if size is not None]
    if not both:
        return ""
    characters = " → ".join(f"{size.characters:,}" for size in both)
    tokens = " → ".join(f"{size.tokens:,}" for size in both)
    return f": {characters} characters, ≈ {tokens} tokens"


def _variables(changes: Sequence[VariableChange]) -> Safe:
    rows = [
        [
            element("code", text(change.name)),
            text(change.what),
            _badge("breaking", "breaking") if change.breaking else text("fine"),
        ]
        for change in changes
    ]
    return _table(["variable", "change", "for callers"], rows)


def _fields(fields: Sequence[FieldChange]) -> Safe:
    rows = [
        [element("code", text(field.key)), _setting(field.old, "del"), _setting(field.new, "ins")] for field in fields
    ]
    return _table(["setting", "before", "after"], rows)


def _setting(value: Any, tag: str) -> Safe:
    if value is None:
        return element("span", text("not set"), cls="soft")
    return element(tag, text(json.dumps(value, ensure_ascii=False, default=str)))


def _table(head: Sequence[str], rows: Iterable[Sequence[Safe]], cells: str = "") -> Safe:
    titles = element("tr", *(element("th", text(title), scope="col") for title in head))
    body = []
    for first, *rest in rows:
        named = zip(head[1:], rest, strict=True)
        inner = (element("td", cell, cls=cells, **{"data-name": f"{title}:"}) for title, cell in named)
        body.append(element("tr", element("th", first, scope="row"), *inner))
    return element("table", element("thead", titles), element("tbody", *body), cls="stack")


def _samples(samples: Sequence[Sample | None]) -> Safe:
    titles = ("Before", "After") if samples[0] is not None else ("", "")
    sides = [_sample(sample, title) for sample, title in zip(samples, titles, strict=True) if sample is not None]
    inner = element("div", *sides, cls="pair") if len(sides) > 1 else join(*sides)
    summary = element("summary", text("Rendered with example values"))
    return element("details", summary, _values(samples), inner, cls="samples")


def _values(samples: Sequence[Sample | None]) -> Safe:
    given: dict[str, object] = {}
    for sample in samples:
        given |= dict(sample.values) if sample else {}
    if not given:
        return Safe("")
    said = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}" for name, value in given.items())
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
