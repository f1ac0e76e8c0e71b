"""The two crypto suites of the public specifications, side by side; chip and reader share them.

Both encrypt in CBC mode with an initial vector of zeros for every message, pad by method 2 of ISO/IEC 9797-1
(a byte 80, then 00 up to the block), take the key of a card number from SHA-1 and agree on one session key.
They differ in the block cipher and in the check value (the facts on the chip, §1.4 and §2; the published
examples of both appendices pin every value, confidence: recomputed):

    tdes   two-key TDES, retail MAC (ISO/IEC 9797-1 algorithm 3)       first generation
    aes    AES-128, CMAC (NIST SP 800-38B), its first 8 bytes          second generation and specified cards

The published examples leave the parity bits of TDES keys as SHA-1 gives them, and so do we.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from virtual_card.errors import CardUsageError, MessageError, nearest

KEY: Final = 16
MAC: Final = 8
_ENCRYPTION: Final = b"\0\0\0\1"


class MessageCipher(Protocol):
    """One key, many messages: each begins with an initial vector of zeros."""

    def encrypt(self, data: bytes) -> bytes:
        """Whole blocks, encrypted."""
        ...

    def decrypt(self, data: bytes) -> bytes:
        """Whole blocks, decrypted."""
        ...


class KeptCipher:
    """A message cipher whose contexts live on from message to message.

    Setting up a context costs as much as encrypting a hundred bytes. A kept CBC context chains from the last
    block of the message before; adding that block to the first block of the next one cancels it out, which
    is the same as an initial vector of zeros.
    """

    __slots__ = ("_block", "_cipher", "_decryptor", "_encryptor", "_read", "_written")

    def __init__(self, algorithm: BlockCipherAlgorithm, block: int) -> None:
        self._cipher = Cipher(algorithm, modes.CBC(bytes(block)))
        self._encryptor: CipherContext | None = None
        self._decryptor: CipherContext | None = None
        self._block = block
        self._written = 0
        self._read = 0

    def encrypt(self, data: bytes) -> bytes:
        """Whole blocks, encrypted.

        Raises:
            MessageError: the data are not whole blocks.
        """
        block = self._block
        if not data or len(data) % block:
            raise _not_whole(data, block)
        if self._written:
            first = int.from_bytes(data[:block], "big") ^ self._written
            data = first.to_bytes(block, "big") + data[block:]
        encryptor = self._encryptor
        if encryptor is None:
            encryptor = self._encryptor = self._cipher.encryptor()
        sealed = encryptor.update(data)
        self._written = int.from_bytes(sealed[-block:], "big")
        return sealed

    def decrypt(self, data: bytes) -> bytes:
        """Whole blocks, decrypted.

        Raises:
            MessageError: the data are not whole blocks.
        """
        block = self._block
        if not data or len(data) % block:
            raise _not_whole(data, block)
        decryptor = self._decryptor
        if decryptor is None:
            decryptor = self._decryptor = self._cipher.decryptor()
        opened = decryptor.update(data)
        if self._read:
            first = int.from_bytes(opened[:block], "big") ^ self._read
            opened = first.to_bytes(block, "big") + opened[block:]
        self._read = int.from_bytes(data[-block:], "big")
        return opened


@dataclass(frozen=True, slots=True)
class CryptoSuite:
    """A suite. Keys have 16 bytes; `block` is the size of its blocks in bytes; check values have 8 bytes."""

    name: str
    block: int
    algorithm: Callable[[bytes], BlockCipherAlgorithm]
    mac: Callable[[bytes, bytes], bytes]
    """(key, data) -> the check value of 8 bytes."""

    def kept(self, key: bytes) -> MessageCipher:
        """A cipher for many messages under one key."""
        return KeptCipher(self.algorithm(key), self.block)

    def encrypt(self, key: bytes, data: bytes) -> bytes:
        """Whole blocks, encrypted with an initial vector of zeros.

        Raises:
            MessageError: the data are not whole blocks.
        """
        return self.kept(key).encrypt(data)

    def decrypt(self, key: bytes, data: bytes) -> bytes:
        """Whole blocks, decrypted with an initial vector of zeros.

        Raises:
            MessageError: the data are not whole blocks.
        """
        return self.kept(key).decrypt(data)

    def pad(self, data: bytes) -> bytes:
        """The data with padding; there is always at least one byte of it."""
        return data + b"\x80" + bytes(-(len(data) + 1) % self.block)

    def unpad(self, data: bytes) -> bytes:
        """The data without padding.

        Raises:
            MessageError: there is no padding of at most one block.
        """
        # Only the last block can hold padding; looking there alone keeps a long file quick.
        bare = data[-self.block :].rstrip(b"\0")
        if len(data) % self.block or bare[-1:] != b"\x80":
            raise MessageError(
                "the message is not padded",
                expected="a byte 80, then 00 up to the block",
                received=f"{len(data)} bytes",
            )
        return data[: len(data) - min(len(data), self.block) + len(bare) - 1]

    def derive(self, number: str) -> bytes:
        """The key for encryption and check values that a card number gives: SHA-1, its first 16 bytes."""
        return hashlib.sha1(number.encode("ascii"), usedforsecurity=False).digest()[:KEY]

    def session(self, k_ifd: bytes, k_icc: bytes) -> bytes:
        """The session key of both sides' key material."""
        return hashlib.sha1(xor(k_ifd, k_icc) + _ENCRYPTION, usedforsecurity=False).digest()[:KEY]


def xor(left: bytes, right: bytes) -> bytes:
    """The bitwise sum of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _not_whole(data: bytes, block: int) -> MessageError:
    return MessageError(
        "the message has no whole blocks",
        expected=f"a multiple of {block} bytes, at least one block",
        received=f"{len(data)} bytes",
    )


# --- tdes ------------------------------------------------------------------------------------------------
def _two_key(key: bytes) -> TripleDES:
    return TripleDES(key + key[:8])


def _retail_mac(key: bytes, data: bytes) -> bytes:
    """ISO/IEC 9797-1 algorithm 3: single DES over all blocks but the last, TDES over the last."""
    padded = data + b"\x80" + bytes(-(len(data) + 1) % 8)
    state = bytes(8)
    if len(padded) > 8:
        single = Cipher(TripleDES(key[:8] * 3), modes.CBC(bytes(8))).encryptor()
        state = single.update(padded[:-8])[-8:]
    return Cipher(_two_key(key), modes.CBC(state)).encryptor().update(padded[-8:])


# --- aes -------------------------------------------------------------------------------------------------
def _cmac(key: bytes, data: bytes) -> bytes:
    code = CMAC(AES(key))
    code.update(data)
    return code.finalize()[:MAC]


TDES_SUITE: Final = CryptoSuite("tdes", 8, _two_key, _retail_mac)
AES_SUITE: Final = CryptoSuite("aes", 16, AES, _cmac)
SUITES: Final = {suite.name: suite for suite in (TDES_SUITE, AES_SUITE)}


def suite_of(name: str) -> CryptoSuite:
    """The suite of that name.

    Raises:
        CardUsageError: there is none.
    """
    found = SUITES.get(name)
    if found is None:
        raise CardUsageError(
            f"no crypto suite is called {name!r}",
            expected=", ".join(sorted(SUITES)),
            remedy=f"did you mean {near}?" if (near := nearest(name, SUITES)) else None,
        )
    return found
