"""How much falls to whom: foreign residents of each municipality, and its share of a night's records.

No table of foreign residents by municipality comes with the harness. A few figures are public and cited
(`CITED`); the rest of the national total is spread over the others by rank: the one of rank r has a share in
proportion to 1 / (r + `FLAT`) ** `STEEP`, and which municipality has which rank is drawn: wards and core
cities (中核市) come first, then cities, towns, villages, since which are large is known; luck mixes them. The
sum is exact, and the same seed gives the same figures. It is an assumption, and every report lists it.

Records fall to municipalities as residents do: each of a night's records is drawn for one of them. So a
village has none on most nights and one on some, as in life, and the sum is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from load.municipalities import municipalities
from load.results import SizeClass, Words
from sim.base.streams import Streams
from sim.studies.public_figures import REGISTER_2024

NATION: Final = int(REGISTER_2024.value)
"""Foreign residents in the registers on 1 January 2024."""


class Cited(NamedTuple):
    """A public figure of one municipality."""

    code: str
    residents: int
    source_ja: str
    source_en: str


CITED: Final = (
    Cited(
        "131041",
        42_157,
        "新宿区の外国人住民（2019年4月1日、新宿区の資料）",
        "foreign residents of Shinjuku City on 1 April 2019, as the city told",
    ),
)
"""Figures that are used as they are."""

FLAT: Final = 150
STEEP: Final = 2.8
"""The shape of the distribution by rank: assumed, so that none has more than the cited ones, about a hundred
have 10,000 and more, and half have fewer than some 150."""

CLASSES: Final = (
    SizeClass(id="largest", least=10_000, ja="1万人以上", en="10,000 and more"),
    SizeClass(id="large", least=1_000, ja="1,000人から9,999人", en="1,000 to 9,999"),
    SizeClass(id="middle", least=100, ja="100人から999人", en="100 to 999"),
    SizeClass(id="small", least=0, ja="100人未満", en="under 100"),
)
"""Sizes of municipalities by their foreign residents, the largest first."""


def size_class(residents: int) -> SizeClass:
    """The size of a municipality with so many foreign residents."""
    return next(one for one in CLASSES if residents >= one.least)


_AHEAD: Final = {"core_city": 0, "ward": 0, "city": 400, "town": 1_300, "village": 1_900}
_LUCK: Final = 900
"""Where a kind begins in the ranking, and by how many places luck moves one back from there at most."""


def residents(seed: int) -> dict[str, int]:
    """Foreign residents of all municipalities, by code; the sum is `NATION`. The same for the same seed."""
    return dict(_residents(seed))


@lru_cache(maxsize=8)
def _residents(seed: int) -> dict[str, int]:
    cited = {one.code: one.residents for one in CITED}
    others = [one for one in municipalities() if one.code not in cited]
    luck = Streams(seed).generator("load", "residents").random(len(others))
    places = {
        one.code: _AHEAD[one.kind] + float(drawn) * _LUCK for one, drawn in zip(others, luck, strict=True)
    }
    ranked = sorted(others, key=lambda one: (places[one.code], one.code))
    weights = [1 / (rank + FLAT) ** STEEP for rank in range(len(ranked))]
    shares = apportioned(NATION - sum(cited.values()), weights)
    found = dict(zip((one.code for one in ranked), shares, strict=True)) | cited
    return {one.code: found[one.code] for one in municipalities()}


def apportioned(total: int, weights: Sequence[float]) -> list[int]:
    """A total in whole parts by weight: largest remainders first, ties to the earlier. The sum is exact."""
    whole = sum(weights)
    if not weights or whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(value) for value in exact]
    short = total - sum(parts)
    nearest = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in nearest[:short]:
        parts[at] += 1
    return parts


def records(total: int, people: dict[str, int], seed: int, night: int = 0) -> dict[str, int]:
    """The records of one night by code: each drawn by the residents. The sum is `total`."""
    codes = list(people)
    nation = sum(people.values())
    if not nation:
        return dict(zip(codes, apportioned(total, [1.0] * len(codes)), strict=True))
    draw = Streams(seed).generator("load", "records", night)
    counts = draw.multinomial(total, [people[code] / nation for code in codes])
    return {code: int(count) for code, count in zip(codes, counts, strict=True)}


def assumptions() -> tuple[Words, ...]:
    """What the volumes rest on, for the report."""
    cited = "、".join(f"{one.source_ja} {one.residents:,}人" for one in CITED)
    cited_en = "; ".join(f"{one.source_en}: {one.residents:,}" for one in CITED)
    return (
        Words(
            ja=f"外国人住民は全国{NATION:,}人とし、市区町村別の数は順位による分布"
            f"（順位rに1/(r+{FLAT})の{STEEP}乗の比。区と中核市、市、町、村の順に抽せん）で配分した仮定であり、"
            f"実際の数ではない。公表値を用いたもの: {cited}。",
            en=f"Foreign residents: {NATION:,} in the country; those of each municipality follow an assumed"
            f" distribution by rank (in proportion to 1/(r+{FLAT})^{STEEP}; wards and core cities are drawn"
            f" first, then cities, towns, villages) and are not the real ones. As published: {cited_en}.",
            source_ja=f"{REGISTER_2024.source_ja}、配分は仮定",
            source_en=f"{REGISTER_2024.source_en}; the distribution is assumed",
        ),
        Words(
            ja="レコードは外国人住民の数に比例して各市区町村に生じる。出入国在留管理庁通知は含まない。",
            en="Records arise in proportion to foreign residents. Agency notices are not included.",
            source_ja="仮定",
            source_en="assumption",
        ),
    )
