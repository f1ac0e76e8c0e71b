"""Numbers, dates and spans of time as each language writes them."""

from __future__ import annotations

from datetime import date

import pytest

from reports.language import EN, JA


def test_dates_are_written_in_each_languages_form() -> None:
    assert JA.day(date(2019, 4, 1)) == "2019年4月1日"
    assert EN.day(date(2019, 4, 1)) == "1 April 2019"
    assert JA.moment("2019-04-13 20:00") == "2019年4月13日 20:00"
    assert EN.moment("2019-04-13T20:00") == "13 April 2019, 20:00"


def test_a_moment_that_is_none_stays_as_it_is() -> None:
    assert JA.moment("soon") == "soon"


@pytest.mark.parametrize(
    ("part", "whole", "ja", "en"),
    [
        (1, 3, "33.3%", "33.3%"),
        (0, 5, "0.0%", "0.0%"),
        (5, 5, "100.0%", "100.0%"),
        (1, 100_000, "0.1%未満", "under 0.1%"),
        (99_999, 100_000, "99.9%超", "over 99.9%"),
        (0, 0, "–", "–"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_everything(
    part: int, whole: int, ja: str, en: str
) -> None:
    assert JA.percent(part, whole) == ja
    assert EN.percent(part, whole) == en


def test_hours_carry_their_unit() -> None:
    assert JA.hours(1234) == "1,234時間"
    assert EN.hours(1) == "1 hour"
    assert EN.hours(36) == "36 hours"
    assert JA.hours(None) == "–"
    assert EN.days_of(36) == "1.5 days"
