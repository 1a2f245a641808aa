"""The registry: what the program does."""

from __future__ import annotations

from promptgit.registry.registry import Registry

__all__ = ["Registry"]
