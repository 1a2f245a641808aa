"""Dates in a filter. A date stands for a whole day; a date-time or a number of milliseconds, an instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from promptgit.record import Record

_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DATE = "is not a date"
_TOO_FAR = "lies outside the years 1 to 9999"
FOREVER = datetime.max.replace(tzinfo=UTC)


class Moment(Record):
    """A span of time that a filter compares with: a day, or the smallest step that `datetime` knows.

    Attributes:
        start: its first instant, in UTC.
        end: the first instant after it, in UTC.
        whole_day: whether it was written as a date.
    """

    start: datetime
    end: datetime
    whole_day: bool = False

    def __str__(self) -> str:
        if self.whole_day:
            return f"'{self.start.date().isoformat()}'"
        return f"'{self.start.replace(tzinfo=None).isoformat()}Z'"


def parse_moment(text: str) -> Moment:
    """An ISO 8601 date, or a date-time with `T` or a space between; without a zone it is UTC.

    Raises:
        ValueError: "is not a date", or "lies outside ..." where UTC puts it before the year 1 or after 9999.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError(_NO_DATE)
    try:
        instant = datetime.fromisoformat(text)
        start = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except ValueError:
        raise ValueError(_NO_DATE) from None
    except OverflowError:
        raise ValueError(_TOO_FAR) from None
    whole_day = shape[1] is None
    return _span(start, timedelta(days=1) if whole_day else datetime.resolution, whole_day)


def moment_at(milliseconds: int) -> Moment:
    """The instant that lies so many milliseconds after 1970 began in UTC: MLflow's timestamps.

    Raises:
        ValueError: "lies outside the years 1 to 9999".
    """
    try:
        return _span(_EPOCH + timedelta(milliseconds=milliseconds), datetime.resolution)
    except OverflowError:
        raise ValueError(_TOO_FAR) from None


def _span(start: datetime, length: timedelta, whole_day: bool = False) -> Moment:
    end = start + length if FOREVER - start >= length else FOREVER
    return Moment(start=start, end=end, whole_day=whole_day)
