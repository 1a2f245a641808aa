"""Times as people say them."""

from __future__ import annotations

import datetime

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (7, "day"), (5, "week"))


def ago(when: datetime.datetime, now: datetime.datetime | None = None) -> str:
    """How long ago: "just now", "3 hours ago"; the date from five weeks on, and for what lies ahead.

    Args:
        when, now: aware datetimes; `now` is the present if it is left out.
    """
    seconds = ((now or datetime.datetime.now(datetime.UTC)) - when).total_seconds()
    if -60 < seconds < 10:
        return "just now"
    if seconds < 0:
        return day(when)
    count = int(seconds)
    for size, unit in _STEPS:
        if count < size:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
        count //= size
    return day(when)


def day(when: datetime.datetime) -> str:
    """The date, in UTC as dates in URIs are."""
    return when.astimezone(datetime.UTC).date().isoformat()


def from_epoch(seconds: float) -> datetime.datetime:
    """Seconds since the epoch as an aware datetime."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
