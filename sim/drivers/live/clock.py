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

from sim.base.instant import Instant

Action = Callable[[], None]


class Settings(Protocol):
    """What keeps a value under a name, as a database does."""

    def setting(self, name: str) -> str | None: ...
    def keep_setting(self, name: str, value: str) -> None: ...


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


# The name under which a database keeps the rehearsal's clock.
_CLOCK: Final = "rehearsal clock"


class RehearsalClock:
    """The instant of the last input, kept in a database."""

    def __init__(self, database: Settings) -> None:
        self._database = database
        self._now = Instant(int(database.setting(_CLOCK) or 0))

    @property
    def now(self) -> Instant:
        return self._now

    def reach(self, at: Instant) -> None:
        """It is `at` now. An earlier instant changes nothing: an input is given again after a crash."""
        if at <= self._now:
            return
        self._database.keep_setting(_CLOCK, str(at))
        self._now = at


class Agenda:
    """What is due when. At the same instant the order is that in which things were added, as in SimPy."""

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, Action]] = []
        self._added = 0

    def clear(self) -> None:
        """Nothing is due any more."""
        self._heap.clear()

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
