"""Each limit with figures just inside and just beyond it, and what is never judged at all."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from load import shapes
from load.results import (
    Balance,
    Generator,
    Judged,
    Kind,
    Phase,
    Results,
    Server,
    Threshold,
    Worker,
)
from load.thresholds import exit_code, judge
from tests.load.samples import Troubles, empty, histogram, results

GOOD = results(most=30)


def limit(
    kind: Kind, most: float, phase: str = "", percentile: float = 0, corrected: bool = True
) -> Threshold:
    return Threshold(id="it", kind=kind, limit=most, phase=phase, percentile=percentile, corrected=corrected)


def told(found: Results, asked: Threshold) -> Judged:
    (one,) = judge(found, [asked]).judged
    return one


def balance(**counts: int) -> Callable[[Results], Results]:
    return lambda found: msgspec.structs.replace(found, records=msgspec.convert(counts, Balance))


def generator(**figures: float) -> Callable[[Results], Results]:
    worker = msgspec.convert({"name": "w", "arrivals": 1_000, **figures}, Worker)
    return lambda found: msgspec.structs.replace(found, generator=Generator(tolerance=1, workers=(worker,)))


def night(**figures: int | None) -> Callable[[Results], Results]:
    def change(found: Results) -> Results:
        other = msgspec.structs.replace(found.window.nights[0], **figures)
        return msgspec.structs.replace(
            found, window=msgspec.structs.replace(found.window, nights=(found.window.nights[0], other))
        )

    return change


def nights_in_a_row(number: int) -> Results:
    nights = GOOD.window.nights * number
    return msgspec.structs.replace(GOOD, window=msgspec.structs.replace(GOOD.window, nights=nights))


def phase(spans: list[int], failed: int = 0) -> Callable[[Results], Results]:
    one = Phase(id="upload", uncorrected=histogram(spans), corrected=histogram(spans), failed=failed)
    return lambda found: msgspec.structs.replace(found, phases=(one,))


def statuses(**counts: int) -> Callable[[Results], Results]:
    by_status = {status.removeprefix("s"): count for status, count in counts.items()}
    return lambda found: msgspec.structs.replace(
        found, server=Server(store="sqlite", version="3", statuses=by_status)
    )


@pytest.mark.parametrize(
    ("change", "asked", "value", "outcome"),
    [
        (balance(planned=5, accepted=5), limit("lost", 0), 0, "pass"),
        (balance(planned=5, accepted=4, lost=1), limit("lost", 0), 1, "fail"),
        (balance(planned=5, accepted=5, doubled=2), limit("doubled", 0), 2, "fail"),
        (balance(planned=5, accepted=4), limit("rest", 0), 1, "fail"),
        (balance(planned=5, accepted=6), limit("rest", 0), 1, "fail"),
        (balance(planned=5, accepted=2, rejected=2, pending=1), limit("rest", 0), 0, "pass"),
        (night(endpoints=9, finished=9), limit("unfinished", 0), 0, "pass"),
        (night(endpoints=9, finished=7), limit("unfinished", 0), 2, "fail"),
        (night(endpoints=9, finished=7), limit("unfinished", 2), 2, "pass"),
        (night(last_acknowledgement=90_000_000), limit("margin", 0.25), 0.25, "pass"),
        (night(last_acknowledgement=90_000_001), limit("margin", 0.25), None, "fail"),
        (night(last_acknowledgement=132_000_000), limit("margin", 0), -0.1, "fail"),
        (phase([1_000] * 99 + [9_000]), limit("percentile", 1_000, "upload", 99), 1_000, "pass"),
        (phase([1_000] * 98 + [9_000] * 2), limit("percentile", 1_000, "upload", 99), 9_000, "fail"),
        (phase([1], failed=0), limit("failed_share", 0, "upload"), 0, "pass"),
        (phase([1, 1, 1], failed=1), limit("failed_share", 0.2, "upload"), 0.25, "fail"),
        (statuses(s200=7, s404=3), limit("server_errors", 0), 0, "pass"),
        (statuses(s200=7, s500=1, s503=2), limit("server_errors", 2), 3, "fail"),
        (generator(late=10), limit("late_share", 0.01), 0.01, "pass"),
        (generator(late=11), limit("late_share", 0.01), 0.011, "fail"),
        (generator(dropped=1), limit("dropped", 0), 1, "fail"),
        (generator(cpu_most=0.91), limit("generator_cpu", 0.9), 0.91, "fail"),
        (generator(cpu_most=0.9), limit("generator_cpu", 0.9), 0.9, "pass"),
        (generator(lag_p99=251_000), limit("generator_lag", 250_000), 251_000, "fail"),
    ],
)
def test_a_figure_is_compared_with_its_limit(
    change: Callable[[Results], Results], asked: Threshold, value: float | None, outcome: str
) -> None:
    one = told(change(GOOD), asked)
    assert one.outcome == outcome
    if value is not None:
        assert one.value == pytest.approx(value, rel=1e-3)


def test_the_margin_is_that_of_the_tightest_night() -> None:
    assert told(night(last_acknowledgement=119_000_000)(GOOD), limit("margin", 0)).value == pytest.approx(
        1 / 120
    )


def test_a_night_in_which_somebody_was_never_done_has_no_margin_and_fails() -> None:
    one = told(night(endpoints=9, finished=8)(GOOD), limit("margin", 0))
    assert (one.outcome, one.value) == ("fail", None)
    assert one.why is not None
    silent = told(night(last_acknowledgement=None)(GOOD), limit("margin", 0))
    assert silent.outcome == "fail"


@pytest.mark.parametrize(
    "asked",
    [
        limit("percentile", 1, "upload", 99),
        limit("percentile", 1, "nonsense", 50),
        limit("failed_share", 1, "nonsense"),
        limit("rates_found", 1),
        limit("memory_growth", 1),
    ],
)
def test_what_was_not_measured_often_enough_is_not_judged_and_says_why(asked: Threshold) -> None:
    few = msgspec.structs.replace(
        phase([5] * 99)(nights_in_a_row(5)), series=msgspec.structs.replace(GOOD.series, moments=())
    )
    one = told(few, asked)
    assert (one.outcome, one.value) == ("not_judged", None)
    assert one.why is not None
    assert one.why.ja
    assert one.why.en


@pytest.mark.parametrize("asked", [limit("percentile", 1, "upload", 99), limit("memory_growth", 1)])
def test_what_the_run_was_planned_too_small_for_decides_nothing_and_says_why(asked: Threshold) -> None:
    small = night(endpoints=30, finished=30)(GOOD)
    small = msgspec.structs.replace(
        small, window=msgspec.structs.replace(small.window, nights=small.window.nights[1:])
    )
    one = told(phase([5] * 30)(small), asked)
    assert (one.outcome, one.value) == ("too_few", None)
    assert one.why is not None
    lost = limit("lost", 0)
    assert exit_code(judge(small, [lost, asked])) == 0
    assert exit_code(judge(balance(planned=1, lost=1)(small), [lost, asked])) == 1
    assert exit_code(judge(small, [asked])) == 2  # nothing else was asked


def test_exactly_as_many_as_a_percentile_takes_are_enough() -> None:
    one = night(endpoints=100, finished=100)(GOOD)
    one = msgspec.structs.replace(
        one, window=msgspec.structs.replace(one.window, nights=one.window.nights[1:])
    )
    asked = limit("percentile", 5, "upload", 99)
    assert told(phase([5] * 100)(one), asked).outcome == "pass"
    assert told(phase([5] * 99)(one), asked).outcome == "not_judged"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("unfinished", night(endpoints=9, finished=7)),
        ("margin", night(last_acknowledgement=None)),
        ("percentile", phase([9_000_000] * 100)),
        ("failed_share", phase([1], failed=9)),
    ],
)
def test_of_a_run_that_ended_early_only_what_it_lost_is_judged(
    kind: Kind, change: Callable[[Results], Results]
) -> None:
    asked = limit(kind, 0, "upload", 99) if kind in ("percentile", "failed_share") else limit(kind, 0)
    failed = change(GOOD)
    cut = msgspec.structs.replace(failed, run=msgspec.structs.replace(failed.run, stopped="interrupted"))
    assert told(failed, asked).outcome == "fail"
    assert told(cut, asked).outcome == "not_judged"
    assert told(balance(planned=1, lost=1)(cut), limit("lost", 0)).outcome == "fail"


def test_the_uncorrected_spans_are_judged_where_they_are_asked_for() -> None:
    one = Phase(id="upload", uncorrected=histogram([5] * 100), corrected=histogram([50] * 100))
    found = msgspec.structs.replace(GOOD, phases=(one,))
    assert told(found, limit("percentile", 10, "upload", 50)).outcome == "fail"
    assert told(found, limit("percentile", 10, "upload", 50, corrected=False)).outcome == "pass"


def test_memory_that_grows_after_it_settled_fails() -> None:
    def held(values: list[int]) -> Results:
        moments = tuple(
            msgspec.structs.replace(GOOD.series.moments[0], at=at, memory=value)
            for at, value in enumerate(values, 1)
        )
        return msgspec.structs.replace(
            nights_in_a_row(5), series=msgspec.structs.replace(GOOD.series, moments=moments)
        )

    warming = [10, 50, 100, 100, 100, 100, 100, 100, 100, 110]
    leaking = [10, 50, 100, 100, 110, 120, 130, 140, 150, 160]
    assert told(held(warming), limit("memory_growth", 0.25)).outcome == "pass"
    assert told(held(leaking), limit("memory_growth", 0.25)).value == pytest.approx(0.6)


# --- the generator ---------------------------------------------------------------------------------
def test_a_generator_beyond_its_limits_leaves_times_unjudged_and_losses_judged() -> None:
    late = results(most=30, troubles=Troubles(late=90, lost=1))
    outcomes = {one.threshold.kind: one.outcome for one in late.judged}
    assert outcomes["late_share"] == "fail"
    assert {outcomes[kind] for kind in ("margin", "percentile", "unfinished")} == {"not_judged"}
    assert outcomes["lost"] == "fail"
    assert exit_code(late) == 1


def test_a_generator_beyond_its_limits_alone_is_a_fault_of_ours() -> None:
    late = results(most=30, troubles=Troubles(late=90))
    assert late.outcome == "not_judged"
    assert exit_code(late) == 2
    why = {one.threshold.kind: one.why for one in late.judged}["margin"]
    assert why is not None
    assert "generator" in why.en


# --- whole runs ------------------------------------------------------------------------------------
def test_a_good_run_passes_with_code_0() -> None:
    assert {one.outcome for one in GOOD.judged} == {"pass"}
    assert exit_code(GOOD) == 0


@pytest.mark.parametrize("troubles", [Troubles(unfinished=1), Troubles(lost=1), Troubles(doubled=1)])
def test_a_run_with_a_failure_ends_with_code_1(troubles: Troubles) -> None:
    assert exit_code(results(most=30, troubles=troubles)) == 1


def test_a_run_without_anything_is_judged_in_nothing_and_ends_with_code_2() -> None:
    nothing = empty()
    assert {one.outcome for one in nothing.judged} == {"not_judged"}
    assert all(one.why is not None for one in nothing.judged)
    assert exit_code(nothing) == 2


def test_judging_keeps_the_order_of_the_limits_and_changes_nothing_else() -> None:
    limits = shapes.load("nightly").limits
    again = judge(GOOD, limits)
    assert [one.threshold for one in again.judged] == list(limits)
    assert msgspec.structs.replace(again, judged=()) == msgspec.structs.replace(GOOD, judged=())
    assert judge(again, limits) == again
