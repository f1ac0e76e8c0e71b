"""The two ways in which the material of 2011 let chip text reach a resident register. Flagged: a proposal.

    pattern 1   the card terminal extracts; an encrypted medium carries the extracts to the registry's own
                terminal, which imports them
    pattern 2   the reading application stands on the registry's terminal and extracts directly; the ministry
                gave no guarantee for that

Both give identical records: `Taken.records` holds nothing that tells them apart, the rest of `Taken` does
(requirements S0-066 to S0-070). Format and security rule of the medium are published in docs/cards.md as
`renkei-medium/1`; no ministry has published either.

The medium: 8 bytes of magic, 16 of salt, 12 of nonce, then AES-256-GCM over the UTF-8 JSON of the extracts,
with the key from scrypt (n 2^15, r 8, p 1) of the passphrase, and everything before the ciphertext
authenticated with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from virtual_card.errors import CardFileError, CardUsageError
from virtual_card.reader.extract import Extract, as_json, from_json

FORMAT: Final = "renkei-medium/1"
MAGIC: Final = b"RNKMED01"
SALT: Final = 16
NONCE: Final = 12
TAG: Final = 16
SHORTEST_PASSPHRASE: Final = 12
LARGEST: Final = 16 << 20

MEDIUM: Final = "pattern 1: encrypted medium"
DIRECT: Final = "pattern 2: direct"
NO_GUARANTEE: Final = (
    "the ministry guaranteed nothing for an application on the registry's own terminal"
    " (material of 2011, pattern 2)"
)
PROPOSAL: Final = "a proposal of 2011: neither format nor security rule was ever published by a ministry"


@dataclass(frozen=True, slots=True)
class MediumUse:
    """One line of the log that each use of a medium leaves; it names no person."""

    action: str
    records: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What arrived at the registry: the records, and by which way they came."""

    records: tuple[Extract, ...]
    pattern: str
    notes: tuple[str, ...]
    log: tuple[MediumUse, ...] = ()


def direct(extracts: Sequence[Extract]) -> Taken:
    """Pattern 2: the extracts as they are."""
    return Taken(tuple(extracts), DIRECT, (PROPOSAL, NO_GUARANTEE))


def to_medium(
    extracts: Sequence[Extract], passphrase: str, random: Callable[[int], bytes]
) -> tuple[bytes, MediumUse]:
    """Pattern 1, at the card terminal: the bytes for the medium, and the line for its log.

    Raises:
        CardUsageError: the passphrase is too short.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CardUsageError(
            "the passphrase of a medium is too short",
            expected=f"at least {SHORTEST_PASSPHRASE} characters",
            received=f"{len(passphrase)}",
        )
    document = {"format": FORMAT, "extracts": [as_json(each) for each in extracts]}
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    head = MAGIC + random(SALT) + random(NONCE)
    sealed = head + _cipher(passphrase, head).encrypt(head[-NONCE:], plain, head)
    return sealed, _use("written", len(extracts), sealed)


def from_medium(medium: bytes, passphrase: str, where: str = "medium") -> Taken:
    """Pattern 1, at the registry's terminal: open the medium and take its extracts.

    Raises:
        CardFileError: it is no such medium, was changed, or the passphrase is another's.
    """
    head = medium[: len(MAGIC) + SALT + NONCE]
    if not medium.startswith(MAGIC) or len(medium) < len(head) + TAG or len(medium) > LARGEST:
        raise CardFileError(
            "this is no medium with extracts",
            expected=f"a file {FORMAT}, which starts with {MAGIC.decode()}",
            received=f"{len(medium)} bytes that start with {medium[:8].hex().upper() or 'nothing'}",
            where=where,
        )
    try:
        plain = _cipher(passphrase, head).decrypt(head[-NONCE:], medium[len(head) :], head)
    except InvalidTag as error:
        raise CardFileError(
            "the medium does not open: another passphrase, or it was changed on its way",
            where=where,
            remedy="ask the card terminal for the passphrase, or for the medium once more",
        ) from error
    document: Any = json.loads(plain)
    records = tuple(from_json(each) for each in document["extracts"])
    return Taken(records, MEDIUM, (PROPOSAL,), (_use("read", len(records), medium),))


def _cipher(passphrase: str, head: bytes) -> AESGCM:
    salt = head[len(MAGIC) : len(MAGIC) + SALT]
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)
    return AESGCM(key)


def _use(action: str, records: int, medium: bytes) -> MediumUse:
    return MediumUse(action, records, hashlib.sha256(medium).hexdigest())
