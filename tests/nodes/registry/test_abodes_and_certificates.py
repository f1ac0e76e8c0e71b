"""Special permanent residents with 住民票 or with an abode only, and the certificates handed over to them."""

from __future__ import annotations

from datetime import date

import pytest

from sim.exchange.records import CertificateIssuanceNotice
from sim.law.kinds import Filing, Governing, PersonClass
from sim.nodes.messages.registry import (
    CancelRevision,
    ConfirmNotice,
    HandOverCertificate,
    IssueCopy,
    RecordAbode,
    RemoveAbode,
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
    on,
    person,
    register,
    results,
    sent,
    special,
    state,
)

HERE, ABODE = special(7), special(8, address="東京都新宿区百人町1丁目5番")
UNTIL = date(2026, 5, 3)


def handed(ref: str, number: str = "EF00000002GH", ground: str = "renewal") -> HandOverCertificate:
    return HandOverCertificate("C5", ref, ground, number, UNTIL)


def test_one_without_a_record_is_missed_by_who_looks_at_records_alone() -> None:
    """S3-005: a special permanent resident with only an abode is included, and a filter by 住民票 fails."""
    rig = register(HERE)
    rig.give(RecordAbode("C1", ABODE), NOW)
    found = state(rig)
    assert [who.ref for who in found.residents()] == [HERE.ref]
    assert [who.ref for who in found.in_scope()] == [HERE.ref, ABODE.ref]
    assert found.resident(ABODE.ref) is None
    assert found.holder_of(ABODE.card_number) == found.abode(ABODE.ref) == ABODE
    assert found.as_of(ABODE.ref, DAY) is None
    assert rig.kinds()[-1] == "abode_recorded"


def test_the_agencys_notice_about_one_without_a_record_works_by_hand() -> None:
    """S3-005."""
    rig = register()
    rig.give(RecordAbode("C1", ABODE), NOW)
    arrive(
        rig,
        extension(
            ABODE,
            reason="name_changed",
            name="LEE NEW",
            card_number="",
            status="",
            period="",
            period_until=None,
        ),
    )
    assert data(rig, "notice_imported")[0]["by_hand"] is True
    assert results(rig.give(ConfirmNotice("ISA-00000001"), NOW))[0].accepted
    assert state(rig).abode(ABODE.ref) == changed(ABODE, name="LEE NEW")
    gone = extension(
        ABODE, 2, reason="departed", effect="remove", card_number="", status="", period="", period_until=None
    )
    arrive(rig, gone)
    assert results(rig.give(ConfirmNotice("ISA-00000002"), NOW))[0].accepted
    assert state(rig).in_scope() == []
    assert state(rig).holder_of(ABODE.card_number) is None
    assert rig.kinds()[-2:] == ["abode_removed", "notice_confirmed"]
    assert [v.action for v in state(rig).history(ABODE.ref)] == [
        "abode_recorded",
        "abode_corrected",
        "abode_removed",
    ]


@pytest.mark.parametrize("lives_only", [True, False])
def test_handing_a_certificate_over_is_told_in_its_own_business(lives_only: bool) -> None:
    """S3-013: the municipality sends the issue of a certificate, and with or without 住民票 (S3-005)."""
    who = ABODE if lives_only else HERE
    rig = register(*([] if lives_only else [who]))
    if lives_only:
        rig.give(RecordAbode("C1", who), NOW)
    (record,) = sent(rig.give(handed(who.ref), NOW))
    assert isinstance(record, CertificateIssuanceNotice)
    assert (record.ground, record.issued_date, record.valid_until) == ("renewal", DAY, UNTIL)
    assert (record.certificate_number_before, record.certificate_number) == (who.card_number, "EF00000002GH")
    assert (record.abode, record.residence) == ((who.address, "") if lives_only else ("", who.address))
    assert all(found.good for found in checked([record], NOW))
    found = state(rig)
    assert found.known(who.ref) == changed(who, card_number="EF00000002GH", card_until=UNTIL)
    assert found.holder_of("EF00000002GH") == found.known(who.ref)
    assert found.holder_of(who.card_number) is None
    assert data(rig, "certificate_handed_over") == [{"ground": "renewal"}]
    raised = rig.last("record_raised").data
    assert (raised["kind"], raised["business"]) == ("certificate_issuance_notice", "special_permanent")
    # Its result is taken in like any other.
    arrive(rig, accepted(record))
    assert rig.last("result_applied").data["kind"] == "certificate_issuance_notice"
    assert found.awaited(record.record_id) is None


def test_a_first_certificate_replaces_none() -> None:
    rig = register(HERE)
    (record,) = sent(rig.give(handed(HERE.ref, ground="first_issue"), NOW))
    assert isinstance(record, CertificateIssuanceNotice)
    assert record.certificate_number_before == ""


def test_a_certificate_is_for_special_permanent_residents_recorded_here_and_has_a_new_number() -> None:
    rig = register(HERE, person(1))
    for body, reason in (
        (handed("P0000099"), "not_registered"),
        (handed(person(1).ref), "not_special_permanent"),
        (handed(HERE.ref, ground="birthday"), "unknown_ground"),
        (handed(HERE.ref, number=HERE.card_number), "card_number_used_before"),
        (handed(HERE.ref, number=person(1).card_number), "card_number_used_before"),
    ):
        committed = rig.give(body, NOW)
        assert (committed.reply.code, committed.sends) == (reason, ())
    assert len(data(rig, "revision_refused")) == 5
    assert state(rig).resident(HERE.ref) == HERE


def test_only_a_special_permanent_resident_without_a_record_has_an_abode_entry() -> None:
    rig = register(HERE)
    assert rig.give(RecordAbode("C1", person(1)), NOW).reply.code == "not_special_permanent"
    assert rig.give(RecordAbode("C1", HERE), NOW).reply.code == "already_registered"
    assert rig.give(RemoveAbode("C1", ABODE.ref), NOW).reply.code == "not_registered"
    assert rig.give(IssueCopy("K1", ABODE.ref), NOW).reply.code == "not_registered"
    assert state(rig).in_scope() == [HERE]


def test_an_abode_that_is_recorded_again_changes_the_address_only_and_leaves_a_history() -> None:
    rig = register()
    rig.give(RecordAbode("C1", ABODE), NOW)
    rig.give(handed(ABODE.ref), NOW)
    rig.give(RecordAbode("C2", changed(ABODE, address="別の居住地")), NOW)
    kept = state(rig).abode(ABODE.ref)
    assert kept == changed(ABODE, address="別の居住地", card_number="EF00000002GH", card_until=UNTIL)
    rig.give(RemoveAbode("C3", ABODE.ref), on(date(2019, 5, 1)))
    assert state(rig).abode(ABODE.ref) is None
    assert rig.kinds()[-1] == "abode_removed"


def test_a_residence_filing_without_a_record_enters_the_abode_and_is_passed_on() -> None:
    """S3-005: nobody has to think of entering it."""
    rig = register()
    body = filing(
        ABODE,
        Filing.RESIDENCE_NOTIFICATION,
        address="居住地1番",
        governing=Governing.IMMIGRATION,
        no_record=True,
    )
    (record,) = sent(rig.give(body, NOW))
    assert record.residence == "居住地1番"  # type: ignore[union-attr]
    assert state(rig).abode(ABODE.ref) == changed(ABODE, address="居住地1番")
    assert rig.kinds()[-2:] == ["abode_recorded", "record_raised"]


def test_who_moves_in_has_a_record_from_then_on_and_an_abode_again_when_that_is_taken_back() -> None:
    rig = register()
    rig.give(RecordAbode("C1", ABODE), NOW)
    rig.give(filing(ABODE, Filing.MOVING_IN, address="新居", case="C2"), NOW)
    assert state(rig).abode(ABODE.ref) is None
    assert state(rig).in_scope() == [changed(ABODE, address="新居")]
    assert state(rig).holder_of(ABODE.card_number) == changed(ABODE, address="新居")
    rig.give(CancelRevision("C3", ABODE.ref, "C2"), NOW)
    assert state(rig).resident(ABODE.ref) is None
    assert state(rig).abode(ABODE.ref) == ABODE == state(rig).holder_of(ABODE.card_number)
    kinds = rig.kinds()
    assert kinds.count("abode_recorded") == 2
    assert kinds.count("abode_removed") == 1


def test_a_restored_record_takes_the_place_of_an_abode_that_was_entered_meanwhile() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, case="C1"), NOW)
    rig.give(RecordAbode("C2", HERE), NOW)
    rig.give(CancelRevision("C3", HERE.ref, "C1"), NOW)
    assert state(rig).in_scope() == [HERE]
    assert state(rig).abode(HERE.ref) is None
    assert state(rig).holder_of(HERE.card_number) == HERE


def test_a_move_taken_back_leads_to_the_record_before_and_never_to_an_abode() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, case="C1"), NOW)
    rig.give(RecordAbode("C2", changed(HERE, address="居住地1番")), NOW)
    rig.give(CancelRevision("C3", HERE.ref, "C1"), NOW)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, case="C4"), NOW)
    rig.give(CancelRevision("C5", HERE.ref, "C4"), NOW)
    assert state(rig).resident(HERE.ref) == HERE


def test_a_restored_record_knows_what_others_changed_while_it_was_gone() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, case="C1"), NOW)
    rig.give(RecordAbode("C2", changed(HERE, address="居住地1番")), NOW)
    rig.give(handed(HERE.ref), NOW)
    named = extension(
        HERE,
        reason="name_changed",
        name="KIM NEW",
        card_number_before="EF00000002GH",
        card_number="",
        status="",
        period="",
        period_until=None,
    )
    arrive(rig, named)
    rig.give(ConfirmNotice("ISA-00000001"), NOW)
    rig.give(CancelRevision("C3", HERE.ref, "C1"), NOW)
    now = changed(HERE, name="KIM NEW", card_number="EF00000002GH", card_until=UNTIL)
    assert state(rig).resident(HERE.ref) == now == state(rig).holder_of("EF00000002GH")


def test_whom_the_agency_has_had_struck_off_meanwhile_is_not_restored() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, case="C1"), NOW)
    rig.give(RecordAbode("C2", HERE), NOW)
    gone = extension(
        HERE, reason="departed", effect="remove", card_number="", status="", period="", period_until=None
    )
    arrive(rig, gone)
    rig.give(ConfirmNotice("ISA-00000001"), NOW)
    assert rig.give(CancelRevision("C3", HERE.ref, "C1"), NOW).reply.code == "later_change"
    assert state(rig).in_scope() == []


def test_a_mid_long_term_resident_without_a_record_is_not_kept() -> None:
    rig = register()
    who = person(2)
    assert who.person_class is PersonClass.MID_LONG_TERM_RESIDENT
    rig.give(filing(who, Filing.RESIDENCE_NOTIFICATION, governing=Governing.IMMIGRATION, no_record=True), NOW)
    assert state(rig).in_scope() == []
