"""A foreign resident's name: the Latin name is the rule, kanji are an addition, an alias is another matter.

Source: notice 582 of 2011 (在留カード等に係る漢字氏名の表記等に関する告示) and the ministry's guide to it
(moj.go.jp/isa/content/930002419.pdf): a card shows the name in Latin letters, kanji in addition when asked
for and proved, and of kanji only 正字; the resident record follows the card. An alias (通称) is entered by
the municipality in the resident record only and never stands on the card (guidance of Shiki City), so the
notice, which is about cards, does not convert it: UNCONFIRMED `kanji-alias`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sim.base.errors import UsageError
from sim.law.kanji.conversion import Conversion, convert
from sim.law.kanji.table import Table

ALIAS: Final = "kanji-alias"
NO_LATIN: Final = "kanji-without-latin"

_BY_TABLE: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name; an empty text is a part that the person does not have."""

    latin: str
    kanji: str = ""
    alias: str = ""


class Remark(StrEnum):
    """What a clerk should look at; no remark stops a conversion."""

    NO_LATIN = "no_latin"
    """Kanji stand alone. The guide allows that as an exception only."""
    LATIN_NOT_ASCII = "latin_not_ascii"
    """The Latin name has characters beyond ASCII: full-width letters, kanji, accents. It stays as it is."""


@dataclass(frozen=True, slots=True)
class ConvertedName:
    """The name after conversion: Latin name and alias as they came, and what became of the kanji (if any)."""

    latin: str
    kanji: Conversion | None
    alias: str
    remarks: tuple[Remark, ...]

    @property
    def name(self) -> Name:
        """The three parts as texts."""
        return Name(self.latin, self.kanji.result if self.kanji else "", self.alias)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of the assumptions (`sim.law.unconfirmed`) this answer leans on."""
        return (
            *(self.kanji.unconfirmed if self.kanji else ()),
            *((NO_LATIN,) if Remark.NO_LATIN in self.remarks else ()),
            *((ALIAS,) if self.alias else ()),
        )


def convert_name(
    name: Name, table: Table, rank: int = 1, *, ranks: Mapping[int, int] = _BY_TABLE
) -> ConvertedName:
    """Converts the kanji of a name and nothing else of it; `rank` and `ranks` as in `convert`.

    Source: notice 582 of 2011 and the ministry's guide to it (Latin first, kanji added). From 2012-07-09.
    A name in kanji alone is converted with a remark: when a card may show it is UNCONFIRMED
    `kanji-without-latin`.

    Raises:
        UsageError: there is neither a Latin name nor one in kanji, or as `convert`.
    """
    if not name.latin and not name.kanji:
        raise UsageError(
            "nobody is named by an alias alone",
            expected="a Latin name, and kanji in addition if there are any",
            received=f"alias {name.alias!r}" if name.alias else "nothing",
            where="sim.law.kanji.naming",
            remedy="give the Latin name of the passport, or the kanji where the card may show them alone",
        )
    remarks = []
    if not name.latin:
        remarks.append(Remark.NO_LATIN)
    elif not name.latin.isascii():
        remarks.append(Remark.LATIN_NOT_ASCII)
    kanji = convert(name.kanji, table, rank, ranks=ranks) if name.kanji else None
    return ConvertedName(name.latin, kanji, name.alias, tuple(remarks))
