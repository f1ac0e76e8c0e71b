"""What the ministry server and an exchange terminal say to each other over HTTPS: names, forms, limits.

    GET    /v1/profile                what the server speaks and takes             -> Offer
    POST   /v1/batches                a sealed batch up, whole                      -> 202 or 200 Receipt
    GET    /v1/batches/{key}          what became of it                             -> Receipt
    POST   /v1/uploads                a sealed batch up, by pieces                  -> 201 Upload
    GET    /v1/uploads/{key}          how much of it is here                        -> Upload
    PATCH  /v1/uploads/{key}          the next piece                                -> 200 Upload, 202 Receipt
    DELETE /v1/uploads/{key}          given up                                      -> 204
    GET    /v1/outbox                 what waits for the caller                     -> [Waiting]
    GET    /v1/outbox/{key}           a sealed batch down, whole or a range of it   -> bytes
    POST   /v1/outbox/{key}/receipt   the caller has it                             -> Reply
    POST   /v1/messages               a control message up                          -> Reply
    GET    /v1/usage, /v1/faults      of the caller's municipality                  -> Used, [Fault]
    GET    /v1/openapi.json           this description for machines
    POST   /v1/clock, /v1/commands    in a rehearsal only                           -> Reply

A batch that is answered with a receipt is kept: no crash loses it. What the office decided about it stands in
the receipt's reply, also when that is a rejection with a code. Any other answer is a `Problem`: nothing was
kept. Every request may be repeated, because the server knows its key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final, Literal

import msgspec

from sim.base.node import Key, Reply
from sim.nodes.messages.network import (
    AskSequences,
    ClearFault,
    ReportFault,
    Sequences,
    TakeVersion,
    VersionTaken,
)

# --- headers ----------------------------------------------------------------------------------------------
KEY: Final = "Idempotency-Key"
REF: Final = "Renkei-Ref"
CAUSE: Final = "Renkei-Cause"
CLOCK: Final = "Renkei-Clock"
PROFILE: Final = "Renkei-Profile"
DIGEST: Final = "Content-Digest"
WHOLE_DIGEST: Final = "Repr-Digest"
UPLOAD_LENGTH: Final = "Upload-Length"
UPLOAD_OFFSET: Final = "Upload-Offset"
PREFER: Final = "Prefer"

_KEY: Final = re.compile(r"[\x21-\x7e]{1,100}")
_REF: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CAUSE: Final = re.compile(r"[A-Za-z0-9-]{1,60}#[0-9]{1,15}")
_CLOCK: Final = re.compile(r"[0-9]{1,18}")
_COUNT: Final = re.compile(r"[0-9]{1,12}")
_DIGEST: Final = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")
_PROFILE: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,60}(, ?[\x21-\x2b\x2d-\x7e]{1,60}){0,31}")
_PREFER: Final = re.compile(r"wait=[0-9]{1,4}")
FORMS: Final = {
    KEY: _KEY,
    REF: _REF,
    CAUSE: _CAUSE,
    CLOCK: _CLOCK,
    PROFILE: _PROFILE,
    DIGEST: _DIGEST,
    UPLOAD_LENGTH: _COUNT,
    UPLOAD_OFFSET: _COUNT,
    PREFER: _PREFER,
}
"""The whole value of each header, by its name."""

# --- limits -----------------------------------------------------------------------------------------------
# Bytes of one request's body. A record takes some 200, so one piece may hold about eighty thousand.
LARGEST_PIECE: Final = 16 * 1024 * 1024
# The command that opens the ministry takes 30 bytes a resident: 60 MB for the two million that a scenario may
# have.
LARGEST_COMMAND: Final = 128 * 1024 * 1024
LARGEST_MESSAGE: Final = 64 * 1024
# Seconds for which the server holds an answer back when it is asked to.
LONGEST_WAIT: Final = 30

BATCH: Final = "batch"

# --- codes of problems --------------------------------------------------------------------------------------
BAD_FORM: Final = "BAD_FORM"
BAD_DIGEST: Final = "BAD_DIGEST"
NOT_LISTED: Final = "NOT_LISTED"
REVOKED: Final = "REVOKED"
WRONG_USAGE: Final = "WRONG_USAGE"
NOT_FOUND: Final = "NOT_FOUND"
METHOD_NOT_ALLOWED: Final = "METHOD_NOT_ALLOWED"
NO_COMMON_PROFILE: Final = "NO_COMMON_PROFILE"
OFFSET_MISMATCH: Final = "OFFSET_MISMATCH"
LENGTH_REQUIRED: Final = "LENGTH_REQUIRED"
TOO_LARGE: Final = "TOO_LARGE"
ENCODING_REFUSED: Final = "ENCODING_REFUSED"
RANGE_REFUSED: Final = "RANGE_REFUSED"
KEY_REUSED: Final = "KEY_REUSED"
TOO_MANY: Final = "TOO_MANY"
TOO_SLOW: Final = "TOO_SLOW"
NOT_READY: Final = "NOT_READY"
STOPPING: Final = "STOPPING"
FAILED: Final = "FAILED"
PROBLEMS: Final[dict[str, tuple[int, str]]] = {
    BAD_FORM: (400, "a header, a parameter or the body is not in its form"),
    BAD_DIGEST: (400, "the body is not the one that Content-Digest names"),
    NOT_LISTED: (403, "no municipality of the allow-list bears this certificate's name"),
    REVOKED: (403, "the authority took this certificate back"),
    WRONG_USAGE: (403, "this certificate is not for a terminal's end of a link"),
    NOT_FOUND: (404, "nothing of the caller's lies here"),
    METHOD_NOT_ALLOWED: (405, "not with this method"),
    NO_COMMON_PROFILE: (406, "the server speaks none of these profiles"),
    TOO_SLOW: (408, "the body did not come in time"),
    OFFSET_MISMATCH: (409, "the next piece begins elsewhere: see Upload-Offset"),
    LENGTH_REQUIRED: (411, "say with Content-Length how long the body is"),
    TOO_LARGE: (413, "the body, or the whole batch, is larger than the server takes"),
    ENCODING_REFUSED: (415, "bodies go as they are, without Content-Encoding"),
    RANGE_REFUSED: (416, "the batch has no such range"),
    KEY_REUSED: (422, "this key was used for something else"),
    TOO_MANY: (429, "too many requests: see Retry-After"),
    FAILED: (500, "a fault of the server; nothing was kept"),
    NOT_READY: (503, "the server does not work yet: see Retry-After"),
    STOPPING: (503, "the server stops: see Retry-After"),
}
"""Status and meaning of each code; the answer's detail tells what was expected and received."""


# --- bodies -----------------------------------------------------------------------------------------------
class Problem(msgspec.Struct, frozen=True):
    """Why a request was not served. It looks like a `Reply` that is not ok."""

    code: str
    detail: str
    ok: Literal[False] = False


class Offer(msgspec.Struct, frozen=True):
    """What the server speaks and takes. `profiles`: newest first.

    Sizes in bytes of the sealed form: a batch larger than `largest_piece` goes by pieces (`/v1/uploads`).
    `uploads_expire_after`: seconds after its last piece that a begun upload is kept.
    """

    profiles: tuple[str, ...]
    largest_batch: int
    largest_piece: int
    uploads_expire_after: int
    version: str


class Receipt(msgspec.Struct, frozen=True):
    """That a batch is kept, and what was decided about it.

    `digest`: SHA-256 of the sealed bytes, in hexadecimal. `kept_at`: ISO 8601. `reply`: null until then.
    """

    key: Key
    ref: str
    digest: str
    size: int
    kept_at: str
    state: Literal["kept", "decided"]
    reply: Reply | None = None


class Upload(msgspec.Struct, frozen=True):
    """A batch that comes by pieces: the next one begins at `offset`. `expires_at`: ISO 8601."""

    key: Key
    offset: int
    length: int
    expires_at: str


class Waiting(msgspec.Struct, frozen=True):
    """Something that waits for its terminal, in the order in which it is to be taken.

    A batch lies sealed under `/v1/outbox/{key}`: `size` and `digest` (SHA-256, hexadecimal) are those of the
    sealed bytes, null until somebody asked for them. A control message is `body` itself.
    """

    key: Key
    kind: Literal["batch", "message"]
    ref: str
    cause: str
    size: int | None = None
    digest: str | None = None
    body: Sequences | TakeVersion | None = None


Message = AskSequences | ReportFault | ClearFault | VersionTaken
"""What a terminal may say beside batches, tagged by `type`."""


class Used(msgspec.Struct, frozen=True):
    """What a municipality has used. Bytes: before the envelope; `last`: ISO 8601, empty for never."""

    municipality: str
    batches_up: int
    batches_down: int
    records_up: int
    records_down: int
    bytes_up: int
    bytes_down: int
    refused: int
    last: str


class Fault(msgspec.Struct, frozen=True):
    """A fault that is open since then (ISO 8601)."""

    municipality: str
    place: str
    fault: str
    since: str


# --- the operator's side ------------------------------------------------------------------------------------
class Seen(msgspec.Struct, frozen=True):
    """A municipality as the server sees it. `last`: when a batch of it was last taken in; empty for never.

    `waiting`: batches and messages that it has not fetched. `name`: from the allow-list.
    """

    code: str
    last: str
    batches_up: int
    records_up: int
    batches_down: int
    records_down: int
    bytes_up: int
    bytes_down: int
    refused: int
    waiting: int
    name: str = ""


class Overview(msgspec.Struct, frozen=True):
    """The whole server for its operators (`GET /overview` of the admin listener).

    `kept`: batches that no decision was made about yet, the oldest `oldest_kept_s` seconds old. `decided`:
    batches decided since the server was opened. `faults`: municipality, place, fault, since.
    """

    now: str
    version: str
    profiles: tuple[str, ...]
    ready: bool
    kept: int
    oldest_kept_s: float
    decided: int
    waiting_down: int
    faults: tuple[tuple[str, str, str, str], ...]
    municipalities: tuple[Seen, ...]


# --- Content-Digest (RFC 9530) ------------------------------------------------------------------------------
def content_digest(digest: bytes) -> str:
    """The header for a body of this SHA-256."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def digest_of(content: bytes) -> str:
    """The header for this body."""
    return content_digest(hashlib.sha256(content).digest())


def read_digest(header: str) -> bytes | None:
    """The SHA-256 that the header names; None when it is not in its form."""
    if _DIGEST.fullmatch(header) is None:
        return None
    try:
        return base64.b64decode(header[len("sha-256=:") : -1], validate=True)
    except binascii.Error:
        return None
