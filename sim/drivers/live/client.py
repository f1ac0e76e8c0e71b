"""The ministry server as an exchange terminal sees it: requests over HTTPS, repeated until one is answered.

Every request may be repeated, because the server knows its key. In a rehearsal time stands still meanwhile:
a server that was killed and comes back within the patience leaves no trace in the journals.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from typing import Final, Protocol, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import Body, Key, Reply
from sim.drivers.live.wire import CAUSE, CLOCK, KEY, REF, Waiting
from sim.nodes.messages import encode_body

# Real seconds: for one request, between two attempts, and for all attempts together.
_ONE_REQUEST: Final = 30.0
_PAUSE: Final = 0.05
PATIENCE: Final = 15.0

T = TypeVar("T")


class Unreachable(Exception):
    """The server did not answer within the patience."""


class Server(Protocol):
    """What a terminal may ask of the ministry server. Everything raises `Unreachable`."""

    def tell(self, at: Instant) -> None:
        """It is `at` now, in the rehearsal."""
        ...

    def upload(self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant) -> Reply:
        """Hands a sealed batch over; gives the server's committed answer."""
        ...

    def waiting(self, at: Instant) -> list[Waiting]:
        """What waits for this terminal."""
        ...

    def receipt(self, key: Key, at: Instant) -> Reply:
        """Confirms that what waited under `key` is kept here."""
        ...

    def command(self, key: Key, body: Body, at: Instant) -> Reply:
        """Gives the ministry an input of the rehearsal."""
        ...


class HttpServer:
    """The server at the other end of a mutually authenticated TLS connection."""

    def __init__(self, port: int, tls: ssl.SSLContext, patience: float = PATIENCE) -> None:
        # No proxy of the environment may stand between the two.
        self._client = httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=tls, timeout=_ONE_REQUEST, trust_env=False
        )
        self._patience = patience

    def close(self) -> None:
        """Hangs up."""
        self._client.close()

    def tell(self, at: Instant) -> None:
        self._ask(Reply, "POST", "/v1/clock", at)

    def upload(self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant) -> Reply:
        headers = {KEY: key, REF: ref, CAUSE: cause}
        return self._ask(Reply, "POST", "/v1/batches", at, headers, sealed)

    def waiting(self, at: Instant) -> list[Waiting]:
        return self._ask(list[Waiting], "GET", "/v1/batches", at)

    def receipt(self, key: Key, at: Instant) -> Reply:
        return self._ask(Reply, "POST", f"/v1/batches/{quote(key, safe='')}/receipt", at)

    def command(self, key: Key, body: Body, at: Instant) -> Reply:
        return self._ask(Reply, "POST", "/v1/commands", at, {KEY: key}, encode_body(body))

    def _ask(
        self,
        expected: type[T],
        method: str,
        path: str,
        at: Instant,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> T:
        """The answer.

        Raises:
            Unreachable: no answer came within the patience.
            HarnessError: an answer came that says that nothing was processed; asking again would not help.
        """
        end = time.monotonic() + self._patience
        while True:
            try:
                response = self._client.request(
                    method, path, headers={CLOCK: str(at), **(headers or {})}, content=content
                )
                break
            except httpx.TransportError as error:
                if time.monotonic() >= end:
                    raise Unreachable(f"{type(error).__name__}: {error}") from error
                time.sleep(_PAUSE)
        try:
            if response.status_code == httpx.codes.OK:
                return msgspec.json.decode(response.content, type=expected)
        except msgspec.DecodeError:
            pass
        raise HarnessError(
            "the ministry server did not process a request",
            where=f"{method} {path}",
            received=f"status {response.status_code}: {response.text[:2000]}",
        )
