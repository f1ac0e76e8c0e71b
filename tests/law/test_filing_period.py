"""Filing periods: the published vectors, the clause of each filing, the sentence that explains the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.citation import citation
from sim.law.filing_period import MovingOut, deadline, in_time, moving_out_handling, residence_deadline
from sim.law.kinds import Filing, History, PersonClass, StartDay
from sim.law.unconfirmed import unconfirmed

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
HERE = History.PERMITTED_LIVING_HERE
YEAR_END_2027 = ("year-end-closed-days", "future-holidays")
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
    ("filing", "clause", "full", "start"),
    [
        (Filing.MOVING_IN, "juki.22", "住民基本台帳法第22条第1項", StartDay.MOVED_IN),
        (Filing.MOVING_WITHIN, "juki.23", "住民基本台帳法第23条", StartDay.MOVED_WITHIN),
        (Filing.MOVING_OUT, "juki.24", "住民基本台帳法第24条", StartDay.PLANNED_TO_LEAVE),
        (Filing.HOUSEHOLD_CHANGE, "juki.25", "住民基本台帳法第25条", StartDay.HOUSEHOLD_CHANGED),
        (Filing.ENTRY_FROM_ABROAD, "juki.30-46", "住民基本台帳法第30条の46", StartDay.MOVED_IN),
        (Filing.BECAME_RESIDENT_STATUS, "juki.30-47", "住民基本台帳法第30条の47", StartDay.JOINED_CLASS),
        (Filing.RELATIONSHIP_CHANGE, "juki.30-48", "住民基本台帳法第30条の48", StartDay.HOUSEHOLD_CHANGED),
        (
            Filing.RESIDENCE_NOTIFICATION,
            "immi.residence-notification",
            "出入国管理及び難民認定法第19条の7から第19条の9まで（特別永住者は入管特例法第10条）",
            StartDay.SETTLED,
        ),
    ],
)
def test_each_filing_cites_its_article_and_names_its_first_day(
    filing: Filing, clause: str, full: str, start: StartDay
) -> None:
    answer = deadline(filing, date(2026, 4, 22))
    assert (answer.clause, answer.start) == (clause, start)
    assert citation(clause, date(2026, 4, 22)).ja == full


@pytest.mark.parametrize(
    ("person", "history", "permitted", "clause", "full", "start", "counted_from"),
    [
        (MLT, History.LANDED_NO_RESIDENCE, None, "immi.19-7-1", "入管法第19条の7第1項", "settled", 10),
        (MLT, HERE, 12, "immi.19-8-1", "入管法第19条の8第1項", "permitted", 12),
        (MLT, HERE, 10, "immi.19-8-1", "入管法第19条の8第1項", "permitted", 10),
        (MLT, History.PERMITTED_NO_RESIDENCE, 1, "immi.19-8-1", "入管法第19条の8第1項", "settled", 10),
        (MLT, History.PERMITTED_NO_RESIDENCE, 9, "immi.19-8-1", "入管法第19条の8第1項", "settled", 10),
        (MLT, History.PERMITTED_NO_RESIDENCE, 12, "immi.19-8-1", "入管法第19条の8第1項", "permitted", 12),
        (
            MLT,
            History.PERMITTED_ALREADY_REGISTERED,
            20,
            "immi.19-8-1",
            "入管法第19条の8第1項",
            "permitted",
            20,
        ),
        (MLT, History.RESIDENCE_ON_CARD, None, "immi.19-9-1", "入管法第19条の9第1項", "moved_residence", 10),
        (MLT, History.RESIDENCE_ON_CARD, 20, "immi.19-9-1", "入管法第19条の9第1項", "moved_residence", 10),
        (SPR, History.LANDED_NO_RESIDENCE, None, "special.10-1", "入管特例法第10条第1項", "settled", 10),
        (SPR, HERE, 20, "special.10-1", "入管特例法第10条第1項", "settled", 10),
        (
            SPR,
            History.RESIDENCE_ON_CARD,
            None,
            "special.10-2",
            "入管特例法第10条第2項",
            "moved_residence",
            10,
        ),
    ],
)
def test_a_residence_notification_runs_from_the_day_its_article_names(
    person: PersonClass,
    history: History,
    permitted: int | None,
    clause: str,
    full: str,
    start: str,
    counted_from: int,
) -> None:
    day = None if permitted is None else date(2026, 6, permitted)
    answer = residence_deadline(person, history, date(2026, 6, 10), day)
    assert (answer.filing, answer.clause) == (Filing.RESIDENCE_NOTIFICATION, clause)
    assert citation(clause, date(2026, 6, 10)).short == full
    assert answer.start is StartDay(start)
    assert answer.event == date(2026, 6, counted_from)
    assert answer.counted_last_day == date(2026, 6, counted_from) + timedelta(days=14)


def test_without_the_day_of_the_permission_article_19_8_has_no_first_day() -> None:
    with pytest.raises(UsageError, match="day of the permission is missing") as caught:
        residence_deadline(MLT, HERE, date(2026, 6, 10))
    assert vars(caught.value) == {
        "message": "the day of the permission is missing",
        "expected": "the day on which the permission was given",
        "received": "none, for permitted_living_here",
        "where": "sim.law.filing_period.residence_deadline",
        "remedy": "give the day of the permission; the period runs from it when the person lives there"
        " already",
    }


@pytest.mark.parametrize("history", [HERE, History.PERMITTED_ALREADY_REGISTERED])
def test_one_who_lives_here_already_did_not_begin_to_after_the_permission(history: History) -> None:
    with pytest.raises(UsageError, match="lives there already") as caught:
        residence_deadline(MLT, history, date(2026, 6, 10), date(2026, 6, 9))
    assert vars(caught.value) == {
        "message": "one who lives there already did not begin to after the permission",
        "expected": "a day until the permission, 2026-06-09",
        "received": "2026-06-10",
        "where": "the day one began to live there",
        "remedy": "give that day, or take the history permitted_no_residence",
    }
    assert residence_deadline(MLT, history, date(2026, 6, 9), date(2026, 6, 9)).event == date(2026, 6, 9)
    special = residence_deadline(SPR, history, date(2026, 6, 10), date(2026, 6, 9))
    assert (special.clause, special.event) == ("special.10-1", date(2026, 6, 10))


def test_who_owes_no_notification_has_no_limit_for_it() -> None:
    with pytest.raises(UsageError, match="nothing is to be notified") as caught:
        residence_deadline(PersonClass.TEMPORARY_REFUGE, HERE, date(2026, 6, 10), date(2026, 6, 1))
    assert vars(caught.value) == {
        "message": "nothing is to be notified: person with permission for temporary refuge, newly in the"
        " class by a permission, living here already",
        "expected": "a person who owes a residence notification",
        "received": "temporary_refuge, permitted_living_here",
        "where": "sim.law.filing_period.residence_deadline",
        "remedy": "ask for the register filing instead",
    }


def test_a_notification_from_before_the_system_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not in force yet"):
        residence_deadline(MLT, History.RESIDENCE_ON_CARD, date(2012, 7, 8))
    limit = residence_deadline(MLT, HERE, date(2012, 7, 1), date(2012, 7, 9))
    assert limit.last_day == date(2012, 7, 23)


@pytest.mark.parametrize(
    ("notified", "handling"),
    [
        (date(2026, 4, 1), MovingOut.BEFOREHAND),
        (date(2026, 3, 1), MovingOut.BEFOREHAND),
        (date(2026, 4, 2), MovingOut.LATE),
        (date(2026, 4, 15), MovingOut.LATE),
        (date(2026, 4, 16), MovingOut.EX_OFFICIO),
        (date(2026, 8, 1), MovingOut.EX_OFFICIO),
    ],
)
def test_a_moving_out_is_a_filing_until_day_14_and_ex_officio_from_day_15(
    notified: date, handling: MovingOut
) -> None:
    assert moving_out_handling(date(2026, 4, 1), notified) is handling


def test_a_closed_day_does_not_put_off_what_is_ex_officio() -> None:
    assert moving_out_handling(date(2026, 4, 22), date(2026, 5, 6)) is MovingOut.LATE
    assert moving_out_handling(date(2026, 4, 22), date(2026, 5, 7)) is MovingOut.EX_OFFICIO


def test_the_ways_of_handling_a_moving_out_have_names_in_both_languages() -> None:
    assert [(one.value, one.ja, one.en) for one in MovingOut] == [
        ("beforehand", "転出前の転出届", "a moving-out filing made beforehand"),
        ("late", "転出後の転出届", "a moving-out filing made after the move"),
        ("ex_officio", "職権による記載", "recorded ex officio as moved away, and no filing"),
    ]


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
    assert deadline(Filing.MOVING_IN, date(2026, 4, 22)).as_dict() == {
        "filing": "moving_in",
        "event": "2026-04-22",
        "start": "moved_in",
        "counted_last_day": "2026-05-06",
        "last_day": "2026-05-07",
        "clause": "住民基本台帳法第22条第1項",
        "clause_en": "Basic Resident Registration Act, Article 22, paragraph (1)",
        "clause_id": "juki.22",
        "why": "転入をした日（2026年4月22日）の翌日から数えて14日目は2026年5月6日（憲法記念日の振替休日）で"
        "閉庁日のため、次の開庁日の2026年5月7日が期限です。",
        "why_en": "Day 14, counted from the day after the day of moving in (2026-04-22), is 2026-05-06"
        " (substitute holiday for Constitution Memorial Day), a closed day, so the last day is the next open"
        " day, 2026-05-07.",
        "unconfirmed": ["local-closed-days"],
    }


def test_a_period_that_ends_on_an_open_day_is_explained_without_a_shift() -> None:
    answer = deadline(Filing.MOVING_WITHIN, date(2026, 6, 1))
    assert answer.why_ja == "転居をした日（2026年6月1日）の翌日から数えて14日目の2026年6月15日が期限です。"
    assert (
        answer.why_en
        == "Day 14, counted from the day after the day of moving within the municipality (2026-06-01),"
        " is 2026-06-15, which is the last day."
    )


def test_a_limit_that_a_variant_leaves_on_a_closed_day_is_explained_without_a_shift() -> None:
    moved, sunday = date(2026, 5, 31), date(2026, 6, 14)
    answer = replace(deadline(Filing.MOVING_WITHIN, moved), counted_last_day=sunday, last_day=sunday)
    assert answer.why_ja == "転居をした日（2026年5月31日）の翌日から数えて14日目の2026年6月14日が期限です。"
    assert answer.why_en.endswith(" is 2026-06-14, which is the last day.")


def test_a_moving_out_filing_is_explained_as_made_beforehand() -> None:
    answer = deadline(Filing.MOVING_OUT, date(2026, 6, 1))
    assert "あらかじめ" in answer.why_ja and "2026年6月1日" in answer.why_ja
    assert "beforehand" in answer.why_en and "2026-06-01" in answer.why_en


@pytest.mark.parametrize(
    ("filing", "event", "rests_on"),
    [
        (Filing.MOVING_IN, date(2026, 4, 22), ("local-closed-days",)),
        (Filing.MOVING_IN, date(2026, 12, 15), ("local-closed-days", "year-end-closed-days")),
        (
            Filing.MOVING_IN,
            date(2027, 12, 15),
            ("local-closed-days", *YEAR_END_2027),
        ),
        (Filing.MOVING_IN, date(2027, 12, 14), ("local-closed-days",)),
        (
            Filing.MOVING_IN,
            date(2027, 12, 20),
            ("local-closed-days", *YEAR_END_2027),
        ),
        (Filing.MOVING_IN, date(2028, 1, 5), ("local-closed-days", "future-holidays")),
        (Filing.MOVING_IN, date(2024, 12, 14), ("local-closed-days", "year-end-closed-days")),
        (Filing.HOUSEHOLD_CHANGE, date(2026, 4, 22), ("household-filings", "local-closed-days")),
        (
            Filing.RELATIONSHIP_CHANGE,
            date(2026, 12, 15),
            ("household-filings", "local-closed-days", "year-end-closed-days"),
        ),
        (Filing.MOVING_OUT, date(2028, 12, 30), ("moving-out-beforehand",)),
        (
            Filing.RESIDENCE_NOTIFICATION,
            date(2026, 4, 22),
            ("settled-day", "residence-notification-extension", "local-closed-days"),
        ),
    ],
)
def test_a_limit_says_on_which_assumptions_it_rests(
    filing: Filing, event: date, rests_on: tuple[str, ...]
) -> None:
    assert deadline(filing, event).unconfirmed == rests_on


def test_an_event_before_the_system_began_is_a_usage_error_that_names_the_first_day() -> None:
    with pytest.raises(UsageError) as caught:
        deadline(Filing.ENTRY_FROM_ABROAD, date(2012, 7, 8))
    assert vars(caught.value) == {
        "message": "the rules on foreign residents' filings were not in force yet",
        "expected": "an event from 2012-07-09 on",
        "received": "2012-07-08",
        "where": "sim.law.filing_period.deadline",
        "remedy": "give a day on which the rules were in force",
    }


@given(st.sampled_from(list(Filing)), st.dates(date(2012, 7, 9), date(2035, 12, 31)))
def test_every_answer_can_be_told_and_rests_on_listed_assumptions(filing: Filing, event: date) -> None:
    answer = deadline(filing, event)
    told = answer.as_dict()
    assert told["last_day"] == answer.last_day.isoformat() and told["why"] and told["why_en"]
    assert answer.event <= answer.counted_last_day <= answer.last_day
    for entry in answer.unconfirmed:
        assert unconfirmed(entry).id == entry
