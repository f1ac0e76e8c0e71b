"""How much a caller may ask for, how fast, and how large: nothing here looks at what is in a body.

A body comes as it is: no Content-Encoding, so nothing can unfold into more than was sent. Its size is known
before it is read (Content-Length) or counted while it comes (chunks).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request

from sim.drivers.live.ministry.problems import Refused
from sim.drivers.live.ministry.settings import Limits
from sim.drivers.live.serving import LARGEST_HEAD, Link
from sim.drivers.live.wire import (
    BAD_FORM,
    ENCODING_REFUSED,
    LENGTH_REQUIRED,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
)

_LENGTH: Final = "content-length"
_VERSIONS: Final = ("1.1", "1.0")


class Rates:
    """Requests by municipality: a bucket that holds a minute's worth and fills evenly."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._rate = per_minute / 60
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """One request of the caller.

        Raises:
            Refused: it has had its share; the answer says when to come again.
        """
        now = self._clock()
        left, at = self._buckets.get(caller, (self._most, now))
        left = min(self._most, left + (now - at) * self._rate)
        if left < 1:
            self._buckets[caller] = (left, now)
            wait = int((1 - left) / self._rate) + 1
            raise Refused(
                TOO_MANY,
                f"expected at most {self._most:.0f} requests a minute; come again in {wait} s",
                {"Retry-After": str(wait)},
            )
        self._buckets[caller] = (left - 1, now)


def check_connections(link: Link, limits: Limits) -> None:
    """Refuses what comes over a connection too many, and closes it.

    Raises:
        Refused: the caller, or all callers together, have more connections than allowed.
    """
    running = link.running
    of_caller = running.by_certificate[link.certificate or b""]
    for count, most, whose in (
        (of_caller, limits.connections_per_municipality, "of one municipality"),
        (running.connections, limits.connections, "in all"),
    ):
        if count > most:
            raise Refused(
                TOO_MANY,
                f"expected at most {most} connections {whose}, received {count}",
                {"Retry-After": "5", "Connection": "close"},
            )


def check_framing(request: Request) -> None:
    """Refuses what two readers could understand differently, and a body that is encoded.

    Raises:
        Refused: another version of HTTP, a head that is too long, both Content-Length and Transfer-Encoding,
            or a Content-Encoding.
    """
    headers = request.headers
    version = request.scope["http_version"]
    if version not in _VERSIONS:
        raise Refused(BAD_FORM, f"expected HTTP/1.1, received HTTP/{version}", {"Connection": "close"})
    if sum(len(name) + len(value) for name, value in headers.raw) > LARGEST_HEAD:
        raise Refused(BAD_FORM, f"expected a head of at most {LARGEST_HEAD} bytes", {"Connection": "close"})
    if _LENGTH in headers and "transfer-encoding" in headers:
        raise Refused(
            BAD_FORM,
            "expected Content-Length or Transfer-Encoding, received both",
            {"Connection": "close"},
        )
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise Refused(
            ENCODING_REFUSED,
            f"expected the body as it is, received Content-Encoding {encoding[:40]!r}",
            {"Accept-Encoding": "identity"},
        )


def announced(request: Request) -> int | None:
    """The body's length as the caller gives it; None when it comes in chunks."""
    length = request.headers.get(_LENGTH)
    return None if length is None else int(length)  # the HTTP parser has checked its form


async def body(request: Request, most: int, limits: Limits, *, counted: bool = False) -> bytes:
    """The whole body, of at most `most` bytes. `counted`: its length must be given first.

    Raises:
        Refused: it is too large, or does not come in time.
        ClientDisconnect: the caller hung up before its end.
    """
    length = announced(request)
    if length is None and counted and "transfer-encoding" not in request.headers:
        length = 0
    if counted and length is None:
        raise Refused(LENGTH_REQUIRED, "expected Content-Length, received a body in chunks")
    if length is not None and length > most:
        raise Refused(TOO_LARGE, f"expected at most {most} bytes, received Content-Length {length}")
    pieces: list[bytes] = []
    received = 0
    async for piece in _timely(request, limits):
        received += len(piece)
        if received > most:
            raise Refused(TOO_LARGE, f"expected at most {most} bytes, received more")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _timely(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The body as it comes; each piece, and all of it, within its time."""
    ends = asyncio.get_running_loop().time() + limits.body_within
    more = True
    while more:
        within = min(limits.piece_within, ends - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(within):
                message = await request.receive()
        except TimeoutError:
            raise Refused(
                TOO_SLOW,
                f"expected more of the body within {limits.piece_within:g} s, all of it within"
                f" {limits.body_within:g} s",
                {"Connection": "close"},
            ) from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        if message.get("body"):
            yield message["body"]
