"""One connection through the network: two ends, and between them the line in both directions.

On a line without rate, latency and loss, bytes are written to the other end as they were read. On any other
they go through the line's `Shaper`. Whatever the line is like: a slow reader stops its writer, the end of a
stream passes through (half-closed connections stay so), and a reset of one end resets the other.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from sim.base.instant import SECOND
from sim.drivers.live.network.capture import Recorder
from sim.drivers.live.network.lines import Line
from sim.drivers.live.network.loss import SEGMENT, Loss
from sim.drivers.live.network.shaping import Flow, Piece

UP: Final = "up"
DOWN: Final = "down"
GAVE_UP: Final = "segment_lost"
CLOSED: Final = "closed"
RESET: Final = "reset"

_BY_SINK: Final = 1
_BY_LINE: Final = 2
_AT_ONCE: Final = struct.pack("ii", 1, 0)

Ended = Callable[["Connection", str, str, str], None]
"""Told once, when a connection is over: why the network cut it, after which entry, or how else it ended."""


class End(asyncio.Protocol):
    """A socket on one side. `way`: where its bytes go; `back`: the one whose bytes come to it."""

    transport: asyncio.Transport
    way: Way
    back: Way

    def data_received(self, data: bytes) -> None:
        self.way.take(data)

    def eof_received(self) -> bool:
        self.way.take_end()
        return True  # the other direction may still be open

    def pause_writing(self) -> None:
        self.back.hold(_BY_SINK, True)

    def resume_writing(self) -> None:
        self.back.hold(_BY_SINK, False)

    def connection_lost(self, error: Exception | None) -> None:
        self.way.connection.lost(self)


class Way:
    """One direction: `source` to `sink`."""

    def __init__(self, connection: Connection, up: bool, seed: int) -> None:
        self.connection = connection
        self.up = up
        self.source: End
        self.sink: End
        self.ending = False
        self.done = False
        self.bytes = 0
        line = connection.line
        self._line = line
        self._flow = Flow(line.shaper, self._deliver, lambda full: self.hold(_BY_LINE, full))
        self._loss = Loss(line.quality.loss, seed, line.code, connection.number, UP if up else DOWN)
        self._position = 0
        self._between = 0
        self._holds = 0
        self.fit()

    def fit(self) -> None:
        """The line has changed."""
        quality = self._line.quality
        self._loss.change(quality.loss, self._position)
        self._plain = self._line.shaper.plain and quality.loss == 0

    def take(self, data: bytes) -> None:
        """Bytes from the source."""
        connection = self.connection
        if connection.recorder is not None and self._line.quality.capture:
            now = time.time_ns() // 1000
            connection.recorder.write(now, self._line.code, connection.number, self.up, data)
        if self._plain and not self._between:
            self._position += len(data)
            self._deliver(data)
        else:
            self._feed(data)

    def take_end(self) -> None:
        """The source will write nothing more."""
        connection = self.connection
        if connection.recorder is not None and self._line.quality.capture:
            now = time.time_ns() // 1000
            connection.recorder.write(now, self._line.code, connection.number, self.up, b"")
        self.ending = True
        if self._plain and not self._between:
            self._deliver(b"")
        else:
            self._flow.feed(Piece(b"", self._line.shaper.timers.time()))

    def hold(self, whose: int, full: bool) -> None:
        """The source is to wait, or may go on, as far as `whose` is concerned."""
        before = self._holds
        self._holds = before | whose if full else before & ~whose
        if not before and self._holds:
            self.source.transport.pause_reading()
        elif before and not self._holds:
            self.source.transport.resume_reading()

    def kill(self) -> None:
        """Nothing passes any more."""
        self.done = True
        self._flow.kill()

    def _feed(self, data: bytes) -> None:
        """Bytes for the line, cut where a segment is lost."""
        now = self._line.shaper.timers.time()
        latency = self._line.quality.latency / SECOND
        start, self._position = self._position, self._position + len(data)
        self._between += len(data)
        done, stall, again = 0, 0.0, 0
        for lost in self._loss.within(start, self._position):
            if lost.fatal:
                self.connection.cut(GAVE_UP)
                return
            here = lost.at - start
            if here > done:
                self._flow.feed(Piece(data[done:here], now, again, stall))
                done, stall, again = here, 0.0, 0
            stall += lost.stall(latency)
            again += SEGMENT * lost.times
        self._flow.feed(Piece(data[done:], now, again, stall))

    def _deliver(self, data: bytes) -> None:
        if self.done:
            return
        transport = self.sink.transport
        if not data:
            self.done = True
            if self.connection.how == CLOSED and not transport.is_closing():
                transport.write_eof()
            self.connection.way_done()
            return
        size = len(data)
        if self._between:
            self._between -= size
        self.bytes += size
        self._line.passed(size, self.up)
        transport.write(data)


class Connection:
    """A caller who was let through. `number`: counted on each line from 1."""

    def __init__(self, line: Line, caller: End, seed: int, recorder: Recorder | None, ended: Ended) -> None:
        self.line = line
        self.number = line.number
        self.recorder = recorder
        self.started = time.time_ns() // 1000
        self.over = False
        self._ended = ended
        self._caller = caller
        self._server: End | None = None
        self.how = CLOSED
        self.calling: asyncio.Task[None] | None = None
        self.up = Way(self, True, seed)
        self.down = Way(self, False, seed)
        caller.way, caller.back = self.up, self.down
        self.up.source = self.down.sink = caller

    @property
    def name(self) -> str:
        return f"{self.line.code}-C{self.number:06d}"

    def joined(self, server: End) -> None:
        """The server has answered."""
        self._server = server
        server.way, server.back = self.down, self.up
        self.down.source = self.up.sink = server

    def fit(self) -> None:
        """The line has changed."""
        self.up.fit()
        self.down.fit()

    def way_done(self) -> None:
        """A direction has come to its end."""
        if self.up.done and self.down.done:
            self._end("", "", self.how)

    def lost(self, end: End) -> None:
        """One end is gone without having been closed by us. What it had sent still goes its way."""
        if self.over:
            return
        if self._server is None:
            self._end("", "", RESET)
            return
        self.how = RESET
        end.back.kill()
        if end.way.done:
            self.way_done()
        elif not end.way.ending:
            end.way.take_end()

    def cut(self, reason: str, cause: str = "") -> None:
        """The network ends it."""
        self._end(reason, cause, "")

    def _end(self, reason: str, cause: str, how: str) -> None:
        if self.over:
            return
        self.over = True
        self.up.kill()
        self.down.kill()
        if self.calling is not None:
            self.calling.cancel()
        for end in (self._caller, self._server):
            if end is None:
                continue
            if how == CLOSED:
                end.transport.close()
            else:
                reset(end.transport)
        self._ended(self, reason, cause, how)


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection at once, so that its peer sees a reset."""
    own = transport.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
