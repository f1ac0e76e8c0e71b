"""A process that dies anywhere loses nothing of what the centre, the sessions and the periods are about."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from sim.base.instant import HOUR, Instant, instant
from sim.base.journal import Line
from sim.base.node import Body, Key, NodeId, Store
from sim.drivers.crash import Point, explore
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN, MINISTRY, Fittings, MakeStore, Nation, Topology
from sim.drivers.world import Input
from sim.law.kinds import PersonClass
from sim.nodes.lgwan import Line as AccessLine
from sim.nodes.messages.agency import AskUsage, Decide, Landed
from sim.nodes.messages.network import DeclareOutage, HandOver, LiftOutage, ReportFault
from sim.nodes.ministry import Ministry
from sim.stores.memory import MemoryStore
from sim.stores.sql import SqlStore, open_database
from tests.drivers.story import AT, CODE, DAY_1, DAY_2, DAY_3, END, story

OpenActors = Callable[[], dict[NodeId, Actor]]
SITE = Topology(CODE, time(22), AccessLine(1_000_000, 20_000), fittings=Fittings(on_demand="secret"))


def inputs() -> list[Input]:
    """The story over a line on demand, with a fault, a declared outage, a landing and a question."""
    landed = Landed("P0000099", PersonClass.MID_LONG_TERM_RESIDENT, date(2019, 1, 1))
    wrong = Decide("D1", "P0000002", "items_wrong", "AB00000002CD", name_kanji="林")
    rows: list[tuple[Instant, NodeId, Body]] = [
        # The 90 days of this one are over on the second day of the story.
        (instant(DAY_1, 1), MINISTRY, landed),
        (instant(DAY_1, 13), MINISTRY, wrong),
        (instant(DAY_1, 14), MINISTRY, ReportFault(CODE, "cards-131041-01", "reader_broken")),
        (instant(DAY_2, 21), LGWAN, DeclareOutage(AT.terminal)),
        (instant(DAY_2, 22), MINISTRY, Decide("D2", "P0000001", "items_wrong", "ZZ00000001ZZ", sex="X")),
        (instant(DAY_2, 23), MINISTRY, HandOver(AT.terminal)),
        (instant(DAY_3, 12), LGWAN, LiftOutage(AT.terminal)),
        (instant(DAY_3, 13), MINISTRY, AskUsage()),
    ]
    more = [Input(at, to, Key(f"more/{n}"), body) for n, (at, to, body) in enumerate(rows)]
    return sorted([*story(), *more], key=lambda one: one.at)


def actors(store: MakeStore) -> dict[NodeId, Actor]:
    made = Nation((SITE,), watches_periods=True).everything(store)
    server = made[MINISTRY].node
    assert isinstance(server, Ministry)
    watching = replace(server, looks_at=time(23, 30))
    return made | {MINISTRY: Actor(watching, made[MINISTRY].store)}


def in_memory() -> OpenActors:
    stores: dict[NodeId, Store[Any]] = {}
    return lambda: actors(lambda node, state: stores.setdefault(node, MemoryStore(node, state)))


def happened(made: dict[NodeId, Actor]) -> Counter[str]:
    """What the journals say. The terminal's log binds each entry to the one before it, in their order."""
    lines = (line for actor in made.values() for line in actor.store.journal())
    return Counter(_told(line) for line in lines if line.kind != "audit_logged")


def _told(line: Line) -> str:
    # A transfer that waited for another one starts later, and a batch made later says so in its bytes.
    late = ("started", "digest", "first", "last")
    data = {key: value for key, value in line.data.items() if key not in late}
    return f"{line.node} {line.kind} {line.case} {line.subject} {sorted(data.items())}"


def undisturbed() -> tuple[int, Counter[str]]:
    open_actors = in_memory()
    tally = explore(open_actors, PlainEdge(), inputs(), Instant(END + HOUR), lambda _: None)
    return tally.opportunities, happened(open_actors())


def test_the_story_touches_what_a_crash_could_spoil() -> None:
    """S1-016, S1-025, S1-026: the whole way over a line on demand, and by hand in an outage."""
    _, told = undisturbed()
    kinds = {row.split()[1] for row in told}
    assert {
        "session_opened", "session_closed", "outage_declared", "outage_lifted", "fault_reported",
        "usage_reported", "candidate_found", "batch_handed_over", "emergency_delivered",
        "record_accepted", "notice_settled", "result_applied",
    } <= kinds  # fmt: skip


@pytest.mark.parametrize("point", list(Point))
def test_a_crash_changes_nothing_wherever_it_comes(point: Point) -> None:
    opportunities, told = undisturbed()
    for place in range(0, opportunities, 5):
        open_actors = in_memory()
        explore(open_actors, PlainEdge(), inputs(), Instant(END + HOUR), {place: point}.get)
        assert happened(open_actors()) == told, f"{point} at opportunity {place}"


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_crashes_on_a_database_changes_nothing(seed: int, tmp_path: Path) -> None:
    _, told = undisturbed()
    draw, points = random.Random(seed), list(Point)
    engine = open_database(tmp_path / "site.db", durable=False)

    def open_actors() -> dict[NodeId, Actor]:
        return actors(lambda node, state: SqlStore(engine, node, state))

    def plan(_: int) -> Point | None:
        return draw.choice(points) if draw.random() < 0.3 else None

    explore(open_actors, PlainEdge(), inputs(), Instant(END + HOUR), plan)
    assert happened(open_actors()) == told
    engine.dispose()
