"""The calendar: literals from published calendars and guidance, then laws that hold for all of 2012-2035."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law import calendar
from sim.law.calendar import (
    HOLIDAY_NAMES_EN,
    Reason,
    closed_reason,
    count_days,
    count_months,
    in_japanese,
    is_closed,
    last_day,
    next_open,
    rests_on,
)

DAYS = st.dates(date(2012, 1, 1), date(2035, 12, 31))
PERIODS = st.integers(0, 120)
BEYOND = {
    "message": "the period ends beyond the calendar",
    "expected": "an end until 9999-12-31",
    "remedy": "take an earlier day or a shorter period",
}


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """Reasons are worked out anew, and none that the test made is kept."""
    calendar._reason.cache_clear()
    yield
    calendar._reason.cache_clear()


@pytest.mark.usefixtures("nothing_kept")
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


@pytest.mark.usefixtures("nothing_kept")
def test_a_holiday_without_an_english_name_is_a_national_holiday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(HOLIDAY_NAMES_EN, "憲法記念日")
    assert closed_reason(date(2026, 5, 3)) == Reason("憲法記念日", "national holiday")
    assert closed_reason(date(2026, 5, 6)) == Reason(
        "憲法記念日の振替休日", "substitute holiday for national holiday"
    )


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


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [(date(2026, 3, 2), 14, date(2026, 3, 15)), (date(2026, 6, 1), 1, date(2026, 6, 1))],
)
def test_family_register_law_counts_the_first_day(start: date, days: int, end: date) -> None:
    assert count_days(start, days, first_day_counts=True) == end


@pytest.mark.parametrize(
    ("start", "months", "first_day_counts", "end"),
    [
        (date(2026, 4, 22), 1, False, date(2026, 5, 22)),
        (date(2026, 4, 22), 1, True, date(2026, 5, 21)),
        (date(2026, 12, 30), 2, False, date(2027, 2, 28)),  # no 31 February: its last day
        (date(2023, 12, 29), 2, False, date(2024, 2, 29)),  # no 30 February, in a leap year
        (date(2026, 12, 28), 2, False, date(2027, 2, 28)),  # 29 December answers to no 29 February
        (date(2026, 12, 27), 2, False, date(2027, 2, 27)),
        (date(2026, 2, 28), 1, False, date(2026, 3, 31)),  # begins on 1 March and fills it
        (date(2026, 10, 31), 2, False, date(2026, 12, 31)),
        (date(2026, 11, 30), 1, False, date(2026, 12, 31)),
        (date(2026, 12, 31), 12, False, date(2027, 12, 31)),
        (date(2024, 2, 29), 12, False, date(2025, 2, 28)),
        (date(2024, 2, 28), 12, False, date(2025, 2, 28)),
        (date(2012, 7, 9), 36, False, date(2015, 7, 9)),
        (date(2026, 1, 31), 1, True, date(2026, 2, 28)),
    ],
)
def test_months_end_before_the_day_that_answers_to_the_first(
    start: date, months: int, first_day_counts: bool, end: date
) -> None:
    assert count_months(start, months, first_day_counts=first_day_counts) == end


def test_a_negative_period_is_a_usage_error_that_says_what_a_period_may_be() -> None:
    with pytest.raises(UsageError, match="cannot have -1 days") as caught:
        count_days(date(2026, 6, 1), -1)
    assert vars(caught.value) == {
        "message": "a period cannot have -1 days",
        "expected": "0 or more",
        "received": "-1",
        "where": "sim.law.calendar.count_days",
        "remedy": "give the length of the period, counted forwards",
    }


def test_a_period_that_holds_no_day_cannot_count_its_first_day() -> None:
    with pytest.raises(UsageError) as caught:
        count_days(date(2026, 6, 1), 0, first_day_counts=True)
    assert (caught.value.expected, caught.value.received) == ("1 or more", "0")
    with pytest.raises(UsageError) as caught:
        count_months(date(2026, 6, 1), 0)
    assert vars(caught.value) == {
        "message": "a period cannot have 0 months",
        "expected": "1 or more",
        "received": "0",
        "where": "sim.law.calendar.count_months",
        "remedy": "give the length of the period, counted forwards",
    }


@pytest.mark.parametrize("start", [date(9999, 12, 31), date(9999, 12, 1)])
def test_a_period_beyond_the_calendar_is_a_usage_error_and_no_crash(start: date) -> None:
    with pytest.raises(UsageError, match="beyond the calendar") as caught:
        count_days(start, 31)
    assert vars(caught.value) == {
        **BEYOND,
        "received": f"31 days from {start}",
        "where": "sim.law.calendar.count_days",
    }
    with pytest.raises(UsageError, match="beyond the calendar") as caught:
        count_months(start, 2)
    assert vars(caught.value) == {
        **BEYOND,
        "received": f"2 months from {start}",
        "where": "sim.law.calendar.count_months",
    }


def test_an_open_day_beyond_the_calendar_is_a_usage_error_and_no_crash() -> None:
    with pytest.raises(UsageError, match="beyond the calendar") as caught:
        next_open(date(9999, 12, 31))
    assert vars(caught.value) == {
        **BEYOND,
        "received": "the next open day from 9999-12-31",
        "where": "sim.law.calendar.next_open",
    }
    with pytest.raises(UsageError, match="beyond the calendar") as caught:
        last_day(date(9999, 12, 16), 14)
    assert caught.value.received == "the next open day from 9999-12-30"


# What a limit rests on

LOCAL, TURN, FUTURE = "local-closed-days", "year-end-closed-days", "future-holidays"


@pytest.mark.parametrize(
    ("counted", "last", "facts"),
    [
        (date(2026, 6, 15), date(2026, 6, 15), (LOCAL,)),
        (date(2026, 5, 6), date(2026, 5, 7), (LOCAL,)),
        (date(2026, 12, 28), date(2026, 12, 28), (LOCAL,)),
        (date(2026, 12, 27), date(2026, 12, 28), (LOCAL,)),  # a Sunday, and the turn of the year not reached
        (date(2026, 12, 29), date(2027, 1, 4), (LOCAL, TURN)),
        (date(2024, 12, 28), date(2025, 1, 6), (LOCAL, TURN)),  # a Saturday, and then the turn of the year
        (date(2027, 1, 3), date(2027, 1, 4), (LOCAL, TURN)),
        (date(2025, 1, 4), date(2025, 1, 6), (LOCAL,)),  # only the weekend after it
        (date(2026, 12, 31), date(2026, 12, 31), (LOCAL,)),  # not moved, so nothing leans on it
        (date(2027, 12, 31), date(2027, 12, 31), (LOCAL,)),
        (date(2028, 1, 4), date(2028, 1, 4), (LOCAL, FUTURE)),
        (date(2027, 12, 31), date(2028, 1, 4), (LOCAL, TURN, FUTURE)),
    ],
)
def test_a_limit_rests_on_every_closed_day_that_it_passed(
    counted: date, last: date, facts: tuple[str, ...]
) -> None:
    assert rests_on(counted, last) == facts


def test_a_count_that_ends_on_the_saturday_before_the_turn_of_the_year_says_so() -> None:
    counted = count_days(date(2024, 12, 14), 14)
    assert (counted, next_open(counted)) == (date(2024, 12, 28), date(2025, 1, 6))
    assert rests_on(counted, next_open(counted)) == (LOCAL, TURN)


def test_a_sentence_writes_a_day_in_japanese_without_zeros() -> None:
    assert in_japanese(date(2026, 4, 2)) == "2026年4月2日"
    assert in_japanese(date(2012, 12, 31)) == "2012年12月31日"


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


@given(DAYS, st.integers(1, 60), st.booleans())
def test_months_are_monotone_and_end_within_a_day_of_the_same_day(
    start: date, months: int, first_day_counts: bool
) -> None:
    end = count_months(start, months, first_day_counts=first_day_counts)
    after = count_months(start + timedelta(days=1), months, first_day_counts=first_day_counts)
    assert end <= after < count_months(start, months + 1, first_day_counts=first_day_counts)
    turned = (end.year - start.year) * 12 + end.month - start.month
    assert turned in {months, months - 1} if first_day_counts else turned == months
    assert end >= count_days(start, 28 * months - first_day_counts)


@given(DAYS, st.integers(1, 12))
def test_counting_the_first_day_is_counting_from_the_day_before(start: date, months: int) -> None:
    before = start - timedelta(days=1)
    assert count_months(start, months, first_day_counts=True) == count_months(before, months)
    assert count_days(start, months, first_day_counts=True) == count_days(before, months)


@given(DAYS)
def test_the_reason_and_the_closing_agree(day: date) -> None:
    assert is_closed(day) == (closed_reason(day) is not None)


@given(DAYS, PERIODS)
def test_a_limit_rests_on_the_turn_of_the_year_exactly_if_it_moved_past_a_day_of_it(
    start: date, days: int
) -> None:
    counted = count_days(start, days)
    last = next_open(counted)
    passed = {(counted + timedelta(days=n)).strftime("%m-%d") for n in range((last - counted).days)}
    turn_of_the_year = {"12-29", "12-30", "12-31", "01-01", "01-02", "01-03"}
    assert (TURN in rests_on(counted, last)) is bool(passed & turn_of_the_year)


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
