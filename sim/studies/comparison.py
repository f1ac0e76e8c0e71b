"""Two scenarios side by side: paired differences of key figures, their confidence intervals, the answer.

Theory of operation. Replication i of both variants has the same seed, and every draw comes from a stream
named by what it is for (`sim.base.streams`), so the same people do the same things on the same days in
both; what differs is what the variant changes. The difference is therefore taken within each pair, and its
confidence interval is that of the mean of the differences (Student's t). A variant that changes nothing
gives differences of exactly zero.
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean, stdev
from typing import Final

import msgspec

from sim.base.errors import UsageError
from sim.studies.figures import KeyFigure

VERSION: Final = 1
COMPARISON_FILE: Final = "comparison.json"

# Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom, as any statistics table has them.
_T95: Final = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_T95_40: Final = 2.021
_T95_60: Final = 2.000
_T95_120: Final = 1.980
_Z95: Final = 1.960


class Variant(msgspec.Struct, frozen=True):
    """One side: the scenario's name, titles, and how it was asked for.

    `beyond`: what it plans after the last day that was run (`sim.studies.scenario.beyond`).
    """

    name: str
    title_ja: str
    title_en: str
    asked: str
    start: str
    days: int
    residents: int
    beyond: tuple[dict[str, str], ...] = ()


class Compared(msgspec.Struct, frozen=True):
    """One key figure on both sides, by replication, and the mean difference (B less A) with its interval.

    `low`, `high`: the 95 % confidence interval; None with fewer than two pairs. A replication in which a side
    has no such figure (nothing of the kind happened) is None there and counts in no pair.
    """

    key: str
    ja: str
    en: str
    unit_ja: str
    unit_en: str
    digits: int
    a: tuple[float | None, ...]
    b: tuple[float | None, ...]
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    pairs: int

    @property
    def mean_digits(self) -> int:
        """Decimals of a mean or a mean difference: at least one, where several pairs were averaged."""
        return max(self.digits, 1) if self.pairs > 1 else self.digits

    @property
    def shown(self) -> bool:
        """Whether the interval leaves zero out: a difference that chance alone does not explain."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def occurred(self) -> bool:
        """Whether it is other than zero anywhere."""
        return any((*self.a, *self.b))

    @property
    def same(self) -> bool:
        """Whether both sides are exactly equal in every replication."""
        return self.pairs > 0 and self.a == self.b


class Comparison(msgspec.Struct, frozen=True):
    """What was compared and what came out; a pure function of the scenarios, the seeds and the version.

    `assumptions`: those of A; `other_assumptions`: those of B that A does not make. `answer`: by language
    (`ja`, `en`) the sentence that answers and how far it goes (`sentence`, `detail`), and `shown` (`yes` or
    `no`): whether it says something for certain.
    """

    v: int
    a: Variant
    b: Variant
    seeds: tuple[int, ...]
    command: str
    version: str
    asked_figure: str
    figures: tuple[Compared, ...]
    assumptions: tuple[dict[str, str], ...] = ()
    other_assumptions: tuple[dict[str, str], ...] = ()
    answer: dict[str, dict[str, str]] = {}


def compared_figure(known: KeyFigure, a: list[float | None], b: list[float | None]) -> Compared:
    """The two sides of one figure, replication by replication."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    differences = [y - x for x, y in pairs]
    mean = fmean(differences) if differences else None
    low = high = None
    if mean is not None and len(differences) > 1:
        half = t95(len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
        low, high = mean - half, mean + half
    return Compared(
        known.key,
        known.ja,
        known.en,
        known.unit_ja,
        known.unit_en,
        known.digits,
        tuple(a),
        tuple(b),
        fmean(x for x, _ in pairs) if pairs else None,
        fmean(y for _, y in pairs) if pairs else None,
        mean,
        low,
        high,
        len(pairs),
    )


def t95(degrees: int) -> float:
    """The two-sided 95 % quantile of Student's t, never below the true one."""
    if degrees <= len(_T95):
        return _T95[degrees - 1]
    for most, value in ((40, _T95[-1]), (60, _T95_40), (120, _T95_60), (1000, _T95_120)):
        if degrees <= most:
            return value
    return _Z95 if degrees > 100_000 else _T95_120


FEW_PAIRS: Final = 5
"""With fewer pairs, gaps that are all equal do not choose the answer."""


def answering(comparison: Comparison) -> Compared | None:
    """The figure that answers the question: the one asked for, else the one that changed most for its size.

    Of those whose change chance does not explain, if there are any. A figure that was asked for and that one
    side does not have is given with no pair.
    """
    figures = comparison.figures
    if comparison.asked_figure:
        return next((one for one in figures if one.key == comparison.asked_figure), None)

    def change(one: Compared) -> float:
        if not one.shown or one.difference is None:
            return 0.0
        if one.low == one.high and one.pairs < FEW_PAIRS:
            return 0.0  # a few equal gaps of a small whole number are no certainty
        return abs(one.difference) / max(abs(one.mean_a or 0.0), abs(one.mean_b or 0.0))

    return max(figures, key=change, default=None)


def encode(comparison: Comparison) -> bytes:
    """The comparison as JSON, always the same bytes."""
    return msgspec.json.format(msgspec.json.encode(comparison, order="deterministic"), indent=1) + b"\n"


def read(path: Path) -> Comparison:
    """The comparison that `encode` wrote.

    Raises:
        UsageError: not readable, or no comparison of this version.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Comparison)
    except OSError as error:
        raise UsageError(
            "the comparison cannot be read", where=str(path), received=str(error.strerror)
        ) from error
    except msgspec.MsgspecError as error:
        raise UsageError("this is no comparison", where=str(path), received=str(error)) from error
    if found.v != VERSION:
        raise UsageError(
            "the comparison is of another version",
            where=str(path),
            expected=str(VERSION),
            received=str(found.v),
            remedy="run `renkei sim compare` again",
        )
    return found
