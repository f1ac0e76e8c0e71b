"""Row "sweeps": replications of two scenarios, one after the other against one process for each of two cores.

As a program of its own it is one sweep, once: `sweeps.py WORKERS PAIRS DAYS RESIDENTS`. The comparison
must be the same bytes with any number of workers, or nothing is measured.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import Figure, Goal, Options, Sample, Say, spread

ROW: Final = "sweeps"
SEED: Final = 7
SCENARIO: Final = "shinjuku-2019"
VARIANT: Final = ("exchange.at=12:00:00",)
SEQUENTIAL, TOGETHER, ODD = 1, 2, 3
"""Numbers of workers; the last one is for the bytes only."""
PAIRS: Final = 50
FEW_PAIRS: Final = 2
MOST_DAYS: Final = 30
# A city so small that one replication takes a fifth to half of a second.
SHARE: Final = 20
RATIO: Final = Goal(1.8, at_least=True)

NOTES: Final = (
    "sweeps: `renkei sim compare` of two small cities, each pair with a seed of its own; times are wall times"
    " with the start of the workers in them, so the ratio means something only on two idle cores.",
)


def sweep(workers: int, pairs: int, days: int, residents: int) -> dict[str, Any]:
    """One comparison; its digest, and how many of its figures changed."""
    from sim.studies import comparison as comparing
    from sim.studies.replications import compare
    from sim.studies.scenario import loading

    def sized(*settings: str) -> Any:
        city = f"municipality.residents={residents}"
        return loading.lasting(loading.changed(loading.load(SCENARIO), [city, *settings]), days)

    found = compare(
        (sized(), "A"),
        (sized(*VARIANT), "B"),
        replications=pairs,
        seed=SEED,
        workers=workers,
        figure="",
        command="",
    )
    digest = hashlib.sha256(comparing.encode(found)).hexdigest()
    return {"digest": digest, "pairs": len(found.seeds), "shown": sum(one.shown for one in found.figures)}


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: another number of workers gave other bytes.
        CannotRun: a sweep failed.
    """
    pairs = PAIRS if options.full else FEW_PAIRS
    sizes = (str(pairs), str(min(options.days, MOST_DAYS)), str(max(1, options.residents // SHARE)))
    slow: list[Sample] = []
    fast: list[Sample] = []
    for repeat in range(options.repeats):
        for found, workers in ((slow, SEQUENTIAL), (fast, TOGETHER)):
            found.append(harness.sample(Path(__file__), str(workers), *sizes))
            harness.assert_equal(slow[0].outcome, found[-1].outcome)
        say(f"pair {repeat + 1} of {options.repeats}: {slow[-1].seconds:.1f} s, {fast[-1].seconds:.1f} s")
    odd = harness.sample(Path(__file__), str(ODD), *sizes)
    harness.assert_equal(slow[0].outcome, odd.outcome)
    runs = 2 * pairs
    alone, both = [one.seconds for one in slow], [one.seconds for one in fast]
    return [
        Figure(ROW, f"{runs} replications, one after the other", "s", spread(alone)),
        Figure(ROW, f"{runs} replications, two workers", "s", spread(both)),
        Figure(
            ROW,
            "one after the other / two workers",
            "×",
            spread(harness.ratios(alone, both)),
            RATIO if options.full else None,
        ),
    ]


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:5]]
    harness.report(lambda: sweep(numbers[0], numbers[1], numbers[2], numbers[3]))
