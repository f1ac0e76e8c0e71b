"""uvicorn with what we need of it: the caller's certificate, and a line that says where it listens."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sim.base.errors import HarnessError
from sim.drivers.live.process import READY

# Under this name the scope's extensions hold the caller's certificate (DER). uvicorn does not hand it over.
CERTIFICATE: Final = "renkei.client_certificate"
# Real seconds that requests under way have when the server is asked to stop.
_GRACE: Final = 10


class _WithCertificate(H11Protocol):
    """HTTP over TLS; each request is given the certificate with which its connection was made."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        link = transport.get_extra_info("ssl_object")
        certificate = None if link is None else link.getpeercert(binary_form=True)
        app: Any = self.app

        async def with_certificate(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), CERTIFICATE: certificate}
            await app(scope, receive, send)

        self.app = with_certificate


class _Announcing(uvicorn.Server):
    """Says on standard output that it listens, once it does."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            port: int = self.servers[0].sockets[0].getsockname()[1]
            print(f"{READY}{port}", flush=True)


def serve(app: ASGIApp, tls: ssl.SSLContext, port: int) -> None:
    """Serves on 127.0.0.1 until SIGTERM or SIGINT, then finishes what is under way. `port` 0: any free one.

    Raises:
        HarnessError: it cannot listen there, or the application did not start.
    """
    logging.basicConfig(level=logging.WARNING)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=_WithCertificate,
        ws="none",
        loop="asyncio",
        lifespan="on",
        ssl_context_factory=lambda _config, _default: tls,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_GRACE,
    )
    # uvicorn raises the signal again when it has stopped; that it was asked to is no fault.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server = _Announcing(config)
    try:
        server.run()
    except SystemExit as error:
        raise HarnessError(f"the server cannot listen on port {port} of 127.0.0.1") from error
