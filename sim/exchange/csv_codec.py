"""Batches as CSV: one record a line, read and written piece by piece.

    H, profile, sender, recipient, business, direction, sequence, created at, record count
    D, kind, the items of that kind in the order of the layout
    T, record count, SHA-256 (hex) of every byte before the trailer

UTF-8 without byte-order mark; every line ends with CRLF; a field that holds a comma or a quotation mark is
quoted as in RFC 4180. A line break is never part of an item, so a line is a record, and a file can be cut at
any CRLF and read in pieces. Faults that leave the file untrustworthy are findings of the file; a fault inside
one row is that row's, so that nothing valid is lost.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sim.exchange.codes import Code, Finding
from sim.exchange.columns import LINES, WORTH_A_TABLE, Run
from sim.exchange.heading import DIGEST, HEADER_ITEMS, SHOWN, header_texts, number, read_header
from sim.exchange.model import ROWS_AT_ONCE, Block, Header, Part, Row
from sim.exchange.profile import Layout, Profile
from sim.exchange.records import AnyRecord, kind_of
from sim.exchange.rows import misfit, not_utf8, read_cells, read_name, texts_of

CRLF: Final = b"\r\n"
BOM: Final = b"\xef\xbb\xbf"
UTF_16: Final = Finding(Code.NOT_UTF8, 1, "", "UTF-8", "UTF-16, by its first bytes", byte=1)
MARKED: Final = Finding(Code.BYTE_ORDER_MARK, 1, "", "UTF-8 without a mark", "EF BB BF", byte=1)
# How near a piece's end its last two line ends are looked for first.
_NEAR: Final = 1 << 16
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_HEX = re.compile(DIGEST)
_TRAILER = re.compile(rb"(?:\A|(?<=\r\n))T,[0-9]+,[0-9A-Fa-f]{64}\r\n")
_FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
_ROW = re.compile(rf"{_FIELD}(?:,{_FIELD})*")
_FIELDS = re.compile(r'(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))')


# --- writing -----------------------------------------------------------------------------------------
def header_line(header: Header) -> str:
    """The header record with its line ending."""
    return ",".join(("H", *header_texts(header))) + "\r\n"


def quoted(text: str) -> str:
    """A field as RFC 4180 writes it: quoted only where it must be."""
    if '"' in text or "," in text or "\r" in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def detail_lines(records: Iterable[AnyRecord], profile: Profile) -> str:
    """Detail records with their line endings."""
    lines = []
    for record in records:
        layout = profile.layouts[kind_of(record)]
        lines.append(",".join(("D", layout.code, *map(quoted, texts_of(record, layout)))))
    lines.append("")
    return "\r\n".join(lines)


def trailer_line(count: int, digest: str) -> str:
    """The trailer record with its line ending."""
    return f"T,{count},{digest}\r\n"


# --- reading -----------------------------------------------------------------------------------------
class CsvReader:
    """Takes a file in pieces of any size and hands out its parts; never raises on any bytes.

    The last whole line is always kept back, because it may be the trailer. The run of lines before it is
    begun, which means that polars reads it in the background; it is told after the next one was begun, or
    before anything else is told. So parts come in the order of the file, a piece late. `worth_a_table`: from
    how many bytes on a run is made into a table; 0 sends every row the explaining way.
    """

    def __init__(self, profile: Profile, worth_a_table: int = WORTH_A_TABLE) -> None:
        self._profile = profile
        self._worth_a_table = worth_a_table
        self._pending = b""
        # Lines and bytes that were begun, and rows among them.
        self._line = 1
        self._read = 0
        self._rows = 0
        self._under_way: _Begun | None = None
        self._header: Header | None = None
        self._headed = False
        self._stopped = False
        self._hash = hashlib.sha256()
        # With the byte-order mark, where there is one: whoever wrote it may have hashed it or not.
        self._marked: hashlib._Hash | None = None

    @property
    def stopped(self) -> bool:
        """Whether a fault makes reading on senseless."""
        return self._stopped

    def feed(self, piece: bytes | memoryview) -> Iterator[Part]:
        """The parts that `piece` completes, but for its last run of lines: an empty piece brings that."""
        if self._stopped:
            return
        if not piece:
            yield from self._settled()
            return
        if end := self._end_of_head(piece):
            yield from self._lines(bytes(piece[:end]))
            if self._halted():
                return
            piece = piece[end:]
        if self._headed and (last := _last_line(piece)):
            # Most of a large file comes this way, and is copied once.
            lines = b"".join((self._pending, memoryview(piece)[:last]))
            self._pending = bytes(piece[last:])
            yield from self._lines(lines)
            if not self._halted():
                yield from self._too_long(self._pending[self._pending.rfind(CRLF) + 2 :])
            return
        pending = self._pending + piece if self._pending else bytes(piece)
        if self._read == 0 and len(pending) >= len(BOM):
            if pending.startswith(BOM):
                yield MARKED
                self._marked = hashlib.sha256(BOM)
                self._read = len(BOM)
                pending = pending[len(BOM) :]
            elif pending.startswith(_WIDE):
                yield from self._stop(UTF_16)
                return
        ending = pending.rfind(CRLF)
        if ending < 0:
            self._pending = pending
            yield from self._too_long(pending)
            return
        last = pending.rfind(CRLF, 0, ending) + 2 if ending else 0
        last = last if last >= 2 else 0
        self._pending = pending[last:]
        if last:
            yield from self._lines(pending[:last])
        if not self._halted():
            yield from self._too_long(pending[ending + 2 :])

    def _end_of_head(self, piece: bytes | memoryview) -> int:
        """Where the details of a file begin that begins as it should; else 0, and nothing is left out."""
        if self._read or self._pending or bytes(piece[:2]) != b"H,":
            return 0
        end = bytes(piece[:_NEAR]).find(CRLF) + 2
        return end if 2 <= end < _last_line(piece) else 0

    def close(self) -> Iterator[Part]:
        """The parts that only the end of the file completes: what is wrong with the trailer."""
        if self._stopped:
            return
        yield from self._settled()
        self._stopped = True
        tail = self._pending
        if not tail and self._read == 0:
            yield Finding(Code.EMPTY, 1, "", "a batch", "no bytes")
            return
        if tail.endswith(CRLF):
            if tail.startswith(b"T"):
                yield from self._trailer(tail)
            else:
                yield from self._lines(tail)
                yield from self._settled()
                yield self._cut_off("a file that ends without one")
            return
        # The line before the broken one is a detail record, not the trailer.
        cut = tail.rfind(CRLF) + 2
        if cut >= 2 and tail.startswith(b"T,"):
            yield from self._trailer(tail[:cut])
            yield self._followed()
            return
        if cut >= 2:
            yield from self._lines(tail[:cut])
            yield from self._settled()
            tail = tail[cut:]
        if b"\n" in tail or b"\r" in tail:
            ends = "LF alone" if b"\n" in tail else "CR alone"
            yield Finding(Code.LINE_ENDING, self._line, "", "every line to end with CRLF", ends)
        else:
            yield self._cut_off(f"{self._read + len(tail)} bytes without one")

    # --- pieces of a file ----------------------------------------------------------------------------
    def _stop(self, finding: Finding) -> Iterator[Part]:
        yield from self._settled()
        self._stopped = True
        self._pending = b""
        yield finding

    def _halted(self) -> bool:
        return self._stopped

    def _cut_off(self, received: str) -> Finding:
        return Finding(Code.TRUNCATED, self._line, "", "a trailer record that ends with CRLF", received)

    def _followed(self) -> Finding:
        return Finding(Code.BAD_TRAILER, self._line + 1, "", "nothing after the trailer record", "more bytes")

    def _too_long(self, rest: bytes) -> Iterator[Part]:
        limit = self._profile.limits.line_bytes
        if len(rest) <= limit:
            return
        line = self._line + self._pending.count(CRLF)
        if (nul := rest.find(b"\x00", 0, limit)) >= 0:
            byte = self._read + len(self._pending) - len(rest) + nul + 1
            found = Finding(Code.NUL, line, "", "text", f"NUL at byte {byte}", byte=byte)
        elif b"\n" in rest[:limit]:
            found = Finding(Code.LINE_ENDING, line, "", "every line to end with CRLF", "LF alone")
        else:
            found = Finding(Code.LINE_TOO_LONG, line, "", f"at most {limit} bytes", "more")
        yield from self._stop(found)

    def _lines(self, lines: bytes) -> Iterator[Part]:
        """Whole lines: the header, if it is still missing, and detail records.

        The file's last line never comes here as long as it may be the trailer: a trailer among these lines is
        followed by something. One finding says so, and whatever that something is, it is not read.
        """
        run = Run(lines, self._profile, self._worth_a_table)
        if run.may_hold_trailer and (trailer := _TRAILER.search(lines)):
            before = lines[: trailer.start()]
            if before or self._headed:
                if before:
                    yield from self._lines(before)
                if not self._halted():
                    yield from self._settled()
                    self._stopped = True
                    yield from self._trailer(trailer[0])
                    yield self._followed()
                return
        if not self._headed:
            end = lines.index(CRLF) + 2
            yield from self._head(lines[:end])
            if self._halted() or end == len(lines):
                return
            run = Run(lines[end:], self._profile, self._worth_a_table)
        yield from self._details(run)

    def _seal(self, lines: bytes) -> None:
        """Takes lines into the digest, and counts their bytes."""
        self._read += len(lines)
        self._hash.update(lines)
        if self._marked is not None:
            self._marked.update(lines)

    def _head(self, line: bytes) -> list[Part]:
        self._headed = True
        offset = self._read
        self._seal(line)
        try:
            cells = split_row(line[:-2].decode())
        except UnicodeDecodeError as error:
            self._stopped = True
            return [not_utf8(line, error, offset, self._line)]
        found: Header | tuple[Finding, ...]
        if b"\x00" in line:
            found = (self._placed(Code.NUL, line, line.index(b"\x00"), offset, "text", "NUL"),)
        elif cells is None or len(cells) != len(HEADER_ITEMS) + 1 or cells[0] != "H":
            bare = line[:-2].decode()
            code = Code.LINE_ENDING if "\n" in bare or "\r" in bare else Code.BAD_HEADER
            expected = "every line to end with CRLF" if code == Code.LINE_ENDING else "H and eight columns"
            found = (Finding(code, 1, "", expected, bare[:SHOWN]),)
        else:
            found = read_header(cells[1:], self._profile, 1)
        self._line = 2
        if isinstance(found, Header):
            self._header = found
            return [found]
        if found[0].code == Code.UNKNOWN_PROFILE:
            self._stopped = True  # nobody here knows how the rest is to be read
        return [*found]

    def _details(self, run: Run) -> Iterator[Part]:
        """Begins a run of detail records, and tells the one before."""
        if run.count > LINES:
            # Each line may become an object.
            for half in _halves(run.lines):
                yield from self._details(Run(half, self._profile, self._worth_a_table))
            return
        begun = _Begun(run, self._line, self._read)
        run.begin(begun.line)
        self._seal(run.lines)
        if not run.is_plain and b"\x00" in run.lines:
            yield from self._settled()
            yield self._placed(Code.NUL, run.lines, run.lines.index(b"\x00"), begun.offset, "text", "NUL")
        self._line += run.count
        self._rows += run.count
        yield from self._settled()
        self._under_way = begun

    def _settled(self) -> Iterator[Part]:
        """The run that is under way."""
        if (begun := self._under_way) is not None:
            self._under_way = None
            yield from self._told(begun)

    def _told(self, begun: _Begun) -> Iterator[Part]:
        """A run by columns, and one by one what is not plain or not good."""
        found = begun.run.found()
        if found is None:
            yield from self._one_by_one(begun)
            return
        if len(found.cells) + len(found.lines) > ROWS_AT_ONCE:
            # So many faults at once are not kept: each half for itself.
            del found
            line, offset = begun.line, begun.offset
            for half in _halves(begun.run.lines):
                run = Run(half, self._profile, self._worth_a_table)
                run.begin(line)
                yield from self._told(_Begun(run, line, offset))
                line, offset = line + run.count, offset + len(half)
            return
        rows = [self._row_of(cells, line, layout) for line, cells, layout in found.cells]
        rows += [self._row(text, line) for line, text in found.lines]
        rows.sort(key=lambda row: row.line)
        yield Block(tuple(rows), found.tables)

    def _one_by_one(self, begun: _Begun) -> Iterator[Part]:
        rows: list[Row] = []
        limit = self._profile.limits.line_bytes
        offset = begun.offset
        for line, raw in enumerate(begun.run.lines[:-2].split(CRLF), start=begun.line):
            try:
                rows.append(self._row(raw.decode(), line))
            except UnicodeDecodeError as error:
                yield not_utf8(raw, error, offset, line)
                rows.append(Row(line, ""))
            if len(raw) > limit:
                yield Finding(Code.LINE_TOO_LONG, line, "", f"at most {limit} bytes", f"{len(raw)} bytes")
            offset += len(raw) + 2
            if len(rows) == ROWS_AT_ONCE:
                yield Block(tuple(rows))
                rows.clear()
        if rows:
            yield Block(tuple(rows))

    # --- rows ----------------------------------------------------------------------------------------
    def _row(self, text: str, line: int) -> Row:
        cells = split_row(text)
        if cells is None:
            if '"' not in text or _ROW.fullmatch(re.sub(r"[\r\n]", "", text)) is not None:
                found = Finding(Code.LINE_ENDING, line, "", "every line to end with CRLF", text[:SHOWN])
            else:
                found = Finding(Code.NOT_CSV, line, "", "quotation marks as in RFC 4180", text[:SHOWN])
            return Row(line, "", finding=found)
        if len(cells) < 2 or cells[0] != "D":
            found = Finding(Code.COLUMN_COUNT, line, "", "D, kind, items", f"{len(cells)} columns")
            return Row(line, "", finding=found)
        layout = self._profile.by_code.get(cells[1])
        if layout is None:
            known = ", ".join(self._profile.by_code)
            found = Finding(Code.UNKNOWN_KIND, line, "kind", known, cells[1][:SHOWN])
            return Row(line, "", finding=found)
        return self._row_of(cells[2:], line, layout)

    def _row_of(self, cells: Sequence[str], line: int, layout: Layout) -> Row:
        wanted = len(layout.columns)
        if len(cells) == wanted:
            return read_cells(cells, line, layout)
        code = Code.COLUMN_MISSING if len(cells) < wanted else Code.COLUMN_EXTRA
        expected, received = f"{wanted + 2} columns", f"{len(cells) + 2} columns"
        if item := misfit(cells, layout):
            received += f"; the first text that does not fit stands where {item} should"
        # The row's name, whatever else is wrong with it: so the sender can be told which one it is.
        found = Finding(code, line, "", expected, received)
        return Row(line, read_name(cells, layout), layout.kind, finding=found)

    # --- the end -------------------------------------------------------------------------------------
    def _trailer(self, tail: bytes) -> list[Part]:
        digests = [one.hexdigest() for one in (self._hash, self._marked) if one is not None]
        self._read += len(tail)
        if not self._headed:
            return self._head(tail)
        text = tail[:-2].decode("utf-8", "replace")
        cells = text.split(",")
        count = number(cells[1]) if len(cells) == 3 and cells[0] == "T" else None
        if count is None or _HEX.fullmatch(cells[2]) is None:
            expected = "T, count, digest (64 small hexadecimal digits)"
            return [Finding(Code.BAD_TRAILER, self._line, "", expected, text[:SHOWN])]
        findings: list[Part] = []
        said = self._header.count if self._header is not None else count
        if count != self._rows or said != count:
            received = f"header {said}, trailer {count}, rows {self._rows}"
            findings.append(Finding(Code.COUNT_MISMATCH, self._line, "", "three equal counts", received))
        if cells[2] not in digests:
            findings.append(Finding(Code.DIGEST_MISMATCH, self._line, "digest", digests[0], cells[2]))
        return findings

    # --- places --------------------------------------------------------------------------------------
    def _placed(
        self, code: Code, lines: bytes, at: int, offset: int, expected: str, received: str
    ) -> Finding:
        line = self._line + lines.count(CRLF, 0, at)
        byte = offset + at + 1
        return Finding(code, line, "", expected, f"{received} at byte {byte}", byte=byte)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A run that is under way, the number of its first line and the bytes before it."""

    run: Run
    line: int
    offset: int


def _last_line(piece: bytes | memoryview) -> int:
    """Where the last whole line of a piece begins, as far as its end tells; 0 when it does not."""
    tail = bytes(piece[-_NEAR:])
    last = tail.rfind(CRLF, 0, max(tail.rfind(CRLF), 0)) + 2
    return len(piece) - len(tail) + last if last >= 2 else 0


def _halves(lines: bytes) -> tuple[bytes, bytes]:
    """Two lines or more, cut in two."""
    half = lines.rfind(CRLF, 0, len(lines) // 2) + 2
    half = half if half >= 2 else lines.index(CRLF) + 2
    return lines[:half], lines[half:]


def split_row(text: str) -> list[str] | None:
    """The fields of a line without its ending; None when it is no CSV as in RFC 4180."""
    if '"' not in text:
        return None if "\r" in text or "\n" in text else text.split(",")
    if _ROW.fullmatch(text) is None:
        return None
    return [
        match[1].replace('""', '"') if match[1] is not None else match[2] for match in _FIELDS.finditer(text)
    ]
