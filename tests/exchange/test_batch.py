"""A batch comes back as it was sent; a bad one is refused with its place, and nothing valid is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import Instant
from sim.exchange import batch as batches
from sim.exchange.codes import EXPLAINED, Code, Finding
from sim.exchange.records import AnyRecord
from tests.exchange.samples import BATCHES, INSTANTS, PROFILE, encoded, header, notice, row, with_rows


def codes(content: bytes) -> list[Code]:
    """The codes of the findings that concern the whole batch."""
    return [finding.code for finding in batches.decode(content, PROFILE).findings]


@given(
    records=BATCHES,
    sequence=st.integers(1, 10**12),
    at=INSTANTS,
)
def test_every_kind_of_record_comes_back_as_it_was_sent(
    records: list[AnyRecord], sequence: int, at: Instant
) -> None:
    sent = header(len(records), sequence=sequence, created_at=at)
    decoded = batches.decode(batches.encode(sent, tuple(records), PROFILE), PROFILE)
    assert decoded.findings == ()
    assert decoded.faults == ()
    assert decoded.batch == batches.Batch(sent, tuple(records))


def test_the_bytes_are_the_published_ones() -> None:
    content = encoded(notice())
    lines = content.decode().split("\r\n")
    assert lines[0] == "H,renkei-open/1,131041,ISA,01,up,1,2019-04-02T22:00:00+09:00,1"
    assert lines[1].startswith(
        "D,MN,131041-00000001,P0000001,,made,moving_in,mid_long_term_resident,NGUYEN VAN AN,,,1990-02-28,"
    )
    assert re.fullmatch(r"T,1,[0-9a-f]{64}", lines[2])
    assert lines[3] == ""


def test_an_empty_batch_is_a_batch() -> None:
    decoded = batches.decode(encoded(), PROFILE)
    assert decoded.batch is not None
    assert decoded.batch.records == ()


def test_a_batch_id_names_sender_recipient_business_and_sequence() -> None:
    assert header(0, sequence=12).batch_id == "131041-ISA-01-00000012"


@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise_and_are_never_a_batch(content: bytes) -> None:
    assert batches.decode(content, PROFILE).batch is None


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_altered_byte_is_always_found(place: int, byte: int) -> None:
    content = bytearray(encoded(notice(1), notice(2)))
    place %= len(content)
    if content[place] == byte:
        byte ^= 1
    content[place] = byte
    decoded = batches.decode(bytes(content), PROFILE)
    assert decoded.batch is None
    assert decoded.findings


@given(cut=st.integers(1, 10_000))
def test_a_truncated_batch_is_always_found(cut: int) -> None:
    content = encoded(notice(1), notice(2))
    assert batches.decode(content[: -(cut % len(content)) or None][:-1], PROFILE).batch is None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda c: b"", Code.EMPTY),
        (lambda c: c[:-30], Code.TRUNCATED),
        (lambda c: c + b"more", Code.BAD_TRAILER),
        (lambda c: c + b"\r\n", Code.BAD_TRAILER),
        (lambda c: c + b"\n", Code.BAD_TRAILER),
        (lambda c: c + b"\x1a", Code.BAD_TRAILER),
        (lambda c: c + c, Code.BAD_TRAILER),
        (lambda c: c.replace(b"NGUYEN", b"NGUYE\xff"), Code.NOT_UTF8),
        (lambda c: c.replace(b"NGUYEN", b"NGU\x00EN"), Code.NUL),
        (lambda c: c.replace(b"NGUYEN", b"NGU\xed\xa0\x80EN"), Code.LONE_SURROGATE),
        (lambda c: c.replace(b"NGUYEN", b'NG"YEN"'), Code.DIGEST_MISMATCH),
        (lambda c: b"\xef\xbb\xbf" + c, Code.BYTE_ORDER_MARK),
        (lambda c: c.decode().encode("utf-16"), Code.NOT_UTF8),
        (lambda c: c.replace(b"\r\n", b"\n"), Code.LINE_ENDING),
        (lambda c: c.replace(b"H,", b"X,", 1), Code.BAD_HEADER),
        (lambda c: c.replace(b"renkei-open/1", b"renkei-open/9"), Code.UNKNOWN_PROFILE),
        (lambda c: c.replace(b",ISA,01,", b",ISA,77,"), Code.UNKNOWN_BUSINESS),
        (lambda c: c.replace(b",up,", b",sideways,"), Code.WRONG_DIRECTION),
        (lambda c: c.replace(b",up,1,", b",up,0,"), Code.BAD_HEADER),
        (lambda c: c.replace(b",up,1,", "，up,１,".encode()), Code.BAD_HEADER),
        (lambda c: c.replace(b",up,1,", ",up,１,".encode()), Code.BAD_HEADER),
        (lambda c: c.replace(b"+09:00", b""), Code.BAD_HEADER),
        (lambda c: c.replace(b"+09:00,1", b"+09:00,2"), Code.COUNT_MISMATCH),
        (lambda c: c.replace(b"\r\nT,1,", b"\r\nT,2,"), Code.COUNT_MISMATCH),
        (lambda c: c.replace(b"\r\nT,1,", b"\r\nT,one,"), Code.BAD_TRAILER),
        (lambda c: c.replace(b"VAN AN", b"VAN ON"), Code.DIGEST_MISMATCH),
    ],
)
def test_a_spoiled_batch_is_refused_with_its_code(spoil: object, code: Code) -> None:
    """S3-018: an unknown business is among them."""
    spoiled = spoil(encoded(notice()))  # type: ignore[operator]
    assert codes(spoiled) == [code]


def faulty(bad: str) -> batches.Decoded:
    """What becomes of a batch with a good record and one more row."""
    return batches.decode(with_rows(bad), PROFILE)


def finding_of(decoded: batches.Decoded) -> Finding:
    """The first finding against the one bad row."""
    (fault,) = decoded.faults
    assert fault.finding is not None
    return fault.finding


@pytest.mark.parametrize(
    ("bad", "code", "column"),
    [
        (row(card_number="AB1234567CD"), Code.BAD_FORM, "card_number"),
        (row(card_number="AB１２３４５６７８CD"), Code.FULL_WIDTH, "card_number"),
        (row(card_number='"AB12345678CD\n"'), Code.LINE_BREAK, "card_number"),
        (row(event_date="2019-02-30"), Code.BAD_FORM, "event_date"),
        (row(event_date="20190401"), Code.BAD_FORM, "event_date"),
        (row(event_date=""), Code.MISSING_ITEM, "event_date"),
        (row(action="vanished"), Code.UNKNOWN_VALUE, "action"),
        (row(sex="f"), Code.UNKNOWN_VALUE, "sex"),
        (row(name="A" * 161), Code.TOO_LONG, "name"),
        (row(nationality="VIET"), Code.BAD_FORM, "nationality"),
        (row(nationality="1"), Code.BAD_FORM, "nationality"),
        (row(nationality="vnm"), Code.BAD_FORM, "nationality"),
        (row(nationality="ＶＮＭ"), Code.FULL_WIDTH, "nationality"),
        (row(name="A\u2028B"), Code.BAD_FORM, "name"),
        (row(record_id="131041 1"), Code.BAD_FORM, "record_id"),
        (row(record_id="131041-00000001"), Code.DUPLICATE_RECORD, "record_id"),
        (row(name="A\ue000B"), Code.PRIVATE_CHARACTER, "name"),
        (row(name="A{gaiji:mj:MJ1}"), Code.BAD_GAIJI, "name"),
        (row(card_number=""), Code.MISSING_ITEM, "card_number"),
        (row(name='"A\nB"'), Code.LINE_BREAK, "name"),
        (row(name="A\nB"), Code.LINE_ENDING, ""),
        (row(name='"A"B'), Code.NOT_CSV, ""),
        (row(event_date="M", sex="2019-04-01"), Code.COLUMN_ORDER, "sex"),
        (row() + ",more", Code.COLUMN_EXTRA, ""),
        (row().rsplit(",", 1)[0], Code.COLUMN_MISSING, ""),
        (row().replace("D,MN", "D,ZZ"), Code.UNKNOWN_KIND, "kind"),
        ("D", Code.COLUMN_COUNT, ""),
        ("X,MN,1", Code.COLUMN_COUNT, ""),
    ],
)
def test_a_bad_row_is_placed_and_the_good_one_beside_it_is_kept(bad: str, code: Code, column: str) -> None:
    decoded = faulty(bad)
    assert decoded.batch is not None
    assert [record.record_id for record in decoded.batch.records] == ["131041-00000001"]
    finding = finding_of(decoded)
    assert (finding.code, finding.line, finding.column) == (code, 3, column)


def test_a_fault_explains_itself_in_both_languages() -> None:
    decoded = faulty(row(event_date="2019-02-30"))
    assert decoded.faults[0].name == "131041-00000002"
    finding = finding_of(decoded)
    assert finding.explain(english=True) == (
        "3:event_date BAD_FORM: the item has the wrong form (expected a day that exists, received 2019-02-30)"
    )
    assert finding.explain().startswith("3:event_date BAD_FORM: 項目の形式が違います")


def test_every_code_is_explained_in_both_languages() -> None:
    assert set(EXPLAINED) == set(Code)
    assert all(ja and en for ja, en in EXPLAINED.values())


def test_what_goes_to_the_other_side_holds_nothing_of_the_row_itself() -> None:
    finding = finding_of(faulty(row(card_number="AB1234567CD")))
    assert "AB1234567CD" in finding.explain()
    assert "AB1234567CD" not in finding.reason() + str(finding.as_data())
    assert len(finding_of(faulty(row(name="A" * 161))).reason()) <= 200


def test_a_row_is_answered_under_its_own_name_whatever_is_wrong_with_it() -> None:
    for bad in (row() + ",more", row(sex="f"), row(event_date="")):
        assert faulty(bad).faults[0].name == "131041-00000002"
    assert faulty(row(record_id="131041 1")).faults[0].name == "line-3"
