"""The terminal makes the day's batches, keeps their order, and hands on what comes back."""

from __future__ import annotations

from datetime import date, time

from sim.base.instant import HOUR, MINUTE, Instant, instant
from sim.base.node import Committed, NodeId
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, Batch, Header
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityTransmission, Result
from sim.nodes.messages.network import Arrival, Carried, Carry, Undelivered
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import OpenTerminal
from sim.nodes.terminal import Terminal, TerminalState
from tests.drivers.story import AT, CODE
from tests.exchange.samples import PROFILE, notice
from tests.nodes.rig import Rig

DAY = date(2019, 4, 2)
NOON, NIGHT = instant(DAY, 12), instant(DAY, 22)

TRANSMISSION = MunicipalityTransmission(
    record_id="131041-00000009",
    person_ref="P0000001",
    article="immi.19-9-1",
    manner="deemed",
    event_date=DAY,
    filed_date=DAY,
    name="NGUYEN VAN AN",
    birth_date=date(1990, 1, 1),
    sex="M",
    nationality="VNM",
    residence="東京都新宿区",
    card_number="AB12345678CD",
)


def terminal() -> Rig:
    return Rig(AT.terminal, Terminal(AT.terminal, CODE, AT.link, MINISTRY, PROFILE, time(22)), TerminalState)


def opened(rig: Rig, *records: AnyRecord) -> Committed:
    """The terminal's first exchange, with these records waiting."""
    (alarm,) = rig.give(OpenTerminal(), NOON).wakes
    rig.give(Outbound(records), NOON, AT.link)
    return rig.ring(alarm)


def batch_of(committed: Committed) -> Batch:
    (send,) = committed.sends
    assert isinstance(send.body, Carry)
    assert (send.to, send.body.peer) == (LGWAN, MINISTRY)
    decoded = batches.decode(send.body.content, PROFILE)
    assert decoded.batch is not None
    return decoded.batch


def from_ministry(*records: AnyRecord, sequence: int = 1) -> Arrival:
    header = Header(PROFILE.name, PROFILE.agency, CODE, "01", DOWN, sequence, NIGHT, len(records))
    return Arrival(MINISTRY, header.batch_id, batches.encode(header, records, PROFILE))


def result(answers: str, outcome: str = "accepted", scope: str = "record", code: str = "") -> Result:
    return Result(record_id=f"R-{scope}-{answers}", scope=scope, answers=answers, outcome=outcome, code=code)


def test_the_exchange_is_daily_at_its_time() -> None:
    rig = terminal()
    (first,) = rig.give(OpenTerminal(), NOON).wakes
    assert first.at == NIGHT
    (second,) = rig.ring(first).wakes
    assert second.at == NIGHT + 24 * HOUR


def test_a_day_without_records_is_an_exchange_with_an_empty_batch() -> None:
    batch = batch_of(opened(terminal()))
    assert batch.records == ()
    assert (batch.header.sender, batch.header.recipient, batch.header.sequence) == (CODE, "ISA", 1)


def test_each_business_has_its_own_batch_and_its_own_sequence() -> None:
    rig = terminal()
    first = batch_of(opened(rig, notice(1), TRANSMISSION, notice(2, person_ref="P0000002")))
    assert [record.record_id for record in first.records] == ["131041-00000001", "131041-00000002"]
    second = batch_of(rig.give(Carried(MINISTRY, first.header.batch_id), NIGHT, LGWAN))
    assert (second.header.business, second.header.sequence) == ("02", 1)
    assert second.records == (TRANSMISSION,)


def test_an_outage_delays_a_batch_ever_longer_and_never_lets_a_later_one_pass() -> None:
    rig = terminal()
    first = batch_of(opened(rig, notice(1), TRANSMISSION))
    pauses = []
    now = NIGHT
    for _ in range(4):
        delayed = rig.give(Undelivered(MINISTRY, first.header.batch_id, "outage"), now, LGWAN)
        assert delayed.sends == ()
        (alarm,) = delayed.wakes
        pauses.append(alarm.at - now)
        now = alarm.at
        assert batch_of(rig.ring(alarm)) == first
    assert pauses == [15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 60 * MINUTE]
    assert rig.last("batch_delayed").data == {"reason": "outage"}


def test_results_and_notices_are_handed_to_the_registry_in_order() -> None:
    """S3-014: the family that comes down is received at the terminal."""
    rig = terminal()
    opened(rig, notice(1))
    down = AgencyNotice(
        record_id="ISA-00000001",
        person_ref="P0000002",
        reason="period_extended",
        decided_date=DAY,
        card_number_before="AB00000002CD",
        card_number="ZZ00000002ZZ",
        status="留学",
    )
    acknowledged = result("131041-ISA-01-00000001", scope="batch")
    (send,) = rig.give(from_ministry(acknowledged, result("131041-00000001"), down), NIGHT, LGWAN).sends
    assert isinstance(send.body, Inbound)
    assert (send.to, send.body.records) == (AT.link, (result("131041-00000001"), down))


def test_no_record_of_a_person_overtakes_an_earlier_one_of_another_business() -> None:
    rig = terminal()
    committed = opened(rig, notice(1), TRANSMISSION, notice(2), notice(3, person_ref="P0000002"))
    made = []
    while committed.sends:
        batch = batch_of(committed)
        made.append((batch.header.business, [record.record_id[-2:] for record in batch.records]))
        committed = rig.give(Carried(MINISTRY, batch.header.batch_id), NIGHT, LGWAN)
    assert made == [("01", ["01"]), ("02", ["09"]), ("01", ["02", "03"])]


def rejected_by(rig: Rig, code: str, sequence: int, ref: str = "131041-ISA-01-00000001") -> Committed:
    answer = Result(record_id=f"R-{sequence}", scope="batch", answers=ref, outcome="rejected", code=code)
    return rig.give(from_ministry(answer, sequence=sequence), NIGHT, LGWAN)


def test_a_batch_that_was_damaged_on_the_way_goes_again_with_the_same_bytes_ever_later() -> None:
    """S2-013: re-send."""
    rig = terminal()
    first = opened(rig, notice(1), notice(2))
    rig.give(Carried(MINISTRY, batch_of(first).header.batch_id), NIGHT, LGWAN)
    pauses = []
    for sequence in range(1, 5):
        (alarm,) = rejected_by(rig, "NOT_OPENED", sequence).wakes
        pauses.append(alarm.at - NIGHT)
        (again,) = rig.ring(alarm).sends
        assert again.body == first.sends[0].body
        assert rig.last("batch_resent").data == {"direction": "up", "attempt": sequence, "code": "NOT_OPENED"}
        rig.give(Carried(MINISTRY, batch_of(first).header.batch_id), NIGHT, LGWAN)
    assert pauses == [15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 60 * MINUTE]


def test_a_batch_that_came_too_early_goes_again_when_the_one_before_it_is_in() -> None:
    rig = terminal()
    (alarm,) = opened(rig, notice(1)).wakes
    rig.give(Carried(MINISTRY, "131041-ISA-01-00000001"), NIGHT, LGWAN)
    second = batch_of(rig.ring(alarm))
    rig.give(Carried(MINISTRY, second.header.batch_id), NIGHT, LGWAN)
    # Nothing was heard of the first one although it was handed over: it went astray, and goes again itself.
    early = rejected_by(rig, "SEQUENCE_GAP", 1, second.header.batch_id)
    assert batch_of(early).header.sequence == 1
    assert early.wakes == ()
    rig.give(Carried(MINISTRY, "131041-ISA-01-00000001"), NIGHT, LGWAN)
    accepted = result("131041-ISA-01-00000001", scope="batch")
    assert batch_of(rig.give(from_ministry(accepted, sequence=2), NIGHT, LGWAN)) == second


def test_a_pause_that_ends_after_the_batch_was_taken_in_sends_nothing() -> None:
    rig = terminal()
    opened(rig, notice(1))
    rig.give(Carried(MINISTRY, "131041-ISA-01-00000001"), NIGHT, LGWAN)
    (alarm,) = rejected_by(rig, "TRUNCATED", 1).wakes
    accepted = result("131041-ISA-01-00000001", scope="batch")
    rig.give(from_ministry(accepted, sequence=2), NIGHT, LGWAN)
    assert rig.ring(alarm).sends == ()


def test_a_batch_that_is_refused_for_what_it_is_does_not_go_again() -> None:
    rig = terminal()
    opened(rig, notice(1))
    (send,) = rejected_by(rig, "UNKNOWN_PROFILE", 1).sends
    assert isinstance(send.body, Inbound)
    assert "batch_resent" not in rig.kinds()


def test_a_rejection_of_a_batch_that_was_never_sent_is_journalled_and_does_nothing() -> None:
    rig = terminal()
    opened(rig)
    foreign = result("altered-002", "rejected", "batch", "DIGEST_MISMATCH")
    assert rig.give(from_ministry(foreign), NIGHT, LGWAN).sends == ()
    assert rig.last("result_unexpected").data["code"] == "UNKNOWN_ANSWER"


def test_every_batch_that_came_down_is_answered_with_the_next_exchange() -> None:
    """S2-013: acknowledgement."""
    rig = terminal()
    (alarm,) = rig.give(OpenTerminal(), NOON).wakes
    arrival = from_ministry(result("131041-ISA-01-00000009", scope="batch"))
    rig.give(arrival, NOON, LGWAN)
    (answer,) = batch_of(rig.ring(alarm)).records
    assert isinstance(answer, Result)
    assert (answer.scope, answer.answers, answer.outcome) == ("batch", arrival.ref, "accepted")


def test_what_must_not_come_down_is_rejected_row_by_row_and_journalled() -> None:
    rig = terminal()
    (alarm,) = rig.give(OpenTerminal(), NOON).wakes
    down = AgencyNotice(
        record_id="ISA-00000001",
        person_ref="P0000002",
        reason="period_extended",
        decided_date=DAY,
        card_number_before="AB00000002CD",
        card_number="ZZ00000002ZZ",
        status="留学",
    )
    (send,) = rig.give(from_ministry(down, notice(7)), NOON, LGWAN).sends
    assert isinstance(send.body, Inbound)
    assert send.body.records == (down,)
    rig.give(from_ministry(down, sequence=2), NOON, LGWAN)
    codes = [line.data["code"] for line in rig.store.journal() if line.kind == "record_rejected"]
    assert codes == ["WRONG_BUSINESS", "DUPLICATE_RECORD"]
    answers = [
        (r.answers, r.code) for r in batch_of(rig.ring(alarm)).records if isinstance(r, Result) and r.code
    ]
    assert answers == [("131041-00000007", "WRONG_BUSINESS"), ("ISA-00000001", "DUPLICATE_RECORD")]


def test_a_batch_from_anybody_but_the_ministry_is_rejected_and_hands_nothing_on() -> None:
    rig = terminal()
    foreign = Arrival(NodeId("stranger"), "X", from_ministry(result("131041-00000001")).content)
    committed = rig.give(foreign, NIGHT, LGWAN)
    assert (committed.reply.code, committed.sends) == ("WRONG_SENDER", ())
    assert rig.last("batch_rejected").data["code"] == "WRONG_SENDER"


def test_a_bad_batch_is_answered_with_its_code_at_the_next_exchange() -> None:
    rig = terminal()
    (alarm,) = rig.give(OpenTerminal(), NOON).wakes
    whole = from_ministry(result("131041-00000001"))
    rig.give(Arrival(MINISTRY, whole.ref, whole.content[:-20]), NOON, LGWAN)
    (answer,) = batch_of(rig.ring(alarm)).records
    assert isinstance(answer, Result)
    assert (answer.scope, answer.answers, answer.outcome, answer.code) == (
        "batch",
        whole.ref,
        "rejected",
        "TRUNCATED",
    )


def test_the_same_batch_again_hands_nothing_on() -> None:
    rig = terminal()
    opened(rig, notice(1))
    arrival = from_ministry(result("131041-00000001"))
    rig.give(arrival, NIGHT, LGWAN)
    assert rig.give(arrival, Instant(NIGHT + 1), LGWAN).sends == ()
    assert [kind for kind in rig.kinds() if kind != "audit_logged"][-1] == "batch_repeated"
