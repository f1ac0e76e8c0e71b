"""What must hold of a load test, and whether it does: a pure function of the results.

A limit whose figure was not measured is not judged, and says why. When the load generator itself was beyond
its limits, how long things took tells of the generator as much as of the server: then the limits on time are
not judged either, while what was lost or doubled still is. The same holds for a run that ended early.

A limit for which the run was not planned large enough (a 99th percentile of thirty exchanges) is told as such
and decides nothing: whoever runs a small test asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from load.results import (
    OF_GENERATOR,
    Judged,
    Kind,
    Night,
    Outcome,
    Results,
    Threshold,
    Unit,
    Words,
    quantiles,
)

ON_TIME: Final[frozenset[Kind]] = frozenset({"margin", "percentile", "unfinished"})
"""Limits that a generator in trouble takes the ground from."""
NOT_WHEN_CUT: Final[frozenset[Kind]] = ON_TIME | {"failed_share", "memory_growth", "rates_found"}
"""Limits that say nothing of a run that ended early."""
AT_LEAST: Final[frozenset[Kind]] = frozenset({"margin", "rates_found"})
"""Limits that the figure has to reach; the others it may not exceed."""

EXIT_CODES: Final[dict[Outcome, int]] = {"pass": 0, "fail": 1, "not_judged": 2}


NIGHTS_FOR_GROWTH: Final = 5
"""Growth is told by fifths of a run, and each of them has to hold a night."""


class _Found(NamedTuple):
    """A figure, or why there is none. `failed`: its absence is the failure; `few`: the run was too small."""

    value: float | None
    why: Words | None = None
    failed: bool = False
    few: bool = False


_GENERATOR: Final = Words(
    ja="負荷生成側が限界を超えたため、時間は判定できない。",
    en="The load generator was beyond its limits, so times cannot be judged.",
)


_CUT: Final = Words(
    ja="実行が途中で終了したため、判定できない。", en="The run ended early, so this cannot be judged."
)


def judge(results: Results, limits: Sequence[Threshold]) -> Results:
    """The results with each limit judged."""
    generator = [_judged(results, limit) for limit in limits if limit.kind in OF_GENERATOR]
    doubtful = any(one.outcome == "fail" for one in generator)

    def doubt(limit: Threshold) -> Words | None:
        if results.run.stopped and limit.kind in NOT_WHEN_CUT:
            return _CUT
        return _GENERATOR if doubtful and limit.kind in ON_TIME else None

    judged = tuple(_judged(results, limit, doubt(limit)) for limit in limits)
    return msgspec.structs.replace(results, judged=judged)


def exit_code(results: Results) -> int:
    """0 everything held; 1 something did not; 2 it could not be judged, which is nobody's fault but ours."""
    return EXIT_CODES[results.outcome]


def _judged(results: Results, limit: Threshold, doubt: Words | None = None) -> Judged:
    unit, measure = _MEASURES[limit.kind]
    found = measure(results, limit)
    if found.few:
        return Judged(threshold=limit, outcome="too_few", unit=unit, why=found.why)
    if found.value is None and not found.failed:
        return Judged(threshold=limit, outcome="not_judged", unit=unit, why=found.why)
    if doubt is not None:
        return Judged(threshold=limit, outcome="not_judged", unit=unit, value=found.value, why=doubt)
    if found.value is None:
        return Judged(threshold=limit, outcome="fail", unit=unit, why=found.why)
    holds = found.value >= limit.limit if limit.kind in AT_LEAST else found.value <= limit.limit
    return Judged(threshold=limit, outcome="pass" if holds else "fail", unit=unit, value=found.value)


# --- what became of it -----------------------------------------------------------------------------
_NOTHING: Final = Words(ja="送るものがなかった。", en="There was nothing to send.")


def _both(figure: Callable[[Results], int]) -> Callable[[Results, Threshold], _Found]:
    """A figure over batches and records, where any were planned."""

    def measure(results: Results, _: Threshold) -> _Found:
        if not results.batches.planned and not results.records.planned:
            return _Found(None, _NOTHING)
        return _Found(float(figure(results)))

    return measure


def _lost(results: Results) -> int:
    return results.batches.lost + results.records.lost


def _doubled(results: Results) -> int:
    return results.batches.doubled + results.records.doubled


def _rest(results: Results) -> int:
    return abs(results.batches.rest) + abs(results.records.rest)


# --- the window ------------------------------------------------------------------------------------
def _held(results: Results) -> list[Night]:
    return [night for night in results.window.nights if night.endpoints]


def _unfinished(results: Results, _: Threshold) -> _Found:
    nights = _held(results)
    if not nights:
        return _Found(None, _NOTHING)
    return _Found(float(sum(night.endpoints - night.finished for night in nights)))


def _margin(results: Results, _: Threshold) -> _Found:
    """The smallest margin of all nights, as a share of the window."""
    nights = _held(results)
    if not nights:
        return _Found(None, _NOTHING)
    shares = [_share_left(night) for night in nights]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        why = Words(
            ja="時間帯の内に終わらなかった市区町村がある夜には、余裕がない。",
            en="A night in which some municipality was not done has no margin.",
        )
        return _Found(min((share for share in known if share < 0), default=None), why, failed=True)
    return _Found(min(known))


def _share_left(night: Night) -> float | None:
    """The margin of a night as a share of its window; none when somebody was never done."""
    if night.margin is None or night.end <= night.start:
        return None
    if night.margin >= 0 and night.finished < night.endpoints:
        return None
    return night.margin / (night.end - night.start)


# --- how long it took ------------------------------------------------------------------------------
def _percentile(results: Results, limit: Threshold) -> _Found:
    needed = 1 / (1 - limit.percentile / 100) - 1e-6 if limit.percentile < 100 else 1.0
    if 0 < (planned := _exchanges(results)) < needed:
        why = Words(
            ja=f"{limit.percentile:g}パーセンタイルを見るには、計画した件数（{planned:,}件）が少ない。",
            en=f"Too few were planned for the {limit.percentile:g}th percentile: {planned:,}.",
        )
        return _Found(None, why, few=True)
    phase = next((one for one in results.phases if one.id == limit.phase), None)
    spans = None if phase is None else phase.corrected if limit.corrected else phase.uncorrected
    if phase is None or spans is None or not spans.count:
        why = Words(
            ja=f"「{limit.phase}」は計測されなかった。", en=f"The phase {limit.phase!r} was not measured."
        )
        return _Found(None, why)
    if spans.count < needed:
        why = Words(
            ja=f"{limit.percentile:g}パーセンタイルを見るには、終わった件数（{spans.count:,}件）が少ない。",
            en=f"Too few came to their end for the {limit.percentile:g}th percentile: {spans.count:,}.",
        )
        return _Found(None, why)
    return _Found(float(quantiles(spans, [limit.percentile])[0].value))


def _exchanges(results: Results) -> int:
    """So many were planned: each municipality's in each night, at each rate that was tried."""
    rates = len({one.rate for one in results.trials})
    return sum(night.endpoints for night in results.window.nights) * max(rates, 1)


def _failed_share(results: Results, limit: Threshold) -> _Found:
    wanted = limit.phase or "exchange"
    phase = next((one for one in results.phases if one.id == wanted), None)
    ended = 0 if phase is None else phase.failed + phase.uncorrected.count
    if phase is None or not ended:
        return _Found(None, Words(ja=f"「{wanted}」は計測されなかった。", en=f"{wanted!r} was not measured."))
    return _Found(phase.failed / ended)


def _server_errors(results: Results, _: Threshold) -> _Found:
    if not results.server.statuses:
        return _Found(None, Words(ja="サーバの応答がない。", en="The server never answered."))
    return _Found(float(sum(n for status, n in results.server.statuses.items() if status >= "500")))


def _memory_growth(results: Results, _: Threshold) -> _Found:
    """The most that the server held in the last fifth of the run over the most in its second fifth, less one:
    caches fill in the first."""
    nights = len(results.window.nights)
    if 0 < nights < NIGHTS_FOR_GROWTH:
        why = Words(
            ja=f"増加を見るには{NIGHTS_FOR_GROWTH}夜以上が要る（{nights}夜を計画した）。",
            en=f"Growth shows over {NIGHTS_FOR_GROWTH} nights or more; {nights} were planned.",
        )
        return _Found(None, why, few=True)
    held = [moment.memory for moment in results.series.moments if moment.memory]
    fifth = len(held) // 5
    if not fifth:
        why = Words(ja="サーバのメモリの記録がない。", en="The memory of the server was not recorded.")
        return _Found(None, why)
    return _Found(max(held[-fifth:]) / max(held[fifth : 2 * fifth]) - 1)


# --- the generator ---------------------------------------------------------------------------------
_NO_ARRIVALS: Final = Words(ja="負荷が生成されなかった。", en="No load was generated.")


def _of_generator(figure: Callable[[Results], float]) -> Callable[[Results, Threshold], _Found]:
    def measure(results: Results, _: Threshold) -> _Found:
        if not results.generator.arrivals:
            return _Found(None, _NO_ARRIVALS)
        return _Found(figure(results))

    return measure


# --- which rate is enough --------------------------------------------------------------------------
def _rates_found(results: Results, _: Threshold) -> _Found:
    if not results.rates:
        return _Found(None, Words(ja="回線速度を変えた試行がない。", en="No rates were tried."))
    return _Found(sum(one.night is not None for one in results.rates) / len(results.rates))


_MEASURES: Final[dict[Kind, tuple[Unit, Callable[[Results, Threshold], _Found]]]] = {
    "lost": ("count", _both(_lost)),
    "doubled": ("count", _both(_doubled)),
    "rest": ("count", _both(_rest)),
    "unfinished": ("count", _unfinished),
    "margin": ("share", _margin),
    "percentile": ("us", _percentile),
    "failed_share": ("share", _failed_share),
    "server_errors": ("count", _server_errors),
    "memory_growth": ("share", _memory_growth),
    "late_share": ("share", _of_generator(lambda r: r.generator.late / r.generator.arrivals)),
    "dropped": ("count", _of_generator(lambda r: float(r.generator.dropped))),
    "generator_cpu": ("share", _of_generator(lambda r: r.generator.cpu_most)),
    "generator_lag": (
        "us",
        _of_generator(lambda r: float(max((one.lag_p99 for one in r.generator.workers), default=0))),
    ),
    "rates_found": ("share", _rates_found),
}
