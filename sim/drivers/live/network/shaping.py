"""A line in time: its connections' bytes one after another at its rate, and the latency behind it.

    source ── Flow.waiting ── the line, in turn, at its rate ── Flow.under_way: latency, stalls ── sink

A line of any rate serves its flows in turn, so that a long transfer does not starve a short one; both
directions and all connections share it, as in `sim.nodes.lgwan`. A flow that waits too much stops its source.
Nothing here knows sockets: time and timers come from the event loop, or from a test.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from sim.drivers.live.network.bucket import Bucket
from sim.drivers.live.network.loss import SEGMENT

WAITING_LIMIT: Final = 64 * 1024
"""Bytes of one flow that may wait for the line before its source is stopped; more when the line is fast."""

UNDER_WAY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of one flow that may be between the line and its far end, for lines without a limit."""

# Seconds that one flow has the line before the next one's turn; seconds of the line's rate that may wait.
_TURN: Final = 0.02
_AHEAD: Final = 0.1
_LARGEST_TURN: Final = 64 * 1024


class Timers(Protocol):
    """What is needed of an event loop."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle: ...


class Piece(NamedTuple):
    """Bytes that wait since `since`. `again`: bytes that the line carries twice; `stall`: seconds behind it.

    No bytes: the end of the stream.
    """

    data: bytes
    since: float
    again: int = 0
    stall: float = 0.0


class Flow:
    """One direction of a connection. `deliver` takes what is through, and `b""` at the end of the stream."""

    def __init__(
        self, shaper: Shaper, deliver: Callable[[bytes], None], hold: Callable[[bool], None]
    ) -> None:
        self.shaper = shaper
        self._deliver = deliver
        self._hold = hold
        self._held = False
        self.waiting: deque[Piece] = deque()
        self._waiting_bytes = 0
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._under_way_bytes = 0
        self._last_due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.queued = False
        self.dead = False

    def feed(self, piece: Piece) -> None:
        """Bytes that came from the source."""
        self._waiting_bytes += len(piece.data)
        self.waiting.append(piece)
        self.shaper.offer(self)
        self._hold_or_let()

    def take(self, most: int) -> Piece:
        """The next bytes for the line, at most so many."""
        piece = self.waiting.popleft()
        if len(piece.data) > most:
            self.waiting.appendleft(piece._replace(data=piece.data[most:], again=0, stall=0.0))
            piece = piece._replace(data=piece.data[:most])
        self._waiting_bytes -= len(piece.data)
        return piece

    def passed(self, piece: Piece, at: float) -> None:
        """The piece left the line at `at`; it is there after the latency and its stall."""
        if self.dead:
            return
        due = max(at + self.shaper.latency, self._last_due) + piece.stall
        self._last_due = due
        if due <= self.shaper.timers.time() and not self._under_way:
            self._deliver(piece.data)
        else:
            self._under_way.append((due, piece.data))
            self._under_way_bytes += len(piece.data)
            if self._timer is None:
                self._timer = self.shaper.timers.call_at(due, self._arrive)
        self._hold_or_let()

    def kill(self) -> None:
        """Nothing of it passes any more."""
        self.dead = True
        self.waiting.clear()
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arrive(self) -> None:
        self._timer = None
        now = self.shaper.timers.time()
        while self._under_way and self._under_way[0][0] <= now:
            _, data = self._under_way.popleft()
            self._under_way_bytes -= len(data)
            self._deliver(data)
        if self._under_way:
            self._timer = self.shaper.timers.call_at(self._under_way[0][0], self._arrive)
        self._hold_or_let()

    def _hold_or_let(self) -> None:
        full = self._waiting_bytes > self.shaper.may_wait or self._under_way_bytes > UNDER_WAY_LIMIT
        if full != self._held:
            self._held = full
            self._hold(full)


class Shaper:
    """One line: who waits for it, and what is on it."""

    def __init__(self, timers: Timers, rate: int = 0, latency: float = 0.0) -> None:
        self.timers = timers
        self.latency = latency
        self._bucket = Bucket(rate)
        self._turns: deque[Flow] = deque()
        self._on_line: tuple[Flow, Piece] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fit()

    @property
    def plain(self) -> bool:
        """Whether bytes pass as they come."""
        return self._bucket.rate == 0 and self.latency == 0

    @property
    def busy(self) -> float:
        """Seconds that the line has been taken, while it had a rate."""
        return self._bucket.busy

    def change(self, rate: int, latency: float) -> None:
        """Another rate, another latency. What is on the line starts again; what is behind it stays."""
        self.latency = latency
        if rate == self._bucket.rate:
            return
        now = self.timers.time()
        self._bucket.change(rate, now)
        self._fit()
        if self._on_line is not None:
            flow, piece = self._on_line
            self._put(flow, piece._replace(since=now))
        self._serve()

    def offer(self, flow: Flow) -> None:
        """The flow has bytes that wait."""
        if not flow.queued:
            flow.queued = True
            self._turns.append(flow)
        self._serve()

    def _fit(self) -> None:
        bytes_a_second = self._bucket.rate // 8
        self._most = min(max(SEGMENT, int(bytes_a_second * _TURN)), _LARGEST_TURN)
        if bytes_a_second == 0:
            self._most = _LARGEST_TURN
        self.may_wait = max(WAITING_LIMIT, int(bytes_a_second * _AHEAD))

    def _serve(self) -> None:
        """Puts on the line what comes next, until something takes time."""
        while self._on_line is None and self._turns:
            flow = self._turns.popleft()
            flow.queued = False
            if not flow.waiting:
                continue  # it was cut meanwhile
            piece = flow.take(self._most)
            if flow.waiting:
                flow.queued = True
                self._turns.append(flow)
            self._put(flow, piece)

    def _put(self, flow: Flow, piece: Piece) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._bucket.through(len(piece.data) + piece.again, piece.since)
        if at <= self.timers.time():
            self._on_line = None
            flow.passed(piece, at)
        else:
            self._on_line = (flow, piece)
            self._timer = self.timers.call_at(at, lambda: self._through(at))

    def _through(self, at: float) -> None:
        assert self._on_line is not None
        flow, piece = self._on_line
        self._on_line = None
        self._timer = None
        flow.passed(piece, at)
        self._serve()
