"""The half of the store that is about prompts: to MLflow, registered models."""

from __future__ import annotations

from mlflow.entities.model_registry import Prompt
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY, PROMPT_EXPERIMENT_IDS_TAG_KEY
from mlflow.prompt.registry_utils import handle_resource_already_exist_error
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD,
)
from mlflow.utils import validation

from promptgit.integrations.mlflow import edits, entities, errors, search
from promptgit.integrations.mlflow.base import RegistryStore
from promptgit.integrations.mlflow.linkage import no_matter_what
from promptgit.integrations.mlflow.models import prompts_first
from promptgit.registry import edits as registry_edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.exceptions import MlflowException


class Prompts(RegistryStore):
    """Makes, describes, tags, renames, deletes and finds prompts."""

    def create_registered_model(
        self,
        name: str,
        tags: Iterable[Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Make a prompt without versions, or hand a model over.

        Raises:
            MlflowException: the name is taken or no name, a policy refuses it, or it is a model and there is no store for it.
        """
        validation._validate_model_name(name)
        given = entities.tag_dict(tags)
        if not entities.is_prompt(given):
            if self.has_prompt(name):
                handle_resource_already_exist_error(name, True, False)
            models = self.models("create_registered_model")
            return models.create_registered_model(name, tags, description, deployment_job_id)
        for key, value in given.items():
            _check_tag(key, value)
        if self._is_model(name):
            handle_resource_already_exist_error(name, False, True)
        experiments = given.pop(PROMPT_EXPERIMENT_IDS_TAG_KEY, None)
        with errors.as_mlflow_errors():
            applied = self._apply(edits.create(name, description or "", entities.own_tags(given)))
            with no_matter_what():
                self._links.remove(name)  # what was deleted with promptgit may have left some
                self._links.add(name, experiments or "")
            return self._state(applied.commit).prompt(name, new=True)

    @prompts_first
    def get_registered_model(self, name: str) -> RegisteredModel:
        """A prompt, or a model."""
        with errors.as_mlflow_errors():
            return self._state().prompt(name)

    @prompts_first
    def update_registered_model(
        self, name: str, description: str | None, deployment_job_id: str | None = None
    ) -> RegisteredModel:
        """Describe a prompt."""
        with errors.as_mlflow_errors():
            edit = registry_edits.edit_notes(name, ["description"], description or None, "description")
            return self._state(self._apply(edit).commit).prompt(name)

    @prompts_first
    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Rename a prompt; its aliases and its history go with it."""
        validation._validate_model_renaming(new_name)
        is_prompt = self.has_prompt(new_name)
        if is_prompt or self._is_model(new_name):
            handle_resource_already_exist_error(new_name, is_prompt, True)
        with errors.as_mlflow_errors():
            applied = self._apply(registry_edits.rename(name, new_name))
            with no_matter_what():
                self._links.rename(name, new_name)
            return self._state(applied.commit).prompt(new_name)

    @prompts_first
    def delete_registered_model(self, name: str) -> None:
        """Delete a prompt to which no alias leads."""
        with errors.as_mlflow_errors():
            self._apply(registry_edits.delete_prompt(name))
            with no_matter_what():
                self._links.remove(name)

    def get_prompt(self, name: str) -> Prompt | None:
        """A prompt, or None if there is none. MLflow's own answer is None also if the registry cannot be read.

        Raises:
            MlflowException: it cannot be read.
        """
        if not self.has_prompt(name):
            return None
        found = self.get_registered_model(name)
        return Prompt(
            name=found.name,
            description=found.description,
            creation_timestamp=found.creation_timestamp,
            tags=found.tags,
        )

    @prompts_first
    def set_registered_model_tag(self, name: str, tag: Any) -> None:
        """Set a tag of a prompt. What MLflow keeps in its reserved tags is a version's here: of a prompt they say nothing."""
        _check_tag(tag.key, tag.value)
        with errors.as_mlflow_errors():
            self._state().require(name)
            if tag.key == PROMPT_EXPERIMENT_IDS_TAG_KEY:
                self._links.add(name, tag.value)
            elif tag.key == IS_PROMPT_TAG_KEY and tag.value.lower() != "true":
                raise _stays_prompt(name, tag.key)
            elif entities.own_tags({tag.key: tag.value}):
                self._apply(registry_edits.set_tags(name, None, {tag.key: tag.value}))

    @prompts_first
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Take a tag of a prompt away."""
        validation._validate_tag_name(key)
        if key == IS_PROMPT_TAG_KEY:
            raise _stays_prompt(name, key)
        with errors.as_mlflow_errors():
            if key == PROMPT_EXPERIMENT_IDS_TAG_KEY:
                self._state().require(name)
                self._links.remove(name)
            else:
                self._apply(edits.delete_tag(name, None, key))

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int | None = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """The prompts that a filter matches, if it asks for prompts; else the models, of which there may be none."""
        query, order = search.prompt_query(filter_string), search.prompt_order(order_by)
        if not query.prompts:
            if self.model_store is None:
                return PagedList([], None)
            return self.model_store.search_registered_models(filter_string, max_results, order_by, page_token)
        with errors.as_mlflow_errors():
            state = self._state()
            found = search.sort(state.find_prompts(query), order, lambda one, key: one.sort_key(key))
            most = SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD
            wanted = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT if max_results is None else max_results
            rows = search.page(found, wanted, page_token, most)
            return PagedList([state.listed(one.name) for one in rows], rows.token)


def _stays_prompt(name: str, key: str) -> MlflowException:
    return errors.denied(f"{name} is a prompt, and stays one: the tag {key} is reserved.")


def _check_tag(key: str, value: Any) -> None:
    validation._validate_registered_model_tag(key, value)
    if not isinstance(value, str):  # MLflow stores None, and then cannot tell it from a tag that is not there
        raise errors.invalid(f"The value of the tag {key} must be a text, not {value!r}")
