"""Which line is enough: from runs of one shape at several rates to an answer for each size of municipality.

A run at one rate gives a `Trial` for each size: how many were done in its window, and what the one with most
to carry carried and how long that took. The line of the studies (`sim.studies.line_rates`) says how long the
same bytes would keep a line busy; what a real exchange takes on top (connecting, headers, waiting for the
server) shows as measured over modelled, at the slowest rate, where the line decides. A real night is longer
than the window of the run, so what it needs is worked out by the model, with that share on top.

Source: asked in seed 001, line 26 (S1-005).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from load.plan import left_to_the_last
from load.results import Completion, RateAnswer, SizeClass, Trial
from load.shapes import Shape
from sim.nodes.lgwan.lines import Line
from sim.studies.line_rates import Night, smallest_rate

USUAL: Final = tuple(
    rate * 1_000 for rate in (64, 128, 256, 512, 1_000, 1_500, 3_000, 6_000, 10_000, 30_000, 100_000)
)
"""Rates of access lines, bits a second."""


def trials(
    rate: int, latency: int, end: int, completion: Iterable[Completion], classes: Sequence[SizeClass]
) -> tuple[Trial, ...]:
    """What a run at one rate says of each size. `end`: of its window; `latency`: one way; microseconds."""
    rows = list(completion)
    found = []
    for size in classes:
        mine = [one for one in rows if one.size_class == size.id]
        if not mine:
            continue
        most = max(mine, key=lambda one: (one.bytes_up + one.bytes_down, one.transfers, one.code))
        carried = Night(most.transfers, most.bytes_up + most.bytes_down)
        found.append(
            Trial(
                rate=rate,
                size_class=size.id,
                endpoints=len(mine),
                in_time=sum(one.done is not None and one.done <= end for one in mine),
                heaviest=most.code,
                transfers=carried.transfers,
                size=carried.size,
                measured=None if most.done is None or most.start is None else most.done - most.start,
                modelled=carried.duration(Line(rate, latency)),
            )
        )
    return tuple(found)


def answers(tried: Sequence[Trial], shape: Shape) -> tuple[RateAnswer, ...]:
    """The smallest sufficient rate of each size, from the trials at all rates."""
    found = []
    for size in dict.fromkeys(one.size_class for one in tried):
        rows = sorted((one for one in tried if one.size_class == size), key=lambda one: one.rate)
        short = [one.rate for one in rows if one.in_time < one.endpoints]
        below = max(short, default=None)
        enough = [one.rate for one in rows if below is None or one.rate > below]
        heaviest = max(rows, key=lambda one: (one.size, one.rate))
        overhead = _overhead(rows)
        available = left_to_the_last(shape)
        found.append(
            RateAnswer(
                size_class=size,
                endpoints=max(one.endpoints for one in rows),
                heaviest=heaviest.heaviest,
                transfers=heaviest.transfers,
                size=heaviest.size,
                measured=min(enough, default=None),
                below=below,
                night=smallest_rate(
                    USUAL,
                    Night(heaviest.transfers, heaviest.size),
                    shape.lines.latency_ms * 1_000,
                    int(available / overhead),
                ),
                overhead=round(overhead, 3),
                available=available,
                usual=USUAL,
            )
        )
    return tuple(found)


def _overhead(rows: Sequence[Trial]) -> float:
    """Measured over modelled at the slowest rate at which the exchange ended; never under 1."""
    ended = [one for one in rows if one.measured is not None and one.modelled]
    slowest = min(ended, key=lambda one: one.rate, default=None)
    if slowest is None or slowest.measured is None:
        return 1.0
    return max(1.0, slowest.measured / slowest.modelled)
