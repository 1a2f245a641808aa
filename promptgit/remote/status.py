"""How a registry is doing: what a health check asks."""

from __future__ import annotations

import time

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Any


_SKEW_S = 60.0  # clocks are set right by less than that every day


class Status(Record):
    """What a registry serves, and how fresh that is.

    Attributes:
        source: `working tree`, `commit`, `branch`, `remote` or `bundle`.
        place: the URL, or the path.
        branch: the branch that is followed, if any.
        commit: the commit that is served; None for a working tree, and as long as there is nothing to serve.
        committed_at: when that commit was made, UTC.
        attempted_at: when the remote was last asked, UTC, by any process of this machine.
        fetched_at: when the remote last answered, UTC; None if it never did, or there is none.
        refresh: seconds between refreshes; None without a remote, 0 if it is refreshed by hand.
        offline: whether the network is left alone.
        error: what went wrong since the remote last answered, in one line.
        failing_since: since when, UTC.
        pending: the remote's commit, if it is not served.
        reason: why; also why there is no such commit, as where the branch was deleted.
        lag: how many commits `pending` is ahead of what is served.
        warnings: what else should be known.
    """

    source: str
    place: str
    branch: str | None = None
    commit: str | None = None
    committed_at: datetime.datetime | None = None
    attempted_at: datetime.datetime | None = None
    fetched_at: datetime.datetime | None = None
    refresh: float | None = None
    offline: bool = False
    error: str | None = None
    failing_since: datetime.datetime | None = None
    pending: str | None = None
    reason: str | None = None
    lag: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def age(self) -> float | None:
        """Seconds since the remote last answered; None if it never did, there is none, or the clock was set back since."""
        if self.fetched_at is None:
            return None
        age = time.time() - self.fetched_at.timestamp()
        return max(age, 0.0) if age > -_SKEW_S else None

    def healthy(self, max_age: float | None = None) -> bool:
        """Whether prompts are served, and are fresh enough.

        Args:
            max_age: seconds that the remote may have been silent; that it has a commit which may not be served, or no such
                branch any more, counts as silence, too. None asks only whether there is something to serve: an
                application that goes on with the last good commit is alive, and a restart would not help it.
        """
        if self.source == "remote" and self.commit is None:
            return False
        if max_age is None or self.source != "remote":
            return True
        return self.age is not None and self.age <= max_age and self.pending is None and self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: times in ISO 8601, `age` among them."""
        names = ("source", "place", "branch", "commit", "refresh", "offline", "error", "pending", "reason", "lag")
        times = ("committed_at", "attempted_at", "fetched_at", "failing_since")
        found = {name: getattr(self, name) for name in names}
        found |= {name: when.isoformat() if (when := getattr(self, name)) else None for name in times}
        return found | {"age": None if self.age is None else round(self.age, 3), "warnings": list(self.warnings)}


def utc(seconds: float | None) -> datetime.datetime | None:
    """Seconds since the epoch as a time."""
    import datetime

    return None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def commit_time(headers: dict[str, str]) -> datetime.datetime | None:
    """When a commit was made, from its headers."""
    words = headers.get("committer", "").split()
    return utc(float(words[-2])) if len(words) >= 2 and words[-2].lstrip("-").isdigit() else None
