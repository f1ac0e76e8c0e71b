"""Identity, authenticity, decision, endorsement: in this order, with what each of them found."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.base.instant import instant
from sim.law.filers import Living, Tie
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.counter import Clerk, Office
from sim.nodes.messages.cards import CardsRead
from sim.nodes.messages.counter import Endorse, FileFiling, Visit
from sim.nodes.messages.people import Visitor
from tests.drivers.story import AT, filing, person
from tests.nodes.counter.shift import ACTIVE, CARDS, DAY, MORNING, Shift

TERMINAL = Office(cards=CARDS)
STEPS = ["identity_confirmed", "authenticity_confirmed", "filing_accepted", "card_endorsed"]


def moving_in(number: int, card: CardState = CardState.PRESENTED, **more: object) -> FileFiling:
    form = filing(f"C{number}", person(number), Filing.MOVING_IN, DAY, card)
    return msgspec.structs.replace(form, **more)


# --- identity -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "manner"),
    [
        (moving_in(1), "photo"),
        (moving_in(1, person=person(1, photo=False, birth_date=date(2015, 1, 1))), "without_photo"),
        (moving_in(1, CardState.ABSENT), "without_photo"),
        (moving_in(1, by=Visitor(Tie.SPOUSE, asked=True)), "by_other"),
        (moving_in(1, by=Visitor(Tie.SELF)), "photo"),
    ],
)
def test_identity_is_shown_by_the_photograph_or_in_another_way_that_is_written_down(
    form: FileFiling, manner: str
) -> None:
    """S0-053."""
    shift = Shift()
    shift.give(form)
    data = shift.last("identity_confirmed").data
    assert data == {"office": "main_office", "session": f"{AT.counter}/1", "manner": manner}


def test_who_files_for_another_and_shows_no_identity_is_refused() -> None:
    """S0-032, S0-053."""
    shift = Shift()
    by = Visitor(Tie.SPOUSE, asked=True, identity_shown=False)
    assert shift.give(moving_in(1, by=by)).code == "identity_not_shown"
    assert shift.kinds() == ["filing_refused"]


# --- authenticity ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("office", [Office(), TERMINAL])
def test_a_card_whose_chip_contradicts_its_face_stops_everything_for_that_person(office: Office) -> None:
    """S0-031, S0-032, S0-054: no acceptance, no endorsement, nothing for the register."""
    shift = Shift(office)
    good, forged = moving_in(1), moving_in(2, forged=("name", "photo"))
    shift.give(Visit("V", (forged, good), 20))
    assert shift.kinds("C2") == ["identity_confirmed", "authenticity_failed", "filing_refused"]
    failed = shift.last("authenticity_failed")
    assert failed.data["outcome"] == "mismatch"
    assert failed.data["differs"] == ["name", "photo"]
    assert shift.last("filing_refused").data["reason"] == "authenticity_failed"
    # The others of the household are not stopped by it.
    assert [one.person.ref for one in shift.revisions] == [person(1).ref]
    assert "card_endorsed" in shift.kinds("C1")


def test_the_answer_to_a_forged_card_is_a_refusal() -> None:
    reply = Shift().give(moving_in(1, forged=("name",)))
    assert (reply.ok, reply.code) == (False, "authenticity_failed")


@pytest.mark.parametrize("office", [Office(), TERMINAL])
def test_a_chip_that_does_not_answer_is_written_down_and_the_face_is_compared_by_eye(office: Office) -> None:
    """S0-054: the result is stored, match or not."""
    shift = Shift(office)
    shift.give(moving_in(1, broken=True))
    assert [kind for kind in shift.kinds() if kind in STEPS] == STEPS
    assert shift.last("authenticity_confirmed").data["outcome"] == "unreadable"


def test_a_terminal_that_refuses_to_read_stops_nobody_and_is_written_down() -> None:
    shift = Shift(TERMINAL, terminal_refuses="untrained")
    shift.give(moving_in(1))
    data = shift.last("authenticity_confirmed").data
    assert (data["outcome"], data["terminal"], data["real"]) == ("refused", CARDS, False)
    assert "card_endorsed" in shift.kinds()


def test_an_office_with_a_card_terminal_asks_it_and_goes_on_in_the_same_session() -> None:
    """S0-018, S0-032: the reading belongs to the office and the session of the filing."""
    shift = Shift(TERMINAL)
    shift.give(moving_in(1))
    (asked,) = shift.reads
    assert (asked.case, asked.office) == ("C1", "main_office")
    assert [card.person.ref for card in asked.cards] == [person(1).ref]
    assert [line.kind for line in shift.lines(*STEPS)] == STEPS
    assert {line.data["session"] for line in shift.lines()} == {asked.session}
    data = shift.last("authenticity_confirmed").data
    assert (data["outcome"], data["terminal"], data["real"]) == ("match", CARDS, True)


def test_the_clerk_who_serves_is_the_one_who_works_the_terminal() -> None:
    """S0-050: the terminal is told who operates it, and so is the one that writes."""
    office = Office(cards=CARDS, clerks=(Clerk("a", trained_on=DAY),))
    shift = Shift(office, policy=ACTIVE)
    late = moving_in(2, endorsing_fails="printer_out_of_order", issued=date(2019, 4, 1))
    shift.give(Visit("V", (moving_in(1), late), 20))
    shift.give(Endorse("C2", person(2).ref))
    assert [read.operator for read in shift.reads] == ["a"]
    assert [write.operator for write in shift.writes] == ["a", "a"]
    assert [card.issued for card in shift.reads[0].cards] == [None, date(2019, 4, 1)]


def test_an_office_without_a_card_terminal_takes_the_declared_facts_and_says_so() -> None:
    shift = Shift()
    shift.give(moving_in(1))
    data = shift.last("authenticity_confirmed").data
    assert (data["outcome"], data["terminal"], data["real"]) == ("match", "", False)
    assert shift.reads == []


def test_nothing_is_read_where_no_card_lies_on_the_counter() -> None:
    shift = Shift(TERMINAL)
    shift.give(moving_in(1, CardState.ABSENT))
    assert shift.reads == []
    assert "authenticity_confirmed" not in shift.kinds()
    assert "filing_accepted" in shift.kinds()


def test_a_reading_for_a_session_that_is_not_open_is_turned_down() -> None:
    shift = Shift(TERMINAL)
    shift.give(moving_in(1))
    reply = shift.give(CardsRead("C1", f"{AT.counter}/1", ()))
    assert (reply.ok, reply.code) == (False, "no_such_session")
    assert shift.kinds().count("filing_accepted") == 1


# --- decision -------------------------------------------------------------------------------------------
def test_each_revision_is_caused_by_its_decision_and_those_of_a_household_by_their_visit() -> None:
    shift = Shift()
    shift.rig.give(Visit("V", (moving_in(1),), 20), MORNING)
    committed = shift.rig.give(Visit("W", (moving_in(2), moving_in(3)), 20), MORNING)
    lines = {line.id: line for line in shift.lines()}
    assert {lines[send.cause].kind for send in committed.sends} == {"visit_served"}
    alone = shift.rig.give(moving_in(4), MORNING)
    lines = {line.id: line for line in shift.lines()}
    assert lines[alone.sends[0].cause].kind == "filing_accepted"


def test_a_residence_notification_from_a_place_without_a_register_record_says_so() -> None:
    """入管法 only: a hotel, a training centre."""
    shift = Shift()
    form = filing(
        "C",
        person(1),
        Filing.RESIDENCE_NOTIFICATION,
        DAY,
        history=History.LANDED_NO_RESIDENCE,
    )
    shift.give(msgspec.structs.replace(form, no_record=True))
    (revise,) = shift.revisions
    assert (revise.no_record, revise.governing, revise.transmit_article) == (True, "入管法", "immi.19-7-1")
    assert "card_endorsed" in shift.kinds()
    assert shift.give(moving_in(2, no_record=True)).code == "no_record_here"


# --- what stays open ------------------------------------------------------------------------------------
def opened(form: FileFiling) -> dict[str, object]:
    shift = Shift()
    shift.give(form, instant(date(2019, 6, 3), 10))
    return shift.last("residence_duty_open").data


def test_a_special_permanent_resident_is_told_of_one_limit_and_a_mid_long_term_resident_of_two() -> None:
    """S0-012, S0-021."""
    assert opened(moving_in(1, CardState.ABSENT))["revocation_last_day"] == "2019-07-15"
    special = person(2, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT)
    data = opened(moving_in(2, CardState.ABSENT, person=special))
    assert (data["article"], data["revocation_last_day"]) == ("special.10-2", None)


def test_who_lived_here_already_has_fourteen_days_from_the_permission() -> None:
    """入管法19条の8: the later of beginning to live here and the permission."""
    form = moving_in(
        1,
        CardState.ABSENT,
        filing=Filing.ENTRY_FROM_ABROAD,
        history=History.PERMITTED_LIVING_HERE,
        permitted=date(2019, 5, 20),
    )
    data = opened(form)
    assert (data["article"], data["last_day"]) == ("immi.19-8-1", "2019-06-03")
    assert data["revocation_last_day"] == "2019-08-18"


def test_who_settles_after_the_permission_has_14_days_from_settling_and_90_from_the_permission() -> None:
    form = moving_in(
        1,
        CardState.ABSENT,
        filing=Filing.ENTRY_FROM_ABROAD,
        history=History.PERMITTED_NO_RESIDENCE,
        permitted=date(2019, 4, 2),
    )
    data = opened(form)
    assert (data["article"], data["last_day"]) == ("immi.19-8-1", "2019-05-07")
    assert data["revocation_last_day"] == "2019-07-01"


def test_a_separate_notification_is_in_time_by_its_own_period() -> None:
    """The day from which the period runs is the permission's where the person lived here before it."""
    form = filing(
        "C",
        person(1),
        Filing.RESIDENCE_NOTIFICATION,
        DAY,
        history=History.PERMITTED_ALREADY_REGISTERED,
    )
    shift = Shift()
    shift.give(form, instant(date(2019, 6, 3), 10))
    assert shift.last("filing_accepted").data["in_time"] is False
    shift.give(msgspec.structs.replace(form, permitted=date(2019, 5, 20)), instant(date(2019, 6, 3), 10))
    data = shift.last("filing_accepted").data
    assert (data["in_time"], data["last_day"]) == (True, "2019-06-03")
    old = msgspec.structs.replace(form, permitted=date(2012, 7, 8))
    assert shift.give(old).code == "before_system"


# --- households -----------------------------------------------------------------------------------------
def test_a_mixed_household_files_in_one_session_and_each_comes_out_by_class_and_card() -> None:
    """S0-007, S0-059: a Japanese head of household files for a wife without her card, a special permanent
    resident and a child; the Japanese members file nothing here."""
    head = Visitor(Tie.SPOUSE, age=40, head=True, asked=True)
    wife = moving_in(1, CardState.ABSENT, by=head)
    grandmother = moving_in(
        2,
        person=person(2, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT),
        by=Visitor(Tie.CHILD, age=40, head=True, asked=True),
    )
    child = moving_in(
        3,
        person=person(3, birth_date=date(2012, 1, 1), photo=False),
        by=Visitor(Tie.PARENT, age=40, head=True),
        relatives=(Tie.PARENT, Tie.PARENT),
    )
    shift = Shift()
    shift.give(Visit("V", (wife, grandmother, child), 40))
    accepted = {line.case: line.data["deemed"] for line in shift.lines("filing_accepted")}
    assert accepted == {"C1": None, "C2": "special.10-2", "C3": "immi.19-9-1"}
    assert [line.case for line in shift.lines("residence_duty_open")] == ["C1"]
    assert [line.case for line in shift.lines("card_endorsed")] == ["C2", "C3"]
    assert shift.last("visit_served").data["persons"] == 3
    assert len({line.data["session"] for line in shift.lines("filing_accepted")}) == 1


def test_who_may_not_notify_for_another_makes_the_register_filing_and_leaves_the_duty_open() -> None:
    """S0-059: a household member who was not asked; the card was even handed in."""
    shift = Shift()
    reply = shift.give(moving_in(1, by=Visitor(Tie.OTHER_RELATIVE, age=25)))
    assert reply.ok
    data = shift.last("filing_accepted").data
    assert (data["deemed"], data["transmit_article"], data["governing"]) == (None, None, "住基法")
    assert data["why_not_deemed"] == (
        "本人が自ら届け出ることができ、依頼もしていません。委任状がありません。"
    )
    assert "deemed-filing-filer" in data["rests_on"]
    assert shift.last("residence_duty_open").data["article"] == "immi.19-9-1"
    assert "罰金" in reply.detail
    assert shift.last("endorsement_withheld").data["reason"] == "notification_not_made"
    assert "card_endorsed" not in shift.kinds()
    assert "case_left_open" not in shift.kinds()


@pytest.mark.parametrize(
    ("kind", "by", "code"),
    [
        (Filing.MOVING_IN, Visitor(Tie.UNRELATED, living=Living.ELSEWHERE), "mandate_missing"),
        (Filing.MOVING_OUT, Visitor(Tie.UNRELATED, living=Living.ELSEWHERE), "mandate_missing"),
        (
            Filing.MOVING_IN,
            Visitor(Tie.UNRELATED, living=Living.ELSEWHERE, represents=True),
            "proof_missing",
        ),
        (Filing.RESIDENCE_NOTIFICATION, Visitor(Tie.SPOUSE), "not_asked"),
        (Filing.RESIDENCE_NOTIFICATION, Visitor(Tie.SPOUSE, age=15, asked=True), "filer_under_16"),
    ],
)
def test_who_may_not_file_at_all_is_refused_with_the_reason(kind: Filing, by: Visitor, code: str) -> None:
    shift = Shift()
    assert shift.give(moving_in(1, filing=kind, by=by)).code == code
    assert shift.last("filing_refused").data["reason"] == code
    assert shift.revisions == []


def test_a_child_that_files_alone_notifies_nothing() -> None:
    shift = Shift()
    child = person(1, birth_date=date(2003, 4, 17))  # turns 16 tomorrow
    shift.give(moving_in(1, person=child, by=Visitor(Tie.SELF)))
    assert shift.last("filing_accepted").data["deemed"] is None
    shift.give(moving_in(2, person=person(2, birth_date=DAY.replace(year=2003)), by=Visitor(Tie.SELF)))
    assert shift.last("filing_accepted").data["deemed"] == "immi.19-9-1"


def test_an_agent_with_a_mandate_files_everything() -> None:
    shift = Shift()
    shift.give(moving_in(1, by=Visitor(Tie.UNRELATED, living=Living.ELSEWHERE, mandate=True)))
    assert shift.last("filing_accepted").data["deemed"] == "immi.19-9-1"
    assert "card_endorsed" in shift.kinds()
