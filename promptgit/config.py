"""`promptgit.yaml`: what kind of registry this is."""

from __future__ import annotations

from promptgit.errors import GitError
from promptgit.layout import REGISTRY_FILE
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMAT = 1
MUTABLE = "mutable"
"""The policy `model_config` where a version's may be set anew; anything else is frozen."""


class RegistryConfig(Record):
    """What `promptgit.yaml` says.

    Attributes:
        format: version of the layout on disk.
        aliases: the alias backend, a key of `promptgit.aliases.BACKENDS`.
        policies: see `schemas/promptgit.schema.json`.
        checks: severity of a check or of one of its codes: `off`, `warning` or `error`.
    """

    format: int = FORMAT
    aliases: str = "file"
    policies: Mapping[str, Any] = {}
    checks: Mapping[str, str] = {}


def parse_config(data: bytes, path: str = REGISTRY_FILE) -> RegistryConfig:
    """Read `promptgit.yaml`.

    Raises:
        InvalidDocumentError: it breaks the format.
        GitError: it was written by a newer promptgit.
    """
    from promptgit import document
    from promptgit.content import invalid

    found = document.parse(data, path)
    number = found.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise GitError(
            f"{path} says format {number}: the registry was written by a newer promptgit",
            hint="Update promptgit: pip install --upgrade promptgit",
        )
    kind, policies = found.get("aliases", "file"), found.get("policies", {})
    checks = found.get("checks", {})
    if (
        number != FORMAT
        or kind not in ("file", "tags")
        or not isinstance(policies, dict)
        or not isinstance(checks, dict)
    ):
        raise invalid("promptgit", found, data, path)
    return RegistryConfig(aliases=kind, policies=policies, checks=checks)
