"""What the ministry server and an exchange terminal say to each other over HTTPS: names, forms, limits.

    POST /v1/batches                sealed bytes up          -> Reply
    GET  /v1/batches                what waits for the caller -> [Waiting]
    POST /v1/batches/{key}/receipt  the caller has it        -> Reply
    GET  /v1/health                                          -> Health
    POST /v1/clock, /v1/commands    in a rehearsal only      -> Reply

Status 200 means that the server has committed an answer, also when that answer is a rejection with a code.
With any other status nothing was processed.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from sim.base.node import Key

KEY: Final = "Idempotency-Key"
REF: Final = "Renkei-Ref"
CAUSE: Final = "Renkei-Cause"
CLOCK: Final = "Renkei-Clock"

# Bytes of a body. A record takes some 200, so a batch may hold about eighty thousand. The command that opens
# the ministry takes 30 a resident: 60 MB for the two million that a scenario may have.
LARGEST_BATCH: Final = 16 * 1024 * 1024
LARGEST_COMMAND: Final = 128 * 1024 * 1024

_KEY: Final = re.compile(r"[\x21-\x7e]{1,100}")
_REF: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CAUSE: Final = re.compile(r"[A-Za-z0-9-]{1,60}#[0-9]{1,15}")
_CLOCK: Final = re.compile(r"[0-9]{1,18}")
FORMS: Final = {KEY: _KEY, REF: _REF, CAUSE: _CAUSE, CLOCK: _CLOCK}


class Waiting(msgspec.Struct, frozen=True):
    """A batch that waits for its terminal. `content` is sealed, in JSON as base64."""

    key: Key
    ref: str
    cause: str
    content: bytes


class Health(msgspec.Struct, frozen=True):
    """That the server lives, and what it speaks."""

    ok: bool
    profile: str
    version: str
    rehearsal: bool
