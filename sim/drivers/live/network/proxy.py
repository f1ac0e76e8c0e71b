"""The network itself: its listeners, its lines, its outages, and what is known of them.

Everything runs on one event loop. Who wants something changed while it runs calls `change`, `declare` and
`lift`, directly or through `control`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant, iso
from sim.base.version import VERSION
from sim.drivers.live.clock import WallClock
from sim.drivers.live.network.capture import Recorder
from sim.drivers.live.network.gate import STOPPED, Caller, Gate
from sim.drivers.live.network.journal import Journal
from sim.drivers.live.network.lines import Line, LineStatus
from sim.drivers.live.network.outages import Outages, OutageStatus
from sim.drivers.live.network.settings import (
    Change,
    Listed,
    Quality,
    Settings,
    loopback_address,
    place_of,
    unknown_line,
)
from sim.nodes.lgwan.lines import EVERYBODY

CAPTURE: Final = "capture"

# Seconds between two looks at files that are written.
_FLUSH_EVERY: Final = 0.2
_BACKLOG: Final = 4096


class Status(msgspec.Struct, frozen=True):
    """The network as `GET /status` tells it.

    `strangers`: connections from nowhere that is listed. `crowded`: those for which there was no room.
    `captured`: bytes. `faults`: what cannot be written (journal, capture) and why.
    """

    now: str
    started: str
    version: str
    ministry: str
    port: int
    seed: int
    open: int
    strangers: int
    crowded: int
    bytes_up: int
    bytes_down: int
    captured: int
    capture_files_dropped: int
    faults: list[str]
    outages: list[OutageStatus]
    lines: list[LineStatus]


class Network:
    """`async with Network(settings) as network`. With a folder it keeps its journal and captures there.

    Entering raises `HarnessError` when it cannot listen where the settings say, and `UsageError` when an
    outage is planned for a line that is not listed.
    """

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self.settings = settings
        self.port = settings.port
        self._folder = folder
        self._clock = WallClock()
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        settings = self.settings
        for planned in settings.outages:
            if planned.line is not None and planned.line not in settings.listed:
                raise unknown_line(planned.line, settings.listed)
        loop = asyncio.get_running_loop()
        self._started = self._clock.now
        self._journal = Journal(self._folder, self._clock)
        self._recorder = None
        if self._folder is not None:
            self._recorder = Recorder(self._folder / CAPTURE, settings.capture, self._tell)
        self._lines = {
            code: Line(code, listed.applied(settings.defaults), loop, settings.names.get(code, ""))
            for code, listed in settings.listed.items()
        }
        self._outages = Outages(self._lines, self._journal, self._clock, loop)
        self._gate = Gate(settings, self._lines, self._outages, self._journal, self._recorder)
        self._flushing = loop.create_task(self._flush_again())
        try:
            await self._listen()
        except BaseException:
            await self._close()
            raise
        self._journal.say("network_started", data={"lines": len(self._lines), "port": self.port})
        for planned in settings.outages:
            start, end = (Instant(int(at.timestamp() * SECOND)) for at in (planned.start, planned.end))
            if end > self._started:
                self._outages.enter(planned.name, planned.line or EVERYBODY, start, end, declared=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.say("network_stopped")
        await self._close()

    # --- while it runs ---------------------------------------------------------------------------------
    def address(self, code: str) -> tuple[str, int]:
        """Host and port at which the terminal of the code calls.

        Raises:
            UsageError: no such line.
        """
        return place_of(self._line(code).address)

    def change(self, code: str | None, change: Change) -> int:
        """Makes a line different, or all of them without a code; gives how many.

        Raises:
            UsageError: no such line.
        """
        lines = list(self._lines.values()) if code is None else [self._line(code)]
        for line in lines:
            line.change(change.applied(line.quality))
        terminal = EVERYBODY if code is None else lines[0].terminal
        named = change.model_dump(include=set(Quality.model_fields), exclude_none=True)
        self._journal.say("line_changed", data={"terminal": terminal} | named)
        return len(lines)

    def declare(
        self, name: str, code: str | None = None, *, after: int = 0, lasting: int | None = None
    ) -> OutageStatus:
        """An outage of a line, or of the whole network: in `after` microseconds, for `lasting` or until
        lifted.

        Raises:
            UsageError: no such line.
            DeclaredTwice: it has an outage of that name.
        """
        if code is not None:
            self._line(code)
        start = Instant(self._clock.now + after)
        end = None if lasting is None else Instant(start + lasting)
        return self._outages.declare(name, code or EVERYBODY, start, end)

    def lift(self, name: str) -> list[OutageStatus]:
        """Ends the outages with this id or name, or keeps them from beginning; gives those."""
        return self._outages.lift(name)

    def outages(self) -> list[OutageStatus]:
        """All outages that run or are to come."""
        return self._outages.status()

    def line(self, code: str) -> LineStatus:
        """What is known of a line.

        Raises:
            UsageError: no such line.
        """
        line = self._line(code)
        return line.status(self._outages.reason(code)[0])

    def status(self) -> Status:
        """What is known of everything."""
        lines = [self.line(code) for code in self._lines]
        recorder, gate = self._recorder, self._gate
        faults = {"journal": self._journal.fault, "capture": "" if recorder is None else recorder.fault}
        return Status(
            iso(self._clock.now),
            iso(self._started),
            VERSION,
            self.settings.ministry,
            self.port,
            self.settings.seed,
            gate.open,
            gate.strangers,
            gate.crowded,
            sum(line.bytes_up for line in lines),
            sum(line.bytes_down for line in lines),
            0 if recorder is None else recorder.bytes,
            0 if recorder is None else recorder.dropped,
            [f"{what}: {why}" for what, why in faults.items() if why],
            self.outages(),
            lines,
        )

    def _line(self, code: str) -> Line:
        line = self._lines.get(code)
        if line is None:
            raise unknown_line(code, self._lines)
        return line

    def _tell(self, kind: str, what: str) -> None:
        self._journal.say(kind, data={"what": what})

    # --- start and end ---------------------------------------------------------------------------------
    async def _listen(self) -> None:
        """One listener for all lines, and one for each that has an address of its own."""
        settings = self.settings
        host = "0.0.0.0" if settings.on_loopback else settings.listen
        server = await self._listener(host, settings.port, None)
        self.port = server.sockets[0].getsockname()[1]
        for code, listed in settings.listed.items():
            line = self._lines[code]
            line.address = self._place(listed, host)
            if listed.at is not None:
                await self._listener(*place_of(listed.at), line)

    def _place(self, listed: Listed, host: str) -> str:
        if listed.at is not None:
            return listed.at
        if self.settings.on_loopback:
            host = "127.0.0.1" if listed.sources else loopback_address(listed.code)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    async def _listener(self, host: str, port: int, line: Line | None) -> asyncio.Server:
        own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if line is None and self.settings.on_loopback and hasattr(socket, "SO_BINDTODEVICE"):
                # Where the system allows it, nobody else even finds the port open; elsewhere, who comes to
                # any other address than a line's is refused like every stranger.
                with contextlib.suppress(OSError):
                    own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            own.bind((host, port))
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: Caller(self._gate, line), sock=own, backlog=_BACKLOG)
        except OSError as error:
            own.close()
            raise HarnessError(
                "the network cannot listen",
                where=f"{host}:{port}",
                received=str(error.strerror or error),
                remedy="give another port (0 takes a free one), or an address of this machine",
            ) from error
        self._servers.append(server)
        return server

    async def _close(self) -> None:
        self._flushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._flushing
        for server in self._servers:
            server.close()
        self._outages.stop()
        for line in self._lines.values():
            for connection in list(line.open):
                connection.cut(STOPPED)
        for end in list(self._gate.ends):
            end.transport.abort()
        while self._gate.ends:  # each leaves when its socket is closed, on the loop's next round
            await asyncio.sleep(0)
        for server in self._servers:
            await server.wait_closed()
        if self._recorder is not None:
            self._recorder.close()
        self._journal.close()

    async def _flush_again(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_EVERY)
            self._journal.flush()
            if self._recorder is not None:
                self._recorder.flush()
