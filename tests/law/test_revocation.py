"""The 90 days: both clocks, what stops them, and that the answer is never more than a candidate."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.citation import cite
from sim.law.kinds import History, PersonClass
from sim.law.revocation import (
    CLAUSES,
    DECIDED_BY,
    HEARING,
    REVOCATION_DAYS,
    Assessment,
    Excuse,
    Facts,
    Ground,
    Status,
    assess,
    clock_ground,
    last_day,
)

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
CLOCKS = [Ground.NOT_NOTIFIED, Ground.NOT_RENEWED]
START = date(2026, 4, 1)
DAY_89, DAY_90, DAY_91 = date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)


def on(
    as_of: date,
    *,
    ground: Ground = Ground.NOT_RENEWED,
    start: date = START,
    notified: date | None = None,
    excuse: Excuse | None = None,
    person_class: PersonClass = MLT,
) -> Assessment:
    return assess(
        Facts(
            person_class=person_class,
            ground=ground,
            start=start,
            as_of=as_of,
            notified=notified,
            excuse=excuse,
        )
    )


# Input that cannot be


def test_a_day_before_the_start_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="nothing has started") as caught:
        on(date(2026, 3, 31))
    assert vars(caught.value) == {
        "message": "nothing has started on the day asked about",
        "expected": "a day from 2026-04-01 on",
        "received": "2026-03-31",
        "where": "sim.law.revocation.assess, as_of",
        "remedy": "ask about the day of the start or a later one",
    }
    assert on(START).status is Status.RUNNING


@pytest.mark.parametrize("ground", CLOCKS)
def test_a_notification_before_the_start_is_a_usage_error(ground: Ground) -> None:
    with pytest.raises(UsageError, match="before the start of the clock") as caught:
        on(DAY_90, ground=ground, notified=date(2026, 3, 31))
    assert vars(caught.value) == {
        "message": "the notification lies before the start of the clock",
        "expected": "a day from 2026-04-01 on",
        "received": "2026-03-31",
        "where": "sim.law.revocation.assess, notified",
        "remedy": "give the first notification made after the permission or the departure",
    }
    assert on(DAY_90, ground=ground, notified=START).status is Status.STOPPED


def test_a_start_before_the_system_is_a_usage_error_for_every_ground_and_class() -> None:
    for ground in Ground:
        for person_class in PersonClass:
            with pytest.raises(UsageError, match="not in force") as caught:
                on(date(2012, 7, 9), start=date(2012, 7, 8), ground=ground, person_class=person_class)
            assert vars(caught.value) == {
                "message": "the grounds of revocation on residence were not in force yet",
                "expected": "a start from 2012-07-09 on",
                "received": "2012-07-08",
                "where": "sim.law.revocation",
                "remedy": "give the day of a permission, a departure or a notification under the rules",
            }
            answer = on(date(2012, 7, 9), start=date(2012, 7, 9), ground=ground, person_class=person_class)
            assert answer.ground is ground


@pytest.mark.parametrize(
    ("notified", "excuse"),
    [(START, None), (None, Excuse.ABROAD), (START, Excuse.ABROAD)],
)
def test_a_false_notification_knows_neither_a_stop_nor_an_excuse(
    notified: date | None, excuse: Excuse | None
) -> None:
    with pytest.raises(UsageError, match="no clock") as caught:
        on(DAY_90, ground=Ground.FALSE, notified=notified, excuse=excuse)
    assert vars(caught.value) == {
        "message": "a false notification has no clock that a notification could stop, nor an excuse",
        "expected": "neither notified nor excuse",
        "received": f"notified={notified}, excuse={excuse}",
        "where": "sim.law.revocation.assess",
        "remedy": "leave both out; a correction is weighed at the hearing",
    }


# The two clocks


def test_the_period_is_ninety_days() -> None:
    assert REVOCATION_DAYS == 90


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (date(2026, 4, 1), date(2026, 6, 30)),
        (date(2023, 12, 1), date(2024, 2, 29)),
        (date(2024, 1, 1), date(2024, 3, 31)),
        (date(2025, 1, 1), date(2025, 4, 1)),
        (date(2012, 7, 9), date(2012, 10, 7)),
        (date(2026, 10, 5), date(2027, 1, 3)),
    ],
)
def test_day_ninety_is_counted_from_the_day_after_and_no_closed_day_extends_it(
    start: date, last: date
) -> None:
    assert last_day(start) == last
    assert on(start, start=start).last_day == last


def test_the_extension_over_closed_days_is_a_switch() -> None:
    start = date(2026, 10, 5)
    assert last_day(start, extend_over_closed_days=True) == date(2027, 1, 4)
    assert last_day(START, extend_over_closed_days=True) == DAY_90
    facts = Facts(person_class=MLT, ground=Ground.NOT_RENEWED, start=start, as_of=date(2027, 1, 4))
    assert assess(facts).status is Status.CANDIDATE
    longer = assess(facts, extend_over_closed_days=True)
    assert (longer.status, longer.last_day, longer.days_elapsed) == (Status.RUNNING, date(2027, 1, 4), 91)


@pytest.mark.parametrize("ground", CLOCKS)
@pytest.mark.parametrize(
    ("as_of", "status", "elapsed"),
    [
        (START, Status.RUNNING, 0),
        (date(2026, 4, 2), Status.RUNNING, 1),
        (DAY_89, Status.RUNNING, 89),
        (DAY_90, Status.RUNNING, 90),
        (DAY_91, Status.CANDIDATE, 91),
        (date(2026, 7, 2), Status.CANDIDATE, 92),
    ],
)
def test_without_a_notification_the_person_is_a_candidate_from_day_ninety_one(
    ground: Ground, as_of: date, status: Status, elapsed: int
) -> None:
    answer = on(as_of, ground=ground)
    assert (answer.status, answer.days_elapsed, answer.last_day) == (status, elapsed, DAY_90)
    assert answer.candidate is (status is Status.CANDIDATE)
    assert answer.ground is ground


@pytest.mark.parametrize("ground", CLOCKS)
@pytest.mark.parametrize(
    ("notified", "status", "elapsed"),
    [
        (START, Status.STOPPED, 0),
        (date(2026, 4, 15), Status.STOPPED, 14),
        (date(2026, 4, 16), Status.STOPPED, 15),
        (DAY_89, Status.STOPPED, 89),
        (DAY_90, Status.STOPPED, 90),
        (DAY_91, Status.NOTIFIED_LATE, 91),
        (date(2026, 12, 1), Status.NOTIFIED_LATE, 244),
    ],
)
def test_a_notification_stops_the_clock_on_its_filing_day_until_day_ninety(
    ground: Ground, notified: date, status: Status, elapsed: int
) -> None:
    answer = on(date(2026, 12, 1), ground=ground, notified=notified)
    assert (answer.status, answer.days_elapsed, answer.last_day) == (status, elapsed, DAY_90)
    assert answer.candidate is (status is Status.NOTIFIED_LATE)


def test_a_notification_made_later_is_not_known_on_the_day_asked_about() -> None:
    filed = date(2026, 5, 1)
    assert on(filed - timedelta(days=1), notified=filed).status is Status.RUNNING
    assert on(filed - timedelta(days=1), notified=filed).days_elapsed == 29
    assert on(filed, notified=filed).status is Status.STOPPED
    late = date(2026, 8, 1)
    assert on(DAY_91, notified=late) == on(DAY_91)
    assert on(late, notified=late) != on(late)
    assert on(late - timedelta(days=1), notified=late).status is Status.CANDIDATE
    assert on(late, notified=late).status is Status.NOTIFIED_LATE


@pytest.mark.parametrize(
    ("ground", "clause"),
    [
        (Ground.NOT_NOTIFIED, "immi.revocation-not-notified"),
        (Ground.NOT_RENEWED, "immi.revocation-not-renewed"),
        (Ground.FALSE, "immi.revocation-false"),
    ],
)
def test_each_ground_cites_its_item_by_content(ground: Ground, clause: str) -> None:
    assert CLAUSES[ground] == clause
    assert on(DAY_91, ground=ground).clause == clause
    assert on(START, ground=ground).clause == clause


@pytest.mark.parametrize(
    ("ground", "before", "after"),
    [
        (Ground.NOT_NOTIFIED, "第8号", "第10号"),
        (Ground.NOT_RENEWED, "第9号", "第11号"),
        (Ground.FALSE, "第10号", "第12号"),
    ],
)
def test_the_items_move_in_april_2027_and_the_answer_says_that_this_is_a_reading(
    ground: Ground, before: str, after: str
) -> None:
    start = date(2026, 12, 1)
    last_of_march, first_of_april = (on(day, start=start, ground=ground) for day in MARCH_31_AND_APRIL_1)
    assert last_of_march.clause is not None and first_of_april.clause is not None
    assert cite(last_of_march.clause, date(2027, 3, 31)).endswith(before)
    assert cite(first_of_april.clause, date(2027, 4, 1)).endswith(after)
    assert "renumbered-revocation" not in last_of_march.unconfirmed
    assert "renumbered-revocation" in first_of_april.unconfirmed


MARCH_31_AND_APRIL_1 = (date(2027, 3, 31), date(2027, 4, 1))


# What an answer says


@pytest.mark.parametrize(
    ("ground", "as_of", "excuse", "unconfirmed"),
    [
        (Ground.NOT_NOTIFIED, DAY_90, None, ("revocation-not-notified-wording", "revocation-count")),
        (
            Ground.NOT_NOTIFIED,
            DAY_91,
            None,
            ("revocation-not-notified-wording", "revocation-count", "revocation-hearing"),
        ),
        (Ground.NOT_RENEWED, DAY_90, Excuse.ABROAD, ("revocation-count",)),
        (Ground.NOT_RENEWED, DAY_91, None, ("revocation-count", "revocation-hearing")),
        (
            Ground.NOT_RENEWED,
            DAY_91,
            Excuse.ABROAD,
            ("revocation-count", "revocation-hearing", "revocation-excuses"),
        ),
        (
            Ground.NOT_RENEWED,
            date(2027, 4, 1),
            Excuse.ABROAD,
            ("revocation-count", "revocation-hearing", "revocation-excuses", "renumbered-revocation"),
        ),
        (Ground.FALSE, START, None, ("revocation-false-wording", "revocation-hearing")),
    ],
)
def test_an_answer_lists_what_it_rests_on(
    ground: Ground, as_of: date, excuse: Excuse | None, unconfirmed: tuple[str, ...]
) -> None:
    assert on(as_of, ground=ground, excuse=excuse).unconfirmed == unconfirmed


@pytest.mark.parametrize(
    ("as_of", "notified", "weighed"),
    [
        (DAY_91, None, False),
        (DAY_91, DAY_90, False),
        (DAY_91, date(2026, 7, 2), False),  # not made yet on that day
        (DAY_91, DAY_91, True),
        (date(2027, 4, 1), DAY_91, True),
    ],
)
def test_only_a_notification_after_day_ninety_rests_on_its_being_weighed(
    as_of: date, notified: date | None, weighed: bool
) -> None:
    assert ("late-notification-weighed" in on(as_of, notified=notified).unconfirmed) is weighed


def test_a_false_notification_makes_a_candidate_at_once_and_without_a_clock() -> None:
    answer = on(START, ground=Ground.FALSE)
    assert (answer.status, answer.last_day, answer.days_elapsed) == (Status.CANDIDATE, None, None)
    assert answer.hearing == "immi.22-4-hearing"
    assert answer.why_ja == (
        "2026年4月1日に虚偽の住居地の届出があり、期間の経過を待たずに取消しの対象となり得ます。"
        "取り消すかどうかは、意見の聴取を経て法務大臣が個別に判断します。"
    )
    assert answer.why_en == (
        "A false residence was notified on 2026-04-01: a candidate at once, without any period."
        " Whether to revoke is for the Minister of Justice to judge, after a hearing."
    )


def test_a_running_clock_names_its_last_day_in_both_languages() -> None:
    answer = on(date(2026, 5, 1))
    assert answer.why_ja == (
        "2026年4月1日の翌日から数えて30日目です。2026年6月30日までに住居地の届出がなければ、"
        "取消しの対象となり得ます。"
    )
    assert answer.why_en == (
        "Day 30, counted from the day after 2026-04-01: without a notification by 2026-06-30 the person"
        " becomes a candidate."
    )
    assert answer.hearing is None


def test_a_stopped_clock_says_that_a_late_notification_stops_it_too() -> None:
    answer = on(DAY_91, notified=date(2026, 5, 1))
    assert answer.why_ja == (
        "2026年5月1日（30日目）の届出により期間は止まりました。14日の届出期間を過ぎた届出であっても同じです。"
    )
    assert answer.why_en == (
        "The notification filed on 2026-05-01 (day 30) stopped the clock, even if it came after the filing"
        " period of 14 days."
    )
    assert answer.hearing is None


def test_a_candidate_is_told_that_the_minister_judges_after_a_hearing() -> None:
    answer = on(DAY_91)
    assert answer.why_ja == (
        "2026年6月30日までに住居地の届出がなく、取消しの対象となり得ます。"
        "取り消すかどうかは、意見の聴取を経て法務大臣が個別に判断します。"
    )
    assert answer.why_en == (
        "No residence was notified by 2026-06-30: a candidate."
        " Whether to revoke is for the Minister of Justice to judge, after a hearing."
    )
    assert answer.hearing == HEARING == "immi.22-4-hearing"
    assert DECIDED_BY == ("法務大臣", "Minister of Justice")


def test_a_notification_after_day_ninety_is_weighed_and_undoes_nothing() -> None:
    answer = on(date(2026, 8, 1), notified=DAY_91)
    assert (answer.status, answer.candidate) == (Status.NOTIFIED_LATE, True)
    assert answer.hearing == "immi.22-4-hearing"
    assert answer.unconfirmed == ("revocation-count", "revocation-hearing", "late-notification-weighed")
    assert answer.why_ja == (
        "2026年7月1日の届出は2026年6月30日を過ぎているため、取消しの対象となり得ることは変わりませんが、"
        "判断に当たって考慮されます。取り消すかどうかは、意見の聴取を経て法務大臣が個別に判断します。"
    )
    assert answer.why_en == (
        "The notification of 2026-07-01 came after 2026-06-30: still a candidate, though it is weighed."
        " Whether to revoke is for the Minister of Justice to judge, after a hearing."
    )


@pytest.mark.parametrize("excuse", Excuse)
def test_an_excuse_is_assessed_only_after_day_ninety_and_clears_nobody(excuse: Excuse) -> None:
    """S0-013: a 正当な理由 changes the assessment; the decision stays with the Minister."""
    assert on(DAY_90, excuse=excuse) == on(DAY_90)
    assert on(DAY_91, notified=DAY_90, excuse=excuse) == on(DAY_91, notified=DAY_90)
    answer = on(DAY_91, excuse=excuse)
    assert (answer.status, answer.candidate) == (Status.EXCUSE_TO_ASSESS, True)
    assert answer.hearing == "immi.22-4-hearing"
    assert f"正当な理由の申立て：{excuse.ja}。取り消すか" in answer.why_ja
    assert f"a candidate. Good reason claimed: {excuse.en}. Whether" in answer.why_en
    late = on(DAY_91, notified=DAY_91, excuse=excuse)
    assert late.status is Status.EXCUSE_TO_ASSESS
    assert late.unconfirmed == (
        "revocation-count",
        "revocation-hearing",
        "revocation-excuses",
        "late-notification-weighed",
    )
    assert "過ぎている" in late.why_ja and excuse.ja in late.why_ja


def test_the_five_published_excuses_are_named() -> None:
    assert [(excuse.value, excuse.ja, excuse.en) for excuse in Excuse] == [
        (
            "lost_home",
            "勤務先の急な倒産や契約の打切りにより住居を失い、経済的に困窮している場合",
            "home lost and money short after a sudden bankruptcy or end of contract",
        ),
        (
            "fled_violence",
            "配偶者からの暴力を避けるため、避難し又は保護を必要としている場合",
            "in flight or under protection from a spouse's violence",
        ),
        (
            "in_hospital",
            "入院等のため届出ができず、代わって届け出る者もいない場合",
            "in hospital or the like, with nobody to file instead",
        ),
        (
            "abroad",
            "転居後に再入国許可（みなし再入国許可を含む。）により出国中である場合",
            "abroad on a re-entry permission after moving",
        ),
        (
            "always_travelling",
            "頻繁な出張で短期間の滞在を繰り返し、住居地を定めていない場合",
            "on frequent business trips with short stays, with no residence settled",
        ),
    ]


def test_the_grounds_and_states_have_names_in_both_languages() -> None:
    assert [(status.value, status.ja, status.en) for status in Status] == [
        ("not_applicable", "対象外", "not applicable"),
        ("running", "期間進行中", "running"),
        ("stopped", "届出により停止", "stopped by a notification"),
        ("excuse_to_assess", "正当な理由の有無の判断を要する", "excuse to be assessed"),
        ("notified_late", "期間後に届出（取消しの対象となり得る）", "candidate, notified late"),
        ("candidate", "取消しの対象となり得る", "candidate"),
    ]
    assert [(ground.value, ground.ja, ground.en) for ground in Ground] == [
        (
            "not_notified",
            "許可後90日以内に住居地を届け出ないこと",
            "no residence notified within 90 days of the permission",
        ),
        (
            "not_renewed",
            "退去後90日以内に新住居地を届け出ないこと",
            "no new residence notified within 90 days of leaving the filed one",
        ),
        ("false", "虚偽の住居地を届け出ること", "a false residence notified"),
    ]


@pytest.mark.parametrize(
    ("as_of", "keeper"),
    [
        (date(2019, 3, 31), ("法務大臣", "Minister of Justice")),
        (date(2019, 4, 1), ("出入国在留管理庁長官", "Commissioner of the Immigration Services Agency")),
    ],
)
@pytest.mark.parametrize("person_class", [MLT, SPR])
def test_the_clock_is_the_agencys_and_never_the_municipalitys(
    as_of: date, keeper: tuple[str, str], person_class: PersonClass
) -> None:
    answer = on(as_of, start=date(2019, 3, 1), person_class=person_class)
    assert (answer.kept_by_ja, answer.kept_by_en) == keeper


# Whom it does not concern


@pytest.mark.parametrize("ground", Ground)
def test_a_special_permanent_resident_is_never_a_candidate(ground: Ground) -> None:
    """S0-012: 中長期在留者のみ."""
    answer = on(date(2027, 4, 1), ground=ground, person_class=SPR)
    assert (answer.status, answer.candidate, answer.clause) == (Status.NOT_APPLICABLE, False, None)
    assert (answer.last_day, answer.days_elapsed, answer.hearing) == (None, None, None)
    assert answer.ground is ground
    assert answer.why_ja == "特別永住者には、住居地の届出をしないことによる在留資格の取消しはありません。"
    assert answer.why_en == (
        "A special permanent resident's position is not revoked for want of a residence notification."
    )
    assert answer.unconfirmed == ()


@pytest.mark.parametrize("ground", Ground)
@pytest.mark.parametrize(
    ("person_class", "ja", "en"),
    [
        (PersonClass.TEMPORARY_REFUGE, "一時庇護許可者", "person with permission for temporary refuge"),
        (PersonClass.PROVISIONAL_STAY, "仮滞在許可者", "person with permission for provisional stay"),
        (
            PersonClass.TRANSITIONAL_STAY,
            "出生・国籍喪失による経過滞在者",
            "transitional resident by birth or loss of nationality",
        ),
    ],
)
def test_a_class_without_the_duty_is_never_a_candidate(
    ground: Ground, person_class: PersonClass, ja: str, en: str
) -> None:
    answer = on(date(2027, 4, 1), ground=ground, person_class=person_class)
    assert (answer.status, answer.candidate, answer.clause) == (Status.NOT_APPLICABLE, False, None)
    assert answer.why_ja == f"{ja}には住居地の届出義務がなく、取消しの対象になりません。"
    assert answer.why_en == f"A {en} owes no residence notification, so there is no ground."
    assert answer.unconfirmed == ("classes-without-duty",)


@pytest.mark.parametrize(
    ("history", "ground"),
    [
        (History.LANDED_NO_RESIDENCE, Ground.NOT_NOTIFIED),
        (History.PERMITTED_NO_RESIDENCE, Ground.NOT_NOTIFIED),
        (History.PERMITTED_LIVING_HERE, Ground.NOT_NOTIFIED),
        (History.RESIDENCE_ON_CARD, Ground.NOT_RENEWED),
    ],
)
def test_a_residence_notified_before_decides_which_clock_runs(history: History, ground: Ground) -> None:
    assert clock_ground(MLT, history) is ground
    for person_class in PersonClass:
        if person_class is not MLT:
            assert clock_ground(person_class, history) is None


# Laws

facts = st.builds(
    lambda person, ground, start, wait, filed, excuse: Facts(
        person_class=person,
        ground=ground,
        start=start,
        as_of=start + timedelta(days=wait),
        notified=None if filed is None else start + timedelta(days=filed),
        excuse=excuse,
    ),
    st.sampled_from(PersonClass),
    st.sampled_from(CLOCKS),
    st.dates(date(2012, 7, 9), date(2035, 12, 31)),
    st.integers(0, 200),
    st.none() | st.integers(0, 200),
    st.none() | st.sampled_from(Excuse),
)


@given(facts, st.booleans())
def test_nobody_is_a_candidate_before_day_ninety_one_or_after_a_notification_in_time(
    case: Facts, extend: bool
) -> None:
    answer = assess(case, extend_over_closed_days=extend)
    waited = (case.as_of - case.start).days
    if answer.candidate:
        assert waited >= 91
        assert case.person_class is MLT
        assert case.notified is None or case.notified > case.start + timedelta(days=90)
        assert answer.hearing is not None
    elif case.person_class is MLT and not extend and waited >= 91:
        assert case.notified is not None and (case.notified - case.start).days <= 90


@given(facts, st.integers(0, 200))
def test_a_stop_is_final(case: Facts, more: int) -> None:
    if assess(case).status is Status.STOPPED:
        later = Facts(
            person_class=case.person_class,
            ground=case.ground,
            start=case.start,
            as_of=case.as_of + timedelta(days=more),
            notified=case.notified,
            excuse=case.excuse,
        )
        assert assess(later).status is Status.STOPPED
        assert assess(later).days_elapsed == assess(case).days_elapsed


@pytest.mark.parametrize(
    "value",
    [Facts(person_class=MLT, ground=Ground.FALSE, start=START, as_of=START), on(START)],
    ids=lambda value: type(value).__name__,
)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")
