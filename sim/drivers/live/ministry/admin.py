"""The operators' listener: this machine's own, without TLS. It shows figures, never a record.

GET  /healthz    200: the process answers
GET  /readyz     200: database, keys and office work; else 503 with the reasons
GET  /metrics    Prometheus
GET  /overview   `wire.Overview`
POST /commands   one command of the agency (JSON, tagged by `type`), with the token of the keys' folder
POST /media      `media.MediumJob`, with the same token: a medium is written or taken in -> `media.MediumDone`
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sim.base.errors import RenkeiError
from sim.base.instant import SECOND, iso
from sim.base.node import NodeId
from sim.base.version import VERSION
from sim.drivers.live import wire
from sim.drivers.live.clock import Clock
from sim.drivers.live.ministry import limits as limiting
from sim.drivers.live.ministry.audit import COMMAND, COMMAND_REFUSED, Audit
from sim.drivers.live.ministry.desk import fault_of, header
from sim.drivers.live.ministry.intake import Clerk
from sim.drivers.live.ministry.media import Media, MediumJob
from sim.drivers.live.ministry.metrics import CONTENT_TYPE, Metrics
from sim.drivers.live.ministry.problems import Refused, as_json
from sim.drivers.live.ministry.settings import Limits
from sim.drivers.topology import places_of
from sim.nodes.messages.agency import (
    AskFaults,
    AskUsage,
    Decide,
    ExtendPeriod,
    Landed,
    NotifiedElsewhere,
    OpenMinistry,
    Permitted,
    RollOut,
)
from sim.nodes.messages.network import ClearFault, ReportFault
from sim.nodes.ministry.centre import Usage

Command = (
    OpenMinistry
    | ExtendPeriod
    | Decide
    | Landed
    | Permitted
    | NotifiedElsewhere
    | AskUsage
    | AskFaults
    | RollOut
    | ReportFault
    | ClearFault
)
"""What the agency may tell its server."""

# An overview is made anew after so many seconds, however many ask for it, and takes no larger share of the
# clerk's time.
_FRESH: Final = 0.5
_SHARE: Final = 0.03
_UNUSED: Final = Usage()
_decode: Final = msgspec.json.Decoder(Command)
_decode_medium: Final = msgspec.json.Decoder(MediumJob)

Reasons = Callable[[], list[str]]


class Admin:
    """ASGI. `reasons`: why the server is not ready; empty when it is. `waiting`: sends by terminal."""

    def __init__(
        self,
        clerk: Clerk,
        clock: Clock,
        allowed: Mapping[str, str],
        profiles: Sequence[str],
        metrics: Metrics,
        limits: Limits,
        token: str,
        audit: Audit,
        reasons: Reasons,
        waiting: Callable[[], Mapping[NodeId, int]],
        media: Media,
    ) -> None:
        self._clerk = clerk
        self._clock = clock
        self._allowed = allowed
        self._profiles = tuple(profiles)
        self._metrics = metrics
        self._limits = limits
        self._token = token
        self._audit = audit
        self._reasons = reasons
        self._waiting = waiting
        self._media = media
        self._terminals = {code: places_of(code).terminal for code in allowed}
        self._seen = b""
        self._stale_at = 0.0
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/healthz"): self._health,
            ("GET", "/readyz"): self._ready,
            ("GET", "/metrics"): self._figures,
            ("GET", "/overview"): self._overview,
            ("POST", "/commands"): self._command,
            ("POST", "/media"): self._medium,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except Refused as refused:
            response = refused.response()
        except ClientDisconnect:
            response = Response(status_code=400)
        except RenkeiError as error:
            response = Refused(wire.NOT_READY, error.message, {"Retry-After": "5"}).response()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        # A page of a browser must not reach us by a name of its own (DNS rebinding).
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost"):
            raise Refused(wire.BAD_FORM, "expected Host 127.0.0.1 or localhost")
        method = "GET" if request.method == "HEAD" else request.method
        path = request.url.path
        found = self._routes.get((method, path))
        if found is None:
            methods = [one for one, known in self._routes if known == path]
            if methods:
                raise Refused(
                    wire.METHOD_NOT_ALLOWED, f"expected {' or '.join(methods)}", {"Allow": ", ".join(methods)}
                )
            raise Refused(wire.NOT_FOUND, "there is no such path")
        response: Response = await found(request)
        return response

    async def _health(self, request: Request) -> Response:
        return as_json({"ok": True, "version": VERSION})

    async def _ready(self, request: Request) -> Response:
        reasons = self._reasons()
        headers = {"Retry-After": "5"} if reasons else {}
        return as_json({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200, headers)

    async def _figures(self, request: Request) -> Response:
        return Response(self._metrics.page(), media_type=CONTENT_TYPE)

    async def _overview(self, request: Request) -> Response:
        if time.monotonic() >= self._stale_at:
            self._seen = await self._clerk.do(self._looked)
        return Response(self._seen, media_type="application/json", headers={"Cache-Control": "no-store"})

    def _looked(self) -> bytes:
        began = time.monotonic()
        if began < self._stale_at:  # somebody else asked at the same time
            return self._seen
        seen = msgspec.json.encode(self._look())
        now = time.monotonic()
        self._stale_at = now + max(_FRESH, (now - began) / _SHARE)
        return seen

    def _look(self) -> wire.Overview:
        """The whole server as it stands. By the clerk."""
        used: dict[str, Usage]
        faults: list[tuple[str, Any]]
        used, faults = self._clerk.office.look(
            lambda state: (state.centre.all_usage(), list(state.centre.faults()))
        )
        waiting = self._waiting()
        backlog, now = self._clerk.backlog, self._clock.now
        return wire.Overview(
            now=iso(now),
            version=VERSION,
            profiles=self._profiles,
            ready=not self._reasons(),
            kept=backlog.kept,
            oldest_kept_s=round(max(0, now - backlog.oldest) / SECOND, 3) if backlog.kept else 0.0,
            decided=backlog.decided,
            waiting_down=sum(waiting.values()),
            faults=tuple(
                (one.municipality, one.place, one.fault, one.since)
                for one in (fault_of(name, fault.since) for name, fault in faults)
            ),
            municipalities=tuple(
                _seen(code, name, used.get(code, _UNUSED), waiting.get(self._terminals[code], 0))
                for code, name in self._allowed.items()
            ),
        )

    async def _command(self, request: Request) -> Response:
        if (stranger := await self._stranger(request)) is not None:
            return stranger
        limiting.check_framing(request)
        key = header(request, wire.KEY)
        raw = await limiting.body(request, wire.LARGEST_COMMAND, self._limits)
        try:
            body = _decode.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError) as error:
            raise Refused(wire.BAD_FORM, f"not a command: {error}") from error

        def act() -> Any:
            self._audit.write(COMMAND, "admin", f"{type(body).__name__} {key}")
            return self._clerk.office.command(key, body)

        return as_json(await self._clerk.do(act))

    async def _medium(self, request: Request) -> Response:
        if (stranger := await self._stranger(request)) is not None:
            return stranger
        limiting.check_framing(request)
        raw = await limiting.body(request, wire.LARGEST_MESSAGE, self._limits)
        try:
            job = _decode_medium.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(wire.BAD_FORM, f"no job for a medium: {error}") from error
        return as_json(await self._media.do(job))

    async def _stranger(self, request: Request) -> Response | None:
        """The answer to whoever has not the token; it is written down."""
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode("latin-1", "replace"), f"Bearer {self._token}".encode()):
            return None
        await self._clerk.do(lambda: self._audit.write(COMMAND_REFUSED, "admin", "no token"))
        problem = wire.Problem("NO_TOKEN", "expected Authorization: Bearer and the token of the keys' folder")
        return as_json(problem, 401, {"WWW-Authenticate": "Bearer"})


def _seen(code: str, name: str, used: Usage, waiting: int) -> wire.Seen:
    return wire.Seen(
        code,
        iso(used.last) if used.last else "",
        used.batches_up,
        used.records_up,
        used.batches_down,
        used.records_down,
        used.bytes_up,
        used.bytes_down,
        used.refused,
        waiting,
        name,
    )
