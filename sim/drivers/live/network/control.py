"""How the network is looked at and changed while it runs: JSON over HTTP, on loopback only.

    GET    /status          Status
    GET    /lines/{code}    LineStatus
    PATCH  /lines           Change of all lines              -> {"changed": n}
    PATCH  /lines/{code}    Change of one                    -> LineStatus
    POST   /outages         {name, line, after, for}         -> 201 OutageStatus
    DELETE /outages/{id}    ends it; a name ends all of it   -> [OutageStatus]

Looking needs nothing. Changing needs `Authorization: Bearer` with the token in `keys/control.token`. A name
other than this machine's in `Host` is refused, so that no page of a stranger gets at it through a browser.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sim.base.errors import UsageError, nearest
from sim.base.outside import validated
from sim.drivers.live.network.outages import DeclaredTwice
from sim.drivers.live.network.proxy import Network
from sim.drivers.live.network.settings import Change, Code, Duration, Name
from sim.drivers.live.wire import Problem

KEYS: Final = "keys"
TOKEN: Final = "control.token"
HOSTS: Final = ["127.0.0.1", "localhost", "[::1]"]

REMEDY: Final = "`renkei lgwan set --help` lists what can be changed"
_TOKEN_WANTED: Final = f"expected Authorization: Bearer and the token in DIR/{KEYS}/{TOKEN}"
_LARGEST: Final = 64 * 1024

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Answer = Callable[[Request], Awaitable[Response]]


class Declare(BaseModel):
    """An outage to declare: of a line, or of all; in `after`, for as long as `for` says or until lifted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = "declared"
    line: Code | None = None
    after: Duration = 0
    lasting: Duration | None = Field(default=None, alias="for")


def token_of(folder: Path) -> str:
    """The token of a network's folder; made when there is none yet.

    Raises:
        OSError: the folder cannot be written.
    """
    keys = folder / KEYS
    path = keys / TOKEN
    if not path.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def application(network: Network, token: str) -> Starlette:
    """The control endpoint of a network that runs."""
    expected = f"Bearer {token}".encode()

    def guarded(answer: Answer) -> Answer:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            try:
                if request.method not in ("GET", "HEAD") and not secrets.compare_digest(given, expected):
                    raise _Refused(401, "WRONG_TOKEN", _TOKEN_WANTED)
                return await answer(request)
            except _Refused as error:
                return _json(Problem(error.code, str(error)), error.status)

        return endpoint

    async def status(request: Request) -> Response:
        return _json(network.status())

    async def one_line(request: Request) -> Response:
        code = request.path_params["code"]
        return _json(_known(lambda: network.line(code)))

    async def all_lines(request: Request) -> Response:
        change = await _body(request, Change)
        return _json({"changed": network.change(None, change)})

    async def change_line(request: Request) -> Response:
        change = await _body(request, Change)
        code = request.path_params["code"]
        _known(lambda: network.change(code, change))
        return _json(network.line(code))

    async def declare(request: Request) -> Response:
        asked = await _body(request, Declare)
        found = _known(
            lambda: network.declare(asked.name, asked.line, after=asked.after, lasting=asked.lasting)
        )
        return _json(found, 201)

    async def lift(request: Request) -> Response:
        wanted = request.path_params["id"]
        found = network.lift(wanted)
        if not found:
            raise _Refused(404, "NOT_FOUND", str(_no_outage(wanted, network)))
        return _json(found)

    routes = (
        ("/status", "GET", status),
        ("/lines", "PATCH", all_lines),
        ("/lines/{code}", "GET", one_line),
        ("/lines/{code}", "PATCH", change_line),
        ("/outages", "POST", declare),
        ("/outages/{id:path}", "DELETE", lift),
    )
    return Starlette(
        routes=[Route(path, guarded(answer), methods=[method]) for path, method, answer in routes],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
    )


class _Refused(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


def _known(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except DeclaredTwice as error:
        raise _Refused(409, "DECLARED_TWICE", str(error)) from error
    except UsageError as error:
        raise _Refused(404, "NOT_FOUND", str(error)) from error


def _no_outage(wanted: str, network: Network) -> UsageError:
    there = network.outages()
    told = [f"{one.id} ({'on' if one.running else 'planned'}, {one.line or 'all lines'})" for one in there]
    hint = nearest(wanted, {one.name for one in there} | {one.id for one in there})
    return UsageError(
        f"there is no outage {wanted[:60]!r}",
        expected="the name or id of one of: " + ", ".join(told) if told else "none is on, none is planned",
        remedy=f"did you mean {hint!r}?" if hint else None,
    )


async def _body(request: Request, model: type[M]) -> M:
    """What the request asks, or a refusal that says what is wrong with it."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > _LARGEST:
            raise _Refused(413, "TOO_LARGE", f"expected at most {_LARGEST} bytes")
    try:
        return validated(model, json.loads(data), request.url.path, REMEDY)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "BAD_FORM", f"this is not JSON: {error}") from error
    except UsageError as error:
        raise _Refused(422, "BAD_FORM", str(error)) from error


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
