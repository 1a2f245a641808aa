"""MLflow's records from what a registry holds, and back.

To MLflow a version is a bag of tags: `mlflow.prompt.text` has the template, `_mlflow_prompt_type` says whether that is JSON of
messages, and response format and model configuration are JSON in tags of their own. Here all of these are keys of the
version's file, and only the caller's own tags are tags.
"""

from __future__ import annotations

import json

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)
from mlflow.prompt.constants import (
    IS_PROMPT_TAG_KEY,
    PROMPT_EXPERIMENT_IDS_TAG_KEY,
    PROMPT_MODEL_CONFIG_TAG_KEY,
    PROMPT_TEXT_TAG_KEY,
    PROMPT_TYPE_CHAT,
    PROMPT_TYPE_TAG_KEY,
    PROMPT_TYPE_TEXT,
    RESPONSE_FORMAT_TAG_KEY,
)
from mlflow.types.chat import ChatMessage
from pydantic import ValidationError

from promptgit.content import DEFAULT_SYNTAX
from promptgit.errors import InvalidReferenceError, TemplateError
from promptgit.registry.contents import plain_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from promptgit.aliases.target import Target
    from promptgit.content import Messages, Notes
    from promptgit.integrations.mlflow.origins import Past
    from promptgit.model import Provenance

PROMPT_SOURCE = "dummy-source"
"""MLflow demands a source of every version; this is what its own client gives for prompts."""

COMMIT_TAG = "promptgit.commit"
SYNTAX_TAG = "promptgit.syntax"
PROBLEM_TAG = "promptgit.problem"
OWN_TAGS = frozenset([COMMIT_TAG, SYNTAX_TAG, PROBLEM_TAG])
"""Tags that are told of a version, or of a prompt, and not kept with it."""

CONTENT_TAGS = frozenset(
    [IS_PROMPT_TAG_KEY, PROMPT_TEXT_TAG_KEY, PROMPT_TYPE_TAG_KEY, RESPONSE_FORMAT_TAG_KEY, PROMPT_MODEL_CONFIG_TAG_KEY]
)
"""Tags that are a version's content, and no tags of it here. It never changes, but for the model configuration."""

_PLACEHOLDER = "placeholder"


def is_prompt(tags: Mapping[str, str]) -> bool:
    """Whether what MLflow makes with these tags is a prompt or a version of one, and no model."""
    return (tags.get(IS_PROMPT_TAG_KEY) or "").lower() == "true"


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The caller's own among some tags.

    MLflow's client adds its reserved tags to the dict that its caller handed it. Whoever hands it the same dict again sends
    them along with the prompt's tags, so there they are left out, not refused.
    """
    return {key: value for key, value in tags.items() if key not in CONTENT_TAGS | OWN_TAGS}


def tag_dict(tags: Iterable[Any] | None) -> dict[str, str]:
    """Tags as MLflow hands them to a store, from its client or from REST; the last of a key counts."""
    return {tag.key: tag.value for tag in tags or ()}


def same(held: str | None, given: str) -> bool:
    """Whether a tag says what it said before; where both are JSON, whether they mean the same."""
    if held is None or held == given:
        return held == given
    try:
        return bool(json.loads(held) == json.loads(given))
    except ValueError:
        return False


# --- from MLflow ------------------------------------------------------------------------------------------------------


def version_content(tags: Mapping[str, str]) -> dict[str, Any]:
    """What `Registry.register` takes, from the tags of a new version.

    Raises:
        InvalidReferenceError: a tag with JSON has none, or messages lack what MLflow demands of them.
    """
    if PROMPT_TEXT_TAG_KEY not in tags:
        raise InvalidReferenceError(f"the version has no template: its tag {PROMPT_TEXT_TAG_KEY} is missing")
    template: str | Messages = tags[PROMPT_TEXT_TAG_KEY]
    if tags.get(PROMPT_TYPE_TAG_KEY) == PROMPT_TYPE_CHAT:
        template = _messages(_from_json(tags, PROMPT_TEXT_TAG_KEY))
    return {
        "template": template,
        "response_format": _from_json(tags, RESPONSE_FORMAT_TAG_KEY),
        "model_config": _from_json(tags, PROMPT_MODEL_CONFIG_TAG_KEY),
        "tags": own_tags({key: value for key, value in tags.items() if key != PROMPT_EXPERIMENT_IDS_TAG_KEY}),
    }


def model_config(text: str) -> Any:
    """A model configuration from the tag that MLflow keeps it in; raises as `version_content` does."""
    return plain_config(_from_json({PROMPT_MODEL_CONFIG_TAG_KEY: text}, PROMPT_MODEL_CONFIG_TAG_KEY))


def _from_json(tags: Mapping[str, str], key: str) -> Any:
    if not tags.get(key):
        return None
    try:
        return json.loads(tags[key], parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidReferenceError(f"the tag {key} is not JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _messages(found: Any) -> Messages:
    if not isinstance(found, list) or not found or not fits_mlflow(found):
        raise InvalidReferenceError("Template must be a list of dicts with role and content")
    return [_from_message(message) for message in found]


def _from_message(message: dict[str, Any]) -> dict[str, Any]:
    name = str(message.get("content")).removeprefix("{{").removesuffix("}}").strip()
    if message == _as_message({_PLACEHOLDER: name}):
        return {_PLACEHOLDER: name}
    return message


def fits_mlflow(messages: Any) -> bool:
    """Whether MLflow can load these messages: one that it cannot would break every listing of the prompt."""
    try:
        for message in messages:
            ChatMessage.model_validate(message)
    except ValidationError:
        return False
    return True


# --- to MLflow --------------------------------------------------------------------------------------------------------


def model_version(
    name: str, version: int, catalog: Any, past: Past | None, aliases: Iterable[str] | None = None
) -> ModelVersion:
    """A version as MLflow's record.

    Args:
        catalog: the registry's state, a `Catalog`.
        past: what history says of the prompt.
        aliases: which lead to it; found out if None.

    Raises:
        NotFoundError: there is no such version.
    """
    notes = catalog.notes(name)
    origin = past.versions.get(version) if past else None
    made = origin[0].time * 1000 if origin else past.created.time * 1000 if past else 0
    found = {**version_tags(catalog, name, version, origin[1] if origin else None)}
    if aliases is None:
        aliases = aliases_of(version, catalog.aliases(name))
    return ModelVersion(
        name=name,
        version=version,
        creation_timestamp=made,
        last_updated_timestamp=made,
        description=notes.versions.get(version, {}).get("description")
        or _message((name, *notes.former_names), version, origin),
        user_id=origin[1].author if origin else None,
        current_stage="None",
        source=PROMPT_SOURCE,
        tags=[ModelVersionTag(key, value) for key, value in found.items()],
        aliases=list(aliases),
    )


def version_tags(catalog: Any, name: str, version: int, origin: Provenance | None) -> dict[str, str]:
    """All tags of a version as MLflow sees them; raises as `model_version` does."""
    body = catalog.body(name, version)
    tags = {**catalog.tags(name, version), IS_PROMPT_TAG_KEY: "true", **_template_tags(body)}
    if body.response_format is not None:
        tags[RESPONSE_FORMAT_TAG_KEY] = json.dumps(body.response_format)
    config = catalog.model_config(name, version)
    if config:
        tags[PROMPT_MODEL_CONFIG_TAG_KEY] = json.dumps(_flat_config(config))
    if origin is not None:
        tags[COMMIT_TAG] = origin.commit
    return tags


def _template_tags(body: Any) -> dict[str, str]:
    template, tags = body.template, {}
    if body.syntax != DEFAULT_SYNTAX:
        tags[SYNTAX_TAG] = body.syntax
    if body.syntax == "single-brace":
        template = _double_braces(template, body.syntax)
    if isinstance(template, str):
        return {**tags, PROMPT_TEXT_TAG_KEY: template, PROMPT_TYPE_TAG_KEY: PROMPT_TYPE_TEXT}
    messages = [_as_message(message) for message in template]
    kind = PROMPT_TYPE_CHAT if fits_mlflow(messages) else PROMPT_TYPE_TEXT
    return {**tags, PROMPT_TEXT_TAG_KEY: json.dumps(messages), PROMPT_TYPE_TAG_KEY: kind}


def _double_braces(template: str | Messages, syntax: str) -> str | Messages:
    """A template that MLflow can fill; as it is, where its text cannot be said in double braces."""
    from promptgit.templates.convert import to_double_brace

    try:
        return to_double_brace(template, syntax)
    except TemplateError:
        return template


def _as_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """MLflow has no placeholders: it gets a message whose content is the variable, under a role of that name."""
    if _PLACEHOLDER in message:
        return {"role": _PLACEHOLDER, "content": f"{{{{{message[_PLACEHOLDER]}}}}}"}
    return dict(message)


def _flat_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """MLflow keeps extra parameters beside the others."""
    extra = config.get("extra_params")
    kept = {key: value for key, value in config.items() if key != "extra_params"}
    return {**kept, **extra} if isinstance(extra, dict) else dict(config)


def _message(names: Iterable[str], version: int, origin: tuple[Any, Provenance] | None) -> str | None:
    """The commit's message; None where it only says what was done, because nobody gave one.

    Args:
        names: what the prompt is called, and was.
    """
    message = origin[1].message if origin else None
    return None if message in {f"{name}: version {version}" for name in names} else message


def aliases_of(version: int, targets: Mapping[str, Target]) -> list[str]:
    """The aliases that lead to a version, those included that lead some of the traffic elsewhere."""
    return sorted(alias for alias, target in targets.items() if heaviest(target) == version)


def heaviest(target: Target) -> int:
    """The version that an alias leads to, or most of its traffic: MLflow knows one version for an alias."""
    return max(target.weights, key=lambda pair: (pair[1], -pair[0]))[0]


def registered_model(name: str, catalog: Any, past: Past | None, experiments: str | None) -> RegisteredModel:
    """A prompt as MLflow's record.

    Args:
        experiments: the tag that says which experiments used it, or None.
    """
    notes, targets, versions = catalog.notes(name), catalog.aliases(name), catalog.versions(name)
    tags = {**notes.tags, IS_PROMPT_TAG_KEY: "true"}
    if experiments:
        tags[PROMPT_EXPERIMENT_IDS_TAG_KEY] = experiments
    return RegisteredModel(
        name=name,
        **_times(past),
        description=notes.description or None,
        latest_versions=[model_version(name, version, catalog, past) for version in versions[-1:]],
        tags=[RegisteredModelTag(key, value) for key, value in tags.items()],
        aliases=[RegisteredModelAlias(alias, heaviest(target)) for alias, target in sorted(targets.items())],
    )


def _times(past: Past | None) -> dict[str, int]:
    """When it was made and last changed, in milliseconds since the epoch."""
    created, updated = (past.created.time, past.updated.time) if past else (0, 0)
    return {"creation_timestamp": created * 1000, "last_updated_timestamp": updated * 1000}


def unreadable_model(name: str, notes: Notes | None, tags: Mapping[str, str], past: Past | None) -> RegisteredModel:
    """A prompt of which files are damaged, as MLflow's record: without versions and aliases.

    Args:
        notes: what its prompt.yaml says, None if that is damaged, too.
        tags: all that it is to have.
    """
    return RegisteredModel(
        name=name,
        **_times(past),
        description=(notes.description if notes else "") or None,
        tags=[RegisteredModelTag(key, value) for key, value in tags.items()],
    )
