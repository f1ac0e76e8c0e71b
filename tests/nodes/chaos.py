"""A terminal and the ministry server with a network between them that does whatever it likes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from sim.base.instant import HOUR, Instant, instant, japan_date
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Alarm, Body, Committed, NodeId
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import AgencyNotice, Result
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.network import Arrival, Carried, Carry, Undelivered
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import OpenTerminal
from sim.nodes.ministry import Ministry, MinistryState
from sim.nodes.terminal import Terminal, TerminalState
from tests.drivers.story import AT, CODE
from tests.exchange.samples import notice
from tests.nodes.rig import Rig

SECOND, FIRST = open_profiles()
ROLLED_OUT: dict[str, tuple[Profile, ...]] = {"old": (FIRST,), "both": (SECOND, FIRST), "new": (SECOND,)}
OPENED = instant(date(2019, 4, 1), 12)


@dataclass
class Flight:
    """A batch under way from `sender`."""

    sender: NodeId
    carry: Carry


class Chaos:
    """Both nodes, the batches under way, and what the register has sent and heard."""

    def __init__(self) -> None:
        self.now = OPENED
        self.flights: list[Flight] = []
        self.strays: list[Flight] = []
        self.alarms: list[tuple[Instant, int, NodeId, Alarm]] = []
        self.sent: dict[str, date] = {}
        self.heard: dict[str, list[str]] = {}
        self.imported: list[str] = []
        self.cards = 0
        terminal = Terminal(AT.terminal, CODE, AT.link, MINISTRY, FIRST, time(22))
        server = Ministry(MINISTRY, {AT.terminal: CODE}, FIRST)
        self.rigs = {
            AT.terminal: Rig(AT.terminal, terminal, TerminalState),
            MINISTRY: Rig(MINISTRY, server, MinistryState),
        }
        self.give(MINISTRY, OpenMinistry((("AA00000000AA", "P0000001", CODE),)))
        self.give(AT.terminal, OpenTerminal(), OUTSIDE)

    # --- what happens at the two ends -----------------------------------------------------------------
    def give(self, node: NodeId, body: Body, sender: NodeId = LGWAN) -> None:
        self._follow(node, self.rigs[node].give(body, self.now, sender))

    def raise_records(self, count: int, days: int) -> None:
        """The register raises notices, of events `days` from today; the future's are refused one by one."""
        event = japan_date(self.now) + timedelta(days=days)
        numbers = range(len(self.sent) + 1, len(self.sent) + count + 1)
        today = japan_date(self.now)
        records = tuple(notice(number, event_date=event, filed_date=today) for number in numbers)
        self.sent |= {record.record_id: event for record in records}
        self.give(AT.terminal, Outbound(records), AT.link)

    def extend(self) -> None:
        """The agency raises a notice."""
        before, self.cards = self.cards, self.cards + 1
        until = date(2024, 4, 1)
        new = f"AA{self.cards:08d}AA"
        self.give(
            MINISTRY, ExtendPeriod(f"C{new}", "P0000001", f"AA{before:08d}AA", new, "留学", until), LGWAN
        )

    def roll_out(self, node: NodeId, which: str) -> bool:
        """From now on the node speaks these versions; not while a batch in another one is not answered."""
        rig, speaks = self.rigs[node], ROLLED_OUT[which]
        assert isinstance(rig.node, Terminal | Ministry)
        with rig.store.transaction() as transaction:
            peer = MINISTRY if node == AT.terminal else AT.terminal
            kept = [kept.content for _, kept in transaction.state.postbox.all_kept(peer)]
        names = {profile.name.encode() for profile in speaks}
        if any(content.split(b",")[1] not in names for content in kept):
            return False
        rig.node = replace(rig.node, profile=speaks[0], older=speaks[1:])
        return True

    def pass_time(self, hours: int) -> None:
        """Rings every alarm that is due by then."""
        end = Instant(self.now + hours * HOUR)
        while self.alarms and min(self.alarms)[0] <= end:
            self.alarms.sort(key=lambda row: row[:2])
            at, _, node, alarm = self.alarms.pop(0)
            self.now = max(self.now, at)
            self._follow(node, self.rigs[node].ring(alarm))
        self.now = end

    def _follow(self, node: NodeId, committed: Committed) -> None:
        for alarm in committed.wakes:
            self.alarms.append((alarm.at, alarm.n, node, alarm))
        for send in committed.sends:
            if isinstance(send.body, Carry):
                self.flights.append(Flight(node, send.body))
            else:
                assert isinstance(send.body, Inbound)
                self._register(send.body)

    def _register(self, inbound: Inbound) -> None:
        for record in inbound.records:
            if isinstance(record, Result):
                self.heard.setdefault(record.answers, []).append(record.outcome)
            elif isinstance(record, AgencyNotice):
                self.imported.append(record.record_id)
                told = Result(
                    record_id=f"131041-R{len(self.imported):08d}",
                    scope="record",
                    answers=record.record_id,
                    outcome="accepted",
                )
                self.give(AT.terminal, Outbound((told,)), AT.link)

    # --- what the network does ------------------------------------------------------------------------
    def _arrive(self, flight: Flight, fault: str = "") -> None:
        content = b"" if fault else flight.carry.content
        self.give(flight.carry.peer, Arrival(flight.sender, flight.carry.ref, content, fault))

    def _said_carried(self, flight: Flight) -> None:
        self.give(flight.sender, Carried(flight.carry.peer, flight.carry.ref))

    def deliver(self, flight: Flight) -> None:
        self.flights.remove(flight)
        self._arrive(flight)
        self._said_carried(flight)

    def double(self, flight: Flight) -> None:
        """It arrives, and a copy of it will some day."""
        self.strays.append(flight)
        self.deliver(flight)

    def hold_back(self, flight: Flight) -> None:
        """The network takes it for delivered, but it arrives late, or never."""
        self.flights.remove(flight)
        self.strays.append(flight)
        self._said_carried(flight)

    def damage(self, flight: Flight) -> None:
        self.flights.remove(flight)
        self._arrive(flight, "DAMAGED")
        self._said_carried(flight)

    def fail(self, flight: Flight) -> None:
        self.flights.remove(flight)
        self.give(flight.sender, Undelivered(flight.carry.peer, flight.carry.ref, "outage"))

    def stray(self, flight: Flight) -> None:
        """A copy arrives at last; it may arrive again."""
        self._arrive(flight)

    # --- the end --------------------------------------------------------------------------------------
    def settle(self, days: int = 8) -> None:
        """From now on nothing goes wrong."""
        self.strays.clear()
        for node in self.rigs:
            assert self.roll_out(node, "both")
        for _ in range(days * 24):
            for _ in range(200):
                if not self.flights:
                    break
                self.deliver(self.flights[0])
            self.pass_time(1)

    def lines(self, node: NodeId) -> list[Line]:
        return list(self.rigs[node].store.journal())

    def of(self, kind: str, node: NodeId) -> list[str]:
        """The records that entries of this kind name, in order."""
        return [line.data["record"] for line in self.lines(node) if line.kind == kind]
