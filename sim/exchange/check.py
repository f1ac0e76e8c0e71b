"""The stand-alone validator: every fault of a file at once, each with its place, in bounded memory.

Nothing is sent and nothing is known but the file: so sequence and registers are not judged, and sender and
recipient only by the direction, or by whoever says that the file should be for them. The day that counts as
today is the one on which the file says that it was made.

A file of any size is read in pieces. What is kept is a limited number of findings, and the record numbers
with their lines, of which the profile allows so many and no more.

Faults are told apart where they are independent. A header whose form is wrong is not held against the rows,
nor is anything told of the items of a row whose columns cannot be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from sim.base.instant import iso, japan_date
from sim.exchange.batch import form_of, is_sealed, parts_of, repeated
from sim.exchange.codes import EXPLAINED, Code, Finding
from sim.exchange.columns import LINE, WORTH_A_TABLE, Table
from sim.exchange.consequences import REMEDY_TEXT, Effect, remedy_of
from sim.exchange.content import astray, day_findings, days_among, misplaced
from sim.exchange.heading import header_column
from sim.exchange.model import CSV, Block, Header, Row
from sim.exchange.profile import EVENT, Layout, Profile
from sim.exchange.sequence import Remedy

SHOWN: Final = 100
_HEADER_ENDS: Final = re.compile(rb"</(?:[A-Za-z0-9._-]+:)?header\s*>")


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, what it costs, and the number of the item's column; 0 where that has none, as in XML."""

    finding: Finding
    effect: Effect
    csv_column: int = 0

    @property
    def remedy(self) -> Remedy:
        """What the sender does."""
        return remedy_of(self.finding.code, self.effect)

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        finding = self.finding
        japanese, english = EXPLAINED[finding.code]
        return {
            "line": finding.line,
            "column": finding.column,
            "csv_column": self.csv_column or None,
            "position": finding.position,
            "byte": finding.byte,
            "code": str(finding.code),
            "effect": str(self.effect),
            "remedy": str(self.remedy),
            "expected": finding.expected,
            "received": finding.received,
            "ja": japanese,
            "en": english,
        }


@dataclass(slots=True)
class Checked:
    """What a check found. `told` are the first findings in the order of the file, `more` counts the others.

    `rows` counts all detail rows, `records` those of each kind, `faulty` the rows with a fault.
    """

    form: str = ""
    header: Header | None = None
    records: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    faulty: int = 0
    told: list[Told] = field(default_factory=list)
    more: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """The faults alone."""
        return [one.finding for one in self.told]

    @property
    def remedies(self) -> dict[Remedy, tuple[str, str]]:
        """What the sender does about the findings that are told, in Japanese and English."""
        asked = {one.remedy for one in self.told}
        return {remedy: text for remedy, text in REMEDY_TEXT.items() if remedy in asked}

    @property
    def good(self) -> bool:
        """Whether there is nothing to find."""
        return not self.told

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        header = self.header
        return {
            "good": self.good,
            "form": self.form,
            "header": None
            if header is None
            else {
                "profile": header.profile,
                "sender": header.sender,
                "recipient": header.recipient,
                "business": header.business,
                "direction": header.direction,
                "sequence": header.sequence,
                "created_at": iso(header.created_at),
                "count": header.count,
            },
            "records": dict(sorted(self.records.items())),
            "rows": self.rows,
            "faulty": self.faulty,
            "codes": dict(sorted(self.codes.items())),
            "findings": [one.as_data() for one in self.told],
            "remedies": {str(one): {"ja": ja, "en": en} for one, (ja, en) in self.remedies.items()},
            "more": self.more,
        }


def check(
    pieces: Iterable[bytes],
    profiles: tuple[Profile, ...],
    shown: int = SHOWN,
    size: int = 0,
    worth_a_table: int = WORTH_A_TABLE,
    reader: str = "",
) -> Checked:
    """Checks a file against the version of the profile that it names. Never raises on any bytes.

    Args:
        pieces: the file's bytes, in order.
        profiles: the versions that may be meant, newest first; not empty.
        shown: how many findings are kept; the others are counted.
        size: of the file, where it is known: one that is too large is refused before it is read.
        reader: the municipality or agency for whom the file should be; empty for any.
    """
    made = _Check(shown)
    largest = profiles[0].limits.file_bytes
    if size > largest:
        made.tell([Finding(Code.FILE_TOO_LARGE, 1, "", f"at most {largest} bytes", f"{size} bytes")])
        return made.checked
    beginning, following = _beginning(pieces)
    made.checked.form = "" if is_sealed(beginning) else form_of(beginning)
    profile = meant(beginning, profiles)
    for part in parts_of(following, profile, worth_a_table):
        if isinstance(part, Finding):
            known = " or ".join(one.name for one in profiles)
            unknown = part.code == Code.UNKNOWN_PROFILE
            made.tell([msgspec.structs.replace(part, expected=known) if unknown else part])
        elif isinstance(part, Header):
            made.head(part, _line_of_header(beginning), profile, reader)
        else:
            made.block(part, profile)
    return made.checked


def _line_of_header(beginning: bytes) -> int:
    """The line on which the header ends: the first of CSV; of XML whichever it is."""
    ends = _HEADER_ENDS.search(beginning)
    return 1 if ends is None else beginning.count(b"\n", 0, ends.start()) + 1


def _beginning(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a file, and the whole file again."""
    stream = iter(pieces)
    read = b""
    for piece in stream:
        read += piece
        if len(read) >= 512:
            break

    def whole() -> Iterator[bytes]:
        yield read
        yield from stream

    return read, whole()


def meant(beginning: bytes, profiles: tuple[Profile, ...]) -> Profile:
    """The version that a file names near its beginning; the oldest when it names none of them."""
    near = beginning[:512]
    for profile in profiles:
        name = profile.name.encode()
        if b"H,%s," % name in near or b"<profile>%s</profile>" % name in near:
            return profile
    return profiles[-1]


class _Check:
    """Findings as they come, and the record numbers that were seen."""

    def __init__(self, shown: int) -> None:
        self.checked = Checked()
        self._shown = shown
        self._first: dict[str, int] = {}
        self._direction: str | None = None

    def head(self, header: Header, line: int, profile: Profile, reader: str) -> None:
        """The header, and what is wrong with it as a whole. Rows are held against it."""
        self.checked.header = header
        findings = list(astray(header, line, profile, reader))
        contradicts = any(finding.code == Code.WRONG_DIRECTION for finding in findings)
        self._direction = None if contradicts else header.direction
        self.tell(findings)

    def tell(
        self, findings: Iterable[Finding], effect: Effect = Effect.BATCH, layout: Layout | None = None
    ) -> None:
        """Keeps findings, of the file or of a row of a kind, as long as there is room."""
        checked = self.checked
        for finding in findings:
            checked.codes[finding.code] = checked.codes.get(finding.code, 0) + 1
            if len(checked.told) < self._shown:
                number = _csv_column(finding, effect, layout) if checked.form == CSV else 0
                checked.told.append(Told(finding, effect, number))
            else:
                checked.more += 1

    def block(self, block: Block, profile: Profile) -> None:
        """One run of rows. Tables that are as they should be are never taken apart."""
        self.checked.rows += block.count
        rows = list(block.rows)
        numbers = [
            dict(zip(table.frame["record_id"].to_list(), table.frame[LINE].to_list(), strict=True))
            for table in block.tables
        ]
        once = self._come_once(block, numbers)
        for table, lines in zip(block.tables, numbers, strict=True):
            if once and self._days_are_good(table, profile):
                self._first |= lines
                kind = table.layout.kind
                self.checked.records[kind] = self.checked.records.get(kind, 0) + table.frame.height
            else:
                rows += table.rows()
        for row in sorted(rows, key=lambda row: row.line):
            self._row(row, profile)

    def _come_once(self, block: Block, numbers: list[dict[str, int]]) -> bool:
        """Whether no good row's number came before or comes twice; else the order tells which is first."""
        own = [row.record_id for row in block.rows if row.record is not None]
        found = set(own).union(*numbers)
        count = len(own) + sum(table.frame.height for table in block.tables)
        return len(found) == count and self._first.keys().isdisjoint(found)

    def _row(self, row: Row, profile: Profile) -> None:
        findings = list(row.findings)
        header, layout = self.checked.header, profile.layouts.get(row.kind)
        if header is not None and layout is not None:
            if wrong := misplaced(layout, row.line, header, profile, self._direction):
                findings.append(wrong)
            today = japan_date(header.created_at)
            if row.record is not None:
                findings += day_findings(row.record, row.line, profile, today)
            else:
                findings += days_among(row.values, layout, row.line, profile, today)
        line = self._first.get(row.record_id)
        # A row with faults may stand before the table that bears its number.
        if line is not None and line <= row.line:
            findings.append(repeated(row, line))
        elif row.record is not None:
            self._first[row.record_id] = row.line
        if row.kind:
            self.checked.records[row.kind] = self.checked.records.get(row.kind, 0) + 1
        self.checked.faulty += bool(findings) or row.record is None
        self.tell(findings, Effect.RECORD, layout)

    def _days_are_good(self, table: Table, profile: Profile) -> bool:
        """Whether no rule on content finds anything: the kind belongs here, and the days are possible."""
        import polars as pl

        header = self.checked.header
        frame, layout = table.frame, table.layout
        if header is not None:
            if misplaced(layout, 0, header, profile, self._direction) is not None:
                return False
            today = japan_date(header.created_at)
            for column in layout.columns:
                if not column.day:
                    continue
                wrong = pl.col(column.item) > today
                if column.planned_when:
                    planned = (pl.col(item).is_in(list(values)) for item, values in column.planned_when)
                    wrong &= ~pl.any_horizontal(planned).fill_null(False)
                if column.day == EVENT:
                    wrong |= pl.col(column.item) < profile.first_day
                if frame.select(wrong.any()).item():
                    return False
        return True


def _csv_column(finding: Finding, effect: Effect, layout: Layout | None) -> int:
    """The number of the column that a finding is on, from 1; 0 when it is on none."""
    if effect is Effect.BATCH:
        return 3 if finding.column == "digest" else header_column(finding.column)
    if layout is not None:
        return layout.csv_column(finding.column)
    return 2 if finding.column == "kind" else 0
