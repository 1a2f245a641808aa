"""The half of the store that is about versions and aliases: to MLflow, model versions and their aliases."""

from __future__ import annotations

from mlflow.prompt.constants import (
    _PROMPT_SOURCE_PLACEHOLDERS,
    PROMPT_MODEL_CONFIG_TAG_KEY,
    PROMPT_TEXT_TAG_KEY,
)
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD,
)
from mlflow.utils import validation

from promptgit.aliases.target import Target
from promptgit.integrations.mlflow import edits, entities, errors, search
from promptgit.integrations.mlflow.base import RegistryStore
from promptgit.integrations.mlflow.models import prompts_first
from promptgit.registry import contents
from promptgit.registry import edits as registry_edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from mlflow.entities.model_registry import ModelVersion


class Versions(RegistryStore):
    """Registers, describes, tags, deletes and finds versions, and moves aliases between them."""

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Register a version: `description` is the commit's message.

        Raises:
            MlflowException: it is not valid, a policy refuses it, or it is a model's and there is no store for it.
        """
        validation._validate_model_name(name)
        given = entities.tag_dict(tags)
        if not entities.is_prompt(given):
            if self.has_prompt(name):
                raise errors.invalid(f"{name} is a prompt, and this is a version of a model")
            models = self.models("create_model_version")
            return models.create_model_version(
                name, source, run_id, tags, run_link, description, local_model_path=local_model_path, model_id=model_id
            )
        _check_new(source, given, description)
        with errors.as_mlflow_errors():
            content = contents.version_content(
                **entities.version_content(given), syntax=None, variables=None, tools=None
            )
            applied = self._apply(registry_edits.register(name, content, description), given)
            (path,) = applied.changeset.creates
            return self._state(applied.commit).version(name, int(path.rpartition("/")[2][:-5]))

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: float) -> None:
        """Nothing to wait for: a version that was made is there."""

    @prompts_first
    def get_model_version(self, name: str, version: int | str) -> ModelVersion:
        """A version of a prompt, or of a model."""
        number = validation._validate_model_version(version)
        with errors.as_mlflow_errors():
            return self._state().version(name, number)

    @prompts_first
    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        """The latest version of a prompt, which has no stages; or those of a model."""
        with errors.as_mlflow_errors():
            return list(self._state().prompt(name).latest_versions)

    @prompts_first
    def update_model_version(self, name: str, version: int | str, description: str | None = None) -> ModelVersion:
        """Put a note in place of a version's commit message, which Git keeps."""
        number = validation._validate_model_version(version)
        with errors.as_mlflow_errors():
            applied = self._apply(edits.describe_version(name, number, description or ""))
            return self._state(applied.commit).version(name, number)

    @prompts_first
    def delete_model_version(self, name: str, version: int | str) -> None:
        """Delete a version to which no alias leads; its number is never used again."""
        number = validation._validate_model_version(version)
        with errors.as_mlflow_errors():
            self._apply(registry_edits.delete_version(name, number))

    @prompts_first
    def set_model_version_tag(self, name: str, version: int | str, tag: Any) -> None:
        """Set a tag of a version. MLflow keeps its content in tags, too; of that only the model configuration may change.

        Raises:
            MlflowException: it is content, and frozen; or a policy refuses it.
        """
        number = validation._validate_model_version(version)
        if tag.key != PROMPT_TEXT_TAG_KEY:
            validation._validate_model_version_tag(tag.key, tag.value)
        with errors.as_mlflow_errors():
            if tag.key not in entities.CONTENT_TAGS | entities.OWN_TAGS:
                self._apply(registry_edits.set_tags(name, number, {tag.key: tag.value}))
            elif not entities.same(self._state().tags(name, number).get(tag.key), tag.value):
                self._change_content(name, number, tag.key, tag.value)

    @prompts_first
    def delete_model_version_tag(self, name: str, version: int | str, key: str) -> None:
        """Take a tag of a version away; see `set_model_version_tag`."""
        number = validation._validate_model_version(version)
        validation._validate_tag_name(key)
        with errors.as_mlflow_errors():
            if key not in entities.CONTENT_TAGS | entities.OWN_TAGS:
                self._apply(edits.delete_tag(name, number, key))
            elif key in self._state().tags(name, number):
                self._change_content(name, number, key, None)

    def _change_content(self, name: str, version: int, key: str, value: str | None) -> None:
        if key != PROMPT_MODEL_CONFIG_TAG_KEY:
            raise errors.denied(
                f"{name} version {version} is frozen: the tag {key} is part of it, and a version never changes. "
                "Register a new version, and move the alias."
            )
        config = None if value is None else entities.model_config(value)
        self._apply(registry_edits.set_model_config(name, version, config))

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int | None = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """The versions of prompts that a filter matches, if it asks for prompts; else those of models."""
        if not isinstance(max_results, int) or max_results < 1:
            raise errors.invalid(f"Invalid value for max_results. It must be a positive integer, but got {max_results}")
        query, order = search.version_query(filter_string), search.version_order(order_by)
        if not query.prompts:
            if self.model_store is None:
                return PagedList([], None)
            return self.model_store.search_model_versions(filter_string, max_results, order_by, page_token)
        with errors.as_mlflow_errors():
            state = self._state()
            found = search.sort(state.find_versions(query), order, lambda one, key: one.sort_key(key))
            rows = search.page(found, max_results, page_token, SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD)
            return PagedList([state.version(one.name, one.version) for one in rows], rows.token)

    # --- aliases ----------------------------------------------------------------------------------------------------

    @prompts_first
    def set_registered_model_alias(self, name: str, alias: str, version: int | str) -> None:
        """Point an alias to a version, where the policies allow it. MLflow's rule for its name holds, too: it must load it.

        MLflow's page writes aliases in small letters. Of a version that has `Champion` it asks for `champion`, and then for the
        end of `Champion`: so that one gives way at once, and is not there to be ended.
        """
        validation._validate_model_alias_name(alias)
        number = validation._validate_model_version(version)
        with errors.as_mlflow_errors():
            self._apply(registry_edits.set_alias(name, alias, Target.single(number), respell=True))

    @prompts_first
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Remove an alias, where the policies allow it."""
        validation._validate_model_alias_name(alias)
        with errors.as_mlflow_errors():
            self._apply(edits.delete_alias(name, alias))

    @prompts_first
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """What an alias leads to, or `latest`. Where an alias splits traffic, each call draws anew."""
        with errors.as_mlflow_errors():
            return self._state().by_alias(name, alias)


def _check_new(source: str, tags: Mapping[str, str], description: str | None) -> None:
    """Refuse what MLflow refuses of a new version, but for the length of a template."""
    if source not in _PROMPT_SOURCE_PLACEHOLDERS:
        raise errors.invalid(f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder.")
    for key, value in tags.items():
        if key not in entities.CONTENT_TAGS:
            validation._validate_model_version_tag(key, value)
    _check_message(description)


def _check_message(text: str | None) -> None:
    """Refuse what no commit can have as its message."""
    if text is not None and not isinstance(text, str):
        raise errors.invalid(f"A commit message is a text, not {text!r}.")
    if text and ("\0" in text or any("\ud800" <= character <= "\udfff" for character in text)):
        raise errors.invalid("A commit message cannot have a NUL character, nor half of a surrogate pair.")
