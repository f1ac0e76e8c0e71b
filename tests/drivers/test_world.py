"""Simulated time gives inputs and wakes their instants, however a run is cut."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base import collecting
from sim.base.errors import HarnessError
from sim.base.instant import DAY, HOUR, Instant
from sim.base.journal import Line
from sim.base.node import Body, Key, NodeId
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import LGWAN
from sim.drivers.world import Input, World
from sim.nodes.lgwan import Outage
from sim.nodes.messages.network import Arrival
from sim.nodes.messages.registry import ConfirmNotices
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


def test_the_collector_searches_seldom_while_days_are_played_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    seen: list[int] = []
    world().run(story(), END, lambda _: seen.append(gc.get_threshold()[0]))
    assert seen == [collecting.SELDOM] * 4
    assert gc.get_threshold() == before


def test_a_send_to_a_node_that_is_nowhere_names_both_ends() -> None:
    lonely = World(TOPOLOGY.municipality(MemoryStore), PlainEdge(), START)
    with pytest.raises(HarnessError, match=f"{TOPOLOGY.places.terminal} sends to {LGWAN}"):
        lonely.run([item for item in story() if item.to in lonely.site.actors], END)


class Damaging(PlainEdge):
    """A way on which some batches arrive damaged: those whose number of arrival is listed."""

    def __init__(self, damaged: set[int]) -> None:
        self._damaged = damaged
        self._arrivals = 0

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        if not isinstance(body, Arrival):
            return body
        self._arrivals += 1
        if self._arrivals in self._damaged:
            return msgspec.structs.replace(body, content=body.content[:-20])
        return body


@pytest.mark.parametrize("damaged", [{1}, {2}, {1, 2}, {3, 4, 5}, {1, 3, 5, 7, 9}, set(range(1, 6))])
def test_batches_damaged_on_the_way_go_again_until_nothing_is_missing(damaged: set[int]) -> None:
    whole_story = World(TOPOLOGY.everything(MemoryStore), Damaging(set()), START)
    broken = World(TOPOLOGY.everything(MemoryStore), Damaging(damaged), START)
    for one in (whole_story, broken):
        one.run(story(), Instant(END + 12 * DAY))
    journals = [list(one.site.lines()) for one in (whole_story, broken)]
    # The numbers of records may differ, because confirmations come later; what became of each may not.
    verdicts = ("record_raised", "record_accepted", "notice_raised", "notice_imported", "notice_settled")
    counted = [Counter(line.kind for line in lines if line.kind in verdicts) for lines in journals]
    assert counted[0] == counted[1]
    assert counted[1]["record_raised"] == counted[1]["record_accepted"]
    kinds = Counter(line.kind for line in journals[1])
    assert kinds["batch_rejected"] >= len(damaged)
    assert kinds["batch_given_up"] == 0
    answered = [line for line in journals[1] if line.kind == "result_applied"]
    assert len(answered) == counted[1]["record_raised"]
    assert {line.data["outcome"] for line in answered} == {"accepted"}


@given(
    damaged=st.sets(st.integers(1, 24), max_size=12),
    outages=st.lists(st.tuples(st.integers(0, 96), st.integers(1, 30)), max_size=3),
)
@settings(max_examples=60)
def test_whatever_is_damaged_or_down_no_record_is_lost_or_decided_twice(
    damaged: set[int], outages: list[tuple[int, int]]
) -> None:
    """S3-003: no loss and no double effect, whatever happens on the way."""
    down = tuple(
        Outage(Instant(START + begin * HOUR), Instant(START + (begin + length) * HOUR), "storm")
        for begin, length in outages
    )
    broken = World(replace(TOPOLOGY, outages=down).everything(MemoryStore), Damaging(damaged), START)
    # A clerk keeps coming, so that a notice that arrives late is confirmed too.
    mornings = [
        Input(
            Instant(END + day * DAY + 9 * HOUR),
            TOPOLOGY.places.registry,
            Key(f"late/{day}"),
            ConfirmNotices(),
        )
        for day in range(19)
    ]
    broken.run([*story(), *mornings], Instant(END + 20 * DAY))
    lines = list(broken.site.lines())

    def named(*kinds: str) -> Counter[str]:
        return Counter(str(line.data["record"]) for line in lines if line.kind in kinds)

    raised = named("record_raised")
    assert named("record_accepted", "record_rejected") <= raised
    assert named("result_applied") == raised  # each has its result, and only one
    assert named("notice_imported") <= named("notice_raised")
    assert named("notice_settled") == named("notice_raised")
    assert named("record_accepted") == raised
    assert not [line for line in lines if line.kind == "batch_given_up"]
