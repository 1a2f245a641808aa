"""A review as plain values, for JSON."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.problems import Problem
    from promptgit.review.model import AliasReview, PromptReview, Review, Sample, Step, VersionReview

_PROBLEM = ("code", "severity", "path", "line", "column", "message", "hint")


def review_values(review: Review) -> dict[str, Any]:
    """See `Review.to_dict`."""
    return {
        "base": review.base,
        "head": review.head or None,
        "base_label": review.base_label,
        "head_label": review.head_label,
        "title": review.title,
        "breaking": review.is_breaking,
        "prompts": [_prompt(prompt) for prompt in review.prompts],
        "problems": [_problem(problem) for problem in review.problems],
        "other_files": list(review.other_files),
    }


def _prompt(prompt: PromptReview) -> dict[str, Any]:
    return {
        "name": prompt.name,
        "kind": prompt.kind,
        "former_name": prompt.former or None,
        "description": prompt.description,
        "owners": list(prompt.owners),
        "headline": prompt.headline or None,
        "breaking": prompt.is_breaking,
        "aliases": [_alias(alias) for alias in prompt.aliases],
        "versions": [_version(version) for version in prompt.versions],
        "removed": {str(number): reason for number, reason in prompt.removed.items()},
        "notes": [{"key": field.key, "old": field.old, "new": field.new} for field in prompt.notes],
    }


def _alias(alias: AliasReview) -> dict[str, Any]:
    return {
        "alias": alias.alias,
        "kind": alias.kind,
        "old": alias.old.to_value() if alias.old else None,
        "new": alias.new.to_value() if alias.new else None,
        "headline": alias.headline,
        "breaking": alias.breaking,
        "shares": [{"version": number, "before": before, "after": after} for number, before, after in alias.shares],
        "steps": [_step(step) for step in alias.steps],
        "rollback": alias.rollback,
        "protected": alias.protected,
        "promoters": list(alias.promoters),
    }


def _version(version: VersionReview) -> dict[str, Any]:
    return {
        "version": version.version,
        "headline": version.headline,
        "message": version.message,
        "author": version.author,
        "aliases": list(version.aliases),
        "step": _step(version.step),
    }


def _step(step: Step) -> dict[str, Any]:
    sizes = [{"characters": size.characters, "tokens": size.tokens} if size else None for size in step.sizes]
    return {
        "old": step.old.uri if step.old else None,
        "new": step.new.uri if step.new else None,
        "comparison": step.comparison.to_dict() if step.comparison else None,
        "sizes": sizes,
        "samples": [_sample(sample) if sample else None for sample in step.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    messages = [{"role": role, "text": text} for role, text in sample.messages]
    return {"values": dict(sample.values), "messages": messages, "error": sample.error or None}


def _problem(problem: Problem) -> dict[str, Any]:
    return {field: getattr(problem, field) for field in _PROBLEM}
