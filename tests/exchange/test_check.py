"""The validator finds every fault of a file at once, each with its place, and never raises."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.base.errors import UsageError
from sim.commands.exchange import exchange_app
from sim.exchange import batch as batches
from sim.exchange.check import Checked, check
from sim.exchange.codes import Code
from sim.exchange.profile import FOLDER, OPEN_1, open_profiles
from tests.exchange.damage import DAMAGED, ELSEWHERE, GOOD
from tests.exchange.samples import (
    PROFILE,
    agency_notice,
    encoded,
    encoded_xml,
    header,
    issuance,
    notice,
    result,
    row,
    transmission,
    with_rows,
)

VERSIONS = open_profiles()


def checked(content: bytes, shown: int = 100) -> Checked:
    return check([content], VERSIONS, shown)


def sent_by(direction: str, **changes: object) -> batches.Header:
    """The header of a batch of one record between Shinjuku and the agency."""
    sender, recipient = ("131041", "ISA") if direction == "up" else ("ISA", "131041")
    return header(1, sender=sender, recipient=recipient, direction=direction, **changes)


@pytest.mark.parametrize("code", list(DAMAGED), ids=str)
def test_a_damaged_file_earns_its_code(code: Code) -> None:
    found = checked(DAMAGED[code]())
    assert code in [finding.code for finding in found.findings]
    assert not found.good


def test_every_code_has_a_damaged_file_or_says_who_earns_it() -> None:
    assert set(DAMAGED) | set(ELSEWHERE) == set(Code)
    assert not set(DAMAGED) & set(ELSEWHERE)


@pytest.mark.parametrize("what", list(GOOD))
def test_a_good_file_is_good(what: str) -> None:
    assert checked(GOOD[what]()).findings == []


@pytest.mark.parametrize(
    ("record", "business", "direction"),
    [
        (notice(), "01", "up"),
        (transmission(), "02", "up"),
        (issuance(), "03", "up"),
        (agency_notice(), "01", "down"),
        (result(), "03", "up"),
    ],
)
@pytest.mark.parametrize("form", [batches.CSV, batches.XML])
def test_every_kind_is_good_in_its_business_and_direction(
    record: object, business: str, direction: str, form: str
) -> None:
    """S3-010, S3-014, S3-018."""
    sent = sent_by(direction, business=business)
    found = checked(batches.encode(sent, (record,), PROFILE, form))  # type: ignore[arg-type]
    assert found.findings == []
    other = sent_by(direction, business={"01": "02", "02": "03", "03": "01"}[business])
    wrong = checked(batches.encode(other, (record,), PROFILE, form))  # type: ignore[arg-type]
    assert [f.code for f in wrong.findings] == (
        []
        if business == "03" and direction == "up" and found.records.get("result")
        else [Code.WRONG_BUSINESS]
    )


@pytest.mark.parametrize(
    ("sender", "recipient", "direction", "code", "column"),
    [
        ("271276", "131041", "up", Code.WRONG_RECIPIENT, "recipient"),
        ("271276", "271276", "up", Code.WRONG_RECIPIENT, "recipient"),
        ("ISA", "271276", "up", Code.WRONG_DIRECTION, "direction"),
        ("ISA", "ISA", "up", Code.WRONG_SENDER, "sender"),
        ("271276", "ISA", "down", Code.WRONG_DIRECTION, "direction"),
        ("ISA", "ISA", "down", Code.WRONG_RECIPIENT, "recipient"),
        ("271276", "131041", "down", Code.WRONG_SENDER, "sender"),
    ],
)
@pytest.mark.parametrize(("form", "line"), [(batches.CSV, 1), (batches.XML, 3)])
def test_a_header_that_contradicts_itself_is_one_finding(
    sender: str, recipient: str, direction: str, code: Code, column: str, form: str, line: int
) -> None:
    sent = header(0, sender=sender, recipient=recipient, direction=direction)
    (finding,) = checked(batches.encode(sent, (), PROFILE, form)).findings
    assert (finding.code, finding.line, finding.column) == (code, line, column)


@pytest.mark.parametrize("worth", [0, 1])
@pytest.mark.parametrize("form", [batches.CSV, batches.XML])
def test_a_wrong_direction_is_told_once_and_not_by_every_row(form: str, worth: int) -> None:
    sent = header(3, direction="down")
    content = batches.encode(sent, tuple(notice(n) for n in range(3)), PROFILE, form)
    (finding,) = check([content], VERSIONS, worth_a_table=worth).findings
    assert (finding.code, finding.expected, finding.received) == (
        Code.WRONG_DIRECTION,
        "up, from 131041 to ISA",
        "down",
    )


@pytest.mark.parametrize(
    ("record", "changes", "expected", "received"),
    [
        (notice(), {"business": "02"}, "in business 02 up: MT, RS", "MN (municipality_notice)"),
        (
            notice(),
            {"sender": "ISA", "recipient": "131041", "direction": "down"},
            "in business 01 down: AN, RS",
            "MN (municipality_notice)",
        ),
        (
            transmission(),
            {"direction": "down"},
            "in business 01: MN, AN, RS",
            "MT (municipality_transmission)",
        ),
    ],
)
@pytest.mark.parametrize("worth", [0, 1])
def test_a_kind_out_of_place_is_told_the_kinds_that_belong_there(
    record: object, changes: dict[str, str], expected: str, received: str, worth: int
) -> None:
    content = batches.encode(header(1, **changes), (record,), PROFILE)  # type: ignore[arg-type]
    found = check([content], VERSIONS, worth_a_table=worth).findings
    assert [(f.expected, f.received) for f in found if f.code == Code.WRONG_BUSINESS] == [
        (expected, received)
    ]


def test_who_asks_is_told_when_the_batch_is_for_somebody_else() -> None:
    content = encoded(notice())
    assert check([content], VERSIONS, reader="ISA").good
    (finding,) = check([content], VERSIONS, reader="131130").findings
    assert (finding.code, finding.expected, finding.received) == (Code.WRONG_RECIPIENT, "131130", "ISA")
    astray = encoded(notice(), recipient="131130")
    assert [f.code for f in check([astray], VERSIONS, reader="ISA").findings] == [Code.WRONG_RECIPIENT]


def test_shift_jis_is_recognised_and_each_row_is_told_once_and_counted() -> None:
    records = tuple(notice(n, address=f"東京都新宿区大久保{n}丁目") for n in range(4))
    content = encoded(*records).decode().encode("cp932")
    found = checked(content)
    assert [(f.line, f.code) for f in found.findings if f.code == Code.NOT_UTF8] == [
        (line, Code.NOT_UTF8) for line in (2, 3, 4, 5)
    ]
    assert all("Shift_JIS" in f.received for f in found.findings if f.code == Code.NOT_UTF8)
    assert (found.faulty, found.rows) == (4, 4)


@pytest.mark.parametrize(
    "raw", [b"MULLER-\xfc", b"NGUY\xffN", "NGUYỄN 東京".encode()[:-1], "ﾃｽﾄ".encode("cp932")]
)
def test_other_bytes_are_not_taken_for_shift_jis(raw: bytes) -> None:
    finding = checked(encoded(notice()).replace(b"NGUYEN", raw)).findings[0]
    assert finding.code == Code.NOT_UTF8
    assert "Shift_JIS" not in finding.received


@pytest.mark.parametrize("worth", [0, 1])
def test_a_missing_column_blames_no_item_and_hints_where_it_stops_fitting(worth: int) -> None:
    cells = row().split(",")
    items = ["D", "kind", *PROFILE.layouts["municipality_notice"].items]
    del cells[items.index("sex")]
    (finding,) = check([with_rows(",".join(cells))], VERSIONS, worth_a_table=worth).findings
    assert (finding.code, finding.column) == (Code.COLUMN_MISSING, "")
    assert (
        finding.received == f"{len(cells)} columns; the first text that does not fit stands where sex should"
    )
    (extra,) = check([with_rows(row() + ",more")], VERSIONS, worth_a_table=worth).findings
    assert extra.received == f"{len(items) + 1} columns"


@pytest.mark.parametrize("more", [b"\r\n", b"\n", b"\x1a", b"more", b"more\r\n", b"\r\n\r\n\r\n", encoded()])
@pytest.mark.parametrize("worth", [0, 1])
def test_whatever_follows_the_trailer_is_one_finding(more: bytes, worth: int) -> None:
    (finding,) = check([encoded(notice()) + more], VERSIONS, worth_a_table=worth).findings
    assert (finding.code, finding.line, finding.expected) == (
        Code.BAD_TRAILER,
        4,
        "nothing after the trailer record",
    )


def test_a_wrong_trailer_is_told_even_when_something_follows_it() -> None:
    content = encoded(notice()).replace(b"VAN AN", b"VAN ON") + b"\r\n"
    assert [f.code for f in checked(content).findings] == [Code.DIGEST_MISMATCH, Code.BAD_TRAILER]


def test_all_faults_are_told_at_once_with_their_places() -> None:
    content = with_rows(
        row(sex="f", nationality="VIET"), row(event_date="2019-05-01", record_id="131041-00000001")
    )
    found = checked(content)
    assert [(f.line, f.column, f.position, f.code) for f in found.findings] == [
        (3, "sex", 0, Code.UNKNOWN_VALUE),
        (3, "nationality", 4, Code.BAD_FORM),
        (4, "event_date", 0, Code.DATE_IN_FUTURE),
        (4, "record_id", 0, Code.DUPLICATE_RECORD),
    ]
    assert found.faulty == 2
    assert found.records == {"municipality_notice": 3}


@pytest.mark.parametrize(
    ("changes", "position"),
    [
        ({"card_number": "AB1234567XCD"}, 10),
        ({"card_number": "AB12345678"}, 11),
        ({"card_number": "AB12345678CDE"}, 13),
        ({"event_date": "2019/04/01"}, 5),
        ({"record_id": "131041 1"}, 7),
        ({"name": "A\ue000"}, 2),
        ({"name": "{gaiji:mj:MJ000001}{x}"}, 20),
        ({"filed_date": "2019-04-0２"}, 10),
        ({"name": "A" * 161}, 161),
    ],
)
def test_the_first_wrong_character_is_pointed_at(changes: dict[str, str], position: int) -> None:
    (finding,) = checked(with_rows(row(**changes))).findings
    assert finding.position == position


def test_a_wrong_byte_is_placed_in_the_file() -> None:
    content = encoded(notice()).replace(b"NGUYEN", b"NGUY\xffN")
    finding = checked(content).findings[0]
    assert (finding.code, finding.line, finding.position) == (Code.NOT_UTF8, 2, 0)
    assert content[finding.byte - 1] == 0xFF


def test_findings_past_the_number_to_show_are_counted() -> None:
    found = checked(with_rows(*(row(sex="f", record_id=f"R{n}") for n in range(50))), shown=7)
    assert (len(found.findings), found.more, found.codes) == (7, 43, {"UNKNOWN_VALUE": 50})


def test_rows_by_columns_and_one_by_one_are_judged_alike() -> None:
    rows = [row(record_id=f"R{n}", sex="f" if n % 97 == 0 else "F") for n in range(1, 2000)]
    rows[500] = row(record_id="R3")
    rows[600] = row(record_id="R600", event_date="2019-04-09")
    rows[700] = row(record_id="R700", event_date="2019-04-09", reason="moving_out")
    rows[800] = row(record_id="R800", event_date="2012-07-08")
    content = with_rows(*rows)
    assert check([content], VERSIONS, worth_a_table=1) == check([content], VERSIONS, worth_a_table=0)


@given(content=st.binary(max_size=400), worth=st.sampled_from([0, 1]))
def test_arbitrary_bytes_never_raise(content: bytes, worth: int) -> None:
    assert not check([content], VERSIONS, worth_a_table=worth).good


@given(data=st.data(), xml=st.booleans(), worth=st.sampled_from([0, 1]))
def test_a_damaged_batch_never_raises_and_is_never_good(data: st.DataObject, xml: bool, worth: int) -> None:
    good = encoded_xml(notice(1), notice(2)) if xml else encoded(notice(1), notice(2))
    start = data.draw(st.integers(0, len(good) - 20))
    end = data.draw(st.integers(start, min(len(good) - 12, start + 40)))
    put = data.draw(st.binary(max_size=40))
    spoiled = good[:start] + put + good[end:]
    if spoiled != good:
        assert not check([spoiled], VERSIONS, worth_a_table=worth).good


def test_a_file_over_the_limit_is_refused_before_and_while_it_is_read() -> None:
    small = replace(PROFILE, limits=replace(PROFILE.limits, file_bytes=1000))
    before = check(iter(()), (small,), size=2_000_000_000)
    assert [f.code for f in before.findings] == [Code.FILE_TOO_LARGE]
    content = encoded(*(notice(n) for n in range(9)))
    assert [f.code for f in check([content], (small,)).findings] == [Code.FILE_TOO_LARGE]
    assert [f.code for f in batches.decode(content, small).findings] == [Code.FILE_TOO_LARGE]
    few = replace(PROFILE, limits=replace(PROFILE.limits, records=3))
    assert Code.TOO_MANY_RECORDS in [f.code for f in check([content], (few,)).findings]


def endless(beginning: bytes, piece: bytes) -> Iterator[bytes]:
    yield beginning
    while True:
        yield piece


@pytest.mark.parametrize(
    ("beginning", "piece", "code"),
    [
        (b"", b"\x00" * (1 << 20), Code.NUL),
        (b"", b"A" * (1 << 20), Code.LINE_TOO_LONG),
        (b"", b"A\n" * (1 << 19), Code.LINE_ENDING),
        (b"<?xml version='1.0'?>", b"<" * (1 << 20), Code.XML_TOO_LONG),
        (b"<?xml version='1.0'?>", b"<a>" * (1 << 18), Code.XML_DEPTH),
        (b"<batch xmlns='urn:renkei:open:1'><header><profile>", b"A" * (1 << 20), Code.XML_TOO_LONG),
        (b"<batch xmlns='urn:renkei:open:1'><header><profile>", b"A\n" * (1 << 19), Code.XML_TOO_LONG),
        (b"<batch xmlns='urn:renkei:open:1'>", b" \n" * (1 << 19), Code.XML_TOO_LONG),
    ],
)
def test_a_file_without_end_is_given_up_in_bounded_memory(beginning: bytes, piece: bytes, code: Code) -> None:
    tracemalloc.start()
    try:
        found = check(endless(beginning, piece), VERSIONS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert code in [finding.code for finding in found.findings]
    assert peak < 40_000_000


def test_the_newest_version_of_the_profile_is_served_and_an_unknown_one_is_told_all_names() -> None:
    newer = VERSIONS[0]
    sent = header(1, profile=newer.name)
    assert checked(batches.encode(sent, (notice(card_kind="specified"),), newer)).good
    (finding,) = checked(encoded(notice(), profile="renkei-open/2")).findings
    assert (finding.code, finding.expected) == (
        Code.UNKNOWN_PROFILE,
        "renkei-open/1.1 or renkei-open/1",
    )


# --- the commands ---------------------------------------------------------------------------------------
RUN = CliRunner()


def written(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_check_says_where_and_what_and_ends_with_one(tmp_path: Path) -> None:
    path = written(tmp_path, "b.csv", with_rows(row(sex="f")))
    done = RUN.invoke(exchange_app, ["check", path])
    assert done.exit_code == 1
    assert f"{path}:3:sex: UNKNOWN_VALUE" in done.stdout
    assert "F, M, X" in done.stdout
    assert "1 fault, in 1 of 2 records" in done.stdout


def test_check_of_a_good_file_ends_with_zero(tmp_path: Path) -> None:
    done = RUN.invoke(exchange_app, ["check", written(tmp_path, "a.csv", encoded(notice()))])
    assert done.exit_code == 0
    assert "131041-ISA-01-00000001" in done.stdout


def test_check_tells_programs_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, "b.csv", with_rows(row(sex="f")))
    done = RUN.invoke(exchange_app, ["check", path, "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["good"] is False
    assert told["records"] == {"municipality_notice": 2}
    (finding,) = told["findings"]
    assert (finding["line"], finding["column"], finding["code"]) == (3, "sex", "UNKNOWN_VALUE")
    assert finding["ja"] and finding["en"]


def test_check_for_somebody_else_ends_with_one_and_a_code_that_nobody_bears_with_two(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", encoded(notice()))
    assert RUN.invoke(exchange_app, ["check", path, "--for", "ISA"]).exit_code == 0
    done = RUN.invoke(exchange_app, ["check", path, "--for", "131041"])
    assert done.exit_code == 1
    assert f"{path}:1:recipient: WRONG_RECIPIENT" in done.stdout
    nobody = RUN.invoke(exchange_app, ["check", path, "--for", "131040"])
    assert isinstance(nobody.exception, UsageError)
    assert "131040" in str(nobody.exception)


def test_check_counts_the_rows_that_nobody_can_read(tmp_path: Path) -> None:
    content = encoded(*(notice(n) for n in range(4))).decode().encode("cp932")
    done = RUN.invoke(exchange_app, ["check", written(tmp_path, "a.csv", content)])
    assert "in 4 of 4 records" in done.stdout
    assert done.stdout.count("NOT_UTF8") == 4


def test_what_a_file_holds_cannot_move_the_cursor(tmp_path: Path) -> None:
    path = written(tmp_path, "b.csv", with_rows(row(name="A\x1b[2J")))
    assert "\x1b" not in RUN.invoke(exchange_app, ["check", path]).stdout


def test_another_profile_is_checked_against_by_its_own_file(tmp_path: Path) -> None:
    text = (FOLDER / f"{OPEN_1}.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace('"renkei-open/1"', '"closed/7"', 1), encoding="utf-8")
    path = written(tmp_path, "a.csv", encoded(notice(), profile="closed/7"))
    assert RUN.invoke(exchange_app, ["check", path, "--profile", str(own)]).exit_code == 0
    assert RUN.invoke(exchange_app, ["check", path]).exit_code == 1


def test_a_batch_goes_to_xml_and_back_to_the_same_bytes(tmp_path: Path) -> None:
    content = encoded(notice(1, name='O"NEILL, R&D'), notice(2))
    path = written(tmp_path, "a.csv", content)
    assert RUN.invoke(exchange_app, ["convert", path]).exit_code == 0
    xml = tmp_path / "a.xml"
    back = tmp_path / "back.csv"
    assert RUN.invoke(exchange_app, ["convert", str(xml), "--out", str(back)]).exit_code == 0
    assert back.read_bytes() == content
    assert RUN.invoke(exchange_app, ["diff", path, str(xml)]).exit_code == 0


def test_a_batch_with_a_fault_is_not_converted_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = written(tmp_path, "b.csv", with_rows(row(sex="f")))
    assert RUN.invoke(exchange_app, ["convert", path]).exit_code == 1
    assert [child.name for child in tmp_path.iterdir()] == ["b.csv"]


def test_convert_never_writes_over_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", encoded(notice()))
    (tmp_path / "a.xml").write_text("mine", encoding="utf-8")
    assert RUN.invoke(exchange_app, ["convert", path]).exit_code != 0
    assert (tmp_path / "a.xml").read_text(encoding="utf-8") == "mine"


def test_diff_says_what_differs_whatever_the_order(tmp_path: Path) -> None:
    before = written(tmp_path, "a.csv", encoded(notice(1), notice(2), notice(3)))
    after = written(tmp_path, "b.xml", encoded_xml(notice(4), notice(3, sex="F"), notice(1), sequence=2))
    done = RUN.invoke(exchange_app, ["diff", before, after, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["differences"] == [
        {"record": "", "item": "sequence", "before": "1", "after": "2"},
        {"record": "131041-00000002", "item": "", "before": "municipality_notice", "after": ""},
        {"record": "131041-00000003", "item": "sex", "before": "M", "after": "F"},
        {"record": "131041-00000004", "item": "", "before": "", "after": "municipality_notice"},
    ]
