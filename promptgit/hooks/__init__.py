"""What promptgit sets up in somebody's own Git: hooks, a merge driver, a textconv. And what those run."""

from __future__ import annotations
