"""The smallest sufficient rate: bracketed by what was tried, worked out by the model for a real night."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from load import rates, shapes, volumes
from load.results import Completion, Trial
from sim.nodes.lgwan.lines import Line
from sim.studies.line_rates import Night, smallest_rate
from tests.load.samples import results

SHAPE = shapes.load("slow-lines")


def completion(code: str, size: int, took: int | None, residents: int = 50_000) -> Completion:
    return Completion(
        code=code,
        name="",
        prefecture="",
        size_class=volumes.size_class(residents).id,
        residents=residents,
        planned=1,
        intended=0,
        start=1_000,
        done=None if took is None else 1_000 + took,
        bytes_up=size,
        transfers=2,
    )


def trial(rate: int, in_time: int, measured: int | None = 1_000, modelled: int = 1_000) -> Trial:
    return Trial(
        rate=rate,
        size_class="largest",
        endpoints=5,
        in_time=in_time,
        heaviest="131041",
        transfers=2,
        size=80_000,
        measured=measured,
        modelled=modelled,
    )


def answer(rows: Sequence[Trial]) -> tuple[int | None, int | None]:
    (one,) = rates.answers(rows, SHAPE)
    return one.below, one.measured


def test_a_trial_counts_who_was_done_in_time_and_names_the_heaviest_with_what_it_took() -> None:
    rows = [
        completion("131041", 90_000, 5_000_000),
        completion("131059", 95_000, 40_000_000),
        completion("131067", 10_000, None),
        completion("011011", 500, 1_000, residents=5),
    ]
    largest, small = rates.trials(64_000, 25_000, 30_000_000, rows, volumes.CLASSES)
    assert (largest.endpoints, largest.in_time, largest.heaviest) == (3, 1, "131059")
    assert largest.measured == 40_000_000
    assert largest.modelled == Night(2, 95_000).duration(Line(64_000, 25_000))
    assert (small.size_class, small.endpoints, small.in_time) == ("small", 1, 1)


@pytest.mark.parametrize(
    ("in_time", "found"),
    [
        ((5, 5, 5), (None, 32)),
        ((0, 5, 5), (32, 64)),
        ((0, 4, 5), (64, 128)),
        ((0, 0, 0), (128, None)),
        ((5, 4, 5), (64, 128)),  # a slower line that was enough by luck is no answer
    ],
)
def test_the_answer_lies_above_every_rate_that_was_not_enough(
    in_time: tuple[int, ...], found: tuple[int | None, int | None]
) -> None:
    rows = [trial(rate, done) for rate, done in zip((32, 64, 128), in_time, strict=True)]
    assert answer(rows) == found
    assert answer(rows[::-1]) == found


def test_a_real_night_is_worked_out_by_the_line_of_the_studies() -> None:
    (one,) = rates.answers([trial(32_000, 5)], SHAPE)
    assert one.available == 8.5 * 3_600 * 1_000_000
    assert one.overhead == 1.0
    assert one.night == smallest_rate(rates.USUAL, Night(2, 80_000), 25_000, one.available) == 64_000


def test_what_an_exchange_takes_beyond_the_model_raises_the_rate() -> None:
    heavy = [
        Trial(
            rate=1_500_000,
            size_class="largest",
            endpoints=1,
            in_time=1,
            heaviest="131041",
            transfers=2,
            size=240_000_000,
            measured=3_000_000,
            modelled=1_000_000,
        )
    ]
    plain = smallest_rate(
        rates.USUAL, Night(2, 240_000_000), 25_000, rates.answers(heavy, SHAPE)[0].available
    )
    (one,) = rates.answers(heavy, SHAPE)
    assert one.overhead == 3.0
    assert plain == 64_000
    assert one.night == 256_000


def test_none_of_the_usual_rates_may_be_enough() -> None:
    heavy = trial(32_000, 5)
    beyond = [Trial(**{field: getattr(heavy, field) for field in heavy.__struct_fields__} | {"size": 10**15})]
    assert rates.answers(beyond, SHAPE)[0].night is None


def test_exchanges_that_never_ended_say_nothing_of_the_overhead() -> None:
    rows = [trial(32, 0, measured=None), trial(64, 5, measured=2_000)]
    (one,) = rates.answers(rows, SHAPE)
    assert one.overhead == 2.0
    (alone,) = rates.answers([trial(32, 0, measured=None)], SHAPE)
    assert alone.overhead == 1.0


def test_each_size_has_its_answer_and_larger_ones_need_no_less() -> None:
    found = results("slow-lines").rates
    assert [one.size_class for one in found] == ["largest", "large", "middle", "small"]
    measured = [one.measured or 0 for one in found]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > measured[-1]
