"""The application that terminals reach: who is calling, how often, with what; then the desk.

    request ── stopping? ── certificate ── connections, rate ── framing ── route ── profile ── handler

Whatever is wrong is a `Problem`; bad input never gives a 5xx.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sim.base.errors import RenkeiError
from sim.drivers.live import wire
from sim.drivers.live.ministry.access import Access, Caller
from sim.drivers.live.ministry.desk import Call, Desk
from sim.drivers.live.ministry.limits import Rates, check_connections, check_framing
from sim.drivers.live.ministry.problems import Refused
from sim.drivers.live.ministry.routes import Routes
from sim.drivers.live.ministry.settings import Limits
from sim.drivers.live.ministry.transfer import Transfer
from sim.drivers.live.serving import LINK, Link
from sim.exchange.municipality import is_municipality

_log: Final = logging.getLogger("renkei.ministry")

Handler = Callable[[Call], Awaitable[Response]]
Stranger = Callable[[str, str], None]

# What turns a stranger away, as opposed to one of ours who asked for something wrong.
_OF_STRANGERS: Final = (wire.NOT_LISTED, wire.REVOKED, wire.WRONG_USAGE)


class Application:
    """ASGI. `rates`: None in a rehearsal, which has no clock. `stranger` is told of each who is turned
    away.
    """

    def __init__(
        self,
        desk: Desk,
        access: Access,
        limits: Limits,
        routes: Routes,
        rates: Rates | None = None,
        stranger: Stranger = lambda _who, _why: None,
    ) -> None:
        self._desk = desk
        self._access = access
        self._limits = limits
        self._routes = routes
        self._rates = rates
        self._stranger = stranger
        transfer = Transfer(desk)
        self._handlers: Mapping[str, Handler] = {
            one.name: getattr(transfer if hasattr(transfer, one.name) else desk, one.name)
            for one in routes.endpoints
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        request = Request(scope, receive, send)
        noted = _Noted()
        response = await self._answer(request, noted)
        try:
            await response(scope, receive, send)
        except Exception as error:  # the caller did not take the answer, or it could not be finished
            _log.warning("answer_broken_off", extra={"caller": noted.caller, "fault": type(error).__name__})
        seconds = time.perf_counter() - began
        metrics = self._desk.metrics
        metrics.requests.labels(noted.route, response.status_code).inc()
        metrics.seconds.labels(noted.route).observe(seconds)
        _log.info(
            "request",
            extra={
                "caller": noted.caller,
                "method": request.method[:10],
                "route": noted.route,
                "status": response.status_code,
                "code": noted.code,
                "ms": round(seconds * 1000, 2),
            },
        )

    async def _answer(self, request: Request, noted: _Noted) -> Response:
        link: Link = request.scope["extensions"][LINK]
        try:
            if link.running.stopping:
                raise Refused(
                    wire.STOPPING,
                    "the server stops; come again when it is back",
                    {"Retry-After": "5", "Connection": "close"},
                )
            caller = self._admitted(link, noted)
            check_connections(link, self._limits)
            if self._rates is not None:
                self._rates.take(caller.code)
            check_framing(request)
            found = self._routes.find(request.method, request.scope["raw_path"].decode("latin-1"))
            noted.route = f"{found.endpoint.method} {found.endpoint.path}"
            chosen = self._desk.choose(request)
            response = await self._handlers[found.endpoint.name](Call(request, caller, found.key))
        except Refused as refused:
            noted.code = refused.code
            self._desk.metrics.refused.labels(refused.code).inc()
            return refused.response()
        except ClientDisconnect:  # nobody reads it
            noted.code = "GONE"
            return Response(status_code=400)
        except RenkeiError as error:
            return self._failed(noted, error, str(error) if self._desk.rehearsal else error.message)
        except Exception as error:
            return self._failed(noted, error, "a fault of the server: see its log")
        response.headers[wire.PROFILE] = chosen
        return response

    def _admitted(self, link: Link, noted: _Noted) -> Caller:
        try:
            caller = self._access.admit(link.certificate)
        except Refused as refused:
            if refused.code in _OF_STRANGERS:
                who = self._access.name_of(link.certificate)
                self._stranger(who, refused.code)
                # TLS let in certificates of our authority only, so this is whose it is.
                if refused.code != wire.NOT_LISTED and is_municipality(who):
                    noted.caller = who
            raise
        noted.caller = caller.code
        return caller

    def _failed(self, noted: _Noted, error: Exception, detail: str) -> Response:
        """Our own fault: in a rehearsal loudly, else the caller is asked to come again."""
        noted.code = wire.FAILED
        _log.error("request_failed", exc_info=error, extra={"caller": noted.caller, "route": noted.route})
        if isinstance(error, RenkeiError) and not self._desk.rehearsal:
            return Refused(wire.NOT_READY, detail, {"Retry-After": "5"}).response()
        return Refused(wire.FAILED, detail).response()


class _Noted:
    """What is noted of a request on its way."""

    def __init__(self) -> None:
        self.caller = ""
        self.route = "none"
        self.code: str | None = None
