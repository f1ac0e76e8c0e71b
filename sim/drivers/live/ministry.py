"""The ministry server as a process: its node behind HTTPS, its memory in SQLite.

    request ── TLS: client certificate ── listed? ── limits ── Office, one at a time ── commit ── answer

Which terminal is calling is known from its certificate alone. A batch down is not pushed: the node's
undispatched send is what waits, it is sealed when its terminal asks for it, and struck when the terminal
has confirmed that it has it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import time
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sim.base.errors import RenkeiError
from sim.base.instant import SECOND, Instant
from sim.base.node import OUTSIDE, Alarm, Body, Event, Key, NodeId, Outgoing, Reply
from sim.base.version import VERSION
from sim.drivers.edge import Edge
from sim.drivers.live import keys, wire
from sim.drivers.live.clock import Agenda, Clock, RehearsalClock, WallClock
from sim.drivers.live.process import Setup
from sim.drivers.live.serving import CERTIFICATE, serve
from sim.drivers.live.wire import CAUSE, CLOCK, KEY, REF, Health, Waiting
from sim.drivers.site import Actor, Site
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.nodes.messages import decode_body
from sim.nodes.messages.network import Arrival, Carried, Carry
from sim.stores.sql import SqlStore, open_database

DATABASE: Final = "ministry.sqlite"

_log = logging.getLogger("renkei.ministry")
T = TypeVar("T")


class Office:
    """The ministry's site. One call at a time; when a call returns, what it did is committed."""

    def __init__(self, actors: Mapping[NodeId, Actor], edge: Edge, clock: Clock) -> None:
        self._edge = edge
        self._clock = clock
        self._agenda = Agenda()
        self._site = Site(actors, edge, self._schedule, self._leave)
        self._store = actors[MINISTRY].store

    def recover(self) -> None:
        """After a start: pending wakes are scheduled again."""
        self._site.recover(self._clock.now)

    def take_in(self, peer: NodeId, key: str, ref: str, cause: str, sealed: bytes) -> Reply:
        """A batch came up from `peer`."""
        return self._give(_key(peer, "batch", key), Arrival(peer, ref, sealed), LGWAN, cause)

    def waiting(self, peer: NodeId) -> list[Waiting]:
        """What waits for `peer`, freshly sealed."""
        rows = []
        for outgoing in self._sends_to(peer):
            sealed = self._edge.out(outgoing.sender, outgoing.body)
            assert isinstance(sealed, Carry)
            rows.append(Waiting(outgoing.key, sealed.ref, outgoing.cause, sealed.content))
        return rows

    def receipt(self, peer: NodeId, key: str) -> Reply:
        """`peer` has what waited under `key`: the node is told first, then the send is struck."""
        for outgoing in self._sends_to(peer):
            if outgoing.key == key and isinstance(outgoing.body, Carry):
                carried = Carried(peer, outgoing.body.ref)
                reply = self._give(_key(peer, "receipt", key), carried, LGWAN, outgoing.cause)
                self._store.dispatched(outgoing)
                return reply
        # It was struck before, or it never was this terminal's.
        return Reply(False, "NOTHING_WAITS", key)

    def command(self, key: str, body: Body) -> Reply:
        """An input from outside; the key is the recording's."""
        return self._give(_key(OUTSIDE, "command", key), body, OUTSIDE, "")

    def reach(self, at: Instant) -> None:
        """It is `at` now: gives the node every wake that is due by then, each at its own instant."""
        while (due := self._agenda.take(Instant(at + 1))) is not None:
            self._clock.reach(due[0])
            due[1]()
        self._clock.reach(at)

    @property
    def pause(self) -> float | None:
        """Seconds until the next wake, None when there is none."""
        at = self._agenda.next
        return None if at is None else max(0, at - self._clock.now) / SECOND

    def _give(self, key: Key, body: Body, sender: NodeId, cause: str) -> Reply:
        return self._site.deliver(MINISTRY, Event(key, sender, body, cause), self._clock.now)

    def _schedule(self, alarm: Alarm) -> None:
        self._agenda.add(alarm.at, lambda: self._ring(alarm))

    def _ring(self, alarm: Alarm) -> None:
        self._site.deliver(alarm.node, alarm.event(), self._clock.now)

    def _leave(self, outgoing: Outgoing) -> None:
        """A send to a terminal stays in the outbox until the terminal comes for it."""

    def _sends_to(self, peer: NodeId) -> list[Outgoing]:
        return [o for o in self._store.outbox() if isinstance(o.body, Carry) and o.body.peer == peer]


def _key(caller: NodeId, kind: str, key: str) -> Key:
    """A caller chooses keys of its own, never another's, nor one of the node's wakes."""
    return Key(f"{caller}:{kind}:{key}")


# --- HTTP ---------------------------------------------------------------------------------------------
class _Listed:
    """Lets nobody through whose certificate is not on the list; who it is stands in `request.state.peer`."""

    def __init__(self, app: ASGIApp, listed: Mapping[bytes, NodeId]) -> None:
        self._app = app
        self._listed = listed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer = self._listed.get(scope.get("extensions", {}).get(CERTIFICATE) or b"")
            if peer is None:
                refused = _json(Reply(False, "NOT_LISTED", "this certificate is not on the list"), 403)
                await refused(scope, receive, send)
                return
            scope.setdefault("state", {})["peer"] = peer
        await self._app(scope, receive, send)


Handler = Callable[[Request], Awaitable[Response]]


class _Desk:
    """The handlers. All that touches the office passes through one lock, in a thread of its own."""

    def __init__(self, office: Office, clock: Clock, profile: str) -> None:
        self._office = office
        self._clock = clock
        self._profile = profile
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def rehearsal(self) -> bool:
        return isinstance(self._clock, RehearsalClock)

    def routes(self) -> list[Route]:
        routes = [
            Route("/v1/health", self._health),
            Route("/v1/batches", self._take_in, methods=["POST"]),
            Route("/v1/batches", self._waiting),
            Route("/v1/batches/{key}/receipt", self._receipt, methods=["POST"]),
        ]
        if self.rehearsal:
            routes.append(Route("/v1/clock", self._tell, methods=["POST"]))
            routes.append(Route("/v1/commands", self._command, methods=["POST"]))
        return routes

    async def _health(self, request: Request) -> Response:
        return _json(Health(True, self._profile, VERSION, self.rehearsal))

    async def _take_in(self, request: Request) -> Response:
        peer: NodeId = request.state.peer
        key, ref, cause = (_header(request, name) for name in (KEY, REF, CAUSE))
        if cause and not cause.startswith(f"{peer}#"):
            raise HTTPException(400, f"{CAUSE}: expected an entry of {peer}'s journal")
        sealed = await _body(request, wire.LARGEST_BATCH)
        return _json(await self._serve(request, lambda: self._office.take_in(peer, key, ref, cause, sealed)))

    async def _waiting(self, request: Request) -> Response:
        peer: NodeId = request.state.peer
        return _json(await self._serve(request, lambda: self._office.waiting(peer)))

    async def _receipt(self, request: Request) -> Response:
        peer: NodeId = request.state.peer
        key: str = request.path_params["key"]
        return _json(await self._serve(request, lambda: self._office.receipt(peer, key)))

    async def _tell(self, request: Request) -> Response:
        return _json(await self._serve(request, Reply))

    async def _command(self, request: Request) -> Response:
        key = _header(request, KEY)
        raw = await _body(request, wire.LARGEST_COMMAND)
        try:
            body = decode_body(raw)
        except msgspec.DecodeError as error:
            raise HTTPException(400, f"not a command: {error}") from error
        return _json(await self._serve(request, lambda: self._office.command(key, body)))

    async def _serve(self, request: Request, act: Callable[[], T]) -> T:
        """Gives what is due by now, then acts. In a rehearsal the caller says what is now."""
        if self.rehearsal:
            at = Instant(int(_header(request, CLOCK)))
        elif CLOCK in request.headers:
            raise HTTPException(400, f"{CLOCK}: this is no rehearsal, the server has a clock of its own")
        else:
            at = self._clock.now

        def all_of_it() -> T:
            self._office.reach(at)
            return act()

        async with self._lock:
            result = await run_in_threadpool(all_of_it)
        self._changed.set()
        return result

    @asynccontextmanager
    async def living(self, _app: Starlette) -> AsyncIterator[None]:
        """Recovers, then keeps the wall clock's wakes while the application lives."""
        await run_in_threadpool(self._office.recover)
        keeper = None if self.rehearsal else asyncio.create_task(self._keep_time())
        yield
        if keeper is not None:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper

    async def _keep_time(self) -> None:
        while True:
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._office.pause)
            try:
                async with self._lock:
                    await run_in_threadpool(self._office.reach, self._clock.now)
            except RenkeiError:
                _log.exception("a wake failed; it stays in the store and is given again after a start")


def application(
    office: Office,
    clock: Clock,
    listed: Mapping[bytes, NodeId],
    profile: str,
) -> Starlette:
    """The server's ASGI application. A `RehearsalClock` makes it a rehearsal."""
    desk = _Desk(office, clock, profile)
    return Starlette(
        routes=desk.routes(),
        middleware=[Middleware(_Listed, listed=listed)],
        exception_handlers={HTTPException: _refused, RenkeiError: _failed, ClientDisconnect: _gone},
        lifespan=desk.living,
    )


async def _body(request: Request, largest: int) -> bytes:
    """The whole body, or 413 as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > largest:
        raise _too_large(largest)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise _too_large(largest)
    return bytes(body)


def _too_large(largest: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {largest} bytes")


def _header(request: Request, name: str) -> str:
    """A header in its form; only the cause may be left out."""
    value = request.headers.get(name, "")
    if wire.FORMS[name].fullmatch(value) is None and (value or name != CAUSE):
        raise HTTPException(400, f"{name}: expected {wire.FORMS[name].pattern}, received {value[:100]!r}")
    return value


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json(Reply(False, f"HTTP_{error.status_code}", error.detail), error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s", error)
    return _json(Reply(False, "HARNESS_ERROR", str(error)), 500)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it: the caller hung up before its body was complete


# --- the process --------------------------------------------------------------------------------------
def run(setup: Setup) -> None:
    """Serves until it is asked to stop. See `process.become`."""
    folder = Path(setup.folder)
    topology = Topology(setup.code, time.fromisoformat(setup.exchange_at))
    engine = open_database(folder / DATABASE, durable=not setup.rehearsal)
    clock: Clock = RehearsalClock(engine) if setup.rehearsal else WallClock()
    actors = topology.ministry(lambda node, state: SqlStore(engine, node, state))
    office = Office(actors, keys.ministry_edge(folder, topology), clock)
    app = application(office, clock, keys.listed(folder, topology), topology.profile.name)
    try:
        serve(app, keys.server_tls(folder, topology), setup.port)
    finally:
        engine.dispose()
