"""Deemed filing: every cell of a table written from the sources, and what each answer says of itself."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from sim.law import deeming
from sim.law.citation import PROVISIONS
from sim.law.deeming import Deeming, Ground, at_permission, deem, handed_in, residence_duty
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.law.unconfirmed import unconfirmed

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
LANDED = History.LANDED_NO_RESIDENCE
PERMITTED = History.PERMITTED_NO_RESIDENCE
PERMITTED_HERE = History.PERMITTED_LIVING_HERE
ON_CARD = History.RESIDENCE_ON_CARD

NO_DUTY = [PersonClass.TEMPORARY_REFUGE, PersonClass.PROVISIONAL_STAY, PersonClass.TRANSITIONAL_STAY]


@pytest.fixture(autouse=True)
def _answer_afresh() -> None:
    """No test sees an answer that the rule kept from an earlier one."""
    deeming._deem.cache_clear()


class Expected(NamedTuple):
    """A row of deeming.csv, which was written from the sources by one who did not know the code."""

    person_class: PersonClass
    history: History
    filing: Filing
    card: CardState
    clause: str
    basis: str
    still_due: str
    reason: str
    source: str


def _rows() -> list[Expected]:
    with Path(__file__).with_name("deeming.csv").open(encoding="utf-8", newline="") as file:
        return [
            Expected(
                PersonClass(row["person_class"]),
                History(row["history"]),
                Filing(row["filing"]),
                CardState(row["card"]),
                *(row[name] for name in ("clause", "basis", "still_due", "reason", "source")),
            )
            for row in csv.DictReader(file, strict=True)
        ]


ROWS = _rows()


def test_the_table_of_the_sources_has_every_combination_once_and_a_source_for_each() -> None:
    keys = [row[:4] for row in ROWS]
    assert keys == list(product(PersonClass, History, Filing, CardState))
    assert all(row.source for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:4]))
def test_every_cell_of_the_table_is_what_the_rule_answers(row: Expected) -> None:
    answer = deem(row.person_class, row.history, row.filing, row.card)
    assert (
        answer.clause or "none",
        answer.basis or "none",
        answer.still_due or "none",
        answer.ground.value,
    ) == row[4:8]
    assert answer.deemed == (row.clause != "none")
    assert answer.why_ja and answer.why_en


@pytest.mark.parametrize(
    ("filing", "clauses"),
    [
        (Filing.MOVING_IN, {"immi.19-9-1", "special.10-2"}),  # S0-002: art. 22, and never 19-7
        (Filing.MOVING_WITHIN, {"immi.19-9-1", "special.10-2"}),  # S0-003: art. 23
        (
            Filing.ENTRY_FROM_ABROAD,  # S0-004: art. 30-46
            {"immi.19-7-1", "immi.19-8-1", "immi.19-9-1", "special.10-1", "special.10-2"},
        ),
        (Filing.BECAME_RESIDENT_STATUS, {"immi.19-8-1"}),  # S0-005: art. 30-47, and neither 19-7 nor 19-9
        (Filing.MOVING_OUT, set()),
        (Filing.HOUSEHOLD_CHANGE, set()),
        (Filing.RELATIONSHIP_CHANGE, set()),
    ],
)
def test_a_filing_with_the_card_is_deemed_what_its_article_is_named_for_and_nothing_else(
    filing: Filing, clauses: set[str]
) -> None:
    """S0-002, S0-003, S0-004, S0-005; S0-010: a special permanent resident never under 入管法."""
    found = {
        (person, answer.clause)
        for person, history in product(PersonClass, History)
        if (answer := deem(person, history, filing, CardState.PRESENTED)).clause is not None
    }
    assert {clause for _, clause in found} == clauses
    assert {person for person, clause in found if str(clause).startswith("special.")} <= {SPR}
    assert {person for person, clause in found if str(clause).startswith("immi.")} <= {MLT}
    for person, history, card in product(PersonClass, History, [CardState.ABSENT, CardState.EXPIRED]):
        assert not deem(person, history, filing, card).deemed


def test_the_duty_of_each_person_is_that_of_the_acts() -> None:
    first, changed = "immi.19-8-1", "immi.19-9-1"
    assert [residence_duty(MLT, history) for history in History] == [
        "immi.19-7-1",
        first,
        first,
        first,
        changed,
        changed,
    ]
    first, changed = "special.10-1", "special.10-2"
    assert [residence_duty(SPR, history) for history in History] == [first] * 4 + [changed] * 2
    assert all(residence_duty(person, history) is None for person in NO_DUTY for history in History)


@pytest.mark.parametrize(
    ("key", "ja", "en"),
    [
        (
            (MLT, ON_CARD, Filing.MOVING_IN, CardState.PRESENTED),
            "転入届は住居地の変更届出とみなされます（カードの状態：提出あり）。",
            "The moving-in filing is deemed the notification of a changed residence (card: presented).",
        ),
        (
            (SPR, LANDED, Filing.MOVING_IN, CardState.PRESENTED),
            "特別永住者（新規上陸、住居地の記載なし）の転入届を住居地の届出とみなす規定はありません。",
            "No provision deems this filing a residence notification: special permanent resident (landed, no"
            " place of residence on the card), moving-in filing.",
        ),
        (
            (MLT, LANDED, Filing.BECAME_RESIDENT_STATUS, CardState.PRESENTED),
            "中長期在留者（新規上陸、住居地の記載なし）は中長期在留者等となった場合の届出の対象ではありません。",
            "A filing on becoming a mid-long-term resident or the like is not for this person: mid-long-term"
            " resident (landed, no place of residence on the card).",
        ),
        (
            (MLT, ON_CARD, Filing.MOVING_OUT, CardState.PRESENTED),
            "転出届を住居地の届出とみなす規定はありません。",
            "No provision deems a moving-out filing a residence notification.",
        ),
        (
            (PersonClass.PROVISIONAL_STAY, LANDED, Filing.MOVING_IN, CardState.ABSENT),
            "仮滞在許可者には住居地の届出義務がありません。",
            "A person with permission for provisional stay owes no residence notification.",
        ),
        (
            (PersonClass.PROVISIONAL_STAY, LANDED, Filing.RESIDENCE_NOTIFICATION, CardState.PRESENTED),
            "仮滞在許可者には住居地の届出義務がありません。",
            "A person with permission for provisional stay owes no residence notification.",
        ),
        (
            (MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.PRESENTED),
            "住居地の届出そのものであり、みなしを要しません。",
            "It is the residence notification itself.",
        ),
        (
            (SPR, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.EXPIRED),
            "住居地の届出は有効なカードを提出して行うため、この状態では届出になりません。",
            "A residence notification is made on handing in a valid card, so in this state it is none.",
        ),
    ],
)
def test_the_answer_explains_itself_in_both_languages(
    key: tuple[PersonClass, History, Filing, CardState], ja: str, en: str
) -> None:
    answer = deem(*key)
    assert (answer.why_ja, answer.why_en) == (ja, en)


@pytest.mark.parametrize(
    ("key", "rests_on"),
    [
        ((MLT, ON_CARD, Filing.MOVING_IN, CardState.PRESENTED), ()),
        ((MLT, ON_CARD, Filing.MOVING_IN, CardState.ABSENT), ()),
        ((MLT, LANDED, Filing.ENTRY_FROM_ABROAD, CardState.ABSENT), ("entry-from-abroad-card",)),
        ((MLT, PERMITTED_HERE, Filing.BECAME_RESIDENT_STATUS, CardState.ABSENT), ("entry-from-abroad-card",)),
        ((MLT, LANDED, Filing.ENTRY_FROM_ABROAD, CardState.EXPIRED), ("card-expired",)),
        ((MLT, ON_CARD, Filing.MOVING_IN, CardState.EXPIRED), ("card-expired",)),
        ((MLT, ON_CARD, Filing.MOVING_IN, CardState.EXPIRED_PENDING), ("card-expired-pending",)),
        ((SPR, ON_CARD, Filing.MOVING_IN, CardState.EXPIRED_PENDING), ("card-expired-pending",)),
        ((MLT, LANDED, Filing.ENTRY_FROM_ABROAD, CardState.ISSUED_LATER), ("card-issued-later",)),
        ((MLT, PERMITTED_HERE, Filing.MOVING_IN, CardState.PRESENTED), ("unnotified-move",)),
        ((MLT, PERMITTED, Filing.MOVING_IN, CardState.PRESENTED), ("unnotified-move",)),
        ((MLT, LANDED, Filing.MOVING_WITHIN, CardState.ABSENT), ("unnotified-move",)),
        ((SPR, LANDED, Filing.MOVING_IN, CardState.PRESENTED), ()),
        ((SPR, PERMITTED_HERE, Filing.MOVING_IN, CardState.PRESENTED), ("special-permanent-living-here",)),
        ((MLT, PERMITTED_HERE, Filing.ENTRY_FROM_ABROAD, CardState.PRESENTED), ("deeming-pairs",)),
        (
            (MLT, PERMITTED_HERE, Filing.ENTRY_FROM_ABROAD, CardState.EXPIRED_PENDING),
            ("deeming-pairs", "card-expired-pending"),
        ),
        ((MLT, PERMITTED_HERE, Filing.BECAME_RESIDENT_STATUS, CardState.PRESENTED), ()),
        ((MLT, LANDED, Filing.BECAME_RESIDENT_STATUS, CardState.PRESENTED), ("deeming-pairs",)),
        ((NO_DUTY[0], LANDED, Filing.MOVING_IN, CardState.PRESENTED), ("classes-without-duty",)),
        ((NO_DUTY[0], LANDED, Filing.RESIDENCE_NOTIFICATION, CardState.PRESENTED), ("classes-without-duty",)),
        ((MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.PRESENTED), ()),
        ((MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.ABSENT), ()),
        ((MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.EXPIRED), ("card-expired",)),
        ((MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.ISSUED_LATER), ("card-issued-later",)),
        ((SPR, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.EXPIRED_PENDING), ("card-expired-pending",)),
        ((MLT, ON_CARD, Filing.RESIDENCE_NOTIFICATION, CardState.EXPIRED_PENDING), ("card-expired-pending",)),
        ((MLT, LANDED, Filing.RESIDENCE_NOTIFICATION, CardState.ISSUED_LATER), ("card-issued-later",)),
    ],
)
def test_the_answer_says_on_which_assumption_it_rests(
    key: tuple[PersonClass, History, Filing, CardState], rests_on: tuple[str, ...]
) -> None:
    assert deem(*key).unconfirmed == rests_on


@pytest.mark.parametrize("card", CardState)
@pytest.mark.parametrize("filing", [Filing.MOVING_IN, Filing.MOVING_WITHIN])
@pytest.mark.parametrize("history", History)
def test_a_move_of_one_who_has_notified_no_residence_yet_is_not_deemed_by_a_reading(
    history: History, filing: Filing, card: CardState
) -> None:
    notified = history in (History.ACQUIRED_WITH_RECORD_COPY, ON_CARD)
    answer = deem(MLT, history, filing, card)
    assert (answer.unconfirmed == ("unnotified-move",)) is (not notified)
    assert (answer.ground is Ground.PAIR_NOT_NAMED) is (not notified)


def test_the_grounds_come_in_the_order_in_which_they_apply() -> None:
    assert [ground.value for ground in Ground] == [
        "no_duty",
        "itself",
        "no_provision",
        "already_deemed",
        "not_open",
        "pair_not_named",
        "card_absent",
        "card_expired",
        "card_not_issued",
        "deemed",
    ]


@pytest.mark.parametrize("card", CardState)
@pytest.mark.parametrize("person", [MLT, SPR])
def test_a_notification_without_a_valid_card_is_none_and_stays_due(
    person: PersonClass, card: CardState
) -> None:
    answer = deem(person, ON_CARD, Filing.RESIDENCE_NOTIFICATION, card)
    made = handed_in(person, ON_CARD, card)
    assert answer.ground is Ground.ITSELF
    assert answer.still_due == (None if made else residence_duty(person, ON_CARD))
    assert ("届出になりません" in answer.why_ja) is ("it is none" in answer.why_en) is (not made)


@pytest.mark.parametrize(
    ("card", "ja", "en"),
    [
        (CardState.ABSENT, "提出がない", "not handed in"),
        (CardState.ISSUED_LATER, "後日交付", "issued later"),
        (CardState.EXPIRED, "有効期間が満了", "has expired"),
        (CardState.EXPIRED_PENDING, "申請中", "pending application"),
    ],
)
def test_a_card_that_does_not_count_is_the_reason_given(card: CardState, ja: str, en: str) -> None:
    answer = deem(SPR, ON_CARD, Filing.MOVING_IN, card)
    assert ja in answer.why_ja and en in answer.why_en


def test_a_record_copy_submitted_with_the_application_is_a_notification_at_permission() -> None:
    copy = History.ACQUIRED_WITH_RECORD_COPY
    answer = at_permission(MLT, copy)
    ja = (
        "在留資格取得の申請で住民票の写し等を提出しているため、"
        "許可の時に住居地の届出があったものとみなされます。"
    )
    en = (
        "A record copy was submitted with the application to acquire a status, so the residence is deemed"
        " notified when permission is given."
    )
    assert answer == Deeming(Ground.ALREADY_DEEMED, "immi.19-8-1", "immi.19-8-4", None, ja, en, ())
    assert answer.deemed
    assert [at_permission(MLT, other) for other in History if other is not copy] == [None] * 5
    assert [at_permission(person, copy) for person in PersonClass if person is not MLT] == [None] * 4
    again = deem(MLT, copy, Filing.BECAME_RESIDENT_STATUS, CardState.PRESENTED)
    assert again == Deeming(Ground.ALREADY_DEEMED, None, None, None, ja, en, ())


def test_a_household_is_judged_member_by_member_each_by_the_persons_own_card() -> None:
    cards = [CardState.PRESENTED, CardState.ABSENT, CardState.EXPIRED]
    answers = [deem(MLT, ON_CARD, Filing.MOVING_IN, card) for card in cards]
    assert [answer.clause for answer in answers] == ["immi.19-9-1", None, None]
    assert [answer.still_due for answer in answers] == [None, "immi.19-9-1", "immi.19-9-1"]


@pytest.mark.parametrize("person", PersonClass)
@pytest.mark.parametrize("history", History)
def test_a_valid_card_counts_as_handed_in_for_everybody_and_one_not_brought_for_nobody(
    person: PersonClass, history: History
) -> None:
    assert handed_in(person, history, CardState.PRESENTED)
    assert not handed_in(person, history, CardState.ABSENT)
    assert not handed_in(person, history, CardState.EXPIRED)
    assert handed_in(person, history, CardState.ISSUED_LATER) == (person is MLT and history is LANDED)
    assert handed_in(person, history, CardState.EXPIRED_PENDING) == (person is MLT)


def test_every_answer_cites_known_provisions_and_listed_assumptions() -> None:
    for key in product(PersonClass, History, Filing, CardState):
        answer = deem(*key)
        for clause in (answer.clause, answer.basis, answer.still_due):
            assert clause is None or clause in PROVISIONS
        assert all(unconfirmed(entry).id == entry for entry in answer.unconfirmed)
        assert answer.clause is None or answer.still_due is None
