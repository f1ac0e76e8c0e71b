"""異動の取消し: a change is taken back by adding to the history; the agency is told which record is meant."""

from __future__ import annotations

from datetime import date

import pytest

from sim.exchange.records import MunicipalityNotice, MunicipalityTransmission
from sim.law.kinds import Filing, Governing
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    ConfirmNotices,
    HandOverCertificate,
)
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    accepted,
    arrive,
    changed,
    checked,
    data,
    extension,
    filing,
    notices,
    on,
    person,
    register,
    sent,
    special,
    state,
)
from tests.nodes.rig import Rig

HERE = person(1)
D12 = date(2019, 4, 12)


def cancel(case: str = "C1", by: str = "X1", ref: str = HERE.ref) -> CancelRevision:
    return CancelRevision(by, ref, case)


def moved(address: str = "新住所", case: str = "C1", rig: Rig | None = None) -> Rig:
    rig = rig or register(HERE)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, address=address, case=case), NOW)
    return rig


def test_a_move_taken_back_restores_the_address_as_a_new_version_and_names_both_records() -> None:
    rig = moved()
    committed = rig.give(cancel(), on(D12))
    notice, transmission = sent(committed)
    assert isinstance(notice, MunicipalityNotice)
    assert isinstance(transmission, MunicipalityTransmission)
    assert (notice.cancels, notice.reason, notice.action) == ("131041-00000001", "cancellation", "corrected")
    assert (notice.address, notice.event_date, notice.filed_date) == (HERE.address, D12, D12)
    assert transmission.cancels == "131041-00000002"
    # The filing is taken back as it was passed on.
    assert (transmission.residence, transmission.previous_residence) == ("新住所", HERE.address)
    assert (transmission.article, transmission.manner, transmission.filed_date) == (
        "immi.19-9-1",
        "deemed",
        DAY,
    )
    assert all(found.good for found in checked([notice, transmission], on(D12)))
    found = state(rig)
    assert found.resident(HERE.ref) == HERE
    assert [v.action for v in found.history(HERE.ref)] == ["opened", "corrected", "corrected"]
    assert found.history(HERE.ref)[-1].cancels == 2
    assert found.as_of(HERE.ref, DAY) == changed(HERE, address="新住所")
    assert data(rig, "revision_cancelled") == [{"cancels": "C1"}]
    assert [row.get("cancels") for row in data(rig, "record_raised")] == [
        None,
        None,
        "131041-00000001",
        "131041-00000002",
    ]


def test_a_moving_in_taken_back_removes_the_record_and_a_moving_out_brings_it_back() -> None:
    rig = register()
    rig.give(filing(HERE, Filing.MOVING_IN, address="新居"), NOW)
    home = changed(HERE, address="新居")
    rig.give(filing(HERE, Filing.MOVING_OUT, case="C2"), NOW)
    (back,) = notices(rig.give(cancel("C2", "X1"), NOW))
    assert (back.action, back.cancels, back.address) == ("made", "131041-00000003", "新居")
    assert state(rig).resident(HERE.ref) == home == state(rig).holder_of(HERE.card_number)
    assert state(rig).removed(HERE.ref) is None
    (gone, _) = sent(rig.give(cancel("C1", "X2"), NOW))
    assert (gone.action, gone.cancels) == ("removed", "131041-00000001")  # type: ignore[union-attr]
    assert state(rig).resident(HERE.ref) is None
    assert state(rig).removed(HERE.ref) == home
    assert [v.action for v in state(rig).history(HERE.ref)] == ["made", "removed", "made", "removed"]
    kinds = rig.kinds()
    assert kinds.count("record_made") == kinds.count("record_removed") == 2


def test_what_a_notice_changed_meanwhile_stays_as_the_notice_says() -> None:
    rig = moved()
    arrive(rig, extension(HERE))
    rig.give(ConfirmNotices(), NOW)
    (notice, _) = sent(rig.give(cancel(), NOW))
    assert (notice.card_number, notice.address) == ("ZZ00000001ZZ", HERE.address)  # type: ignore[union-attr]
    named = ChangeRecord("C5", "corrected_ex_officio", person(1, name="TEST WRONG"), DAY, DAY, ("name",))
    rig.give(named, NOW)
    arrive(rig, extension(HERE, 2, card_number_before="ZZ00000001ZZ", name="TEST RIGHT"))
    rig.give(ConfirmNotices(), NOW)
    assert rig.give(cancel("C5", "X5"), NOW).reply.ok
    found = state(rig).resident(HERE.ref)
    assert found is not None
    assert found.name == "TEST RIGHT"


def test_changes_are_taken_back_in_reverse_order_where_they_touch() -> None:
    rig = moved("一", "C1")
    moved("二", "C2", rig)
    rig.give(filing(person(1, household="H1"), Filing.HOUSEHOLD_CHANGE, case="C3"), NOW)
    assert rig.give(cancel("C1"), NOW).reply.code == "later_change"
    assert rig.give(cancel("C2"), NOW).reply.ok  # the household is another matter
    assert rig.give(cancel("C1", "X2"), NOW).reply.ok
    assert state(rig).resident(HERE.ref) == changed(HERE, household="H1")
    assert rig.give(cancel("C3", "X3"), NOW).sends == ()  # an exempt change was never told
    assert state(rig).resident(HERE.ref) == HERE


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (filing(HERE, Filing.MOVING_OUT, case="C2"), "later_change"),
        (ChangeRecord("C2", "death", HERE, DAY, DAY), "later_change"),
    ],
)
def test_a_record_that_is_gone_has_nothing_to_correct(later: object, reason: str) -> None:
    rig = moved()
    rig.give(later, NOW)  # type: ignore[arg-type]
    assert rig.give(cancel(), NOW).reply.code == reason


def test_a_removal_is_not_taken_back_once_the_person_is_recorded_again() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT), NOW)
    rig.give(filing(HERE, Filing.MOVING_IN, case="C2"), NOW)
    assert rig.give(cancel("C1"), NOW).reply.code == "later_change"
    rig.give(cancel("C2", "X1"), NOW)
    assert rig.give(cancel("C1", "X2"), NOW).reply.ok
    assert state(rig).resident(HERE.ref) == HERE


def test_only_ones_own_changes_and_each_only_once() -> None:
    rig = moved()
    arrive(rig, extension(HERE))
    rig.give(ConfirmNotices(), NOW)
    assert rig.give(cancel("ISA-00000001"), NOW).reply.code == "nothing_to_cancel"
    assert rig.give(cancel("C9"), NOW).reply.code == "nothing_to_cancel"
    assert rig.give(cancel("C1"), NOW).reply.ok
    assert rig.give(cancel("C1", "X2"), NOW).reply.code == "already_cancelled"
    assert rig.give(cancel("X1", "X3"), NOW).reply.code == "nothing_to_cancel"
    assert [row["reason"] for row in data(rig, "revision_refused")] == [
        "nothing_to_cancel",
        "nothing_to_cancel",
        "already_cancelled",
        "nothing_to_cancel",
    ]


def test_a_certificate_that_was_handed_over_is_not_taken_back_and_stands_in_nobodys_way() -> None:
    who = special(7)
    rig = register()
    rig.give(filing(who, Filing.MOVING_IN), NOW)
    rig.give(HandOverCertificate("C2", who.ref, "renewal", "EF00000002GH", date(2026, 5, 3)), NOW)
    assert rig.give(cancel("C2", "X1", who.ref), NOW).reply.code == "nothing_to_cancel"
    assert rig.give(cancel("C1", "X2", who.ref), NOW).reply.ok


def test_a_record_that_the_agency_rejected_is_not_taken_back_there() -> None:
    rig = register(HERE)
    notice, transmission = sent(rig.give(filing(HERE, Filing.MOVING_WITHIN), NOW))
    arrive(rig, accepted(notice, "rejected", "BAD_FORM"), accepted(transmission))
    (record,) = sent(rig.give(cancel(), NOW))
    assert isinstance(record, MunicipalityTransmission)
    assert record.cancels == transmission.record_id
    assert state(rig).resident(HERE.ref) == HERE


def test_a_plan_is_taken_back_before_anything_was_told() -> None:
    rig = register(HERE)
    (alarm,) = rig.give(filing(HERE, Filing.MOVING_OUT, D12), NOW).wakes
    assert rig.give(cancel(), NOW).sends == ()
    assert data(rig, "revision_cancelled") == [{"cancels": "C1"}]
    assert rig.ring(alarm).reply.code == "no_plan"
    assert state(rig).resident(HERE.ref) == HERE


def test_what_a_notice_says_after_a_change_stays_even_where_it_says_the_same() -> None:
    rig = register(HERE)
    named = ChangeRecord("C1", "corrected_ex_officio", person(1, name="TEST RIGHT"), DAY, DAY, ("name",))
    rig.give(named, NOW)
    arrive(rig, extension(HERE, name="TEST RIGHT"))
    rig.give(ConfirmNotices(), NOW)
    rig.give(cancel(), NOW)
    found = state(rig).resident(HERE.ref)
    assert found is not None
    assert found.name == "TEST RIGHT"


def test_an_abode_that_came_with_a_filing_goes_with_it() -> None:
    who = special(7)
    rig = register()
    rig.give(filing(who, Filing.RESIDENCE_NOTIFICATION, governing=Governing.IMMIGRATION, no_record=True), NOW)
    assert len(state(rig).in_scope()) == 1
    (record,) = sent(rig.give(cancel(ref=who.ref), NOW))
    assert record.cancels == "131041-00000001"  # type: ignore[union-attr]
    assert state(rig).in_scope() == []
    assert rig.kinds()[-1] == "abode_removed"


def test_a_residence_filing_of_its_own_is_taken_back_alone() -> None:
    rig = register(HERE)
    body = filing(HERE, Filing.RESIDENCE_NOTIFICATION, governing=Governing.IMMIGRATION, address=HERE.address)
    rig.give(body, NOW)
    (record,) = sent(rig.give(cancel(), NOW))
    assert isinstance(record, MunicipalityTransmission)
    assert (record.cancels, record.manner) == ("131041-00000001", "separate")
    assert "record_corrected" not in rig.kinds()
    assert state(rig).resident(HERE.ref) == HERE
    assert rig.give(cancel("C1", "X2"), NOW).reply.code == "already_cancelled"
