"""After a birth: the trap of the day that counts, and the two lengths of a stay without a status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from sim.law import citation
from sim.law.birth import BirthReport, birth_report, transitional_stay
from sim.law.filing_period import deadline
from sim.law.kinds import Filing


@pytest.mark.parametrize(
    ("born", "counted", "last"),
    [
        (date(2026, 6, 1), date(2026, 6, 14), date(2026, 6, 15)),  # day 14 is a Sunday
        (date(2026, 6, 2), date(2026, 6, 15), date(2026, 6, 15)),
        (date(2026, 4, 23), date(2026, 5, 6), date(2026, 5, 7)),
        (date(2026, 12, 16), date(2026, 12, 29), date(2027, 1, 4)),
    ],
)
def test_the_day_of_birth_is_day_one(born: date, counted: date, last: date) -> None:
    answer = birth_report(born)
    assert (answer.born, answer.counted_last_day, answer.last_day) == (born, counted, last)


def test_a_birth_report_is_due_a_day_before_a_filing_about_the_same_day() -> None:
    born = date(2026, 6, 2)
    assert birth_report(born).last_day == date(2026, 6, 15)
    assert deadline(Filing.MOVING_IN, born).last_day == date(2026, 6, 16)


def test_the_answer_tells_the_count_the_shift_and_both_articles() -> None:
    assert birth_report(date(2026, 6, 1)).as_dict() == {
        "filing": "birth_report",
        "event": "2026-06-01",
        "start": "born",
        "counted_last_day": "2026-06-14",
        "last_day": "2026-06-15",
        "clause": "戸籍法第49条第1項",
        "clause_en": "Family Register Act, Article 49, paragraph (1)",
        "clause_id": "koseki.49-1",
        "why": "出生届は出生の日（2026年6月1日）を1日目として数え、14日目の"
        "2026年6月14日は日曜日で閉庁日のため、次の開庁日の2026年6月15日が期限です（戸籍法第43条）。",
        "why_en": "A birth report counts the day of birth, 2026-06-01, as day 1: day 14 is 2026-06-14"
        " (Sunday), a closed day, so the last day is 2026-06-15 (Family Register Act, Article 43).",
        "unconfirmed": ["birth-report", "local-closed-days"],
    }


def test_a_count_that_ends_on_an_open_day_tells_of_no_shift() -> None:
    told = birth_report(date(2026, 6, 2)).as_dict()
    assert told["why"] == (
        "出生届は出生の日（2026年6月2日）を1日目として数え、14日目の2026年6月15日が期限です（戸籍法第43条）。"
    )
    assert told["why_en"] == (
        "A birth report counts the day of birth, 2026-06-02, as day 1: day 14 is 2026-06-15, the last day"
        " (Family Register Act, Article 43)."
    )


def test_a_limit_that_a_variant_leaves_on_a_closed_day_tells_of_no_shift() -> None:
    sunday = date(2026, 6, 14)
    told = BirthReport(date(2026, 6, 1), sunday, sunday).as_dict()
    assert told["why"] == (
        "出生届は出生の日（2026年6月1日）を1日目として数え、14日目の2026年6月14日が期限です（戸籍法第43条）。"
    )
    assert told["why_en"] == (
        "A birth report counts the day of birth, 2026-06-01, as day 1: day 14 is 2026-06-14, the last day"
        " (Family Register Act, Article 43)."
    )


@pytest.fixture
def moved_article(monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    """The day from which the count of days stands in another article; answers kept before are forgotten."""
    moves = date(2026, 6, 2)
    act, forms = citation.PROVISIONS["koseki.43"]
    moved = (act, (*forms, citation.Form(moves, "第44条", "Article 44")))
    monkeypatch.setitem(citation.PROVISIONS, "koseki.43", moved)
    citation._citation.cache_clear()
    yield moves
    citation._citation.cache_clear()


def test_the_article_of_the_count_is_cited_as_numbered_on_the_day_of_birth(moved_article: date) -> None:
    for born, ja, en in (
        (moved_article - timedelta(days=1), "（戸籍法第43条）。", "(Family Register Act, Article 43)."),
        (moved_article, "（戸籍法第44条）。", "(Family Register Act, Article 44)."),
    ):
        told = birth_report(born).as_dict()
        assert str(told["why"]).endswith(ja) and str(told["why_en"]).endswith(en)


@pytest.mark.parametrize(
    ("born", "rests_on"),
    [
        (date(2026, 6, 1), ("birth-report", "local-closed-days")),
        (date(2026, 12, 15), ("birth-report", "local-closed-days")),  # day 14 is 28 December, open
        (date(2026, 12, 16), ("birth-report", "local-closed-days", "year-end-closed-days")),
        (date(2024, 12, 15), ("birth-report", "local-closed-days", "year-end-closed-days")),  # Saturday 28
        (
            date(2027, 12, 18),
            ("birth-report", "local-closed-days", "year-end-closed-days", "future-holidays"),
        ),
        (date(2028, 6, 1), ("birth-report", "local-closed-days", "future-holidays")),
    ],
)
def test_the_limit_of_a_birth_report_rests_on_the_calendar_too(born: date, rests_on: tuple[str, ...]) -> None:
    answer = birth_report(born)
    assert answer.unconfirmed == rests_on
    assert answer.as_dict()["unconfirmed"] == list(rests_on)


@pytest.mark.parametrize(
    ("since", "apply_until", "stay_until"),
    [
        (date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 31)),
        (date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 1)),
        (date(2028, 1, 31), date(2028, 3, 1), date(2028, 3, 31)),  # leap year
        (date(2026, 4, 5), date(2026, 5, 5), date(2026, 6, 4)),  # a holiday, and nothing is extended
    ],
)
def test_who_has_no_status_may_apply_for_thirty_days_and_stay_for_sixty(
    since: date, apply_until: date, stay_until: date
) -> None:
    answer = transitional_stay(since)
    assert (answer.apply_until, answer.stay_until) == (apply_until, stay_until)
    assert answer.unconfirmed == ("transitional-count",)
