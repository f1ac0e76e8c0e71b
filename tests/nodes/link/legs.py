"""A leg with its own clock: hand records in on either side, let time pass, see what came out and when."""

from __future__ import annotations

import heapq
from datetime import date, time

from sim.base.instant import Instant, instant
from sim.base.journal import Line
from sim.base.node import Alarm, Body, Committed, NodeId, Reply
from sim.exchange.batch import DOWN, UP
from sim.exchange.records import AnyRecord
from sim.nodes.link import Link, LinkState, Media, Paper
from sim.nodes.link.state import Message
from sim.nodes.messages.registry import Inbound, Outbound
from tests.nodes.rig import Rig

NAME, REGISTRY, TERMINAL = NodeId("link-131041"), NodeId("registry-131041"), NodeId("terminal-131041")
KEY = b"k" * 32
DAY = date(2026, 4, 1)
OPENING, NIGHT = instant(DAY, 8), instant(DAY, 22)
RUNS = (time(9), time(12), time(17))


def link(**changes: object) -> Link:
    """The leg of Shinjuku, ready for each pattern."""
    values: dict[str, object] = {
        "media": Media(KEY, RUNS, 15),
        "paper": Paper(30, runs=RUNS, minutes_per_record=4),
    }
    return Link(NAME, REGISTRY, TERMINAL, **(values | changes))  # type: ignore[arg-type]


class Leg:
    """A link and both sides of it, from eight o'clock on."""

    def __init__(self, node: Link) -> None:
        self.rig = Rig(NAME, node, LinkState)
        self.now = OPENING
        self.out: dict[str, list[Message]] = {UP: [], DOWN: []}
        self.came_at: dict[str, list[Instant]] = {UP: [], DOWN: []}
        self.alarms: list[tuple[Instant, int, Alarm]] = []
        self.rung = 0

    def give(self, body: Body, sender: NodeId = NodeId("outside")) -> Reply:
        return self._took(self.rig.give(body, self.now, sender))

    def up(self, *records: AnyRecord) -> Reply:
        return self.give(Outbound(records), REGISTRY)

    def down(self, *records: AnyRecord, batch: str = "ISA-131041-01-00000001") -> Reply:
        return self.give(Inbound(batch, records), TERMINAL)

    def hand_in(self, direction: str, *records: AnyRecord) -> Reply:
        return self.up(*records) if direction == UP else self.down(*records)

    def until(self, at: Instant) -> None:
        """Everything that is due up to and at `at`."""
        while self.alarms and self.alarms[0][0] <= at:
            self.now, _, alarm = heapq.heappop(self.alarms)
            self.rung += 1
            self._took(self.rig.ring(alarm))
        self.now = at

    def clock(self, hour: int, minute: int = 0, day: date = DAY) -> None:
        self.until(instant(day, hour, minute))

    def records(self, direction: str) -> list[AnyRecord]:
        """What came out, record by record."""
        return [record for message in self.out[direction] for record in message.records]

    def lines(self, *kinds: str) -> list[Line]:
        return [line for line in self.rig.store.journal() if not kinds or line.kind in kinds]

    def data(self, kind: str) -> dict[str, object]:
        return self.rig.last(kind).data

    def _took(self, committed: Committed) -> Reply:
        for alarm in committed.wakes:
            assert alarm.at >= self.now, "a wake in the past"
            heapq.heappush(self.alarms, (alarm.at, alarm.n, alarm))
        for send in committed.sends:
            direction = {TERMINAL: UP, REGISTRY: DOWN}[send.to]
            assert isinstance(send.body, Outbound if direction == UP else Inbound)
            self.out[direction].append(send.body)
            self.came_at[direction].append(self.now)
        return committed.reply
