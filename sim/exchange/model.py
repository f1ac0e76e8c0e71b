"""A batch as a value: header, records, and what a reader of a file could make of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from sim.base.instant import Instant
from sim.exchange.codes import Finding
from sim.exchange.records import AnyRecord

if TYPE_CHECKING:
    from sim.exchange.columns import Table

UP: Final = "up"
DOWN: Final = "down"
CSV: Final = "csv"
XML: Final = "xml"


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
    """One detail row: a record, or the findings why it could not become one.

    `record_id` and `kind` are what the row calls itself, as far as that could be read, else empty. `finding`
    is the first fault of the row, `more` are the others; `values` are its items that could be read all the
    same. Neither record nor finding: a finding of the whole file told already why the row cannot be read.

    `nth`: of the rows on that line, which one; a line of XML can hold several.
    """

    line: int
    record_id: str
    kind: str = ""
    record: AnyRecord | None = None
    finding: Finding | None = None
    more: tuple[Finding, ...] = ()
    values: dict[str, object] = {}
    nth: int = 1

    @property
    def name(self) -> str:
        """Under what a result answers it: its record number, else `line-4`, or `line-4.2`."""
        return self.record_id or f"line-{self.line}" + f".{self.nth}" * (self.nth > 1)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All faults of the row."""
        return () if self.finding is None else (self.finding, *self.more)


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


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file on their way through a reader: as tables where all is well, else one by one."""

    rows: tuple[Row, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows) + sum(table.frame.height for table in self.tables)

    def all_rows(self) -> list[Row]:
        """Every row, in the order of the file."""
        if not self.tables:
            return list(self.rows)
        rows = [*self.rows, *(row for table in self.tables for row in table.rows())]
        return sorted(rows, key=lambda row: row.line)


Part = Header | Finding | Block
"""What a reader hands out: the header once, findings that concern the whole file, and blocks of rows."""

# Rows that a block holds at most when they go one by one: so a hostile file fills no memory with its faults.
ROWS_AT_ONCE: Final = 2048
