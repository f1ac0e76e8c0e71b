"""Those who are asked: the ministry server, the network, terminals. One that does not answer is shown so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import httpx
import msgspec

from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.drivers.live.network.proxy import Status as NetworkStatus
from sim.drivers.live.terminal.standing import Status as TerminalStatus
from sim.drivers.live.wire import Overview

T = TypeVar("T")

# Seconds that a source has to answer; bytes that an answer may have.
PATIENCE: Final = 5.0
_LARGEST: Final = 16 * 1024 * 1024
_RUNNING: Final = "running.json"


class Source(Generic[T]):
    """Somebody who is asked again and again.

    `answer`: what it said last, None before the first time. `since`: when it was found answering, or not
    answering, in a row; `trouble`: why it does not answer, empty when it does, None before it was asked.
    """

    def __init__(self, kind: str, name: str, url: Callable[[], str], shape: type[T]) -> None:
        self.kind = kind
        self.name = name
        self.answer: T | None = None
        self.trouble: str | None = None
        self.since = Instant(0)
        self._url = url
        self._decode: Callable[[bytes], T] = msgspec.json.Decoder(shape).decode

    async def ask(self, client: httpx.AsyncClient, now: Callable[[], Instant]) -> None:
        """Asks once and keeps what comes of it."""
        trouble = ""
        try:
            self.answer = self._decode(await _read(client, self._url()))
        except UsageError as error:
            trouble = error.message
        except httpx.HTTPStatusError as error:
            trouble = f"HTTP {error.response.status_code}"
        except httpx.HTTPError as error:
            trouble = str(error) or type(error).__name__
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            trouble = f"not what was expected: {error}"
        if self.trouble is None or bool(trouble) != bool(self.trouble):
            self.since = now()
        self.trouble = trouble


def ministry(url: str) -> Source[Overview]:
    """The server, by the address of its admin listener.

    Raises:
        UsageError: not the address of an HTTP server.
    """
    base = _base(url, "--ministry")
    return Source("ministry", base, lambda: f"{base}/overview", Overview)


def network(place: str) -> Source[NetworkStatus]:
    """The network, by its folder or by the address of its control endpoint.

    Raises:
        UsageError: neither of the two.
    """
    return Source("lgwan", place, _status_at(place, "--lgwan", "control_port"), NetworkStatus)


def terminal(place: str) -> Source[TerminalStatus]:
    """A terminal, by its folder or by the address of its console.

    Raises:
        UsageError: neither of the two.
    """
    return Source("terminal", place, _status_at(place, "--terminal", "port"), TerminalStatus)


def _status_at(place: str, option: str, key: str) -> Callable[[], str]:
    if "://" in place:
        base = _base(place, option)
        return lambda: f"{base}/status"
    folder = Path(place)
    if not folder.is_dir():
        raise UsageError(
            f"{option}: there is no such folder",
            expected="its folder, or http://127.0.0.1:PORT",
            received=place,
        )
    # Read anew each time: after a restart it may listen elsewhere.
    return lambda: f"http://127.0.0.1:{_port(folder, key)}/status"


def _port(folder: Path, key: str) -> int:
    try:
        found: Any = msgspec.json.decode((folder / _RUNNING).read_bytes())
        return int(found[key])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError("it does not run") from error


def _base(url: str, option: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UsageError(
            f"{option}: this is no address", expected="such as http://127.0.0.1:8444", received=url[:80]
        )
    return url.rstrip("/")


async def _read(client: httpx.AsyncClient, url: str) -> bytes:
    """The body, up to a limit."""
    body = bytearray()
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _LARGEST:
                raise httpx.DecodingError("the answer is too long")
    return bytes(body)
