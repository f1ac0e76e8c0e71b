"""One kind of time: whole microseconds since 1970-01-01T00:00:00Z.

Nodes are handed an `Instant` and never read a clock. The law counts days in Japan, so one function
turns an instant into the date there. Japan has kept UTC+9 without summer time since 1952, which is
before anything simulated here, so the offset is a constant.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final, NewType

Instant = NewType("Instant", int)

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

JAPAN: Final = timezone(timedelta(hours=9), "JST")
_OFFSET: Final = 9 * HOUR
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def _date_of_day(day: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + day)


def japan_date(at: Instant) -> date:
    """The calendar date in Japan at the instant."""
    return _date_of_day((at + _OFFSET) // DAY)


def japan_time(at: Instant) -> time:
    """The wall-clock time in Japan at the instant, to the microsecond."""
    return japan_datetime(at).time()


def japan_datetime(at: Instant) -> datetime:
    """The instant as an aware datetime in Japan."""
    return datetime.fromtimestamp(at // SECOND, JAPAN).replace(microsecond=at % SECOND)


def instant(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> Instant:
    """The instant at which clocks in Japan show `hour:minute:second` on `day`.

    Hours past 23 run into the days that follow, so that "25:00" of a night shift can be said.
    """
    days = day.toordinal() - _EPOCH_ORDINAL
    return Instant(days * DAY - _OFFSET + hour * HOUR + minute * MINUTE + second * SECOND)


@lru_cache(maxsize=4096)
def at_time(day: date, clock: time) -> Instant:
    """The instant at which clocks in Japan show `clock` on `day`."""
    return Instant(instant(day, clock.hour, clock.minute, clock.second) + clock.microsecond)


def iso(at: Instant) -> str:
    """The instant as ISO 8601 with Japan's offset, for people and for files (`2019-04-01T09:00:00+09:00`)."""
    return japan_datetime(at).isoformat()


def parse_iso(text: str) -> Instant:
    """The instant that `iso` wrote.

    Raises:
        ValueError: the text is not ISO 8601 with an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    whole = int(moment.replace(microsecond=0).timestamp())
    return Instant(whole * SECOND + moment.microsecond)


def duration(seconds: float) -> int:
    """Seconds as whole microseconds, rounded to the nearest."""
    return round(seconds * SECOND)
