"""Replications of scenarios by processes, and two scenarios compared by them.

Replications are independent of one another; how many processes work on them changes nothing in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from sim.base.version import VERSION as RENKEI
from sim.studies.comparison import VERSION, Comparison, Variant, compared_figure
from sim.studies.figures import FIGURES, figure_of
from sim.studies.measures import Measures
from sim.studies.scenario import Scenario
from sim.studies.scenario.beyond import beyond


@dataclass(frozen=True, slots=True)
class Job:
    """One replication of one side."""

    scenario: Scenario
    seed: int


def compare(
    a: tuple[Scenario, str],
    b: tuple[Scenario, str],
    *,
    replications: int,
    seed: int,
    workers: int,
    figure: str,
    command: str,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Runs both scenarios `replications` times with the seeds from `seed` on, and compares them pair by pair.

    Args:
        a, b: the scenarios, each with the name or path by which it was asked for.
        workers: processes at a time; their number changes nothing in the result.
        figure: key of the figure that answers the question; empty: the one that changed most for its size.
        progress: told the number of replications that are done, of both sides together.

    Raises:
        UsageError: no such figure.
    """
    if figure:
        figure_of(figure)
    seeds = tuple(range(seed, seed + replications))
    jobs = [Job(scenario, one) for one in seeds for scenario, _ in (a, b)]
    values: list[dict[str, float | None]] = []
    assumptions: list[tuple[dict[str, str], ...]] = []
    for done, measured in enumerate(_run(jobs, workers), start=1):
        values.append({known.key: known.value(measured) for known in FIGURES})
        if done <= 2:  # the first of A, then the first of B
            assumptions.append(tuple(measured.run.assumptions))
        if progress is not None:
            progress(done)
    compared = tuple(
        compared_figure(known, [v[known.key] for v in values[0::2]], [v[known.key] for v in values[1::2]])
        for known in FIGURES
    )
    return Comparison(
        VERSION,
        _variant(*a),
        _variant(*b),
        seeds,
        command,
        RENKEI,
        figure,
        tuple(one for one in compared if any(value is not None for value in (*one.a, *one.b))),
        assumptions[0],
        tuple(one for one in assumptions[1] if one not in assumptions[0]),
    )


def _variant(scenario: Scenario, asked: str) -> Variant:
    return Variant(
        scenario.name,
        scenario.title_ja,
        scenario.title_en,
        asked,
        scenario.start.isoformat(),
        scenario.days,
        scenario.residents,
        tuple(beyond(scenario)),
    )


def _run(jobs: Sequence[Job], workers: int) -> Iterator[Measures]:
    """The measures of each job, in the order of the jobs."""
    if workers == 1:
        yield from map(replicate, jobs)
        return
    # A fresh interpreter for each worker: nothing of this process can leak into a replication.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(replicate, jobs)


def replicate(job: Job) -> Measures:
    """One run, in memory."""
    from sim.studies import simulate
    from sim.studies.folding import fold

    lines = simulate.run(job.scenario, job.seed).site.lines()
    return fold(simulate.run_of(job.scenario, job.seed), lines)
