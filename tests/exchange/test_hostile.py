"""Files that somebody made to do harm, or to catch the validator in a contradiction."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.base.errors import UsageError
from sim.base.node import NodeId
from sim.commands.exchange import exchange_app
from sim.exchange import batch as batches
from sim.exchange import csv_codec
from sim.exchange.batch import CSV, XML
from sim.exchange.check import Checked, check
from sim.exchange.codes import Code
from sim.exchange.columns import LINES, Run
from sim.exchange.consequences import Effect
from sim.exchange.profile import open_profiles
from sim.nodes.intake import Gate, Intake, Refused, Taken
from sim.nodes.messages.network import Arrival
from sim.stores.memory import MemoryStore
from tests.exchange.damage import DAMAGED
from tests.exchange.samples import (
    PROFILE,
    encoded,
    encoded_xml,
    header,
    notice,
    resealed_xml,
    result,
    row,
    with_rows,
)

VERSIONS = open_profiles()
RUN = CliRunner()
TERMINAL = NodeId("terminal-131041")
_XML = encoded_xml().decode()
IN_XML = _XML[: _XML.index("<trailer>")].encode()
IN_CSV = encoded().split(b"\r\n")[0] + b"\r\n"


# --- memory ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("beginning", "piece", "code"),
    [
        (IN_XML + b"<municipality_notice>", b"<a/>", Code.XML_TOO_LONG),
        (IN_XML + b"<municipality_notice>", b"<a/>\n", Code.XML_TOO_LONG),
        (IN_XML + b"<trailer>", b"<count>1</count>\n", Code.XML_TOO_LONG),
        (_XML[: _XML.index("<profile>")].encode(), b"<profile></profile>", Code.XML_TOO_LONG),
        (IN_XML, b"<a/>", Code.TOO_MANY_RECORDS),
        (IN_XML, b"<a></a>\n", Code.TOO_MANY_RECORDS),
        (IN_CSV, b"\r\n", Code.TOO_MANY_RECORDS),
        (IN_CSV, b"X\r\n", Code.TOO_MANY_RECORDS),
        (IN_CSV, b'"\r\n', Code.TOO_MANY_RECORDS),
        (IN_CSV, b"\xff\r\n", Code.TOO_MANY_RECORDS),
        (IN_CSV, b"D,MN" + b",x" * 22 + b"\r\n", Code.TOO_MANY_RECORDS),
    ],
)
@pytest.mark.parametrize("worth", [0, 1])
def test_a_flood_of_small_things_takes_no_more_memory_than_one_block(
    beginning: bytes, piece: bytes, code: Code, worth: int
) -> None:
    """Each byte of such a file could become an object of hundreds: of all of them a few thousand are held."""
    few = tuple(replace(one, limits=replace(one.limits, records=500)) for one in VERSIONS)
    tracemalloc.start()
    try:
        found = check([beginning, piece * (600_000 // len(piece))], few, worth_a_table=worth)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert code in found.codes
    assert found.rows <= 500 + 20_000
    assert peak < 60_000_000


def test_a_piece_of_nothing_but_line_ends_or_tags_is_cut_smaller() -> None:
    for piece in (b"\r\n" * (1 << 21), b"<a/>" * (1 << 20), b"\n" * 300_000 + b"A" * (1 << 22)):
        cut = list(batches._thinned(piece))
        assert b"".join(cut) == piece
        assert all(one.count(b"\n") <= LINES and one.count(b">") <= batches.TAGS for one in cut)
    usual = encoded(*(notice(n) for n in range(2000)))
    assert list(batches._thinned(usual)) == [usual]
    assert list(batches._cut([usual])) == [usual, b""]


@pytest.mark.parametrize("worth", [0, 1])
def test_a_run_of_more_lines_than_a_piece_may_have_is_read_in_runs_of_fewer(
    worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [*(row(record_id=f"131041-{n:08d}") for n in range(1, 40)), row(sex="f"), "X"]
    content = with_rows(*lines)
    expected = check([content], VERSIONS, worth_a_table=worth)
    runs: list[int] = []

    class Noted(Run):
        def begin(self, first: int) -> None:
            runs.append(self.count)
            super().begin(first)

    monkeypatch.setattr(csv_codec, "Run", Noted)
    monkeypatch.setattr(csv_codec, "LINES", 4)
    found = check([content], VERSIONS, worth_a_table=worth)
    assert found == expected
    assert max(runs) <= 4
    assert sum(runs) == found.rows


_ABANDONED = """
from sim.exchange.batch import parts_of
from sim.exchange.tabular import read_tables, write_tables
from tests.exchange.samples import PROFILE, encoded, notice

content = encoded(*(notice(n) for n in range(1, 2000)))
pieces = [content[:400_000], content[400_000:]]
read = read_tables(pieces, PROFILE)
for _ in range(50):
    parts = parts_of(pieces, PROFILE, 1)
    next(parts), next(parts)
    del parts
    written = write_tables(read.header, read.tables * 3, PROFILE, "csv")
    next(written), next(written)
    del written
print("alive")
"""


def test_whoever_stops_reading_or_writing_in_the_middle_lives_on() -> None:
    """What polars does in the background is waited for: else it would end the process, so it has one here."""
    done = subprocess.run(
        [sys.executable, "-c", _ABANDONED],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("alive\n", 0), done.stderr


# --- one verdict -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("worth", [0, 1])
def test_the_first_of_a_number_is_the_first_in_the_file_whatever_way_it_was_read(worth: int) -> None:
    quoted = row(record_id="131041-00000009", name='"A, B"')
    plain = row(record_id="131041-00000009")
    bad = row(record_id="131041-00000009", sex="f")
    for rows, expected in (
        ((quoted, plain), [(4, "line 3 ")]),
        ((plain, quoted), [(4, "line 3 ")]),
        ((bad, plain), []),
        ((plain, bad), [(4, "line 3 ")]),
        ((bad, quoted, plain), [(5, "line 4 ")]),
    ):
        found = check([with_rows(*rows)], VERSIONS, worth_a_table=worth).findings
        twice = [one for one in found if one.code == Code.DUPLICATE_RECORD]
        assert [(one.line, one.expected[21:28]) for one in twice] == expected


@pytest.mark.parametrize("worth", [0, 1])
def test_two_kinds_under_one_number_are_told_in_the_order_of_the_file(worth: int) -> None:
    content = encoded(notice(1), result(2, record_id="131041-00000003"), notice(3), notice(4))
    (finding,) = check([content], VERSIONS, worth_a_table=worth).findings
    assert (finding.code, finding.line) == (Code.DUPLICATE_RECORD, 4)
    assert "line 3 " in finding.expected


def test_two_records_on_one_line_of_xml_cannot_share_a_number() -> None:
    text = encoded_xml(notice(1), notice(1)).decode()
    body = text[: text.index("<trailer>")].replace("</municipality_notice>\n<m", "</municipality_notice><m")
    found = check([resealed_xml(body, 2)], VERSIONS).findings
    assert [(one.code, one.line) for one in found] == [(Code.DUPLICATE_RECORD, 4)]


def test_what_a_parser_says_names_no_line_but_the_files() -> None:
    records = [notice(n) for n in range(1, 9)]
    text = encoded_xml(*records).decode().replace("</result>", "")
    spoiled = text.replace("<trailer>", "<result></nome></result>\n<trailer>", 1).encode()
    said = []
    for worth in (0, 1):
        (finding,) = check([spoiled], VERSIONS, worth_a_table=worth).findings
        assert (finding.code, finding.line) == (Code.NOT_XML, 12)
        said.append(finding.received)
    assert said[0] == said[1]
    assert re.search(r"line [0-9]|column [0-9]", said[0]) is None


_PIECES = st.sampled_from(
    [
        b",",
        b'"',
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"T,",
        b"D,MN,",
        b"<",
        b">",
        b"/>",
        b"&",
        b"&#10;",
        b"&#0;",
        b"<!--",
        b"<?x ?>",
        b"<!DOCTYPE a>",
        b"<trailer>",
        b"</batch>",
        b"<a/>",
        b"<municipality_notice>",
        b"</municipality_notice>",
        b"{",
        "１".encode(),
        "\ue000".encode(),
        b"-00",
        b"x" * 200,
        b"",
    ]
)
_GOOD = [make(notice(1), notice(2), result(3)) for make in (encoded, encoded_xml)]


def _resealed(content: bytes) -> bytes:
    """The digest made right again, where there is still one."""
    xml = content.lstrip().startswith(b"<")
    end = content.find(b"<trailer>") if xml else content.rfind(b"\r\nT,") + 2
    if end < 2:
        return content
    digest = batches.digest_of(content[:end]).encode()
    return content[:end] + re.sub(rb"[0-9a-f]{64}", digest, content[end:], count=1)


@given(
    good=st.sampled_from(_GOOD),
    damage=st.lists(
        st.tuples(st.integers(0, 10_000), st.sampled_from([0, 0, 1, 5, 40, 300]), _PIECES),
        min_size=1,
        max_size=3,
    ),
    reseal=st.booleans(),
    size=st.integers(1, 50),
)
def test_check_and_whoever_receives_the_batch_say_the_same_on_any_damage(
    good: bytes, damage: list[tuple[int, int, bytes]], reseal: bool, size: int
) -> None:
    content = good
    for anywhere, length, put in damage:
        place = anywhere % (len(content) + 1)
        content = content[:place] + put + content[place + length :]
    content = _resealed(content) if reseal else content
    by_rows, by_columns = (check([content], VERSIONS, worth_a_table=worth) for worth in (0, 1))
    assert told(by_columns) == told(by_rows)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert told(check(pieces, VERSIONS, worth_a_table=1)) == told(by_rows)
    if by_rows.header is None or by_rows.header.profile == PROFILE.name:
        decoded = batches.decode(content, PROFILE)
        header_only = {Code.WRONG_SENDER, Code.WRONG_RECIPIENT, Code.WRONG_DIRECTION}
        whole = {one.finding.code for one in by_rows.told if one.effect is Effect.BATCH}
        assert (decoded.batch is None) == bool(whole - header_only) or whole & header_only
        if decoded.batch is not None:
            lines = {one.finding.line for one in by_rows.told if one.effect is Effect.RECORD}
            assert {fault.line for fault in decoded.faults} <= lines


def told(checked: Checked) -> list[tuple[object, ...]]:
    """What was found, without the order in which pieces bring it."""
    rows = [
        (one.finding.line, one.finding.column, str(one.finding.code), one.finding.position, one.finding.byte)
        for one in checked.told
    ]
    return sorted(rows)


# --- the commands ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        encoded(notice(1), notice(1)),
        encoded(notice(), business="02"),
        encoded(notice(), direction="down"),
        with_rows(row(event_date="2012-07-08")),
        with_rows(row(sex="f")),
    ],
)
def test_what_check_refuses_convert_does_not_convert(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert RUN.invoke(exchange_app, ["check", str(path)]).exit_code == 1
    done = RUN.invoke(exchange_app, ["convert", str(path)])
    assert done.exit_code == 1
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_a_part_that_an_earlier_run_left_behind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(encoded(notice()))
    (tmp_path / "a.xml.part").write_bytes(b"half")
    done = RUN.invoke(exchange_app, ["convert", str(path)])
    assert isinstance(done.exception, UsageError)
    assert "a.xml.part" in str(done.exception)
    assert (tmp_path / "a.xml.part").read_bytes() == b"half"


@pytest.mark.parametrize("command", ["check", "convert", "diff"])
@pytest.mark.parametrize("what", ["/dev/zero", "sparse"])
def test_a_file_without_bounds_is_refused_in_bounded_memory(tmp_path: Path, command: str, what: str) -> None:
    """Two gigabytes, or no end at all: in a process that may not have half a gigabyte more than it needs."""
    path = Path(what)
    if what == "sparse":
        path = tmp_path / "sparse.csv"
        with path.open("wb") as stream:
            stream.truncate(2 << 30)
    good = tmp_path / "good.csv"
    good.write_bytes(encoded(notice()))
    more = (
        [str(good)] if command == "diff" else ["--out", str(tmp_path / "o")] if command == "convert" else []
    )
    code = "import sys, renkei; sys.argv[0] = 'renkei'; sys.exit(renkei.main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "exchange", command, str(path), *more],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
    )
    assert done.returncode == (2 if command == "diff" else 1), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o").exists()


def test_a_pipe_a_folder_and_a_link_that_leads_nowhere_are_no_batches_to_compare(tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_bytes(encoded(notice()))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("pipe", "folder", "link"):
        done = RUN.invoke(exchange_app, ["diff", str(tmp_path / name), str(good)])
        assert isinstance(done.exception, UsageError), name


def test_a_file_of_nul_characters_is_told_as_such() -> None:
    for content in (bytes(100_000), IN_CSV + bytes(100_000), IN_XML + bytes(100_000)):
        (finding,) = check([content], VERSIONS).findings
        assert finding.code == Code.NUL
        assert content[finding.byte - 1] == 0
        assert 0 not in content[: finding.byte - 1]


def test_every_form_of_a_good_batch_stays_good() -> None:
    for form in (CSV, XML):
        content = batches.encode(header(2), (notice(1), notice(2)), PROFILE, form)
        assert check([content], VERSIONS).good


# --- the gate --------------------------------------------------------------------------------------------
# Whoever receives a batch judges days by its own clock, later than the gate: these are not its business.
LATER = {Code.DATE_BEFORE_SYSTEM, Code.DATE_IN_FUTURE}


@pytest.mark.parametrize("code", list(DAMAGED), ids=str)
def test_the_gate_gives_a_damaged_file_the_verdict_of_check(code: Code) -> None:
    content = DAMAGED[code]()
    gate = Gate("ISA", "up", {TERMINAL: "131041"}, PROFILE)
    with MemoryStore(NodeId("ministry"), Intake).transaction() as tx:
        found = gate.admit(tx.state, Arrival(sender=TERMINAL, ref="131041-ISA-01-00000001", content=content))
    first = check([content], VERSIONS).told[0]
    if isinstance(found, Refused):
        assert first.effect is Effect.BATCH or code is Code.WRONG_DIRECTION
        assert found.code == first.finding.code
        return
    assert isinstance(found, Taken)
    rejected = [one.finding for one in found.rows if one.finding is not None]
    assert [one.code for one in rejected] == ([] if code in LATER else [first.finding.code])
    assert first.effect is Effect.RECORD
