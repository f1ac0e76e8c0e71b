"""What a live process calls "now", and what it has to do when.

In a rehearsal the instants are those of the recorded inputs, so that the journal equals the one of simulated
time. Each process keeps its rehearsal clock in its database: work that a crash cut short is finished at the
instant at which it was begun.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from typing import Final, Protocol

import sqlalchemy as sa

from sim.base.instant import Instant

Action = Callable[[], None]


class Clock(Protocol):
    """Gives the instant at which an event happens. It never goes back."""

    @property
    def now(self) -> Instant: ...

    def reach(self, at: Instant) -> None:
        """It is `at` now, if this clock can be told so."""
        ...


class WallClock:
    """The time of day of this machine, held still while that is set back."""

    def __init__(self) -> None:
        self._latest = 0

    @property
    def now(self) -> Instant:
        self._latest = max(self._latest, time.time_ns() // 1000)
        return Instant(self._latest)

    def reach(self, at: Instant) -> None:
        """Nothing: the time of day goes by itself."""


_CLOCK: Final = sa.Table(
    "rehearsal",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)


class RehearsalClock:
    """The instant of the last input, kept in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            _CLOCK.create(connection, checkfirst=True)
            at = connection.execute(sa.select(_CLOCK.c.at)).scalar()
        self._now = Instant(at or 0)

    @property
    def now(self) -> Instant:
        return self._now

    def reach(self, at: Instant) -> None:
        """It is `at` now. An earlier instant changes nothing: an input is given again after a crash."""
        if at <= self._now:
            return
        with self._engine.begin() as connection:
            connection.execute(sa.insert(_CLOCK).prefix_with("OR REPLACE"), {"id": 1, "at": at})
        self._now = at


class Agenda:
    """What is due when. At the same instant the order is that in which things were added, as in SimPy."""

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, Action]] = []
        self._added = 0

    def add(self, at: Instant, action: Action) -> None:
        self._added += 1
        heapq.heappush(self._heap, (at, self._added, action))

    @property
    def next(self) -> Instant | None:
        """When something is due next."""
        return self._heap[0][0] if self._heap else None

    def take(self, before: Instant) -> tuple[Instant, Action] | None:
        """Takes out what is due first, if it is due before that instant."""
        if not self._heap or self._heap[0][0] >= before:
            return None
        at, _, action = heapq.heappop(self._heap)
        return at, action
