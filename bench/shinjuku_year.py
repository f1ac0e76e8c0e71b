"""Row "Shinjuku year, message fidelity": ours against a process per resident and an object per record.

As a program of its own it is one side, once:
`shinjuku_year.py {ours|daily|lean|inputs} DAYS RESIDENTS [--even]`.
Times are those of the work, from the scenario to the files on disk, with every import it needs on the way.
Making the inputs (population, who files when) is the same code on both sides and is timed alone as well.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import Figure, Goal, Options, Say, spread

if TYPE_CHECKING:
    from bench.process_per_resident import Model
    from sim.studies.measures import Measures
    from sim.studies.scenario import Scenario

ROW: Final = "Shinjuku year"
SEED: Final = 7
SCENARIO: Final = "shinjuku-2019"
OURS, DAILY, LEAN, INPUTS = "ours", "daily", "lean", "inputs"
OTHERS: Final = {DAILY: "process per resident, daily", LEAN: "process per resident, lean"}
EVEN: Final = "--even"

RATIO: Final = Goal(5, at_least=True)
SECONDS: Final = Goal(20)
MEMORY: Final = Goal(500)
# Linear is a factor of 1; machines drift by a quarter.
GROWTH: Final = Goal(1.25)

NOTES: Final = (
    "Shinjuku year: the other side is a SimPy process for each resident and a validated pydantic object for"
    " each notice, transmission, agency notice and result; batches travel as JSON. It plays the same inputs"
    " and must reach the same counts in every single run, or nothing is compared. `daily` wakes each resident"
    " every day, as agents usually do; `lean` knows each resident's next event beforehand and sleeps.",
    "Shinjuku year: only our side has envelopes (CMS), the CSV profile, a commit for each step, causes in the"
    " journal and all measures; the other side's log is a line for each decision, record and result.",
    "Shinjuku year: our driver lets Python search for cycles of objects seldom while it plays"
    " (`sim/base/collecting.py`); the other side leaves that as it is by default.",
    "Shinjuku year: making the inputs is the same code on both sides and is part of both times; the ratio"
    " without it is printed beside.",
    "Shinjuku year: cost per day is the CPU time beyond that of a run of one day, over the further days, in a"
    " variant with even months; the quotient is 1 when cost is linear in days.",
)


# --- one side, once ------------------------------------------------------------------------------------
def scenario_of(days: int, residents: int, *, even: bool = False) -> Scenario:
    """The scenario at another length and size; `even`: all months alike, so that all days are."""
    from sim.studies.scenario.loading import load

    scenario = load(SCENARIO)
    update: dict[str, Any] = {
        "days": days,
        "municipality": scenario.only.model_copy(update={"residents": residents}),
    }
    if even:
        update["rates"] = scenario.rates.model_copy(update={"months": [1.0] * 12})
    return scenario.model_copy(update=update)


def ours(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """A run of ours, journal and measures written; what it amounts to."""
    from sim.studies import simulate

    world = simulate.run(scenario, SEED)
    return of_measures(simulate.write(world.site.lines(), simulate.run_of(scenario, SEED), folder))


def daily(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """A run of the other side with agents that wake every day, its log written; what it amounts to."""
    return _theirs(scenario, folder, daily=True)


def lean(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """A run of the other side with agents that sleep until their next event; what it amounts to."""
    return _theirs(scenario, folder, daily=False)


def _theirs(scenario: Scenario, folder: Path, *, daily: bool) -> dict[str, Any]:
    from bench.process_per_resident import play
    from sim.studies.simulate import inputs_of

    return of_model(play(scenario, inputs_of(scenario, SEED), folder, daily=daily))


def inputs(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """The inputs alone, which both sides play."""
    from sim.studies.simulate import inputs_of

    return {"inputs": sum(1 for _ in inputs_of(scenario, SEED))}


def of_measures(measures: Measures) -> dict[str, Any]:
    """What the two sides are compared by, from our measures."""
    deemed: Counter[str] = Counter()
    for cell in measures.filings.values():
        deemed.update(cell.deemed)
    kinds = ("municipality_notice", "municipality_transmission")
    balances = measures.balances
    notices = balances.get("agency_notice")
    return {
        "filings": {kind: _filing(cell.in_time, cell.late) for kind, cell in measures.filings.items()},
        "deemed": dict(deemed),
        "records_accepted": {kind: balances[kind].accepted for kind in kinds if kind in balances},
        "agency_notices": (
            _notices(notices.raised, notices.accepted, notices.rejected, notices.pending)
            if notices is not None
            else _notices(0, 0, 0, 0)
        ),
        "residents_end": measures.residents_end,
    }


def of_model(model: Model) -> dict[str, Any]:
    """The same, from the other side's own counts."""
    city, ministry = model.city, model.ministry
    pending = ministry.raised - city.confirmed - city.refused
    return {
        "filings": {str(kind): _filing(seen["in_time"], seen["late"]) for kind, seen in city.filings.items()},
        "deemed": dict(city.deemed),
        "records_accepted": dict(ministry.accepted),
        "agency_notices": _notices(ministry.raised, city.confirmed, city.refused, pending),
        "residents_end": city.residents,
    }


def _filing(in_time: int, late: int) -> dict[str, int]:
    return {"in_time": in_time, "late": late}


def _notices(raised: int, accepted: int, rejected: int, pending: int) -> dict[str, int]:
    return {"raised": raised, "accepted": accepted, "rejected": rejected, "pending": pending}


SIDES: Final[dict[str, Callable[[Scenario, Path], dict[str, Any]]]] = {
    OURS: ours,
    DAILY: daily,
    LEAN: lean,
    INPUTS: inputs,
}


# --- all of it -----------------------------------------------------------------------------------------
def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: the two sides disagree, at the first run or at any later one.
        CannotRun: a side failed.
    """
    say("equal results first")
    expected = _checked(_sample(OURS, options), None)
    for side in OTHERS:
        _checked(_sample(side, options), expected)
    samples: dict[str, list[harness.Sample]] = {side: [] for side in SIDES}
    for number in range(1, options.repeats + 1):
        for side in (OURS, *OTHERS):
            samples[side].append(_checked(_sample(side, options), expected))
        samples[INPUTS].append(_sample(INPUTS, options))
        say(
            f"{number} of {options.repeats}: "
            + ", ".join(f"{s} {samples[s][-1].seconds:.2f} s" for s in SIDES)
        )
    return figures(samples, options) + _linearity(options, say)


def figures(samples: dict[str, list[harness.Sample]], options: Options) -> list[Figure]:
    """The comparison, from samples that were taken in turn."""
    seconds = {side: [sample.seconds for sample in taken] for side, taken in samples.items()}
    peak = {side: spread([sample.peak_mb for sample in taken]) for side, taken in samples.items()}
    size = f"{options.days} days, {options.residents} residents"

    def goal(limit: Goal) -> Goal | None:
        return limit if options.full else None

    found = []
    for side, name in OTHERS.items():
        whole = spread(harness.ratios(seconds[side], seconds[OURS]))
        found.append(Figure(ROW, f"{name} / ours", "×", whole, goal(RATIO) if side == DAILY else None))
        pure = {
            one: [time - shared for time, shared in zip(seconds[one], seconds[INPUTS], strict=True)]
            for one in (OURS, side)
        }
        if min(pure[OURS] + pure[side]) > 0:  # else the run is too short to tell work from inputs
            without = spread(harness.ratios(pure[side], pure[OURS]))
            found.append(Figure(ROW, f"{name} / ours, without the inputs", "×", without))
    return [
        *found,
        Figure(ROW, f"ours, {size}", "s", spread(seconds[OURS]), goal(SECONDS)),
        *(Figure(ROW, name, "s", spread(seconds[side])) for side, name in OTHERS.items()),
        Figure(ROW, "the inputs alone, part of all", "s", spread(seconds[INPUTS])),
        Figure(ROW, "ours, peak memory", "MB", peak[OURS], goal(MEMORY)),
        *(Figure(ROW, f"{name}, peak memory", "MB", peak[side]) for side, name in OTHERS.items()),
    ]


def lengths(days: int) -> tuple[int, int, int] | None:
    """Three lengths, as 90 and 180 are to 365; None when there are too few days to tell them apart."""
    short, middle = round(days * 90 / 365), round(days * 180 / 365)
    return (short, middle, days) if 1 < short < middle < days else None


def per_day(first: float, whole: float, days: int) -> float:
    """What each day after the first costs, when one day costs `first` and all of them `whole`."""
    return (whole - first) / (days - 1)


def _linearity(options: Options, say: Say) -> list[Figure]:
    three = lengths(options.days)
    if three is None:
        return []
    costs: dict[int, list[float]] = {days: [] for days in three}
    for number in range(1, options.repeats + 1):
        first = _sample(OURS, options, 1, EVEN).cpu
        for days in three:
            costs[days].append(per_day(first, _sample(OURS, options, days, EVEN).cpu, days))
        shown = ", ".join(f"{costs[days][-1] * 1000:.1f} ms ({days} days)" for days in three)
        say(f"linearity {number} of {options.repeats}: {shown}")
    short, _, full = three
    return [
        *(
            Figure(ROW, f"ours, cost per day, {days} days", "ms", spread([c * 1000 for c in costs[days]]))
            for days in three
        ),
        Figure(
            ROW,
            f"cost per day, {full} days / {short} days",
            "×",
            spread(harness.ratios(costs[full], costs[short])),
            GROWTH if options.full else None,
        ),
    ]


def _sample(side: str, options: Options, days: int | None = None, *more: str) -> harness.Sample:
    return harness.sample(Path(__file__), side, str(days or options.days), str(options.residents), *more)


def _checked(sample: harness.Sample, expected: harness.Sample | None) -> harness.Sample:
    if expected is not None:
        harness.assert_equal(expected.outcome, sample.outcome)
    return sample


def main(arguments: list[str]) -> None:
    """One side, once, in this process."""
    side, days, residents = arguments[0], int(arguments[1]), int(arguments[2])

    def work() -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            return SIDES[side](scenario_of(days, residents, even=EVEN in arguments), Path(folder))

    harness.report(work)


if __name__ == "__main__":
    main(sys.argv[1:])
