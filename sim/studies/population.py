"""People who do not exist: as many as a scenario asks for, each the same in every run of one seed.

People are made in blocks, each from a stream of its own, so the 50,000th person is the same whether or
not the others were ever looked at. Names come from Faker's lists and are written in Latin capitals, the
rule for residence cards; numbers of cards have the public form (two letters, eight digits, two letters).
"""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from sim.base.streams import Streams
from sim.law.kinds import PersonClass
from sim.nodes.messages.people import Person
from sim.studies.drawing import Weighted
from sim.studies.scenario import Scenario

BLOCK: Final = 2048
_POOL: Final = 160
_LETTERS: Final = "ABCDEFGHIJKLMNPRSTUVWXYZ"

# Which of Faker's lists stands for a nationality.
_LOCALES: Final = {
    "CHN": "zh_CN",
    "TWN": "zh_TW",
    "VNM": "vi_VN",
    "IND": "en_IN",
    "PHL": "fil_PH",
    "THA": "en_TH",
    "IDN": "id_ID",
    "FRA": "fr_FR",
}
# Faker has no Latin list for these: families, given names.
_LISTED: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "KOR": (
        (
            "KIM",
            "LEE",
            "PARK",
            "CHOI",
            "JEONG",
            "KANG",
            "CHO",
            "YOON",
            "JANG",
            "LIM",
            "HAN",
            "OH",
            "SEO",
            "SHIN",
            "KWON",
            "HWANG",
            "AN",
            "SONG",
            "RYU",
            "HONG",
        ),
        (
            "MINJUN",
            "SEOYEON",
            "JIHO",
            "SOOJIN",
            "HYUNWOO",
            "JIWON",
            "DONGHYUN",
            "YEJIN",
            "SEONGMIN",
            "HAEUN",
            "TAEYANG",
            "EUNJI",
        ),
    ),
    "NPL": (
        (
            "SHRESTHA",
            "GURUNG",
            "TAMANG",
            "RAI",
            "THAPA",
            "MAGAR",
            "KHADKA",
            "ADHIKARI",
            "KARKI",
            "POUDEL",
            "BASNET",
            "BHATTARAI",
        ),
        (
            "ANITA",
            "BISHAL",
            "SUNITA",
            "RAJESH",
            "PRAKASH",
            "SITA",
            "RAMESH",
            "GITA",
            "DIPAK",
            "SABINA",
            "KIRAN",
            "NABIN",
        ),
    ),
    "MMR": (
        ("AUNG", "HTUN", "KYAW", "WIN", "ZAW", "NAING", "SOE", "TUN", "OO", "LWIN", "MYINT", "HTET"),
        ("MIN", "THANDAR", "PHYO", "KHIN", "SU", "THET", "YE", "WAI", "HNIN", "NAY", "SANDAR", "MOE"),
    ),
}
# Invented, as are all who live there.
STATUSES: Final = (
    ("留学", 0.34),
    ("技術・人文知識・国際業務", 0.18),
    ("永住者", 0.17),
    ("家族滞在", 0.13),
    ("技能", 0.05),
    ("日本人の配偶者等", 0.05),
    ("定住者", 0.04),
    ("特定活動", 0.04),
)
FEMALE: Final = 0.49
AGE_SHAPE: Final = 6.0
AGE_SCALE: Final = 5.2
OLDEST: Final = 95
YOUNGEST_SPECIAL: Final = 25
SPECIAL_NATIONALITY: Final = "KOR"
DAYS_LEFT: Final = (20, 1500)
# Beyond any newcomer of a run of ten years.
_ABODES_FROM: Final = 400_000
PERMANENT: Final = frozenset({"永住者", "特別永住者"})


class Population:
    """People by number, from 0, through all municipalities of a scenario.

    The first numbers live in the first municipality at the start, the next ones in the second, and so on.
    Whoever comes later has a number from `residents` on, dealt out to the municipalities in turn, so that
    newcomers of one do not move those of another.
    """

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        self._scenario = scenario
        self._streams = streams
        self._blocks: dict[int, list[Person]] = {}
        self._pools: dict[str, tuple[Sequence[str], Sequence[str]]] = {}
        self._places = scenario.places
        # Where the numbers of each municipality begin.
        self._begins = list(itertools.accumulate((p.residents for p in self._places), initial=0))
        self.residents = self._begins[-1]

    def person(self, number: int) -> Person:
        """The person of that number, as at the scenario's start."""
        block, place = divmod(number, BLOCK)
        people = self._blocks.get(block)
        if people is None:
            people = self._blocks[block] = self._make(block)
        return people[place]

    def initial(self, city: int = 0) -> tuple[Person, ...]:
        """All who live in the municipality at the start; `city`: its place in the scenario."""
        people = [self.person(number) for number in range(self._begins[city], self._begins[city + 1])]
        rows = self._scenario.population.households
        if alone(rows) or not people:
            return tuple(people)
        sizes = Weighted(rows)
        draw = self._streams.generator("households", self._places[city].code)
        housed: list[Person] = []
        while len(housed) < len(people):
            begin = len(housed)
            members = people[begin : begin + sizes.draw(draw)]
            housed += living_together(members, members[0].address)
        return tuple(housed)

    def newcomer(self, number: int, city: int = 0) -> Person:
        """The person who comes to the municipality as number `number`, from 0, after the start."""
        return self.person(self.residents + number * len(self._places) + city)

    def abodes(self, city: int = 0) -> tuple[Person, ...]:
        """Special permanent residents who live in the municipality without a 住民票 (seed 003, line 105)."""
        people = []
        for number in range(self._places[city].abode_only):
            person = self.newcomer(_ABODES_FROM + number, city)
            people.append(
                msgspec.structs.replace(
                    person,
                    person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT,
                    nationality=SPECIAL_NATIONALITY,
                    status="特別永住者",
                    period_until=None,
                )
            )
        return tuple(people)

    def address(self, town: int, house: int, city: int = 0) -> str:
        """An address in the municipality from two drawn numbers."""
        place = self._places[city]
        block, number = house % 40 + 1, house // 40 % 20 + 1
        prefix = place.address_prefix or place.ja
        return f"{prefix}{place.towns[town % len(place.towns)]}{block}番{number}号"

    def elsewhere(self, number: int, city: int = 0) -> str:
        """An address in a municipality outside the scenario."""
        places = self._places[city].elsewhere
        return f"{places[number % len(places)]}{number // len(places) % 30 + 1}番"

    def card_number(self, number: int, issue: int) -> str:
        """The number of a person's card; it differs at each issue (入管法19条の4第2項)."""
        # 7919 is 19 modulo 100, so that a hundred issues of a million people never share a number.
        middle = (number * 100 + issue * 7919 + 12345679) % 100_000_000
        drawn, letters, count = self._streams.number("card", number, issue), _LETTERS, len(_LETTERS)
        before = letters[drawn % count] + letters[(drawn >> 8) % count]
        after = letters[(drawn >> 16) % count] + letters[(drawn >> 24) % count]
        return f"{before}{middle:08d}{after}"

    def _city_of(self, number: int) -> int:
        """In which municipality the person of that number lives at the start, or comes to live."""
        if number < self.residents:
            return bisect.bisect_right(self._begins, number) - 1
        return (number - self.residents) % len(self._places)

    def _make(self, block: int) -> list[Person]:
        scenario, shares = self._scenario, self._scenario.population
        draw = self._streams.generator("people", block)
        start = scenario.start
        codes = sorted(shares.nationalities)
        weights = [shares.nationalities[code] for code in codes]
        total = sum(weights)
        nationality = draw.choice(len(codes), BLOCK, p=[weight / total for weight in weights])
        special = draw.random(BLOCK) < shares.special_permanent_share
        sexes = draw.random(BLOCK)
        ages = draw.gamma(AGE_SHAPE, AGE_SCALE, BLOCK).clip(0, OLDEST)
        birthdays = draw.integers(0, 365, BLOCK)
        status = draw.choice(len(STATUSES), BLOCK, p=status_shares())
        until = draw.integers(*DAYS_LEFT, BLOCK)
        picks = draw.integers(0, _POOL, (BLOCK, 3))
        homes = draw.integers(0, 1 << 30, (BLOCK, 2))
        # As plain numbers: one element of an array at a time costs several times as much.
        columns = (nationality, special, sexes, ages, birthdays, status, until, picks, homes)
        drawn = zip(*(column.tolist() for column in columns), strict=True)
        people = []
        for number, (origin, is_special, sex, age, birthday, standing, left, pick, home) in enumerate(
            drawn, start=block * BLOCK
        ):
            code = SPECIAL_NATIONALITY if is_special else codes[origin]
            families, givens = self._pool(code)
            name = f"{families[pick[0] % len(families)]} {givens[pick[1] % len(givens)]}"
            if pick[2] < _POOL // 12:  # a good many people bear a third name
                name += f" {givens[pick[2] % len(givens)]}"
            what = "特別永住者" if is_special else STATUSES[standing][0]
            people.append(
                Person(
                    ref=f"P{number:07d}",
                    person_class=(
                        PersonClass.SPECIAL_PERMANENT_RESIDENT
                        if is_special
                        else PersonClass.MID_LONG_TERM_RESIDENT
                    ),
                    name=name,
                    birth_date=_birth(start, max(age, YOUNGEST_SPECIAL) if is_special else age, birthday),
                    sex="F" if sex < FEMALE else "M",
                    nationality=code,
                    address=self.address(home[0], home[1], self._city_of(number)),
                    card_number=self.card_number(number, 0),
                    status=what,
                    period_until=None if what in PERMANENT else start + timedelta(days=left),
                )
            )
        return people

    def _pool(self, nationality: str) -> tuple[Sequence[str], Sequence[str]]:
        pool = self._pools.get(nationality)
        if pool is None:
            pool = self._pools[nationality] = self._draw_names(nationality)
        return pool

    def _draw_names(self, nationality: str) -> tuple[Sequence[str], Sequence[str]]:
        if nationality in _LISTED:
            return _LISTED[nationality]
        from faker import Faker

        # Names only: the other lists take most of the time that Faker needs to begin.
        faker = Faker(_LOCALES.get(nationality, "en_US"), providers=["faker.providers.person"])
        faker.seed_instance(self._streams.number("names", nationality))
        romanized = getattr(faker, "romanized_name", None)
        families: list[str] = []
        givens: list[str] = []
        while len(families) < _POOL or len(givens) < _POOL:
            if romanized is not None:
                given, _, family = str(romanized()).rpartition(" ")
            else:
                family, given = faker.last_name(), faker.first_name()
            families += filter(None, [_capitals(family)])
            givens += filter(None, [_capitals(given)])
        return families, givens


def alone(households: Sequence[tuple[int, float]]) -> bool:
    """Whether everybody lives alone."""
    return all(persons == 1 for persons, weight in households if weight)


def living_together(members: Sequence[Person], address: str) -> tuple[Person, ...]:
    """The members as one household at the address, the eldest first and its head; who is alone has none."""
    if len(members) == 1:
        return (members[0],)
    eldest, *others = sorted(members, key=lambda person: (person.birth_date, person.ref))
    household = f"H{eldest.ref[1:]}"
    return (
        msgspec.structs.replace(eldest, household=household, head=True, address=address),
        *(msgspec.structs.replace(one, household=household, head=False, address=address) for one in others),
    )


def _capitals(name: str) -> str:
    """Latin capitals without marks, as on a card; empty when the name has none."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(c for c in plain if not unicodedata.combining(c)).upper()
    return (
        letters.strip() if letters.isascii() and letters.replace(" ", "").replace("-", "").isalpha() else ""
    )


def _birth(start: date, age: float, day: int) -> date:
    return start - timedelta(days=int(age * 365.2425) + day % 30 + 1)


def status_shares() -> list[float]:
    """The shares of `STATUSES`, which add up to one."""
    total = sum(share for _, share in STATUSES)
    return [share / total for _, share in STATUSES]
