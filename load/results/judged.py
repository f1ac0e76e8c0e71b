"""Which rate is enough, what was asked of the run, and the answers."""

from __future__ import annotations

from typing import Final, Literal

from load.results.parts import Part, Words


class Trial(Part, frozen=True, kw_only=True):
    """All municipalities of a size at one rate. `in_time`: those done inside the window of the run.

    `heaviest`: the code of the one that carried most, with what it carried. `measured`: how long its exchange
    took, from start to acknowledgement, None if it never ended; `modelled`: how long the line of the studies
    (`sim.studies.line_rates`) would be busy with the same bytes.
    """

    rate: int
    size_class: str
    endpoints: int
    in_time: int
    heaviest: str
    transfers: int
    size: int
    measured: int | None
    modelled: int


class RateAnswer(Part, frozen=True, kw_only=True):
    """The smallest rate that is enough for a size of municipality.

    `measured`: the smallest tried at which every municipality of the size was done inside the window of the
    run, and at all faster ones; `below`: the largest tried that was not enough; None for none.

    `night`: the smallest of the usual rates (`usual`) at which the heaviest one's night fits what a real
    night leaves it (`available`), by the model times `overhead`, what the run measured over what the model
    says at the slowest line; None if none of them is enough.
    """

    size_class: str
    endpoints: int
    heaviest: str
    transfers: int
    size: int
    measured: int | None
    below: int | None
    night: int | None
    overhead: float
    available: int
    usual: tuple[int, ...]


Kind = Literal[
    "lost",
    "doubled",
    "rest",
    "unfinished",
    "margin",
    "percentile",
    "failed_share",
    "late_share",
    "dropped",
    "generator_cpu",
    "generator_lag",
    "server_errors",
    "memory_growth",
    "rates_found",
]
OF_GENERATOR: Final[frozenset[Kind]] = frozenset({"late_share", "dropped", "generator_cpu", "generator_lag"})
"""Limits on the load generator itself: beyond them it measured itself."""

Unit = Literal["count", "us", "share"]
Outcome = Literal["pass", "fail", "not_judged"]
"""Of a run."""
Found = Literal["pass", "fail", "not_judged", "too_few"]
"""Of a limit. `not_judged`: what should have been measured was not, or not soundly; `too_few`: the run was
planned too small for it, and so it decides nothing."""


class Threshold(Part, frozen=True, kw_only=True):
    """A limit. `limit`: at most this, but for `margin` and `rates_found`, at least this. `phase`,
    `percentile` and `corrected` belong to `percentile`. `requirement`: the row that it answers, or empty.

    Units: `margin` is a share of the window; shares are from 0 to 1; percentiles and lags microseconds.
    """

    id: str
    kind: Kind
    limit: float
    requirement: str = ""
    phase: str = ""
    percentile: float = 0.0
    corrected: bool = True


class Judged(Part, frozen=True, kw_only=True):
    """A threshold with its outcome. `value`: what was measured; None when there was nothing to measure, and
    then `why` says so."""

    threshold: Threshold
    outcome: Found
    unit: Unit
    value: float | None = None
    why: Words | None = None
