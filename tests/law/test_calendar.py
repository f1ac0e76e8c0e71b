"""The calendar: literals from published calendars and guidance, then laws that hold for all of 2012-2035."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.calendar import (
    HOLIDAY_NAMES_EN,
    Reason,
    closed_reason,
    count_days,
    is_closed,
    last_day,
    next_open,
)

DAYS = st.dates(date(2012, 1, 1), date(2035, 12, 31))
PERIODS = st.integers(0, 120)


@pytest.mark.parametrize(
    ("day", "ja", "en"),
    [
        (date(2026, 5, 6), "憲法記念日の振替休日", "substitute holiday for Constitution Memorial Day"),
        (date(2026, 9, 22), "国民の休日", "national day of rest between two holidays"),
        (date(2026, 9, 23), "秋分の日", "Autumnal Equinox Day"),
        (date(2026, 3, 15), "日曜日", "Sunday"),
        (date(2026, 3, 14), "土曜日", "Saturday"),
        (date(2026, 12, 29), "年末年始の休日", "year-end and New Year closing"),
        (date(2027, 1, 1), "元日", "New Year's Day"),
        (date(2019, 5, 1), "天皇の即位の日", "Day of the Emperor's Accession"),
        (date(2026, 5, 3), "憲法記念日", "Constitution Memorial Day"),
    ],
)
def test_a_closed_day_names_its_reason_in_both_languages(day: date, ja: str, en: str) -> None:
    assert is_closed(day)
    assert closed_reason(day) == Reason(ja, en)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 5, 7),
        date(2026, 12, 28),
        date(2027, 1, 4),
        date(2026, 9, 24),
        date(2012, 7, 23),
        date(2019, 12, 23),  # the Emperor's Birthday until 2018
        date(2026, 6, 23),  # closed in Okinawa only, which is not modelled
    ],
)
def test_an_ordinary_weekday_is_open_and_has_no_reason(day: date) -> None:
    assert not is_closed(day)
    assert closed_reason(day) is None
    assert next_open(day) == day


@pytest.mark.parametrize("day", [date(2026, 12, 29) + timedelta(days=n) for n in range(6)])
def test_every_day_from_29_december_to_3_january_is_closed(day: date) -> None:
    assert is_closed(day)


def test_golden_week_of_2019_closes_offices_for_ten_days_running() -> None:
    assert not is_closed(date(2019, 4, 26))
    assert all(is_closed(date(2019, 4, 27) + timedelta(days=n)) for n in range(10))
    assert not is_closed(date(2019, 5, 7))
    assert next_open(date(2019, 4, 27)) == date(2019, 5, 7)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 4, 22), date(2026, 5, 7)),
        (date(2026, 12, 15), date(2027, 1, 4)),
        (date(2026, 3, 1), date(2026, 3, 16)),
        (date(2026, 9, 8), date(2026, 9, 24)),
        (date(2012, 7, 9), date(2012, 7, 23)),  # announced by the ministry
        (date(2019, 4, 16), date(2019, 5, 7)),
    ],
)
def test_fourteen_days_end_where_the_source_says(start: date, expected: date) -> None:
    assert last_day(start, 14) == expected


def test_the_first_day_is_not_counted() -> None:
    assert count_days(date(2026, 6, 1), 14) == date(2026, 6, 15)
    assert count_days(date(2026, 6, 1), 0) == date(2026, 6, 1)


def test_a_negative_period_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="negative"):
        count_days(date(2026, 6, 1), -1)


def test_every_holiday_from_2012_to_2035_has_an_english_name() -> None:
    day, unnamed = date(2012, 1, 1), set()
    while day.year < 2036:
        reason = closed_reason(day)
        if reason is not None and reason.en.endswith("national holiday"):
            unnamed.add(reason.ja)
        day += timedelta(days=1)
    assert unnamed == set()
    assert len(set(HOLIDAY_NAMES_EN.values())) == len(HOLIDAY_NAMES_EN)


@given(DAYS, PERIODS)
def test_a_period_never_ends_on_a_closed_day(start: date, days: int) -> None:
    assert not is_closed(last_day(start, days))


@given(DAYS, DAYS, PERIODS)
def test_a_later_start_never_ends_earlier(one: date, other: date, days: int) -> None:
    early, late = sorted((one, other))
    assert last_day(early, days) <= last_day(late, days)


@given(DAYS, PERIODS)
def test_a_longer_period_never_ends_earlier(start: date, days: int) -> None:
    assert last_day(start, days) <= last_day(start, days + 1)


@given(DAYS)
def test_the_reason_and_the_closing_agree(day: date) -> None:
    assert is_closed(day) == (closed_reason(day) is not None)


@settings(max_examples=300)
@given(DAYS, PERIODS)
def test_the_period_equals_a_slow_count_day_by_day(start: date, days: int) -> None:
    day = start
    for _ in range(days):
        day += timedelta(days=1)
    while _closed_by_the_letter(day):
        day += timedelta(days=1)
    assert last_day(start, days) == day


def _closed_by_the_letter(day: date) -> bool:
    import jpholiday

    turn_of_the_year = (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    return day.strftime("%a") in {"Sat", "Sun"} or turn_of_the_year or bool(jpholiday.is_holiday(day))
