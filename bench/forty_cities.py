"""Row "forty cities": what a city costs when there are ten, twenty and forty of them around one network.

As a program of its own it is one run: `forty_cities.py CITIES DAYS RESIDENTS`, with so many residents in each
city. Time is that of the processor, for the run and the measures.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import Figure, Goal, Options, Sample, Say, Unequal, spread

if TYPE_CHECKING:
    from sim.studies.scenario import Scenario

ROW: Final = "forty cities"
SEED: Final = 7
SCENARIO: Final = "forty-cities"
CITIES: Final = (10, 20, 40)
FEWEST: Final = 2
"""Cities of the run whose time is taken off: what every run costs, and moves need two."""
MOST_DAYS: Final = 30
SHARE: Final = 14
"""A city has so large a part of the residents of the command line: about 3,000 of 42,157."""
BY_MEDIA: Final = 5
"""Every fifth city carries media, so that ten, twenty and forty of them work alike."""
# Linear is a factor of 1; machines drift by a quarter.
GROWTH: Final = Goal(1.25)

NOTES: Final = (
    "forty cities: cities of one size, every fifth on media, between which people move. Cost per city is the"
    " processor time beyond that of a run of two cities, over the further cities, the keys of every end"
    " included; the quotient is 1 when cost is linear in cities.",
)


def scenario_of(cities: int, days: int, residents: int) -> Scenario:
    """The first cities of the scenario, all of one size."""
    from sim.studies.scenario import loading
    from sim.studies.scenario.places import Link

    full = loading.lasting(loading.load(SCENARIO), days)
    media = next(place.link for place in full.places if place.link.pattern == "media")
    places = tuple(
        place.model_copy(
            update={
                "residents": residents,
                "abode_only": 0,
                "link": media if number % BY_MEDIA == 0 else Link(),
            }
        )
        for number, place in enumerate(full.places[:cities])
    )
    network = full.lgwan.model_copy(update={"outages": ()})
    return full.model_copy(update={"municipalities": places, "lgwan": network})


def play(cities: int, days: int, residents: int) -> dict[str, Any]:
    """One run with its measures: what happened in it, and what does not add up."""
    from sim.studies.replications import Job, replicate

    measured = replicate(Job(scenario_of(cities, days, residents), SEED))
    balances = (*measured.balances.values(), *measured.batches.values())
    return {
        "cities": len(measured.run.sites),
        "lines": measured.journal_lines,
        "exchanging": sum(totals.batches > 0 for totals in measured.sites.values()),
        "unsound": sum(not balance.sound for balance in balances),
    }


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: a run does not add up, or a city took no part.
        CannotRun: a run failed.
    """
    days, residents = min(options.days, MOST_DAYS), max(1, options.residents // SHARE)
    samples: dict[int, list[Sample]] = {cities: [] for cities in (FEWEST, *CITIES)}
    for repeat in range(options.repeats):
        for cities, found in samples.items():
            found.append(harness.sample(Path(__file__), str(cities), str(days), str(residents)))
            _check(cities, found[-1].outcome)
        say(f"repeat {repeat + 1} of {options.repeats}: " + _told(samples))
    each = {cities: _for_each(cities, samples) for cities in CITIES}
    figures = [
        Figure(ROW, f"cost per city, {cities} cities, {days} days", "ms", spread(each[cities]))
        for cities in CITIES
    ]
    few, some, many = CITIES
    goal = GROWTH if options.full else None
    for more, limit in ((some, None), (many, goal)):
        quotient = spread(harness.ratios(each[more], each[few]))
        figures.append(Figure(ROW, f"cost per city, {more} cities / {few} cities", "×", quotient, limit))
    peak = spread([one.peak_mb for one in samples[many]])
    return [*figures, Figure(ROW, f"peak memory, {many} cities", "MB", peak)]


def _for_each(cities: int, samples: dict[int, list[Sample]]) -> list[float]:
    """Milliseconds of the processor for each city beyond the fewest, repeat by repeat."""
    pairs = zip(samples[cities], samples[FEWEST], strict=True)
    return [1000 * (one.cpu - base.cpu) / (cities - FEWEST) for one, base in pairs]


def _check(cities: int, outcome: dict[str, Any]) -> None:
    if outcome["unsound"]:
        raise Unequal(f"{cities} cities: {outcome['unsound']} balances do not add up")
    harness.assert_equal(
        {"cities": cities, "exchanging": cities}, {k: outcome[k] for k in ("cities", "exchanging")}
    )


def _told(samples: dict[int, list[Sample]]) -> str:
    return ", ".join(f"{cities} cities {found[-1].cpu:.1f} s" for cities, found in samples.items())


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]]
    harness.report(lambda: play(numbers[0], numbers[1], numbers[2]))
