"""Results of load tests that never ran: invented times, shaped like real ones, the same each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

import msgspec
from hdrh.histogram import HdrHistogram

from load import plan, rates, shapes, thresholds, volumes
from load.results import (
    DIGITS,
    LONGEST,
    Balance,
    Completion,
    Generator,
    Histogram,
    Machine,
    Moment,
    Network,
    Night,
    Outage,
    Phase,
    Results,
    Run,
    Series,
    Server,
    Trial,
    Window,
    Words,
    Worker,
    packed,
)

SECOND = 1_000_000
LATENCY = 25_000


@dataclass(frozen=True)
class Troubles:
    """What goes wrong: so many municipalities never finish, so many records are lost, and so on."""

    unfinished: int = 0
    lost: int = 0
    doubled: int = 0
    rejected: int = 0
    slowness: float = 1.0
    late: int = 0
    stopped: str = ""


NONE = Troubles()


def histogram(spans: list[int]) -> Histogram:
    """Spans in microseconds as the file has them."""
    found = HdrHistogram(1, LONGEST, DIGITS)
    for span in spans:
        found.record_value(max(1, span))
    return packed(found)


@cache
def results(name: str = "nightly", seed: int = 1, troubles: Troubles = NONE, most: int = 0) -> Results:
    """A whole run of a shape that comes along. `most`: only so many municipalities of each size."""
    shape = shapes.load(name)
    if most:
        shape = shapes.changed(shape, endpoints={"per_class": most})
    nights = [plan.night(shape, seed, number) for number in range(shape.window.nights)]
    random = Random(seed)
    rows = _completion(nights[-1], random, troubles, shape.lines.rate_kbps * 1_000)
    course = _series(rows, nights[0].lasts, len(nights))
    done = [row.done for row in rows if row.done is not None]
    records = sum(night.records for night in nights)
    answered = sum(row.answered for row in rows)
    missing = nights[-1].records - answered
    failed = [row for row in rows if row.done is None]
    windows = tuple(
        Night(
            start=number * nights[0].lasts,
            end=(number + 1) * nights[0].lasts,
            endpoints=len(rows),
            finished=sum(at <= nights[0].lasts for at in done),
            records=night.records,
            answered=night.records - missing,
            last_record=number * nights[0].lasts + max((row.sent or 0 for row in rows), default=0),
            last_acknowledgement=number * nights[0].lasts + max(done) if done else None,
        )
        for number, night in enumerate(nights)
    )
    exchange = [(row.intended, row.start, row.done) for row in rows if row.start is not None and row.done]
    asked = results_of(
        Results(
            run=_run(shape, seed, nights[0], troubles),
            window=Window(
                begins=f"{shape.window.begins:%H:%M}",
                opens=f"{shape.window.opens:%H:%M}",
                factor=shape.window.factor,
                nights=windows,
            ),
            plan=plan.summary(shape, seed),
            batches=Balance(
                planned=len(rows) * len(nights),
                unsent=len(failed) * len(nights),
                accepted=(len(rows) - len(failed)) * len(nights),
                answered=(len(rows) - len(failed)) * len(nights),
            ),
            records=Balance(
                planned=records,
                unsent=missing,
                accepted=records - missing - troubles.lost - troubles.rejected,
                rejected=troubles.rejected,
                lost=troubles.lost,
                doubled=troubles.doubled,
                answered=records - missing - troubles.lost,
                codes={"BAD_FORM": troubles.rejected} if troubles.rejected else {},
            ),
            phases=(
                Phase(
                    id="exchange",
                    uncorrected=histogram([end - start for _, start, end in exchange]),
                    corrected=histogram([end - intended for intended, _, end in exchange]),
                    failed=len(failed),
                ),
                Phase(id="connect", uncorrected=histogram([random.randint(4_000, 30_000) for _ in exchange])),
                Phase(
                    id="upload",
                    uncorrected=histogram([(end - start) // 3 for _, start, end in exchange]),
                    corrected=histogram(
                        [start - intended + (end - start) // 3 for intended, start, end in exchange]
                    ),
                ),
                Phase(id="decision", uncorrected=histogram([(e - s) // 3 for _, s, e in exchange])),
                Phase(id="download", uncorrected=histogram([(e - s) // 4 for _, s, e in exchange])),
                Phase(id="acknowledge", uncorrected=histogram([(e - s) // 12 for _, s, e in exchange])),
            ),
            series=course,
            completion=_in_the_last_night(rows, (len(nights) - 1) * nights[0].lasts),
            generator=Generator(
                tolerance=shape.late_after_ms * 1_000,
                workers=(
                    Worker(
                        name="worker-1",
                        arrivals=len(rows) * len(nights),
                        late=troubles.late,
                        latest=62_000 + troubles.late * 900,
                        cpu_mean=0.41,
                        cpu_most=0.78,
                        lag_p99=9_000,
                        lag_most=41_000,
                    ),
                ),
            ),
            server=Server(
                store="sqlite",
                version="3.45.1",
                kept_most=212,
                oldest_most=3_400_000,
                cpu_mean=0.63,
                memory=186_000_000,
                database=21_500_000,
                statuses={"200": len(rows), "202": len(rows) - len(failed)},
            ),
            network=Network(
                lines=len(rows),
                rate=shape.lines.rate_kbps * 1_000,
                latency=shape.lines.latency_ms * 1_000,
                bytes_up=sum(row.bytes_up for row in rows),
                bytes_down=sum(row.bytes_down for row in rows),
                busy=sum(row.busy for row in rows),
                outages=tuple(
                    Outage(start=cut.start, end=cut.end, ja=cut.ja, en=cut.en, declared=cut.declared)
                    for cut in nights[0].cuts
                ),
            ),
        ),
        shape,
        seed,
        troubles,
    )
    return thresholds.judge(asked, shape.limits)


def results_of(found: Results, shape: shapes.Shape, seed: int, troubles: Troubles) -> Results:
    """The same with trials at several rates, where the shape asks for them."""
    tried: list[Trial] = []
    for kbps in shape.lines.rates_kbps:
        night = plan.night(shape, seed)
        rows = _completion(night, Random(seed), troubles, kbps * 1_000)
        tried += rates.trials(kbps * 1_000, LATENCY, night.lasts, rows, volumes.CLASSES)
    return msgspec.structs.replace(found, trials=tuple(tried), rates=rates.answers(tried, shape))


def empty() -> Results:
    """A run that ended before anything was sent."""
    whole = results(most=1)
    nothing = msgspec.structs.replace(
        whole,
        run=msgspec.structs.replace(whole.run, stopped="the server never became ready"),
        window=msgspec.structs.replace(whole.window, nights=()),
        batches=Balance(),
        records=Balance(),
        phases=(),
        series=Series(),
        completion=(),
        generator=Generator(tolerance=100_000, workers=()),
        server=Server(store="sqlite", version="3.45.1"),
        network=Network(lines=0, rate=0, latency=0),
    )
    return thresholds.judge(nothing, shapes.load("nightly").limits)


def _run(shape: shapes.Shape, seed: int, night: plan.NightPlan, troubles: Troubles) -> Run:
    return Run(
        shape=shape.name,
        title_ja=shape.title_ja,
        title_en=shape.title_en,
        shows=Words(ja=shape.shows_ja, en=shape.shows_en),
        seed=seed,
        command=f"renkei load run {shape.name} --seed {seed} --out DIR",
        started="2026-03-01T10:00:00+09:00",
        profile="renkei-open/1",
        versions={"renkei": "0.1.0", "python": "3.11.9", "locust": "2.43.0"},
        machine=Machine(system="Linux 6.8", processor="AMD EPYC", cpus=2, memory=24 * 2**30),
        fingerprints={"shape": shape.fingerprint, "plan": night.fingerprint},
        assumptions=plan.assumptions(shape),
        answers=shape.answers,
        stopped=troubles.stopped,
    )


def _completion(night: plan.NightPlan, random: Random, troubles: Troubles, rate: int) -> list[Completion]:
    """Each at its intended start, a little late, and as long as its line takes; some never finish."""
    rows = []
    opened = max((cut.end for cut in night.cuts), default=0)
    for place, one in enumerate(night.arrivals):
        never = place >= len(night.arrivals) - troubles.unfinished
        up, down = 3_800 + 520 * one.records, 3_300 + 190 * one.records
        start = one.intended + random.randint(50, 6_000)
        busy = 4 * LATENCY + ((up + down) * 8 * SECOND // rate if rate else 0)
        waits = int(random.lognormvariate(10.4, 0.7) * troubles.slowness)
        after = max(opened, start) + random.randint(0, 9 * SECOND if opened else 1)
        done = after + busy + waits
        rows.append(
            Completion(
                code=one.code,
                name=one.name,
                prefecture=one.prefecture,
                size_class=one.size_class,
                residents=one.residents,
                planned=one.records,
                intended=one.intended,
                start=start,
                sent=None if never else after + busy // 2,
                done=None if never else done,
                accepted=0 if never else one.records,
                answered=0 if never else one.records,
                retries=5 if never else int(opened > start),
                transfers=1 if never else 2,
                bytes_up=up,
                bytes_down=0 if never else down,
                busy=busy,
                last_code="TIMEOUT" if never else "",
            )
        )
    return sorted(rows, key=lambda row: row.code)


def _in_the_last_night(rows: list[Completion], begins: int) -> tuple[Completion, ...]:
    """The same with times from the beginning of the run."""
    return tuple(
        msgspec.structs.replace(
            row,
            intended=row.intended + begins,
            start=None if row.start is None else row.start + begins,
            sent=None if row.sent is None else row.sent + begins,
            done=None if row.done is None else row.done + begins,
        )
        for row in rows
    )


def _series(rows: list[Completion], lasts: int, nights: int) -> Series:
    planned, began, ended, records, up, down = (Counter[int]() for _ in range(6))
    for row in rows:
        planned[row.intended // SECOND] += 1
        began[(row.start or 0) // SECOND] += 1
        up[(row.start or 0) // SECOND] += row.bytes_up
        if row.done is not None:
            ended[row.done // SECOND] += 1
            records[row.done // SECOND] += row.answered
            down[row.done // SECOND] += row.bytes_down
    moments = []
    for number in range(nights):
        waiting = 0
        for at in range(-(-lasts // SECOND)):
            waiting += planned[at] - ended[at]
            moments.append(
                Moment(
                    at=number * lasts + (at + 1) * SECOND,
                    planned=planned[at],
                    started=began[at],
                    finished=ended[at],
                    records=records[at],
                    answered=records[at],
                    bytes_up=up[at],
                    bytes_down=down[at],
                    waiting=waiting,
                    kept=ended[at] // 3,
                    memory=(160 + min(30, at)) * 2**20,
                )
            )
    return Series(step=SECOND, moments=tuple(moments))
