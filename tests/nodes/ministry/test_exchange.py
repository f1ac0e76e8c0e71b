"""The ministry server takes in what is right, says why when it is not, and answers everything once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from sim.base.instant import instant
from sim.base.node import Committed, NodeId
from sim.drivers.topology import MINISTRY
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN
from sim.exchange.records import AgencyNotice, AnyRecord, Result
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.network import Arrival, Carried, Carry, Undelivered
from sim.nodes.ministry import Holder, Ministry, MinistryState
from tests.drivers.story import AT, CODE, person
from tests.exchange.samples import PROFILE, encoded, notice, resealed
from tests.nodes.rig import Rig

TODAY = date(2019, 4, 2)
NOW = instant(TODAY, 22)
HERE = person(1)


def ministry() -> Rig:
    rig = Rig(MINISTRY, Ministry(MINISTRY, {AT.terminal: CODE}, PROFILE), MinistryState)
    rig.give(OpenMinistry(((HERE.card_number, HERE.ref, CODE),)), NOW)
    return rig


def arrive(rig: Rig, content: bytes, **changes: str) -> Committed:
    sender = NodeId(changes.pop("sender", AT.terminal))
    return rig.give(Arrival(sender, changes.pop("ref", "REF"), content, **changes), NOW, NodeId("lgwan"))


def answered(committed: Committed) -> tuple[AnyRecord, ...]:
    """The records of the one batch that goes down."""
    (send,) = committed.sends
    assert isinstance(send.body, Carry)
    decoded = batches.decode(send.body.content, PROFILE)
    assert decoded.batch is not None
    assert decoded.batch.header.direction == DOWN
    return decoded.batch.records


def outcomes(records: Sequence[AnyRecord]) -> list[tuple[str, str, str]]:
    return [(r.scope, r.outcome, r.code) for r in records if isinstance(r, Result)]


def test_a_good_batch_is_answered_as_a_whole_and_record_by_record() -> None:
    rig = ministry()
    assert outcomes(answered(arrive(rig, encoded(notice(1), notice(2))))) == [
        ("batch", "accepted", ""),
        ("record", "accepted", ""),
        ("record", "accepted", ""),
    ]
    assert rig.kinds()[1:] == ["batch_accepted", "record_accepted", "record_accepted", "batch_made"]


def test_an_empty_batch_counts_as_an_exchange_and_is_answered() -> None:
    assert outcomes(answered(arrive(ministry(), encoded()))) == [("batch", "accepted", "")]


@pytest.mark.parametrize(
    ("content", "changes", "code"),
    [
        (encoded(notice())[:-40], {}, "TRUNCATED"),
        (encoded(notice()).replace(b"VAN AN", b"VAN ON"), {}, "DIGEST_MISMATCH"),
        (encoded(sender="131130"), {}, "WRONG_SENDER"),
        (encoded(), {"signer": "131130"}, "WRONG_SENDER"),
        (encoded(recipient="131130"), {}, "WRONG_RECIPIENT"),
        (encoded(direction="down"), {}, "WRONG_DIRECTION"),
        (encoded(sequence=2), {}, "SEQUENCE_GAP"),
        (b"", {"fault": "NOT_FOR_US"}, "NOT_OPENED"),
    ],
)
def test_a_bad_batch_is_rejected_with_a_code_journalled_and_answered(
    content: bytes, changes: dict[str, str], code: str
) -> None:
    rig = ministry()
    committed = arrive(rig, content, **changes)
    assert (committed.reply.ok, committed.reply.code) == (False, code)
    line = rig.last("batch_rejected")
    assert (line.subject, line.data["code"]) == ("REF", code)
    assert outcomes(answered(committed)) == [("batch", "rejected", code)]
    assert "record_accepted" not in rig.kinds()


def test_a_stranger_is_rejected_and_is_told_nothing() -> None:
    rig = ministry()
    committed = arrive(rig, encoded(notice()), sender="terminal-999999")
    assert committed.reply.code == "WRONG_SENDER"
    assert committed.sends == ()


def test_the_batch_after_a_rejected_one_is_taken_in() -> None:
    rig = ministry()
    arrive(rig, encoded(notice())[:-40])
    assert arrive(rig, encoded(notice())).reply.ok


def test_the_same_batch_again_changes_nothing_and_another_under_its_number_is_refused() -> None:
    rig = ministry()
    content = encoded(notice(1))
    arrive(rig, content)
    again = arrive(rig, content)
    assert again.reply.ok
    assert again.sends == ()
    assert rig.kinds()[-1] == "batch_repeated"
    assert arrive(rig, encoded(notice(2))).reply.code == "SEQUENCE_REUSED"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (notice(event_date=date(2012, 7, 8)), "DATE_BEFORE_SYSTEM"),
        (notice(event_date=date(2019, 4, 3)), "DATE_IN_FUTURE"),
        (
            AgencyNotice(
                record_id="X",
                person_ref="P",
                reason="period_extended",
                decided_date=TODAY,
                card_number_before="AB00000000CD",
                card_number="AB00000001CD",
                status="留学",
            ),
            "WRONG_BUSINESS",
        ),
    ],
)
def test_a_bad_record_is_rejected_and_the_good_one_beside_it_accepted(record: AnyRecord, code: str) -> None:
    rig = ministry()
    assert outcomes(answered(arrive(rig, encoded(notice(7), record)))) == [
        ("batch", "accepted", ""),
        ("record", "accepted", ""),
        ("record", "rejected", code),
    ]
    assert rig.last("record_rejected").data["code"] == code


def test_a_record_number_that_came_before_is_refused_in_a_later_batch() -> None:
    rig = ministry()
    arrive(rig, encoded(notice(1)))
    arrive(rig, encoded(notice(1), sequence=2))
    assert rig.last("record_rejected").data["code"] == "DUPLICATE_RECORD"


def test_an_extension_goes_down_with_the_answer_to_the_next_exchange_of_the_register() -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    notices = [r for r in answered(arrive(rig, encoded())) if isinstance(r, AgencyNotice)]
    assert [(n.card_number_before, n.card_number) for n in notices] == [(HERE.card_number, "ZZ00000001ZZ")]


def test_an_extension_is_sent_once() -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    (first,) = arrive(rig, encoded()).sends
    assert isinstance(first.body, Carry)
    rig.give(Carried(AT.terminal, first.body.ref), NOW, NodeId("lgwan"))
    assert outcomes(answered(arrive(rig, encoded(sequence=2)))) == [("batch", "accepted", "")]


def test_an_extension_follows_the_person_who_moved_here_and_not_the_one_who_left() -> None:
    rig = ministry()
    comer = notice(1, card_number="CC00000001CC", person_ref="P0000009")
    left = notice(2, card_number=HERE.card_number, action="removed", reason="moving_out")
    arrive(rig, encoded(comer, left))
    rig.give(ExtendPeriod("C", "P0000009", "CC00000001CC", "CC00000002CC", "留学", date(2024, 4, 1)), NOW)
    assert rig.last("notice_raised").data["holder"] == CODE
    rig.give(ExtendPeriod("D", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    assert rig.kinds()[-1] == "notice_without_holder"


def test_a_notice_made_under_an_old_card_number_finds_the_new_one() -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    arrive(rig, encoded(notice(1, card_number=HERE.card_number, action="removed", reason="moving_out")))
    rig.give(ExtendPeriod("D", HERE.ref, "ZZ00000001ZZ", "ZZ00000002ZZ", "留学", date(2029, 4, 1)), NOW)
    assert rig.kinds()[-1] == "notice_without_holder"


def test_a_result_settles_a_notice_once_and_an_unknown_one_is_journalled() -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    arrive(rig, encoded())
    for number in (1, 2):
        result = Result(
            record_id=f"131041-{number}", scope="record", answers="ISA-00000001", outcome="accepted"
        )
        arrive(rig, encoded(result, sequence=number + 1))
    assert [k for k in rig.kinds() if k in ("notice_settled", "result_unexpected")] == [
        "notice_settled",
        "result_unexpected",
    ]


def test_only_one_batch_is_under_way_and_it_is_offered_again_until_it_was_carried() -> None:
    rig = ministry()
    (first,) = arrive(rig, encoded()).sends
    assert arrive(rig, encoded(sequence=2)).sends == ()
    assert isinstance(first.body, Carry)
    delayed = rig.give(Undelivered(AT.terminal, first.body.ref, "outage"), NOW, NodeId("lgwan"))
    (again,) = rig.ring(delayed.wakes[0]).sends
    assert again.body == first.body
    (second,) = rig.give(Carried(AT.terminal, first.body.ref), NOW, NodeId("lgwan")).sends
    assert isinstance(second.body, Carry)
    assert second.body.ref.endswith("-00000002")
    assert rig.give(Carried(AT.terminal, first.body.ref), NOW, NodeId("lgwan")).sends == ()


def test_rows_are_answered_in_their_order_under_their_own_names() -> None:
    body = encoded(notice(1), notice(1), notice(2)).decode().split("\r\n")
    body[3] += ",one column more"
    content = resealed("\r\n".join(body[:4]) + "\r\n")
    answers = [
        (r.answers, r.outcome, r.code) for r in answered(arrive(ministry(), content)) if isinstance(r, Result)
    ]
    assert answers[1:] == [
        ("131041-00000001", "accepted", ""),
        ("131041-00000001", "rejected", "DUPLICATE_RECORD"),
        ("131041-00000002", "rejected", "COLUMN_EXTRA"),
    ]


def test_a_finding_names_the_line_of_the_file_although_an_earlier_row_was_bad() -> None:
    rig = ministry()
    body = encoded(notice(1), notice(2, event_date=date(2019, 4, 3))).decode().split("\r\n")
    content = resealed("\r\n".join([body[0], body[1] + ",more", body[2]]) + "\r\n")
    arrive(rig, content)
    assert [line.data["line"] for line in rig.store.journal() if line.kind == "record_rejected"] == [2, 3]


HOSTILE = "NGUYEN\x07VAN AN"


@pytest.mark.parametrize(
    "content",
    [
        encoded(notice(name=HOSTILE)),
        encoded(notice(name="A" * 200)),
        encoded(notice(card_number="AB1234567CD")),
        encoded(notice())[:-90],
        encoded(notice()).replace(b"D,MN", b"X,MN"),
        encoded(sender=HOSTILE),
    ],
)
def test_no_text_of_a_bad_record_reaches_journal_or_answer_and_the_answer_can_be_read(content: bytes) -> None:
    rig = ministry()
    committed = arrive(rig, content, ref='a b\n"c')
    told = repr(list(rig.store.journal()))
    records = answered(committed)  # decodes without a fault, or this fails
    told += repr(records)
    for personal in ("NGUYEN", "AAAA", "AB1234567", "VAN AN", "東京都"):
        assert personal not in told
    assert len(records) >= 1


def test_a_municipality_settles_its_own_notices_and_nobody_elses() -> None:
    other = NodeId("terminal-131130")
    node = Ministry(MINISTRY, {AT.terminal: CODE, other: "131130"}, PROFILE)
    rig = Rig(MINISTRY, node, MinistryState)
    rig.give(OpenMinistry(((HERE.card_number, HERE.ref, CODE),)), NOW)
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    arrive(rig, encoded())
    stolen = Result(
        record_id="X-1", scope="record", answers="ISA-00000001", outcome="rejected", code="NO_SUCH_RESIDENT"
    )
    arrive(rig, encoded(stolen, sender="131130"), sender=other)
    assert rig.kinds()[-2] == "result_unexpected"
    own = Result(record_id="X-1", scope="record", answers="ISA-00000001", outcome="accepted")
    arrive(rig, encoded(own, sequence=2))
    assert rig.last("notice_settled").data["outcome"] == "accepted"


def test_a_rejection_without_a_reason_is_rejected_itself() -> None:
    rig = ministry()
    bare = Result(record_id="X-1", scope="record", answers="ISA-00000001", outcome="rejected")
    records = answered(arrive(rig, encoded(bare)))
    told = rig.last("record_rejected").data
    assert (told["code"], told["kind"]) == ("MISSING_ITEM", "result")
    # A result about a result would never end: only the batch is answered.
    assert outcomes(records) == [("batch", "accepted", "")]


def test_a_batch_down_that_was_damaged_goes_again_and_its_notices_survive() -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    (down,) = arrive(rig, encoded()).sends
    assert isinstance(down.body, Carry)
    rig.give(Carried(AT.terminal, down.body.ref), NOW, NodeId("lgwan"))
    damaged = Result(
        record_id="X-1", scope="batch", answers=down.body.ref, outcome="rejected", code="NOT_OPENED"
    )
    (alarm,) = arrive(rig, encoded(damaged, sequence=2)).wakes
    rig.give(
        Carried(AT.terminal, down.body.ref[:-1] + "2"), NOW, NodeId("lgwan")
    )  # its answer, sent meanwhile
    (again,) = rig.ring(alarm).sends
    assert again.body == down.body
    assert rig.last("batch_resent").data["attempt"] == 1


@pytest.mark.parametrize("number", [HERE.card_number, "ZZ00000001ZZ"])
def test_a_card_number_is_never_issued_twice(number: str) -> None:
    rig = ministry()
    rig.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)), NOW)
    again = rig.give(ExtendPeriod("D", HERE.ref, "ZZ00000001ZZ", number, "留学", date(2029, 4, 1)), NOW)
    assert again.reply.code == "card_number_used_before"


def test_a_removal_by_the_city_that_was_left_does_not_undo_the_record_of_the_next() -> None:
    rig = ministry()
    arrive(rig, encoded(notice(1, card_number="CC00000001CC", person_ref="P9")))
    with rig.store.transaction() as transaction:
        transaction.state.hold("CC00000001CC", Holder("P9", "131130"))
    left = notice(2, card_number="CC00000001CC", person_ref="P9", action="removed", reason="moving_out")
    arrive(rig, encoded(left, sequence=2))
    with rig.store.transaction() as transaction:
        assert transaction.state.holder("CC00000001CC") == Holder("P9", "131130")
