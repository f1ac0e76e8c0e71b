"""Assumptions on who lives in a scenario."""

from __future__ import annotations

from typing import Final

from sim.studies import population
from sim.studies.assumed.writing import Row, list_en, list_ja, percent, row, shares
from sim.studies.scenario import Scenario

STATUSES_EN: Final = {
    "留学": "student",
    "技術・人文知識・国際業務": "engineer / specialist in humanities / international services",
    "永住者": "permanent resident",
    "家族滞在": "dependent",
    "技能": "skilled labour",
    "日本人の配偶者等": "spouse or child of a Japanese national",
    "定住者": "long-term resident",
    "特定活動": "designated activities",
}


def people(scenario: Scenario) -> list[Row]:
    """Who lives there at the start."""
    spread = scenario.population
    several = len(scenario.places) > 1
    among_ja = f"（{len(scenario.places)}市区町村の計）" if several else ""
    among_en = f" in {len(scenario.places)} municipalities" if several else ""
    total = sum(spread.nationalities.values())
    nations = [(code, percent(share / total)) for code, share in spread.nationalities.items() if share]
    statuses = [
        (name, percent(share))
        for (name, _), share in zip(population.STATUSES, population.status_shares(), strict=True)
    ]
    mean = f"{population.AGE_SHAPE * population.AGE_SCALE:.0f}"
    least, most = population.DAYS_LEFT
    special = percent(spread.special_permanent_share)
    return [
        row(
            f"開始時の外国人住民は{scenario.residents:,}人{among_ja}。個々の住民は全て架空。",
            f"{scenario.residents:,} foreign residents at the start{among_en}; every single one is invented.",
        ),
        row(
            f"特別永住者は{special}で、全て{population.SPECIAL_NATIONALITY}、"
            f"{population.YOUNGEST_SPECIAL}歳以上とする。ほかの国籍の割合: {list_ja(nations)}。",
            f"{special} are special permanent residents, all {population.SPECIAL_NATIONALITY} and at least"
            f" {population.YOUNGEST_SPECIAL} years old. Nationalities of the others: {list_en(nations)}.",
        ),
        row(
            f"特別永住者以外の在留資格の割合: {list_ja(statuses)}。在留期間の残りは"
            f"{least:,}日から{most - 1:,}日まで一様。",
            "Statuses of residence of the others:"
            f" {list_en((STATUSES_EN.get(name, name), share) for name, share in statuses)}."
            f" Between {least:,} and {most - 1:,} days of the period of stay are left, evenly spread.",
        ),
        row(
            f"女性は{percent(population.FEMALE)}。年齢はガンマ分布（平均{mean}歳、0歳から"
            f"{population.OLDEST}歳まで）。",
            f"{percent(population.FEMALE)} are women. Ages follow a gamma distribution (mean {mean} years,"
            f" from 0 to {population.OLDEST}).",
        ),
        *_households(scenario),
        *_abodes(scenario),
    ]


def _households(scenario: Scenario) -> list[Row]:
    weights = scenario.population.households
    if len(weights) == 1 and weights[0][0] == 1:
        return [row("転入等は1人ずつとする。", "Everybody moves alone.")]
    parts = [percent(part) for part in shares([weight for _, weight in weights])]
    sizes = [size for size, _ in weights]
    return [
        row(
            "一緒に異動する世帯の人数: "
            + list_ja((f"{size}人", part) for size, part in zip(sizes, parts, strict=True))
            + "。届出は1回の来庁でまとめて行う。",
            "Persons who move together: "
            + list_en((f"{size}", part) for size, part in zip(sizes, parts, strict=True))
            + ". They file together in one visit.",
        )
    ]


def _abodes(scenario: Scenario) -> list[Row]:
    count = sum(place.abode_only for place in scenario.places)
    if not count:
        return []
    return [
        row(
            f"住民票がなく居所だけのある特別永住者は{count:,}人。",
            f"{count:,} special permanent residents have an abode there and no resident record.",
        )
    ]
