"""Columns of a histogram: nothing is lost, and a tail is opened only when it helps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.bins import DAY, FEWEST, HOUR, MOST, bins
from sim.studies.measures import Distribution

Hours = Callable[..., Distribution]


def test_no_cases_have_no_columns() -> None:
    assert bins(Distribution(), HOUR) is None


@given(st.dictionaries(st.integers(0, 20_000), st.integers(1, 500), min_size=1), st.sampled_from([HOUR, DAY]))
def test_every_case_is_in_one_column(counts: dict[int, int], unit: int) -> None:
    found = bins(Distribution({str(hours): times for hours, times in counts.items()}), unit)
    assert found is not None
    assert found.total == sum(counts.values())
    assert FEWEST <= len(found.counts) <= MOST
    for column, count in enumerate(found.counts):
        low, high = column * found.width, (column + 1) * found.width
        assert count == sum(times for hours, times in counts.items() if low <= hours < high)
    assert (found.tail or 0) == sum(times for hours, times in counts.items() if hours >= found.edge)


@pytest.mark.parametrize(
    ("unit", "hour", "column"),
    [(HOUR, 0, 0), (HOUR, 5, 5), (DAY, 23, 0), (DAY, 24, 1), (DAY, 47, 1)],
)
def test_a_column_begins_with_its_first_hour(unit: int, hour: int, column: int, hours: Hours) -> None:
    found = bins(hours(hour), unit)
    assert found is not None
    assert found.counts[column] == 1


def test_a_few_far_cases_go_into_a_tail(hours: Hours) -> None:
    spans = hours(*(day * 24 for day in range(20) for _ in range(20)), 24 * 300)
    found = bins(spans, DAY)
    assert found is not None
    assert found.width == DAY
    assert found.edge == 20 * 24
    assert found.tail == 1
    assert found.longest == 24 * 300


def test_without_far_cases_there_is_no_tail(hours: Hours) -> None:
    found = bins(hours(*(day * 24 for day in range(30))), DAY)
    assert found is not None
    assert found.tail is None
