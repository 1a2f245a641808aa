"""From what a caller gives to what a version file holds and an alias points to."""

from __future__ import annotations

from promptgit.aliases.target import Target
from promptgit.errors import AliasNotFoundError, ConflictError, InvalidReferenceError
from promptgit.layout import parse_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.target import Targetish
    from promptgit.catalog import Catalog
    from promptgit.registry.edits import Edit


def version_content(
    template: str | Sequence[Mapping[str, Any]],
    *,
    syntax: str | None,
    variables: Mapping[str, Mapping[str, Any]] | None,
    model_config: Any,
    response_format: Any,
    tools: Sequence[Mapping[str, Any]] | None,
    tags: Mapping[str, str] | None,
) -> dict[str, Any]:
    """The mapping that a version file holds. Nothing of the caller's is kept or changed.

    Raises:
        InvalidReferenceError: the template is neither a text nor a list of messages.
    """
    from promptgit.schema import response_schema
    from promptgit.templates import infer_syntax

    if isinstance(template, str):
        content: Any = template
    elif isinstance(template, list | tuple):
        content = [dict(message) if hasattr(message, "keys") else message for message in template]
    else:
        raise InvalidReferenceError(f"a template is a text or a list of messages, not {type(template).__name__}")
    chosen = syntax or infer_syntax(content)
    return {
        "syntax": chosen if chosen != "double-brace" else None,
        "template": content,
        "variables": dict(variables) if variables else None,
        "model_config": plain_config(model_config),
        "response_format": response_schema(response_format) if response_format is not None else None,
        "tools": list(tools) if tools else None,
        "tags": dict(tags) if tags else None,
    }


def plain_config(model_config: Any) -> Any:
    """A model configuration as a mapping: of a dict, or of an object with `to_dict`, such as MLflow's `PromptModelConfig`.

    What is neither is left for the schema to refuse; an empty one is none.
    """
    config = model_config.to_dict() if hasattr(model_config, "to_dict") else model_config
    if isinstance(config, dict):
        config = {key: value for key, value in config.items() if value is not None}  # as MLflow does
    return config or None


def as_target(version: Targetish) -> Target:
    """Where an alias should lead: a number (also as text, as MLflow's client sends it), weights, or a target.

    Raises:
        InvalidReferenceError: it is none of these.
    """
    if isinstance(version, Target):
        return version
    if isinstance(version, int) and not isinstance(version, bool) and version > 0:
        return Target.single(version)
    if isinstance(version, str) and (number := parse_version(version)):
        return Target.single(number)
    if hasattr(version, "items"):
        return Target.split({int(number): weight for number, weight in version.items()})
    raise InvalidReferenceError(f"an alias leads to a version number or to weights, not to {version!r}")


def rollback_edit(
    catalog: Catalog,
    name: str,
    alias: str,
    moves: Sequence[AliasMove],
    message: str | None,
    to: Target | None = None,
) -> Edit:
    """The edit that points an alias back, or brings one back that was removed.

    Args:
        moves: of this alias, newest first.
        to: where to; None goes one step back.

    Raises:
        AliasNotFoundError: the alias never existed, or has never pointed elsewhere.
        ConflictError: where it pointed before was deleted.
    """
    from promptgit.registry import edits, history

    now = catalog.aliases(name).get(alias)
    if now is None and not moves:
        catalog.target(name, alias)  # raises, with the names that there are
    target = to or (history.rollback_target(moves) if now else moves[0].old)
    if target is None:
        raise AliasNotFoundError(
            f"{name}@{alias} has never pointed anywhere but to {now}",
            hint=f"Name a version: promptgit alias set {name} {alias} VERSION -m WHY",
        )
    gone = sorted(set(target.versions) - set(catalog.versions(name)))
    if gone:
        raise ConflictError(
            f"{name}@{alias} pointed to {target} before, and version {gone[0]} was deleted since",
            hint=f"Name a version: promptgit alias set {name} {alias} VERSION -m WHY",
        )
    text = message or f"{name}: roll {alias} back from {now or 'its removal'} to {target}"
    return edits.set_alias(name, alias, target, expect=now, message=text)
