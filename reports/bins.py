"""Whole hours into columns of a histogram, with an honest last column for a long tail.

Nothing is cut off: when a few cases lie far out, the last column holds all of them from its edge on, and
says so. Widths are round in the unit that is shown (hours or days).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from sim.studies.measures import Distribution

HOUR: Final = 1
DAY: Final = 24

MOST: Final = 32
"""More columns than this are not told apart."""

FEWEST: Final = 6

_STEPS: Final = {HOUR: (1, 2, 3, 6, 12, 24, 48, 72), DAY: (1, 2, 5, 10, 20, 50, 100)}


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal columns from zero on. `unit` and `width` in hours: column i is [i·width, (i+1)·width).

    `tail` counts what lies at or beyond `edge`, the end of the last equal column; None without a tail.
    """

    unit: int
    width: int
    counts: tuple[int, ...]
    tail: int | None
    longest: int

    @property
    def edge(self) -> int:
        return self.width * len(self.counts)

    @property
    def total(self) -> int:
        return sum(self.counts) + (self.tail or 0)


def step(covered: int, unit: int, most: int) -> int:
    """The smallest round number of units that cuts `covered` units into at most `most` pieces."""
    for size in _STEPS[unit]:
        if covered <= size * most:
            return size
    largest = _STEPS[unit][-1]
    return largest * ceil(covered / (largest * most))


def bins(distribution: Distribution, unit: int) -> Bins | None:
    """Columns for a distribution, or None when it holds nothing.

    The tail opens when showing all would make the axis half as long again as 99 % of the cases need.
    """
    near = distribution.quantile(0.99)
    if near is None or distribution.total == 0:
        return None
    ordered = distribution.ordered()
    longest = ordered[-1][0]
    everything, most_of_it = longest // unit + 1, near // unit + 1
    covered = most_of_it if everything > 1.5 * most_of_it and everything > MOST else everything
    width = step(covered, unit, MOST)
    counts = [0] * max(FEWEST, ceil(covered / width))
    tail = 0
    for hours, times in ordered:
        place = hours // (width * unit)
        if place < len(counts):
            counts[place] += times
        else:
            tail += times
    return Bins(unit, width * unit, tuple(counts), tail or None, longest)
