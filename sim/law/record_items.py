"""What a foreign resident's record (住民票) bears: the items of 住基法 arts. 7 and 30-45, by class.

Only items that the agency's side knows and that a register must not leave empty are here; household items,
the resident record code and the like are the register's own affair. An item is named as in the exchange
profile (`sim.exchange.records`).

Source: 住基法 art. 7 items 1 to 3 and 7 (name, birth, sex, address), art. 30-45 and its table (nationality or
region, the day of becoming a foreign resident, and what each class adds); the open functional standard
(住民記録システム標準仕様書 1.0, 1.1.6) wants them not empty. Background, not read on e-Gov: the exact words
of the table's third and fourth rows. From 2012-07-09.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sim.law.kinds import PersonClass


@dataclass(frozen=True, slots=True)
class RecordItem:
    """An item that is never empty: its name in the profile, its two names for people, and where it stands."""

    item: str
    ja: str
    en: str
    article: str


_ART_7: Final = "住民基本台帳法第7条"
_ART_30_45: Final = "住民基本台帳法第30条の45"

EVERYBODY: Final[tuple[RecordItem, ...]] = (
    RecordItem("name", "氏名", "name", f"{_ART_7}第1号"),
    RecordItem("birth_date", "出生の年月日", "date of birth", f"{_ART_7}第2号"),
    RecordItem("sex", "男女の別", "sex", f"{_ART_7}第3号"),
    RecordItem("address", "住所", "address", f"{_ART_7}第7号"),
    RecordItem("nationality", "国籍等", "nationality or region", _ART_30_45),
    RecordItem(
        "became_resident_date", "外国人住民となった年月日", "day of becoming a foreign resident", _ART_30_45
    ),
)

BY_CLASS: Final[dict[PersonClass, tuple[RecordItem, ...]]] = {
    PersonClass.MID_LONG_TERM_RESIDENT: (
        RecordItem("status", "在留資格", "status of residence", f"{_ART_30_45}の表 中長期在留者"),
        RecordItem("period", "在留期間", "period of stay", f"{_ART_30_45}の表 中長期在留者"),
        RecordItem(
            "period_until", "在留期間の満了の日", "last day of the period", f"{_ART_30_45}の表 中長期在留者"
        ),
        RecordItem(
            "card_number",
            "在留カードの番号",
            "number of the residence card",
            f"{_ART_30_45}の表 中長期在留者",
        ),
    ),
    PersonClass.SPECIAL_PERMANENT_RESIDENT: (
        RecordItem(
            "card_number",
            "特別永住者証明書の番号",
            "number of the special permanent resident certificate",
            f"{_ART_30_45}の表 特別永住者",
        ),
    ),
    PersonClass.TEMPORARY_REFUGE: (
        RecordItem(
            "period_until",
            "上陸期間（満了の日）",
            "landing period, by its last day",
            f"{_ART_30_45}の表 一時庇護許可者又は仮滞在許可者",
        ),
    ),
    PersonClass.PROVISIONAL_STAY: (
        RecordItem(
            "period_until",
            "仮滞在期間（満了の日）",
            "period of provisional stay, by its last day",
            f"{_ART_30_45}の表 一時庇護許可者又は仮滞在許可者",
        ),
    ),
    # The table adds only that the person is one, by birth or by loss of nationality; the class says so.
    PersonClass.TRANSITIONAL_STAY: (),
}
"""What each class adds to `EVERYBODY`."""

WITHOUT_END: Final = frozenset({"永住者", "高度専門職2号", "高度専門職第2号"})
"""Statuses whose period of stay has no end: the two items on the period say so and name no day."""

PERIOD_ITEMS: Final = frozenset({"period", "period_until"})
"""The items that a status without end leaves empty."""
