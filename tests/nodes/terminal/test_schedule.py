"""Once a day, several times a day, or for each event: S1-021, S1-022, S2-007, S2-008."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.instant import DAY, HOUR, Instant, instant, japan_date
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange import batch as batches
from sim.exchange.records import Result
from sim.nodes.messages.network import Carried, Carry
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import ExchangeDue, OpenTerminal
from sim.nodes.terminal import Schedule
from tests.drivers.story import AT
from tests.exchange.samples import PROFILE, notice
from tests.nodes.rig import Rig
from tests.nodes.terminal.desk import NIGHT, NOON, assert_good_log, from_ministry, terminal


def due_times(rig: Rig, count: int) -> list[Instant]:
    """When the next exchanges take place."""
    found = []
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    for _ in range(count):
        found.append(alarm.at)
        (alarm,) = (one for one in rig.ring(alarm).wakes if isinstance(one.body, ExchangeDue))
    return found


def test_once_a_day_is_the_default() -> None:
    """S2-008."""
    assert due_times(terminal(), 3) == [NIGHT, NIGHT + DAY, NIGHT + 2 * DAY]


def test_several_times_a_day_are_kept_in_the_order_of_the_clock() -> None:
    """S1-021."""
    rig = terminal(schedule=Schedule((time(22), time(9), time(13, 30))))
    at = due_times(rig, 4)
    assert at == [NOON + 3 * HOUR // 2, NIGHT, NOON + 21 * HOUR, NOON + 51 * HOUR // 2]
    assert rig.last("terminal_opened").data == {"exchange_at": "09:00,13:30,22:00"}


def test_per_event_a_batch_leaves_as_soon_as_something_was_raised_and_the_daily_one_besides() -> None:
    """S1-021: immediate and daily; S1-022: a day without an event has its exchange all the same."""
    rig = terminal(schedule=Schedule((time(22),), per_event=True))
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    assert rig.last("terminal_opened").data["per_event"] is True
    (send,) = rig.give(Outbound((notice(1),)), NOON, AT.link).sends
    assert isinstance(send.body, Carry)
    decoded = batches.decode(send.body.content, PROFILE)
    assert decoded.batch is not None and [one.record_id for one in decoded.batch.records] == [
        "131041-00000001"
    ]
    rig.give(Carried(MINISTRY, send.body.ref), NOON, LGWAN)
    daily = rig.ring(alarm)
    assert [type(one.body) for one in daily.sends] == [Carry]
    assert_good_log(rig)


def test_an_answer_alone_is_no_event_so_that_two_sides_do_not_answer_each_other_for_ever() -> None:
    rig = terminal(schedule=Schedule((time(22),), per_event=True))
    result = Result(record_id="R-1", scope="record", answers="131041-00000001", outcome="accepted")
    committed = rig.give(from_ministry(result), NOON, LGWAN)
    assert not [send for send in committed.sends if isinstance(send.body, Carry)]


def test_a_schedule_without_a_time_is_wrong_use() -> None:
    """S2-007: at least once a day."""
    with pytest.raises(UsageError, match="without a time"):
        Schedule(())


@given(st.lists(st.times(), min_size=1, max_size=5), st.integers(0, 60 * 24 * 400))
def test_no_day_is_without_an_exchange_and_the_next_one_is_always_later(
    times: list[time], minutes: int
) -> None:
    """S1-022, S2-007."""
    schedule = Schedule(tuple(times))
    at = Instant(instant(date(2019, 4, 1)) + minutes * 60_000_000)
    days = set()
    start = japan_date(at)
    while (japan_date(at) - start).days < 4:
        following = schedule.following(at)
        assert following > at
        days.add((japan_date(following) - start).days)
        at = following
    assert {1, 2, 3} <= days
