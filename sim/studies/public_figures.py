"""Public figures on foreign residents, and the yearly rates that follow from them.

Each figure names its source; what no source gives is an estimate and says so. Months are factors around an
average of 1; the peaks of spring (the school year and the fiscal year) and of autumn (the second entry of
students) are known, their size is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SPRING: Final = [0.8, 0.8, 1.5, 2.0, 0.9, 0.8, 0.8, 0.9, 1.2, 1.3, 0.6, 0.4]
MOVES: Final = [0.8, 0.9, 1.9, 1.6, 0.9, 0.8, 0.9, 0.9, 1.0, 0.9, 0.7, 0.7]
RENEWALS: Final = [0.9, 1.0, 1.4, 1.2, 0.9, 0.9, 0.9, 0.9, 1.0, 1.0, 0.9, 1.0]
EVEN: Final = [1.0] * 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its source, in both languages."""

    value: float
    ja: str
    en: str
    source_ja: str
    source_en: str


REGISTER_2024: Final = Figure(
    3_323_374,
    "住民基本台帳上の外国人住民（2024年1月1日）",
    "foreign residents in the registers on 1 January 2024",
    "総務省 住民基本台帳に基づく人口（2024年1月1日現在）",
    "Ministry of Internal Affairs, population by the resident registers, 1 January 2024",
)
REGISTER_2025: Final = Figure(
    3_677_463,
    "住民基本台帳上の外国人住民（2025年1月1日）",
    "foreign residents in the registers on 1 January 2025",
    "総務省 住民基本台帳に基づく人口（2025年1月1日現在）",
    "Ministry of Internal Affairs, population by the resident registers, 1 January 2025",
)
FROM_ABROAD_2024: Final = Figure(
    661_809,
    "外国人の国外からの転入（2024年）",
    "entries of foreign nationals from abroad in 2024",
    "総務省 住民基本台帳に基づく人口、人口動態及び世帯数（2024年）",
    "Ministry of Internal Affairs, population movements by the resident registers, 2024",
)
BIRTHS_2024: Final = Figure(
    22_738,
    "外国人の出生（2024年）",
    "births of foreign nationals in 2024",
    "総務省 住民基本台帳に基づく人口、人口動態及び世帯数（2024年）",
    "Ministry of Internal Affairs, population movements by the resident registers, 2024",
)
DOMESTIC_MOVES: Final = Figure(
    800_000,
    "外国人の市区町村間の移動（年間、推計70万から90万の中央）",
    "moves of foreign residents between municipalities a year (middle of an estimate of 0.7 to 0.9 million)",
    "推計",
    "estimate",
)
MOVES_WITHIN: Final = Figure(
    290_000,
    "外国人の市区町村内の転居（年間、推計）",
    "moves of foreign residents within a municipality a year (estimate)",
    "推計",
    "estimate",
)
EXTENSIONS: Final = Figure(
    1_000_000,
    "在留期間の更新及び在留資格の変更（年間、推計）",
    "extensions and changes of status a year (estimate)",
    "推計",
    "estimate",
)
LEFT_BY_FILING: Final = 0.8
"""Share of those who leave Japan for good and file a moving-out; the agency tells of the others. Assumed."""


@dataclass(frozen=True, slots=True)
class PublicRates:
    """Yearly rates for each resident that follow from the figures of a year."""

    name: str
    figures: tuple[Figure, ...]

    def rates(self) -> dict[str, object]:
        """The rates of a scenario (`sim.studies.scenario.people.Rates`), each for one resident and year."""
        mean = (REGISTER_2024.value + REGISTER_2025.value) / 2
        # What the registers gained is entries and births less those who left Japan (or died: few).
        left = FROM_ABROAD_2024.value + BIRTHS_2024.value - (REGISTER_2025.value - REGISTER_2024.value)
        domestic = DOMESTIC_MOVES.value / mean
        return {
            "entry_from_abroad": round(FROM_ABROAD_2024.value / mean, 4),
            "moving_in": round(domestic, 4),
            "moving_within": round(MOVES_WITHIN.value / mean, 4),
            "moving_out": round(domestic + LEFT_BY_FILING * left / mean, 4),
            "period_extended": round(EXTENSIONS.value / mean, 4),
            "birth": round(BIRTHS_2024.value / mean, 4),
            "departure": round((1 - LEFT_BY_FILING) * left / mean, 4),
            "months": MOVES,
            "seasons": {
                "entry_from_abroad": SPRING,
                "moving_in": MOVES,
                "moving_within": MOVES,
                "moving_out": MOVES,
                "period_extended": RENEWALS,
                "birth": EVEN,
                "departure": SPRING,
                "record_copy": MOVES,
            },
        }


JAPAN_2024: Final = PublicRates(
    "japan-2024",
    (
        REGISTER_2024,
        REGISTER_2025,
        FROM_ABROAD_2024,
        BIRTHS_2024,
        DOMESTIC_MOVES,
        MOVES_WITHIN,
        EXTENSIONS,
    ),
)
