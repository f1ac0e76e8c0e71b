"""What a caller of the ministry server has to tell apart, and how long it waits before it asks again."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import httpx
import msgspec

from sim.base.errors import HarnessError
from sim.drivers.live import wire

# Real seconds between attempts.
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 5.0

SERVER_NOT_TRUSTED: Final = "SERVER_NOT_TRUSTED"
CERTIFICATE_REFUSED: Final = "CERTIFICATE_REFUSED"
NOT_UNDERSTOOD: Final = "NOT_UNDERSTOOD"

# What TLS says (the reason of an `SSLError`) when the other end does not take our certificate.
_ALERTS: Final = (
    "CERTIFICATE_REQUIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "UNSUPPORTED_CERTIFICATE",
    "ACCESS_DENIED",
)


class Unanswered(Exception):
    """The request was not processed, as far as the caller knows, and may be repeated."""


class Unreachable(Unanswered):
    """Nobody answered within the patience."""


class TryLater(Unanswered):
    """The server has no time now. `after`: seconds for which it wants to be left alone, 0 if not said."""

    def __init__(self, message: str, after: float = 0) -> None:
        super().__init__(message)
        self.after = after


class Refused(HarnessError):
    """The same request will be refused again. `code`: the server's, or one of this module."""

    def __init__(self, code: str, status: int, **told: Any) -> None:
        super().__init__("the ministry server did not process a request", **told)
        self.code = code
        self.status = status


class Faulty(HarnessError):
    """The server failed over the request; nothing was kept."""


class Gone(Refused):
    """Nothing lies there."""


class Moved(Refused):
    """The upload stands elsewhere."""


def pauses(caller: str, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> Iterator[float]:
    """Seconds between attempts, without end: each twice the one before, up to `longest`.

    From one to one and a half times that, as the caller's name and the number of the attempt draw it.
    """
    attempt = 0
    while True:
        drawn = hashlib.sha256(f"{caller}/{attempt}".encode()).digest()
        yield min(first * 2 ** min(attempt, 40), longest) * (1 + int.from_bytes(drawn[:4]) / 2**33)
        attempt += 1


REMEDIES: Final = {
    SERVER_NOT_TRUSTED: "check server.url and server.name, and that the root certificate is the server's",
    CERTIFICATE_REFUSED: "the certificate is foreign, expired or revoked: ask the agency for a new kit",
    wire.REVOKED: "the agency took the certificate back: ask it for a new kit",
    wire.NOT_LISTED: "ask the agency to put the municipality on its list",
    wire.WRONG_USAGE: "use the certificate of the kit's tls folder",
    wire.NO_COMMON_PROFILE: "install a release that speaks a version that the server speaks",
}


def distrust(error: BaseException) -> str | None:
    """The code when TLS failed because one end does not trust the other's certificate; None otherwise."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return SERVER_NOT_TRUSTED
        if isinstance(link, ssl.SSLError) and any(alert in (link.reason or "") for alert in _ALERTS):
            return CERTIFICATE_REFUSED
        link = link.__cause__ or link.__context__
    return None


def problem_of(response: httpx.Response) -> wire.Problem:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(response.content, type=wire.Problem)
    return wire.Problem(f"HTTP_{response.status_code}", response.text[:500])


def seconds_of(header: str) -> float:
    """Retry-After in seconds; its other form, a date, is no use to whoever has another clock."""
    return float(header) if header.isascii() and header.isdigit() and len(header) < 7 else 0.0
