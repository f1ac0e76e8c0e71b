"""Encryption at rest: what is stored can be read with the database's key only.

Theory of operation. The one key of a database (32 bytes) never encrypts anything itself: three keys are
derived from it (HKDF, RFC 5869), one for values, one for the keys of rows and one for the check value by
which a wrong key is told at once. A value is sealed by AES-256-GCM (NIST SP 800-38D) under a nonce of its
own; where it stands (table, node, part, key) is authenticated with it, so a value that was moved to another
row does not open. A row's key that would show a person (a card's number) is replaced by its HMAC-SHA-256: it
can be looked up and cannot be read.

Nonces are random: by SP 800-38D, 8.3 one key seals at most 2**32 values, which the whole country's records
need decades for. What an intruder still sees: how many rows there are, how long, when they were written, and
what is not secret by design (municipality codes, sequence numbers, names of batches).
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64encode
from typing import Final, Protocol

from sim.base.errors import HarnessError, UsageError

KEY_BYTES: Final = 32
_NONCE: Final = 12


class Vault(Protocol):
    """Seals and opens values; `place` says where a value stands, and has to be the same both times."""

    @property
    def check(self) -> str:
        """What tells this key from any other, kept in the database in plain."""
        ...

    def seal(self, value: bytes, *place: str) -> bytes:
        """The value as it is stored."""
        ...

    def open(self, sealed: bytes, *place: str) -> bytes:
        """The value again.

        Raises:
            HarnessError: the stored bytes were altered, or moved from another place.
        """
        ...

    def hide(self, key: str) -> str:
        """A row's key that shows a person, as it is stored."""
        ...


class PlainVault:
    """No encryption: for rehearsals, and for tests that read what was stored."""

    check: Final = "plain"

    def seal(self, value: bytes, *place: str) -> bytes:
        return value

    def open(self, sealed: bytes, *place: str) -> bytes:
        return sealed

    def hide(self, key: str) -> str:
        return key


class KeyVault:
    """Values sealed by AES-256-GCM, keys of rows hidden by HMAC-SHA-256, both under keys made from one.

    Raises:
        UsageError: the key is not 32 bytes long.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise UsageError(
                "the key of a database has the wrong length",
                expected=f"{KEY_BYTES} bytes",
                received=f"{len(key)} bytes",
                remedy="give the key file that was made with the database",
            )
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(_derive(key, b"values"))
        self._rows = _derive(key, b"rows")
        self.check: Final = hmac.digest(_derive(key, b"check"), b"renkei-store/1", "sha256").hex()

    def seal(self, value: bytes, *place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, value, "\0".join(place).encode())

    def open(self, sealed: bytes, *place: str) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], "\0".join(place).encode())
        except (InvalidTag, ValueError) as error:
            raise HarnessError(
                "a stored value does not open: it was altered, or moved from another row",
                where=" ".join(place),
                expected="the bytes as they were written",
                received=f"{len(sealed)} other bytes",
                remedy="restore the database from a copy; do not edit it by hand",
            ) from error

    def hide(self, key: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._rows, key.encode(), "sha256")).decode()


def vault(key: bytes | None) -> Vault:
    """The vault of a key, or the one that hides nothing."""
    return PlainVault() if key is None else KeyVault(key)


def _derive(key: bytes, what: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"renkei-store/1 " + what).derive(key)
