"""CSV and XML are one model, and the way by columns decides as the way by rows does."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.exchange import batch as batches
from sim.exchange.batch import CSV, XML
from sim.exchange.codes import Code
from sim.exchange.columns import WORTH_A_TABLE
from sim.exchange.csv_codec import quoted, split_row
from sim.exchange.model import Block
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import AnyRecord, kind_of
from sim.exchange.tabular import read_tables, write_tables
from tests.exchange.samples import (
    BATCHES,
    PROFILE,
    any_record,
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

BY_ROWS, BY_COLUMNS = 0, 1

# What breaks the forms, each in its own way, and what does not.
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "2019-04-01",
        "2019-4-01",
        " 2019-4-01",
        "+2019-4-01",
        "+019-04-01",
        "-019-04-01",
        "2019- 4-01",
        "2019-04- 1",
        "2019 -4-01",
        "2019-+4-01",
        "20190-4-01",
        "2019-004-1",
        "2019-4-011",
        "　19-4-01",
        "19-04-0001",
        "2019-4-1",
        "2019-04-1x",
        "2019/04/01",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "10000-01-01",
        "2019-02-29",
        "2020-02-29",
        "1961-05-00",
        "1961-00-00",
        "1961-00-15",
        "1961-13-00",
        "0000-00-00",
        "0000-05-00",
        "9999-12-00",
        "1961-05-00 ",
        "１９６１-05-00",
        "VNM",
        "VIET",
        "vnm",
        "made",
        "removed",
        "accepted",
        "BAD_FORM",
        "NO_SUCH_CODE",
        "２０１９-04-01",
        "2019-04-01 ",
        "F",
        "f",
        "Ｆ",
        "moving_out",
        "AB12345678CD",
        "AB1234567８CD",
        "ab12345678cd",
        "A" * 33,
        "A" * 161,
        "葛" * 200,
        "葛" * 201,
        "A\x7fB",
        "A\x80B",
        "A\x85B",
        "·",
        "A\u2028B",
        "“A”",
        "A\ufeffB",
        "ｱ",
        "Ａ",
        "A\ue000B",
        "A\U000f0000B",
        "\U00020b9f",
        "{",
        "}",
        "{gaiji:mj:MJ012345}",
        "{gaiji:mj:MJ012345}}",
        "{gaiji:mj:MJ01234}",
        "{{gaiji:juki:A1B2}",
        "&amp;",
        "&",
        "<",
        "]]>",
        "'",
        "NULL",
        "null",
        "#",
        "=A1",
    ]
)
ODD = st.sampled_from(["A\nB", "A\rB", "\n", '"', 'A"B', ",", "A\tB", "A\x00B", "A\x1fB"])


@given(records=BATCHES)
def test_every_batch_is_the_same_in_both_forms_and_back_to_the_byte(records: list[AnyRecord]) -> None:
    """S1-020: CSV to the model to XML to the model and back, records of every kind."""
    sent = header(len(records))
    as_csv = batches.encode(sent, tuple(records), PROFILE, CSV)
    as_xml = batches.encode(sent, tuple(records), PROFILE, XML)
    for worth in (BY_ROWS, BY_COLUMNS):
        from_csv, from_xml = (batches.decode(content, PROFILE, worth) for content in (as_csv, as_xml))
        assert from_csv.batch == from_xml.batch == batches.Batch(sent, tuple(records))
        again = from_xml.batch
        assert again is not None
        assert batches.encode(again.header, again.records, PROFILE, CSV) == as_csv
        assert batches.encode(again.header, again.records, PROFILE, XML) == as_xml


@pytest.mark.parametrize("profile", open_profiles(), ids=lambda profile: str(profile.name))
@given(data=st.data())
def test_every_version_carries_its_own_items(profile: Profile, data: st.DataObject) -> None:
    """S1-020."""
    record = data.draw(any_record(profile))
    sent = header(1, profile=profile.name)
    for form in (CSV, XML):
        decoded = batches.decode(batches.encode(sent, (record,), profile, form), profile)
        assert decoded.batch == batches.Batch(sent, (record,))


# --- two ways to one decision ---------------------------------------------------------------------------
@given(
    records=st.lists(any_record(), min_size=1, max_size=4),
    damage=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 30), st.one_of(TEXTS, TEXTS, ODD)), max_size=4
    ),
    ends=st.sampled_from(["\r\n", "\r\n", "\r\n", "\n"]),
)
@example(records=[notice()], damage=[(0, 13, "0000-01-01")], ends="\r\n")
def test_columns_and_rows_decide_alike_on_csv(
    records: list[AnyRecord], damage: list[tuple[int, int, str]], ends: str
) -> None:
    lines = batches.encode(header(len(records)), tuple(records), PROFILE).decode().split("\r\n")
    rows = [split_row(line) or [] for line in lines[1:-2]]
    for place, column, text in damage:
        cells = rows[place % len(rows)]
        cells[column % len(cells)] = text
    written = [",".join(map(quoted, cells)) for cells in rows]
    content = resealed("\r\n".join([lines[0], *written[:-1]]) + "\r\n" + written[-1] + ends)
    assert_alike(content)


@given(
    records=st.lists(any_record(), min_size=1, max_size=4),
    damage=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 30), st.one_of(TEXTS, TEXTS, ODD)), max_size=4
    ),
    raw=st.booleans(),
)
def test_columns_and_rows_decide_alike_on_xml(
    records: list[AnyRecord], damage: list[tuple[int, int, str]], raw: bool
) -> None:
    lines = batches.encode(header(len(records)), tuple(records), PROFILE, XML).decode().split("\n")
    start, end = 3, 3 + len(records)
    for record, column, text in damage:
        line = lines[start + record % len(records)]
        pieces = line.split("</")
        place = column % (len(pieces) - 2)
        inner = text if raw else text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        pieces[place] = pieces[place][: pieces[place].rindex(">") + 1] + inner
        lines[start + record % len(records)] = "</".join(pieces)
    body = "\n".join([*lines[:end], ""])
    assert_alike(resealed_xml(body, len(records)))


@given(
    records=st.lists(any_record(), min_size=1, max_size=4),
    left_out=st.integers(0, 3),
    column=st.integers(2, 30),
    put=st.lists(st.tuples(st.integers(0, 3), TEXTS), max_size=1),
)
def test_columns_and_rows_decide_alike_on_rows_of_another_length(
    records: list[AnyRecord], left_out: int, column: int, put: list[tuple[int, str]]
) -> None:
    lines = batches.encode(header(len(records)), tuple(records), PROFILE).decode().split("\r\n")
    rows = [split_row(line) or [] for line in lines[1:-2]]
    short = rows[left_out % len(rows)]
    del short[column % len(short)]
    for place, text in put:
        rows[place % len(rows)].append(text)
    assert_alike(resealed("\r\n".join([lines[0], *(",".join(map(quoted, cells)) for cells in rows), ""])))


def assert_alike(content: bytes) -> None:
    slow = batches.decode(content, PROFILE, BY_ROWS)
    fast = batches.decode(content, PROFILE, BY_COLUMNS)
    assert fast == slow


def test_a_large_batch_of_several_kinds_goes_by_columns_and_keeps_its_order() -> None:
    records: list[AnyRecord] = [
        notice(n, name="A" if n % 7 else "A, B") if n % 3 else result(n) for n in range(1, 1500)
    ]
    for content in (encoded(*records), encoded_xml(*records)):
        assert len(content) > 2 * WORTH_A_TABLE
        decoded = batches.decode(content, PROFILE)
        assert decoded.batch is not None
        assert decoded.batch.records == tuple(records)
        assert [row.line for row in decoded.rows] == sorted(row.line for row in decoded.rows)


@given(sizes=st.lists(st.integers(9, 400), min_size=1), worth=st.sampled_from([BY_ROWS, BY_COLUMNS]))
def test_a_file_is_read_alike_in_pieces_of_any_size(sizes: list[int], worth: int) -> None:
    good: list[AnyRecord] = [notice(1), result(2), notice(3, name="R&D, <K>")]
    spoiled = encoded(*good).replace(b"NGUYEN", b"NG{YEN")
    for content in (
        encoded(*good),
        encoded_xml(*good),
        spoiled,
        encoded(*good)[:-9],
        encoded_xml(*good)[:-9],
        encoded(*good) + b"\r\n",
        encoded(*good) + b"more\r\n and more",
        encoded(*good) * 2,
    ):
        whole = list(flat(batches.parts_of([content], PROFILE, worth)))
        assert list(flat(batches.parts_of(pieces(content, sizes), PROFILE, worth))) == whole


def pieces(content: bytes, sizes: list[int]) -> list[bytes]:
    """The content cut into pieces of these sizes, over and over."""
    cut, start, turn = [], 0, 0
    while start < len(content):
        size = sizes[turn % len(sizes)]
        cut.append(content[start : start + size])
        start, turn = start + size, turn + 1
    return cut


def flat(parts: object) -> list[object]:
    """Parts without the way in which rows were put together, which depends on the pieces."""
    found: list[object] = []
    rows: list[object] = []
    for part in parts:  # type: ignore[attr-defined]
        if isinstance(part, Block):
            rows += part.all_rows()
        else:
            found.append(part)
    return [*found, *rows]


@given(cells=st.lists(st.one_of(TEXTS, ODD), min_size=1, max_size=6))
def test_our_fields_are_those_of_the_csv_module(cells: list[str]) -> None:
    line = ",".join(map(quoted, cells))
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow(["D", *cells])
    assert buffer.getvalue() == f"D,{line}\r\n"
    if not any(sign in line for sign in "\r\n"):
        assert split_row(f"D,{line}") == ["D", *cells]


@given(content=st.binary(max_size=200), worth=st.sampled_from([BY_ROWS, BY_COLUMNS]))
def test_arbitrary_bytes_never_raise_as_xml_either(content: bytes, worth: int) -> None:
    assert batches.decode(b"<" + content, PROFILE, worth).batch is None


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), worth=st.sampled_from([BY_ROWS, BY_COLUMNS]))
def test_one_altered_byte_is_found_in_xml(place: int, byte: int, worth: int) -> None:
    content = bytearray(encoded_xml(notice(1), notice(2)))
    end = content.index(b"</batch>")  # white space behind the last tag means nothing
    place %= end
    if content[place] == byte:
        byte ^= 1
    content[place] = byte
    assert batches.decode(bytes(content), PROFILE, worth).batch is None


@pytest.mark.parametrize("worth", [BY_ROWS, BY_COLUMNS])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<name>", '<name a="1">', Code.XML_ATTRIBUTE),
        ("<name>", f'<name a="{"A" * 300_000}">', Code.XML_TOO_LONG),
        ("VAN AN", "A" * 300_000, Code.XML_TOO_LONG),
        ("VAN AN", "A\n" * 150_000, Code.XML_TOO_LONG),
        ("VAN AN", "<b>VAN</b> AN", Code.XML_DEPTH),
        ("VAN AN", "<b>" * 5000, Code.XML_DEPTH),
        ("VAN AN", "<!-- VAN -->AN", Code.XML_INSTRUCTION),
        ("VAN AN", "<![CDATA[VAN]]>", Code.XML_INSTRUCTION),
        ("VAN AN", "<?php VAN ?>", Code.XML_INSTRUCTION),
        ("VAN AN", "&secret;", Code.XML_ENTITY),
        ("VAN AN", "A\x00B", Code.NUL),
        ("VAN AN", "A\x01B", Code.NOT_XML),
        ("VAN AN", "A\uffffB", Code.NOT_XML),
        ("</name>", "</nome>", Code.NOT_XML),
        (
            '<batch xmlns="urn:renkei:open:1">',
            '<!DOCTYPE batch>\n<batch xmlns="urn:renkei:open:1">',
            Code.XML_DTD,
        ),
        (
            '<batch xmlns="urn:renkei:open:1">',
            '<!DOCTYPE batch SYSTEM "http://127.0.0.1:9/x.dtd">\n<batch xmlns="urn:renkei:open:1">',
            Code.XML_DTD,
        ),
        (
            '<batch xmlns="urn:renkei:open:1">',
            '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<batch xmlns="urn:renkei:open:1">',
            Code.XML_ENTITY,
        ),
        (
            '<batch xmlns="urn:renkei:open:1">',
            '<!DOCTYPE b [\n<!ENTITY a "aaaa">\n<!ENTITY b "&a;&a;">\n<!ENTITY c "&b;&b;">]>\n<batch>',
            Code.XML_EXPANSION,
        ),
        ("urn:renkei:open:1", "urn:renkei:open:2", Code.XML_ELEMENT),
        (
            "<municipality_notice>",
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude"/>\n<municipality_notice>',
            Code.XML_ELEMENT,
        ),
        ("<municipality_notice>", "stray <municipality_notice>", Code.XML_ELEMENT),
        ('encoding="UTF-8"', 'encoding="Shift_JIS"', Code.NOT_UTF8),
        ('version="1.0"', 'version="1.1"', Code.NOT_XML),
        ("<trailer>", "<t:trailer xmlns:t='urn:renkei:open:1'>", Code.NOT_XML),
        ("<sequence>1</sequence>", "", Code.BAD_HEADER),
        ("<profile>renkei-open/1<", "<profile>renkei-open/9<", Code.UNKNOWN_PROFILE),
    ],
)
def test_hostile_or_broken_xml_is_refused_with_its_code(old: str, new: str, code: Code, worth: int) -> None:
    text = encoded_xml(notice()).decode()
    assert old in text
    content = text.replace(old, new, 1).encode()
    decoded = batches.decode(content, PROFILE, worth)
    assert [finding.code for finding in decoded.findings] == [code]


def test_xml_may_leave_out_what_is_optional_and_stand_on_any_number_of_lines() -> None:
    text = encoded_xml(notice()).decode()
    body = text[: text.index("<trailer>")].replace("<alias></alias>", "")
    body = re.sub(r"(</\w+>)(<\w)", r"\1\n  \2", body)
    decoded = batches.decode(resealed_xml(body), PROFILE)
    assert decoded.batch is not None
    assert decoded.batch.records == (notice(),)
    in_one = text[: text.index("<trailer>")].replace("\n", "")
    decoded = batches.decode(resealed_xml(in_one), PROFILE)
    assert decoded.batch is not None
    assert decoded.batch.records == (notice(),)


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("<sex>M</sex>", "", Code.COLUMN_MISSING, "sex"),
        ("<sex>M</sex>", "<sex>M</sex><sex>M</sex>", Code.COLUMN_EXTRA, "sex"),
        ("<sex>M</sex>", "<sex>M</sex><height>170</height>", Code.COLUMN_EXTRA, "height"),
        (
            "<sex>M</sex><nationality>VNM</nationality>",
            "<nationality>VNM</nationality><sex>M</sex>",
            Code.COLUMN_ORDER,
            "sex",
        ),
        ("<sex>M</sex>", "<sex>m</sex>", Code.UNKNOWN_VALUE, "sex"),
        ("<sex>M</sex>", "<sex>\nM</sex>", Code.LINE_BREAK, "sex"),
        ("municipality_notice>", "municipality_nonce>", Code.UNKNOWN_KIND, "kind"),
    ],
)
def test_a_bad_record_of_an_xml_batch_is_placed(old: str, new: str, code: Code, column: str) -> None:
    text = encoded_xml(notice()).decode()
    body = text[: text.index("<trailer>")].replace(old, new)
    decoded = batches.decode(resealed_xml(body), PROFILE)
    (fault,) = decoded.faults
    assert fault.finding is not None
    assert (fault.finding.code, fault.finding.column) == (code, column)
    assert fault.line == 4 + new.count("\n")


def test_all_faults_of_a_row_are_found_at_once() -> None:
    spoiled = notice(sex="f", nationality="VIET", card_number="")
    (fault,) = batches.decode(encoded(spoiled), PROFILE).faults
    assert [(finding.code, finding.column) for finding in fault.findings] == [
        (Code.UNKNOWN_VALUE, "sex"),
        (Code.BAD_FORM, "nationality"),
        (Code.MISSING_ITEM, "card_number"),
    ]


def test_an_item_that_a_version_lacks_is_not_sent_in_it() -> None:
    newer, older = open_profiles()
    record = notice(card_kind="specified")
    old = batches.decode(batches.encode(header(1), (record,), older), older)
    new = batches.decode(batches.encode(header(1, profile=newer.name), (record,), newer), newer)
    assert old.batch is not None
    assert new.batch is not None
    assert old.batch.records == (notice(),)
    assert new.batch.records == (record,)


def test_a_date_before_any_calendar_of_ours_raises_nothing() -> None:
    content = encoded(notice()).replace(b"2019-04-02T22:00:00+09:00", b"0001-01-01T00:00:00+09:00")
    assert [f.code for f in batches.decode(content, PROFILE).findings] == [Code.BAD_HEADER]
    assert date.min.year == 1


@given(records=BATCHES)
def test_tables_are_read_and_written_as_the_records_are(records: list[AnyRecord]) -> None:
    by_kind = [record for kind in PROFILE.layouts for record in records if kind_of(record) == kind]
    sent = header(len(records))
    for form in (CSV, XML):
        content = batches.encode(sent, tuple(by_kind), PROFILE, form)
        read = read_tables([content], PROFILE)
        assert (read.header, read.findings, read.faults) == (sent, (), ())
        rows = [row.record for table in read.tables for row in table.rows()]
        assert rows == by_kind
        for other in (CSV, XML):
            again = b"".join(write_tables(sent, read.tables, PROFILE, other))
            assert again == batches.encode(sent, tuple(by_kind), PROFILE, other)


def test_rows_with_faults_are_handed_out_beside_the_tables() -> None:
    read = read_tables([with_rows(row(sex="f"))], PROFILE)
    assert [table.frame.height for table in read.tables] == [1]
    assert [fault.line for fault in read.faults] == [3]
