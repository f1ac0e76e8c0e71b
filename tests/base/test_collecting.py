"""The collector searches seldom inside the block, and afterwards as before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from sim.base import collecting


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_failure_inside_leaves_the_collector_as_it_was() -> None:
    gc.set_threshold(701, 11, 12)
    with pytest.raises(ValueError, match="spoiled"), collecting.seldom():
        raise ValueError("spoiled")
    assert gc.get_threshold() == (701, 11, 12)


@pytest.mark.parametrize("interval", [0, collecting.SELDOM + 1])
def test_whoever_wants_fewer_searches_or_none_keeps_that(interval: int) -> None:
    gc.set_threshold(interval, 11, 12)
    with collecting.seldom():
        assert gc.get_threshold() == (interval, 11, 12)
    assert gc.get_threshold() == (interval, 11, 12)


def test_searches_are_seldom_inside_and_also_inside_of_that() -> None:
    gc.set_threshold(701, 11, 12)
    with collecting.seldom():
        with collecting.seldom():
            assert gc.get_threshold() == (collecting.SELDOM, 11, 12)
        assert gc.get_threshold() == (collecting.SELDOM, 11, 12)
    assert gc.get_threshold() == (701, 11, 12)
