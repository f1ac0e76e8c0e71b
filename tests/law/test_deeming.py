"""Deemed filing: every pair of the Acts as a literal, and every other pair as a negative."""

from __future__ import annotations

from itertools import product

import pytest

from sim.law.citation import PROVISIONS
from sim.law.deeming import deem, residence_duty
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.law.unconfirmed import unconfirmed

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
LANDED = History.LANDED_NO_RESIDENCE
PERMITTED = History.PERMITTED_NO_RESIDENCE
PERMITTED_HERE = History.PERMITTED_LIVING_HERE
ON_CARD = History.RESIDENCE_ON_CARD

DEEMED = [
    # person, history, filing; deemed as; by. From the Acts, not from the code.
    (MLT, LANDED, Filing.ENTRY_FROM_ABROAD, "immi.19-7-1", "immi.19-7-3"),
    (MLT, PERMITTED, Filing.ENTRY_FROM_ABROAD, "immi.19-8-1", "immi.19-8-3"),
    (MLT, PERMITTED_HERE, Filing.BECAME_RESIDENT_STATUS, "immi.19-8-1", "immi.19-8-3"),
    (MLT, ON_CARD, Filing.MOVING_IN, "immi.19-9-1", "immi.19-9-3"),
    (MLT, ON_CARD, Filing.MOVING_WITHIN, "immi.19-9-1", "immi.19-9-3"),
    (MLT, ON_CARD, Filing.ENTRY_FROM_ABROAD, "immi.19-9-1", "immi.19-9-3"),
    (SPR, LANDED, Filing.ENTRY_FROM_ABROAD, "special.10-1", "special.10-4"),
    (SPR, PERMITTED, Filing.ENTRY_FROM_ABROAD, "special.10-1", "special.10-4"),
    (SPR, ON_CARD, Filing.MOVING_IN, "special.10-2", "special.10-5"),
    (SPR, ON_CARD, Filing.MOVING_WITHIN, "special.10-2", "special.10-5"),
    (SPR, ON_CARD, Filing.ENTRY_FROM_ABROAD, "special.10-2", "special.10-5"),
]
PAIRS = {(person, history, filing) for person, history, filing, _, _ in DEEMED}
OTHERS = [key for key in product(PersonClass, History, Filing) if key not in PAIRS]
NO_DUTY = [PersonClass.TEMPORARY_REFUGE, PersonClass.PROVISIONAL_STAY, PersonClass.TRANSITIONAL_STAY]


@pytest.mark.parametrize(("person", "history", "filing", "clause", "basis"), DEEMED)
def test_a_pair_that_the_acts_name_is_deemed_when_the_card_is_presented(
    person: PersonClass, history: History, filing: Filing, clause: str, basis: str
) -> None:
    answer = deem(person, history, filing, CardState.PRESENTED)
    assert (answer.deemed, answer.clause, answer.basis, answer.still_due) == (True, clause, basis, None)
    assert answer.unconfirmed == ()
    assert filing.ja in answer.why_ja and filing.en in answer.why_en


@pytest.mark.parametrize(("person", "history", "filing"), OTHERS)
@pytest.mark.parametrize("card", CardState)
def test_a_pair_that_the_acts_do_not_name_is_never_deemed(
    person: PersonClass, history: History, filing: Filing, card: CardState
) -> None:
    answer = deem(person, history, filing, card)
    assert (answer.deemed, answer.clause, answer.basis) == (False, None, None)
    assert answer.why_ja and answer.why_en


@pytest.mark.parametrize(("person", "history", "filing", "clause", "basis"), DEEMED)
@pytest.mark.parametrize("card", [CardState.ABSENT, CardState.EXPIRED])
def test_without_a_valid_card_nothing_is_deemed_and_the_notification_stays_due(
    person: PersonClass, history: History, filing: Filing, clause: str, basis: str, card: CardState
) -> None:
    answer = deem(person, history, filing, card)
    assert answer.clause is None and answer.basis is None
    assert answer.still_due == clause
    assert answer.why_ja and answer.why_en


@pytest.mark.parametrize("filing", Filing)
@pytest.mark.parametrize("history", History)
@pytest.mark.parametrize("person", NO_DUTY)
def test_a_class_without_the_duty_is_never_deemed_and_owes_nothing(
    person: PersonClass, history: History, filing: Filing
) -> None:
    answer = deem(person, history, filing, CardState.PRESENTED)
    assert answer.clause is None and answer.still_due is None
    assert residence_duty(person, history) is None


@pytest.mark.parametrize("history", History)
@pytest.mark.parametrize("person", [MLT, SPR])
def test_moving_out_is_deemed_nothing_and_leaves_nothing_due(person: PersonClass, history: History) -> None:
    answer = deem(person, history, Filing.MOVING_OUT, CardState.PRESENTED)
    assert answer.clause is None and answer.still_due is None


@pytest.mark.parametrize("history", History)
@pytest.mark.parametrize("person", [MLT, SPR])
def test_the_notification_itself_needs_no_deeming(person: PersonClass, history: History) -> None:
    answer = deem(person, history, Filing.RESIDENCE_NOTIFICATION, CardState.PRESENTED)
    assert answer.clause is None and answer.still_due is None and answer.unconfirmed == ()


@pytest.mark.parametrize(
    ("history", "filing", "due"),
    [
        (LANDED, Filing.MOVING_IN, "immi.19-7-1"),
        (LANDED, Filing.BECAME_RESIDENT_STATUS, "immi.19-7-1"),
        (PERMITTED, Filing.MOVING_IN, "immi.19-8-1"),
        (PERMITTED_HERE, Filing.MOVING_WITHIN, "immi.19-8-1"),
        (ON_CARD, Filing.BECAME_RESIDENT_STATUS, None),
    ],
)
def test_a_filing_that_is_not_deemed_leaves_the_persons_own_notification_due(
    history: History, filing: Filing, due: str | None
) -> None:
    assert deem(MLT, history, filing, CardState.PRESENTED).still_due == due


def test_the_passport_stands_in_for_a_card_issued_later_only_after_landing() -> None:
    landed = deem(MLT, LANDED, Filing.ENTRY_FROM_ABROAD, CardState.ISSUED_LATER)
    assert landed.clause == "immi.19-7-1"
    assert landed.unconfirmed == ("card-issued-later",)
    moved = deem(MLT, ON_CARD, Filing.MOVING_IN, CardState.ISSUED_LATER)
    assert (moved.clause, moved.still_due) == (None, "immi.19-9-1")


def test_an_expired_card_counts_only_while_an_application_is_pending() -> None:
    pending = deem(MLT, ON_CARD, Filing.MOVING_IN, CardState.EXPIRED_PENDING)
    assert (pending.clause, pending.unconfirmed) == ("immi.19-9-1", ("card-expired-pending",))
    expired = deem(MLT, ON_CARD, Filing.MOVING_IN, CardState.EXPIRED)
    assert (expired.clause, expired.unconfirmed) == (None, ("card-expired",))


@pytest.mark.parametrize(
    ("person", "history", "filing"),
    [
        (MLT, PERMITTED, Filing.BECAME_RESIDENT_STATUS),
        (MLT, PERMITTED_HERE, Filing.ENTRY_FROM_ABROAD),
        (SPR, PERMITTED_HERE, Filing.ENTRY_FROM_ABROAD),
    ],
)
def test_a_pair_left_out_by_our_reading_says_so(
    person: PersonClass, history: History, filing: Filing
) -> None:
    assert deem(person, history, filing, CardState.PRESENTED).unconfirmed != ()


@pytest.mark.parametrize("key", list(product(PersonClass, History, Filing, CardState)))
def test_every_answer_cites_known_provisions_and_listed_assumptions(
    key: tuple[PersonClass, History, Filing, CardState],
) -> None:
    answer = deem(*key)
    for clause in (answer.clause, answer.basis, answer.still_due):
        assert clause is None or clause in PROVISIONS
    for entry in answer.unconfirmed:
        assert unconfirmed(entry).id == entry
    assert answer.clause is None or answer.still_due is None
