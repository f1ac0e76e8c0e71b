"""uvicorn with what we need of it: the caller's certificate, time limits, a second listener, a clean end.

    accepted ── TLS within `handshake` ── request head within `header` ── application ── idle: closed

A client that sends its request head byte by byte, or that goes on sending a body that was refused, is cut
off. When the process is asked to stop, new requests are told so at once and those under way finish: the
application learns it by `Running.stopping`.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

import h11
import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sim.base.errors import HarnessError
from sim.drivers.live.process import READY
from sim.drivers.live.wire import BAD_FORM, Problem

# Under this name the scope's extensions hold what is known of the caller's connection (`Link`).
LINK: Final = "renkei.link"
ADMIN_READY: Final = "renkei: admin on port "
# Bytes of a request head.
LARGEST_HEAD: Final = 16 * 1024
# Bytes and seconds for which a body that was refused is still read, so that the client gets to see why.
_LINGER_BYTES: Final = 64 * 1024 * 1024
_LINGER: Final = 5.0
_BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Times:
    """Real seconds: for TLS, for a request's head, without a request, for requests under way at the end."""

    handshake: float = 60.0
    header: float = 30.0
    idle: float = 60.0
    grace: float = 10.0


@dataclass(slots=True)
class Running:
    """The state of one server: who is connected, whether it stops. `on_stop`: called when it begins to."""

    stopping: bool = False
    connections: int = 0
    by_certificate: Counter[bytes] = field(default_factory=Counter)
    on_stop: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        """New requests are told that the server stops."""
        if not self.stopping:
            self.stopping = True
            for told in self.on_stop:
                told()


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server listens. `admin`: 0 without such a listener."""

    port: int
    admin: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A connection. `certificate`: the caller's (DER); None without TLS."""

    certificate: bytes | None
    running: Running


class _Corked:
    """A transport that sends together what is written together: an answer's head and body are one TLS
    record.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._written:
            written, self._written = self._written, []
            self._transport.write(b"".join(written))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Protocol(H11Protocol):
    """HTTP/1.1; each request is given its `Link`."""

    running: Running
    times: Times

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = _Corked(transport, self.loop)  # type: ignore[assignment]
        tls = transport.get_extra_info("ssl_object")
        self._link = Link(None if tls is None else tls.getpeercert(binary_form=True), self.running)
        self._deadline: asyncio.TimerHandle | None = None
        self._lingers = False
        self._discarded = 0
        self._count(1)
        app: Any = self.app

        async def with_link(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {LINK: self._link}
            await app(scope, receive, send)

        self.app = with_link
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._cancel()
        self._count(-1)

    def data_received(self, data: bytes) -> None:
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY:
            self._discarded += len(data)
            if self._discarded > _LINGER_BYTES:
                self.transport.abort()
                return
        try:
            super().data_received(data)
        except h11.LocalProtocolError:  # what came cannot be answered any more
            self.transport.abort()
            return
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._cancel()
            self._lingers = True
            self._deadline = self.loop.call_later(_LINGER, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP: says so once, if nothing was said yet, and hangs up."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            body = msgspec.json.encode(Problem(BAD_FORM, "this is no HTTP/1.1 request"))
            head = h11.Response(
                status_code=400,
                headers=[
                    ("content-type", "application/json"),
                    ("content-length", str(len(body))),
                    ("connection", "close"),
                ],
            )
            for event in (head, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        """While a request's head is awaited and something of it came, or nothing ever did, time runs."""
        heads = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if self._lingers and self.conn.their_state is h11.SEND_BODY:
            return
        if self._lingers or not heads:
            self._cancel()
        if heads and self._deadline is None:
            self._deadline = self.loop.call_later(self.times.header, self.transport.abort)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._lingers = False

    def _count(self, by: int) -> None:
        self.running.connections += by
        if (certificate := self._link.certificate) is not None:
            self.running.by_certificate[certificate] += by
            if not self.running.by_certificate[certificate]:
                del self.running.by_certificate[certificate]


class _Server(uvicorn.Server):
    """Says on standard output where it listens, once it does, and ends as `Running` says."""

    def __init__(
        self,
        config: uvicorn.Config,
        running: Running,
        times: Times,
        admin: tuple[ASGIApp, int] | None,
        listening: Callable[[Ports], None],
    ) -> None:
        super().__init__(config)
        self._running = running
        self._times = times
        self._admin = admin
        self._listening = listening
        self._asked_at: float | None = None

    async def startup(self, sockets: Any = None) -> None:
        self.servers = []
        try:
            ports = Ports(await self._listen(self.config, self.config.port, self._times))
            if self._admin is not None:
                app, wanted = self._admin
                config = _config(app, self._times, "127.0.0.1", None)
                ports = Ports(ports.port, await self._listen(config, wanted, self._times))
        except OSError as error:
            for server in self.servers:
                server.close()
            raise HarnessError(
                "the server cannot listen",
                where=f"{self.config.host}, port {self.config.port}"
                + (f" or {self._admin[1]}" if self._admin else ""),
                received=error.strerror or str(error),
                remedy="give another port, or 0 for any that is free",
            ) from error
        self.started = True
        self._listening(ports)
        # The admin port first: whoever waits for READY finds both.
        said = [f"{ADMIN_READY}{ports.admin}"] if ports.admin else []
        print("\n".join([*said, f"{READY}{ports.port}"]), flush=True)

    async def _listen(self, config: uvicorn.Config, port: int, times: Times) -> int:
        running = self._running if config.is_ssl else Running()

        class Protocol(_Protocol):
            pass

        Protocol.running, Protocol.times = running, times
        if not config.loaded:
            config.load()
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = (
            {"ssl_handshake_timeout": times.handshake, "ssl_shutdown_timeout": 2.0} if config.is_ssl else {}
        )
        server = await loop.create_server(
            lambda: Protocol(config, self.server_state, self.lifespan.state),
            host=config.host,
            port=port,
            ssl=config.ssl,
            backlog=_BACKLOG,
            **tls,
        )
        self.servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._running.stop()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Goes on listening, and telling newcomers that it stops, while requests are under way."""
        if not await super().on_tick(counter):
            return False
        now = asyncio.get_running_loop().time()
        self._asked_at = self._asked_at or now
        return not self.server_state.tasks or now - self._asked_at >= self._times.grace


def _config(app: ASGIApp, times: Times, host: str, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        ssl_context_factory=None if tls is None else (lambda _config, _default: tls),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=int(times.idle) or 1,
        timeout_graceful_shutdown=int(times.grace) or 1,
    )


def serve(
    app: ASGIApp,
    tls: ssl.SSLContext,
    port: int,
    *,
    running: Running,
    host: str = "127.0.0.1",
    times: Times | None = None,
    admin: tuple[ASGIApp, int] | None = None,
    listening: Callable[[Ports], None] = lambda _ports: None,
) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is under way. `port` 0: any free one.

    `admin`: a second application, with its port, that this machine alone reaches, without TLS. `listening` is
    told where, before anybody is.

    Raises:
        HarnessError: it cannot listen there.
    """
    times = times or Times()
    config = _config(app, times, host, tls)
    config.port = port
    # uvicorn raises the signal again when it has stopped; that it was asked to is no fault.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # The application says itself what went wrong.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    _Server(config, running, times, admin, listening).run()
