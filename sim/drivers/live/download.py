"""A batch on its way down, which may come in several parts."""

from __future__ import annotations

import hashlib
from typing import Final

import httpx

from sim.drivers.live import wire
from sim.drivers.live.answers import Refused

# Bytes of one batch that comes down: nothing larger is read, whatever the server says.
LARGEST_DOWN: Final = 256 * 1024 * 1024


class Held:
    """What has come down of a batch so far."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._tag = ""
        self._digest = b""

    def onward(self) -> dict[str, str]:
        """The headers that ask for the rest, if there is a beginning to which it would fit."""
        if not self.content or not self._tag:
            return {}
        return {"Range": f"bytes={len(self.content)}-", "If-Range": self._tag}

    def begin(self, response: httpx.Response) -> None:
        """A response begins: the rest of what is held, or all of it anew."""
        rest = response.headers.get("Content-Range", "").startswith(f"bytes {len(self.content)}-")
        if response.status_code != 206 or not rest:
            self.content.clear()
        self._tag = response.headers.get("ETag", "")
        named = response.headers.get(wire.WHOLE_DIGEST, "")
        self._digest = wire.read_digest(named) or self._digest

    def take(self, piece: bytes) -> None:
        self.content += piece
        if len(self.content) > LARGEST_DOWN:
            raise Refused(
                wire.TOO_LARGE,
                200,
                where="GET /v1/outbox",
                expected=f"a batch of at most {LARGEST_DOWN} bytes",
                received="more",
            )

    def whole(self) -> bool:
        """Whether these are the bytes that the server named."""
        return hashlib.sha256(self.content).digest() == self._digest

    def drop(self) -> None:
        """They are not: all of it is asked for again."""
        self.content.clear()
        self._tag = ""
