"""The store that MLflow opens for `promptgit:` URIs.

Fifteen methods carry all that MLflow does with prompts: its prompt methods are defaults of `AbstractStore` that build on them.
Each reads one commit from its begin to its end; a write returns what it made as of the commit that it made.
"""

from __future__ import annotations

from mlflow.exceptions import MlflowException
from mlflow.prompt.constants import (
    _PROMPT_SOURCE_PLACEHOLDERS,
    IS_PROMPT_TAG_KEY,
    PROMPT_EXPERIMENT_IDS_TAG_KEY,
    PROMPT_TEXT_TAG_KEY,
)
from mlflow.prompt.registry_utils import handle_resource_already_exist_error
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD,
)
from mlflow.utils import validation

from promptgit.errors import ConflictError
from promptgit.integrations.mlflow import edits, entities, errors, search, uri
from promptgit.integrations.mlflow.author import author
from promptgit.integrations.mlflow.linkage import Linkage
from promptgit.integrations.mlflow.models import ModelStore, prompts_first
from promptgit.integrations.mlflow.origins import Origins
from promptgit.integrations.mlflow.state import State
from promptgit.registry import contents
from promptgit.registry import edits as registry_edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mlflow.entities.model_registry import ModelVersion, Prompt, RegisteredModel

    from promptgit.engine.engine import Applied
    from promptgit.registry.edits import Edit


class PromptGitStore(ModelStore):
    """A model registry of MLflow whose prompts are in Git.

    Args:
        store_uri: see `promptgit.integrations.mlflow.uri`.
        tracking_uri: handed to the store of the models.

    Raises:
        MlflowException: there is no registry, or the URI cannot be read.
    """

    def __init__(self, store_uri: str, tracking_uri: str | None = None) -> None:
        super().__init__(store_uri, tracking_uri)
        self._store_uri = store_uri
        self._open()

    def _open(self) -> None:
        with errors.as_mlflow_errors():
            self._place = uri.parse(self._store_uri)
            self._registry = self._place.open()
            repository, prefix = self._registry.repository(), self._registry.prefix
            self._origins = Origins(repository, prefix)
            self._links = Linkage(repository.common_dir, prefix)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        for key in ("_registry", "_origins", "_links", "model_store"):
            state.pop(key, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._open()

    # --- what there is ----------------------------------------------------------------------------------------------

    def _state(self, commit: str | None = None) -> State:
        """The registry at its newest commit, or at one that was just made."""
        catalog = self._registry.opened.at(commit, pinned=False) if commit else self._registry.catalog
        return State(catalog, self._origins, self._links)

    def has_prompt(self, name: str) -> bool:
        """Whether there is a prompt of this name."""
        with errors.as_mlflow_errors():
            return self._state().has(name)

    def _apply(self, edit: Edit, tags: dict[str, str] | None = None) -> Applied:
        """Commit an edit.

        Args:
            tags: of a new version, which may say who its author is.
        """
        if not self._place.is_remote:
            try:
                self._registry.engine()
            except ConflictError as error:  # pinned, or a bundle: nothing can be written, whatever it is
                raise errors.denied(str(error)) from error
        return self._registry.apply(edits.by(author(tags or {}), edit))

    # --- prompts ----------------------------------------------------------------------------------------------------

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
        given = entities.tag_dict(tags)
        if given.get(IS_PROMPT_TAG_KEY, "").lower() != "true":
            if self.has_prompt(name):
                handle_resource_already_exist_error(name, True, False)
            models = self.models("create_registered_model")
            return models.create_registered_model(name, tags, description, deployment_job_id)
        for key, value in given.items():
            validation._validate_registered_model_tag(key, value)
        if self._is_model(name):
            handle_resource_already_exist_error(name, False, True)
        experiments = given.pop(PROMPT_EXPERIMENT_IDS_TAG_KEY, None)
        with errors.as_mlflow_errors():
            applied = self._apply(edits.create(name, description or "", entities.own_tags(given)))
            self._links.remove(name)
            if experiments:
                self._links.add(name, experiments)
            return self._state(applied.commit).prompt(name, new=True)

    def _is_model(self, name: str) -> bool:
        """Whether the store of the models has a model of this name. A prompt that it has besides is none of ours."""
        if self.model_store is None:
            return False
        try:
            return not self.model_store.get_registered_model(name)._is_prompt()
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise

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
        if self._is_model(new_name):
            handle_resource_already_exist_error(new_name, False, True)
        with errors.as_mlflow_errors():
            applied = self._apply(registry_edits.rename(name, new_name))
            self._links.rename(name, new_name)
            return self._state(applied.commit).prompt(new_name)

    @prompts_first
    def delete_registered_model(self, name: str) -> None:
        """Delete a prompt to which no alias leads."""
        with errors.as_mlflow_errors():
            self._apply(edits.delete_prompt(name))
            self._links.remove(name)

    def get_prompt(self, name: str) -> Prompt | None:
        """A prompt, or None if there is none. MLflow's own answer is None also if the registry cannot be read.

        Raises:
            MlflowException: it cannot be read.
        """
        self.has_prompt(name)
        return super().get_prompt(name)

    @prompts_first
    def set_registered_model_tag(self, name: str, tag: Any) -> None:
        """Set a tag of a prompt. What MLflow keeps in its reserved tags is a version's here: of a prompt they say nothing."""
        validation._validate_registered_model_tag(tag.key, tag.value)
        with errors.as_mlflow_errors():
            self._state().require(name)
            if tag.key == PROMPT_EXPERIMENT_IDS_TAG_KEY:
                self._links.add(name, tag.value)
            elif tag.key == IS_PROMPT_TAG_KEY and tag.value.lower() != "true":
                raise errors.denied(f"{name} is a prompt, and stays one: the tag {tag.key} is reserved")
            elif entities.own_tags({tag.key: tag.value}):
                self._apply(edits.set_tag(name, None, tag.key, tag.value))

    @prompts_first
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Take a tag of a prompt away."""
        validation._validate_tag_name(key)
        if key == IS_PROMPT_TAG_KEY:
            raise errors.denied(f"{name} is a prompt, and stays one: the tag {key} is reserved")
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
            return PagedList([state.prompt(one.name) for one in rows], rows.token)

    # --- versions ---------------------------------------------------------------------------------------------------

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
        given = entities.tag_dict(tags)
        if given.get(IS_PROMPT_TAG_KEY, "").lower() != "true":
            if self.has_prompt(name):
                raise errors.invalid(f"{name} is a prompt, and this is a version of a model")
            models = self.models("create_model_version")
            return models.create_model_version(
                name, source, run_id, tags, run_link, description, local_model_path=local_model_path, model_id=model_id
            )
        if source not in _PROMPT_SOURCE_PLACEHOLDERS:
            raise errors.invalid(f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder.")
        for key, value in given.items():
            if key not in entities.FROZEN_TAGS:  # a template may be longer here
                validation._validate_model_version_tag(key, value)
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
        """Set a tag of a version; its content, which MLflow keeps in tags, too, is frozen."""
        number = validation._validate_model_version(version)
        if tag.key != PROMPT_TEXT_TAG_KEY:
            validation._validate_model_version_tag(tag.key, tag.value)
        with errors.as_mlflow_errors():
            if tag.key in entities.FROZEN_TAGS | entities.OWN_TAGS:
                if not entities.same(self._state().tags(name, number).get(tag.key), tag.value):
                    raise _frozen(name, number, tag.key)
            else:
                self._apply(edits.set_tag(name, number, tag.key, tag.value))

    @prompts_first
    def delete_model_version_tag(self, name: str, version: int | str, key: str) -> None:
        """Take a tag of a version away; see `set_model_version_tag`."""
        number = validation._validate_model_version(version)
        validation._validate_tag_name(key)
        with errors.as_mlflow_errors():
            if key in entities.FROZEN_TAGS | entities.OWN_TAGS:
                if key in self._state().tags(name, number):
                    raise _frozen(name, number, key)
            else:
                self._apply(edits.delete_tag(name, number, key))

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
        """Point an alias to a version, where the policies allow it. MLflow's rule for its name holds, too: it must load it."""
        validation._validate_model_alias_name(alias)
        with errors.as_mlflow_errors():
            self._apply(registry_edits.set_alias(name, alias, contents.as_target(version)))

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


def _frozen(name: str, version: int, key: str) -> MlflowException:
    return errors.denied(
        f"{name} version {version} is frozen: the tag {key} is part of it, and a version never changes. "
        "Register a new version, and move the alias."
    )
