"""uvicorn inside an event loop that does other things too, and has its own signal handlers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Inside(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def within(app: ASGIApp, own: socket.socket) -> AsyncIterator[None]:
    """Serves plain HTTP at a bound socket until the block ends; streams that go on are cut then."""
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Inside(config)
    serving = asyncio.create_task(server.serve(sockets=[own]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
