"""The tables of notice 582 as values: read from and written to the text format of `docs/standard-kanji.md`.

Table four says what replaces what: its first part by variant (異体字), its second by likeness (類字). A
source has one or two standards, in order of rank. Table one adds 176 正字 that no JIS standard has; it lies
in a file of its own because what we know of it comes from the MJ list, whose licence (CC BY-SA 2.1 JP) is not
ours.

Some sources have no code point: the notice gives them a code in the private area. Such a character is written
`[E473]`, its code in square brackets, in a text as well as in `Table.entries`. A private code point by itself
is never read as the notice's: every vendor uses that area for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sim.base.errors import HarnessError
from sim.law.kanji.jis import in_jis, is_kanji

CITED: Final = Path(__file__).with_name("cited.tsv")
FORMAT: Final = "renkei-standard-kanji"
VERSION: Final = "1"
COLUMNS: Final = ("part", "source", "rank", "standard")
TABLE_ONE: Final = 176
"""Rows of table one. Source: column 入管外字コード of the MJ list; Yasuoka (2014) gives the same figure."""

_CODE = re.compile(r"[0-9A-F]{4,5}")
_PRIVATE = range(0xE000, 0xF900)
_HEADER = ("name", "complete", "rows")


class Part(StrEnum):
    """Where in the notice a row stands."""

    VARIANT = "variant"
    """別表第四の一 正字（異体字）対応表: the standard is the same character in another form."""
    SIMILAR = "similar"
    """別表第四の二 正字（類字）対応表: the standard is another character that looks alike."""
    ADDED = "added"
    """別表第一: a 正字 beyond the JIS standards; `source` and `standard` are two writings of it."""


class Row(NamedTuple):
    """One row of a file. `source` is a character or `[E473]`; rank is 1 or 2."""

    part: Part
    source: str
    rank: int
    standard: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What replaces one source: the standards in order of rank, one or two."""

    part: Part
    standards: tuple[str, ...]


class Gap(StrEnum):
    """What a table that is not the whole lacks."""

    TABLE_FOUR = "table_four"
    TABLE_ONE = "table_one"

    @property
    def ja(self) -> str:
        """For Japanese readers."""
        return _GAPS[self][0]

    @property
    def en(self) -> str:
        """For English readers."""
        return _GAPS[self][1]


_GAPS: Final = {
    Gap.TABLE_FOUR: (
        "告示第582号別表第四の全部はなく、引用例だけの表である。表にない文字は置き換えず、その旨を示す。",
        "Not the whole of table four of notice 582, only cited rows: what they lack stays and is marked.",
    ),
    Gap.TABLE_ONE: (
        "別表第一がない。同表だけにある正字は、正字と判断できずにその旨を示す。",
        "Table one is not here: a 正字 that stands only there is not known as one and is marked.",
    ),
}


@dataclass(frozen=True, slots=True)
class Table:
    """What `conversion` asks: `entries` by source, and the 正字 known beyond the JIS standards.

    `name` says in reports which table it was; `gaps` is empty when the whole notice is here.
    """

    name: str
    entries: Mapping[str, Entry]
    added: frozenset[str] = frozenset()
    gaps: tuple[Gap, ...] = (Gap.TABLE_FOUR, Gap.TABLE_ONE)
    _standards: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        reached = {standard for entry in self.entries.values() for standard in entry.standards}
        object.__setattr__(self, "_standards", self.added | reached)

    @property
    def complete(self) -> bool:
        """Whether tables one and four are here as a whole."""
        return not self.gaps

    def is_standard(self, char: str) -> bool:
        """Whether a character, or a code in brackets, is known to be a 正字.

        Known are the kanji of the two JIS standards, all of table one that is here, and every character that
        the table itself names as a standard.
        """
        return char in self._standards or (len(char) == 1 and in_jis(char))


def written(code: int) -> str:
    """How the character with this code of the notice is written: itself, or `[E473]` for a private code."""
    return f"[{code:04X}]" if code in _PRIVATE else chr(code)


def render(name: str, rows: Iterable[Row], *, complete: bool, notes: Iterable[str]) -> bytes:
    """The bytes of a table file, the same for the same rows in whatever order they come."""
    ordered = sorted(rows, key=lambda row: (list(Part).index(row.part), _code(row.source), row.rank))
    lines = [
        f"{FORMAT}\t{VERSION}",
        *(f"# {note}" for note in notes),
        f"name\t{name}",
        f"complete\t{'yes' if complete else 'no'}",
        f"rows\t{len(ordered)}",
        "\t".join(COLUMNS),
    ]
    for row in ordered:
        lines.append(f"{row.part}\t{_code(row.source):04X}\t{row.rank}\t{_code(row.standard):04X}")
    return ("\n".join(lines) + "\n").encode("utf-8")


def _code(character: str) -> int:
    return int(character[1:-1], 16) if len(character) > 1 else ord(character)


def parse_table(data: bytes, where: str) -> Table:
    """A table from the bytes of a file with the rows of table four; table one is added by `with_table_one`.

    Raises:
        HarnessError: the file is no table, is cut short, or contradicts itself: a rank without the ones
            before it, a source twice, a source that is itself a 正字 (which must stay as it is).
    """
    header, rows = _read(data, where, (Part.VARIANT, Part.SIMILAR))
    standards: dict[str, list[str]] = {}
    parts: dict[str, Part] = {}
    for number, row in rows:
        known = standards.setdefault(row.source, [])
        if parts.setdefault(row.source, row.part) is not row.part:
            raise _wrong(where, number, f"{row.source} in one part only", "it stands in both")
        if row.rank != len(known) + 1:
            raise _wrong(where, number, f"rank {len(known) + 1} of {row.source}", f"rank {row.rank}")
        if len(row.standard) != 1:
            raise _wrong(where, number, "a standard with the code point of a kanji", row.standard)
        known.append(row.standard)
    entries = {source: Entry(parts[source], tuple(standards[source])) for source in standards}
    gaps = (Gap.TABLE_ONE,) if header["complete"] == "yes" else (Gap.TABLE_FOUR, Gap.TABLE_ONE)
    table = Table(header["name"], entries, frozenset(), gaps)
    return _consistent(table, where)


def with_table_one(table: Table, data: bytes, where: str) -> Table:
    """The table with the 正字 of table one from the bytes of their own file.

    Raises:
        HarnessError: the file is no such table, or makes a 正字 of what table four replaces.
    """
    header, rows = _read(data, where, (Part.ADDED,))
    added = frozenset(char for _, row in rows for char in (row.source, row.standard))
    whole = header["complete"] == "yes"
    gaps = tuple(gap for gap in table.gaps if not (whole and gap is Gap.TABLE_ONE))
    return _consistent(replace(table, added=table.added | added, gaps=gaps), where)


@cache
def cited_table() -> Table:
    """The small table that is shipped: rows that a source outside the notice cites, and one private code."""
    return parse_table(CITED.read_bytes(), CITED.name)


def _consistent(table: Table, where: str) -> Table:
    # With this, converting twice is converting once: no result is ever a source.
    for source in table.entries:
        if table.is_standard(source):
            raise HarnessError(
                f"{source} is a 正字 and yet has a row of its own",
                expected="sources that are no 正字: a 正字 stays as it is",
                where=where,
                remedy="build the table again with `make kanji-table`",
            )
    return table


def _read(data: bytes, where: str, parts: tuple[Part, ...]) -> tuple[dict[str, str], list[tuple[int, Row]]]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _no_table(where, "text in UTF-8", f"byte {data[error.start]:#04x} at {error.start}") from error
    lines = _lines(text)
    first = next(lines, (0, []))[1]
    if first != [FORMAT, VERSION]:
        raise _no_table(where, f"{FORMAT}, version {VERSION}, in the first line", " ".join(first)[:60])
    header: dict[str, str] = {}
    for number, fields in lines:
        if fields == list(COLUMNS):
            break
        if len(fields) != 2 or fields[0] not in _HEADER or fields[0] in header:
            raise _wrong(where, number, "one each of " + ", ".join(_HEADER), "\t".join(fields)[:60])
        header[fields[0]] = fields[1]
    if set(header) != set(_HEADER) or header["complete"] not in ("yes", "no"):
        raise _no_table(where, "a head with name, complete (yes or no) and rows", str(sorted(header)))
    rows = [(number, _row(fields, where, number, parts)) for number, fields in lines]
    if header["rows"] != str(len(rows)):
        raise _no_table(where, f"{header['rows']} rows, as its head says", f"{len(rows)}")
    return header, rows


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line and not line.startswith("#"):
            yield number, line.split("\t")


def _row(fields: list[str], where: str, number: int, parts: tuple[Part, ...]) -> Row:
    if len(fields) != len(COLUMNS):
        raise _wrong(where, number, " ".join(COLUMNS), f"{len(fields)} fields")
    part, source, rank, standard = fields
    if part not in parts:
        raise _wrong(where, number, "one of " + ", ".join(parts), part)
    for code in (source, standard):
        if _CODE.fullmatch(code) is None or not _may_be(int(code, 16)):
            raise _wrong(where, number, "the code of a kanji, four or five of 0-9 A-F", code)
    if rank not in ("1", "2"):
        raise _wrong(where, number, "rank 1 or 2", rank)
    return Row(Part(part), written(int(source, 16)), int(rank), written(int(standard, 16)))


def _may_be(code: int) -> bool:
    return code in _PRIVATE or is_kanji(chr(code))


def _wrong(where: str, number: int, expected: str, received: str) -> HarnessError:
    return _no_table(f"{where}, line {number}", expected, received)


def _no_table(where: str, expected: str, received: str) -> HarnessError:
    return HarnessError(
        "this is no table of standard kanji, or it is damaged",
        expected=expected,
        received=received,
        where=where,
        remedy="build it again with `make kanji-table`; docs/standard-kanji.md describes the format",
    )
