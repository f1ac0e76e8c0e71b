"""Every card that was handed in is endorsed here and today, or the journal says why not."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.base.instant import instant
from sim.law.kinds import CardState, Filing, PersonClass
from sim.nodes.counter import Office
from sim.nodes.messages.cards import AddressWritten
from sim.nodes.messages.counter import Endorse, FileFiling, Visit
from tests.drivers.story import AT, filing, person
from tests.nodes.counter.shift import ACTIVE, CARDS, DAY, MORNING, Shift

AFTERNOON = instant(DAY, 15)
BROKEN = "printer_out_of_order"


def moving_in(card: CardState = CardState.PRESENTED, **more: object) -> FileFiling:
    return msgspec.structs.replace(filing("C", person(1), Filing.MOVING_IN, DAY, card), **more)


@pytest.mark.parametrize(
    ("card", "until", "decided", "endorsed"),
    [
        (CardState.EXPIRED, None, None, False),
        (CardState.EXPIRED_PENDING, None, None, True),
        # The card's own dates go before what was declared.
        (CardState.PRESENTED, DAY, None, True),
        (CardState.PRESENTED, date(2019, 4, 15), None, False),
        # Two months after its end, or until the decision if that comes first.
        (CardState.EXPIRED_PENDING, date(2019, 2, 16), None, True),
        (CardState.EXPIRED_PENDING, date(2019, 2, 15), None, False),
        (CardState.EXPIRED_PENDING, date(2019, 4, 1), DAY, True),
        (CardState.EXPIRED_PENDING, date(2019, 4, 1), date(2019, 4, 15), False),
    ],
)
def test_an_expired_card_is_not_endorsed_unless_an_application_is_pending_and_its_time_not_over(
    card: CardState, until: date | None, decided: date | None, endorsed: bool
) -> None:
    shift = Shift()
    shift.give(moving_in(card, person=person(1, card_until=until), decided=decided))
    assert ("card_endorsed" in shift.kinds()) is endorsed
    assert ("residence_duty_open" in shift.kinds()) is not endorsed
    assert "authenticity_confirmed" in shift.kinds()
    if not endorsed:
        data = shift.last("endorsement_withheld").data
        assert data == {"office": "main_office", "session": f"{AT.counter}/1", "reason": "card_expired"}
        assert shift.last("filing_accepted").data["card"] == "expired"


@pytest.mark.parametrize("card", [CardState.ABSENT, CardState.ISSUED_LATER])
def test_a_card_that_does_not_lie_there_does_not_come_into_being_by_its_dates(card: CardState) -> None:
    shift = Shift()
    shift.give(moving_in(card, person=person(1, card_until=date(2030, 1, 1))))
    assert shift.last("filing_accepted").data["card"] == str(card)
    assert {"authenticity_confirmed", "card_endorsed", "endorsement_withheld"}.isdisjoint(shift.kinds())


def test_a_special_permanent_resident_has_no_application_that_prolongs_a_certificate() -> None:
    shift = Shift()
    special = person(1, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT)
    shift.give(moving_in(CardState.EXPIRED_PENDING, person=special))
    assert shift.last("endorsement_withheld").data["reason"] == "card_expired"


@pytest.mark.parametrize("kind", [Filing.MOVING_OUT, Filing.HOUSEHOLD_CHANGE, Filing.RELATIONSHIP_CHANGE])
def test_a_filing_that_settles_no_residence_endorses_nothing_and_withholds_nothing(kind: Filing) -> None:
    shift = Shift()
    shift.give(moving_in(filing=kind))
    assert {"card_endorsed", "endorsement_withheld", "case_left_open"}.isdisjoint(shift.kinds())


# --- S0-049: no case closes over a card that lacks its endorsement --------------------------------------
def test_a_case_stays_open_while_the_card_lacks_its_endorsement_and_closes_when_it_is_made_up() -> None:
    """S0-015, S0-018, S0-049: later, but on the same day, at the same office and in the same session."""
    shift = Shift()
    shift.give(moving_in(endorsing_fails=BROKEN))
    assert shift.kinds()[-2:] == ["endorsement_withheld", "case_left_open"]
    assert shift.last("case_left_open").data["reason"] == BROKEN
    # The filing stands: the register is told of it all the same.
    assert len(shift.revisions) == 1
    assert not shift.give(Endorse("C", person(1).ref, BROKEN), AFTERNOON).code
    assert "card_endorsed" not in shift.kinds()
    assert shift.give(Endorse("C", person(1).ref), AFTERNOON).ok
    assert shift.kinds()[-2:] == ["card_endorsed", "case_closed"]
    endorsed = shift.last("card_endorsed").data
    assert endorsed == {
        "office": "main_office",
        "session": shift.last("filing_accepted").data["session"],
        "filed_date": "2019-04-16",
    }
    shift.over()
    assert [line.data["reason"] for line in shift.lines("case_left_open")] == [BROKEN, BROKEN]


def test_a_case_that_is_still_open_when_the_office_closes_is_a_finding_once_and_never_closes() -> None:
    """S0-049."""
    shift = Shift()
    shift.give(moving_in(endorsing_fails=BROKEN))
    shift.give(
        msgspec.structs.replace(filing("D", person(2), Filing.MOVING_IN, DAY), endorsing_fails=BROKEN),
        AFTERNOON,
    )
    shift.over()
    found = [line for line in shift.lines("case_left_open") if line.data["reason"] == "closing_time"]
    assert [(line.case, line.at) for line in found] == [
        ("C", instant(DAY, 17, 15)),
        ("D", instant(DAY, 17, 15)),
    ]
    assert shift.give(Endorse("C", person(1).ref), instant(DAY, 17, 30)).code == "after_closing"
    tomorrow = instant(date(2019, 4, 17), 10)
    assert shift.give(Endorse("C", person(1).ref), tomorrow).code == "not_the_same_day"
    assert shift.last("endorsement_withheld").data["reason"] == "not_the_same_day"
    assert {"card_endorsed", "case_closed"}.isdisjoint(shift.kinds())


def test_the_closing_of_a_day_is_planned_once_however_many_endorsements_fail() -> None:
    shift = Shift()
    shift.give(moving_in(endorsing_fails=BROKEN))
    shift.give(Endorse("C", person(1).ref, BROKEN), AFTERNOON)
    assert [at for at, _, _ in shift.alarms] == [instant(DAY, 17, 15)]


def test_what_fails_after_closing_time_is_found_at_midnight() -> None:
    shift = Shift()
    shift.give(moving_in(case="early", endorsing_fails=BROKEN))
    shift.give(moving_in(endorsing_fails=BROKEN), instant(DAY, 18))
    shift.over()
    found = [line for line in shift.lines("case_left_open") if line.data["reason"] == "closing_time"]
    assert [(line.case, line.at) for line in found] == [
        ("early", instant(DAY, 17, 15)),
        ("C", instant(date(2019, 4, 17))),
    ]


def test_the_days_of_two_failures_are_found_each_on_its_own() -> None:
    shift = Shift()
    shift.give(moving_in(endorsing_fails=BROKEN))
    second = filing("D", person(2), Filing.MOVING_IN, DAY)
    shift.give(msgspec.structs.replace(second, endorsing_fails=BROKEN), instant(date(2019, 4, 17), 10))
    shift.over()
    found = [line for line in shift.lines("case_left_open") if line.data["reason"] == "closing_time"]
    assert [(line.case, line.at) for line in found] == [
        ("C", instant(DAY, 17, 15)),
        ("D", instant(date(2019, 4, 17), 17, 15)),
    ]


@pytest.mark.parametrize(("case", "ref"), [("elsewhere", person(1).ref), ("C", person(2).ref)])
def test_a_card_of_a_case_that_another_office_took_is_not_endorsed_here(case: str, ref: str) -> None:
    """S0-019: filing at one office, endorsement at another is unsuitable."""
    shift = Shift(Office("yotsuya"))
    shift.give(moving_in(endorsing_fails=BROKEN))
    reply = shift.give(Endorse(case, ref), AFTERNOON)
    assert (reply.ok, reply.code) == (False, "not_taken_here")
    assert shift.last("endorsement_withheld").data["reason"] == "not_taken_here"
    assert {"card_endorsed", "case_closed"}.isdisjoint(shift.kinds())


def test_a_card_is_endorsed_once() -> None:
    shift = Shift()
    shift.give(moving_in(endorsing_fails=BROKEN))
    shift.give(Endorse("C", person(1).ref), AFTERNOON)
    assert shift.give(Endorse("C", person(1).ref), AFTERNOON).code == "not_taken_here"
    assert shift.kinds().count("card_endorsed") == shift.kinds().count("case_closed") == 1


# --- the chip -------------------------------------------------------------------------------------------
def test_under_the_suspension_nothing_is_sent_to_be_written() -> None:
    """S0-043, S0-045."""
    shift = Shift(Office(cards=CARDS))
    shift.give(moving_in())
    assert shift.writes == []
    assert "card_endorsed" in shift.kinds()


def test_once_writing_has_started_the_endorsement_includes_the_chip_and_does_not_hang_on_it() -> None:
    """S0-030: the terminal of the test writes nothing, and the card is endorsed all the same."""
    shift = Shift(Office(cards=CARDS), policy=ACTIVE)
    shift.give(Visit("V", (moving_in(),), 20))
    (write,) = shift.writes
    assert (write.case, write.ref, write.office, write.filed_date) == (
        "C",
        person(1).ref,
        "main_office",
        DAY,
    )
    assert write.address == moving_in().new_address
    assert write.session == shift.last("card_endorsed").data["session"]
    assert shift.kinds()[-1] == "card_endorsed"


def test_an_office_without_a_card_terminal_has_nothing_to_write_with() -> None:
    shift = Shift(policy=ACTIVE)
    shift.give(moving_in())
    assert shift.writes == []
    assert "card_endorsed" in shift.kinds()


def test_before_the_day_on_which_writing_starts_nothing_is_sent() -> None:
    shift = Shift(Office(cards=CARDS), policy=ACTIVE)
    early = date(2014, 3, 31)
    shift.give(moving_in(event_date=early), instant(early, 10))
    assert shift.writes == []
    shift.give(moving_in(event_date=early), instant(date(2014, 4, 1), 10))
    assert len(shift.writes) == 1


def test_what_is_made_up_later_goes_into_the_chip_too() -> None:
    shift = Shift(Office(cards=CARDS), policy=ACTIVE)
    shift.give(moving_in(endorsing_fails=BROKEN))
    assert shift.writes == []
    shift.give(Endorse("C", person(1).ref), AFTERNOON)
    assert len(shift.writes) == 1


def test_an_answer_about_the_chip_changes_nothing_at_the_counter() -> None:
    shift = Shift(Office(cards=CARDS), policy=ACTIVE)
    shift.give(moving_in())
    before = shift.kinds()
    for written in (True, False):
        assert shift.give(AddressWritten("C", f"{AT.counter}/1", person(1).ref, written), MORNING).ok
    assert shift.kinds() == before
