"""Starts exchanges when they are intended to start, whatever became of those before: the open arrival model.

A closed loop, in which a user waits for an answer before it does anything else, slows down with the server
and so hides what the server's clients would have gone through. Here a dispatcher goes through the schedule by
the clock and gives each exchange a greenlet of its own. It never waits for one.

What may keep an exchange from its time is the generator's own, and is told: `dispatched` says when the
dispatcher turned to it, and an exchange for which there is no room any more (`most` at a time) is dropped,
not put off. An endpoint does one exchange after the other, as terminals do; one that has to wait for the
one before has its time running since its intended start.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from typing import Final

import gevent  # type: ignore[import-untyped]
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]
from gevent.pool import Group  # type: ignore[import-untyped]

from load.endpoints import Conduct, Door, SealedFiles, Standing, tls_of
from load.engine.rows import DROPPED, Histograms, Row, histogram
from load.keys import Keys
from load.payloads import Scheduled
from load.results import Worker

# How often the loop's own lateness is looked at, and the processor's share, in seconds.
_LOOK: Final = 0.02
_SHARE: Final = 1.0
# Over so many of those shares in a row the processor's busiest time is told.
_BUSIEST: Final = 5
# So close to an intended start, the dispatcher does not sleep any more but lets others pass.
_CLOSE: Final = 0.0005


class Watch:
    """The state of the generator itself: how late its loop wakes, and what share of a core it takes."""

    def __init__(self) -> None:
        self._lags = histogram()
        self._shares: list[float] = []
        self._begun = (time.monotonic(), time.process_time())

    def run(self) -> None:
        """Looks until it is killed."""
        wall, cpu = time.monotonic(), time.process_time()
        self._begun = (wall, cpu)
        while True:
            due = time.monotonic() + _LOOK
            gevent.sleep(_LOOK)
            now = time.monotonic()
            self._lags.record_value(max(int((now - due) * 1e6), 1))
            if now - wall >= _SHARE:
                used = time.process_time()
                self._shares.append((used - cpu) / (now - wall))
                wall, cpu = now, used

    def _busiest(self) -> float:
        ends = range(min(_BUSIEST, len(self._shares)), len(self._shares) + 1)
        rows = [self._shares[max(end - _BUSIEST, 0) : end] for end in ends]
        return max((sum(row) / len(row) for row in rows if row), default=0.0)

    def told(self, name: str, arrivals: int, late: int, dropped: int, latest: int) -> Worker:
        """What the results say of this worker."""
        wall, cpu = time.monotonic() - self._begun[0], time.process_time() - self._begun[1]
        some = bool(self._lags.get_total_count())
        return Worker(
            name=name,
            arrivals=arrivals,
            late=late,
            dropped=dropped,
            latest=latest,
            cpu_mean=round(cpu / wall, 4) if wall > 0 else 0.0,
            cpu_most=round(self._busiest() or (cpu / wall if wall > 0 else 0.0), 4),
            lag_p99=int(self._lags.get_value_at_percentile(99)) if some else 0,
            lag_most=int(self._lags.get_max_value()) if some else 0,
        )


class Dispatch:
    """One worker's share of a run.

    Args:
        begins: when the run begins, by `time.monotonic`.
        until: microseconds after which exchanges are given up.
        most: exchanges at a time.
        tolerance: an exchange that began so many microseconds after its intended start counts as late.
        tell: is given each exchange that is over, with its sealed answers.
        door: where each endpoint finds the server.
    """

    def __init__(
        self,
        name: str,
        keys: Keys,
        sealed: SealedFiles,
        door: Callable[[str], Door],
        tell: Callable[[Row, list[bytes]], None],
        *,
        begins: float,
        until: int,
        most: int,
        tolerance: int,
    ) -> None:
        self._name = name
        self._keys = keys
        self._sealed = sealed
        self._door = door
        self._tell = tell
        self._begins = begins
        self._until = until
        self._most = most
        self._tolerance = tolerance
        self._standings: dict[str, Standing] = {}
        self._turns: dict[str, BoundedSemaphore] = {}
        self._under_way = Group()
        self._watch = Watch()
        self._arrivals = self._late = self._dropped = self._latest = 0
        self.histograms = Histograms()

    def now(self) -> int:
        """Microseconds from the beginning of the run."""
        return int((time.monotonic() - self._begins) * 1e6)

    def run(self, schedule: Iterable[Scheduled]) -> None:
        """Starts every exchange at its time, and returns when all are over."""
        _room_for(self._most)
        watching = gevent.spawn(self._watch.run)
        try:
            for planned in schedule:
                self._wait_for(planned.start)
                self._begin(planned)
            self._under_way.join()
        finally:
            watching.kill()
            self._under_way.kill()

    def told(self) -> Worker:
        """The state of this worker."""
        return self._watch.told(self._name, self._arrivals, self._late, self._dropped, self._latest)

    def _wait_for(self, start: int) -> None:
        while (left := (start - self.now()) / 1e6) > 0:
            gevent.sleep(left if left > _CLOSE else 0)

    def _begin(self, planned: Scheduled) -> None:
        dispatched = self.now()
        self._arrivals += 1
        if len(self._under_way) >= self._most:
            self._dropped += 1
            self._over(
                Row(
                    code=planned.code,
                    nth=planned.nth,
                    night=planned.night,
                    intended=planned.start,
                    records=planned.records,
                    worker=self._name,
                    outcome=DROPPED,
                    failure="NO_ROOM",
                    ended=dispatched,
                ),
                [],
            )
            return
        self._under_way.spawn(self._conduct, planned, dispatched)

    def _conduct(self, planned: Scheduled, dispatched: int) -> None:
        # What is late here is the generator: the server was not asked for anything yet.
        behind = self.now() - planned.start
        self._late += behind > self._tolerance
        self._latest = max(self._latest, behind)
        standing = self._standings.setdefault(planned.code, Standing())
        conduct = Conduct(
            planned,
            self._sealed.of(planned),
            self._door(planned.code),
            lambda: tls_of(self._keys, planned.code),
            standing,
            now=self.now,
            sleep=gevent.sleep,
            until=self._until,
            worker=self._name,
            dispatched=dispatched,
        )
        try:
            with self._turns.setdefault(planned.code, BoundedSemaphore(1)):
                conduct.run()
        finally:
            self._over(conduct.row(), conduct.contents)

    def _over(self, row: Row, contents: list[bytes]) -> None:
        self.histograms.take(row)
        self._tell(row, contents)


def _room_for(connections: int) -> None:
    """Lets the process open as many files as it may need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 256
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
