"""MLflow's SDK on a registry, and what tests ask of it. MLflow is imported when it is used: that takes seconds."""

from __future__ import annotations

import importlib
import threading
from typing import Any

import pytest


class Sdk:
    """MLflow's SDK on one model registry.

    Attributes:
        uri: the registry's.
        client: an `MlflowClient`.
    """

    def __init__(self, uri: str, tracking_uri: str) -> None:
        self._mlflow: Any = importlib.import_module("mlflow")
        self.uri = uri
        self.tracking_uri = tracking_uri
        self.client: Any = self._mlflow.MlflowClient(tracking_uri=tracking_uri, registry_uri=uri)

    @property
    def mlflow(self) -> Any:
        """The module, with this registry as its own."""
        self._mlflow.set_tracking_uri(self.tracking_uri)
        self._mlflow.set_registry_uri(self.uri)
        return self._mlflow

    @property
    def genai(self) -> Any:
        """`mlflow.genai`, likewise."""
        return self.mlflow.genai

    def load(self, name_or_uri: str, **options: Any) -> Any:
        """Load a prompt from the registry, not from MLflow's cache."""
        return self.client.load_prompt(name_or_uri, cache_ttl_seconds=0, **options)


def settle() -> None:
    """Wait for the threads in which MLflow's client links a prompt to the experiment."""
    for thread in threading.enumerate():
        if thread.name.startswith("link_prompt_to_experiment_thread"):
            thread.join()


def error_of(call: Any, *args: Any, **kwargs: Any) -> Any:
    """The `MlflowException` that a call raises."""
    exceptions = importlib.import_module("mlflow.exceptions")
    with pytest.raises(exceptions.MlflowException) as caught:
        call(*args, **kwargs)
    return caught.value
