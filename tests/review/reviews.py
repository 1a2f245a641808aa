"""Reviews made by hand, for those who show them: what is in them may be anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptgit.aliases.target import Target
from promptgit.content import VersionBody
from promptgit.errors import TemplateError
from promptgit.model import PromptVersion
from promptgit.problems import WARNING, Problem
from promptgit.review.compare import FieldChange, compare, headline
from promptgit.review.model import (
    AliasReview,
    PromptReview,
    Review,
    Sample,
    Size,
    Step,
    VersionReview,
)

BASE, HEAD = "1" * 40, "2" * 40


def version(number: int, template: Any, *, name: str = "support.refunds", **more: Any) -> PromptVersion:
    """A version that is in no registry."""
    return PromptVersion(name=name, version=number, body=VersionBody({"template": template, **more}))


def step(old: PromptVersion | None, new: PromptVersion | None) -> Step:
    """One version against another, with what a sample render shows."""
    both = [old, new]
    sizes = [Size(characters=len(str(one.template)), tokens=7) if one else None for one in both]
    samples = [_sample(one) if one else None for one in both]
    return Step(
        old=old,
        new=new,
        comparison=compare(old, new) if old and new else None,
        sizes=(sizes[0], sizes[1]),
        samples=(samples[0], samples[1]),
    )


def _sample(one: PromptVersion) -> Sample:
    try:
        values: dict[str, object] = dict.fromkeys(one.variables, "My shoes do not fit")
        rendered = one.format(values)
    except TemplateError as error:
        return Sample(values={}, messages=(), error=str(error))
    if isinstance(rendered, str):
        return Sample(values=values, messages=(("", rendered),))
    return Sample(values=values, messages=tuple((str(m["role"]), str(m["content"])) for m in rendered))


def move(old: PromptVersion, new: PromptVersion, alias: str = "production", **more: Any) -> AliasReview:
    """An alias that goes from one version to another."""
    between = step(old, new)
    assert between.comparison is not None
    breaking = between.comparison.is_breaking
    values: dict[str, Any] = {
        "name": new.name,
        "alias": alias,
        "kind": "moved",
        "old": Target.single(old.version),
        "new": Target.single(new.version),
        "shares": ((old.version, 100.0, 0.0), (new.version, 0.0, 100.0)),
        "steps": (between,),
        "breaking": breaking,
        "headline": f"{alias} of {new.name} goes {headline(between.comparison)}",
        "rollback": f"promptgit rollback {new.name} {alias}",
    }
    return AliasReview(**values | more)


def added(old: PromptVersion | None, new: PromptVersion, **more: Any) -> VersionReview:
    """A version that the change adds."""
    between = step(old, new)
    said = headline(between.comparison) if between.comparison else f"{new.version}: the first version"
    values: dict[str, Any] = {
        "name": new.name,
        "version": new.version,
        "step": between,
        "headline": f"{new.name} {said}",
        "message": "Ask for the order\n\nSupport wants it.",
        "author": "Ada Lovelace <ada@example.com>",
    }
    return VersionReview(**values | more)


def review(prompts: Sequence[PromptReview], **more: Any) -> Review:
    """A review of prompts."""
    values: dict[str, Any] = {
        "base": BASE,
        "head": HEAD,
        "base_label": "origin/main",
        "head_label": "kinder-refunds",
        "title": f"{len(prompts)} prompts change",
        "prompts": tuple(prompts),
    }
    return Review(**values | more)


OLD_TEXT = "You answer questions about refunds.\n\nRefunds are possible within 30 days.\n\nQuestion: {{question}}\n"
NEW_TEXT = (
    "You answer questions about refunds. Be kind.\n\nRefunds are possible within 14 days.\n\n"
    "Order: {{order}}\nQuestion: {{question}}\n"
)


def refunds_review() -> Review:
    """A promotion that breaks callers, a version, notes, and problems: one of each."""
    old = version(3, OLD_TEXT, model_config={"model_name": "gpt-5", "temperature": 0.2})
    new = version(5, NEW_TEXT, model_config={"model_name": "gpt-5", "temperature": 0.7})
    prompt = PromptReview(
        name="support.refunds",
        kind="changed",
        description="Answers customers who ask about refunds",
        owners=("support-team",),
        aliases=(move(old, new, protected=True, promoters=("release@example.com",)),),
        versions=(added(version(4, OLD_TEXT), new, aliases=("production",)),),
        removed={2: "It promised dates"},
        notes=(FieldChange(key="tags.team", old=None, new="support"),),
    )
    problems = (
        Problem(
            code="variable-unused",
            message="'order' is declared and not used",
            severity=WARNING,
            path="prompts/support/refunds/5.yaml",
            line=9,
            column=3,
            hint="Use it, or take it out of `variables`.",
        ),
        Problem(code="policy", message="production must go through staging", path="promptgit.yaml"),
    )
    return review([prompt], title="1 alias moves", problems=problems, other_files=("promptgit.yaml",))


def shaped_review(words: Sequence[str]) -> Review:
    """A review of one shape, with texts of others wherever a review has any.

    Args:
        words: eight of them; the first two are the templates before and after, kept apart by a line of their own.
    """
    text, other, name, alias, message, path, value, title = words
    old = version(1, [{"role": name, "content": f"{text}\nbefore"}], name=name, model_config={"stop": value})
    new = version(2, [{"role": name, "content": f"{other}\nafter\n"}], name=name, model_config={"stop": f"{value}."})
    prompt = PromptReview(
        name=name,
        kind="renamed",
        former=alias,
        description=f"{message} ",
        owners=(alias, name),
        aliases=(
            move(
                old,
                new,
                alias,
                headline=f"moved {title}",
                rollback=f"promptgit rollback {name} {alias}",
                promoters=(alias,),
            ),
        ),
        versions=(added(None, new, headline=title, message=f"x {message}", author=alias, aliases=(alias,)),),
        removed={7: message},
        notes=(FieldChange(key=name, old=value, new=f"{value}+"),),
    )
    problem = Problem(code=name, message=message, path=f"prompts/{path}", line=3, hint=title)
    return review([prompt], title=title, problems=(problem,), other_files=(path,), base_label=name, head_label=alias)
