"""The terminal between the real registry, link, network and server, over a week with bad days."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from sim.base.instant import HOUR, MINUTE, Instant, instant, japan_date
from sim.base.journal import Line
from sim.base.node import Body, Key, NodeId, Store, Tables
from sim.drivers.crash import Point, explore
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import MINISTRY, Fittings, Topology
from sim.drivers.world import Input, World
from sim.exchange.reconciliation import reconcile
from sim.law.kinds import Filing
from sim.nodes.lgwan import Outage
from sim.nodes.link import MEDIA, Link, Media
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister
from sim.nodes.messages.terminal import OpenTerminal, ReplaceTerminal
from sim.nodes.terminal.audit import from_journal, origin, verify
from sim.stores.memory import MemoryStore
from tests.drivers.story import AT, CODE, TOPOLOGY, filing, person

FIRST = date(2019, 4, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(7)]
START, END = instant(FIRST), instant(FIRST + timedelta(days=12))
CALM = replace(TOPOLOGY, outages=())
HERE = [person(number) for number in range(1, 8)]


def week(*more: tuple[Instant, NodeId, Body]) -> list[Input]:
    """Each day somebody moves within, somebody comes, one card is renewed, and the clerk confirms."""
    rows: list[tuple[Instant, NodeId, Body]] = [
        (START, AT.registry, OpenRegister(tuple(HERE))),
        (START, MINISTRY, OpenMinistry(tuple((p.card_number, p.ref, CODE) for p in HERE))),
        (START, AT.terminal, OpenTerminal()),
    ]
    for n, day in enumerate(DAYS):
        comer = person(20 + n, address="埼玉県川口市1番")
        card = f"ZZ{n:08d}ZZ"
        rows += [
            (instant(day, 9), AT.registry, ConfirmNotices()),
            (instant(day, 10), AT.counter, filing(f"A{n}", HERE[n], Filing.MOVING_WITHIN, day)),
            (instant(day, 11), AT.counter, filing(f"B{n}", comer, Filing.MOVING_IN, day)),
            (
                instant(day, 14),
                MINISTRY,
                ExtendPeriod(f"E{n}", HERE[n].ref, HERE[n].card_number, card, "留学", date(2021, 4, 1)),
            ),
        ]
    rows += [(instant(FIRST + timedelta(days=n), 9), AT.registry, ConfirmNotices()) for n in range(7, 12)]
    rows = sorted([*rows, *more], key=lambda row: row[0])
    return [Input(at, to, Key(f"in/{n}"), body) for n, (at, to, body) in enumerate(rows)]


def run(topology: Topology, inputs: list[Input]) -> list[Line]:
    world = World(topology.everything(MemoryStore), PlainEdge(), START)
    world.run(inputs, END)
    return list(world.site.lines())


def by_person(lines: list[Line], kind: str) -> dict[str, list[str]]:
    """The records that entries of this kind name, of each person in order."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.kind == kind:
            found.setdefault(line.subject, []).append(line.data["record"])
    return found


def assert_settled(lines: list[Line]) -> None:
    """Everything was decided once, both sides agree, and the sums come to zero."""
    found = reconcile(lines)
    assert found.sound, found.told()
    assert not [item.name for item in found.records.values() if item.pending]
    assert all(one.rest == 0 for one in (*found.sums().values(), *found.batch_sums().values()))
    raised, accepted = by_person(lines, "record_raised"), by_person(lines, "record_accepted")
    assert raised == accepted and len(raised) >= 14
    noticed = {line.data["record"] for line in lines if line.kind == "notice_raised"}
    assert len(noticed) == 7
    assert {line.data["record"] for line in lines if line.kind == "notice_settled"} == noticed
    serials = [line.data["after"] for line in lines if line.kind == "terminal_replaced"]
    log = from_journal(lines, AT.terminal)
    assert verify(log, origin(AT.terminal, serials[-1] if serials else "1"), log[-1].hash) == ()


def replacements(seed: int) -> list[tuple[Instant, NodeId, Body]]:
    """New machines at random moments of the week, some of them within an exchange."""
    draw = random.Random(seed)
    times = sorted(
        Instant(instant(day, 22) + draw.randrange(-3 * HOUR, 3 * HOUR))
        if draw.random() < 0.5
        else Instant(instant(day) + draw.randrange(24 * HOUR))
        for day in draw.sample(DAYS, draw.randrange(1, 5))
    )
    return [(at, AT.terminal, ReplaceTerminal(f"M{n}")) for n, at in enumerate(times, start=2)]


def bad_days(seed: int) -> tuple[Outage, ...]:
    draw = random.Random(seed + 1_000)
    found = []
    for day in draw.sample(DAYS, 3):
        start = Instant(instant(day) + draw.randrange(24 * HOUR))
        found.append(Outage(start, Instant(start + draw.randrange(10 * MINUTE, 9 * HOUR))))
    return tuple(found)


@pytest.mark.parametrize("seed", range(12))
def test_a_terminal_that_is_replaced_at_random_moments_of_a_bad_week_comes_to_zero(seed: int) -> None:
    """S3-003; S1-018: with the real registry, which raises again what has no result."""
    topology = replace(TOPOLOGY, outages=bad_days(seed))
    lines = run(topology, week(*replacements(seed)))
    assert_settled(lines)
    assert any(line.kind == "terminal_replaced" for line in lines)


@pytest.mark.parametrize("seed", range(4))
def test_a_terminal_that_is_replaced_behind_a_media_link_comes_to_zero(seed: int) -> None:
    """S1-018 and S2-006: the request goes with the medium, and so does what is raised again."""
    link = Link(AT.link, AT.registry, AT.terminal, MEDIA, media=Media(bytes(32)))
    topology = replace(CALM, fittings=Fittings(link=link))
    lines = run(topology, week(*replacements(seed)))
    assert_settled(lines)


def test_a_terminal_on_demand_loses_nothing_between_its_sessions() -> None:
    """S1-016: connect, exchange, disconnect; a bad night is made up for."""
    outage = Outage(instant(DAYS[1], 21), instant(DAYS[1], 23))
    topology = replace(TOPOLOGY, outages=(outage,), fittings=Fittings(on_demand="secret"))
    lines = run(topology, week())
    assert_settled(lines)
    kinds = [line.kind for line in lines]
    assert kinds.count("session_opened") == kinds.count("session_closed") >= 10
    assert "session_refused" in kinds


def test_a_terminal_on_demand_that_is_replaced_comes_to_zero() -> None:
    """S1-016 and S1-018."""
    topology = replace(CALM, fittings=Fittings(on_demand="secret"))
    assert_settled(run(topology, week(*replacements(3))))


@pytest.mark.parametrize(
    "fittings", [Fittings(per_event=True), Fittings(also=(time(9), time(13)))], ids=["per event", "thrice"]
)
def test_immediate_and_daily_exchange_come_to_the_same_at_the_end_of_the_day(fittings: Fittings) -> None:
    """S1-021: recipients have the same results at the end of each day."""
    daily, other = run(CALM, week()), run(replace(CALM, fittings=fittings), week())
    for day in DAYS:
        by_day = [
            sorted(
                line.data["record"]
                for line in lines
                if line.kind == "record_accepted" and japan_date(line.at) <= day
            )
            for lines in (daily, other)
        ]
        assert by_day[0] == by_day[1] != []
    assert_settled(other)


@pytest.mark.parametrize(
    "fittings", [Fittings(), Fittings(per_event=True), Fittings(on_demand="secret")], ids=["", "event", "asp"]
)
def test_every_day_of_a_week_has_an_exchange_without_a_persons_hand(fittings: Fittings) -> None:
    """S1-012, S1-022, S2-007: automatic, at least once a day, also with nothing to send."""
    inputs = [item for item in week() if not isinstance(item.body, ExtendPeriod)]
    lines = run(replace(CALM, fittings=fittings), inputs)
    made = {
        japan_date(line.at) for line in lines if line.kind == "batch_accepted" and line.data["from"] == CODE
    }
    assert set(DAYS) <= made
    people = {line.data["operator"] for line in lines if line.kind == "audit_logged"}
    assert people == {"service"}


@pytest.mark.parametrize("seed", range(4))
def test_a_replacement_in_a_storm_of_crashes_comes_to_zero(seed: int) -> None:
    """S1-018: the process that simulates all of it may die anywhere, too."""
    draw = random.Random(seed)
    stores: dict[NodeId, Store[Any]] = {}

    def store(node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]:
        return stores.setdefault(node, MemoryStore(node, state))

    def plan(_: int) -> Point | None:
        return draw.choice(list(Point)) if draw.random() < 0.3 else None

    inputs = week(*replacements(seed))
    tally = explore(lambda: CALM.everything(store), PlainEdge(), inputs, END, plan)
    assert tally.total > 100
    assert_settled([line for one in stores.values() for line in one.journal()])
