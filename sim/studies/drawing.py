"""Draws of one of a few values by weight."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np

V = TypeVar("V")


class Weighted(Generic[V]):
    """A few values with their weights."""

    def __init__(self, rows: Sequence[tuple[V, float]]) -> None:
        total = sum(weight for _, weight in rows)
        self.values = [value for value, _ in rows]
        self._steps = list(itertools.accumulate(weight / total for _, weight in rows))

    def draw(self, draw: np.random.Generator) -> V:
        """One of the values; takes one number from the stream."""
        place = bisect.bisect_right(self._steps, draw.random())
        return self.values[min(place, len(self.values) - 1)]
