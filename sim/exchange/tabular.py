"""Whole batches as tables, for whoever works on columns: read, judged and written without an object a record.

A table has a column an item, dates as dates, null where nothing is given, and the number of the row's line.
Reading judges every item as `batch.decode` does; writing takes tables that were judged.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sim.exchange import csv_codec, xml_codec
from sim.exchange.batch import parts_of
from sim.exchange.codes import Finding
from sim.exchange.columns import LINE, Background, Table, count_of
from sim.exchange.model import CSV, XML, Header, Row
from sim.exchange.profile import Layout, Profile
from sim.exchange.rows import texts_of

if TYPE_CHECKING:
    import polars as pl


# Rows that are written at once: what fits into a cache is written faster.
AT_ONCE: Final = 1 << 14
# How many such pieces are begun before one is waited for.
AHEAD: Final = 2
FEW_DAYS: Final = 1 << 16
_BEGINNING: Final = "D,kind"
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Tables:
    """A batch, a table a kind. `findings` concern the whole file; `faults` are rows that are no records."""

    header: Header | None
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    faults: tuple[Row, ...]


def read_tables(pieces: Iterable[bytes], profile: Profile) -> Tables:
    """A batch as tables. Record numbers that come twice are left to `check`."""
    import polars as pl

    header: Header | None = None
    findings: list[Finding] = []
    faults: list[Row] = []
    found: dict[str, list[pl.DataFrame]] = {}
    single: dict[str, list[Row]] = {}
    for part in parts_of(pieces, profile, worth_a_table=1):
        if isinstance(part, Finding):
            findings.append(part)
        elif isinstance(part, Header):
            header = part
        else:
            for table in part.tables:
                found.setdefault(table.layout.kind, []).append(table.frame)
            for row in part.rows:
                (faults if row.record is None else single.setdefault(row.kind, [])).append(row)
    tables = []
    for kind, layout in profile.layouts.items():
        frames = found.get(kind, [])
        if rows := single.get(kind):
            frames = [*frames, _frame(rows, layout)]
        if frames:
            frame = frames[0] if len(frames) == 1 else pl.concat(frames)
            tables.append(Table(layout, frame.sort(LINE) if kind in single else frame))
    return Tables(header, tuple(tables), tuple(findings), tuple(faults))


def _frame(rows: list[Row], layout: Layout) -> pl.DataFrame:
    """Rows that came one by one, as a table."""
    import polars as pl

    columns: dict[str, list[str | None]] = {item: [] for item in layout.items}
    for row in rows:
        for item, text in zip(layout.items, texts_of(row.record, layout), strict=True):
            columns[item].append(text or None)
    frame = pl.DataFrame(
        {LINE: [row.line for row in rows], **columns},
        schema={LINE: pl.UInt32(), **dict.fromkeys(columns, pl.String())},
    )
    dates = [column.item for column in layout.columns if column.form == "date"]
    return frame.with_columns(pl.col(dates).str.to_date("%Y-%m-%d"))


def write_tables(header: Header, tables: Iterable[Table], profile: Profile, form: str) -> Iterator[bytes]:
    """The pieces of a batch in canonical form, a kind after the other.

    Args:
        header: its count must be the number of rows.
        tables: rows that were judged, of this version of the profile.
    """
    digest = hashlib.sha256()
    text = xml_codec.opening(header, profile) if form == XML else csv_codec.header_line(header)
    piece = text.encode()
    digest.update(piece)
    yield piece
    for written in _ahead(_writings(tables, form)):
        piece = written.piece()
        digest.update(piece)
        yield piece
    if form == XML:
        yield xml_codec.closing(header.count, digest.hexdigest()).encode()
    else:
        yield csv_codec.trailer_line(header.count, digest.hexdigest()).encode()


@dataclass(frozen=True, slots=True)
class _Writing:
    """Rows that polars writes in the background."""

    rows: Table
    form: str
    buffer: io.BytesIO
    query: Background

    def piece(self) -> bytes:
        """The rows as bytes: waits for them.

        Rows of CSV were written bare: that nothing had to be quoted is seen on the bytes.
        """
        self.query.result()
        piece = self.buffer.getvalue()
        layout, frame = self.rows.layout, self.rows.frame
        bare = b'"' not in piece and count_of(b",", piece) == frame.height * (len(layout.items) + 1)
        if self.form == XML or bare:
            return piece
        buffer = io.BytesIO()
        _sink(_quoted(self.rows).lazy(), buffer).collect()
        return buffer.getvalue()


def _writings(tables: Iterable[Table], form: str) -> Iterator[_Writing]:
    """Begins to write rows, some at a time."""
    for table in tables:
        layout, frame = table.layout, _with_days_as_text(table)
        for start in range(0, frame.height, AT_ONCE):
            rows = Table(layout, frame.slice(start, AT_ONCE))
            lines = _xml_lines(rows) if form == XML else rows.frame.lazy().select(_BEGINNING, *layout.items)
            buffer = io.BytesIO()
            yield _Writing(rows, form, buffer, Background(_sink(lines, buffer, form)))


def _ahead(writings: Iterator[_Writing]) -> Iterator[_Writing]:
    """The same, each after the next ones were begun."""
    begun: deque[_Writing] = deque()
    for writing in writings:
        begun.append(writing)
        if len(begun) > AHEAD:
            yield begun.popleft()
    yield from begun


def _sink(lines: pl.LazyFrame, buffer: io.BytesIO, form: str = CSV) -> pl.LazyFrame:
    """What writes lines into a buffer, once it is collected."""
    separator, end = ("\x1f", "\n") if form == XML else (",", "\r\n")
    return lines.sink_csv(
        buffer, include_header=False, separator=separator, line_terminator=end, quote_style="never", lazy=True
    )


def _with_days_as_text(table: Table) -> pl.DataFrame:
    """The rows with their dates as texts, behind the cells with which each line begins.

    Days are few and rows are many: each day between the first and the last is written once and looked up.
    A text so short lies in the column itself, so this costs four numbers a day.
    """
    import polars as pl

    frame = table.frame
    texts = [pl.repeat(f"D,{table.layout.code}", frame.height, eager=True).alias(_BEGINNING)]
    for column in table.layout.columns:
        if column.form != "date":
            continue
        days = frame[column.item]
        first, last = days.min(), days.max()
        if not isinstance(first, date) or not isinstance(last, date):
            texts.append(days.cast(pl.String))  # nothing is given
        elif (last - first).days < FEW_DAYS:
            written = pl.date_range(first, last, eager=True).dt.to_string("%Y-%m-%d")
            places = days.to_physical() - (first - _EPOCH).days
            texts.append(written.gather(places).alias(column.item))
        else:
            texts.append(days.dt.to_string("%Y-%m-%d"))
    return frame.with_columns(texts)


def _quoted(table: Table) -> pl.DataFrame:
    """The rows with quotation marks where they must be, as RFC 4180 has them."""
    import polars as pl

    signs = [",", '"']
    columns = [pl.col(_BEGINNING)]
    for column in table.layout.columns:
        item = pl.col(column.item)
        if column.form == "text" and _holds(table.frame, column.item, signs):
            marked = pl.concat_str([pl.lit('"'), item.str.replace_all('"', '""', literal=True), pl.lit('"')])
            item = pl.when(item.str.contains_any(signs)).then(marked).otherwise(item)
        columns.append(item.alias(column.item))
    return table.frame.select(columns)


def _xml_lines(table: Table) -> pl.LazyFrame:
    """Rows as elements, a line each."""
    import polars as pl

    layout = table.layout
    pieces: list[pl.Expr] = []
    before = f"<{layout.kind}>"
    for column in layout.columns:
        item = pl.col(column.item)
        if column.form == "text" and _holds(table.frame, column.item, ["&", "<", ">"]):
            for sign, mark in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                item = item.str.replace_all(sign, mark, literal=True)
        pieces += [pl.lit(f"{before}<{column.item}>"), item]
        before = f"</{column.item}>"
    pieces.append(pl.lit(f"{before}</{layout.kind}>"))
    return table.frame.lazy().select(pl.concat_str(pieces, ignore_nulls=True).alias("line"))


def _holds(frame: pl.DataFrame, item: str, signs: list[str]) -> bool:
    return bool(frame[item].str.contains_any(signs).any())
