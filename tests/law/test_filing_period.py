"""Filing periods: the published vectors, the clause of each filing, the sentence that explains the day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.citation import citation
from sim.law.filing_period import deadline, explain, in_time
from sim.law.kinds import Filing
from sim.law.unconfirmed import unconfirmed

FOURTEEN_DAYS = [filing for filing in Filing if filing is not Filing.MOVING_OUT]


@pytest.mark.parametrize("filing", FOURTEEN_DAYS)
@pytest.mark.parametrize(
    ("event", "counted", "last"),
    [
        (date(2026, 4, 22), date(2026, 5, 6), date(2026, 5, 7)),
        (date(2026, 12, 15), date(2026, 12, 29), date(2027, 1, 4)),
        (date(2026, 3, 1), date(2026, 3, 15), date(2026, 3, 16)),
        (date(2026, 9, 8), date(2026, 9, 22), date(2026, 9, 24)),
        (date(2012, 7, 9), date(2012, 7, 23), date(2012, 7, 23)),
        (date(2019, 4, 16), date(2019, 4, 30), date(2019, 5, 7)),
    ],
)
def test_every_period_of_fourteen_days_ends_where_the_source_says(
    filing: Filing, event: date, counted: date, last: date
) -> None:
    answer = deadline(filing, event)
    assert (answer.counted_last_day, answer.last_day) == (counted, last)


@pytest.mark.parametrize(
    ("filing", "clause", "full"),
    [
        (Filing.MOVING_IN, "juki.22", "住民基本台帳法第22条第1項"),
        (Filing.MOVING_WITHIN, "juki.23", "住民基本台帳法第23条"),
        (Filing.MOVING_OUT, "juki.24", "住民基本台帳法第24条"),
        (Filing.ENTRY_FROM_ABROAD, "juki.30-46", "住民基本台帳法第30条の46"),
        (Filing.BECAME_RESIDENT_STATUS, "juki.30-47", "住民基本台帳法第30条の47"),
        (
            Filing.RESIDENCE_NOTIFICATION,
            "immi.residence-notification",
            "出入国管理及び難民認定法第19条の7から第19条の9まで（特別永住者は入管特例法第10条）",
        ),
    ],
)
def test_each_filing_cites_its_article(filing: Filing, clause: str, full: str) -> None:
    assert deadline(filing, date(2026, 4, 22)).clause == clause
    assert citation(clause, date(2026, 4, 22)).ja == full


@pytest.mark.parametrize("planned", [date(2026, 5, 7), date(2026, 5, 6), date(2026, 12, 31)])
def test_moving_out_is_due_by_the_planned_day_even_when_closed(planned: date) -> None:
    answer = deadline(Filing.MOVING_OUT, planned)
    assert (answer.counted_last_day, answer.last_day) == (planned, planned)
    assert in_time(answer, planned - timedelta(days=10))
    assert in_time(answer, planned)
    assert not in_time(answer, planned + timedelta(days=1))
    assert answer.unconfirmed == ("moving-out-beforehand",)


def test_the_last_day_is_in_time_and_the_next_is_not() -> None:
    answer = deadline(Filing.MOVING_IN, date(2026, 4, 22))
    assert in_time(answer, date(2026, 5, 7))
    assert not in_time(answer, date(2026, 5, 8))


def test_the_answer_for_the_command_line_explains_the_shift_in_both_languages() -> None:
    assert explain(Filing.MOVING_IN, date(2026, 4, 22)) == {
        "filing": "moving_in",
        "event": "2026-04-22",
        "counted_last_day": "2026-05-06",
        "last_day": "2026-05-07",
        "clause": "住民基本台帳法第22条第1項",
        "clause_en": "Basic Resident Registration Act, Article 22, paragraph (1)",
        "clause_id": "juki.22",
        "why": "2026年4月22日の翌日から数えて14日目は2026年5月6日（憲法記念日の振替休日）で閉庁日のため、"
        "次の開庁日の2026年5月7日が期限です。",
        "why_en": "Day 14, counted from the day after 2026-04-22, is 2026-05-06 (substitute holiday for"
        " Constitution Memorial Day), a closed day, so the last day is the next open day, 2026-05-07.",
        "unconfirmed": ["local-closed-days"],
    }


def test_a_period_that_ends_on_an_open_day_is_explained_without_a_shift() -> None:
    answer = deadline(Filing.MOVING_WITHIN, date(2026, 6, 1))
    assert answer.why_ja == "2026年6月1日の翌日から数えて14日目の2026年6月15日が期限です。"
    assert (
        answer.why_en
        == "Day 14, counted from the day after 2026-06-01, is 2026-06-15, which is the last day."
    )


def test_a_moving_out_filing_is_explained_as_made_beforehand() -> None:
    answer = deadline(Filing.MOVING_OUT, date(2026, 6, 1))
    assert "あらかじめ" in answer.why_ja and "2026年6月1日" in answer.why_ja
    assert "beforehand" in answer.why_en and "2026-06-01" in answer.why_en


def test_a_limit_at_the_turn_of_the_year_says_that_it_rests_on_ordinances() -> None:
    assert "year-end-closed-days" in deadline(Filing.MOVING_IN, date(2026, 12, 15)).unconfirmed
    assert "year-end-closed-days" not in deadline(Filing.MOVING_IN, date(2026, 4, 22)).unconfirmed


def test_an_event_before_the_system_began_is_a_usage_error_that_names_the_first_day() -> None:
    with pytest.raises(UsageError) as caught:
        deadline(Filing.ENTRY_FROM_ABROAD, date(2012, 7, 8))
    assert "2012-07-09" in str(caught.value)


@given(st.sampled_from(list(Filing)), st.dates(date(2012, 7, 9), date(2035, 12, 31)))
def test_every_answer_can_be_told_and_rests_on_listed_assumptions(filing: Filing, event: date) -> None:
    answer = deadline(filing, event)
    told = answer.as_dict()
    assert told["last_day"] == answer.last_day.isoformat() and told["why"] and told["why_en"]
    assert answer.event <= answer.counted_last_day <= answer.last_day
    for entry in answer.unconfirmed:
        assert unconfirmed(entry).id == entry
