"""The register follows what was accepted, sends what its class says, and confirms what came down."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.base.instant import instant
from sim.exchange.profile import open_profile
from sim.exchange.records import AgencyNotice, MunicipalityNotice, MunicipalityTransmission, Result
from sim.law.kinds import Filing, Governing
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotices, Inbound, OpenRegister
from sim.nodes.registry import ACTIONS, Registry, RegistryState
from tests.nodes.registry.desk import CODE, LINK, NAME, person, sent, state
from tests.nodes.rig import Rig

DAY = date(2019, 4, 10)
NOW = instant(DAY, 10)
HERE = person(1)


def registry(*residents: Person) -> Rig:
    rig = Rig(NAME, Registry(NAME, CODE, LINK, open_profile()), RegistryState)
    rig.give(OpenRegister(residents), NOW)
    return rig


def revise(
    who: Person,
    kind: Filing,
    governing: Governing = Governing.BOTH,
    event: date = DAY,
    address: str = "新住所",
) -> Revise:
    transmits = governing is not Governing.REGISTER
    return Revise(
        "C1",
        kind,
        who,
        event,
        DAY,
        "" if kind is Filing.MOVING_OUT else address,
        governing,
        "immi.19-9-1" if transmits else "",
        governing is Governing.BOTH,
    )


def extension(**changes: object) -> AgencyNotice:
    values: dict[str, object] = {
        "record_id": "ISA-00000001",
        "person_ref": HERE.ref,
        "reason": "period_extended",
        "decided_date": DAY,
        "card_number_before": HERE.card_number,
        "card_number": "ZZ00000001ZZ",
        "status": "技能",
        "period_until": date(2024, 4, 10),
    }
    return AgencyNotice(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("governing", "kinds"),
    [
        (Governing.BOTH, [MunicipalityNotice, MunicipalityTransmission]),
        (Governing.REGISTER, [MunicipalityNotice]),
    ],
)
def test_the_class_of_an_event_says_which_records_go_up(governing: Governing, kinds: list[type]) -> None:
    assert [type(r) for r in sent(registry().give(revise(HERE, Filing.MOVING_IN, governing), NOW))] == kinds


def test_a_residence_notification_alone_changes_no_record_and_raises_a_transmission_only() -> None:
    rig = registry(HERE)
    (record,) = sent(rig.give(revise(HERE, Filing.RESIDENCE_NOTIFICATION, Governing.IMMIGRATION), NOW))
    assert isinstance(record, MunicipalityTransmission)
    assert record.manner == "separate"
    assert rig.kinds() == ["register_opened", "record_raised"]


def test_moving_within_corrects_the_record_and_tells_both_addresses() -> None:
    rig = registry(HERE)
    notice, _ = sent(rig.give(revise(HERE, Filing.MOVING_WITHIN), NOW))
    assert isinstance(notice, MunicipalityNotice)
    assert (notice.action, notice.address, notice.previous_address) == ("corrected", "新住所", HERE.address)
    resident = state(rig).resident(HERE.ref)
    assert resident is not None
    assert resident.address == "新住所"


def test_a_moving_out_is_written_and_notified_on_its_planned_day() -> None:
    rig = registry(HERE)
    planned = date(2019, 4, 20)
    committed = rig.give(revise(HERE, Filing.MOVING_OUT, Governing.REGISTER, planned), NOW)
    assert sent(committed) == []
    assert state(rig).resident(HERE.ref) == HERE
    (alarm,) = committed.wakes
    assert alarm.at == instant(planned)
    (notice,) = sent(rig.ring(alarm))
    assert isinstance(notice, MunicipalityNotice)
    assert (notice.action, notice.event_date) == ("removed", planned)
    assert state(rig).resident(HERE.ref) is None
    assert state(rig).removed(HERE.ref) == HERE


def test_a_moving_out_filed_late_is_written_at_once() -> None:
    rig = registry(HERE)
    (notice,) = sent(rig.give(revise(HERE, Filing.MOVING_OUT, Governing.REGISTER, date(2019, 4, 1)), NOW))
    assert isinstance(notice, MunicipalityNotice)
    assert notice.action == "removed"


@pytest.mark.parametrize(
    ("kind", "here", "reason"),
    [
        (Filing.MOVING_IN, True, "already_registered"),
        (Filing.MOVING_WITHIN, False, "not_registered"),
        (Filing.MOVING_OUT, False, "not_registered"),
    ],
)
def test_a_revision_that_the_register_contradicts_is_refused_and_sends_nothing(
    kind: Filing, here: bool, reason: str
) -> None:
    rig = registry(*([HERE] if here else []))
    committed = rig.give(revise(HERE, kind), NOW)
    assert (committed.reply.ok, committed.reply.code) == (False, reason)
    assert committed.sends == ()
    assert rig.last("revision_refused").data == {"reason": reason}


def test_an_agency_notice_waits_for_a_clerk_and_then_changes_the_record_without_going_up() -> None:
    rig = registry(HERE)
    rig.give(Inbound("B", (extension(),)), NOW)
    assert state(rig).resident(HERE.ref) == HERE
    (answer,) = sent(rig.give(ConfirmNotices(), NOW))
    assert isinstance(answer, Result)
    assert (answer.answers, answer.outcome) == ("ISA-00000001", "accepted")
    resident = state(rig).resident(HERE.ref)
    assert resident is not None
    assert (resident.card_number, resident.period_until) == ("ZZ00000001ZZ", date(2024, 4, 10))
    slip = rig.last("notice_confirmed").data
    assert (slip["before"], slip["after"]) == ("2020-04-01", "2024-04-10")
    assert "record_raised" not in rig.kinds()


def test_a_notice_is_found_under_the_card_that_an_earlier_notice_brought() -> None:
    rig = registry(HERE)
    second = extension(
        record_id="ISA-00000002", card_number_before="ZZ00000001ZZ", card_number="ZZ00000002ZZ"
    )
    rig.give(Inbound("B", (extension(), second)), NOW)
    assert [r.outcome for r in sent(rig.give(ConfirmNotices(), NOW)) if isinstance(r, Result)] == [
        "accepted"
    ] * 2


def test_a_notice_for_somebody_who_left_is_refused_with_a_code() -> None:
    rig = registry()
    rig.give(Inbound("B", (extension(),)), NOW)
    (answer,) = sent(rig.give(ConfirmNotices(), NOW))
    assert isinstance(answer, Result)
    assert (answer.outcome, answer.code) == ("rejected", "NO_SUCH_RESIDENT")
    assert rig.last("notice_refused").data["code"] == "NO_SUCH_RESIDENT"


def test_a_result_settles_its_record_once_and_an_unexpected_one_is_journalled() -> None:
    rig = registry()
    (record, *_) = sent(rig.give(revise(HERE, Filing.MOVING_IN), NOW))
    assert isinstance(record, MunicipalityNotice)
    result = Result(record_id="R1", scope="record", answers=record.record_id, outcome="accepted")
    rig.give(Inbound("B", (result,)), NOW)
    rig.give(Inbound("B", (result,)), NOW)
    assert rig.kinds()[-2:] == ["result_applied", "result_unexpected"]


def test_every_filing_that_changes_a_record_can_be_told_in_the_profile() -> None:
    (reason,) = [c for c in open_profile().layouts["municipality_notice"].columns if c.item == "reason"]
    assert {str(filing) for filing in ACTIONS} <= set(reason.values)


def test_a_form_that_is_older_than_the_register_does_not_bring_back_the_old_card() -> None:
    rig = registry(HERE)
    rig.give(Inbound("B", (extension(),)), NOW)
    rig.give(ConfirmNotices(), NOW)
    rig.give(revise(HERE, Filing.MOVING_WITHIN), NOW)
    resident = state(rig).resident(HERE.ref)
    assert resident is not None
    assert (resident.card_number, resident.address) == ("ZZ00000001ZZ", "新住所")
    assert state(rig).holder_of(HERE.card_number) is None


def test_a_changed_name_is_followed_and_nothing_else_changes() -> None:
    rig = registry(HERE)
    changed = extension(reason="name_changed", card_number="", status="", period_until=None, name="TRAN MAI")
    rig.give(Inbound("B", (changed,)), NOW)
    (answer,) = sent(rig.give(ConfirmNotices(), NOW))
    assert isinstance(answer, Result)
    assert answer.accepted
    person = state(rig).resident(HERE.ref)
    assert person == msgspec.structs.replace(HERE, name="TRAN MAI")


@pytest.mark.parametrize("reason", ["departed", "revoked", "status_ended", "out_of_scope", "reentry_expired"])
def test_a_record_is_removed_on_a_notice_and_nothing_goes_up_for_it(reason: str) -> None:
    rig = registry(HERE)
    gone = extension(reason=reason, effect="remove", card_number="", status="", period_until=None)
    rig.give(Inbound("B", (gone,)), NOW)
    (answer,) = sent(rig.give(ConfirmNotices(), NOW))
    assert isinstance(answer, Result)
    assert answer.accepted
    assert state(rig).resident(HERE.ref) is None
    assert state(rig).removed(HERE.ref) == HERE
    assert rig.kinds()[-2:] == ["record_removed", "notice_confirmed"]
