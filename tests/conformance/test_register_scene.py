"""What befalls files on their way, and what the reference municipality's register and exchange answer."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.protocol import municipal as wire
from conformance.protocol.base import Clock, ClockAnswer, Done, File, Hello, PersonData
from conformance.protocol.conversation import Conversation
from conformance.protocol.roles import CLOCK, FORBIDDEN, MUNICIPAL
from conformance.reference.municipal import ReferenceMunicipality
from conformance.runner import collect, run
from conformance.scenes.way import TROUBLES, Way, batch_of
from conformance.verdicts import Verdict
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, japan_datetime, parse_iso
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, Header
from sim.exchange.profile import open_profile
from sim.exchange.records import AgencyNotice, AnyRecord, Result

PROFILE = open_profile()
MORNING = "2026-06-03T10:00:00+09:00"
KO = PersonData(
    ref="KO",
    person_class="mid_long_term_resident",
    name="TEST KO",
    birth_date="1990-01-02",
    sex="F",
    nationality="VNM",
    address="東京都新宿区大久保1丁目1番1号",
    card_number="AB12345678CD",
    status="留学",
    period_until=date(2028, 3, 31),
)
NOTICE = AgencyNotice(
    record_id="ISA-00000001",
    person_ref="KO",
    reason="name_changed",
    decided_date=date(2026, 6, 2),
    card_number_before="AB12345678CD",
    name="TEST NEW",
)
RESULT = Result(
    record_id="ISA-R00000001", scope="batch", answers="131041-ISA-01-00000001", outcome="accepted"
)


def file_of(*held: AnyRecord, number: int = 1) -> File:
    header = Header(PROFILE.name, PROFILE.agency, "131041", "01", DOWN, number, parse_iso(MORNING), len(held))
    return File.of(f"{header.batch_id}.csv", batches.encode(header, held, PROFILE))


def reference(**reset: object) -> Conversation:
    conversation = Conversation(ReferenceMunicipality(), MUNICIPAL)
    conversation.hello(Hello(role=MUNICIPAL.id))
    at = japan_datetime(parse_iso(MORNING))
    conversation.ask(wire.Reset.model_validate({"case": "T", "at": at, **reset}), Done)
    conversation.ask(wire.Seed(residents=(KO,)), Done)
    return conversation


def filed(conversation: Conversation) -> None:
    """A move within the municipality, and the exchange of the day."""
    filing = wire.FilingData(
        person=KO,
        filing="moving_within",
        history="residence_on_card",
        card="absent",
        event_date=date(2026, 6, 2),
        new_address="東京都新宿区西新宿2丁目8番1号",
    )
    conversation.ask(wire.FileFilings(visit="V", filings=(filing,)), wire.FilingsAnswer)
    later(conversation, "2026-06-03T18:01:00+09:00")


def later(conversation: Conversation, until: str) -> Instant:
    told = conversation.ask(Clock(until=japan_datetime(parse_iso(until))), ClockAnswer)
    return parse_iso(told.at.isoformat())


def collected(conversation: Conversation) -> tuple[File, ...]:
    return conversation.ask(wire.Collect(), wire.CollectAnswer).files


# --- the way ----------------------------------------------------------------------------------------------
def test_a_trouble_that_there_is_not_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(HarnessError, match="truncated"):
        Way(PROFILE).expect("down", "trunkated")


def test_a_trouble_waits_for_a_file_with_records_in_its_own_direction() -> None:
    way = Way(PROFILE)
    way.expect("down", "lost")
    answer, told = file_of(RESULT), file_of(NOTICE)
    assert way.through("down", answer) == ("", [answer])
    assert way.through("up", told) == ("", [told])
    assert way.through("down", told) == ("lost", [])
    assert way.through("down", told) == ("", [told])


@pytest.mark.parametrize(
    ("trouble", "good", "code"),
    [
        ("truncated", [False], "TRUNCATED"),
        ("altered", [False], "DIGEST_MISMATCH"),
        ("misaddressed", [True, True], ""),
        ("other_version", [False, True], "UNKNOWN_PROFILE"),
        ("numbered_again", [True, True], ""),
        ("xml_bomb", [False, True], "XML_EXPANSION"),
        ("as_xml", [True], ""),
        ("twice", [True, True], ""),
    ],
)
def test_each_trouble_makes_the_files_that_it_says(trouble: str, good: list[bool], code: str) -> None:
    arriving = TROUBLES[trouble](file_of(NOTICE), PROFILE)
    read = [batches.decode(file.content, PROFILE) for file in arriving]
    assert [one.batch is not None for one in read] == good
    if code:
        assert read[0].findings[0].code == code


def test_only_the_record_that_the_agency_is_to_refuse_is_read_otherwise() -> None:
    way = Way(PROFILE)
    plain = file_of(NOTICE)
    assert way.as_read(plain) is plain
    way.refused["KO", "agency_notice"] = "reason"
    other = file_of(RESULT)
    assert way.as_read(other) is other
    row = batches.decode(way.as_read(plain).content, PROFILE).rows[0]
    assert row.finding is not None
    assert row.finding.column == "reason"
    assert way.refused == {}


def test_a_file_that_is_no_batch_goes_its_way_untouched() -> None:
    way = Way(PROFILE)
    way.expect("up", "lost")
    way.refused["KO", "municipality_notice"] = "sex"
    odd = File.of("odd.csv", b"no batch at all")
    assert way.through("up", odd) == ("", [odd])
    assert way.as_read(odd) is odd
    assert batch_of(odd, PROFILE) is None


# --- the reference ----------------------------------------------------------------------------------------
def test_the_reference_offers_nothing_that_the_standard_forbids() -> None:
    peer = reference().peer
    assert peer is not None
    assert not [name for name in peer.capabilities if name.startswith(FORBIDDEN)]
    assert any(name.startswith(FORBIDDEN) for name in MUNICIPAL.capabilities)
    assert not any(name.startswith(FORBIDDEN) for name in MUNICIPAL.optional)


def test_what_is_sent_again_is_the_same_file() -> None:
    conversation = reference()
    filed(conversation)
    (first,) = collected(conversation)
    conversation.ask(wire.Resend(batch="131041-ISA-01-00000001"), Done)
    assert collected(conversation) == (first,)
    assert collected(conversation) == ()


def test_a_batch_that_was_never_sent_cannot_be_sent_again() -> None:
    with pytest.raises(Breach, match="131041-ISA-01-00000009"):
        reference().ask(wire.Resend(batch="131041-ISA-01-00000009"), Done)


@pytest.mark.parametrize(
    "reset",
    [
        {"link": "paper", "foreign_residents": 100},
        {"link": "line", "adapted": False},
        {"link": "pigeon"},
    ],
    ids=["too many for paper", "not adapted to a line", "unknown"],
)
def test_a_link_that_is_not_open_to_the_municipality_is_refused(reset: dict[str, object]) -> None:
    with pytest.raises(Breach, match="reset"):
        reference(**reset)


@pytest.mark.parametrize("link", ["line", "media", "paper"])
def test_a_notice_is_the_same_by_any_link(link: str) -> None:
    conversation = reference(link=link)
    filed(conversation)
    (file,) = collected(conversation)
    batch = batch_of(file, PROFILE)
    assert batch is not None
    (record,) = batch.records
    assert getattr(record, "address", "") == "東京都新宿区西新宿2丁目8番1号"


def test_a_result_is_pending_until_it_has_come() -> None:
    conversation = reference()
    filed(conversation)
    (told,) = conversation.ask(wire.Results(), wire.ResultsAnswer).results
    assert (told.person, told.kind, told.outcome) == ("KO", "municipality_notice", "pending")


def test_a_notice_waits_with_its_slip_and_then_leaves_a_trace_of_it() -> None:
    conversation = reference()
    conversation.ask(wire.Deliver(files=(file_of(NOTICE),)), wire.DeliverAnswer)
    (waiting,) = conversation.ask(wire.Notices(), wire.NoticesAnswer).notices
    assert (waiting.state, waiting.before, waiting.after) == (
        "imported",
        {"name": "TEST KO"},
        {"name": "TEST NEW"},
    )
    assert "出入国在留管理庁" in waiting.called
    assert conversation.ask(wire.Confirm(record=waiting.record), wire.ChangeAnswer).accepted
    (applied,) = conversation.ask(wire.Notices(), wire.NoticesAnswer).notices
    assert applied == waiting.model_copy(update={"state": "applied"})


def test_a_notice_that_is_not_there_cannot_be_taken_in() -> None:
    told = reference().ask(wire.Confirm(record="ISA-9"), wire.ChangeAnswer)
    assert (told.accepted, told.reason) == (False, "no_such_notice")


def test_nothing_goes_by_hand_unless_the_outage_is_declared() -> None:
    conversation = reference()
    for line in (None, wire.AgencyLine(up=False), wire.AgencyLine(up=True)):
        if line is not None:
            conversation.ask(line, Done)
        told = conversation.ask(wire.Messenger(), wire.MessengerAnswer)
        assert (told.accepted, told.reason, told.files) == (False, "no_declared_outage", ())


def test_in_a_declared_outage_the_line_gives_nothing_and_the_messenger_all() -> None:
    conversation = reference()
    conversation.ask(wire.AgencyLine(up=False, declared=True), Done)
    filed(conversation)
    assert collected(conversation) == ()
    told = conversation.ask(wire.Messenger(manner="paper"), wire.MessengerAnswer)
    assert [file.name for file in told.files] == ["131041-ISA-01-00000001.csv"]
    conversation.ask(wire.AgencyLine(up=True), Done)
    later(conversation, "2026-06-03T20:00:00+09:00")
    assert collected(conversation) == ()


def test_a_case_asks_for_nothing_that_the_product_does_not_have_unless_it_says_so() -> None:
    lacks = [name for name in MUNICIPAL.capabilities if name != CLOCK]
    own = tuple({case.tag for case in collect("municipal-system") if case.tag.startswith(("REG", "EX"))})
    played = run("municipal-system", adapter={"kind": "builtin", "lacks": lacks}, only=own)
    assert [case.case for case in played.verdicts.cases if case.verdict is Verdict.INCONCLUSIVE] == []
    assert "REGUP-01" in played.journals
    assert "REGAN-01" not in played.journals


def test_manual_work_is_counted_where_there_is_some() -> None:
    counted = []
    for link in ("line", "media", "paper"):
        conversation = reference(link=link)
        filed(conversation)
        told = conversation.ask(wire.Labour(), wire.LabourAnswer)
        counted.append((told.steps > 0, told.keyed > 0, told.wrong))
    assert counted == [(False, False, 0), (True, False, 0), (True, True, 0)]
