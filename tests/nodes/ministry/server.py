"""The server alone with two listed terminals: batches come up in sequence, and what it asks for is kept."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sim.base.instant import HOUR, Instant, instant
from sim.base.journal import Line
from sim.base.node import Alarm, Body, Committed, NodeId
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange import batch as batches
from sim.exchange.records import AgencyNotice, AnyRecord
from sim.nodes.messages.agency import OpenMinistry
from sim.nodes.messages.network import Arrival, Carried, Carry, Control, Relayed
from sim.nodes.ministry import Ministry, MinistryState
from tests.drivers.story import AT, CODE, person
from tests.exchange.samples import PROFILE, encoded
from tests.nodes.rig import Rig

OTHER, ELSEWHERE = NodeId("terminal-131130"), "131130"
HERE = person(1)
DAY = date(2019, 4, 2)
NOW = instant(DAY, 22)
TERMINALS = {AT.terminal: CODE, OTHER: ELSEWHERE}


class Server:
    """`settings`: what the node is given besides its terminals."""

    def __init__(self, opened: Instant = NOW, **settings: Any) -> None:
        settings.setdefault("profile", PROFILE)
        self.rig = Rig(MINISTRY, Ministry(MINISTRY, TERMINALS, **settings), MinistryState)
        self._sequences: Counter[tuple[str, str]] = Counter()
        self.alarms: list[Alarm] = []
        self.give(OpenMinistry(((HERE.card_number, HERE.ref, CODE),)), opened)

    def give(self, body: Body, now: Instant = NOW, sender: NodeId | None = None) -> Committed:
        committed = self.rig.give(body, now) if sender is None else self.rig.give(body, now, sender)
        self.alarms += committed.wakes
        return committed

    def up(
        self,
        *records: AnyRecord,
        now: Instant = NOW,
        terminal: NodeId = AT.terminal,
        business: str = "01",
        **arrival: str,
    ) -> Committed:
        """The next batch of the terminal's municipality."""
        code = TERMINALS[terminal]
        self._sequences[code, business] += 1
        number = self._sequences[code, business]
        content = encoded(*records, sender=code, business=business, sequence=number)
        return self.give(Arrival(terminal, f"B{number}", content, **arrival), now, LGWAN)

    def says(self, body: Control, now: Instant = NOW, terminal: NodeId = AT.terminal) -> Committed:
        """The terminal says something over the network."""
        return self.give(Relayed(terminal, "q", body), now, LGWAN)

    def pass_time(self, until: Instant) -> None:
        """Rings every wake that is due before then."""
        while due := sorted((a.at, a.n) for a in self.alarms if a.at < until):
            (alarm,) = [a for a in self.alarms if (a.at, a.n) == due[0]]
            self.alarms.remove(alarm)
            self.alarms += self.rig.ring(alarm).wakes

    def lines(self, *kinds: str) -> list[Line]:
        return [line for line in self.rig.store.journal() if line.kind in kinds]

    def carried(self, committed: Committed) -> None:
        """The network has handed over what was just sent, and all that waited behind it."""
        queue = list(committed.sends)
        while queue:
            body = queue.pop(0).body
            if isinstance(body, Carry):
                queue += self.give(Carried(body.peer, body.ref), NOW, LGWAN).sends


def notices(committed: Committed) -> list[AgencyNotice]:
    """The agency notices in the batches that are sent now."""
    found: list[AgencyNotice] = []
    for send in committed.sends:
        if isinstance(send.body, Carry):
            batch = batches.decode(send.body.content, PROFILE).batch
            assert batch is not None
            found += [record for record in batch.records if isinstance(record, AgencyNotice)]
    return found


def at(day: date, hour: int = 12) -> Instant:
    return Instant(instant(day) + hour * HOUR)
