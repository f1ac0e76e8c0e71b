"""Simulated time gives inputs and wakes their instants, however a run is cut."""

from __future__ import annotations

import pytest

from sim.base.errors import HarnessError
from sim.base.instant import DAY, HOUR, Instant
from sim.base.journal import Line
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import LGWAN
from sim.drivers.world import World
from sim.stores.memory import MemoryStore
from tests.drivers.story import END, START, TOPOLOGY, story


def world() -> World:
    return World(TOPOLOGY.everything(MemoryStore), PlainEdge(), START)


def whole() -> list[Line]:
    one = world()
    one.run(story(), END)
    return list(one.site.lines())


def test_a_run_in_pieces_is_the_run_in_one() -> None:
    inputs = story()
    pieces = world()
    at = START
    while at < END:
        until = Instant(at + 7 * HOUR)
        pieces.run([item for item in inputs if at <= item.at < until], min(until, END))
        at = until
    assert list(pieces.site.lines()) == whole()


def test_what_lies_at_the_end_or_after_it_is_not_played() -> None:
    cut = world()
    cut.run(story(), Instant(START + DAY))
    lines = list(cut.site.lines())
    assert lines == [line for line in whole() if line.at < START + DAY]
    assert cut.now == START + DAY


def test_progress_counts_the_days_and_ends_with_the_last() -> None:
    seen: list[int] = []
    world().run(story(), END, seen.append)
    assert seen == [1, 2, 3, 4]


def test_a_send_to_a_node_that_is_nowhere_names_both_ends() -> None:
    lonely = World(TOPOLOGY.municipality(MemoryStore), PlainEdge(), START)
    with pytest.raises(HarnessError, match=f"{TOPOLOGY.places.terminal} sends to {LGWAN}"):
        lonely.run([item for item in story() if item.to in lonely.site.actors], END)
