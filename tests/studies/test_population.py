"""People who do not exist, the same in every run."""

from __future__ import annotations

import re

from sim.base.streams import Streams
from sim.exchange.birth import latest_day
from sim.law.kinds import PersonClass
from sim.studies.population import BLOCK, Population
from sim.studies.scenario import loading

SHINJUKU = loading.load("shinjuku-2019")


def people(seed: int = 1) -> Population:
    return Population(SHINJUKU, Streams(seed))


def test_a_person_is_the_same_whether_or_not_others_were_looked_at() -> None:
    whole = people()
    everybody = whole.initial()
    assert len(everybody) == 42_157
    assert people().person(3 * BLOCK + 5) == everybody[3 * BLOCK + 5]
    assert people(2).person(5) != everybody[5]


def test_names_are_latin_capitals_and_card_numbers_are_unique_and_well_formed() -> None:
    everybody = people().initial()
    assert all(re.fullmatch(r"[A-Z][A-Z '-]+", person.name) for person in everybody)
    assert all(re.fullmatch(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", person.card_number) for person in everybody)
    assert len({person.card_number for person in everybody}) == len(everybody)
    assert len({person.ref for person in everybody}) == len(everybody)


def test_a_card_number_differs_at_each_issue_and_is_nobody_elses() -> None:
    population = people()
    numbers = {population.card_number(person, issue) for person in range(500) for issue in range(20)}
    assert len(numbers) == 500 * 20


def test_shares_come_out_as_the_scenario_says() -> None:
    everybody = people().initial()
    special = [p for p in everybody if p.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT]
    assert abs(len(special) / len(everybody) - 0.04) < 0.005
    assert all(p.period_until is None and p.nationality == "KOR" for p in special)
    chinese = sum(p.nationality == "CHN" for p in everybody) / len(everybody)
    assert abs(chinese - 0.34 * 0.96) < 0.01


def test_everybody_was_born_and_lives_in_the_municipality() -> None:
    everybody = people().initial()
    assert all(latest_day(person.birth_date) < SHINJUKU.start for person in everybody)
    assert all(person.address.startswith("東京都新宿区") for person in everybody)
