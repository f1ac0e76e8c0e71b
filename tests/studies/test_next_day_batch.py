"""What a nightly exchange makes of time: nothing is refused for it, and registers lag by a working day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sim.base.instant import Instant, at_time, japan_date, japan_time
from sim.base.journal import Line
from sim.law.rules import RULES
from sim.studies import simulate
from tests.studies.test_simulate import small


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Twelve days of a ward with one exchange each night, before the night of its outage."""
    return list(simulate.run(small(days=12, residents=900), 7).site.lines())


def of(lines: list[Line], *kinds: str) -> list[Line]:
    return [line for line in lines if line.kind in kinds]


def test_what_the_agency_decides_stands_in_the_register_by_the_close_of_the_next_working_day(
    lines: list[Line],
) -> None:
    """S1-006: from the decision to the 住民票, with the batch of the night and a clerk's confirmation."""
    closes = small().counter.closes
    decided = {line.data["record"]: line.at for line in of(lines, "notice_raised")}
    done = {line.data["record"]: line.at for line in of(lines, "notice_confirmed")}
    late, seen = [], 0
    end = max(line.at for line in lines)
    for record, at in decided.items():
        limit = at_time(RULES.next_open(japan_date(at) + timedelta(days=1)), closes)
        if limit < end:  # the run goes on past it
            seen += 1
            if done.get(record, Instant(limit + 1)) > limit:
                late.append(record)
    assert seen > 20
    assert late == []
    # It is the next working day, not the same: that is what the mode costs.
    assert all(japan_date(done[record]) > japan_date(at) for record, at in decided.items() if record in done)


def test_what_a_counter_takes_in_by_day_is_with_the_agency_that_night(lines: list[Line]) -> None:
    """S1-006, the other way: a filing of the day is accepted above before the next opening."""
    opens = small().counter.opens
    raised = {line.data["record"]: line.at for line in of(lines, "record_raised")}
    accepted = {line.data["record"]: line.at for line in of(lines, "record_accepted")}
    assert len(accepted) > 20
    exchange = small().exchange.at
    for record, at in raised.items():
        if japan_time(at) < exchange and record in accepted:
            assert accepted[record] <= at_time(japan_date(at) + timedelta(days=1), opens)


def test_nothing_fails_for_being_sent_in_bulk_at_night(lines: list[Line]) -> None:
    """S1-010: next-day bulk send is a mode like any other; its delay alone is no fault of anybody."""
    bad = {f"{number}-00{n}" for n, number in enumerate(("truncated", "altered", "foreign"), start=1)}
    refused = [line for line in of(lines, "batch_rejected") if line.subject not in bad]
    assert refused == []
    assert of(lines, "record_rejected", "fault_reported", "batch_given_up", "notice_refused") == []
    assert {japan_time(line.at).hour for line in of(lines, "batch_accepted")} == {22}
    assert len({japan_date(line.at) for line in of(lines, "batch_accepted")}) == 12
