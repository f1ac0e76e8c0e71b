"""What the tests of the network share: time by hand, settings, a server that sends back what it gets."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.drivers.live.network import Change, Network, Settings

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

SHINJUKU = "131041"
OSAKA = "271004"
SAPPORO = "011002"


class Timer:
    """What `call_at` of an event loop gives."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class HandTimers:
    """An event loop's time and timers, moved by hand. `late`: seconds by which timers come too late."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 1000.0
        self.late = late
        self._added = 0
        self._heap: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object]) -> Any:
        self._added += 1
        timer = Timer(callback)
        heapq.heappush(self._heap, (when + self.late, self._added, timer))
        return timer

    def go(self, seconds: float) -> None:
        """So much time passes, and what is due happens."""
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            when, _, timer = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            if timer.callback is not None:
                timer.callback()
        self.now = end


def settings(server: int = 9, **more: Any) -> Settings:
    """A network with two lines in front of a server on that port."""
    raw: dict[str, Any] = {"ministry": f"127.0.0.1:{server}", "codes": [SHINJUKU, OSAKA]}
    return Settings.model_validate(raw | more)


def change(**what: Any) -> Change:
    """A change of a line."""
    return Change.model_validate(what)


@dataclass
class Echo:
    """A server that sends back what it gets. `seen`: the source address of each caller."""

    port: int = 0
    seen: list[str] = field(default_factory=list)
    half_closed: int = 0


@asynccontextmanager
async def echoing() -> AsyncIterator[Echo]:
    """Runs the server."""
    echo = Echo()
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        echo.seen.append(writer.get_extra_info("peername")[0])
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            echo.half_closed += 1
            writer.write(b"and that was all")
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    try:
        yield echo
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def calling(network: Network, code: str) -> AsyncIterator[Streams]:
    """The terminal of a code calls the server through the network."""
    reader, writer = await asyncio.open_connection(*network.address(code))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def until(what: Callable[[], bool]) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(30):
        while not what():
            await asyncio.sleep(0.005)


async def refused(place: tuple[str, int]) -> bool:
    """Whether a caller there is sent away at once."""
    try:
        reader, writer = await asyncio.open_connection(*place)
    except ConnectionError:
        return True
    try:
        return await asyncio.wait_for(reader.read(), 30) == b""
    except ConnectionError:
        return True
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def kinds(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """The kinds and data of a network's journal."""
    from sim.base import journal
    from sim.drivers.live.network.journal import FILE

    return [(line.kind, line.data) for line in journal.read(folder / FILE)]
