"""The network alone, with two listed terminals, and what it asked for."""

from __future__ import annotations

from typing import Any

from sim.base.instant import SECOND, Instant
from sim.base.journal import Line as Entry
from sim.base.node import Alarm, Body, Committed, Event, Key, NodeId, advance
from sim.nodes.lgwan import Lgwan, LgwanState, Line, Outage
from sim.nodes.messages.network import Carry
from sim.stores.memory import MemoryStore

CITY, VILLAGE, MINISTRY = NodeId("terminal-131041"), NodeId("terminal-131130"), NodeId("ministry")
NET = NodeId("lgwan")
# 8,000 bits a second and half a second one way: 1,000 bytes take 1.5 seconds.
SLOW = Line(8_000, SECOND // 2)


class Network:
    """The node with its store. `settings`: what else the node is given."""

    def __init__(self, *outages: Outage, **settings: Any) -> None:
        self.node = Lgwan(NET, MINISTRY, {CITY: SLOW, VILLAGE: SLOW}, outages, **settings)
        self.store = MemoryStore(NET, LgwanState)
        self._n = 0

    def give(self, sender: NodeId, body: Body, now: int) -> Committed:
        self._n += 1
        return advance(self.store, self.node, Event(Key(str(self._n)), sender, body), Instant(now))

    def carry(self, sender: NodeId, peer: NodeId, now: int, ref: str = "r", **how: str) -> Committed:
        return self.give(sender, Carry(peer, ref, b"x" * 1000, **how), now)

    def ring(self, committed: Committed) -> Committed:
        (alarm,) = committed.wakes
        return self.ring_one(alarm)

    def ring_one(self, alarm: Alarm) -> Committed:
        return advance(self.store, self.node, alarm.event(), alarm.at)

    def settle(self, until: int) -> list[Body]:
        """Rings every wake that is due by then, in order; gives what was sent to the ends meanwhile."""
        said: list[Body] = []
        while due := [alarm for alarm in self.store.alarms() if alarm.at <= until]:
            said += [send.body for send in self.ring_one(due[0]).sends]
        return said

    def lines(self, *kinds: str) -> list[Entry]:
        return [line for line in self.store.journal() if not kinds or line.kind in kinds]
