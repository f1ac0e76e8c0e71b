"""A leg that dies anywhere loses nothing and doubles nothing, whatever pattern is in force."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sim.base.instant import Instant, instant
from sim.base.journal import Entry, Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Send, Step, Store, Tables
from sim.drivers.crash import Point, explore
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.drivers.world import Input
from sim.exchange.batch import DOWN, UP
from sim.nodes.link import LINE, MEDIA, PAPER, KeyingError, LinkState, Paper
from sim.nodes.messages.link import DrillMedium, FindMedium, LinkDown, LinkUp, LoseMedium, SwitchLink
from sim.nodes.messages.registry import Inbound, Outbound
from sim.stores.memory import MemoryStore
from sim.stores.sql import Database, SqlStore, open_database
from tests.exchange.samples import agency_notice, notice, transmission
from tests.nodes.link.legs import DAY, NAME, REGISTRY, RUNS, TERMINAL, link

END = instant(DAY + timedelta(days=3))
OpenActors = Callable[[], dict[NodeId, Actor]]


class SideState:
    """A side remembers nothing: its journal says what came out."""

    def __init__(self, tables: Tables) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Side:
    """Registry or terminal: hands on to the leg what it is told from outside, and writes down what comes."""

    leg: NodeId

    def step(self, state: SideState, event: Event, now: Instant) -> Step:
        assert isinstance(event.body, Outbound | Inbound)
        if event.sender == OUTSIDE:
            return Step(sends=(Send(self.leg, event.body),))
        assert event.sender == self.leg
        return Step(
            entries=tuple(
                Entry("came_out", data={"record": record.record_id, "says": repr(record)})
                for record in event.body.records
            )
        )


NODE = link(
    paper=Paper(
        30,
        runs=RUNS,
        minutes_per_record=4,
        errors=lambda record_id, fields: [KeyingError("person_ref", len(record_id), "transposed")],
    )
)


def actors_of(store: Callable[[NodeId, Callable[[Tables], Any]], Store[Any]]) -> dict[NodeId, Actor]:
    return {
        NAME: Actor(NODE, store(NAME, LinkState)),
        REGISTRY: Actor(Side(NAME), store(REGISTRY, SideState)),
        TERMINAL: Actor(Side(NAME), store(TERMINAL, SideState)),
    }


def in_memory() -> OpenActors:
    stores: dict[NodeId, Store[Any]] = {}
    return lambda: actors_of(lambda node, state: stores.setdefault(node, MemoryStore(node, state)))


@contextmanager
def in_sqlite(path: Path) -> Iterator[OpenActors]:
    engines: list[Database] = []

    def open_actors() -> dict[NodeId, Actor]:
        for engine in engines:
            engine.dispose()
        engines[:] = [open_database(path, durable=False)]
        return actors_of(lambda node, state: SqlStore(engines[0], node, state))

    yield open_actors
    for engine in engines:
        engine.dispose()


def story() -> list[Input]:
    """A leg's worst days: media lost and found, a line that breaks, every pattern in turn, both ways."""
    rows: list[tuple[int, int, NodeId, Body]] = [
        (8, 0, REGISTRY, Outbound((notice(1), transmission(2)))),  # on the line
        (8, 1, NAME, LinkDown()),
        (8, 2, REGISTRY, Outbound((notice(3),))),
        (8, 3, TERMINAL, Inbound("B1", (agency_notice(1),))),
        (8, 4, NAME, LinkUp()),
        (8, 5, NAME, SwitchLink(MEDIA)),
        (8, 6, REGISTRY, Outbound((notice(4),))),
        (8, 7, TERMINAL, Inbound("B2", (agency_notice(2), agency_notice(3)))),
        (9, 5, NAME, LoseMedium(UP)),
        (9, 6, REGISTRY, Outbound((notice(5),))),
        (9, 40, NAME, FindMedium(UP)),
        (9, 41, NAME, DrillMedium(DOWN, "used")),
        (12, 5, NAME, SwitchLink(PAPER)),  # a medium is under way
        (12, 6, REGISTRY, Outbound((notice(6),))),
        (12, 7, TERMINAL, Inbound("B3", (agency_notice(4),))),
        (17, 1, NAME, SwitchLink(LINE)),  # a sheet is being keyed in
        (17, 2, REGISTRY, Outbound((notice(7),))),
        (20, 0, TERMINAL, Inbound("B4", (agency_notice(5),))),
    ]
    return [
        Input(instant(DAY, hour, minute), to, Key(f"in/{n}"), body)
        for n, (hour, minute, to, body) in enumerate(rows)
    ]


def journal(actors: dict[NodeId, Actor]) -> dict[NodeId, list[Line]]:
    return {name: list(actor.store.journal()) for name, actor in actors.items()}


def undisturbed() -> tuple[int, dict[NodeId, list[Line]]]:
    open_actors = in_memory()
    tally = explore(open_actors, PlainEdge(), story(), END, lambda _: None)
    return tally.opportunities, journal(open_actors())


def once(place: int, point: Point) -> Callable[[int], Point | None]:
    return lambda n: point if n == place else None


def storm(seed: int, share: float) -> Callable[[int], Point | None]:
    draw = random.Random(seed)
    return lambda _: draw.choice(list(Point)) if draw.random() < share else None


def test_the_story_brings_everything_over_once_and_in_order() -> None:
    _, told = undisturbed()
    came = {side: [line.data["record"] for line in told[side]] for side in (TERMINAL, REGISTRY)}
    assert came[TERMINAL] == [f"131041-{number:08d}" for number in range(1, 8)]
    assert came[REGISTRY] == [agency_notice(number).record_id for number in range(1, 6)]
    kinds = {line.kind for line in told[NAME]}
    assert kinds == {
        "link_down", "link_up", "link_switched", "medium_written", "medium_read", "medium_lost",
        "medium_reissued", "medium_refused", "sheet_printed", "record_rekeyed",
    }  # fmt: skip


@pytest.mark.parametrize("point", list(Point))
def test_one_crash_at_every_single_opportunity_changes_nothing(point: Point) -> None:
    opportunities, told = undisturbed()
    tried = 0
    for place in range(opportunities):
        open_actors = in_memory()
        tally = explore(open_actors, PlainEdge(), story(), END, once(place, point))
        tried += tally.total
        assert journal(open_actors()) == told, f"{point} at opportunity {place}"
    assert tried > opportunities // 4


def test_a_storm_of_crashes_changes_nothing() -> None:
    _, told = undisturbed()
    for seed in range(60):
        open_actors = in_memory()
        tally = explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.4))
        assert tally.total > 10
        assert journal(open_actors()) == told, f"storm {seed}"


def test_a_storm_of_crashes_on_a_database_changes_nothing(tmp_path: Path) -> None:
    _, told = undisturbed()
    for seed in range(3):
        with in_sqlite(tmp_path / f"{seed}.db") as open_actors:
            assert explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.4)).total > 10
            assert journal(open_actors()) == told, f"storm {seed}"
