"""The days of a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from reports.language import Language
from sim.studies.measures import Measures, Run


def planned(run: Run) -> list[date]:
    """The days that were simulated."""
    start = date.fromisoformat(run.start)
    return [start + timedelta(days=i) for i in range(run.days)]


def last_day(run: Run) -> date:
    return date.fromisoformat(run.start) + timedelta(days=max(run.days, 1) - 1)


def covering(measures: Measures, keys: Iterable[str]) -> list[date]:
    """The simulated days, and any day outside of them for which there is something: nothing is left out."""
    days = planned(measures.run)
    found = [date.fromisoformat(key[:10]) for key in keys]
    if not days and not found:
        return []
    first, last = min(days[:1] + found), max(days[-1:] + found)
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def without_exchange(measures: Measures) -> list[date]:
    """The simulated days on which no batch of the municipality was taken in."""
    exchange = measures.exchange
    return [
        day
        for day in planned(measures.run)
        if day.isoformat() not in exchange or exchange[day.isoformat()].exchanges == 0
    ]


def day_labels(days: list[date], say: Language) -> list[tuple[int, str]]:
    """Where an axis of days is labelled: each seventh day, or in a long span the first of each month."""
    if len(days) <= 62:
        return [(i, say.short(day)) for i, day in enumerate(days) if i % 7 == 0]
    return [(i, say.short_month(day)) for i, day in enumerate(days) if day.day == 1]
