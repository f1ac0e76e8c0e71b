"""From what was measured to the results: nights, course, municipalities, as `load.results` has them.

Pure functions of the plan, the rows of the engine, and the sums of the reconciliation.
"""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from load.engine.rows import CUT, DONE, DROPPED, FAILED, Row
from load.orchestration.watch import Sample
from load.plan import NightPlan
from load.results import Balance, Completion, Machine, Moment, Night, Series, Server
from sim.base.version import VERSION

# What the figures of a run depend on, beside renkei.
PACKAGES: Final = ("locust", "gevent", "hdrhistogram", "cryptography", "SQLAlchemy", "starlette", "uvicorn")
# A course has at most so many moments; longer runs have longer steps.
MOMENTS: Final = 600
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Carried:
    """What the network says a line carried: bytes, and microseconds of the clock in which anything passed."""

    bytes_up: int
    bytes_down: int
    busy: int


def machine() -> Machine:
    """This machine."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cpus=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of renkei and of what it stands on."""
    return {
        "renkei": VERSION,
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def nights(plans: Sequence[NightPlan], rows: Sequence[Row]) -> tuple[Night, ...]:
    """Each window, and what came of it."""
    by_night: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_night[row.night].append(row)
    found = []
    for plan in plans:
        start = plan.number * plan.lasts
        end = start + plan.lasts
        own = by_night[plan.number]
        done = [row for row in own if row.acknowledged is not None and row.acknowledged <= end]
        found.append(
            Night(
                start=start,
                end=end,
                endpoints=len(plan.arrivals),
                finished=len(done),
                records=plan.records,
                answered=sum(row.records for row in done),
                last_record=max(
                    (row.kept for row in own if row.kept is not None and row.records), default=None
                ),
                last_acknowledgement=max(
                    (row.acknowledged for row in own if row.acknowledged is not None), default=None
                ),
            )
        )
    return tuple(found)


def course(plans: Sequence[NightPlan], rows: Sequence[Row], samples: Sequence[Sample]) -> Series:
    """What happened from step to step."""
    ends = [row.ended for row in rows]
    ends += [plan.number * plan.lasts + one.intended for plan in plans for one in plan.arrivals]
    last = max(ends, default=0)
    step = _SECOND * max(1, -(-last // (_SECOND * MOMENTS)))
    count = last // step + 1
    sums: list[dict[str, int]] = [defaultdict(int) for _ in range(count)]

    def add(at: int | None, what: str, number: int = 1) -> None:
        if at is not None:
            sums[min(max(at, 0) // step, count - 1)][what] += number

    for plan in plans:
        for one in plan.arrivals:
            add(plan.number * plan.lasts + one.intended, "planned")
    for row in rows:
        add(row.begun, "started")
        add(row.kept, "records", row.records)
        add(row.kept, "bytes_up", row.bytes_up)
        add(row.acknowledged, "answered", row.records)
        add(row.down, "bytes_down", row.bytes_down)
        add(row.ended, "finished" if row.outcome == DONE else "over" if row.outcome == CUT else "failed")
    seen = _seen(samples, step, count)
    waiting = 0
    moments = []
    for index, (step_sums, last_seen) in enumerate(zip(sums, seen, strict=True)):
        waiting += step_sums["planned"] - step_sums["finished"] - step_sums["failed"] - step_sums["over"]
        moments.append(
            Moment(
                at=(index + 1) * step,
                planned=step_sums["planned"],
                started=step_sums["started"],
                finished=step_sums["finished"],
                failed=step_sums["failed"],
                records=step_sums["records"],
                answered=step_sums["answered"],
                bytes_up=step_sums["bytes_up"],
                bytes_down=step_sums["bytes_down"],
                waiting=max(waiting, 0),
                kept=0 if last_seen is None else last_seen.kept,
                memory=0 if last_seen is None else last_seen.memory,
            )
        )
    return Series(step=step, moments=tuple(moments))


def _seen(samples: Sequence[Sample], step: int, count: int) -> list[Sample | None]:
    """The server as it was last seen at the end of each step; None before it was looked at."""
    found: list[Sample | None] = []
    last, rest = None, iter(samples)
    ahead = next(rest, None)
    for index in range(count):
        while ahead is not None and ahead.at < (index + 1) * step:
            last, ahead = ahead, next(rest, None)
        found.append(last)
    return found


def completion(
    plans: Sequence[NightPlan],
    rows: Iterable[Row],
    sums: dict[str, Balance],
    lines: dict[str, Carried],
) -> tuple[Completion, ...]:
    """Each municipality's exchange; of several nights the sums, and the times of the last."""
    own: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        own[row.code].append(row)
    last = plans[-1]
    found = []
    for one in last.arrivals:
        mine = sorted(own[one.code], key=lambda row: row.nth)
        latest = mine[-1] if mine and mine[-1].night == last.number else None
        total = sums.get(one.code, Balance())
        failures = [row.failure for row in mine if row.outcome in (FAILED, DROPPED)]
        line = lines.get(one.code)
        found.append(
            Completion(
                code=one.code,
                name=one.name,
                prefecture=one.prefecture,
                size_class=one.size_class,
                residents=one.residents,
                planned=total.planned,
                intended=last.number * last.lasts + one.intended,
                start=None if latest is None else latest.begun,
                sent=None if latest is None else latest.kept,
                done=None if latest is None else latest.acknowledged,
                accepted=total.accepted,
                rejected=total.rejected,
                answered=total.answered,
                retries=sum(row.retries for row in mine),
                transfers=sum(len(row.uploads) + len(row.answers) for row in mine),
                bytes_up=sum(row.bytes_up for row in mine) if line is None else line.bytes_up,
                bytes_down=sum(row.bytes_down for row in mine) if line is None else line.bytes_down,
                busy=0 if line is None else line.busy,
                last_code=failures[-1] if failures else "",
            )
        )
    return tuple(sorted(found, key=lambda one: one.code))


def server(
    rows: Iterable[Row],
    samples: Sequence[Sample],
    *,
    store: str,
    version: str,
    restarts: int,
    database: int,
) -> Server:
    """The server, as its callers and its own figures show it."""
    statuses: dict[str, int] = defaultdict(int)
    codes: dict[str, int] = defaultdict(int)
    for row in rows:
        for status, count in row.statuses.items():
            statuses[status] += count
        for code, count in row.errors.items():
            codes[code] += count
    shares = [sample.cpu for sample in samples if sample.cpu is not None]
    return Server(
        store=store,
        version=version,
        restarts=restarts,
        kept_most=max((sample.kept for sample in samples), default=0),
        oldest_most=max((sample.oldest for sample in samples), default=0),
        cpu_mean=round(sum(shares) / len(shares), 4) if shares else 0.0,
        memory=max((sample.memory for sample in samples), default=0),
        database=database,
        statuses=dict(sorted(statuses.items())),
        codes=dict(sorted(codes.items())),
    )
