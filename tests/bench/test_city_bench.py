"""The rows on sweeps and on many cities: equal bytes and whole sums first. No test asserts a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import forty_cities, harness, run, sweeps
from bench.harness import Figure, Goal, Options, Sample, Spread, Unequal


def silent(text: str) -> None:
    """Nobody reads the progress of a test."""


def figures_of(found: list[Figure]) -> dict[str, Figure]:
    return {figure.measure: figure for figure in found}


def test_both_rows_are_in_the_table() -> None:
    assert run.ROWS["sweeps"] is sweeps
    assert run.ROWS["forty_cities"] is forty_cities


# --- sweeps ----------------------------------------------------------------------------------------------
def test_any_number_of_workers_gives_the_same_bytes() -> None:
    one, two, three = (sweeps.sweep(workers, 2, 3, 120) for workers in (1, 2, 3))
    assert one == two == three
    assert one["pairs"] == 2


def test_another_number_of_pairs_or_people_gives_other_bytes() -> None:
    """The digest is of the whole comparison, so that it cannot agree by chance."""
    digests = {sweeps.sweep(1, *sizes)["digest"] for sizes in ((2, 3, 120), (1, 3, 120), (2, 3, 121))}
    assert len(digests) == 3


def test_a_sweep_with_other_bytes_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(script: Path, workers: str, *more: str) -> Sample:
        return Sample(1.0, 1.0, 1.0, {"digest": "b" if int(workers) == sweeps.ODD else "a"})

    monkeypatch.setattr(harness, "sample", sample)
    with pytest.raises(Unequal, match="digest: 'a' ≠ 'b'"):
        sweeps.measure(Options(3, 1000, 2), silent)


def test_the_ratio_of_a_sweep_is_that_of_wall_times_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def sample(script: Path, workers: str, pairs: str, *more: str) -> Sample:
        taken.append(pairs)
        return Sample(12.0 / min(int(workers), 2), 99.0, 1.0, {"digest": "a"})

    monkeypatch.setattr(harness, "sample", sample)
    found = figures_of(sweeps.measure(Options(repeats=3), silent))
    ratio = found["one after the other / two workers"]
    assert ratio.spread == Spread(2.0, 2.0, 2.0)
    assert ratio.goal == Goal(1.8, at_least=True)
    assert set(taken) == {"50"}
    few = figures_of(sweeps.measure(Options(3, 1000, 1), silent))
    assert few["one after the other / two workers"].goal is None
    assert taken[-1] == "2"


# --- forty cities ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("cities", [10, 40])
def test_so_many_cities_of_one_size_take_part_and_add_up(cities: int) -> None:
    scenario = forty_cities.scenario_of(cities, 2, 30)
    assert [place.residents for place in scenario.places] == [30] * cities
    assert sum(place.link.pattern == "media" for place in scenario.places) == cities // 5
    outcome = forty_cities.play(cities, 2, 30)
    assert (outcome["cities"], outcome["exchanging"], outcome["unsound"]) == (cities, cities, 0)


def test_the_cost_per_city_is_that_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(script: Path, cities: str, *more: str) -> Sample:
        number = int(cities)
        return Sample(99.0, 3.0 + 0.5 * number, 100.0 + number, outcome(number))

    monkeypatch.setattr(harness, "sample", sample)
    found = figures_of(forty_cities.measure(Options(repeats=2), silent))
    assert found["cost per city, 20 cities, 30 days"].spread == Spread(500.0, 500.0, 500.0)
    growth = found["cost per city, 40 cities / 10 cities"]
    assert growth.spread == Spread(1.0, 1.0, 1.0)
    assert growth.goal == Goal(1.25)
    assert found["peak memory, 40 cities"].spread.median == 140.0
    small = figures_of(forty_cities.measure(Options(3, 1000, 1), silent))
    assert small["cost per city, 40 cities / 10 cities"].goal is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"unsound": 1}, "do not add up"), ({"exchanging": 9}, "exchanging"), ({"cities": 11}, "cities")],
)
def test_cities_that_do_not_add_up_are_not_measured(
    wrong: dict[str, int], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(script: Path, cities: str, *more: str) -> Sample:
        return Sample(1.0, 1.0, 1.0, outcome(int(cities)) | wrong)

    monkeypatch.setattr(harness, "sample", sample)
    with pytest.raises(Unequal, match=says):
        forty_cities.measure(Options(3, 1000, 1), silent)


def outcome(cities: int) -> dict[str, Any]:
    return {"cities": cities, "exchanging": cities, "unsound": 0, "lines": 7}
