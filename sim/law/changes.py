"""The days on which the rules changed: one dated table, and everything that depends on a day asks it.

A rule that reads differently before and after a day takes the day from a constant below, so that a wrong date
is mended in one line. Changes whose day is unknown stand in the table too, without a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

SYSTEM_FIRST_DAY: Final = date(2012, 7, 9)
"""First day of foreign residents in the register and of the residence card (2009 amendments in force)."""

CHIP_SURVEY_FROM: Final = date(2013, 4, 1)
"""No survey on writing into chips begins before this day: the policy of 2011 aims at fiscal 2013."""

AGENCY_FIRST_DAY: Final = date(2019, 4, 1)
"""First day of the Immigration Services Agency (出入国在留管理庁)."""

YOUNG_CARD_RULE: Final = date(2023, 11, 1)
"""A residence card issued from this day to a child ends the day before the 16th birthday."""

WARDS_OF_HAMAMATSU: Final = date(2024, 1, 1)
"""Hamamatsu has three wards instead of seven: 1,892 municipalities (市町村) instead of 1,896."""

PENALTIES_RENUMBERED: Final = date(2024, 6, 10)
"""The reform of 2023 moves the penalties of 入管法 arts. 71-2 and 71-3 to numbers that were not confirmed."""

PENAL_TERMS: Final = date(2025, 6, 1)
"""Imprisonment is 拘禁刑 from this day and was 懲役 before."""

CARD_ITEMS: Final = date(2026, 6, 14)
"""Residence cards bear other items, and the specified card (特定在留カード) exists."""

REVOCATION_RENUMBERED: Final = date(2027, 4, 1)
"""Two grounds enter 入管法 art. 22-4 para. 1 above those on residence."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the rules: from `on` (None: on a day nobody could confirm) the new reading holds.

    `unconfirmed`: id of the entry in `sim.law.unconfirmed` that says what is not sure, or "".
    """

    id: str
    on: date | None
    ja: str
    en: str
    source: str
    unconfirmed: str = ""


CHANGES: Final[tuple[Change, ...]] = (
    Change(
        "system-first-day",
        SYSTEM_FIRST_DAY,
        "外国人住民が住民基本台帳に記録され、在留カード・特別永住者証明書の制度が始まる。",
        "Foreign residents enter the register; residence cards and special permanent resident certificates"
        " begin.",
        "総務省 news of 2012-07-05",
    ),
    Change(
        "chip-survey-from",
        CHIP_SURVEY_FROM,
        "住居地のICチップへの書込みについて、早ければこの日から市区町村の実状の調査が行われる。",
        "At the earliest, the municipalities are surveyed about writing into chips.",
        "seed 000 (fiscal 2013)",
        "chip-write-survey",
    ),
    Change(
        "agency-first-day",
        AGENCY_FIRST_DAY,
        "市区町村の通知・伝達の相手方が法務大臣から出入国在留管理庁長官に変わる。",
        "Municipalities report to the Commissioner of the Immigration Services Agency instead of the Minister"
        " of Justice.",
        "amendment of 2018 to 入管法; seed 003",
    ),
    Change(
        "young-card-rule",
        YOUNG_CARD_RULE,
        "16歳未満の者の在留カードの有効期間は、16歳の誕生日の前日までとなる。",
        "A residence card of a person under 16 ends the day before the 16th birthday.",
        "ficec.jp (secondary)",
        "young-card-expiry",
    ),
    Change(
        "wards-of-hamamatsu",
        WARDS_OF_HAMAMATSU,
        "浜松市の行政区が7区から3区になり、市区町村の数は1,896から1,892になる。",
        "Hamamatsu's seven wards become three; the municipalities are 1,892 instead of 1,896.",
        "city of Hamamatsu; count: 1,741 - 20 + 171",
    ),
    Change(
        "penalties-renumbered",
        PENALTIES_RENUMBERED,
        "入管法第71条の2・第71条の3の罰則の条番号が移る。",
        "The penalties of Immigration Act arts. 71-2 and 71-3 move to other numbers.",
        "reform of 2023 (secondary)",
        "renumbered-penalties",
    ),
    Change(
        "penal-terms",
        PENAL_TERMS,
        "懲役は拘禁刑と読む。",
        "Imprisonment with work (懲役) becomes imprisonment (拘禁刑).",
        "background; the amendment of 2024 uses the new word already",
        "penal-terms",
    ),
    Change(
        "card-items",
        CARD_ITEMS,
        "在留カードから在留期間、許可の種類及び年月日、交付年月日の記載がなくなり、特定在留カードが始まる。",
        "Residence cards no longer bear the period of stay, the kind and day of the permission and the day of"
        " issue; the specified card begins.",
        "令和6年法律第59号; 入管庁 page on the specified card",
    ),
    Change(
        "revocation-renumbered",
        REVOCATION_RENUMBERED,
        "入管法第22条の4第1項に永住者に係る二つの号が加わり、住居地に係る第8号から第10号までが"
        "第10号から第12号までとなる。",
        "Two grounds on permanent residents enter Immigration Act art. 22-4 para. 1; items 8 to 10 on"
        " residence become 10 to 12.",
        "令和6年法律第60号 (secondary)",
        "renumbered-revocation",
    ),
    Change(
        "juki-order-renumbered",
        None,
        "住基法施行令第30条の30が第30条の20となる。",
        "Article 30-30 of the Resident Registration Order becomes 30-20.",
        "平成24年総務・法務省令第1号 as now in force",
        "renumbered-orders",
    ),
    Change(
        "immi-order-renumbered",
        None,
        "入管法施行令第6条が第24条となる。",
        "Article 6 of the Immigration Order becomes 24.",
        "平成24年総務・法務省令第1号 as now in force",
        "renumbered-orders",
    ),
)
"""Every change that the rules know, in order of its day; those on unknown days last."""
