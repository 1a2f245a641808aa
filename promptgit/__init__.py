"""promptgit: the Git-native prompt registry.

    from promptgit import load_prompt
    load_prompt("prompts:/support.refunds@production").format(question="Where is my refund?")

The functions carry the names and arguments of `mlflow.genai` and act on a default registry: the one given to
`set_registry`, else PROMPTGIT_REGISTRY (at PROMPTGIT_REV), else the nearest folder upwards that has a
`promptgit.yaml`. `Registry` has the same as methods, and more. Nothing is imported before it is used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit import errors, genai
    from promptgit.aliases.target import Target
    from promptgit.api import (
        delete_prompt,
        delete_prompt_alias,
        delete_prompt_tag,
        delete_prompt_version,
        delete_prompt_version_tag,
        get_prompt_tags,
        get_registry,
        load_prompt,
        register_prompt,
        search_prompts,
        set_prompt_alias,
        set_prompt_tag,
        set_prompt_version_tag,
        set_registry,
    )
    from promptgit.errors import PromptGitError
    from promptgit.genai import MlflowClient, log_prompt, set_registry_uri
    from promptgit.model import PromptVersion
    from promptgit.observers import log_loads, on_load, on_refresh
    from promptgit.registry.registry import Registry
    from promptgit.trust import SignedBy
    from promptgit.uri import PromptRef

__version__ = "0.1.0"

_HOMES = {
    "promptgit.api": (
        "delete_prompt",
        "delete_prompt_alias",
        "delete_prompt_tag",
        "delete_prompt_version",
        "delete_prompt_version_tag",
        "get_prompt_tags",
        "get_registry",
        "load_prompt",
        "register_prompt",
        "search_prompts",
        "set_prompt_alias",
        "set_prompt_tag",
        "set_prompt_version_tag",
        "set_registry",
    ),
    "promptgit.aliases.target": ("Target",),
    "promptgit.errors": ("PromptGitError",),
    "promptgit.genai": ("MlflowClient", "log_prompt", "set_registry_uri"),
    "promptgit.model": ("PromptVersion",),
    "promptgit.observers": ("log_loads", "on_load", "on_refresh"),
    "promptgit.registry.registry": ("Registry",),
    "promptgit.trust": ("SignedBy",),
    "promptgit.uri": ("PromptRef",),
}
_MODULES = ("errors", "genai")
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "MlflowClient",
    "PromptGitError",
    "PromptRef",
    "PromptVersion",
    "Registry",
    "SignedBy",
    "Target",
    "__version__",
    "delete_prompt",
    "delete_prompt_alias",
    "delete_prompt_tag",
    "delete_prompt_version",
    "delete_prompt_version_tag",
    "errors",
    "genai",
    "get_prompt_tags",
    "get_registry",
    "load_prompt",
    "log_loads",
    "log_prompt",
    "on_load",
    "on_refresh",
    "register_prompt",
    "search_prompts",
    "set_prompt_alias",
    "set_prompt_tag",
    "set_prompt_version_tag",
    "set_registry",
    "set_registry_uri",
]


if not TYPE_CHECKING:  # else a type checker takes any name for one of this module's

    def __getattr__(name: str) -> object:
        import importlib

        if name in _MODULES:
            return importlib.import_module(f"promptgit.{name}")
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'promptgit' has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
