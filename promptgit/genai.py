"""What stands in for `mlflow.genai` and `mlflow.MlflowClient` in code that follows MLflow's guides, old and new.

    from promptgit import genai as mlflow_genai      # instead of: from mlflow import genai
    import promptgit as mlflow                       # instead of: import mlflow, where that is for prompts alone

Older guides use `log_prompt`, `prompts:/name/production`, `prompts:/name/latest` and `set_registered_model_alias` on
prompts. None of these works in today's MLflow; all of them work here.
"""

from __future__ import annotations

from promptgit import api
from promptgit.api import (
    delete_prompt,
    delete_prompt_alias,
    delete_prompt_tag,
    delete_prompt_version,
    delete_prompt_version_tag,
    get_prompt_tags,
    load_prompt,
    register_prompt,
    search_prompts,
    set_prompt_alias,
    set_prompt_tag,
    set_prompt_version_tag,
)
from promptgit.errors import InvalidReferenceError, NotFoundError, PromptNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.registry.search import Prompt

__all__ = [
    "MlflowClient",
    "Page",
    "delete_prompt",
    "delete_prompt_alias",
    "delete_prompt_model_config",
    "delete_prompt_tag",
    "delete_prompt_version",
    "delete_prompt_version_tag",
    "get_prompt_tags",
    "load_prompt",
    "log_prompt",
    "register_prompt",
    "search_prompts",
    "set_prompt_alias",
    "set_prompt_model_config",
    "set_prompt_tag",
    "set_prompt_version_tag",
    "set_registry_uri",
]


def set_registry_uri(uri: str) -> None:
    """Set the default registry by the URI that MLflow's plugin takes, such as `promptgit:///srv/prompts`; or by a path or URL.

    Raises:
        InvalidReferenceError: the URI cannot be read.
        RegistryNotFoundError: there is no registry.
    """
    from promptgit.registry import uri as uris

    scheme = uri.partition(":")[0].partition("+")[0]
    api.set_registry(uris.parse(uri).open() if scheme.lower() == uris.SCHEME else uri)


def log_prompt(
    prompt: str | Sequence[Mapping[str, Any]],
    artifact_path: str | None = None,
    registered_model_name: str | None = None,
    *,
    name: str | None = None,
    commit_message: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> PromptVersion:
    """Register a prompt as older guides do.

    Their templates have `{single}` braces; a template that has `{{double}}` ones keeps them.

    Args:
        prompt: the template.
        artifact_path: the name, if `registered_model_name` is not given.
        registered_model_name: the name.
    """
    from promptgit.templates import infer_older_syntax

    chosen = registered_model_name or name or artifact_path
    if not chosen:
        raise TypeError("log_prompt() needs registered_model_name")
    syntax = infer_older_syntax(prompt if isinstance(prompt, str) else [dict(message) for message in prompt])
    return register_prompt(chosen, prompt, commit_message, tags, syntax=syntax)


def set_prompt_model_config(name: str, version: int | str, model_config: Any) -> None:
    """Give a version another model configuration, where the policy `model_config: mutable` allows that.

    Raises:
        ImmutableVersionError: it does not: what a version is made with, it keeps. Register a new version instead.
    """
    api.get_registry().set_model_config(name, api.version_number(version), model_config)


def delete_prompt_model_config(name: str, version: int | str) -> None:
    """Take the model configuration of a version away; raises as `set_prompt_model_config` does."""
    set_prompt_model_config(name, version, None)


class Page(list["Any"]):
    """A part of a result, as MLflow's `PagedList`.

    Attributes:
        token: asks for the next part; None if this is the last.
    """

    token: str | None = None


def _page(found: Sequence[Any], most: int | None, token: str | None) -> Page:
    """The part of a result that a token asks for. A token is the place of its first element.

    Raises:
        InvalidReferenceError: it is no such token, or pages are to be empty.
    """
    if most is not None and most < 1:
        raise InvalidReferenceError(f"max_results is {most}, and a page has at least one element")
    if token and not (token.isascii() and token.isdigit()):
        raise InvalidReferenceError(f"{token!r} is no page token", hint="Give the token of the page before.")
    begin = int(token or 0)
    end = len(found) if most is None else begin + most
    page = Page(found[begin:end])
    page.token = str(end) if end < len(found) else None
    return page


class MlflowClient:
    """The prompt methods of MLflow's client, on the default registry.

    Args:
        tracking_uri: MLflow's; it means nothing here.
        registry_uri: becomes the default registry, see `set_registry_uri`.
    """

    def __init__(self, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        if registry_uri:
            set_registry_uri(registry_uri)

    def create_prompt(self, name: str, description: str | None = None, tags: Mapping[str, str] | None = None) -> Prompt:
        """Make a prompt that has no versions yet."""
        registry = api.get_registry()
        registry.create(name, description=description or "", tags=tags)
        return registry.get(name)

    def get_prompt(self, name: str) -> Prompt | None:
        """A prompt as a whole, or None if there is none; a registry that cannot be read raises."""
        try:
            return api.get_registry().get(name)
        except PromptNotFoundError:
            return None

    def get_prompt_version(self, name: str, version: int | str) -> PromptVersion | None:
        """A version, or None if there is none."""
        found: PromptVersion | None = load_prompt(name, api.version_number(version), allow_missing=True)
        return found

    def get_prompt_version_by_alias(self, name: str, alias: str) -> PromptVersion | None:
        """What an alias leads to, or None if there is none."""
        found: PromptVersion | None = load_prompt(f"prompts:/{name}@{alias}", allow_missing=True)
        return found

    def get_model_version_by_alias(self, name: str, alias: str) -> PromptVersion:
        """The older name of `get_prompt_version_by_alias`; raises if there is none."""
        found: PromptVersion = load_prompt(f"prompts:/{name}@{alias}")
        return found

    def search_prompts(
        self,
        filter_string: str | None = None,
        max_results: int | None = 1000,  # as in MLflow
        page_token: str | None = None,
        order_by: Sequence[str] | None = None,
    ) -> Page:
        """The prompts that a filter matches, in pages; see `Registry.search`."""
        return _page(search_prompts(filter_string, order_by=order_by), max_results, page_token)

    def search_prompt_versions(self, name: str, max_results: int | None = None, page_token: str | None = None) -> Page:
        """All versions of a prompt, newest first, in pages."""
        registry = api.get_registry()
        page = _page(registry.versions(name)[::-1], max_results, page_token)
        page[:] = [registry.load(name, version) for version in page]
        return page

    def set_registered_model_alias(self, name: str, alias: str, version: int | str) -> None:
        """Point an alias to a version; `version` may be text, as older guides have it."""
        set_prompt_alias(name, alias, version)

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Remove an alias; as in MLflow, one that does not exist is no error."""
        try:
            delete_prompt_alias(name, alias)
        except NotFoundError:
            return

    register_prompt = staticmethod(register_prompt)
    load_prompt: staticmethod[..., Any] = staticmethod(load_prompt)  # else mypy keeps the first of its signatures alone
    set_prompt_alias = staticmethod(set_prompt_alias)
    delete_prompt_alias = staticmethod(delete_prompt_alias)
    get_prompt_tags = staticmethod(get_prompt_tags)
    set_prompt_tag = staticmethod(set_prompt_tag)
    delete_prompt_tag = staticmethod(delete_prompt_tag)
    set_prompt_version_tag = staticmethod(set_prompt_version_tag)
    delete_prompt_version_tag = staticmethod(delete_prompt_version_tag)
    delete_prompt = staticmethod(delete_prompt)
    delete_prompt_version = staticmethod(delete_prompt_version)
