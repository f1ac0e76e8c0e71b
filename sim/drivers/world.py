"""Simulated time: SimPy holds the clock, the site does the work.

No process stands for a resident. One process walks through the inputs in the order of their instants,
and each wake is one SimPy callback; between two instants nothing runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping

import msgspec
import simpy

from sim.base import collecting
from sim.base.instant import DAY, Instant
from sim.base.node import OUTSIDE, Alarm, Body, Event, Key, NodeId, Outgoing
from sim.drivers.edge import Edge
from sim.drivers.site import Actor, Site, nowhere


class Input(msgspec.Struct, frozen=True):
    """Something from outside at an instant: a person at a counter, a decision of the agency.

    `sender`: the network, for what somebody outside the run sends over it.
    """

    at: Instant
    to: NodeId
    key: Key
    body: Body
    sender: NodeId = OUTSIDE

    def event(self) -> Event:
        """The event that the node is given."""
        return Event(self.key, self.sender, self.body)


class World:
    """All nodes in one simulated time, from `start`. `remote` is handed what goes to nodes elsewhere."""

    def __init__(
        self,
        actors: Mapping[NodeId, Actor],
        edge: Edge,
        start: Instant,
        remote: Callable[[Outgoing], None] = nowhere,
    ) -> None:
        self._env = simpy.Environment(initial_time=start)
        self._start = start
        self.site = Site(actors, edge, self._schedule, remote)

    @property
    def now(self) -> Instant:
        return Instant(int(self._env.now))

    def run(
        self,
        inputs: Iterable[Input],
        until: Instant,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Plays the inputs (in the order of their instants) and every wake before `until`.

        May be called again with a later `until`. `progress` is called with the number of days since `start`.
        """
        self._env.process(self._play(inputs, until))
        day = self.now
        with collecting.seldom():
            while day < until:
                day = Instant(min(day + DAY, until))
                self._env.run(until=day)
                if progress is not None:
                    progress((day - self._start) // DAY)

    def _play(self, inputs: Iterable[Input], until: Instant) -> Generator[simpy.Event, None, None]:
        for item in inputs:
            if item.at >= until:
                return
            now = self.now
            if item.at > now:
                yield self._env.timeout(item.at - now)
                now = item.at
            self.site.deliver(item.to, item.event(), now)

    def _schedule(self, alarm: Alarm) -> None:
        timeout = self._env.timeout(max(0, alarm.at - self.now))
        timeout.callbacks.append(lambda _: self._ring(alarm))

    def _ring(self, alarm: Alarm) -> None:
        self.site.deliver(alarm.node, alarm.event(), self.now)
