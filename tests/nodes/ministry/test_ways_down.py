"""Notices at once or with the day's exchange, by hand in an outage, and over the night of the new name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import DAY, HOUR, MINUTE, Instant, instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.drivers.world import Input, World
from sim.exchange.reconciliation import reconcile
from sim.law.kinds import Filing
from sim.nodes.lgwan import Line as AccessLine
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.network import (
    Arrival,
    Carried,
    Carry,
    DeclareOutage,
    HandOver,
    LiftOutage,
    Undelivered,
)
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister
from sim.nodes.messages.terminal import OpenTerminal
from sim.nodes.ministry import Ministry
from sim.nodes.registry import RegistryState
from sim.stores.memory import MemoryStore
from tests.drivers.story import AT, CODE, DAY_1, filing, person
from tests.nodes.ministry.server import HERE, NOW, Server, notices

PEOPLE = [person(n) for n in range(1, 6)]
UNTIL = date(2024, 4, 1)


def extension(number: int, issue: int = 1) -> ExtendPeriod:
    who = PEOPLE[number - 1]
    before = who.card_number if issue == 1 else f"ZZ{issue - 1:04d}{number:04d}ZZ"
    return ExtendPeriod(f"C{number}-{issue}", who.ref, before, f"ZZ{issue:04d}{number:04d}ZZ", "留学", UNTIL)


# --- at once or daily -------------------------------------------------------------------------------------
def play(inputs: list[tuple[Instant, NodeId, Body]], days: int = 4, immediate: bool = False) -> World:
    """A city, the network and the server for some days from 2019-04-01."""
    topology = Topology(CODE, time(22), AccessLine(1_000_000, 20_000))
    actors = topology.everything(MemoryStore)
    server = actors[MINISTRY].node
    assert isinstance(server, Ministry)
    actors[MINISTRY] = Actor(replace(server, immediate=immediate), actors[MINISTRY].store)
    start = instant(DAY_1)
    holders = tuple((who.card_number, who.ref, CODE) for who in PEOPLE)
    rows = [
        (start, AT.registry, OpenRegister(tuple(PEOPLE))),
        (start, MINISTRY, OpenMinistry(holders)),
        (start, AT.terminal, OpenTerminal()),
        *inputs,
        *((Instant(start + day * DAY + 9 * HOUR), AT.registry, ConfirmNotices()) for day in range(1, days)),
    ]
    rows.sort(key=lambda row: row[0])
    world = World(actors, PlainEdge(), start)
    told = [Input(at, to, Key(f"in/{n}"), body) for n, (at, to, body) in enumerate(rows)]
    world.run(told, Instant(start + days * DAY))
    return world


def register(world: World) -> list[object]:
    with world.site.actors[AT.registry].store.transaction() as transaction:
        assert isinstance(transaction.state, RegistryState)
        return list(transaction.state.residents())


def imported(lines: Iterator[Line]) -> list[tuple[str, Instant]]:
    return [(line.data["record"], line.at) for line in lines if line.kind == "notice_imported"]


def test_the_register_is_the_same_at_the_end_of_the_day_whether_notices_go_at_once_or_daily() -> None:
    """S1-021: both modes, and what the recipient has at day end is equal."""
    start = instant(DAY_1)
    inputs: list[tuple[Instant, NodeId, Body]] = [
        (Instant(start + (10 + number) * HOUR), MINISTRY, extension(number)) for number in range(1, 5)
    ]
    inputs += [
        (Instant(start + 16 * HOUR), MINISTRY, extension(1, 2)),  # twice on one day: in their order
        (Instant(start + 15 * HOUR), AT.counter, filing("M", PEOPLE[4], Filing.MOVING_WITHIN, DAY_1)),
    ]
    daily, immediate = play(inputs), play(inputs, immediate=True)
    assert register(daily) == register(immediate)
    assert register(daily) != [*PEOPLE]
    by_day, at_once = imported(daily.site.lines()), imported(immediate.site.lines())
    assert [record for record, _ in by_day] == [record for record, _ in at_once]
    assert {at // HOUR for _, at in by_day} == {(start + 22 * HOUR) // HOUR}
    assert [(at - start) // HOUR for _, at in at_once] == [11, 12, 13, 14, 16]
    for world in (daily, immediate):
        assert reconcile(world.site.lines()).sound


def test_at_once_does_not_mean_to_a_line_on_demand() -> None:
    server = Server(immediate=True, on_demand=frozenset({AT.terminal}))
    committed = server.give(extension(1))
    assert committed.sends == ()
    assert len(notices(server.up())) == 1


def test_a_notice_at_once_is_caused_by_its_decision_and_goes_down_once() -> None:
    server = Server(immediate=True)
    committed = server.give(extension(1))
    assert [one.card_number for one in notices(committed)] == ["ZZ00010001ZZ"]
    raised, made = server.lines("notice_raised", "batch_made")
    assert made.data["contains"] == [raised.data["record"]]
    server.carried(committed)
    assert notices(server.up()) == []


# --- by hand ----------------------------------------------------------------------------------------------
class Way:
    """The server with a network before it, and a terminal that writes down what arrives."""

    def __init__(self) -> None:
        topology = Topology(CODE, time(22), AccessLine(1_000_000, 20_000))
        self.actors = topology.network(MemoryStore) | topology.ministry(MemoryStore)
        server = self.actors[MINISTRY].node
        assert isinstance(server, Ministry)
        self.actors[MINISTRY] = Actor(replace(server, immediate=True), self.actors[MINISTRY].store)
        self.arrived: list[Arrival] = []
        self.world = World(self.actors, PlainEdge(), NOW)
        self.world.site._remote = self._at_the_terminal
        self._n = 0
        self.give(MINISTRY, OpenMinistry(tuple((who.card_number, who.ref, CODE) for who in PEOPLE)))

    def _at_the_terminal(self, outgoing: object) -> None:
        body = getattr(outgoing, "body", None)
        if isinstance(body, Arrival):
            self.arrived.append(body)

    def give(self, to: NodeId, body: Body) -> None:
        self._n += 1
        self.world.site.deliver(to, Event(Key(f"w{self._n}"), OUTSIDE, body), self.world.now)

    def pass_time(self, microseconds: int) -> None:
        self.world.run([], Instant(self.world.now + microseconds))

    def lines(self, kind: str) -> list[Line]:
        return [line for line in self.world.site.lines() if line.kind == kind]

    @property
    def refs(self) -> list[tuple[int, str]]:
        return [(int(one.ref.rpartition("-")[2]), one.manner) for one in self.arrived]


def test_in_a_declared_outage_what_waits_goes_by_hand_in_order_and_nothing_is_doubled_afterwards() -> None:
    """Joint Ordinance No. 1 of 2012: order is kept, and nothing comes twice when the line is back."""
    way = Way()
    way.give(MINISTRY, extension(1))
    way.pass_time(MINUTE)
    way.give(LGWAN, DeclareOutage(AT.terminal))
    for number in (2, 3):
        way.give(MINISTRY, extension(number))
        way.pass_time(MINUTE)
    way.give(MINISTRY, HandOver(AT.terminal))
    way.pass_time(HOUR)  # retries of the line fall due, and the messenger is on the way
    way.give(MINISTRY, extension(4))
    way.give(LGWAN, LiftOutage(AT.terminal))
    way.pass_time(DAY)
    assert way.refs == [(1, "line"), (2, "media"), (3, "media"), (4, "line")]
    assert [line.data["manner"] for line in way.lines("batch_handed_over")] == ["media", "media"]
    assert len(way.lines("batch_sent")) == 4


def test_without_a_declaration_the_messenger_is_turned_away_and_the_line_takes_it_when_it_works() -> None:
    way = Way()
    way.give(LGWAN, DeclareOutage())
    for number in (1, 2):
        way.give(MINISTRY, extension(number))
    way.give(LGWAN, LiftOutage())
    way.give(MINISTRY, HandOver(AT.terminal, "paper"))
    assert [line.data["reason"] for line in way.lines("emergency_refused")] == ["no_declared_outage"] * 2
    way.pass_time(DAY)
    assert way.refs == [(1, "line"), (2, "line")]


def test_a_second_messenger_takes_only_what_has_come_since_and_nobody_goes_empty_handed() -> None:
    way = Way()
    way.give(LGWAN, DeclareOutage())
    for number in (1, 2):
        way.give(MINISTRY, extension(number))
        way.give(MINISTRY, HandOver(AT.terminal))
    server = Server()
    assert server.give(HandOver(AT.terminal)).reply.code == "nothing_waits"
    assert server.give(HandOver(AT.terminal, "line")).reply.code == "unknown_manner"
    way.pass_time(DAY)
    assert way.refs == [(1, "media"), (2, "media")]


def test_notices_that_wait_for_the_next_exchange_go_with_the_messenger_too() -> None:
    """In a long outage no exchange comes that could take them down."""
    server = Server()
    server.give(extension(1))
    handed = server.give(HandOver(AT.terminal))
    assert [one.card_number for one in notices(handed)] == ["ZZ00010001ZZ"]
    assert [send.body.manner for send in handed.sends if isinstance(send.body, Carry)] == ["media"]
    assert [line.kind for line in server.lines("batch_made", "batch_handed_over")] == [
        "batch_made",
        "batch_handed_over",
    ]
    assert server.give(HandOver(NodeId("terminal-9"))).reply.code == "unknown_terminal"
    server = Server()
    server.give(extension(1))
    assert not server.give(HandOver(AT.terminal, "pigeon")).reply.ok
    assert len(notices(server.up())) == 1  # they still wait


def test_a_batch_that_a_messenger_has_stays_his_whatever_the_line_says_of_it() -> None:
    server = Server(immediate=True)
    (first,) = server.give(extension(1)).sends
    assert isinstance(first.body, Carry)
    server.give(HandOver(AT.terminal))
    assert server.give(Undelivered(AT.terminal, first.body.ref, "outage"), NOW, LGWAN).wakes == ()
    (back,) = server.give(Undelivered(AT.terminal, first.body.ref, "x", "media"), NOW, LGWAN).wakes
    (again,) = server.rig.ring(back).sends
    assert again.body == first.body


def test_a_messenger_who_comes_before_the_batch_in_front_of_his_own_holds_up_nobody() -> None:
    server = Server(immediate=True)
    for issue in (1, 2):
        server.give(extension(1, issue))
    handed = server.give(HandOver(AT.terminal))
    refs = [send.body.ref for send in handed.sends if isinstance(send.body, Carry)]
    server.give(Undelivered(AT.terminal, refs[0], "x", "media"), NOW, LGWAN)
    # The second is over before the first, which was turned away: the first still goes, and then the third.
    assert server.give(Carried(AT.terminal, refs[1]), NOW, LGWAN).sends == ()
    server.give(extension(1, 3))
    (third,) = server.give(Carried(AT.terminal, refs[0]), NOW, LGWAN).sends
    assert isinstance(third.body, Carry)
    assert third.body.ref.endswith("-00000003")


def test_what_came_by_hand_says_so_in_the_servers_journal() -> None:
    server = Server()
    server.up(manner="paper")
    server.up()
    assert [line.data.get("manner") for line in server.lines("batch_accepted")] == ["paper", None]


ACTS = st.lists(
    st.sampled_from(["notice", "notice", "declare", "lift", "messenger", "minute", "hours"]), max_size=30
)


@given(acts=ACTS)
def test_whatever_goes_by_hand_and_whatever_by_line_all_arrive_once_and_in_their_order(
    acts: list[str],
) -> None:
    way = Way()
    raised = 0
    for act in acts:
        match act:
            case "notice":
                raised += 1
                way.give(MINISTRY, extension(1, raised))
            case "declare" | "lift":
                way.give(LGWAN, DeclareOutage() if act == "declare" else LiftOutage())
            case "messenger":
                way.give(MINISTRY, HandOver(AT.terminal))
            case _:
                way.pass_time(MINUTE if act == "minute" else 5 * HOUR)
    way.give(LGWAN, LiftOutage())
    way.pass_time(2 * DAY)
    assert [number for number, _ in way.refs] == list(range(1, raised + 1))


# --- the night of the new name ----------------------------------------------------------------------------
@pytest.mark.parametrize(("minutes", "rate"), [(1, 12), (30, 2)])
def test_a_batch_on_the_line_over_the_midnight_of_the_new_name_is_neither_lost_nor_rejected(
    minutes: int, rate: int
) -> None:
    """S3-008, S3-019: 2019-03-31 to 2019-04-01, with a batch in each direction on a slow line at midnight."""
    start = instant(date(2019, 3, 31))
    # A line on which a batch of a few hundred bytes takes minutes, or the better part of an hour.
    topology = Topology(CODE, time(23, 60 - minutes), AccessLine(rate, MINUTE))
    actors = topology.everything(MemoryStore)
    rows: list[tuple[Instant, NodeId, Body]] = [
        (start, AT.registry, OpenRegister((HERE,))),
        (start, MINISTRY, OpenMinistry(((HERE.card_number, HERE.ref, CODE),))),
        (start, AT.terminal, OpenTerminal()),
        (Instant(start + 10 * HOUR), AT.counter, filing("A", HERE, Filing.MOVING_WITHIN, date(2019, 3, 30))),
        (Instant(start + 11 * HOUR), MINISTRY, extension(1)),
        (Instant(start + 2 * DAY + 9 * HOUR), AT.registry, ConfirmNotices()),
    ]
    world = World(actors, PlainEdge(), start)
    inputs = [Input(at, to, Key(f"i{n}"), body) for n, (at, to, body) in enumerate(rows)]
    world.run(inputs, Instant(start + 4 * DAY))
    lines = list(world.site.lines())
    midnight = instant(date(2019, 4, 1))
    done = [line for line in lines if line.kind == "transfer_done"]
    crossed = [line for line in done if line.data["started"] < midnight < line.at]
    assert crossed
    kinds = [line.kind for line in lines]
    assert "batch_rejected" not in kinds
    assert "record_rejected" not in kinds
    assert kinds.count("record_accepted") == 2
    assert [line.data["outcome"] for line in lines if line.kind == "notice_settled"] == ["accepted"]
    found = reconcile(lines)
    assert found.sound, found.told()
