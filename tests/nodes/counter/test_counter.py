"""The counter decides in order, asks nothing twice, and says what stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sim.base.errors import HarnessError
from sim.base.instant import instant
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass
from sim.law.rules import RULES, Rules
from sim.nodes.counter import Counter, CounterState
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotices
from tests.drivers.story import AT, filing, person
from tests.nodes.rig import Rig

MOVED = date(2019, 4, 16)  # day 14 is 2019-04-30, inside ten closed days: the limit is 2019-05-07
LIMIT = instant(date(2019, 5, 7), 16)
LATE = instant(date(2019, 5, 8), 9)


def counter(rules: Rules = RULES) -> Rig:
    return Rig(AT.counter, Counter(AT.counter, AT.registry, rules=rules), CounterState)


def test_identity_comes_before_authenticity_before_the_decision_before_the_endorsement() -> None:
    rig = counter()
    rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED), LIMIT)
    assert rig.kinds() == ["identity_confirmed", "authenticity_confirmed", "filing_accepted", "card_endorsed"]
    assert {line.data["office"] for line in rig.store.journal()} == {"main_office"}


def test_a_filing_with_the_card_is_deemed_and_goes_to_the_registry_as_both() -> None:
    """S0-016: with the card."""
    rig = counter()
    (send,) = rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED), LIMIT).sends
    revise = send.body
    assert isinstance(revise, Revise)
    assert (send.to, revise.governing, revise.transmit_article, revise.deemed) == (
        AT.registry,
        Governing.BOTH,
        "immi.19-9-1",
        True,
    )
    assert send.cause == f"{AT.counter}#3"


def test_without_the_card_nothing_is_deemed_and_the_duty_stays_open_with_its_limit() -> None:
    """S0-016, S0-021: without the card; the warning with both limits is written down."""
    rig = counter()
    (send,) = rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED, CardState.ABSENT), LIMIT).sends
    assert isinstance(send.body, Revise)
    assert (send.body.governing, send.body.transmit_article) == (Governing.REGISTER, "")
    assert "card_endorsed" not in rig.kinds()
    assert "authenticity_confirmed" not in rig.kinds()
    duty = rig.last("residence_duty_open")
    assert duty.data == {
        "article": "immi.19-9-1",
        "last_day": "2019-05-07",
        "warned": True,
        "revocation_last_day": "2019-07-15",
    }


def test_the_separate_notification_closes_the_duty_and_goes_up_alone() -> None:
    rig = counter()
    rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED, CardState.ABSENT), LIMIT)
    (send,) = rig.give(filing("C-2", person(1), Filing.RESIDENCE_NOTIFICATION, MOVED), LATE).sends
    assert isinstance(send.body, Revise)
    assert (send.body.governing, send.body.transmit_article, send.body.deemed) == (
        Governing.IMMIGRATION,
        "immi.19-9-1",
        False,
    )
    closed = rig.last("residence_duty_closed")
    assert (closed.case, closed.data) == ("C", {"by": "filing", "closed_by_case": "C-2"})
    assert rig.last("filing_accepted").data["in_time"] is False


def test_a_residence_notification_without_the_card_is_refused() -> None:
    rig = counter()
    answer = rig.give(filing("C", person(1), Filing.RESIDENCE_NOTIFICATION, MOVED, CardState.ABSENT), LIMIT)
    assert (answer.reply.ok, answer.reply.code) == (False, "card_not_presented")
    assert answer.sends == ()
    assert rig.kinds() == ["filing_refused"]


@pytest.mark.parametrize(("at", "in_time"), [(LIMIT, True), (LATE, False)])
def test_the_last_day_counts_to_its_end_and_a_late_filing_is_still_accepted(at: int, in_time: bool) -> None:
    rig = counter()
    assert rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED), instant(date(2019, 5, 7))).reply.ok
    rig = counter()
    assert rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED), type(LIMIT)(at)).reply.ok
    data = rig.last("filing_accepted").data
    assert (data["in_time"], data["last_day"], data["clause"]) == (in_time, "2019-05-07", "juki.22")


def test_moving_out_is_never_deemed_endorses_nothing_and_ends_an_open_duty() -> None:
    rig = counter()
    rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED, CardState.ABSENT), LIMIT)
    rig.give(filing("D", person(1), Filing.MOVING_OUT, date(2019, 5, 20)), LATE)
    assert "card_endorsed" not in rig.kinds()
    assert rig.last("filing_accepted").data["deemed"] is None
    assert rig.last("residence_duty_closed").data["by"] == "moving_out"


def test_a_person_without_the_duty_is_not_warned() -> None:
    rig = counter()
    refuge = person(1, person_class=PersonClass.TEMPORARY_REFUGE)
    form = filing(
        "C", refuge, Filing.ENTRY_FROM_ABROAD, MOVED, CardState.ABSENT, history=History.LANDED_NO_RESIDENCE
    )
    rig.give(form, LIMIT)
    assert "residence_duty_open" not in rig.kinds()


def test_a_replaced_rule_changes_the_decision_and_nothing_else() -> None:
    lenient = replace(RULES, in_time=lambda deadline, filed: True)
    rig, plain = counter(lenient), counter()
    for one in (rig, plain):
        one.give(filing("C", person(1), Filing.MOVING_IN, MOVED), LATE)
    assert rig.last("filing_accepted").data == plain.last("filing_accepted").data | {"in_time": True}


def test_a_message_that_is_not_for_a_counter_is_a_fault_of_the_harness_and_rolls_back() -> None:
    rig = counter()
    with pytest.raises(HarnessError, match="does not know ConfirmNotices"):
        rig.give(ConfirmNotices(), LIMIT)
    assert rig.kinds() == []


def test_an_expired_card_with_a_pending_application_is_endorsed_and_a_plain_expired_one_is_not() -> None:
    for card, endorsed in ((CardState.EXPIRED_PENDING, True), (CardState.EXPIRED, False)):
        rig = counter()
        rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED, card), LIMIT)
        assert "authenticity_confirmed" in rig.kinds()
        assert ("card_endorsed" in rig.kinds()) is endorsed
        assert (rig.last("filing_accepted").data["deemed"] is not None) is endorsed


def test_a_card_that_follows_by_post_is_deemed_handed_in_after_landing_and_cannot_be_endorsed() -> None:
    rig = counter()
    landed = History.LANDED_NO_RESIDENCE
    rig.give(
        filing("C", person(1), Filing.ENTRY_FROM_ABROAD, MOVED, CardState.ISSUED_LATER, history=landed), LIMIT
    )
    assert rig.last("filing_accepted").data["deemed"] == "immi.19-7-1"
    assert {"authenticity_confirmed", "card_endorsed"}.isdisjoint(rig.kinds())


@pytest.mark.parametrize(
    ("kind", "event", "who", "reason"),
    [
        (Filing.MOVING_IN, date(2012, 7, 8), person(1), "before_system"),
        (Filing.MOVING_IN, date(2019, 9, 1), person(1), "event_in_future"),
        (
            Filing.RESIDENCE_NOTIFICATION,
            MOVED,
            person(1, person_class=PersonClass.TEMPORARY_REFUGE),
            "no_duty",
        ),
    ],
)
def test_what_cannot_be_filed_is_refused_with_its_reason(
    kind: Filing, event: date, who: Person, reason: str
) -> None:
    """S3-006: nothing from before the system."""
    rig = counter()
    answer = rig.give(filing("C", who, kind, event), LIMIT)
    assert (answer.reply.ok, answer.reply.code, answer.sends) == (False, reason, ())
    assert rig.last("filing_refused").data["reason"] == reason


def test_a_second_move_without_the_card_replaces_the_open_duty() -> None:
    rig = counter()
    rig.give(filing("C", person(1), Filing.MOVING_IN, MOVED, CardState.ABSENT), LIMIT)
    rig.give(filing("D", person(1), Filing.MOVING_WITHIN, MOVED, CardState.ABSENT), LATE)
    assert rig.last("residence_duty_closed").data == {"by": "replaced", "closed_by_case": "D"}
    rig.give(filing("D-2", person(1), Filing.RESIDENCE_NOTIFICATION, MOVED), LATE)
    assert rig.kinds().count("residence_duty_open") == rig.kinds().count("residence_duty_closed") == 2
    with rig.store.transaction() as transaction:
        assert transaction.state.open_duty(person(1).ref) is None
