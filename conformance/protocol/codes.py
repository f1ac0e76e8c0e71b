"""Values of fields that hold codes, by role: what an implementation is told and may say, with both names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sim.law.filers import Living, Tie
from sim.law.kinds import Affair, CardState, Filing, History, PersonClass
from sim.law.worded import Worded


@dataclass(frozen=True, slots=True)
class Codes:
    """One list of codes. `fields`: where they stand, as MESSAGE.field; `values`: code, Japanese, English."""

    fields: tuple[str, ...]
    values: tuple[tuple[str, str, str], ...]


def _of(members: Iterable[Worded]) -> tuple[tuple[str, str, str], ...]:
    return tuple((str(one), one.ja, one.en) for one in members)


MUNICIPAL: Final = (
    Codes(("FilingData.filing", "FilingOutcome.filing"), _of(Filing)),
    Codes(
        ("PersonData.person_class",),
        (*_of(PersonClass), ("japanese_national", "日本人", "Japanese national")),
    ),
    Codes(("FilingData.history",), _of(History)),
    Codes(("FilingData.card",), _of(CardState)),
    Codes(("VisitorData.tie",), _of(Tie)),
    Codes(("VisitorData.living",), _of(Living)),
    Codes(("FilingOutcome.affairs",), _of(Affair)),
    Codes(
        ("FilingOutcome.deemed", "FilingOutcome.article", "DutyData.article"),
        (
            ("immi.19-7-1", "入管法第19条の7第1項", "Immigration Act art. 19-7 para. 1"),
            ("immi.19-8-1", "入管法第19条の8第1項", "Immigration Act art. 19-8 para. 1"),
            ("immi.19-9-1", "入管法第19条の9第1項", "Immigration Act art. 19-9 para. 1"),
            ("special.10-1", "入管特例法第10条第1項", "Special Act art. 10 para. 1"),
            ("special.10-2", "入管特例法第10条第2項", "Special Act art. 10 para. 2"),
        ),
    ),
    Codes(
        ("Change.ground",),
        (
            ("birth", "出生", "birth"),
            ("nationality_lost", "国籍喪失", "loss of Japanese nationality"),
            ("made_ex_officio", "職権記載", "made by the mayor"),
            ("alias_changed", "通称の変更", "another alias"),
            ("corrected_ex_officio", "職権修正", "corrected by the mayor"),
            ("death", "死亡", "death"),
            ("naturalized", "帰化", "naturalisation"),
            ("removed_ex_officio", "職権消除", "removed by the mayor"),
        ),
    ),
)

CODES: Final[dict[str, tuple[Codes, ...]]] = {"municipal-system": MUNICIPAL}
"""The lists of each role."""
