"""A whole load test: server, network and generator started, watched, stopped, and their accounts compared.

    DIR/payloads/            what was sent (`load.payloads`)
    DIR/exchanges.ndjson     each exchange (`load.engine.rows`)
    DIR/answers.bin          the sealed answers, as they came down
    DIR/reconciliation.json  what adds up, and what does not
    DIR/load.json            the results (`load.results`)
    DIR/*.log                what each process said
    DIR/ministry/, lgwan/    folders of server and network

Of a shape that tries several rates, each rate is a run of its own with a new server, in DIR/rate-KBPS.
Ctrl-C ends everything in order, and what was measured until then is written, marked as cut short.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from load import keys, payloads, plan, thresholds
from load.keys import Keys
from load.orchestration.assembly import assemble
from load.orchestration.attempt import INTERRUPTED, Attempt, Attempted, MakeStand, Request, Tell
from load.orchestration.stand import FOLDER, Elsewhere, Ministry, Stand
from load.payloads import Intended
from load.plan import NightPlan
from load.results import Results, write
from sim.base.errors import UsageError
from sim.exchange.profile import open_profile

_NOTHING_SAID: Final = thresholds.EXIT_CODES["not_judged"]
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Finished:
    """A run with its results. `faults`: why it does not add up, a line each."""

    results: Results
    faults: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 all thresholds hold and everything adds up; 1 something does not; 2 it could not be judged.

        Of a run that was interrupted and about which nothing bad can be said it is 130.
        """
        code = 1 if self.faults else thresholds.exit_code(self.results)
        return _INTERRUPTED if code == _NOTHING_SAID and self.results.run.stopped == INTERRUPTED else code


def own_stand(request: Request, folder: Path, made: Keys, endpoints: Sequence[plan.Arrival]) -> Stand:
    """The server that a request asks for."""
    if request.servers:
        return Elsewhere(request.servers)
    return Ministry(folder / FOLDER, made, endpoints, request.database, folder / "ministry.log")


def run(request: Request, tell: Tell, make_stand: MakeStand = own_stand) -> Finished:
    """Does what is asked, and writes it all into the folder.

    Args:
        tell: what is going on, a line at a time.
        make_stand: gives the server; it is entered and left as a context manager.

    Raises:
        UsageError: the folder is not empty, the shape cannot be had, what is asked for does not go together.
        HarnessError: a process would not start, or failed.
    """
    _check(request)
    shape = request.shape
    nights = [plan.night(shape, request.seed, number) for number in range(shape.window.nights)]
    codes = [one.code for one in nights[0].arrivals]
    agency = open_profile().agency
    tell(f"{shape.name}: {len(codes):,} endpoints, {sum(one.records for one in nights):,} records")
    made = keys.make(
        request.keys,
        agency,
        codes,
        workers=os.cpu_count() or 1,
        progress=lambda done, of: (
            tell(f"keys: {done:,} of {of:,}") if done == of or done % 200 == 0 else None
        ),
    )
    manifest = payloads.prepare(
        request.out / "payloads",
        _intended(nights),
        {one.code: one.prefecture + one.name for one in nights[0].arrivals},
        made,
        seed=request.seed,
        workers=os.cpu_count() or 1,
        faulty=request.faulty,
    )
    tell(
        f"payloads: {manifest.batches:,} batches, {manifest.sealed_bytes:,} bytes sealed,"
        f" fingerprint {manifest.fingerprint[:16]}"
    )
    started = datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251
    tried = shape.lines.rates_kbps or (shape.lines.rate_kbps,)
    parts: list[Attempted] = []
    for rate in tried:
        folder = request.out if len(tried) == 1 else request.out / f"rate-{rate}"
        folder.mkdir(parents=True, exist_ok=True)
        if len(tried) > 1:
            tell(f"rate: {rate:,} kbit/s")
        attempt = Attempt(request, folder, made, manifest, nights, rate * 1000, tell)
        parts.append(attempt.perform(make_stand))
        if parts[-1].stopped:
            break
    results = assemble(request, nights, manifest, parts, started)
    results = thresholds.judge(results, shape.limits)
    write(results, request.out)
    faults = tuple(line for part in parts for line in part.faults)
    return Finished(results, faults)


def _check(request: Request) -> None:
    if request.out.exists() and (not request.out.is_dir() or any(request.out.iterdir())):
        raise UsageError(
            "the folder of the run is not empty",
            where=str(request.out),
            expected="a folder that does not exist yet, or an empty one",
            remedy="give another one: --out DIR",
        )
    if request.servers and (request.database or request.kill_every):
        raise UsageError(
            "of a server elsewhere neither the database nor its process is ours",
            where="--server",
            remedy="leave out --database and --kill-server-every, or --server",
        )
    if request.listen and not request.servers:
        raise UsageError(
            "workers elsewhere need a server that they can reach",
            where="--listen",
            expected="--server https://HOST:PORT",
            remedy="run the server with `renkei ministry serve`, and name its address",
        )
    request.out.mkdir(parents=True, exist_ok=True)


def _intended(nights: Iterable[NightPlan]) -> list[Intended]:
    return [
        Intended(one.code, night.number * night.lasts + one.intended, one.records, night.number)
        for night in nights
        for one in night.arrivals
    ]
