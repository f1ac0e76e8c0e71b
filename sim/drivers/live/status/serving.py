"""The page on loopback: its three files, and a stream of what changed (Server-Sent Events)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.drivers.live.clock import WallClock
from sim.drivers.live.network.control import HOSTS
from sim.drivers.live.network.inside import within
from sim.drivers.live.status.sources import PATIENCE
from sim.drivers.live.status.watch import Watch

HERE: Final = Path(__file__).parent
FILES: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
ADDRESS: Final = "renkei: the page is at "
EVERY: Final = 1.0
"""Seconds from one look at the sources to the next."""


class Show:
    """The watch with those who look on. `every`: seconds from one look at the sources to the next."""

    def __init__(self, watch: Watch, now: Callable[[], Instant], every: float = EVERY) -> None:
        self.watch = watch
        self._now = now
        self._every = every
        self._ticked = asyncio.Condition()

    async def go_on(self) -> None:
        """Asks every source once a turn, until cancelled. One that is slow holds nobody up for longer."""
        sources = self.watch.sources
        asking: dict[int, asyncio.Task[None]] = {}
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE, limits=limits) as client:
            try:
                while True:
                    turn = asyncio.create_task(asyncio.sleep(self._every))
                    for number, source in enumerate(sources):
                        if number not in asking:
                            asking[number] = asyncio.create_task(source.ask(client, self._now))
                    if asking:
                        await asyncio.wait(asking.values(), timeout=self._every)
                    for number in [number for number, task in asking.items() if task.done()]:
                        asking.pop(number).result()
                    self.watch.look(self._now())
                    async with self._ticked:
                        self._ticked.notify_all()
                    await turn
            finally:
                for task in asking.values():
                    task.cancel()
                await asyncio.gather(*asking.values(), return_exceptions=True)

    async def events(self) -> AsyncIterator[bytes]:
        """Everything, and then what changes, as a stream of events."""
        seen = 0
        while True:
            async with self._ticked:
                while self.watch.tick == seen:
                    await self._ticked.wait()
            view = self.watch.view(seen)
            seen = view.tick
            yield b"data: " + msgspec.json.encode(view) + b"\n\n"


def application(show: Show) -> Starlette:
    """The page's files, `/events`, and `/view` for whoever wants the whole as JSON once."""

    async def file(request: Request) -> Response:
        name, kind = FILES[request.url.path]
        return Response((HERE / name).read_bytes(), media_type=kind, headers=HEADERS)

    async def events(request: Request) -> Response:
        return StreamingResponse(show.events(), media_type="text/event-stream", headers=HEADERS)

    async def view(request: Request) -> Response:
        content = msgspec.json.encode(show.watch.view())
        return Response(content, media_type="application/json", headers=HEADERS)

    @asynccontextmanager
    async def going(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(show.go_on())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return Starlette(
        routes=[
            *(Route(path, file) for path in FILES),
            Route("/events", events),
            Route("/view", view),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
        lifespan=going,
    )


def serve(watch: Watch, port: int, *, show_page: bool = False) -> None:
    """Serves the page on 127.0.0.1 until SIGTERM or SIGINT, and says where. `port` 0: any free one.

    Raises:
        HarnessError: it cannot listen there.
    """
    own = socket.socket()
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", port))
    except OSError as error:
        own.close()
        raise HarnessError(
            "the page cannot be served",
            where=f"127.0.0.1:{port}",
            received=str(error.strerror),
            remedy="give another port: --port, 0 for any free one",
        ) from error
    with own:
        address = f"http://127.0.0.1:{own.getsockname()[1]}/"

        def ready() -> None:
            print(f"{ADDRESS}{address}", flush=True)
            if show_page:
                webbrowser.open(address)

        clock = WallClock()
        app = application(Show(watch, lambda: clock.now))
        asyncio.run(_serve(app, own, ready))


async def _serve(app: Starlette, own: socket.socket, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with within(app, own):
        ready()
        await stop.wait()
