"""Chaos with terminals that are replaced: relays may be lost too, and the link takes its time."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from sim.base.instant import SECOND, Instant, japan_date
from sim.base.node import OUTSIDE, Committed, NodeId
from sim.drivers.topology import MINISTRY
from sim.exchange.records import AgencyNotice, AnyRecord, Result
from sim.nodes.messages.network import Carry, Relay, Relayed
from sim.nodes.messages.registry import Inbound, Outbound, Reraise
from sim.nodes.messages.terminal import ReplaceTerminal
from tests.drivers.story import AT
from tests.exchange.samples import notice
from tests.nodes.chaos import Chaos, Flight


class Replacing(Chaos):
    """The register keeps what has no result, knows a notice again, and answers what it is asked."""

    def __init__(self) -> None:
        self.relays: list[tuple[NodeId, Relay]] = []
        self.up: deque[Outbound] = deque()
        self.down: deque[Inbound] = deque()
        self.pending: dict[str, AnyRecord] = {}
        self.answers: dict[str, Result] = {}
        self.machines = 1
        super().__init__()

    def raise_records(self, count: int, days: int) -> None:
        today = japan_date(self.now)
        event = today + timedelta(days=days)
        numbers = range(len(self.sent) + 1, len(self.sent) + count + 1)
        records = tuple(notice(number, event_date=event, filed_date=today) for number in numbers)
        self.sent |= {record.record_id: event for record in records}
        self.pending |= {record.record_id: record for record in records}
        self.up.append(Outbound(records))

    def replace(self) -> None:
        """The machine breaks, and another one stands there."""
        self.machines += 1
        self.now = Instant(self.now + SECOND)
        self.give(AT.terminal, ReplaceTerminal(f"M{self.machines}"), OUTSIDE)

    # --- the link -------------------------------------------------------------------------------------
    def run_link(self) -> None:
        """Everything on the link arrives, in order, each way."""
        while self.up or self.down:
            if self.down:
                self._register(self.down.popleft())
            if self.up:
                self.give(AT.terminal, self.up.popleft(), AT.link)

    def _register(self, inbound: Inbound) -> None:
        for record in inbound.records:
            if isinstance(record, Result):
                if self.pending.pop(record.answers, None) is not None:
                    self.heard.setdefault(record.answers, []).append(record.outcome)
            elif isinstance(record, AgencyNotice) and record.record_id not in self.answers:
                self.imported.append(record.record_id)
                told = Result(
                    record_id=f"131041-R{len(self.imported):08d}",
                    scope="record",
                    answers=record.record_id,
                    outcome="accepted",
                )
                self.answers[record.record_id] = told
                self.up.append(Outbound((told,)))
        if inbound.reraise is not None:
            self._raise_again(inbound.reraise)

    def _raise_again(self, asked: Reraise) -> None:
        known = tuple(self.answers[name] for name in asked.answers if name in self.answers)
        self.up.append(Outbound((*self.pending.values(), *known), asked.ask))

    # --- the network ----------------------------------------------------------------------------------
    def _follow(self, node: NodeId, committed: Committed) -> None:
        for alarm in committed.wakes:
            self.alarms.append((alarm.at, alarm.n, node, alarm))
        for send in committed.sends:
            match send.body:
                case Carry() as carry:
                    self.flights.append(Flight(node, carry))
                case Relay() as relay:
                    self.relays.append((node, relay))
                case Inbound() as inbound:
                    self.down.append(inbound)
                case other:
                    raise AssertionError(other)

    def relay(self, place: int, *, keep: bool = False) -> None:
        """A message arrives; kept, it will arrive again."""
        sender, relay = self.relays[place]
        if not keep:
            del self.relays[place]
        self.give(relay.peer, Relayed(sender, relay.ref, relay.body))

    def settle(self, days: int = 8) -> None:
        self.strays.clear()
        for node in self.rigs:
            assert self.roll_out(node, "both")
        for _ in range(days * 24):
            for _ in range(200):
                self.run_link()
                if self.relays:
                    self.relay(0)
                elif self.flights:
                    self.deliver(self.flights[0])
                else:
                    break
            self.pass_time(1)

    def accepted(self) -> list[str]:
        """The records that the server took in, in order."""
        return self.of("record_accepted", MINISTRY)
