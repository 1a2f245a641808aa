"""What both halves of the store stand on: an opened registry, what it holds at one commit, and how it is written."""

from __future__ import annotations

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR
from mlflow.utils import validation

from promptgit.errors import ConflictError, GitError
from promptgit.integrations.mlflow import edits, errors
from promptgit.integrations.mlflow.author import author
from promptgit.integrations.mlflow.linkage import Linkage
from promptgit.integrations.mlflow.models import ModelStore
from promptgit.integrations.mlflow.origins import Origins
from promptgit.integrations.mlflow.state import State
from promptgit.registry import uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.engine.engine import Applied
    from promptgit.registry.edits import Edit


class RegistryStore(ModelStore):
    """A store of MLflow that has a promptgit registry open. Threads may share it, and a pickled one opens it again.

    Args:
        store_uri: see `promptgit.registry.uri`.
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
            if self._place.is_remote:
                self._registry.catalog  # noqa: B018 - fetched by this, or it is told why not
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

    def _state(self, commit: str | None = None) -> State:
        """The registry at its newest commit, or at one that was just made."""
        catalog = self._registry.opened.at(commit, pinned=False) if commit else self._registry.catalog
        return State(catalog, self._origins, self._links)

    def has_prompt(self, name: str) -> bool:
        """Whether there is a prompt of this name.

        Raises:
            MlflowException: it is no name to MLflow.
        """
        validation._validate_model_name(name)
        with errors.as_mlflow_errors():
            return self._state().has(name)

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

    def _apply(self, edit: Edit, tags: Mapping[str, str] | None = None) -> Applied:
        """Commit an edit.

        Args:
            tags: of a new version, which may say who its author is.

        Raises:
            PromptGitError: whatever is in the way; see `as_mlflow_errors`.
            MlflowException: nothing can be written here, whatever it is.
        """
        if not self._place.is_remote:
            try:
                self._registry.engine()
            except ConflictError as error:  # pinned, or a bundle: nothing can be written, whatever it is
                raise errors.denied(errors.said(error)) from error
        try:
            return self._registry.apply(edits.by(author(tags or {}), edit))
        except GitError as error:  # git knows no name, the disk is full
            if errors.code_of(error) != INTERNAL_ERROR:
                raise
            # HTTP 500 would make MLflow's client write again and again for minutes, and then not say why
            raise errors.denied(errors.said(error)) from error
