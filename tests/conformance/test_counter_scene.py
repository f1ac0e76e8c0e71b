"""Around the counters: the write authority that the harness plays, and the reference's side of it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from conformance.protocol.base import Hello, PersonData
from conformance.protocol.conversation import Conversation
from conformance.protocol.municipal import FilingData, FilingsAnswer, OfficeData
from conformance.protocol.roles import MUNICIPAL
from conformance.reference.municipal import ReferenceMunicipality
from conformance.scenes.authority import Authority, Readiness
from conformance.scenes.counter import TODAY, Counters
from conformance.stage import Stage
from conformance.writing import policy_of
from sim.base.errors import Breach, HarnessError
from sim.base.instant import JAPAN, instant, japan_date
from sim.base.journal import Line
from sim.law.write_policy import State

OWN_TIME = datetime(2027, 1, 5, 9, 30, tzinfo=JAPAN)
NOON = instant(date(2026, 6, 17), 12)
SOMEBODY = PersonData(
    ref="P1",
    person_class="mid_long_term_resident",
    name="TEST NAME",
    birth_date="1991-02-03",
    sex="F",
    nationality="VNM",
    address="東京都中野区中央1丁目1番1号",
    card_number="AB12345678CD",
    status="留学",
    period_until=date(2028, 3, 31),
)
NEW_ADDRESS = "東京都新宿区大久保1丁目1番1号"


def filing(**more: Any) -> FilingData:
    """A moving-in filing with the card."""
    facts: dict[str, Any] = {
        "person": SOMEBODY,
        "filing": "moving_in",
        "history": "residence_on_card",
        "card": "presented",
        "event_date": date(2026, 6, 10),
        "new_address": NEW_ADDRESS,
    }
    return FilingData(**facts | more)


class Played:
    """A case on a stage, with the reference or whatever else talks."""

    def __init__(self, channel: Any = None, readiness: Readiness | None = None, **settings: Any) -> None:
        conversation = Conversation(channel or ReferenceMunicipality(), MUNICIPAL)
        conversation.hello(Hello(role=MUNICIPAL.id))
        self.stage = Stage("T-1", lambda stage: Counters(stage, conversation))
        self.scene: Counters = self.stage.scene
        self.scene.settings.update(settings)
        self.scene.readiness = readiness or Readiness()
        self.stage.at(NOON)

    def file(self, *filings: FilingData, office: str = "main_office") -> FilingsAnswer:
        return self.scene.file(self.stage.visit(), *(filings or (filing(),)), office=office)

    def lines(self, *kinds: str) -> list[Line]:
        return [line for line in self.stage.end() if line.kind in kinds]


ACTIVE: dict[str, Any] = {"write_policy": "active", "writing_starts": date(2026, 6, 1)}
TWO_OFFICES = (OfficeData(), OfficeData(id="okubo", kind="branch_office"))


# --- the policy ---------------------------------------------------------------------------------------------
def test_an_unknown_policy_or_a_start_without_its_day_is_refused() -> None:
    with pytest.raises(HarnessError, match="write policy"):
        policy_of("sometimes", None)
    for state in ("decided", "active"):
        with pytest.raises(HarnessError, match="day on which writing starts"):
            policy_of(state, None)


@pytest.mark.parametrize(
    ("state", "day", "found"),
    [
        ("suspended", date(2026, 7, 1), State.SUSPENDED),
        ("survey", date(2026, 7, 1), State.SURVEY),
        ("decided", date(2026, 7, 1), State.DECIDED),
        ("active", date(2026, 6, 16), State.DECIDED),
        ("active", date(2026, 6, 17), State.ACTIVE),
    ],
)
def test_the_policy_of_a_case_has_the_state_that_it_names(state: str, day: date, found: State) -> None:
    assert policy_of(state, date(2026, 6, 17)).state_on(day) is found


# --- writing ------------------------------------------------------------------------------------------------
def test_a_write_is_asked_for_authorised_and_told_with_its_causes() -> None:
    played = Played(**ACTIVE)
    assert [one.written_to_chip for one in played.file().endorsements] == [True]
    asked, authorised = played.lines("write_asked", "write_authorised")
    assert (asked.kind, asked.case, asked.data["person"]) == ("write_asked", "T-1/1", "P1")
    assert (authorised.case, authorised.subject, authorised.cause) == ("T-1/1", "P1", asked.id)


@pytest.mark.parametrize(
    ("readiness", "offices", "reason"),
    [
        (Readiness(elsewhere=False), TWO_OFFICES, "nation_not_ready"),
        (Readiness(permits=False), TWO_OFFICES, "security_policy"),
        (Readiness(configured=False), TWO_OFFICES, "lan_settings"),
        (
            Readiness(),
            (TWO_OFFICES[0], TWO_OFFICES[1].model_copy(update={"writes": False})),
            "offices_differ",
        ),
        (
            Readiness(),
            (TWO_OFFICES[0], TWO_OFFICES[1].model_copy(update={"connection": "standalone"})),
            "municipality_off_lgwan",
        ),
    ],
)
def test_one_thing_that_is_missing_anywhere_keeps_the_chip_closed(
    readiness: Readiness, offices: tuple[OfficeData, ...], reason: str
) -> None:
    played = Played(readiness=readiness, offices=offices, **ACTIVE)
    told = played.file()
    assert [one.written_to_chip for one in told.endorsements] == [False]
    (refused,) = played.lines("write_not_authorised")
    assert reason in refused.data["reasons"]


def test_nobody_asks_while_writing_is_suspended_or_from_a_standalone_terminal() -> None:
    played = Played()
    assert [one.written_to_chip for one in played.file().endorsements] == [False]
    assert played.lines("write_asked") == []
    alone = Played(offices=(OfficeData(connection="standalone"),), **ACTIVE)
    assert [one.written_to_chip for one in alone.file().endorsements] == [False]
    assert alone.lines("write_asked") == []


def test_an_unknown_terminal_is_told_nothing_but_no() -> None:
    played = Played(**ACTIVE)
    reset = played.scene._settled
    authority = Authority(reset, Readiness())
    body = {"terminal": "T", "office": "nowhere", "visit": "T-1/1", "person": "P1"}
    answer = authority.ask(body, NOON, "")
    assert (answer.authorisation, answer.reasons) == ("", ("unknown_terminal",))


class CallsWrongly(ReferenceMunicipality):
    """Asks for an authorisation in its own words, in the middle of a filing."""

    def talk(self, line: bytes) -> bytes:
        frame = json.loads(line)
        if frame.get("op") == "file":
            call = {"id": frame["id"], "call": "authorise_write", "body": {"chip": "P1"}}
            return json.dumps(call).encode()
        return super().talk(line)


def test_a_call_in_other_words_than_the_protocol_s_is_the_implementation_s_fault() -> None:
    with pytest.raises(Breach, match="not as the protocol has it"):
        Played(CallsWrongly()).file()


# --- the reference's counter ----------------------------------------------------------------------------
def test_an_office_that_is_not_there_takes_no_filing() -> None:
    with pytest.raises(Breach, match="no such office"):
        Played().file(office="nowhere")


def test_an_endorsement_is_made_up_at_the_same_office_on_the_same_day_only() -> None:
    played = Played(offices=TWO_OFFICES)
    told = played.file(filing(endorsing_fails="printer_out_of_order"), office="okubo")
    assert (told.case_open, told.endorsements) == (True, ())
    elsewhere = played.scene.endorse("T-1/1", "P1")
    assert (elsewhere.case_open, elsewhere.endorsements) == (True, ())
    here = played.scene.endorse("T-1/1", "P1", "okubo")
    assert (here.case_open, [one.office for one in here.endorsements]) == (False, ["okubo"])


def test_a_japanese_member_of_a_household_is_taken_and_sends_nothing() -> None:
    played = Played()
    citizen = SOMEBODY.model_copy(update={"ref": "P2", "person_class": "japanese_national"})
    told = played.file(filing(), filing(person=citizen, card="absent"))
    assert {one.person: (one.decision, one.deemed) for one in told.outcomes} == {
        "P1": ("accepted", "immi.19-9-1"),
        "P2": ("accepted", None),
    }
    assert len({one.session for one in told.steps}) == 1
    played.stage.at(instant(date(2026, 6, 18)))
    assert {line.subject for line in played.lines("record_sent")} - {""} == {"P1"}


def test_a_late_moving_out_is_recorded_by_the_mayor() -> None:
    played = Played()
    played.scene.seed(SOMEBODY)
    gone = filing(filing="moving_out", event_date=date(2026, 6, 2), new_address="", card="absent")
    (outcome,) = played.file(gone).outcomes
    assert outcome.decision == "ex_officio"
    played.scene.query("P1")
    assert [line.data["state"] for line in played.lines("query_answered")] == ["removed"]


def test_updates_reach_terminals_on_the_network_by_themselves() -> None:
    offices = (OfficeData(), OfficeData(id="okubo", kind="branch_office", connection="standalone"))
    played = Played(offices=offices)
    played.scene.release_update("P-1", date(2026, 6, 16))
    played.scene.inventory()
    rows = [line.data for line in played.lines("terminal_listed")]
    assert [(row["use"], row["office"], row["update"]) for row in rows] == [
        ("cards", "main_office", "P-1"),
        ("cards", "okubo", ""),
        ("exchange", "main_office", ""),
    ]


# --- cases without fixed days ---------------------------------------------------------------------------
class OwnClock(ReferenceMunicipality):
    """A product whose clock cannot be set."""

    def on_hello(self, request: Hello) -> Any:
        told = super().on_hello(request)
        kept = tuple(name for name in told.capabilities if name != "clock.settable")
        return told.model_copy(update={"capabilities": kept, "now": OWN_TIME})


def test_a_case_without_fixed_days_begins_on_the_product_s_own_day() -> None:
    assert Played().scene.today == TODAY
    assert japan_date(Played(OwnClock()).scene.today) == date(2027, 1, 5)
