"""What the requirements about volume and lines are measured by: each shape's limits, and what breaks each.

S1-004 (a large volume is handled smoothly over LGWAN) and S1-005 (it is known whether the lines are fast
enough) are wishes about a nation and not about a product, so load tests measure them and no check does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec
import pytest

from conformance.register import load as register
from load import shapes
from load.results import OF_GENERATOR, Histogram, Night, Results, Threshold
from load.thresholds import NIGHTS_FOR_GROWTH, exit_code, judge
from tests.load.samples import histogram, results

Change = Callable[[Results, Threshold], Results]

LIMITS = [(name, limit) for name in shapes.names() for limit in shapes.load(name).limits]
NAMES = [f"{name}:{limit.id}" for name, limit in LIMITS]


@cache
def good(name: str) -> Results:
    """A good run of a shape: a hundred exchanges and more, of a soak a few nights."""
    found = results(name, most=30)
    if len(found.window.nights) > NIGHTS_FOR_GROWTH:
        nights = found.window.nights[:NIGHTS_FOR_GROWTH]
        found = msgspec.structs.replace(found, window=msgspec.structs.replace(found.window, nights=nights))
    return judge(found, shapes.load(name).limits)


def failing(found: Results) -> set[str]:
    return {one.threshold.id for one in found.judged if one.outcome == "fail"}


# --- one broken run for each kind of limit ---------------------------------------------------------
def _records(**counts: int) -> Change:
    """Other counts of records: so many more, or less."""

    def change(found: Results, _: Threshold) -> Results:
        other = {name: getattr(found.records, name) + more for name, more in counts.items()}
        return msgspec.structs.replace(found, records=msgspec.structs.replace(found.records, **other))

    return change


def _in_the_last_night(figures: Callable[[Night], dict[str, int]]) -> Change:
    """Other figures of the last night."""

    def change(found: Results, _: Threshold) -> Results:
        *others, last = found.window.nights
        nights = (*others, msgspec.structs.replace(last, **figures(last)))
        return msgspec.structs.replace(found, window=msgspec.structs.replace(found.window, nights=nights))

    return change


def _slow(found: Results, limit: Threshold) -> Results:
    """Two of a hundred exchanges take longer than the limit in the phase that it is about."""
    spans: Histogram = histogram([1_000] * 98 + [int(limit.limit * 1.1)] * 2)
    phases = [
        msgspec.structs.replace(one, corrected=spans) if one.id == limit.phase else one
        for one in found.phases
    ]
    return msgspec.structs.replace(found, phases=tuple(phases))


def _an_error(found: Results, _: Threshold) -> Results:
    server = msgspec.structs.replace(found.server, statuses={**found.server.statuses, "500": 1})
    return msgspec.structs.replace(found, server=server)


def _a_leak(found: Results, _: Threshold) -> Results:
    """The server holds more and more, from moment to moment."""
    moments = found.series.moments
    leaking = [
        msgspec.structs.replace(one, memory=2**20 * (100 + 100 * at // len(moments)))
        for at, one in enumerate(moments)
    ]
    return msgspec.structs.replace(
        found, series=msgspec.structs.replace(found.series, moments=tuple(leaking))
    )


def _no_rate(found: Results, _: Threshold) -> Results:
    first, *others = found.rates
    return msgspec.structs.replace(found, rates=(msgspec.structs.replace(first, night=None), *others))


def _generator(**figures: float) -> Change:
    def change(found: Results, _: Threshold) -> Results:
        worker = msgspec.structs.replace(found.generator.workers[0], **figures)
        generator = msgspec.structs.replace(found.generator, workers=(worker,))
        return msgspec.structs.replace(found, generator=generator)

    return change


MUTANTS: dict[str, Change] = {
    "lost": _records(lost=1, accepted=-1),
    "doubled": _records(doubled=1),
    "rest": _records(accepted=-1),
    "unfinished": _in_the_last_night(lambda night: {"finished": night.finished - 1}),
    "margin": _in_the_last_night(lambda night: {"last_acknowledgement": night.end - 1_000}),
    "percentile": _slow,
    "server_errors": _an_error,
    "memory_growth": _a_leak,
    "rates_found": _no_rate,
    "dropped": _generator(dropped=1),
    "late_share": _generator(late=10**6),
    "generator_cpu": _generator(cpu_most=0.95),
    "generator_lag": _generator(lag_p99=300_000),
}

# Who was not done has no margin either: one cannot fail without the other.
WITH_IT = {"unfinished": {"margin"}}


@pytest.mark.parametrize("name", shapes.names())
def test_a_good_run_of_each_shape_passes_in_everything(name: str) -> None:
    found = good(name)
    assert {one.outcome for one in found.judged} == {"pass"}
    assert exit_code(found) == 0


@pytest.mark.parametrize(("name", "limit"), LIMITS, ids=NAMES)
def test_each_limit_fails_where_what_it_is_about_is_broken_and_no_other_does(
    name: str, limit: Threshold
) -> None:
    shape = shapes.load(name)
    broken = judge(MUTANTS[limit.kind](good(name), limit), shape.limits)
    beside = {one.id for one in shape.limits if one.kind in WITH_IT.get(limit.kind, ())}
    assert failing(broken) == {limit.id} | beside
    # What is broken in the generator says nothing of what was tested.
    assert exit_code(broken) == (2 if limit.kind in OF_GENERATOR else 1)


@pytest.mark.parametrize("name", shapes.names())
def test_each_shape_answers_by_limits_what_it_says_it_answers(name: str) -> None:
    shape = shapes.load(name)
    by_limits = {limit.requirement for limit in shape.limits if limit.requirement}
    assert "S1-004" in by_limits
    assert ("S1-005" in by_limits) == (name == "slow-lines")
    assert by_limits <= set(shape.answers)
    assert all(limit.requirement for limit in shape.limits if limit.kind not in OF_GENERATOR)


@pytest.mark.parametrize("requirement", ["S1-004", "S1-005"])
def test_what_the_register_says_a_requirement_is_measured_by_has_limits_for_it(requirement: str) -> None:
    (row,) = [one for one in register().requirements if one.id == requirement]
    measuring = {name for name, limit in LIMITS if limit.requirement == requirement}
    assert measuring
    assert set(getattr(row, "measured_by", ())) <= measuring
