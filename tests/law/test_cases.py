"""Cases of practice, each from its source, told by several rules together."""

from __future__ import annotations

from datetime import date

import pytest

from sim.law.card_validity import ENDORSEMENT, card_state
from sim.law.classing import goes_out, governing
from sim.law.consequences import Conduct, ConsequenceKind, consequences
from sim.law.deeming import at_permission, deem
from sim.law.filers import Tie
from sim.law.filing_period import deadline, residence_deadline
from sim.law.household import Member, household
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass

MLT = PersonClass.MID_LONG_TERM_RESIDENT
ON_CARD = History.RESIDENCE_ON_CARD
NOTICE, TRANSMISSION = "municipality_notice", "municipality_transmission"


def test_a_card_left_at_home_leaves_the_notification_due_with_its_own_limit_and_risks() -> None:
    moved = date(2026, 4, 22)
    filing = deem(MLT, ON_CARD, Filing.MOVING_IN, CardState.ABSENT)
    assert (filing.clause, filing.still_due) == (None, "immi.19-9-1")
    assert residence_deadline(MLT, ON_CARD, moved).last_day == date(2026, 5, 7)
    risks = consequences(MLT, ON_CARD, Filing.MOVING_IN, Conduct.CARD_NOT_PRESENTED, moved)
    assert [risk.kind for risk in risks] == [ConsequenceKind.CRIMINAL, ConsequenceKind.REVOCATION]
    assert goes_out(Filing.MOVING_IN, filing.deemed) == (NOTICE,)
    assert goes_out(Filing.RESIDENCE_NOTIFICATION, False) == (TRANSMISSION,)


def test_a_passport_marked_for_later_issue_makes_the_first_filing_a_notification() -> None:
    card = card_state(date(2026, 4, 1), issued_later=True)
    assert deem(MLT, History.LANDED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD, card).clause == "immi.19-7-1"


@pytest.mark.parametrize(("mark", "clause"), [(True, "immi.19-9-1"), (False, None)])
def test_an_expired_card_counts_only_with_the_mark_of_a_pending_application(
    mark: bool, clause: str | None
) -> None:
    card = card_state(date(2026, 5, 31), expiry=date(2026, 3, 31), pending_mark=mark)
    assert deem(MLT, ON_CARD, Filing.MOVING_IN, card).clause == clause
    card = card_state(date(2026, 6, 1), expiry=date(2026, 3, 31), pending_mark=mark)
    assert deem(MLT, ON_CARD, Filing.MOVING_IN, card).clause is None


def test_a_long_stay_in_a_hotel_is_notified_under_the_immigration_act_alone() -> None:
    assert governing(Filing.RESIDENCE_NOTIFICATION, False) is Governing.IMMIGRATION
    assert goes_out(Filing.RESIDENCE_NOTIFICATION, False) == (TRANSMISSION,)


def test_a_newborns_card_without_a_residence_is_notified_unless_a_record_copy_was_submitted() -> None:
    without = History.PERMITTED_ALREADY_REGISTERED
    limit = residence_deadline(MLT, without, settled=date(2026, 4, 1), permitted=date(2026, 5, 11))
    assert (limit.clause, limit.last_day) == ("immi.19-8-1", date(2026, 5, 25))
    # The child is in the register as a transitional resident, so art. 30-47 is not for it.
    assert deem(MLT, without, Filing.BECAME_RESIDENT_STATUS, CardState.PRESENTED).clause is None
    assert at_permission(MLT, without) is None
    deemed = at_permission(MLT, History.ACQUIRED_WITH_RECORD_COPY)
    assert deemed is not None and deemed.basis == "immi.19-8-4"


def test_a_heads_visit_notifies_for_whom_the_head_may_represent_and_whose_card_is_there() -> None:
    family = (
        Member("father", 40, MLT, head=True),
        Member("mother", 38, MLT, ties={"father": Tie.SPOUSE}),
        Member("child", 5, MLT, ties={"father": Tie.PARENT, "mother": Tie.PARENT}),
        Member("baby", 1, MLT, card_in_hand=False, ties={"father": Tie.PARENT, "mother": Tie.PARENT}),
    )
    answers = household(Filing.MOVING_IN, family, "father")
    assert [answer.register is not None and answer.register.allowed for answer in answers] == [True] * 4
    assert [answer.notified for answer in answers] == [True, False, True, False]
    assert [answer.still_due for answer in answers] == [False, True, False, True]


def test_moving_out_is_no_notification_of_a_residence_and_is_noticed_all_the_same() -> None:
    planned = date(2026, 5, 6)  # a closed day
    assert deem(MLT, ON_CARD, Filing.MOVING_OUT, CardState.PRESENTED).clause is None
    assert deadline(Filing.MOVING_OUT, planned).last_day == planned
    assert goes_out(Filing.MOVING_OUT, False) == (NOTICE,)


def test_what_is_both_a_filing_and_a_notification_sends_both() -> None:
    filing = deem(MLT, ON_CARD, Filing.MOVING_WITHIN, CardState.PRESENTED)
    assert governing(Filing.MOVING_WITHIN, filing.deemed) is Governing.BOTH
    assert goes_out(Filing.MOVING_WITHIN, filing.deemed) == (NOTICE, TRANSMISSION)


def test_an_endorsement_writes_four_items() -> None:
    assert [(item.id, item.ja) for item in ENDORSEMENT] == [
        ("reason", "異動事由"),
        ("changed_to", "異動後の項目内容"),
        ("filed_date", "届出日"),
        ("official_mark", "職印"),
    ]
