"""Who comes first is served first, by a clerk who may; one wake to a visit at most."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from sim.base.errors import HarnessError
from sim.base.instant import MINUTE, Instant, instant, iso
from sim.law.kinds import CardState, Filing
from sim.nodes.counter import Clerk, CounterState, Office, Role
from sim.nodes.messages.counter import Endorse, Visit
from sim.stores.sql import SqlStore, open_database
from tests.drivers.story import AT, filing, person
from tests.nodes.counter.shift import CARDS, DAY, MORNING, Shift


def visit(number: int, minutes: int, *, card: bool = True) -> Visit:
    state = CardState.PRESENTED if card else CardState.ABSENT
    form = filing(f"C{number}", person(number), Filing.MOVING_IN, DAY, state)
    return Visit(f"V{number}", (form,), minutes)


def after(minutes: int) -> Instant:
    return Instant(MORNING + minutes * MINUTE)


def served(shift: Shift) -> dict[str, tuple[int, str]]:
    """Each visit's minutes of waiting, and the clerk, in the order in which they were served."""
    return {line.case: (line.data["waited"], line.data["clerk"]) for line in shift.lines("visit_served")}


def test_whoever_comes_while_every_window_is_taken_waits_for_the_first_that_is_free() -> None:
    shift = Shift(Office(windows=2))
    for number, minutes in ((1, 30), (2, 10), (3, 20), (4, 5)):
        shift.give(visit(number, minutes), after(number))
    assert list(served(shift)) == ["V1", "V2"]
    shift.over()
    # 9:01 to 9:31 and 9:02 to 9:12; then the third 9:12 to 9:32, and the fourth from 9:31 on.
    assert served(shift) == {"V1": (0, ""), "V2": (0, ""), "V3": (9, ""), "V4": (27, "")}
    assert shift.last("visit_served").at == after(31)


def test_a_visit_waits_for_a_clerk_with_training_and_another_passes_it_that_can_do_without() -> None:
    """S0-050."""
    office = Office(windows=3, clerks=(Clerk("new"), Clerk("old", trained_on=DAY)))
    shift = Shift(office)
    shift.give(visit(1, 30), after(0))
    shift.give(visit(2, 30), after(1))
    shift.give(visit(3, 30, card=False), after(2))
    shift.over()
    assert served(shift) == {"V1": (0, "old"), "V3": (0, "new"), "V2": (29, "old")}


def test_the_clerk_who_may_do_least_is_taken_so_that_the_others_stay_free() -> None:
    office = Office(clerks=(Clerk("all", trained_on=DAY), Clerk("few", (Role.FILING,))))
    shift = Shift(office)
    shift.give(visit(1, 30, card=False))
    shift.give(visit(2, 30))
    assert served(shift) == {"V1": (0, "few"), "V2": (0, "all")}


def test_who_arrives_at_the_moment_a_window_gets_free_does_not_pass_who_waits() -> None:
    shift = Shift(Office(windows=1))
    shift.give(visit(1, 10), after(0))
    shift.give(visit(2, 10), after(1))
    # The alarm of 9:10 has not rung when the third one comes at 9:10.
    alarms, shift.alarms = shift.alarms, []
    shift.give(visit(3, 10), after(10))
    shift.alarms += alarms
    shift.alarms.sort()
    shift.over()
    assert served(shift) == {"V1": (0, ""), "V2": (9, ""), "V3": (10, "")}


def test_two_windows_that_get_free_at_once_take_one_visit_each() -> None:
    shift = Shift(Office(windows=2))
    for number in range(1, 5):
        shift.give(visit(number, 15), after(0))
    shift.over()
    assert served(shift) == {"V1": (0, ""), "V2": (0, ""), "V3": (15, ""), "V4": (15, "")}
    assert shift.calls <= 4


def test_whoever_came_in_time_is_served_past_closing_time() -> None:
    shift = Shift(Office(windows=1))
    shift.give(visit(1, 60), instant(DAY, 17))
    shift.give(visit(2, 10), instant(DAY, 17, 5))
    shift.over()
    assert iso(shift.last("visit_served").at) == "2019-04-16T18:00:00+09:00"
    assert shift.last("filing_accepted").data["filed_date"] == "2019-04-16"


def test_whoever_still_waits_at_midnight_is_sent_home_because_a_filing_bears_its_day() -> None:
    shift = Shift(Office(windows=1))
    shift.give(visit(1, 8 * 60), instant(DAY, 17))
    shift.give(visit(2, 10), instant(DAY, 17, 5))
    shift.over()
    assert list(served(shift)) == ["V1"]
    away = shift.last("visit_turned_away")
    assert (away.case, away.data["reason"]) == ("V2", "closed")
    assert {line.data["filed_date"] for line in shift.lines("filing_accepted")} == {"2019-04-16"}
    # Nobody waits any more, and the next day begins as ever.
    assert shift.give(visit(3, 10), instant(date(2019, 4, 17), 10)).ok
    assert served(shift)["V3"] == (0, "")


def test_nobody_waits_where_windows_have_no_limit_and_no_wake_is_needed() -> None:
    shift = Shift()
    for number in range(1, 6):
        shift.give(visit(number, 30))
    assert [waited for waited, _ in served(shift).values()] == [0] * 5
    assert (shift.calls, shift.alarms) == (0, [])


def test_no_wake_is_asked_for_while_nobody_waits() -> None:
    shift = Shift(Office(windows=2))
    shift.give(visit(1, 30), after(0))
    shift.give(visit(2, 30), after(1))
    shift.give(visit(3, 30), after(40))
    assert (shift.calls, shift.alarms) == (0, [])


def test_a_filing_without_a_visit_is_served_at_once_and_takes_no_window() -> None:
    shift = Shift(Office(windows=1))
    shift.give(visit(1, 60))
    assert shift.give(filing("C", person(9), Filing.MOVING_IN, DAY)).ok
    assert "visit_served" not in shift.kinds("C")
    shift.give(visit(2, 10), after(60))
    assert served(shift)["V2"] == (0, "")


def test_a_counter_in_a_database_does_what_one_in_memory_does(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "counter.db", durable=False)
    shifts = [Shift(Office(windows=1, cards=CARDS)) for _ in range(2)]
    shifts[1].rig.store = SqlStore(engine, AT.counter, CounterState)  # type: ignore[assignment]
    told = []
    for shift in shifts:
        for number, minutes in ((1, 30), (2, 10), (3, 20)):
            shift.give(visit(number, minutes), after(number))
        form = msgspec.structs.replace(visit(4, 1).filings[0], endorsing_fails="printer_out_of_order")
        shift.give(form, after(90))
        shift.give(Endorse("C4", person(4).ref), after(100))
        told.append(shift.over().lines())
    engine.dispose()
    assert told[0] == told[1]
    assert "case_closed" in shifts[0].kinds()


def test_a_visit_that_takes_no_time_is_a_fault_of_who_made_it() -> None:
    shift = Shift(Office(windows=1))
    with pytest.raises(HarnessError, match="takes time"):
        shift.give(visit(1, 0))
    assert shift.kinds() == []
