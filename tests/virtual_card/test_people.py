"""Invented holders, and the reckoning of their periods."""

from datetime import date

import pytest

from virtual_card.people import (
    SPECIAL_PERMANENT_RESIDENT,
    STATUSES,
    age_on,
    months_after,
    period_end,
    period_words,
    sample_holder,
    years_after,
)

DAY = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("period", "last", "words"),
    [
        ("0500", date(2031, 7, 1), "5年"),
        ("0103", date(2027, 10, 1), "1年3月"),
        ("0006", date(2027, 1, 1), "6月"),
        ("090", date(2026, 9, 29), "90日"),
        ("0000", None, "無期限"),
    ],
)
def test_a_period_is_read_as_years_and_months_or_as_days(period: str, last: date | None, words: str) -> None:
    assert period_end(DAY, period) == last
    assert period_words(period) == words


def test_a_month_without_that_day_ends_on_its_last() -> None:
    assert months_after(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert months_after(date(2025, 10, 15), 3) == date(2026, 1, 15)
    assert months_after(date(2025, 11, 30), 1) == date(2025, 12, 30)
    assert years_after(date(2024, 2, 29), 1) == date(2025, 2, 28)


@pytest.mark.parametrize("age", [0, 1, 15, 16, 40])
def test_a_holder_has_the_age_that_was_asked_for(age: int) -> None:
    assert {sample_holder(seed, issued=DAY, age=age).age_on(DAY) for seed in range(40)} == {age}


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2010, 7, 1), date(2026, 6, 30), 15),
        (date(2010, 7, 1), date(2026, 7, 1), 16),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_year_of_age_is_complete_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


def test_holders_follow_from_the_seed() -> None:
    people = [sample_holder(seed, issued=DAY) for seed in range(30)]
    assert people == [sample_holder(seed, issued=DAY) for seed in range(30)]
    assert len({person.birth for person in people}) > 20


def test_only_special_permanent_residents_have_their_status() -> None:
    for seed in range(40):
        assert sample_holder(seed, issued=DAY).status_code != SPECIAL_PERMANENT_RESIDENT
        special = sample_holder(seed, issued=DAY, special_permanent=True)
        assert special.status_code == SPECIAL_PERMANENT_RESIDENT
        assert special.period_expiry is None


def test_no_status_code_could_be_taken_for_a_real_one() -> None:
    assert all(code.startswith("T") and len(code) == 10 for code in STATUSES)


def test_the_sample_holds_kanji_long_names_and_single_names() -> None:
    people = [sample_holder(seed, issued=DAY) for seed in range(200)]
    assert any(person.kanji_name for person in people)
    assert any(len(person.name) > 40 for person in people)
    assert any(" " not in person.name for person in people)
