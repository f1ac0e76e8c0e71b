"""The time between two moments: a day means that whole day in Japan, a moment must have a zone."""

from __future__ import annotations

from datetime import date, datetime, time

from sim.base.errors import UsageError
from sim.base.instant import JAPAN


def first_moment(day: datetime | date) -> datetime:
    """The moment, or the beginning of the day in Japan.

    Raises:
        UsageError: a datetime without a zone.
    """
    return _aware(day) if isinstance(day, datetime) else datetime.combine(day, time(), JAPAN)


def last_moment(day: datetime | date) -> datetime:
    """The moment, or the last second of the day in Japan.

    Raises:
        UsageError: a datetime without a zone.
    """
    return _aware(day) if isinstance(day, datetime) else datetime.combine(day, time(23, 59, 59), JAPAN)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise UsageError(
            f"{moment.isoformat()} has no zone",
            remedy="give a date, or a datetime with a zone such as sim.base.instant.JAPAN",
        )
    return moment


def check_order(begin: datetime, end: datetime) -> None:
    """Refuses a time that ends before it begins.

    Raises:
        UsageError: it does.
    """
    if end < begin:
        raise UsageError(
            f"the validity ends before it begins: {begin.isoformat()} .. {end.isoformat()}",
            remedy="swap begin and end",
        )
