"""From the kanji somebody writes to the 正字 that a residence card and a resident record may show.

The rule of notice 582, character by character: a 正字 stays, even where its simplified reading means another
character (芸, 沈, 叶); anything else that table four lists is replaced by the standard of rank 1, or of rank
2 on request; what is left stays as it is and is marked with the reason. Nothing is dropped and nothing is
folded: Unicode normalisation is never applied, because it would turn U+FA47, a 正字 in its own right, into
漢.

A written character is one code point with what clings to it (a variation selector, combining marks), or a
code of the notice in square brackets, `[E473]`, for a character that has no code point. Control characters
and surrogates are no part of a name and are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sim.base.errors import UsageError
from sim.law.kanji.jis import is_kanji
from sim.law.kanji.table import Gap, Part, Table

SECOND_RANK: Final = "kanji-second-rank"
NO_ENTRY: Final = "kanji-no-entry"
TABLE_DATE: Final = "kanji-table-date"

_BY_TABLE: Final[Mapping[int, int]] = MappingProxyType({})
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_CODE = re.compile(r"\[([0-9A-Fa-f]{4})\]")
_SPACES = (" ", "\u3000")
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


class Outcome(StrEnum):
    """What became of one written character."""

    STANDARD = "standard"
    """It is a 正字 and stays."""
    CONVERTED = "converted"
    """Table four replaced it."""
    SPACE = "space"
    """A space (U+0020 or U+3000) between the parts of a name; stays."""
    NOT_CONVERTED = "not_converted"
    """It stays although it is not known to be a 正字; `reason` says why."""


class Reason(StrEnum):
    """Why a character was not converted."""

    NO_ENTRY = "no_entry"
    SMALL_TABLE = "small_table"
    UNKNOWN_CODE = "unknown_code"
    PRIVATE_USE = "private_use"
    VARIATION = "variation"
    COMBINING = "combining"
    INVISIBLE = "invisible"
    NOT_KANJI = "not_kanji"

    @property
    def ja(self) -> str:
        """For Japanese readers."""
        return _REASONS[self][0]

    @property
    def en(self) -> str:
        """For English readers."""
        return _REASONS[self][1]


_REASONS: Final = {
    Reason.NO_ENTRY: ("正字でなく、別表第四にもない。", "Not a 正字, and not in table four."),
    Reason.SMALL_TABLE: (
        "手元の表にない。別表第一・第四の全部があれば分かる（make kanji-table）。",
        "Not in the table at hand; the whole of tables one and four would tell (make kanji-table).",
    ),
    Reason.UNKNOWN_CODE: (
        "告示の文字コードとして手元の表にない。",
        "The table at hand does not have this code of the notice.",
    ),
    Reason.PRIVATE_USE: (
        "私用領域の文字は、作成したシステムの外では意味が定まらない。告示のコードなら [E473] のように書く。",
        "A private code point means nothing outside the system it comes from; write a code of the notice"
        " as [E473].",
    ),
    Reason.VARIATION: (
        "異体字セレクタ付きの字形を告示は別の文字とし得るので、元の文字の行は使わない。",
        "The notice may list the shape that the variation selector picks as another character, so the row"
        " of the bare character is not used.",
    ),
    Reason.COMBINING: ("結合文字が付いている。", "It carries a combining mark."),
    Reason.INVISIBLE: ("見えない書式文字である。", "An invisible format character."),
    Reason.NOT_KANJI: (
        "漢字でない（かな、ローマ字、全角・半角の別を含めそのまま）。告示は漢字だけを置き換える。",
        "Not a kanji (kana, Latin and the like, full or half width as written); only kanji are replaced.",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one written character.

    `part`, `rank` and `candidates` are those of table four when it was converted; more than one candidate
    means that the rank made the choice.
    """

    source: str
    result: str
    outcome: Outcome
    reason: Reason | None = None
    part: Part | None = None
    rank: int | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A text, character by character, and the table that decided: the sources joined are the text again."""

    steps: tuple[Step, ...]
    table: str
    gaps: tuple[Gap, ...]

    @property
    def text(self) -> str:
        """What was given."""
        return "".join(step.source for step in self.steps)

    @property
    def result(self) -> str:
        """What came out."""
        return "".join(step.result for step in self.steps)

    @property
    def choices(self) -> tuple[Step, ...]:
        """The characters that had more than one standard to choose from."""
        return tuple(step for step in self.steps if len(step.candidates) > 1)

    @property
    def not_converted(self) -> tuple[Step, ...]:
        """The characters that stay and are marked."""
        return tuple(step for step in self.steps if step.outcome is Outcome.NOT_CONVERTED)

    @property
    def settled(self) -> bool:
        """Whether every written character is a 正字 now (or a space)."""
        return not self.not_converted

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of the assumptions (`sim.law.unconfirmed`) this answer leans on."""
        leans = {
            TABLE_DATE: any(step.outcome is Outcome.CONVERTED for step in self.steps),
            SECOND_RANK: any(step.rank == 2 for step in self.steps),
            NO_ENTRY: bool(self.not_converted),
        }
        return tuple(assumption for assumption, does in leans.items() if does)


def convert(text: str, table: Table, rank: int = 1, *, ranks: Mapping[int, int] = _BY_TABLE) -> Conversion:
    """Replaces what is not 正字 by the standards of this rank, and marks what cannot be replaced.

    With `rank` 2, a character that has one standard only gets that one. `ranks` asks for single characters:
    the number of a written character, counted from 0 as in `Conversion.steps`, and its rank. There the second
    standard must exist. Source: notice 582, table four; who chooses rank 2, and how, is UNCONFIRMED
    `kanji-second-rank`; that the rest stays as written, UNCONFIRMED `kanji-no-entry`; the state of the table,
    UNCONFIRMED `kanji-table-date`.

    Raises:
        UsageError: the text holds a control character or a surrogate; a rank is not 1 or 2; `ranks` names a
            character that is not there, is not converted, or has no standard of that rank.
    """
    bad = _NO_NAME.search(text)
    if bad is not None:
        raise UsageError(
            "the name holds a character that no name has",
            expected="no control characters, line breaks, byte order marks or surrogates",
            received=f"U+{ord(bad.group()):04X} at character {bad.start() + 1}",
            where="sim.law.kanji.conversion",
            remedy="read the text with the encoding it was written in, and one name at a time",
        )
    for asked in (rank, *ranks.values()):
        if asked not in (1, 2):
            raise UsageError(
                "table four ranks its standards 1 and 2",
                expected="rank 1 or 2",
                received=str(asked),
                where="sim.law.kanji.conversion",
                remedy="ask for rank 1, or for rank 2 where the person wishes the second standard",
            )
    steps = tuple(
        _step(source, table, ranks.get(number, rank)) for number, source in enumerate(_written(text))
    )
    for number, asked in ranks.items():
        if not 0 <= number < len(steps) or steps[number].rank != asked:
            raise UsageError(
                f"character {number} has no standard of rank {asked}",
                expected="the number, from 0, of a character that table four replaces by that rank",
                received=f"{steps[number].source}"
                if 0 <= number < len(steps)
                else f"{len(steps)} characters",
                where="sim.law.kanji.conversion",
                remedy="convert without `ranks` first and look at the candidates",
            )
    return Conversion(steps, table.name, table.gaps)


def _written(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        code = _CODE.match(text, start)
        end = code.end() if code else start + 1
        while end < len(text) and _clings(text[end]):
            end += 1
        yield text[start:end]
        start = end


def _clings(char: str) -> bool:
    return _selects(char) or unicodedata.category(char) in ("Mn", "Mc", "Me")


def _selects(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _SELECTORS)


def _step(source: str, table: Table, rank: int) -> Step:
    code = _CODE.fullmatch(source)
    key = source.upper() if code else source
    if len(source) > 1 and not code:
        reason = Reason.VARIATION if any(map(_selects, source)) else Reason.COMBINING
        return Step(source, source, Outcome.NOT_CONVERTED, reason)
    if source in _SPACES:
        return Step(source, source, Outcome.SPACE)
    if table.is_standard(key):
        return Step(source, source, Outcome.STANDARD)
    entry = table.entries.get(key)
    if entry is None:
        return Step(source, source, Outcome.NOT_CONVERTED, _reason(source, table, bool(code)))
    used = min(rank, len(entry.standards))
    return Step(
        source,
        entry.standards[used - 1],
        Outcome.CONVERTED,
        part=entry.part,
        rank=used,
        candidates=entry.standards,
    )


def _reason(source: str, table: Table, code: bool) -> Reason:
    if code:
        return Reason.UNKNOWN_CODE
    if is_kanji(source):
        return Reason.NO_ENTRY if table.complete else Reason.SMALL_TABLE
    match unicodedata.category(source):
        case "Co":
            return Reason.PRIVATE_USE
        case "Mn" | "Mc" | "Me":
            return Reason.VARIATION if _selects(source) else Reason.COMBINING
        case "Cf":
            return Reason.INVISIBLE
        case _:
            return Reason.NOT_KANJI
