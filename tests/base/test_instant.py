"""Instants are whole microseconds, and the date is Japan's."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import (
    DAY,
    Instant,
    at_time,
    instant,
    iso,
    japan_date,
    japan_datetime,
    japan_time,
    parse_iso,
)

DATES = st.dates(date(2012, 7, 9), date(2049, 12, 31))
INSTANTS = st.integers(1_341_759_600_000_000, 2_524_000_000_000_000).map(Instant)


def test_the_date_changes_at_midnight_in_japan_and_not_in_greenwich() -> None:
    midnight = instant(date(2019, 4, 1))
    assert japan_date(midnight) == date(2019, 4, 1)
    assert japan_date(Instant(midnight - 1)) == date(2019, 3, 31)
    assert iso(midnight) == "2019-04-01T00:00:00+09:00"


def test_hours_past_midnight_run_into_the_next_day() -> None:
    assert japan_datetime(instant(date(2019, 4, 1), 25, 30)).isoformat() == "2019-04-02T01:30:00+09:00"


@given(INSTANTS)
def test_the_offset_is_the_one_of_the_time_zone_database(at: Instant) -> None:
    moment = japan_datetime(at)
    assert moment.astimezone(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None) == moment.replace(tzinfo=None)


@given(INSTANTS)
def test_text_and_parts_give_the_instant_back(at: Instant) -> None:
    assert parse_iso(iso(at)) == at
    assert at_time(japan_date(at), japan_time(at)) == at


@given(DATES)
def test_a_day_later_is_the_next_date(day: date) -> None:
    assert japan_date(Instant(instant(day) + DAY)) == day + timedelta(days=1)
    assert instant(day, 8, 30) == at_time(day, time(8, 30))


@pytest.mark.parametrize("text", ["2019-04-01", "2019-04-01T00:00:00", "yesterday", ""])
def test_a_text_without_an_offset_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        parse_iso(text)
