"""Why TLS turned a caller away, which nobody behind it would ever hear of.

asyncio ends a connection whose handshake failed without a word to its application, which never had it. The
one place where the reason is known is the handshake itself: a context makes its connections of its
`sslobject_class` (a documented attribute), and ours tells what went wrong before it goes on as ever. Who
hangs up in the middle, or says nothing until time is up, was not refused, and is not told of.

Told is the reason, in one of our own words, and nothing of the caller.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from typing import Final

NO_CERTIFICATE: Final = "NO_CERTIFICATE"
EXPIRED: Final = "EXPIRED"
NOT_YET_VALID: Final = "NOT_YET_VALID"
UNKNOWN_AUTHORITY: Final = "UNKNOWN_AUTHORITY"
WRONG_USAGE: Final = "WRONG_USAGE"
BAD_CERTIFICATE: Final = "BAD_CERTIFICATE"
OLD_TLS: Final = "OLD_TLS"
NO_TLS: Final = "NO_TLS"
SERVER_NOT_TRUSTED: Final = "SERVER_NOT_TRUSTED"
OTHER: Final = "OTHER"
REASONS: Final = (
    NO_CERTIFICATE,
    EXPIRED,
    NOT_YET_VALID,
    UNKNOWN_AUTHORITY,
    WRONG_USAGE,
    BAD_CERTIFICATE,
    OLD_TLS,
    NO_TLS,
    SERVER_NOT_TRUSTED,
    OTHER,
)
"""Every reason that is told. The last but one: the caller hung up, since it does not take our certificate."""

# What OpenSSL calls it when it looks at a certificate (X509_V_ERR_…), and when it does not come to that.
_VERIFIED: Final = {
    9: NOT_YET_VALID,
    10: EXPIRED,
    **dict.fromkeys((2, 7, 18, 19, 20, 21, 30), UNKNOWN_AUTHORITY),
    26: WRONG_USAGE,
}
_REASONS: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": NO_CERTIFICATE,
    "UNSUPPORTED_PROTOCOL": OLD_TLS,
    "HTTP_REQUEST": NO_TLS,
    "WRONG_VERSION_NUMBER": NO_TLS,
}
# The alerts by which a caller says that it does not take our certificate (RFC 8446, section 6.2), and what
# OpenSSL's versions put before their names.
_DISTRUST: Final = re.compile(
    r"(SSLV3|TLSV1|TLSV13|SSL/TLS|SSL_TLS)_ALERT_"
    r"(UNKNOWN_CA|(BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(UNKNOWN|EXPIRED|REVOKED))"
)


def reason_of(error: ssl.SSLError) -> str:
    """Why a handshake failed, as one of `REASONS`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFIED.get(error.verify_code, BAD_CERTIFICATE)
    reason = getattr(error, "reason", None) or ""
    return SERVER_NOT_TRUSTED if _DISTRUST.fullmatch(reason) else _REASONS.get(reason, OTHER)


def watch(tls: ssl.SSLContext, told: Callable[[str], None]) -> None:
    """From now on `told` learns why each caller of this context was turned away."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                told(reason_of(error))
                raise

    tls.sslobject_class = Watched
