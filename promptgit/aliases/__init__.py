"""Aliases: movable names of versions. `BACKENDS` says where they may be kept; `promptgit.yaml` says where they are."""

from __future__ import annotations

from promptgit.aliases.protocol import AliasEdit, AliasMove, AliasView
from promptgit.aliases.target import Target, choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.aliases.protocol import AliasBackend

__all__ = ["BACKENDS", "AliasEdit", "AliasMove", "AliasView", "Target", "choose", "open_backend"]

BACKENDS = {"file": "promptgit.aliases.file:FileAliases", "tags": "promptgit.aliases.tags:TagAliases"}


def open_backend(kind: str, view: AliasView) -> AliasBackend:
    """The backend that a registry has chosen. Imported here, so that a load pays for one only."""
    module, _, name = BACKENDS[kind].partition(":")
    import importlib

    backend: AliasBackend = getattr(importlib.import_module(module), name)(view)
    return backend
