"""What the sources said, put together for the page, and how it went in the last minutes.

A tick is one look at all sources. The page gets everything once and then, at each tick, the rows that
changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from sim.base.instant import DAY, MINUTE, SECOND, Instant, iso, parse_iso
from sim.base.version import VERSION
from sim.drivers.live.network.lines import LineStatus
from sim.drivers.live.network.outages import OutageStatus
from sim.drivers.live.network.proxy import Status as NetworkStatus
from sim.drivers.live.status.sources import Source
from sim.drivers.live.terminal.standing import Status as TerminalStatus
from sim.drivers.live.wire import Overview, Seen

KEPT: Final = 10 * MINUTE
"""How long points of the charts are kept."""

ACTIVE_WITHIN: Final = 10 * SECOND
"""A municipality is active while its figures changed within this time."""

SILENT_AFTER: Final = DAY
"""A municipality is silent that was not heard of for so long: each exchanges once a day."""

# --- how a municipality stands, the most urgent first ---
OUTAGE: Final = "outage"
FAULT: Final = "fault"
ACTIVE: Final = "active"
WAITING: Final = "waiting"
SILENT: Final = "silent"
QUIET: Final = "quiet"


class Point(NamedTuple):
    """A moment of the charts. Rates are by the second; None where nobody knows."""

    at: Instant
    decided: float | None
    kept: int | None
    waiting: int | None
    up: float | None
    down: float | None


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A municipality as the page shows it. Figures of a source that never answered are None."""

    code: str
    name: str
    state: str
    last: str
    batches_up: int | None
    records_up: int | None
    batches_down: int | None
    records_down: int | None
    refused: int | None
    waiting: int | None
    speed: int | None
    faults: int
    rate: int | None
    latency_ms: float | None
    open: int | None
    outage: str
    stopped: int | None


class Told(msgspec.Struct, frozen=True):
    """How a source stands. `ok`: None before it was asked."""

    kind: str
    name: str
    ok: bool | None
    since: str
    trouble: str


class Server(msgspec.Struct, frozen=True):
    """The ministry server's own figures."""

    version: str
    profiles: Sequence[str]
    ready: bool
    kept: int
    oldest_kept_s: float
    decided: int
    waiting_down: int


class Network(msgspec.Struct, frozen=True):
    """The network's own figures."""

    version: str
    lines: int
    open: int
    strangers: int
    captured: int
    faults: Sequence[str]
    outages: Sequence[OutageStatus]


class Terminal(msgspec.Struct, frozen=True):
    """What a terminal said last. `ok`: whether it still answers."""

    ok: bool
    status: TerminalStatus


class View(msgspec.Struct, frozen=True):
    """What the page is told. `whole`: `rows` and `points` are all there are, not only those that are new."""

    tick: int
    now: str
    whole: bool
    version: str
    sources: Sequence[Told]
    server: Server | None
    network: Network | None
    faults: Sequence[tuple[str, str, str, str]]
    terminals: Sequence[Terminal]
    rows: Sequence[Row]
    points: Sequence[Point]


class _Moved(NamedTuple):
    """The bytes of a municipality when they last changed, and how fast they came."""

    total: int
    at: Instant
    speed: int
    active: bool


class Watch:
    """Everything that is known, looked at once a tick."""

    def __init__(
        self,
        ministry: Source[Overview] | None,
        network: Source[NetworkStatus] | None,
        terminals: Sequence[Source[TerminalStatus]],
    ) -> None:
        self.tick = 0
        self._ministry = ministry
        self._network = network
        self._terminals = terminals
        self._now = Instant(0)
        self._rows: dict[str, Row] = {}
        self._changed: dict[str, int] = {}
        self._moved: dict[str, _Moved] = {}
        self._points: deque[tuple[int, Point]] = deque()
        self._totals: tuple[Instant, int | None, int | None, int | None] | None = None

    @property
    def sources(self) -> list[Source[Overview] | Source[NetworkStatus] | Source[TerminalStatus]]:
        """All that are asked."""
        return [one for one in (self._ministry, self._network, *self._terminals) if one is not None]

    def look(self, now: Instant) -> None:
        """Takes over what the sources said until now."""
        self.tick += 1
        self._now = now
        overview = None if self._ministry is None else self._ministry.answer
        network = None if self._network is None else self._network.answer
        seen = {} if overview is None else {one.code: one for one in overview.municipalities}
        lines = {} if network is None else {one.code: one for one in network.lines}
        faults: dict[str, int] = {}
        for fault in () if overview is None else overview.faults:
            faults[fault[0]] = faults.get(fault[0], 0) + 1
        for code in sorted({*seen, *lines}):
            row = self._row(code, seen.get(code), lines.get(code), faults.get(code, 0))
            if self._rows.get(code) != row:
                self._rows[code] = row
                self._changed[code] = self.tick
        self._point(overview, network)

    def view(self, since: int = 0) -> View:
        """What the page is told that knows everything up to the tick `since`; 0 for all."""
        overview = None if self._ministry is None else self._ministry.answer
        network = None if self._network is None else self._network.answer
        answered = [
            Terminal(not one.trouble, one.answer) for one in self._terminals if one.answer is not None
        ]
        return View(
            self.tick,
            iso(self._now),
            since == 0,
            VERSION,
            [_told(one) for one in self.sources],
            None if overview is None else _server(overview),
            None if network is None else _network_told(network),
            () if overview is None else overview.faults,
            answered,
            [row for code, row in self._rows.items() if self._changed[code] > since],
            [point for tick, point in self._points if tick > since],
        )

    def _row(self, code: str, seen: Seen | None, line: LineStatus | None, faults: int) -> Row:
        moved = self._move(code, seen, line)
        if line is not None and line.outage:
            state = OUTAGE
        elif faults:
            state = FAULT
        elif moved.active:
            state = ACTIVE
        elif seen is not None and seen.waiting:
            state = WAITING
        elif seen is not None and self._silent(seen.last):
            state = SILENT
        else:
            state = QUIET
        return Row(
            code=code,
            name=(seen.name if seen is not None else "") or (line.name if line is not None else ""),
            state=state,
            last=_last(seen, line),
            batches_up=None if seen is None else seen.batches_up,
            records_up=None if seen is None else seen.records_up,
            batches_down=None if seen is None else seen.batches_down,
            records_down=None if seen is None else seen.records_down,
            refused=None if seen is None else seen.refused,
            waiting=None if seen is None else seen.waiting,
            speed=moved.speed if moved.active else None,
            faults=faults,
            rate=None if line is None else line.rate,
            latency_ms=None if line is None else line.latency_ms,
            open=None if line is None else line.open,
            outage="" if line is None else line.outage,
            stopped=None if line is None else line.refused + line.cut + line.unreachable,
        )

    def _move(self, code: str, seen: Seen | None, line: LineStatus | None) -> _Moved:
        """Whether bytes of it moved lately: on its line, or where nobody knows that, at the server."""
        total = 0
        for one in (line, seen):
            if one is not None:
                total = one.bytes_up + one.bytes_down
                break
        before = self._moved.get(code)
        if before is None:
            moved = _Moved(total, self._now, 0, False)
        elif total != before.total:
            passed = max(self._now - before.at, SECOND) if before.active else SECOND
            speed = max(0, total - before.total) * SECOND // passed
            moved = _Moved(total, self._now, speed, True)
        elif before.active and self._now - before.at > ACTIVE_WITHIN:
            moved = before._replace(active=False)
        else:
            moved = before
        self._moved[code] = moved
        return moved

    def _silent(self, last: str) -> bool:
        try:
            return not last or self._now - parse_iso(last) > SILENT_AFTER
        except ValueError:
            return True

    def _point(self, overview: Overview | None, network: NetworkStatus | None) -> None:
        """The charts' next point: what grew since the one before, by the second."""
        if overview is not None and self._ministry is not None and self._ministry.trouble:
            overview = None
        if network is not None and self._network is not None and self._network.trouble:
            network = None
        decided = None if overview is None else overview.decided
        up, down = _bytes(overview, network)
        before, self._totals = self._totals, (self._now, decided, up, down)
        if before is None or self._now <= before[0]:
            return
        seconds = (self._now - before[0]) / SECOND
        point = Point(
            self._now,
            _grown(before[1], decided, seconds),
            None if overview is None else overview.kept,
            None if overview is None else overview.waiting_down,
            _grown(before[2], up, seconds),
            _grown(before[3], down, seconds),
        )
        self._points.append((self.tick, point))
        while self._points and self._points[0][1].at < self._now - KEPT:
            self._points.popleft()


def _last(seen: Seen | None, line: LineStatus | None) -> str:
    """When it was last heard of: by the server, or where nobody asks that, on its line."""
    if seen is not None:
        return seen.last
    return "" if line is None else line.last or ""


def _bytes(overview: Overview | None, network: NetworkStatus | None) -> tuple[int | None, int | None]:
    """Bytes up and down so far: of the network, or where it is not asked, of the server."""
    if network is not None:
        return network.bytes_up, network.bytes_down
    if overview is not None:
        municipalities = overview.municipalities
        return sum(one.bytes_up for one in municipalities), sum(one.bytes_down for one in municipalities)
    return None, None


def _grown(before: int | None, now: int | None, seconds: float) -> float | None:
    """How much more by the second; nothing where a counter began anew."""
    if before is None or now is None or now < before:
        return None
    return round((now - before) / seconds, 2)


def _told(source: Source[Overview] | Source[NetworkStatus] | Source[TerminalStatus]) -> Told:
    return Told(
        source.kind,
        source.name,
        None if source.trouble is None else not source.trouble,
        iso(source.since) if source.since else "",
        source.trouble or "",
    )


def _server(overview: Overview) -> Server:
    return Server(
        overview.version,
        overview.profiles,
        overview.ready,
        overview.kept,
        overview.oldest_kept_s,
        overview.decided,
        overview.waiting_down,
    )


def _network_told(status: NetworkStatus) -> Network:
    return Network(
        status.version,
        len(status.lines),
        status.open,
        status.strangers,
        status.captured,
        status.faults,
        status.outages,
    )
