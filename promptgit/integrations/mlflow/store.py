"""The store that MLflow opens for `promptgit:` URIs.

Fifteen methods carry all that MLflow does with prompts: its prompt methods are defaults of `AbstractStore` that build on them.
Each reads one commit from its begin to its end; a write returns what it made as of the commit that it made.
"""

from __future__ import annotations

from promptgit.integrations.mlflow.prompts import Prompts
from promptgit.integrations.mlflow.versions import Versions


class PromptGitStore(Prompts, Versions):
    """A model registry of MLflow whose prompts are in Git; arguments and errors are those of `RegistryStore`."""
