"""A batch: one file of records with header and trailer, as CSV or as XML of one model.

A batch may be empty: it counts as that day's exchange. Whoever sends numbers its batches per recipient and
business, from 1 without a gap. Faults that leave the file untrustworthy reject the batch; a fault inside one
row rejects that row only, so that nothing valid is lost. `csv_codec` and `xml_codec` say how the bytes look;
`decode` finds out by itself which of the two it has before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from sim.exchange import csv_codec, xml_codec
from sim.exchange.codes import Code, Finding
from sim.exchange.columns import LINES, WORTH_A_TABLE, count_of
from sim.exchange.csv_codec import CsvReader
from sim.exchange.model import CSV, DOWN, UP, XML, Batch, Block, Decoded, Header, Part, Row, batch_id
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord
from sim.exchange.xml_reader import XmlReader

__all__ = [
    "CSV",
    "DOWN",
    "UP",
    "XML",
    "Batch",
    "Decoded",
    "Header",
    "Row",
    "batch_id",
    "decode",
    "digest_of",
    "encode",
    "parts_of",
    "reader_for",
]
# How much of a file is read at a time. A block of this size, as a table, is what a reader holds at once.
PIECE: Final = 1 << 23
# How many tags a piece has at most: several times those of a piece of usual records.
TAGS: Final = 1 << 19
# Within so many bytes nearly every file tells its form.
_NEAR: Final = 1 << 10
# What a file may begin with before its first sign tells what it is.
_BLANK = b" \t\r\n"
_PEM: Final = b"-----BEGIN"
_DER_SEQUENCE: Final = 0x30


def digest_of(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def form_of(beginning: bytes) -> str:
    """`XML` or `CSV`, by the first bytes of a file: XML begins with `<`, and CSV never does."""
    return XML if beginning.removeprefix(csv_codec.BOM).lstrip(_BLANK).startswith(b"<") else CSV


def is_sealed(beginning: bytes) -> bool:
    """Whether a file is an envelope: DER, which begins with a long SEQUENCE, or PEM."""
    der = len(beginning) > 1 and beginning[0] == _DER_SEQUENCE and beginning[1] >= 0x80
    return der or beginning.startswith(_PEM)


def reader_for(
    beginning: bytes, profile: Profile, worth_a_table: int = WORTH_A_TABLE
) -> CsvReader | XmlReader:
    """The reader of a file that begins with these bytes. `worth_a_table`: see `CsvReader`."""
    if form_of(beginning) == XML:
        return XmlReader(profile, worth_a_table)
    return CsvReader(profile, worth_a_table)


def encode(header: Header, records: tuple[AnyRecord, ...], profile: Profile, form: str = CSV) -> bytes:
    """The bytes of a batch. `header.count` must be the number of records.

    An item that this version of the profile lacks is not written.
    """
    if form == XML:
        return xml_codec.encode(header, records, profile)
    body = (csv_codec.header_line(header) + csv_codec.detail_lines(records, profile)).encode()
    return body + csv_codec.trailer_line(header.count, digest_of(body)).encode()


def parts_of(pieces: Iterable[bytes], profile: Profile, worth_a_table: int = WORTH_A_TABLE) -> Iterator[Part]:
    """What a file consists of, piece by piece, in bounded memory. Repeated record numbers are not looked for.

    A file that exceeds the profile's limits ends with a finding that says so.
    """
    limits = profile.limits
    reader: CsvReader | XmlReader | None = None
    size = rows = 0
    for piece in _cut(pieces):
        size += len(piece)
        too_large = size > limits.file_bytes
        if reader is None and piece and not too_large:
            beginning = _beginning(piece)
            if is_sealed(beginning):
                yield Finding(Code.SEALED, 1, "", "a batch that was opened", "an envelope")
                return
            reader = reader_for(beginning, profile, worth_a_table)
        for part in _fed(reader, piece if not too_large else piece[:0]):
            yield part
            if isinstance(part, Block):
                rows += part.count
            if rows > limits.records:
                yield Finding(Code.TOO_MANY_RECORDS, 1, "count", f"at most {limits.records}", "more")
                return
        if too_large:
            yield Finding(Code.FILE_TOO_LARGE, 1, "", f"at most {limits.file_bytes} bytes", "more")
            return
        if reader is not None and reader.stopped:
            return
    yield from (reader or reader_for(b"", profile)).close()


def _fed(reader: CsvReader | XmlReader | None, piece: memoryview) -> Iterator[Part]:
    """What a reader makes of a piece; of an empty one, what is still under way."""
    if isinstance(reader, CsvReader):
        yield from reader.feed(piece)
    elif reader is not None and piece:
        for thin in _thinned(bytes(piece)):
            yield from reader.feed(thin)


def decode(content: bytes, profile: Profile, worth_a_table: int = WORTH_A_TABLE) -> Decoded:
    """Reads the bytes of a batch. Never raises on arbitrary bytes: a fault is a finding with its place."""
    digest = digest_of(content)
    header: Header | None = None
    read: list[Row] = []
    first: dict[str, int] = {}
    for part in parts_of([content], profile, worth_a_table):
        if isinstance(part, Finding):
            return Decoded(None, digest, (part,))
        if isinstance(part, Header):
            header = part
            continue
        for row in part.all_rows():
            read.append(once(row, first))
    if header is None:  # a reader hands out a header or says why not
        return Decoded(None, digest, (Finding(Code.BAD_HEADER, 1, "", "a header", "none"),))
    records = tuple(row.record for row in read if row.record is not None)
    return Decoded(Batch(header, records), digest, (), tuple(read))


def once(row: Row, first: dict[str, int]) -> Row:
    """The row, or the finding that a good one before it bears its number.

    Args:
        first: the line of the first good row of each number; remembers this one's.
    """
    if row.record is None:
        return row
    if (line := first.get(row.record_id)) is not None:
        return Row(row.line, row.record_id, row.kind, finding=repeated(row, line))
    first[row.record_id] = row.line
    return row


def repeated(row: Row, line: int) -> Finding:
    """The finding that the number of a row came before, on that line."""
    expected = f"a number of its own: line {line} bears this one"
    return Finding(Code.DUPLICATE_RECORD, row.line, "record_id", expected, row.record_id)


def _cut(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    """The same bytes in pieces of at most `PIECE`, uncopied; then an empty one.

    What fits into a cache is read faster, too.
    """
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            yield memoryview(piece)[start : start + PIECE]
    yield memoryview(b"")


def _beginning(piece: memoryview) -> bytes:
    """So much of the first piece that its form can be told."""
    near = bytes(piece[:_NEAR])
    return near if near.removeprefix(csv_codec.BOM).lstrip(_BLANK) else bytes(piece)


def _thinned(piece: bytes) -> Iterator[bytes]:
    """Pieces that consist of nothing but line ends or tags are cut smaller: each may become an object."""
    if len(piece) <= LINES or (count_of(b"\n", piece) <= LINES and count_of(b">", piece) <= TAGS):
        yield piece
        return
    half = len(piece) // 2
    yield from _thinned(piece[:half])
    yield from _thinned(piece[half:])
