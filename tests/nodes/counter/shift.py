"""A counter at work: visits come, alarms ring at their time, and a card terminal answers what it is asked."""

from __future__ import annotations

import heapq
from datetime import date

from sim.base.instant import Instant, instant
from sim.base.journal import Line
from sim.base.node import Alarm, Body, Committed, NodeId, Reply
from sim.law.rules import RULES, Rules
from sim.law.write_policy import Decision, Ministry, Policy, Signature
from sim.nodes.counter import Counter, CounterState, DeclaredDesk, Office
from sim.nodes.counter.node import SUSPENDED
from sim.nodes.messages.cards import AddressWritten, CardReading, CardsRead, ReadCards, WriteAddress
from sim.nodes.messages.counter import CallNext, Revise
from tests.drivers.story import AT
from tests.nodes.rig import Rig

DAY = date(2019, 4, 16)  # a Tuesday
MORNING = instant(DAY, 9)
CARDS = NodeId("cards-131041-01")

_DECIDED = date(2013, 9, 1)
ACTIVE = Policy(
    date(2013, 4, 1),
    Decision(tuple(Signature(ministry, _DECIDED) for ministry in Ministry), _DECIDED),
    date(2014, 4, 1),
)
"""Writing to chips since 2014-04-01."""


class Shift:
    """One counter, what it sent, and the time."""

    def __init__(
        self,
        office: Office | None = None,
        *,
        rules: Rules = RULES,
        policy: Policy = SUSPENDED,
        extract: tuple[tuple[str, str], ...] = (),
        terminal_refuses: str = "",
    ) -> None:
        self.office = office or Office()
        counter = Counter(AT.counter, AT.registry, self.office, rules, policy)
        self.rig = Rig(AT.counter, counter, CounterState)
        self.alarms: list[tuple[Instant, int, Alarm]] = []
        self.revisions: list[Revise] = []
        self.reads: list[ReadCards] = []
        self.writes: list[WriteAddress] = []
        self.calls = 0
        self._extract = extract
        self._refuses = terminal_refuses

    def give(self, body: Body, now: Instant = MORNING) -> Reply:
        """Gives it to the counter, after everything that was due before."""
        self.until(now)
        return self._follow(self.rig.give(body, now), now)

    def until(self, now: Instant) -> None:
        """Rings every alarm that is due by then."""
        while self.alarms and self.alarms[0][0] <= now:
            at, _, alarm = heapq.heappop(self.alarms)
            self._follow(self.rig.ring(alarm), at)

    def over(self) -> Shift:
        """Everything that was planned has happened."""
        while self.alarms:
            self.until(self.alarms[0][0])
        return self

    def lines(self, *kinds: str, case: str = "") -> list[Line]:
        return [
            line
            for line in self.rig.store.journal()
            if (not kinds or line.kind in kinds) and case in ("", line.case)
        ]

    def kinds(self, case: str = "") -> list[str]:
        return [line.kind for line in self.lines(case=case)]

    def last(self, kind: str) -> Line:
        return self.rig.last(kind)

    def _follow(self, committed: Committed, now: Instant) -> Reply:
        for alarm in committed.wakes:
            heapq.heappush(self.alarms, (alarm.at, alarm.n, alarm))
            self.calls += isinstance(alarm.body, CallNext)
        for send in committed.sends:
            match send.body:
                case Revise():
                    self.revisions.append(send.body)
                case ReadCards():
                    self.reads.append(send.body)
                    self._follow(self.rig.give(self._read(send.body), now, CARDS), now)
                case WriteAddress():
                    self.writes.append(send.body)
                    answer = AddressWritten(
                        send.body.case, send.body.session, send.body.ref, False, "not_authorised"
                    )
                    self._follow(self.rig.give(answer, now, CARDS), now)
        return committed.reply

    def _read(self, asked: ReadCards) -> CardsRead:
        if self._refuses:
            return CardsRead(asked.case, asked.session, (), self._refuses)
        desk = DeclaredDesk(asked.cards, CARDS)
        found = [desk.read(card.person.ref) for card in asked.cards]
        return CardsRead(asked.case, asked.session, tuple(map(self._with_text, found)))

    def _with_text(self, reading: CardReading) -> CardReading:
        extract = self._extract if reading.outcome == "match" else ()
        return CardReading(
            reading.ref, reading.outcome, reading.terminal, reading.differs, extract, real=True
        )
