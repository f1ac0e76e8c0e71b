"""One line: its quality now, its counters, and the connections on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from sim.base.instant import SECOND, Instant, iso
from sim.base.node import NodeId
from sim.drivers.live.network.settings import Quality
from sim.drivers.live.network.shaping import Shaper, Timers

if TYPE_CHECKING:
    from sim.drivers.live.network.connection import Connection


class LineStatus(msgspec.Struct, frozen=True):
    """A line as `GET /status` tells it.

    `rate`: bits a second, 0 for no limit. `outage`: why nothing passes, empty when something does. `open`:
    its connections now. `connections`: those that were let through; `refused`: those that were not, during an
    outage or because there were too many; `cut`: those that the network ended; `unreachable`: those to which
    the server did not answer. `busy_s`: seconds that its bytes took at its rate; without a rate, seconds of
    the clock in which anything passed. `first`, `last`: when a byte passed.
    """

    code: str
    name: str
    address: str
    rate: int
    latency_ms: float
    loss: float
    capture: bool
    outage: str
    open: int
    connections: int
    refused: int
    cut: int
    unreachable: int
    bytes_up: int
    bytes_down: int
    busy_s: float
    first: str | None
    last: str | None


class Line:
    """The access line of one municipality."""

    def __init__(self, code: str, quality: Quality, timers: Timers, name: str = "") -> None:
        self.code = code
        self.name = name
        self.address = ""
        self.quality = quality
        self.shaper = Shaper(timers, quality.rate, quality.latency / SECOND)
        self.open: set[Connection] = set()
        self.number = 0
        self.refused = 0
        self.cut = 0
        self.unreachable = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self._busy_seconds = 0
        self._first = 0
        self._last = 0

    @property
    def terminal(self) -> NodeId:
        """The node at the line's end, as journals call it."""
        return NodeId(f"terminal-{self.code}")

    def change(self, quality: Quality) -> None:
        """From now on the line is like this; connections stay."""
        self.quality = quality
        self.shaper.change(quality.rate, quality.latency / SECOND)
        for connection in self.open:
            connection.fit()

    def passed(self, size: int, up: bool) -> None:
        """Bytes came through the line now."""
        if up:
            self.bytes_up += size
        else:
            self.bytes_down += size
        now = time.time_ns() // 1000
        if not self.quality.rate and now // SECOND != self._last // SECOND:
            self._busy_seconds += 1
        self._last = now
        if not self._first:
            self._first = now

    def status(self, outage: str) -> LineStatus:
        """The line as it is told. `outage`: why nothing passes."""
        return LineStatus(
            self.code,
            self.name,
            self.address,
            self.quality.rate,
            self.quality.latency / 1000,
            self.quality.loss,
            self.quality.capture,
            outage,
            len(self.open),
            self.number,
            self.refused,
            self.cut,
            self.unreachable,
            self.bytes_up,
            self.bytes_down,
            round(self.shaper.busy + self._busy_seconds, 3),
            iso(Instant(self._first)) if self._first else None,
            iso(Instant(self._last)) if self._last else None,
        )
