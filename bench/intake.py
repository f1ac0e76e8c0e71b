"""Row "ministry intake": sealed batches over mutual TLS, each committed before it is answered.

Three servers in turn, each a process of its own: ours; a handler that reads a batch and stores it (the
limit); and FastAPI with an object and a row of an ORM for each record (what one would write instead). Two
workloads: batches of some 100 KB over connections that are kept, and all endpoints of the country, each over
a new one.

As a program of its own it is one measurement: `intake.py SIDE FOLDER`, with a folder of `intake_inputs`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import CannotRun, Figure, Goal, Options, Sample, Say, Unequal, ratios, spread
from bench.intake_plan import Plan, Work
from bench.intake_server import BARE, ORM, OURS, SIDES
from sim.base.errors import RenkeiError

ROW: Final = "ministry intake"
KEPT: Final = Work(endpoints=24, each=16, records=400, kept=True, warm=24)
KEPT_FEW: Final = Work(endpoints=4, each=4, records=400, kept=True, warm=4)
NEW: Final = Work(endpoints=1892, each=1, records=4, kept=False, warm=1)
NEW_FEW: Final = Work(endpoints=48, each=1, records=4, kept=False, warm=1)

NOTES: Final = (
    "ministry intake: kept connections: 384 batches of 400 notices (some 110 KB) from 24 senders, each in its"
    " sequence over a connection of its own; new connections: 1,892 senders with certificates of their own, a"
    " batch of 4 notices each, 64 connections at a time. A batch of each of the 24, and one of the 1,892,"
    " goes before the clock runs.",
    "ministry intake: all sides: the same certificates, checked at both ends; uvicorn with h11 and asyncio;"
    " SQLite with WAL and synchronous=FULL; one process serves, another one sends. The bare side and the ORM"
    " write no log of requests.",
    "ministry intake: only ours looks up who is calling (allow-list, list of revoked certificates), limits"
    " rates and sizes, encrypts what it stores, logs each request, commits for several at a time, and goes on"
    " deciding in a thread of its own. The others, as uvicorn is set by itself, hand out tickets by which a"
    " session of TLS could be resumed; ours does not.",
    "ministry intake: the ORM decides before it answers, so it stands against ours twice: until the last"
    " answer, and until all is decided; deciding, ours also judges sequences, journals each record, and makes"
    " the batch that goes down. The bare side opens nothing and knows no repetitions.",
)


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: a side stored or accepted something else than what was sent.
        CannotRun: a server failed, or the keys of the endpoints cannot be made.
    """
    from bench import intake_inputs

    found: list[Figure] = []
    works = (KEPT, NEW) if options.full else (KEPT_FEW, NEW_FEW)
    for work in works:
        with TemporaryDirectory() as folder:
            place = Path(folder) / "inputs"
            try:
                plan = intake_inputs.make(place, work, say)
            except RenkeiError as error:
                raise CannotRun(str(error)) from error
            samples: dict[str, list[Sample]] = {side: [] for side in SIDES}
            for repeat in range(options.repeats):
                for side in SIDES:
                    samples[side].append(harness.sample(Path(__file__), side, str(place)))
                    check(side, plan, samples[side][-1].outcome["stored"])
                say(f"{_name(plan)}, {repeat + 1} of {options.repeats}: {_told(samples)}")
        found += figures(plan, samples, full=options.full)
    return found


def check(side: str, plan: Plan, stored: Mapping[str, Any]) -> None:
    """A side stored what was sent, and nothing else. The bare one knows of batches only.

    Raises:
        Unequal: it did not.
    """
    sent = {"batches": plan.stored.batches, "sealed": plan.stored.sealed}
    if side != BARE:
        sent |= {"records": plan.stored.records, "read": plan.stored.read}
    if differ := harness.differences(sent, stored):
        raise Unequal(f"{side} did not store what was sent: {'; '.join(differ)}")


def figures(plan: Plan, samples: Mapping[str, Sequence[Sample]], *, full: bool) -> list[Figure]:
    """The table's lines of one workload, from measurements."""
    answered = {side: [one.outcome["answered"] for one in samples[side]] for side in SIDES}
    decided = [one.outcome["decided"] for one in samples[OURS]]
    name = _name(plan)
    goals = (Goal(2, at_least=True), Goal(0.333, at_least=True)) if full and plan.kept else (None, None)
    found = [
        Figure(
            ROW,
            f"{name}: {side}, answered",
            "batches/s",
            spread([plan.batches / seconds for seconds in answered[side]]),
        )
        for side in SIDES
    ]
    for compared, slow, fast, goal in (
        ("ORM / ours, last answer", answered[ORM], answered[OURS], goals[0]),
        ("bare / ours, last answer", answered[BARE], answered[OURS], goals[1]),
        ("ORM / ours, all decided", answered[ORM], decided, None),
    ):
        found.append(Figure(ROW, f"{name}: {compared}", "×", spread(ratios(slow, fast)), goal))
    if not plan.kept:
        endpoints = f"{len(plan.lanes):,} endpoints"
        found.append(
            Figure(
                ROW,
                f"{endpoints}: ours, last answer",
                "s",
                spread(answered[OURS]),
                Goal(10) if full else None,
            )
        )
        found.append(Figure(ROW, f"{endpoints}: ours, all decided", "s", spread(decided)))
    else:
        rate = spread([plan.records / seconds / 1000 for seconds in decided])
        found.append(Figure(ROW, f"{name}: ours, all decided", "k records/s", rate))
    return found


def _name(plan: Plan) -> str:
    return "kept connections" if plan.kept else "new connections"


def _told(samples: Mapping[str, Sequence[Sample]]) -> str:
    latest = {side: samples[side][-1].outcome for side in SIDES}
    told = ", ".join(f"{side} {outcome['answered']:.2f} s" for side, outcome in latest.items())
    return f"{told}; ours decided after {latest[OURS]['decided']:.2f} s"


def main(side: str, folder: Path) -> None:
    """In the child: one measurement."""
    from bench import intake_client

    with TemporaryDirectory() as place:
        harness.report(lambda: intake_client.measure(side, folder, Path(place) / "stored.sqlite"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
