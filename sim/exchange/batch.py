"""A batch: one file of records with header and trailer, and its bytes as CSV.

    H, profile, sender, recipient, business, direction, sequence, created at, record count
    D, kind, the items of that kind in the order of the layout
    T, record count, SHA-256 (hex) of every byte before the trailer

UTF-8 without byte-order mark, CRLF, quotes as in RFC 4180. A batch may be empty: it counts as that
day's exchange. Whoever sends numbers its batches per recipient and business, from 1 without a gap.
Faults that leave the file untrustworthy reject the batch; a fault inside one row rejects that row only,
so that nothing valid is lost.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import Final

import msgspec

from sim.base.instant import Instant, iso, parse_iso
from sim.exchange.codes import Code, Finding
from sim.exchange.profile import Layout, Profile, Wrong
from sim.exchange.records import AnyRecord, kind_of

UP: Final = "up"
DOWN: Final = "down"
_NUMBER = re.compile(r"[1-9][0-9]{0,17}|0")
_HEADER_COLUMNS: Final = 9
_TRAILER_COLUMNS: Final = 3
_CRLF: Final = b"\r\n"


class Header(msgspec.Struct, frozen=True):
    """Who sends what to whom. `sequence` counts per sender, recipient and business."""

    profile: str
    sender: str
    recipient: str
    business: str
    direction: str
    sequence: int
    created_at: Instant
    count: int

    @property
    def batch_id(self) -> str:
        """The batch's name in journals, file names and results."""
        return batch_id(self.sender, self.recipient, self.business, self.sequence)


def batch_id(sender: str, recipient: str, business: str, sequence: int) -> str:
    """`131041-ISA-01-00000012`: sender, recipient, business code and sequence."""
    return f"{sender}-{recipient}-{business}-{sequence:08d}"


class Batch(msgspec.Struct, frozen=True):
    """Header and records."""

    header: Header
    records: tuple[AnyRecord, ...]


class Row(msgspec.Struct, frozen=True):
    """One detail row: a record, or the finding why it could not become one.

    `record_id` and `kind` are what the row calls itself, as far as that could be read, else empty.
    """

    line: int
    record_id: str
    kind: str = ""
    record: AnyRecord | None = None
    finding: Finding | None = None

    @property
    def name(self) -> str:
        """Under what a result answers it."""
        return self.record_id or f"line-{self.line}"


class Decoded(msgspec.Struct, frozen=True):
    """What could be read. `batch` is None when a finding concerns the whole file; `rows` keep their order."""

    batch: Batch | None
    digest: str
    findings: tuple[Finding, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def faults(self) -> tuple[Row, ...]:
        """The rows that could not become records."""
        return tuple(row for row in self.rows if row.finding is not None)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def encode(header: Header, records: tuple[AnyRecord, ...], profile: Profile) -> bytes:
    """The bytes of a batch. `header.count` must be the number of records."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(
        (
            "H",
            header.profile,
            header.sender,
            header.recipient,
            header.business,
            header.direction,
            header.sequence,
            iso(header.created_at),
            header.count,
        )
    )
    for record in records:
        layout = profile.layouts[kind_of(record)]
        row = ["D", layout.code]
        row += [_text(getattr(record, column.item)) for column in layout.columns]
        writer.writerow(row)
    body = buffer.getvalue().encode()
    return body + f"T,{header.count},{digest_of(body)}\r\n".encode()


def digest_of(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def _rejected(
    digest: str, code: Code, line: int, expected: str, received: object, column: str = ""
) -> Decoded:
    return Decoded(None, digest, (Finding(code, line, column, expected, str(received)[:120]),))


def decode(content: bytes, profile: Profile) -> Decoded:
    """Reads the bytes of a batch. Never raises on arbitrary bytes: a fault is a finding with its place."""
    digest = digest_of(content)
    if not content:
        return _rejected(digest, Code.EMPTY, 1, "a batch", "no bytes")
    cut = content.rfind(b"\r\nT,")
    if cut < 0 or not content.endswith(_CRLF):
        last = content.count(b"\n") + 1
        received = f"{len(content)} bytes without one"
        return _rejected(digest, Code.TRUNCATED, last, "a trailer record that ends with CRLF", received)
    body, tail = content[: cut + 2], content[cut + 2 :]
    try:
        text, trailer_text = body.decode("utf-8"), tail.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _rejected(
            digest, Code.NOT_UTF8, line, "UTF-8", f"byte {content[error.start]:#04x} at {error.start}"
        )
    try:
        # A NUL must be refused here: older csv modules raise on it, newer ones take it.
        if "\x00" in text:
            raise csv.Error("NUL character")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        trailers = list(csv.reader([trailer_text], strict=True))
    except csv.Error as error:
        return _rejected(digest, Code.NOT_CSV, 1, "CSV as in RFC 4180", error)
    trailer_line = len(rows) + 1
    if (
        len(trailers) != 1
        or len(trailers[0]) != _TRAILER_COLUMNS
        or _NUMBER.fullmatch(trailers[0][1]) is None
    ):
        return _rejected(digest, Code.BAD_TRAILER, trailer_line, "T, count, digest", tail)
    header = _read_header(rows[0] if rows else [], profile)
    if isinstance(header, Finding):
        return Decoded(None, digest, (header,))
    details = rows[1:]
    count = int(trailers[0][1])
    if count != len(details) or header.count != count:
        received = f"header {header.count}, trailer {count}, rows {len(details)}"
        return _rejected(digest, Code.COUNT_MISMATCH, trailer_line, "three equal counts", received)
    if trailers[0][2] != digest_of(body):
        return _rejected(
            digest, Code.DIGEST_MISMATCH, trailer_line, digest_of(body)[:16], trailers[0][2][:16], "digest"
        )
    read: list[Row] = []
    seen: set[str] = set()
    for number, cells in enumerate(details, start=2):
        row = _read_row(cells, number, profile)
        if row.record is not None:
            if row.record_id in seen:
                repeated = Finding(Code.DUPLICATE_RECORD, number, "record_id", "a new number", row.record_id)
                row = Row(number, row.record_id, row.kind, finding=repeated)
            seen.add(row.record_id)
        read.append(row)
    records = tuple(row.record for row in read if row.record is not None)
    return Decoded(Batch(header, records), digest, (), tuple(read))


def _read_header(row: list[str], profile: Profile) -> Header | Finding:
    if len(row) != _HEADER_COLUMNS or row[0] != "H":
        return Finding(Code.BAD_HEADER, 1, "", "H and eight columns", ",".join(row)[:120])
    _, name, sender, recipient, business, direction, sequence, created, count = row
    if name != profile.name:
        return Finding(Code.UNKNOWN_PROFILE, 1, "profile", profile.name, name[:40])
    if profile.business_of_code(business) is None:
        known = ", ".join(b.code for b in profile.businesses.values())
        return Finding(Code.UNKNOWN_BUSINESS, 1, "business", known, business[:40])
    if direction not in (UP, DOWN):
        return Finding(Code.WRONG_DIRECTION, 1, "direction", f"{UP} or {DOWN}", direction[:40])
    if _NUMBER.fullmatch(sequence) is None or int(sequence) < 1:
        return Finding(Code.BAD_HEADER, 1, "sequence", "a number from 1", sequence[:40])
    if _NUMBER.fullmatch(count) is None:
        return Finding(Code.BAD_HEADER, 1, "count", "a number", count[:40])
    try:
        at = parse_iso(created)
    except (ValueError, OverflowError):
        return Finding(Code.BAD_HEADER, 1, "created_at", "ISO 8601 with an offset", created[:40])
    return Header(name, sender, recipient, business, direction, int(sequence), at, int(count))


def _read_row(cells: list[str], number: int, profile: Profile) -> Row:
    if len(cells) < 2 or cells[0] != "D":
        expected = "D, kind, items"
        return Row(
            number, "", finding=Finding(Code.COLUMN_COUNT, number, "", expected, f"{len(cells)} columns")
        )
    layout = profile.by_code.get(cells[1])
    if layout is None:
        known = ", ".join(profile.by_code)
        return Row(number, "", finding=Finding(Code.UNKNOWN_KIND, number, "kind", known, cells[1][:40]))
    return _read_items(cells, number, layout)


def _read_items(cells: list[str], number: int, layout: Layout) -> Row:
    columns = layout.columns
    # The row's name first: whatever else is wrong with it, the sender can be told which one it is.
    record_id = _read_name(cells, layout)
    if len(cells) != len(columns) + 2:
        expected, received = f"{len(columns) + 2} columns", f"{len(cells)} columns"
        return Row(
            number, record_id, layout.kind, finding=Finding(Code.COLUMN_COUNT, number, "", expected, received)
        )
    values: dict[str, object] = {}
    for column, text in zip(columns, cells[2:], strict=True):
        if not text:
            if column.optional:
                values[column.item] = column.empty
                continue
            finding = Finding(Code.MISSING_ITEM, number, column.item, column.form, "nothing")
            return Row(number, record_id, layout.kind, finding=finding)
        try:
            values[column.item] = column.parse(text)
        except Wrong as wrong:
            finding = Finding(wrong.code, number, column.item, wrong.expected, text[:80])
            return Row(number, record_id, layout.kind, finding=finding)
    # The items were held against the model when the profile was read.
    return Row(number, record_id, layout.kind, layout.struct(**values))  # type: ignore[arg-type]


def _read_name(cells: list[str], layout: Layout) -> str:
    """The row's record number, or nothing when that cannot be read."""
    for column, text in zip(layout.columns, cells[2:], strict=False):
        if column.item == "record_id":
            try:
                return str(column.parse(text))
            except Wrong:
                return ""
    return ""
