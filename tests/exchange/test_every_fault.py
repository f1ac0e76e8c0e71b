"""Every fault at once: of a header, of an item, of a record; each once, with what it costs and what to do."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.base.instant import Instant
from sim.commands.exchange import exchange_app
from sim.exchange import batch as batches
from sim.exchange.batch import CSV, XML
from sim.exchange.check import Checked, Told, check
from sim.exchange.codes import EXPLAINED, Code
from sim.exchange.consequences import EFFECT_TEXT, REMEDY_TEXT, Effect, effects_of, remedy_of
from sim.exchange.forms import MOST
from sim.exchange.profile import open_profiles
from sim.exchange.records import AnyRecord
from sim.exchange.sequence import Remedy
from sim.exchange.versions import renewed
from tests.exchange.damage import DAMAGED
from tests.exchange.samples import (
    CREATED,
    PROFILE,
    agency_notice,
    encoded,
    encoded_xml,
    header,
    notice,
    resealed,
    resealed_xml,
    result,
    row,
    with_rows,
)

VERSIONS = open_profiles()
RUN = CliRunner()


def checked(content: bytes, worth: int = 0) -> Checked:
    return check([content], VERSIONS, worth_a_table=worth)


def places(content: bytes, worth: int = 0) -> list[tuple[str, Code, int]]:
    return [(f.column, f.code, f.position) for f in checked(content, worth).findings]


# --- the header -----------------------------------------------------------------------------------------
SPOILED = "renkei-open/1,131040,ISB,77,sideways,0,2019-04-02T22:00:00.5+09:00,01"


def test_all_items_of_a_header_are_told_at_once() -> None:
    content = resealed(f"H,{SPOILED}\r\n" + encoded(notice()).decode().split("\r\n")[1] + "\r\n")
    told = checked(content).told
    assert [(one.finding.column, one.finding.code, one.csv_column) for one in told] == [
        ("sender", Code.BAD_HEADER, 3),
        ("recipient", Code.BAD_HEADER, 4),
        ("business", Code.UNKNOWN_BUSINESS, 5),
        ("direction", Code.WRONG_DIRECTION, 6),
        ("sequence", Code.BAD_HEADER, 7),
        ("created_at", Code.BAD_HEADER, 8),
        ("count", Code.BAD_HEADER, 9),
    ]
    texts = dict(zip(["profile", "sender", "recipient", "business"], SPOILED.split(","), strict=False))
    assert all(one.finding.received == texts[one.finding.column] for one in told[:3])


def test_all_items_of_a_header_in_xml_are_told_at_once() -> None:
    text = encoded_xml(notice()).decode()
    for old, new in zip(
        ("<sender>131041", "<recipient>ISA", "<created_at>2019-04-02T22:00:00"),
        ("<sender>agency", "<recipient>131040", "<created_at>2019-04-02T22:00:00.000"),
        strict=True,
    ):
        assert old in text
        text = text.replace(old, new, 1)
    found = checked(resealed_xml(text[: text.index("<trailer>")])).told
    assert [(one.finding.column, one.finding.line, one.csv_column) for one in found] == [
        ("sender", 3, 0),
        ("recipient", 3, 0),
        ("created_at", 3, 0),
    ]


def test_the_first_fault_of_a_header_is_the_one_for_which_a_batch_is_refused() -> None:
    content = encoded(notice()).replace(b",ISA,01,up,", b",ISA,77,sideways,")
    assert [f.code for f in batches.decode(content, PROFILE).findings] == [Code.UNKNOWN_BUSINESS]


def test_of_a_header_in_an_unknown_version_nothing_else_is_told() -> None:
    content = encoded(notice()).replace(b"renkei-open/1,131041,ISA,01", b"renkei-open/9,1,2,3")
    assert [f.code for f in checked(content).findings] == [Code.UNKNOWN_PROFILE]


@given(at=st.integers(1_341_759_600_000_000, 2_500_000_000_000_000).map(Instant))
def test_whoever_has_a_finer_clock_writes_seconds(at: Instant) -> None:
    for form in (CSV, XML):
        content = batches.encode(header(0, created_at=at), (), PROFILE, form)
        decoded = batches.decode(content, PROFILE)
        assert decoded.batch is not None
        assert 0 <= at - decoded.batch.header.created_at < 1_000_000


def test_a_batch_made_anew_within_the_same_second_has_other_bytes() -> None:
    content = encoded(notice())
    again = renewed(content, VERSIONS[1:], Instant(CREATED + 3)).content
    assert again != content
    assert checked(again).good


# --- one item, and what other items say of it ------------------------------------------------------------
@pytest.mark.parametrize("worth", [0, 1])
def test_every_fault_of_a_text_is_told_in_the_order_of_its_characters(worth: int) -> None:
    name = "A\ue000B\x85C{gaiji:mj:1}D\ue001" + "E" * 160
    assert places(with_rows(row(name=name)), worth) == [
        ("name", Code.PRIVATE_CHARACTER, 2),
        ("name", Code.BAD_FORM, 4),
        ("name", Code.BAD_GAIJI, 6),
        ("name", Code.PRIVATE_CHARACTER, 19),
        ("name", Code.TOO_LONG, 161),
    ]


def test_a_number_that_is_too_long_and_of_a_wrong_form_is_told_both() -> None:
    assert places(with_rows(row(record_id="131041 " + "1" * 40))) == [
        ("record_id", Code.BAD_FORM, 7),
        ("record_id", Code.TOO_LONG, 33),
    ]


def test_line_breaks_within_an_item_hide_nothing_else() -> None:
    assert places(with_rows(row(card_number='"AB\n1234567XCD\n"'))) == [
        ("card_number", Code.LINE_BREAK, 3),
        ("card_number", Code.LINE_BREAK, 14),
        ("card_number", Code.BAD_FORM, 11),
    ]


def test_the_faults_of_one_item_are_bounded() -> None:
    found = places(with_rows(row(name="\ue000" * 4000)))
    assert len(found) == MOST
    assert found[-1] == ("name", Code.TOO_LONG, 161)


@pytest.mark.parametrize("worth", [0, 1])
def test_days_business_and_number_are_judged_in_a_record_with_other_faults_too(worth: int) -> None:
    bad = row(sex="f", event_date="2019-05-01", record_id="131041-00000001")
    content = with_rows(bad).replace(b",ISA,01,", b",ISA,02,", 1)
    content = resealed(content[: content.rindex(b"T,")].decode())
    assert [(f.line, f.column, f.code) for f in checked(content, worth).findings] == [
        (2, "kind", Code.WRONG_BUSINESS),
        (3, "sex", Code.UNKNOWN_VALUE),
        (3, "kind", Code.WRONG_BUSINESS),
        (3, "event_date", Code.DATE_IN_FUTURE),
        (3, "record_id", Code.DUPLICATE_RECORD),
    ]


def test_an_xml_record_with_an_odd_layout_is_told_its_items_faults_too() -> None:
    text = encoded_xml(notice()).decode()
    body = text[: text.index("<trailer>")].replace("<sex>M</sex>", "").replace("VNM<", "1<")
    assert places(resealed_xml(body)) == [
        ("sex", Code.COLUMN_MISSING, 0),
        ("nationality", Code.BAD_FORM, 1),
    ]


@pytest.mark.parametrize("worth", [0, 1])
@pytest.mark.parametrize("form", [CSV, XML])
@pytest.mark.parametrize(
    ("record", "column", "expected"),
    [
        (notice(reason="moving_out"), "action", "another action, because reason is moving_out"),
        (notice(action="removed"), "action", "another action, because reason is moving_in"),
        (
            notice(reason="cancellation", cancels="131041-00000001"),
            "cancels",
            "another value than record_id",
        ),
        (agency_notice(effect="remove"), "effect", "another effect, because reason is period_extended"),
        (result(code="BAD_FORM"), "code", "nothing, because outcome is accepted"),
    ],
)
def test_items_that_contradict_each_other_are_told(
    record: AnyRecord, column: str, expected: str, form: str, worth: int
) -> None:
    content = batches.encode(header(1), (record,), PROFILE, form)
    (fault,) = batches.decode(content, PROFILE, worth).faults
    assert [(f.code, f.column, f.expected) for f in fault.findings] == [
        (Code.CONTRADICTION, column, expected)
    ]


@pytest.mark.parametrize("worth", [0, 1])
@pytest.mark.parametrize("code", ["NO_SUCH_CODE", "bad_form", "BAD FORM", "1"])
def test_a_result_has_a_code_of_the_table(code: str, worth: int) -> None:
    content = encoded(result(outcome="rejected", code=code))
    (fault,) = batches.decode(content, PROFILE, worth).faults
    assert [(f.code, f.column, f.expected) for f in fault.findings] == [
        (Code.UNKNOWN_VALUE, "code", "a code of the table of codes")
    ]
    for good in Code:
        decoded = batches.decode(encoded(result(outcome="rejected", code=str(good))), PROFILE, worth)
        assert decoded.faults == ()


@pytest.mark.parametrize("worth", [0, 1])
@pytest.mark.parametrize("form", [CSV, XML])
def test_a_repeated_number_is_told_the_line_of_the_first(form: str, worth: int) -> None:
    records = (notice(1), notice(2), notice(3), notice(2))
    content = batches.encode(header(4), records, PROFILE, form)
    (finding,) = checked(content, worth).findings
    first = 3 if form == CSV else 5
    assert (finding.code, finding.line) == (Code.DUPLICATE_RECORD, first + 2)
    assert finding.expected == f"a number of its own: line {first} bears this one"
    decoded = batches.decode(content, PROFILE, worth)
    assert [row.finding for row in decoded.faults] == [finding]


# --- one cause, one finding ------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [encoded, encoded_xml], ids=["csv", "xml"])
@pytest.mark.parametrize("worth", [0, 1])
def test_a_byte_order_mark_is_one_finding_whether_it_was_hashed_or_not(make: object, worth: int) -> None:
    assert callable(make)
    content: bytes = make(notice(1), notice(2))
    added_afterwards = b"\xef\xbb\xbf" + content
    digest = re.findall(rb"[0-9a-f]{64}", content)[0]
    before = content[: content.index(b"T," if make is encoded else b"<trailer>")]
    before = content[: content.rindex(b"\r\nT,") + 2] if make is encoded else before
    hashed = added_afterwards.replace(digest, hashlib.sha256(b"\xef\xbb\xbf" + before).hexdigest().encode())
    for marked in (added_afterwards, hashed):
        for pieces in ([marked], [marked[:2], marked[2:5], marked[5:]]):
            found = check(pieces, VERSIONS, worth_a_table=worth).findings
            assert [(one.code, one.line, one.byte) for one in found] == [(Code.BYTE_ORDER_MARK, 1, 1)]
    altered = added_afterwards.replace(b"VAN AN", b"VAN ON", 1)
    assert [one.code for one in checked(altered, worth).findings] == [
        Code.BYTE_ORDER_MARK,
        Code.DIGEST_MISMATCH,
    ]


def test_records_that_nobody_can_name_have_names_of_their_own_on_one_line_of_xml() -> None:
    """A result answers a record that has no readable number by its line."""
    text = encoded_xml(notice(1), notice(2), notice(3)).decode()
    body = text[: text.index("<trailer>")].replace("131041-0000000", "131041 ")
    in_one = re.sub(r"(</municipality_notice>)\n(?=<m)", r"\1", body)
    decoded = batches.decode(resealed_xml(in_one, 3), PROFILE)
    assert [fault.name for fault in decoded.faults] == ["line-4", "line-4.2", "line-4.3"]
    apart = batches.decode(resealed_xml(body, 3), PROFILE)
    assert [fault.name for fault in apart.faults] == ["line-4", "line-5", "line-6"]


@pytest.mark.parametrize(
    ("written", "code", "column"),
    [
        ("&#86;&#x41;N", None, ""),
        ("V&#10;N", Code.LINE_BREAK, "name"),
        ("V&#13;N", Code.LINE_BREAK, "name"),
        ("V&#57344;N", Code.PRIVATE_CHARACTER, "name"),
        ("V&#127;N", Code.BAD_FORM, "name"),
        ("V&#0;N", Code.NOT_XML, ""),
        ("V&#xD800;N", Code.NOT_XML, ""),
    ],
)
def test_a_character_by_its_number_is_that_character(written: str, code: Code | None, column: str) -> None:
    text = encoded_xml(notice()).decode()
    body = text[: text.index("<trailer>")].replace("VAN AN", written)
    found = checked(resealed_xml(body)).findings
    assert [(one.code, one.column) for one in found] == ([] if code is None else [(code, column)])


# --- what a fault costs ----------------------------------------------------------------------------------
@pytest.mark.parametrize("code", list(DAMAGED), ids=str)
def test_a_finding_costs_what_the_document_says_that_its_code_costs(code: Code) -> None:
    for one in checked(DAMAGED[code]()).told:
        assert one.effect in effects_of(one.finding.code), one
        assert one.remedy in (remedy_of(one.finding.code, effect) for effect in effects_of(one.finding.code))
    assert effects_of(code)


@pytest.mark.parametrize("code", list(DAMAGED), ids=str)
def test_what_costs_the_batch_is_refused_whole_and_what_costs_a_record_is_not(code: Code) -> None:
    """The verdict of `check` is that of whoever receives the batch, as far as the file alone decides."""
    content = DAMAGED[code]()
    told = [one for one in checked(content).told if one.finding.code not in JUDGED_BY_WHO_RECEIVES]
    whole = any(one.effect is Effect.BATCH for one in told)
    assert (batches.decode(content, PROFILE).batch is None) == whole


# Sender and recipient, against whom it came from and who asks; and whether an envelope was opened at all.
JUDGED_BY_WHO_RECEIVES = (Code.WRONG_RECIPIENT, Code.WRONG_SENDER)


def test_effects_and_remedies_are_explained_in_both_languages() -> None:
    assert set(EFFECT_TEXT) == set(Effect)
    assert set(REMEDY_TEXT) == set(Remedy)
    assert all(ja and en for ja, en in [*EFFECT_TEXT.values(), *REMEDY_TEXT.values(), *EXPLAINED.values()])
    assert {remedy_of(code, effect) for code in Code for effect in effects_of(code)} == set(Remedy)


def test_programs_are_told_column_effect_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(with_rows(row(sex="f")).replace(b",up,", b",sideways,"))
    told = json.loads(RUN.invoke(exchange_app, ["check", str(path), "--json"]).stdout)
    rows = [(one["column"], one["csv_column"], one["effect"], one["remedy"]) for one in told["findings"]]
    assert rows == [
        ("direction", 6, "batch", "replace"),
        ("sex", 13, "record", "correct"),
        ("digest", 3, "batch", "again"),
    ]
    assert sorted(told["remedies"]) == ["again", "correct", "replace"]
    layout = PROFILE.layouts["municipality_notice"]
    assert layout.csv_column("sex") == ["D", "kind", *layout.items].index("sex") + 1


def test_people_are_told_column_effect_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(with_rows(row(sex="f"), row(sex="g", record_id="R9")))
    said = RUN.invoke(exchange_app, ["check", str(path)]).stdout
    assert "CSV column: 13" in said
    assert "this record alone is rejected (correct)" in said
    assert said.count("put the corrected record under a new number") == 1
    assert "2 faults, in 2 of 3 records" in said


def test_in_xml_there_is_no_number_of_a_column() -> None:
    text = encoded_xml(notice(sex="f"))
    (told,) = checked(text).told
    assert (told.finding.column, told.csv_column, told.as_data()["csv_column"]) == ("sex", 0, None)
    assert isinstance(told, Told)
