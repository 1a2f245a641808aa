"""The module-level functions: `mlflow.genai`'s names and arguments, on a default registry."""

from __future__ import annotations

import os
import threading

from promptgit.errors import PromptGitError, RegistryNotFoundError
from promptgit.registry.registry import Registry
from promptgit.registry.views import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal, overload

    from promptgit.aliases.target import Targetish
    from promptgit.model import PromptVersion
    from promptgit.registry.search import Prompt

_lock = threading.Lock()
_default: Registry | None = None


def set_registry(registry: Registry | str | os.PathLike[str] | None, **options: Any) -> None:
    """Set the default registry: one that is open, a path or a URL. None goes back to PROMPTGIT_REGISTRY and the current folder.

    Args:
        options: `rev`, `branch`, `refresh` and the rest, as in `Registry`, if a path or a URL is given.
    """
    global _default
    if options and (registry is None or isinstance(registry, Registry)):
        raise TypeError(f"set_registry() takes {', '.join(options)} only with a path or a URL")
    opened = registry if registry is None or isinstance(registry, Registry) else Registry(registry, **options)
    with _lock:
        _default = opened


def get_registry() -> Registry:
    """The default registry, opened when it is first needed and kept.

    Raises:
        RegistryNotFoundError: none is set, and there is none here.
    """
    global _default
    if _default is None:
        with _lock:
            if _default is None:
                _default = _find()
    return _default


def _find() -> Registry:
    named = os.environ.get("PROMPTGIT_REGISTRY")
    path = named or find_root(os.getcwd())
    if path is None:
        raise RegistryNotFoundError(
            f"there is no registry at {os.getcwd()} or above it",
            hint="Call promptgit.set_registry(PATH), set PROMPTGIT_REGISTRY, or make one: promptgit init DIR",
        )
    rev, folder = os.environ.get("PROMPTGIT_REV") or None, os.environ.get("PROMPTGIT_FOLDER", "")
    refresh = os.environ.get("PROMPTGIT_REFRESH") if named else None
    if not refresh or os.path.isfile(path):
        return Registry(path, rev=rev, folder=folder)
    from promptgit.remote.settings import Settings

    return Registry(path, rev=rev, folder=folder, refresh=Settings(None, None, None).refresh)


if TYPE_CHECKING:

    @overload
    def load_prompt(
        name_or_uri: str,
        version: int | str | None = None,
        allow_missing: Literal[False] = False,
        link_to_model: bool = True,
        model_id: str | None = None,
        cache_ttl_seconds: float | None = None,
        *,
        key: str | None = None,
        fallback: str | Sequence[Mapping[str, Any]] | None = None,
    ) -> PromptVersion: ...

    @overload
    def load_prompt(
        name_or_uri: str,
        version: int | str | None = None,
        allow_missing: bool = False,
        link_to_model: bool = True,
        model_id: str | None = None,
        cache_ttl_seconds: float | None = None,
        *,
        key: str | None = None,
        fallback: str | Sequence[Mapping[str, Any]],
    ) -> PromptVersion: ...

    @overload
    def load_prompt(
        name_or_uri: str,
        version: int | str | None = None,
        allow_missing: bool = False,
        link_to_model: bool = True,
        model_id: str | None = None,
        cache_ttl_seconds: float | None = None,
        *,
        key: str | None = None,
        fallback: str | Sequence[Mapping[str, Any]] | None = None,
    ) -> PromptVersion | None: ...


def load_prompt(
    name_or_uri: str,
    version: int | str | None = None,
    allow_missing: bool = False,
    link_to_model: bool = True,
    model_id: str | None = None,
    cache_ttl_seconds: float | None = None,
    *,
    key: str | None = None,
    fallback: str | Sequence[Mapping[str, Any]] | None = None,
) -> Any:
    """Load a prompt version; see `Registry.load`. `link_to_model` and `model_id` are MLflow's and have no effect here."""
    return get_registry().load(
        name_or_uri,
        version,
        allow_missing=allow_missing,
        cache_ttl_seconds=cache_ttl_seconds,
        key=key,
        fallback=fallback,
    )


def register_prompt(
    name: str,
    template: str | Sequence[Mapping[str, Any]],
    commit_message: str | None = None,
    tags: Mapping[str, str] | None = None,
    response_format: Any = None,
    model_config: Any = None,
    *,
    syntax: str | None = None,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
    tools: Sequence[Mapping[str, Any]] | None = None,
    push: bool = False,
) -> PromptVersion:
    """Add a version; see `Registry.register`."""
    return get_registry().register(
        name,
        template,
        commit_message,
        tags,
        response_format,
        model_config,
        syntax=syntax,
        variables=variables,
        tools=tools,
        push=push,
    )


def search_prompts(
    filter_string: str | None = None, max_results: int | None = None, order_by: Sequence[str] | None = None
) -> list[Prompt]:
    """Find prompts; see `Registry.search`."""
    return get_registry().search(filter_string, max_results=max_results, order_by=order_by)


def set_prompt_alias(name: str, alias: str, version: Targetish) -> None:
    """Point an alias to a version; see `Registry.set_alias`."""
    get_registry().set_alias(name, alias, version)


def delete_prompt_alias(name: str, alias: str) -> None:
    """Remove an alias; see `Registry.delete_alias`."""
    get_registry().delete_alias(name, alias)


def get_prompt_tags(name: str) -> dict[str, str]:
    """The tags of a prompt.

    Raises:
        PromptNotFoundError: there is no such prompt.
    """
    return get_registry().tags(name)


def set_prompt_tag(name: str, key: str, value: str) -> None:
    """Set a tag of a prompt."""
    get_registry().set_tag(name, key, value)


def delete_prompt_tag(name: str, key: str) -> None:
    """Remove a tag of a prompt."""
    get_registry().delete_tag(name, key)


def set_prompt_version_tag(name: str, version: int | str, key: str, value: str) -> None:
    """Set a tag of a version."""
    get_registry().set_version_tag(name, version_number(version), key, value)


def delete_prompt_version_tag(name: str, version: int | str, key: str) -> None:
    """Take a tag of a version away."""
    get_registry().delete_version_tag(name, version_number(version), key)


def delete_prompt_version(name: str, version: int | str) -> None:
    """Remove a version; see `Registry.delete_version`."""
    get_registry().delete_version(name, version_number(version))


def delete_prompt(name: str) -> None:
    """Remove all versions of a prompt; see `Registry.delete`."""
    get_registry().delete(name)


def version_number(version: int | str) -> int:
    """A version number, also as text: MLflow's clients send it so.

    Raises:
        PromptGitError: it is none.
    """
    from promptgit.layout import parse_version

    number = parse_version(str(version)) if not isinstance(version, bool) else None
    if number is None:
        raise PromptGitError(f"a version is a positive whole number, not {version!r}")
    return number
