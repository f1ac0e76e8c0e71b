"""One run of a load test at one rate: from the start of the server to the sum.

Server and network are started, the generator does its work, what it did not bring to an end is asked of the
server, and all accounts are held against each other. What comes of it is an `Attempted`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from load.engine import rows as exchanges
from load.engine.rows import DONE, Row
from load.engine.setup import BEGINS, MASTER, PROGRESS, Setup, Summary, read_summary
from load.keys import Keys
from load.orchestration import results as measured
from load.orchestration.balance import LOST, PENDING, Outcome, balance, heard, told
from load.orchestration.children import Child, Said, engine
from load.orchestration.network import Lgwan
from load.orchestration.results import Carried
from load.orchestration.stand import Stand, standing_of
from load.orchestration.watch import Sample, Watch
from load.payloads import Manifest
from load.plan import Arrival, NightPlan
from load.results import Server
from load.shapes import Shape
from sim.base.errors import HarnessError

RECONCILIATION: Final = "reconciliation.json"
INTERRUPTED: Final = "interrupted"
# Seconds: after the last window, until exchanges that are not over are given up; from, to.
_GRACE: Final = (10.0, 120.0)
_ENGINE_WITHIN: Final = 120.0
_SETTLE_WITHIN: Final = 60.0
_LOOK: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for.

    `workers`: processes of the generator. `listen`: HOST:PORT at which the master waits for workers that are
    started elsewhere; empty: they are started here. `database`: URL of the server's, None for its own file.
    `servers`: addresses of servers that run already. `kill_every`: seconds after which the server is killed
    and started again, over and over. `faulty`: share of records that must be rejected. `command`: as it was
    typed.
    """

    shape: Shape
    out: Path
    seed: int = 1
    workers: int = 1
    listen: str = ""
    keys: Path
    database: str | None = None
    network: bool = True
    servers: tuple[str, ...] = ()
    kill_every: float | None = None
    faulty: float = 0.0
    command: str = ""


Tell = Callable[[str], None]
MakeStand = Callable[[Request, Path, Keys, Sequence[Arrival]], Stand]


@dataclass(frozen=True, slots=True)
class Attempted:
    """What one run at one rate left behind."""

    rate: int
    rows: list[Row]
    summary: Summary
    outcome: Outcome
    lines: dict[str, Carried]
    server: Server
    samples: list[Sample]
    network: bool
    stopped: str
    faults: tuple[str, ...]


class Attempt:
    """The run itself. `rate`: bits a second of each line."""

    def __init__(
        self,
        request: Request,
        folder: Path,
        made: Keys,
        manifest: Manifest,
        nights: Sequence[NightPlan],
        rate: int,
        tell: Tell,
    ) -> None:
        self._request = request
        self._folder = folder
        self._keys = made
        self._manifest = manifest
        self._nights = nights
        self._rate = rate
        self._tell = tell
        self._stopped = ""

    def perform(self, make_stand: MakeStand) -> Attempted:
        request, folder = self._request, self._folder
        with ExitStack() as stack:
            entered = make_stand(request, folder, self._keys, self._nights[0].arrivals)
            stand: Stand = stack.enter_context(entered)  # type: ignore[arg-type]
            network = stack.enter_context(self._network(stand)) if request.network else None
            self._tell("server and network run" if network else "server runs")
            watch = stack.enter_context(Watch(lambda: stand.pid, stand.told))
            begins = self._load(stand, network)
            lines = {} if network is None else network.carried()
            rows = list(exchanges.read_rows(folder / exchanges.ROWS))
            unsettled = self._ask(stand, rows)
            self._tell("the server works off what it has kept")
            if not self._stopped:
                stand.settle(_SETTLE_WITHIN)
            stand.stop()
            samples = watch.samples(begins)
        faults = [] if network is None else list(network.faults)
        summary = read_summary(folder)
        stopped = (
            self._stopped
            or summary.cut
            or (f"lost workers: {', '.join(summary.lost)}" if summary.lost else "")
        )
        self._tell("answers are opened and held against the journal")
        said = heard(folder, self._keys, workers=os.cpu_count() or 1)
        outcome = balance(
            request.out / "payloads",
            rows,
            said,
            stand.journal(),
            asked=lambda code, ref: unsettled.get(ref, LOST),
        )
        self._write(outcome)
        server = measured.server(
            rows,
            samples,
            store=stand.store,
            version=stand.version(),
            restarts=stand.restarts,
            database=stand.size(),
        )
        # What was cut short leaves things pending; what is wrong even so is told.
        faults += told(outcome)
        return Attempted(
            self._rate,
            rows,
            summary,
            outcome,
            lines,
            server,
            samples,
            network is not None,
            stopped,
            tuple(faults),
        )

    def _network(self, stand: Stand) -> Lgwan:
        shape = self._request.shape
        table = self._folder / "municipalities.csv"
        table.write_text(
            "code,name\n" + "".join(f"{one.code},{one.name}\n" for one in self._nights[0].arrivals), "utf-8"
        )
        return Lgwan(
            self._folder / "lgwan",
            table,
            stand.addresses()[0],
            rate=self._rate,
            latency=shape.lines.latency_ms * 1000,
            loss=shape.lines.loss,
            log=self._folder / "lgwan.log",
        )

    # --- the load itself ------------------------------------------------------------------------------------
    def _load(self, stand: Stand, network: Lgwan | None) -> float:
        """Runs the generator to its end; gives when time began to count, by `time.monotonic`."""
        setup = self._setup(stand, network)
        said = Said()
        with ExitStack() as stack:
            main = stack.enter_context(
                engine("the load generator", setup, self._folder / "generator.log", said)
            )
            self._workers(stack, setup, main, said)
            wall = float(said.first(BEGINS, main, _ENGINE_WITHIN))
            begins = time.monotonic() + wall - time.time()  # noqa: TID251
            if network is not None:
                for night in self._nights:
                    network.cut(night.cuts, begins + night.number * night.lasts / 1e6, night.number)
            over = threading.Event()
            if self._request.kill_every is not None:
                killer = threading.Thread(
                    target=_keep_killing, args=(stand, self._request.kill_every, over), daemon=True
                )
                killer.start()
                stack.callback(killer.join)
            stack.callback(over.set)
            self._attend(main, stand, said)
            if (code := main.wait(_ENGINE_WITHIN)) != 0:
                raise main.died(f"exit code 0, not {code}")
        return begins

    def _setup(self, stand: Stand, network: Lgwan | None) -> Setup:
        request = self._request
        lasts = self._nights[-1].lasts
        end = (self._nights[-1].number + 1) * lasts
        grace = min(max(lasts / 1e6, _GRACE[0]), _GRACE[1])
        alone = request.workers == 1 and not request.listen
        host, _, port = request.listen.rpartition(":")
        return Setup(
            role="alone" if alone else "master",
            payloads=str(request.out / "payloads"),
            keys=str(request.keys),
            out=str(self._folder),
            servers=stand.addresses(),
            loopback_port=0 if network is None else network.port,
            until=end + round(grace * 1e6),
            tolerance=request.shape.late_after_ms * 1000,
            workers=request.workers,
            master_host=host or "127.0.0.1",
            master_port=int(port or 0),
            connect_within=_ENGINE_WITHIN if not request.listen else 3600.0,
        )

    def _workers(self, stack: ExitStack, setup: Setup, main: Child, said: Said) -> None:
        if setup.role == "alone":
            return
        port = int(said.first(MASTER, main, _ENGINE_WITHIN))
        if self._request.listen:
            self._tell(f"waiting for {setup.workers} workers at {setup.master_host}:{port}")
            said.first(BEGINS, main, setup.connect_within)
            return
        for number in range(1, setup.workers + 1):
            own = msgspec.structs.replace(setup, role="worker", master_host="127.0.0.1", master_port=port)
            log = self._folder / f"worker-{number}.log"
            stack.enter_context(engine(f"worker {number}", own, log, lambda _line: None))

    def _attend(self, main: Child, stand: Stand, said: Said) -> None:
        """Waits until the generator is done; on Ctrl-C, or when the server is gone, asks it to stop."""
        total, shown = self._manifest.exchanges, 0.0
        while not main.ended():
            try:
                time.sleep(_LOOK)
                if time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    self._tell(f"exchanges: {said.last(PROGRESS) or 0} of {total:,} are over")
                if stand.gone and not self._stopped:
                    self._stopped = "the server ended by itself"
                    main.ask_to_stop()
            except KeyboardInterrupt:
                if self._stopped:
                    raise
                self._stopped = INTERRUPTED
                self._tell("interrupted: what was measured is written; once more ends at once")
                main.ask_to_stop()

    def _ask(self, stand: Stand, rows: Iterable[Row]) -> dict[str, str]:
        """Of batches whose exchange did not come to its end: what the server says became of them."""
        if stand.gone:
            return {ref: PENDING for row in rows if row.outcome != DONE for ref in row.uploads}
        addresses = stand.addresses()
        found = {}
        for row in rows:
            if row.outcome == DONE:
                continue
            for ref in row.uploads:
                address = addresses[int(row.code[:5]) % len(addresses)]
                try:
                    found[ref] = standing_of(self._keys, address, row.code, ref)
                except HarnessError:
                    found[ref] = PENDING  # it does not say: that is no proof of a loss
        return found

    def _write(self, outcome: Outcome) -> None:
        found = {
            "sound": outcome.sound,
            "surprises": list(outcome.surprises),
            "reconciliation": None if outcome.reconciliation is None else outcome.reconciliation.as_dict(),
        }
        text = json.dumps(found, ensure_ascii=False, indent=1)
        (self._folder / RECONCILIATION).write_text(text + "\n", "utf-8")


def _keep_killing(stand: Stand, every: float, over: threading.Event) -> None:
    while not over.wait(every):
        stand.kill()
