"""What became of it: balances, the course by second, municipalities, and the state of all who took part."""

from __future__ import annotations

import msgspec

from load.results.parts import Part


class Balance(Part, frozen=True, kw_only=True):
    """What became of so many batches or records. Each of `planned` is in exactly one of: `unsent`, never
    given to the server; `accepted`; `rejected`, with the code in `codes`; `pending`, kept and without a
    verdict at the end; `lost`, taken by the server and unknown to it at the end.

    Beside that, `doubled`: decided once more than they should be, so many times; `answered`: those of which
    the sender acknowledged the result.
    """

    planned: int = 0
    unsent: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    lost: int = 0
    doubled: int = 0
    answered: int = 0
    codes: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def sent(self) -> int:
        """Those which the server took."""
        return self.planned - self.unsent

    @property
    def rest(self) -> int:
        """What the reconciliation leaves: zero, or something is missing (above) or too many (below)."""
        return self.sent - self.accepted - self.rejected - self.pending - self.lost


class Moment(Part, frozen=True, kw_only=True):
    """What happened from one step of the series to the next, `at` being the end.

    `planned`, `started`, `finished`: exchanges. `records`: kept by the server; `answered`: whose results were
    acknowledged. `waiting`: exchanges at the end of the step that should have begun and have not finished.
    `kept`: batches at its end that the server has and has not worked off. `memory`: what the server's process
    held at its end, in bytes; 0 where nobody looked.
    """

    at: int
    planned: int = 0
    started: int = 0
    finished: int = 0
    failed: int = 0
    records: int = 0
    answered: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    waiting: int = 0
    kept: int = 0
    memory: int = 0


class Series(Part, frozen=True, kw_only=True):
    """The course of the run, in steps of equal length."""

    step: int = 1_000_000
    moments: tuple[Moment, ...] = ()


class Completion(Part, frozen=True, kw_only=True):
    """One municipality's exchange. In a run of several nights counts are sums, and times those of the last.

    `start`: when it really began; `sent`: when the server had all its records;
    `done`: when it had acknowledged all results; None for what never came. `last_code`: of its last failure.

    `bytes_up`, `bytes_down`, `transfers`: what its line carried. `busy`: how long the line was busy with it.
    """

    code: str
    name: str
    prefecture: str
    size_class: str
    residents: int
    planned: int
    intended: int
    start: int | None = None
    sent: int | None = None
    done: int | None = None
    accepted: int = 0
    rejected: int = 0
    answered: int = 0
    retries: int = 0
    transfers: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    busy: int = 0
    last_code: str = ""


class Worker(Part, frozen=True, kw_only=True):
    """A process of the load generator. `late`: arrivals that began more than the tolerance after their
    intended start; `dropped`: never begun. `cpu`: shares of one core, over the whole run and over
    its busiest five seconds. `lag`: how late its loop woke up."""

    name: str
    arrivals: int = 0
    late: int = 0
    dropped: int = 0
    latest: int = 0
    cpu_mean: float = 0.0
    cpu_most: float = 0.0
    lag_p99: int = 0
    lag_most: int = 0


class Generator(Part, frozen=True, kw_only=True):
    """The state of the load generator, which must not be what was measured."""

    tolerance: int
    workers: tuple[Worker, ...]

    @property
    def arrivals(self) -> int:
        return sum(worker.arrivals for worker in self.workers)

    @property
    def late(self) -> int:
        return sum(worker.late for worker in self.workers)

    @property
    def dropped(self) -> int:
        return sum(worker.dropped for worker in self.workers)

    @property
    def latest(self) -> int:
        return max((worker.latest for worker in self.workers), default=0)

    @property
    def cpu_most(self) -> float:
        return max((worker.cpu_most for worker in self.workers), default=0.0)


class Server(Part, frozen=True, kw_only=True):
    """The server during the run. `store`: what it keeps everything in, `version`: of that. `statuses`:
    answers by HTTP status; `codes`: refusals by their code.

    `kept_most`: batches that waited at most; `oldest_most`: how long one waited at most. `memory`: bytes.
    """

    store: str
    version: str
    restarts: int = 0
    kept_most: int = 0
    oldest_most: int = 0
    cpu_mean: float = 0.0
    memory: int = 0
    database: int = 0
    statuses: dict[str, int] = msgspec.field(default_factory=dict)
    codes: dict[str, int] = msgspec.field(default_factory=dict)


class Outage(Part, frozen=True, kw_only=True):
    """Nothing passed from `start` to `end`. `declared`: it was announced."""

    start: int
    end: int
    ja: str
    en: str
    declared: bool = False


class Network(Part, frozen=True, kw_only=True):
    """The lines between terminals and server. `rate` and `latency`: of each line, 0 for none or no limit."""

    lines: int
    rate: int
    latency: int
    loss: float = 0.0
    bytes_up: int = 0
    bytes_down: int = 0
    busy: int = 0
    outages: tuple[Outage, ...] = ()
