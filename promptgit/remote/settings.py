"""How a remote is followed: how often, how long it may take, whether at all."""

from __future__ import annotations

import os

from promptgit.errors import PromptGitError

REFRESH_S = 30.0
TIMEOUT_S = 30.0


class Settings:
    """How to follow; from arguments, else from the environment.

    Args:
        refresh: seconds between refreshes; 0 refreshes when the registry is opened and when asked. Else PROMPTGIT_REFRESH, 30.
        timeout: seconds that the remote may take to answer; 30.
        offline: leave the network alone. Else PROMPTGIT_OFFLINE.

    Raises:
        PromptGitError: a number is none.
    """

    def __init__(self, refresh: float | None, timeout: float | None, offline: bool | None) -> None:
        self.refresh = _seconds("refresh", refresh, "PROMPTGIT_REFRESH", REFRESH_S)
        self.timeout = _seconds("timeout", timeout, "", TIMEOUT_S)
        named = os.environ.get("PROMPTGIT_OFFLINE", "").strip().lower()
        self.offline = offline if offline is not None else named not in ("", "0", "false", "no")


def _seconds(name: str, given: float | None, variable: str, default: float) -> float:
    text = os.environ.get(variable, "") if variable and given is None else ""
    try:
        found = float(text) if text else default if given is None else float(given)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise PromptGitError(f"{variable if text else name} is a number of seconds, not {text or given!r}")
    return found
