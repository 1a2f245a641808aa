"""Parameter types: read once here, and completed by the shell from the registry at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from promptgit.errors import PromptGitError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from promptgit.registry.registry import Registry


class _Completed(click.types.StringParamType):
    """A text that the shell can complete. It is checked where it is used: errors there say more."""

    def __init__(self, name: str, complete: Callable[[Registry, click.Context, str], Iterable[str]]) -> None:
        self.name = name
        self._complete = complete

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """What may stand here; nothing if there is no registry: a shell has no use for an error."""
        from click.shell_completion import CompletionItem

        from promptgit.cli.options import open_registry

        try:
            with ctx.scope(cleanup=False):
                found = self._complete(open_registry(), ctx, incomplete)
                return [CompletionItem(value) for value in found if value.startswith(incomplete)]
        except (PromptGitError, OSError):
            return []


def _names(registry: Registry, _: click.Context, __: str) -> Iterable[str]:
    return registry.prompts()


def _references(registry: Registry, _: click.Context, incomplete: str) -> Iterable[str]:
    """Names until one is meant, then its aliases and versions too; with `prompts:/` if that was typed."""
    scheme = "prompts:/" if incomplete.startswith("prompts:/") else ""
    typed = incomplete.removeprefix(scheme)
    name = typed.partition("@")[0].partition("/")[0]
    names = [name] if name != typed else [known for known in registry.prompts() if known.startswith(typed)]
    found = [f"{scheme}{known}" for known in names]
    if len(names) == 1:
        aliases = (f"{found[0]}{mark}{alias}" for mark in "@/" for alias in registry.aliases(names[0]))
        found += [*aliases, *(f"{found[0]}/{version}" for version in registry.versions(names[0]))]
    return found


def _aliases(registry: Registry, context: click.Context, _: str) -> Iterable[str]:
    return registry.aliases(str(context.params.get("name") or ""))


def _versions(registry: Registry, context: click.Context, _: str) -> Iterable[str]:
    return [str(version) for version in reversed(registry.versions(str(context.params.get("name") or "")))]


NAME = _Completed("name", _names)
REFERENCE = _Completed("uri", _references)
ALIAS = _Completed("alias", _aliases)
VERSION = _Completed("version", _versions)


def pairs(values: Sequence[str], what: str) -> dict[str, str]:
    """`KEY=VALUE` arguments as a mapping.

    Raises:
        click.UsageError: one has no `=`, or no key.
    """
    found = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{text!r} is no {what}: write KEY=VALUE")
        found[key] = value
    return found
