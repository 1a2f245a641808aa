"""A review as one page: no script, nothing from outside, and nothing in it but text that was made safe.

The page forbids everything but its own style sheet, by its hash (Content-Security-Policy), so that even a mistake in here
would run nothing. Text from prompts is never made a link.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from promptgit.problems import ERROR
from promptgit.review.headlines import ends
from promptgit.review.markup import Safe, badge, element, join, table, text
from promptgit.review.model import CHANGED, RENAMED
from promptgit.review.steps import Steps, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.problems import Problem
    from promptgit.review.model import AliasReview, PromptReview, Review, VersionReview

_CONTENTS = 5
_BREAKING = badge("breaking", "breaking")


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
    yield element("header", _range(review), *_title(review))
    yield Safe("<main>")
    names = [prompt.headline for prompt in review.prompts if prompt.headline]
    if [*names, *(alias.headline for alias in review.moves)] not in ([], [review.title]):
        yield _box("What callers will get", _list(_moves(review.prompts)))
    if review.problems:
        ordered = sorted(review.problems, key=lambda problem: problem.severity != ERROR)
        yield _box(_counted(review.problems), _list(map(_problem, ordered)))
    if len(review.prompts) > _CONTENTS:
        yield _box("Prompts", element("ul", *_contents(review.prompts), cls="contents"))
    steps = Steps()
    for number, prompt in enumerate(review.prompts):
        yield _prompt(prompt, number, steps)
    if review.other_files:
        yield _box("Also changed", _list(element("code", text(path)) for path in review.other_files))
    if review.is_empty:
        yield _box("Nothing to review", element("p", text("No prompt changes.")))
    yield Safe("</main>")
    yield element("footer", text("promptgit review"))
    yield Safe("</body>")


def _box(title: str, *inner: Safe) -> Safe:
    return element("section", element("h2", text(title)), *inner, cls="box")


def _list(items: Iterable[Safe]) -> Safe:
    return element("ul", *(element("li", item) for item in items), cls="list")


# --- the top --------------------------------------------------------------------------------------------------------


def _range(review: Review) -> Safe:
    base, head = _commit(review.base_label, review.base), _commit(review.head_label, review.head)
    return element("p", text(f"{base} → {head}"), cls="range")


def _commit(label: str, commit: str) -> str:
    if not commit:
        return label
    return commit[:10] if label and commit.startswith(label) else f"{label} ({commit[:10]})"


def _title(review: Review) -> Iterator[Safe]:
    """The title; of what it says of a single move, the first half is the heading."""
    said, details = _halves(review.title)
    yield element("h1", *([_BREAKING, Safe(" ")] if review.is_breaking else []), text(said))
    if details:
        yield element("p", text(details), cls="lead")


def _halves(headline: str) -> tuple[str, str]:
    """`production of support.refunds goes 3 → 5`, and what differs."""
    said, *details = re.split("[:;] ", headline, maxsplit=1)
    return said, "".join(details)


def _moves(prompts: Sequence[PromptReview]) -> Iterator[Safe]:
    for number, prompt in enumerate(prompts):
        if prompt.headline:
            yield join(_BREAKING, Safe(" "), element("a", text(prompt.headline), href=f"#prompt-{number}"))
        for alias in prompt.aliases:
            said, details = _halves(alias.headline)
            mark = [_BREAKING, Safe(" ")] if alias.breaking else []
            after = [Safe(" "), element("span", text(details), cls="soft")] if details else []
            yield join(*mark, element("a", text(said), href=f"#prompt-{number}"), *after)


def _counted(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == ERROR for problem in problems)
    counts = ((errors, "error"), (len(problems) - errors, "warning"))
    return " and ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def _problem(problem: Problem) -> Safe:
    place = problem.path + (f":{problem.line}" if problem.line else "")
    parts = [badge(problem.severity, "error" if problem.severity == ERROR else "warning"), Safe(" ")]
    if place:
        parts += [element("code", text(place)), Safe(" ")]
    parts += [text(f"{problem.message} "), element("span", text(f"[{problem.code}]"), cls="soft")]
    return join(*parts, *([element("span", text(problem.hint), cls="hint")] if problem.hint else []))


def _contents(prompts: Sequence[PromptReview]) -> Iterator[Safe]:
    for number, prompt in enumerate(prompts):
        mark = [Safe(" "), _BREAKING] if prompt.is_breaking else []
        yield element("li", element("a", text(prompt.name), href=f"#prompt-{number}"), *mark)


# --- one prompt -----------------------------------------------------------------------------------------------------


def _prompt(prompt: PromptReview, number: int, steps: Steps) -> Safe:
    kind = f"renamed from {prompt.former}" if prompt.kind == RENAMED else prompt.kind
    title = element("h2", element("code", text(prompt.name)), *([Safe(" "), badge(kind)] if kind != CHANGED else []))
    about = [element("p", text(prompt.description))] if prompt.description else []
    if prompt.owners:
        about.append(element("p", text(f"Owners: {', '.join(prompt.owners)}"), cls="soft"))
    parts = [_alias(alias, steps) for alias in prompt.aliases]
    parts += [_version(version, steps) for version in prompt.versions]
    parts += [_removed(prompt)] if prompt.removed else []
    parts += [_part("Notes in prompt.yaml", fields(prompt.notes))] if prompt.notes else []
    if kind == CHANGED and not parts:
        about.append(element("p", text("Its files changed in a way that no version or alias shows: see the problems.")))
    return element("section", title, *about, *parts, cls="box prompt", id=f"prompt-{number}")


def _part(title: str, *inner: Safe, mark: Safe | None = None) -> Safe:
    return element("div", element("h3", text(f"{title} "), mark or Safe("")), *inner, cls="part")


def _removed(prompt: PromptReview) -> Safe:
    reasons = (
        f"Version {number}: {'no tombstone says why' if why is None else why or 'no reason given'}"
        for number, why in sorted(prompt.removed.items())
    )
    return _part("Deleted", _list(map(text, reasons)))


def _alias(alias: AliasReview, steps: Steps) -> Safe:
    inner: list[Safe] = []
    if any(target is not None and not target.version for target in (alias.old, alias.new)):
        inner.append(_shares(alias))
    if alias.protected or alias.promoters:
        who = f" {', '.join(alias.promoters)} must agree." if alias.promoters else ""
        inner.append(element("p", text(f"{alias.alias} is protected: it moves by reviewed commits alone.{who}")))
    for step in alias.steps:
        if len(alias.steps) > 1 and step.new is not None:
            against = f" against {step.old.version}" if step.old else ""
            inner.append(element("h4", text(f"Version {step.new.version}{against}"), cls="step"))
        inner += steps.show(step)
    if alias.rollback:
        command = element("code", text(alias.rollback))
        inner.append(element("p", element("span", text("To take it back: "), cls="soft"), command, cls="rollback"))
    mark = _BREAKING if alias.breaking else None
    return _part(f"{alias.alias} {ends(alias.old, alias.new)}", *inner, mark=mark)


def _shares(alias: AliasReview) -> Safe:
    rows = [[text(f"version {number}"), _share(before), _share(after)] for number, before, after in alias.shares]
    return table(["", "traffic before", "after"], rows)


def _share(percent: float) -> Safe:
    bar = Safe(f'<svg class="share" aria-hidden="true"><rect width="{percent:.2f}%" height="100%"/></svg>')
    return join(text(f"{percent:.4g} %"), bar)


def _version(version: VersionReview, steps: Steps) -> Safe:
    inner = [element("p", text(version.headline), cls="soft")]
    if version.author:
        inner.append(element("p", text(f"{version.author}: {version.message.partition(chr(10))[0]}")))
    if version.aliases:
        inner.append(element("p", text(f"Will be served by {', '.join(version.aliases)}")))
    return _part(f"Version {version.version}", *inner, *steps.show(version.step), mark=badge("new"))
