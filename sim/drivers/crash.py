"""The crash explorer: the same inputs, with the process dying wherever a plan says.

Simulated crashes are cheap, so every point of a story can be tried. A crash takes away everything but the
stores: queue, schedule and the nodes themselves are made anew, and whoever gave the input that was not
answered gives it again under the same key. Killing a real process only confirms what this finds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import Alarm, Committed, Event, NodeId, Outgoing
from sim.drivers.edge import Edge
from sim.drivers.site import Actor, Site
from sim.drivers.world import Input


class Point(StrEnum):
    """Where the process dies, or what the network does twice."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    MID_DISPATCH = "mid_dispatch"
    DELIVERED_TWICE = "delivered_twice"


Plan = Callable[[int], Point | None]
"""What happens at the nth opportunity of a run, counted over all its lives."""

# A plan that dies at every opportunity would never end: after so many lives it is taken to be endless.
MOST_LIVES: Final = 100_000


class _Crash(BaseException):
    """The process is gone. Not an `Exception`: nothing on the way may catch it."""


@dataclass(slots=True)
class Tally:
    """What a run went through."""

    opportunities: int = 0
    crashes: dict[Point, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.crashes.values())


class _MortalSite(Site):
    """A site whose process may die between any two of its actions."""

    def __init__(
        self,
        actors: dict[NodeId, Actor],
        edge: Edge,
        schedule: Callable[[Alarm], None],
        plan: Plan,
        tally: Tally,
    ) -> None:
        super().__init__(actors, edge, schedule)
        self._plan = plan
        self._tally = tally

    def _next(self, *points: Point) -> Point | None:
        chosen = self._plan(self._tally.opportunities)
        self._tally.opportunities += 1
        if chosen not in points:
            return None
        self._tally.crashes[chosen] = self._tally.crashes.get(chosen, 0) + 1
        return chosen

    def _advance(self, actor: Actor, event: Event, now: Instant) -> Committed:
        point = self._next(Point.BEFORE_COMMIT, Point.AFTER_COMMIT, Point.DELIVERED_TWICE)
        if point is Point.BEFORE_COMMIT:
            with actor.store.transaction() as transaction:
                if transaction.replied(event.key) is None:
                    transaction.record(event, actor.node.step(transaction.state, event, now), now)
                raise _Crash
        committed = super()._advance(actor, event, now)
        if point is Point.AFTER_COMMIT:
            raise _Crash
        if point is Point.DELIVERED_TWICE:
            again = super()._advance(actor, event, now)
            if not again.repeated or again.reply != committed.reply:
                raise HarnessError("an event that was answered was processed again", where=event.key)
        return committed

    def _dispatched(self, outgoing: Outgoing) -> None:
        if self._next(Point.MID_DISPATCH) is not None:
            raise _Crash  # the receiver has answered, the sender does not know it
        super()._dispatched(outgoing)


def explore(
    open_actors: Callable[[], dict[NodeId, Actor]],
    edge: Edge,
    inputs: Sequence[Input],
    until: Instant,
    plan: Plan,
) -> Tally:
    """Plays `inputs` and every wake before `until`, dying where `plan` says; gives what it went through.

    `open_actors` gives the actors as their stores were left; it is called at the start and after each crash.
    """
    tally = Tally()
    life = _Life(open_actors, edge, plan, tally)
    for item in inputs:
        life.wakes_before(item.at)
        life.insist(item.to, item.event(), item.at)
    life.wakes_before(until)
    return tally


class _Life:
    """One process after another over the same stores."""

    def __init__(
        self, open_actors: Callable[[], dict[NodeId, Actor]], edge: Edge, plan: Plan, tally: Tally
    ) -> None:
        self._open_actors = open_actors
        self._edge = edge
        self._plan = plan
        self._tally = tally
        self._alarms: list[tuple[Instant, int, Alarm]] = []
        self._number = 0
        self._site = self._born()

    def wakes_before(self, end: Instant) -> None:
        """Gives every wake that is due before `end`."""
        while self._alarms and self._alarms[0][0] < end:
            at, _, alarm = heapq.heappop(self._alarms)
            self.insist(alarm.node, alarm.event(), at)

    def insist(self, to: NodeId, event: Event, now: Instant) -> None:
        """Gives an event until it is answered, through as many lives as it takes."""
        for _ in range(MOST_LIVES):
            try:
                self._site.deliver(to, event, now)
                return
            except _Crash:
                self._reborn(now)
        raise HarnessError("the plan kills every life", remedy="let it spare some opportunities")

    def _born(self) -> Site:
        return _MortalSite(self._open_actors(), self._edge, self._schedule, self._plan, self._tally)

    def _reborn(self, now: Instant) -> None:
        for _ in range(MOST_LIVES):
            self._alarms.clear()
            self._site = self._born()
            try:
                self._site.recover(now)
                return
            except _Crash:
                continue
        raise HarnessError("the plan kills every life", remedy="let it spare some opportunities")

    def _schedule(self, alarm: Alarm) -> None:
        self._number += 1
        heapq.heappush(self._alarms, (alarm.at, self._number, alarm))
