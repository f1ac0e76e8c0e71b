"""One pattern at a time, and whatever happens: each record comes out once, and in its order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sim.base.instant import HOUR, Instant, instant, iso
from sim.exchange.batch import DOWN, UP
from sim.exchange.records import AnyRecord
from sim.nodes.link import DRILLS, LINE, MEDIA, PAPER, PATTERNS, KeyingError, LinkState, Paper
from sim.nodes.link.rekeying import Fields
from sim.nodes.messages.link import DrillMedium, FindMedium, LinkDown, LinkUp, LoseMedium, SwitchLink
from tests.exchange.samples import agency_notice, notice
from tests.nodes.link.legs import DAY, RUNS, Leg, link

DIRECTIONS = st.sampled_from([UP, DOWN])


def test_a_switch_is_told_with_its_day_and_both_patterns() -> None:
    """S2-009."""
    one = Leg(link())
    one.clock(9, 0, date(2026, 4, 3))
    assert one.give(SwitchLink(MEDIA)).ok
    line = one.rig.last("link_switched")
    assert (line.data, iso(line.at)[:10]) == (
        {"from": LINE, "to": MEDIA, "date": "2026-04-03"},
        "2026-04-03",
    )
    with one.rig.store.transaction() as transaction:
        state: LinkState = transaction.state
        standing = state.standing()
        assert standing is not None
        assert (standing.pattern, standing.since) == (MEDIA, date(2026, 4, 3))


def test_to_switch_to_the_pattern_in_force_is_no_switch() -> None:
    """S2-009: exactly one at a time."""
    one = Leg(link(pattern=PAPER))
    assert one.give(SwitchLink(PAPER)).code == "in_force_already"
    assert one.lines() == []


def test_a_pattern_that_is_not_set_up_is_refused_and_the_old_one_stays() -> None:
    one = Leg(link(pattern=MEDIA, paper=None))
    assert one.give(SwitchLink(PAPER)).code == "not_set_up"
    one.up(notice(1))
    one.clock(23)
    assert [line.kind for line in one.lines()] == ["medium_written", "medium_read"]


@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize("first", [MEDIA, PAPER])
def test_what_has_set_out_arrives_before_what_goes_by_the_new_pattern(first: str, direction: str) -> None:
    """S2-009."""
    one = Leg(link(pattern=first))
    one.hand_in(direction, notice(1))
    one.clock(9, 1)  # under way
    one.hand_in(direction, notice(2))
    one.give(SwitchLink(LINE))
    one.hand_in(direction, notice(3))
    assert one.records(direction) == []
    one.clock(9, 20)
    assert one.records(direction) == [notice(1), notice(2), notice(3)]
    one.hand_in(direction, notice(4))  # the way is free
    assert one.records(direction)[-1] == notice(4)
    one.clock(23)
    assert len(one.records(direction)) == 4


def test_what_a_broken_line_keeps_goes_by_media_after_a_switch() -> None:
    """S2-009; S2-018."""
    one = Leg(link())
    one.give(LinkDown())
    one.up(notice(1), notice(2))
    one.give(SwitchLink(MEDIA))
    one.up(notice(3))
    one.clock(9, 15)
    assert one.records(UP) == [notice(1), notice(2), notice(3)]
    assert one.data("medium_read")["records"] == 3
    one.give(SwitchLink(LINE))
    one.up(notice(4))
    one.clock(23)
    assert len(one.records(UP)) == 3  # the line is still down
    one.give(LinkUp())
    assert one.records(UP)[-1] == notice(4)


def test_a_lost_medium_is_replaced_by_another_one_also_after_a_switch() -> None:
    """S2-009; S1-015."""
    one = Leg(link(pattern=MEDIA))
    one.up(notice(1))
    one.clock(9, 1)
    one.give(SwitchLink(PAPER))
    one.up(notice(2))
    one.give(LoseMedium(UP))
    one.clock(23)
    assert one.records(UP) == [notice(1), notice(2)]
    kinds = [line.kind for line in one.lines()]
    assert kinds.index("medium_read") < kinds.index("sheet_printed")


def test_a_run_that_was_planned_before_a_switch_does_nothing_after_it() -> None:
    one = Leg(link(pattern=MEDIA))
    one.up(notice(1))
    one.give(SwitchLink(LINE))
    assert one.records(UP) == [notice(1)]
    one.give(SwitchLink(MEDIA))
    one.up(notice(2))
    one.clock(23)
    assert one.records(UP) == [notice(1), notice(2)]
    assert len(one.lines("medium_written")) == 1


def test_what_waits_goes_with_the_runs_of_the_new_pattern() -> None:
    one = Leg(link(pattern=MEDIA, paper=Paper(30, runs=(time(16),))))
    one.up(notice(1))  # asks for the run of media at nine
    one.give(SwitchLink(PAPER))
    one.clock(15)
    assert [line.kind for line in one.lines()] == ["link_switched"]
    one.clock(16)
    assert one.lines()[-1].kind == "sheet_printed"


def _slips(record_id: str, fields: Fields) -> Sequence[KeyingError]:
    """People who mis-key some of what they type, but not the numbers by which the test knows a record."""
    number = sum(map(ord, record_id))
    name = [item for item, _ in fields if item in ("name", "status")]
    return [KeyingError(name[0], number, "missing", number % 3 == 0)] if name and number % 2 else []


class AnyDay(RuleBasedStateMachine):
    """Records both ways, switches, losses, finds, drills and a breaking line, in any order."""

    def __init__(self) -> None:
        super().__init__()
        paper = Paper(30, runs=RUNS, minutes_per_record=25, errors=_slips)
        self.leg = Leg(link(paper=paper))
        self.handed: dict[str, list[AnyRecord]] = {UP: [], DOWN: []}
        self.number = 0

    @rule(direction=DIRECTIONS, count=st.integers(0, 3))
    def records_are_handed_in(self, direction: str, count: int) -> None:
        make = notice if direction == UP else agency_notice
        records = [make(self.number + n) for n in range(count)]
        self.number += count
        self.handed[direction] += records
        assert self.leg.hand_in(direction, *records).ok

    @rule(pattern=st.sampled_from(sorted(PATTERNS)))
    def the_pattern_is_switched(self, pattern: str) -> None:
        self.leg.give(SwitchLink(pattern))

    @rule(up=st.booleans())
    def the_line_breaks_or_works(self, up: bool) -> None:
        self.leg.give(LinkUp() if up else LinkDown())

    @rule(direction=DIRECTIONS)
    def a_medium_is_lost(self, direction: str) -> None:
        self.leg.give(LoseMedium(direction))

    @rule(direction=DIRECTIONS)
    def a_lost_medium_is_found(self, direction: str) -> None:
        self.leg.give(FindMedium(direction))

    @rule(direction=DIRECTIONS, fault=st.sampled_from(sorted(DRILLS)))
    def a_wrong_medium_is_handed_in(self, direction: str, fault: str) -> None:
        assert not self.leg.give(DrillMedium(direction, fault)).ok

    @rule(minutes=st.sampled_from([1, 10, 15, 60, 240, 1440]))
    def time_passes(self, minutes: int) -> None:
        self.leg.until(Instant(self.leg.now + minutes * HOUR // 60))

    @invariant()
    def what_came_out_is_a_beginning_of_what_was_handed_in(self) -> None:
        """S2-009."""
        for direction, handed in self.handed.items():
            came = [record.record_id for record in self.leg.records(direction)]
            assert came == [record.record_id for record in handed][: len(came)]

    def teardown(self) -> None:
        self.leg.give(LinkUp())
        self.leg.until(instant(DAY + timedelta(days=3_000)))
        for direction, handed in self.handed.items():
            came = self.leg.records(direction)
            assert [record.record_id for record in came] == [record.record_id for record in handed]
            wrong = {line.data["record"] for line in self.leg.lines("record_rekeyed") if line.data["differs"]}
            for before, after in zip(handed, came, strict=True):
                assert (before != after) == (before.record_id in wrong)
        assert not self.leg.alarms
        with self.leg.rig.store.transaction() as transaction:
            state: LinkState = transaction.state
            for direction in (UP, DOWN):
                assert not state.anything_waits(direction)
                assert state.underway(direction) is None
                assert state.planned(direction) is None


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
