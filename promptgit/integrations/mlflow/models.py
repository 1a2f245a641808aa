"""What MLflow asks about models. A registry of prompts has none: a second store answers, if one is named, else it is refused.

Every method of MLflow's `AbstractStore` is answered here, in `store`, or by MLflow's own default that builds on those; that
none is forgotten is tested. MLflow does not enforce its abstract methods: one that is missing returns None.
"""

from __future__ import annotations

import functools
import os

from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.utils import validation

from promptgit.integrations.mlflow.errors import missing, unsupported
from promptgit.integrations.mlflow.state import can_be

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MODEL_STORE = "PROMPTGIT_MLFLOW_MODEL_STORE"
"""The variable that names the store for models, such as `sqlite:///mlflow.db`."""

HANDED_OVER = (
    "copy_model_version",
    "create_webhook",
    "delete_webhook",
    "get_model_version_download_uri",
    "get_webhook",
    "test_webhook",
    "transition_model_version_stage",
    "update_webhook",
)
"""Methods that say nothing of prompts."""


def _handed_over(method: str) -> Callable[..., Any]:
    @functools.wraps(getattr(AbstractStore, method))
    def ask(self: ModelStore, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.models(method), method)(*args, **kwargs)

    return ask


class ModelStore(AbstractStore):  # type: ignore[misc]
    """The part of the store that is about models.

    Args:
        store_uri: the registry.
        tracking_uri: handed to the store of the models.
    """

    def __init__(self, store_uri: str | None = None, tracking_uri: str | None = None) -> None:
        super().__init__(store_uri, tracking_uri)
        self._tracking_uri = tracking_uri

    @functools.cached_property
    def model_store(self) -> Any:
        """The store of the models; None if none is named."""
        uri = os.environ.get(MODEL_STORE)
        if not uri:
            return None
        if uri.startswith("promptgit"):
            raise unsupported(f"{MODEL_STORE} names a promptgit registry, which has no models: name another store")
        from mlflow.tracking._model_registry.utils import _get_store

        return _get_store(uri, self._tracking_uri)

    def models(self, method: str) -> Any:
        """The store of the models.

        Args:
            method: what is asked of it.

        Raises:
            MlflowException: none is named.
        """
        if self.model_store is None:
            raise unsupported(
                f"{method} is for models, and this registry holds prompts. For models, name a store in {MODEL_STORE}, "
                "such as sqlite:///mlflow.db, where this store runs: at the MLflow server, or in this process."
            )
        return self.model_store

    def list_webhooks(self, max_results: int | None = None, page_token: str | None = None) -> PagedList[Any]:
        """The webhooks of the store of the models, which are called for prompts, too; without one there are none."""
        if self.model_store is None:
            return PagedList([], None)
        return self.model_store.list_webhooks(max_results, page_token)

    def list_webhooks_by_event(
        self, event: Any, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Any]:
        """Those of an event; MLflow's server asks for them at every write."""
        if self.model_store is None:
            return PagedList([], None)
        return self.model_store.list_webhooks_by_event(event, max_results, page_token)


for _method in HANDED_OVER:
    setattr(ModelStore, _method, _handed_over(_method))


def prompts_first(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose first argument is a name: ours for a prompt, else the store of the models, if there is one.

    A name that no prompt can have does not get further than here: `support/refunds` is the folder of `support.refunds`.
    """

    @functools.wraps(method)
    def answer(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        validation._validate_model_name(name)
        if self.model_store is not None and not self.has_prompt(name):
            return getattr(self.model_store, method.__name__)(name, *args, **kwargs)
        if not can_be(name):
            raise missing(f"There is no prompt {name!r}.")
        return method(self, name, *args, **kwargs)

    return answer
