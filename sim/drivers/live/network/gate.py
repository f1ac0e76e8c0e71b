"""Who comes in: from the address at which somebody calls to the line, and from the line to the server.

caller ── which line? ── outage? ── room? ── call the server ── Connection
             └────────── refused: closed at once, counted, journalled
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Final

from sim.base.instant import SECOND
from sim.base.journal import Data
from sim.drivers.live.network.capture import Recorder
from sim.drivers.live.network.connection import Connection, End, reset
from sim.drivers.live.network.journal import Journal
from sim.drivers.live.network.lines import Line
from sim.drivers.live.network.outages import Outages
from sim.drivers.live.network.settings import Settings, loopback_address, place_of
from sim.drivers.topology import MINISTRY
from sim.nodes.lgwan.access import NOT_LISTED
from sim.nodes.messages.network import EXCHANGE

UNREACHABLE: Final = "server_unreachable"
CROWDED: Final = "too_many_connections"
STOPPED: Final = "network_stopped"

# Seconds that the server has to answer a call.
_ANSWER_WITHIN: Final = 10.0
# Of the strangers of a second so many are journalled; the others are only counted.
_STRANGERS_TOLD: Final = 10


class Caller(End):
    """Somebody at a listener. `own`: the line to which the listener belongs, if to one."""

    def __init__(self, gate: Gate, own: Line | None) -> None:
        self._gate = gate
        self._own = own
        self._connected = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._gate.ends.add(self)
        self._connected = self._gate.came(self, self._own)

    def data_received(self, data: bytes) -> None:
        if self._connected:
            super().data_received(data)

    def eof_received(self) -> bool:
        return self._connected and super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._gate.ends.discard(self)
        if self._connected:
            super().connection_lost(error)


class Server(End):
    """The ministry server's end of a connection."""

    def __init__(self, gate: Gate, connection: Connection) -> None:
        self._gate = gate
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._gate.ends.add(self)
        self._connection.joined(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._gate.ends.discard(self)
        super().connection_lost(error)


class Gate:
    """Lets callers through to the server, or does not. `ends`: every socket that is open."""

    def __init__(
        self,
        settings: Settings,
        lines: Mapping[str, Line],
        outages: Outages,
        journal: Journal,
        recorder: Recorder | None,
    ) -> None:
        self.ends: set[End] = set()
        self.open = 0
        self.strangers = 0
        self.crowded = 0
        self._settings = settings
        self._server = place_of(settings.ministry)
        self._outages = outages
        self._journal = journal
        self._recorder = recorder
        self._told = (0, 0)
        listed = settings.listed
        self._by_address = {
            loopback_address(code): lines[code]
            for code, one in listed.items()
            if settings.on_loopback and one.at is None and not one.sources
        }
        self._by_source: Sequence[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Line]] = [
            (ipaddress.ip_network(source), lines[code])
            for code, one in listed.items()
            for source in one.sources
        ]

    def came(self, caller: Caller, own: Line | None) -> bool:
        """Somebody has called; whether there is a connection now."""
        transport = caller.transport
        here, there = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if here is None or there is None:  # gone already
            transport.abort()
            return False
        line = own or self._by_address.get(here[0]) or self._of_source(there[0])
        if line is None:
            self._stranger(here, there)
            reset(transport)
            return False
        reason, cause = self._outages.reason(line.code)
        if not reason and self.open >= self._settings.connections:
            self.crowded += 1
            reason = CROWDED
        if reason:
            line.refused += 1
            self._refused(line, reason, cause)
            reset(transport)
            return False
        line.number += 1
        self.open += 1
        connection = Connection(line, caller, self._settings.seed, self._recorder, self._ended)
        line.open.add(connection)
        transport.pause_reading()
        connection.calling = asyncio.get_running_loop().create_task(self._call(connection, caller))
        return True

    def _of_source(self, address: str) -> Line | None:
        if not self._by_source:
            return None
        caller = ipaddress.ip_address(address.partition("%")[0])
        return next((line for network, line in self._by_source if caller in network), None)

    def _stranger(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        """Nobody who is listed calls there."""
        self.strangers += 1
        second, told = self._told
        now = int(time.monotonic())
        self._told = (now, told + 1 if now == second else 1)
        if self._told[1] <= _STRANGERS_TOLD:
            data: Data = {"from": there[0], "to": MINISTRY, "service": EXCHANGE, "reason": NOT_LISTED}
            self._journal.say("peer_refused", data=data | {"bytes": 0, "called": here[0]})

    def _refused(self, line: Line, reason: str, cause: str = "", subject: str = "") -> None:
        data: Data = {"from": line.terminal, "to": MINISTRY, "reason": reason, "bytes": 0}
        self._journal.say("transfer_refused", subject, data, cause)

    async def _call(self, connection: Connection, caller: Caller) -> None:
        """Opens the way to the server, after the round trip that a call takes on the line."""
        line = connection.line
        if line.quality.latency:
            await asyncio.sleep(2 * line.quality.latency / SECOND)
        host, port = self._server
        # A source address for each line: its own ports, and the server's own logs tell the lines apart.
        source = (loopback_address(line.code), 0) if host.startswith("127.") else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                await loop.create_connection(
                    lambda: Server(self, connection), host, port, local_addr=source, family=_family(host)
                )
        except OSError:  # a timeout is one
            connection.calling = None
            connection.cut(UNREACHABLE)
            return
        connection.calling = None
        if not connection.over:
            caller.transport.resume_reading()

    def _ended(self, connection: Connection, reason: str, cause: str, how: str) -> None:
        """A connection is over."""
        line = connection.line
        self.open -= 1
        line.open.discard(connection)
        if reason == UNREACHABLE:
            line.unreachable += 1
            self._refused(line, reason, subject=connection.name)
            return
        data: Data = {
            "from": line.terminal,
            "to": MINISTRY,
            "bytes": connection.up.bytes + connection.down.bytes,
            "up": connection.up.bytes,
            "down": connection.down.bytes,
            "started": connection.started,
        }
        if reason:
            line.cut += 1
            self._journal.say("transfer_broken", connection.name, data | {"reason": reason}, cause)
        else:
            self._journal.say("transfer_done", connection.name, data | {"ended": how})


def _family(host: str) -> socket.AddressFamily:
    return (
        socket.AF_INET6 if ":" in host else socket.AF_UNSPEC if not host[:1].isdecimal() else socket.AF_INET
    )
