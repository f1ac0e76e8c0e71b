"""A town with a card terminal and the write authority, joined as in a run; the counter only listens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

import msgspec

from sim.base.instant import Instant, instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Alarm, Body, Event, Key, NodeId, Reply, Step, Tables
from sim.drivers.edge import Edge, PlainEdge
from sim.drivers.site import Actor, Site
from sim.drivers.topology import MakeStore
from sim.law.kinds import CardState, PersonClass
from sim.law.write_policy import Decision, Ministry, Policy, Signature
from sim.nodes.card_terminal import CardTerminal, CardTerminalState
from sim.nodes.lgwan import Lgwan, LgwanState, Outage
from sim.nodes.lgwan import Line as AccessLine
from sim.nodes.messages.cards import (
    DeclaredCard,
    ReadCards,
    ReportReadiness,
    TerminalFacts,
    WriteAddress,
)
from sim.nodes.messages.people import Person
from sim.nodes.write_authority import WriteAuthority, WriteAuthorityState
from sim.stores.memory import MemoryStore

CODE, OTHER = "131041", "131211"
COUNTER, TERMINAL = NodeId(f"counter-{CODE}"), NodeId(f"cards-{CODE}-01")
AUTHORITY, NETWORK = NodeId("write-authority"), NodeId("lgwan")
TODAY = date(2019, 5, 7)
NOON = instant(TODAY, 12)

SIGNED = tuple(Signature(ministry, date(2018, 10, 1)) for ministry in Ministry)
ACTIVE = Policy(date(2013, 10, 1), Decision(SIGNED, date(2019, 4, 1)), date(2019, 4, 1))

PERSON = Person(
    ref="P0000001",
    person_class=PersonClass.MID_LONG_TERM_RESIDENT,
    name="NGUYEN VAN AN",
    birth_date=date(1990, 4, 1),
    sex="M",
    nationality="VNM",
    address="東京都新宿区歌舞伎町一丁目4番1号",
    card_number="AB12345678CD",
    status="留学",
    period_until=date(2021, 3, 31),
    period="2年",
)


S = TypeVar("S", bound=msgspec.Struct)


def replace_struct(struct: S, **changes: Any) -> S:
    return msgspec.structs.replace(struct, **changes)


def card(person: Person = PERSON, state: CardState = CardState.PRESENTED, **changes: Any) -> DeclaredCard:
    return replace_struct(DeclaredCard(person, state), **changes)


def reading_of(*cards: DeclaredCard, office: str = "main_office", **changes: Any) -> ReadCards:
    return replace_struct(ReadCards("C1", "S1", office, cards or (card(),)), **changes)


def writing(ref: str = PERSON.ref, office: str = "main_office", **changes: Any) -> WriteAddress:
    wish = WriteAddress("C1", "S1", office, ref, "東京都新宿区歌舞伎町二丁目1番1号", TODAY)
    return replace_struct(wish, **changes)


def ready(code: str = CODE, terminals: Iterable[TerminalFacts] = (), **changes: Any) -> ReportReadiness:
    facts = tuple(terminals) or (TerminalFacts(f"cards-{code}-01", "main_office", writes=True),)
    return replace_struct(ReportReadiness(code, True, True, facts), **changes)


class Heard:
    """What a listener was told."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables


class Listener:
    """A node that only remembers, in the order of arrival."""

    def __init__(self) -> None:
        self.heard: list[Body] = []

    def step(self, state: Heard, event: Event, now: Instant) -> Step:
        self.heard.append(event.body)
        return Step()


@dataclass
class Town:
    """All nodes on one site; `ring` gives the wakes that are due."""

    terminal: CardTerminal = field(default_factory=lambda: CardTerminal(TERMINAL, CODE, COUNTER, writes=True))
    policy: Policy = ACTIVE
    municipalities: tuple[str, ...] = (CODE,)
    outages: tuple[Outage, ...] | None = None
    edge: Edge = field(default_factory=PlainEdge)
    reports: bool = True
    store: MakeStore = MemoryStore

    def __post_init__(self) -> None:
        self.counter = Listener()
        self.alarms: list[Alarm] = []
        self._n = 0
        networked = self.outages is not None
        if networked:
            self.terminal = replace(self.terminal, network=NETWORK)
        authority = WriteAuthority(
            AUTHORITY,
            self.municipalities,
            (TERMINAL,),
            policy=self.policy,
            network=NETWORK if networked else None,
        )
        actors = {
            TERMINAL: Actor(self.terminal, self.store(TERMINAL, CardTerminalState)),
            AUTHORITY: Actor(authority, self.store(AUTHORITY, WriteAuthorityState)),
            COUNTER: Actor(self.counter, self.store(COUNTER, Heard)),
        }
        if networked:
            exchange = NodeId(f"terminal-{CODE}")
            network = Lgwan(
                NETWORK,
                NodeId("ministry"),
                {exchange: AccessLine(0, 1000)},
                self.outages or (),
                card_terminals={TERMINAL: exchange},
            )
            actors[NETWORK] = Actor(network, self.store(NETWORK, LgwanState))
        self.site = Site(actors, self.edge, self.alarms.append)
        if self.reports:
            for code in self.municipalities:
                assert self.give(AUTHORITY, ready(code)).ok

    def give(
        self, to: NodeId, body: Body, sender: NodeId = OUTSIDE, now: Instant = NOON, key: str = ""
    ) -> Reply:
        self._n += 1
        return self.site.deliver(to, Event(Key(key or f"k{self._n}"), sender, body), now)

    def ask(self, body: Body, now: Instant = NOON) -> Reply:
        """The counter of the office asks its terminal."""
        return self.give(TERMINAL, body, COUNTER, now)

    def ring(self, until: Instant) -> None:
        """Every wake up to and including `until`, in order."""
        while due := sorted((one for one in self.alarms if one.at <= until), key=lambda one: (one.at, one.n)):
            self.alarms.remove(due[0])
            self.site.deliver(due[0].node, due[0].event(), due[0].at)

    def lines(self, *kinds: str, node: NodeId | None = None) -> list[Line]:
        return [
            line
            for line in self.site.lines()
            if (not kinds or line.kind in kinds) and (node is None or line.node == node)
        ]

    def heard(self, kind: type[Any]) -> list[Any]:
        return [body for body in self.counter.heard if isinstance(body, kind)]
