"""How long things took: HDR histograms as the file has them, and their percentiles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from load.results.parts import Part

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram


class Histogram(Part, frozen=True, kw_only=True):
    """Spans as an HDR histogram (V2, compressed, Base64: what `hdrh` and HdrHistogram read)."""

    encoded: str
    count: int
    least: int
    most: int
    mean: float


class Quantile(NamedTuple):
    """A percentile: its value, and how many of the spans lie above it."""

    percent: float
    value: int
    above: int


PERCENTS: Final = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)
LONGEST: Final = 24 * 3600 * 1_000_000
"""A histogram's range: from a microsecond to a day, to three digits."""
DIGITS: Final = 3


def packed(spans: HdrHistogram) -> Histogram:
    """A histogram as the file has it."""
    count = int(spans.get_total_count())
    return Histogram(
        encoded=spans.encode().decode("ascii"),
        count=count,
        least=int(spans.get_min_value()) if count else 0,
        most=int(spans.get_max_value()) if count else 0,
        mean=round(float(spans.get_mean_value()), 1) if count else 0.0,
    )


def unpacked(histogram: Histogram) -> HdrHistogram:
    """The histogram that `packed` took."""
    from hdrh.histogram import HdrHistogram

    return HdrHistogram.decode(histogram.encoded)


def quantiles(histogram: Histogram, percents: Sequence[float] = PERCENTS) -> list[Quantile]:
    """Percentiles of a histogram, as HdrHistogram counts them; none of an empty one."""
    if not histogram.count:
        return []
    values, reached = _steps(histogram.encoded)
    found = []
    for percent in percents:
        place = min(max(int(percent / 100 * histogram.count + 0.5), 1), histogram.count)
        value = min(values[bisect_left(reached, place)], histogram.most)
        found.append(Quantile(percent, value, histogram.count - place))
    return found


@lru_cache(maxsize=64)
def _steps(encoded: str) -> tuple[list[int], list[int]]:
    """The values that occur, rising, and how many spans are no longer than each: read once for all."""
    from hdrh.histogram import HdrHistogram

    values, reached = [], []
    for step in HdrHistogram.decode(encoded).get_recorded_iterator():
        values.append(int(step.value_iterated_to))
        reached.append(int(step.total_count_to_this_value))
    return values, reached


class Phase(Part, frozen=True, kw_only=True):
    """How long a phase of the exchange took. `corrected`: from the intended start, so that waiting for a slow
    server counts; `uncorrected`: from the real start. Phases that begin when another ends have no intended
    start of their own, and no corrected spans. `failed`: so many ended otherwise and are in neither.
    """

    id: str
    uncorrected: Histogram
    corrected: Histogram | None = None
    failed: int = 0


PHASES: Final[dict[str, tuple[str, str]]] = {
    "exchange": ("情報連携の全体", "The whole exchange"),
    "connect": ("接続（TLS）", "Connecting (TLS)"),
    "upload": ("送信から受領まで", "Upload to receipt"),
    "decision": ("受領から結果まで", "Receipt to result"),
    "download": ("結果の受信", "Download of the result"),
    "acknowledge": ("受信確認", "Acknowledgement"),
}
"""The phases, in their order, with their names in Japanese and English."""
