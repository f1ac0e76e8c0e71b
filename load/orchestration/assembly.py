"""All results of a load test, put together from what its runs left behind (`load.json`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from load import plan, rates
from load.engine.rows import Histograms
from load.municipalities import fingerprint
from load.orchestration import results as measured
from load.orchestration.attempt import Attempted, Request
from load.payloads import Manifest
from load.plan import NightPlan
from load.results import (
    Balance,
    Generator,
    Machine,
    Network,
    Outage,
    Results,
    Run,
    Trial,
    Window,
    Words,
    Worker,
)


def assemble(
    request: Request,
    nights: Sequence[NightPlan],
    manifest: Manifest,
    parts: Sequence[Attempted],
    started: str,
) -> Results:
    """All of it. Of several rates: the course of the last, the sums of all, and what each of them tried."""
    shape, last = request.shape, parts[-1]
    held = nights
    completion = measured.completion(held, last.rows, last.outcome.by_code, last.lines)
    tried: list[Trial] = []
    if shape.lines.rates_kbps:
        for part in parts:
            own = measured.completion(held, part.rows, part.outcome.by_code, part.lines)
            end = (nights[-1].number + 1) * nights[-1].lasts
            latency = shape.lines.latency_ms * 1000
            tried += rates.trials(part.rate, latency, end, own, plan.summary(shape, request.seed).classes)
    histograms = Histograms()
    for part in parts:
        histograms.merge(Histograms.heard(part.summary.histograms))
    window = shape.window
    return Results(
        run=Run(
            shape=shape.name,
            title_ja=shape.title_ja,
            title_en=shape.title_en,
            shows=Words(ja=shape.shows_ja, en=shape.shows_en),
            seed=request.seed,
            command=request.command,
            started=started,
            profile=manifest.profile,
            versions=measured.versions(),
            machine=_machine(request),
            fingerprints={
                "shape": shape.fingerprint,
                "municipalities": fingerprint(),
                "plan": hashlib.sha256("".join(one.fingerprint for one in nights).encode()).hexdigest(),
                "payloads": manifest.fingerprint,
            },
            assumptions=plan.assumptions(shape),
            answers=shape.answers,
            stopped=next((part.stopped for part in parts if part.stopped), ""),
        ),
        window=Window(
            begins=f"{window.begins:%H:%M}",
            opens=f"{window.opens:%H:%M}",
            factor=window.factor,
            nights=measured.nights(held, last.rows),
        ),
        plan=plan.summary(shape, request.seed),
        batches=_sum(part.outcome.batches for part in parts),
        records=_sum(part.outcome.records for part in parts),
        phases=histograms.phases(),
        series=measured.course(held, last.rows, last.samples),
        completion=completion,
        generator=Generator(
            tolerance=shape.late_after_ms * 1000,
            workers=tuple(_of_rate(worker, part, parts) for part in parts for worker in part.summary.workers),
        ),
        server=last.server,
        network=_network(request, nights, last),
        trials=tuple(tried),
        rates=rates.answers(tried, shape) if tried else (),
    )


def _of_rate(worker: Worker, part: Attempted, parts: Sequence[Attempted]) -> Worker:
    """A worker under a name that tells at which of several rates it worked."""
    if len(parts) == 1:
        return worker
    return msgspec.structs.replace(worker, name=f"{worker.name}, {part.rate // 1000} kbit/s")


def _machine(request: Request) -> Machine:
    """This machine, and whether server, network and generator share it."""
    machine = measured.machine()
    return msgspec.structs.replace(machine, shared=not request.servers)


def _sum(balances: Iterable[Balance]) -> Balance:
    total: dict[str, int] = {}
    codes: dict[str, int] = {}
    for one in balances:
        for name in Balance.__struct_fields__:
            if name == "codes":
                for code, count in one.codes.items():
                    codes[code] = codes.get(code, 0) + count
            else:
                total[name] = total.get(name, 0) + getattr(one, name)
    return Balance(**total, codes=dict(sorted(codes.items())))


def _network(request: Request, nights: Sequence[NightPlan], part: Attempted) -> Network:
    lines = request.shape.lines
    if not part.network:
        return Network(lines=0, rate=0, latency=0)
    return Network(
        lines=len(part.lines),
        rate=part.rate,
        latency=lines.latency_ms * 1000,
        loss=lines.loss,
        bytes_up=sum(one.bytes_up for one in part.lines.values()),
        bytes_down=sum(one.bytes_down for one in part.lines.values()),
        busy=sum(one.busy for one in part.lines.values()),
        outages=tuple(
            Outage(
                start=night.number * night.lasts + cut.start,
                end=night.number * night.lasts + cut.end,
                ja=cut.ja,
                en=cut.en,
                declared=cut.declared,
            )
            for night in nights
            for cut in night.cuts
        ),
    )
