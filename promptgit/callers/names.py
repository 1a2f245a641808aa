"""The names by which programs load prompts: promptgit's own, and MLflow's, which promptgit stands in for."""

from __future__ import annotations

from promptgit.record import Record


class Signature(Record):
    """How a function that loads is called.

    Attributes:
        parameters: the names of its positional parameters.
        by_alias: whether the second one is an alias, not a version.
        optional: whether it returns None for what does not exist, without being asked to.
    """

    parameters: tuple[str, ...]
    by_alias: bool = False
    optional: bool = False


_URI = Signature(parameters=("name_or_uri", "version", "allow_missing"))
METHOD = Signature(parameters=("name_or_uri", "version"))
"""`Registry.load`."""

LOADERS = dict.fromkeys(
    (
        "promptgit.load_prompt",
        "promptgit.api.load_prompt",
        "promptgit.genai.load_prompt",
        "mlflow.load_prompt",
        "mlflow.genai.load_prompt",
    ),
    _URI,
)
REGISTRIES = frozenset({"promptgit.Registry", "promptgit.registry.Registry", "promptgit.registry.registry.Registry"})
REGISTRY_MAKERS = frozenset({"promptgit.get_registry", "promptgit.api.get_registry"})
CLIENTS = {
    "promptgit.MlflowClient": "promptgit",
    "promptgit.genai.MlflowClient": "promptgit",
    "mlflow.MlflowClient": "mlflow",
    "mlflow.client.MlflowClient": "mlflow",
    "mlflow.tracking.MlflowClient": "mlflow",
}
CLIENT_METHODS = {
    "load_prompt": _URI,
    "get_prompt_version": Signature(parameters=("name", "version"), optional=True),
    "get_prompt_version_by_alias": Signature(parameters=("name", "alias"), by_alias=True, optional=True),
}
OLDER_CLIENT_METHODS = {"get_model_version_by_alias": Signature(parameters=("name", "alias"), by_alias=True)}
"""On promptgit's client alone: on MLflow's it loads a model."""

CALL_THEIR_FIRST = frozenset(
    {
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "fastapi.Depends",
        "fastapi.concurrency.run_in_threadpool",
        "starlette.concurrency.run_in_threadpool",
    }
)
"""Functions that call their first argument with the others, and give what it gives."""

ENVIRONMENT = frozenset({"os.getenv", "os.environ.get"})
"""Functions whose second argument is what they give if the first is not set."""

PUBLIC = ("load_prompt", "Registry", "MlflowClient", "get_registry", "genai")
"""What `from promptgit import *` binds of these."""

OPTIONS = ("allow_partial", "ignore_unknown")
"""Keywords of `format` that are no variables."""
