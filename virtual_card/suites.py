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
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from virtual_card.errors import CardUsageError, MessageError, nearest

KEY: Final = 16
MAC: Final = 8
_ENCRYPTION: Final = b"\0\0\0\1"
_PADDINGS: Final = tuple(b"\x80".ljust(count, b"\0") for count in range(17))
"""So many bytes of padding; nobody asks for none."""
_FILLS: Final = {block: frozenset(map(bytes, range(block))) for block in (8, 16)}
"""What may stand behind the byte 80, by the size of the blocks."""
_number: Final = int.from_bytes  # looked up here, it takes half the time


class MessageCipher(ABC):
    """One key, many messages: each begins with an initial vector of zeros.

    Setting up a context costs as much as encrypting a hundred bytes, so the contexts live on from message to
    message. A CBC context chains from the last block of ciphertext that it saw: before encrypting, that block
    is added to the first one, which cancels it out; after decrypting, a block of zeros is the last one seen.
    """

    __slots__ = ("_block", "_cipher", "_decryptor", "_encryptor", "_last", "_zeros")

    def __init__(self, algorithm: BlockCipherAlgorithm, vector: modes.CBC) -> None:
        self._cipher = Cipher(algorithm, vector)
        self._zeros = vector.initialization_vector
        self._block = len(self._zeros)
        self._encryptor: CipherContext | None = None
        self._decryptor: CipherContext | None = None
        self._last = 0

    def seal(self, data: bytes) -> bytes:
        """A message of any length, padded and encrypted."""
        block = self._block
        return self._encrypted(data + _PADDINGS[block - len(data) % block])

    def open(self, data: bytes) -> bytes:
        """A message, decrypted and without its padding.

        Raises:
            MessageError: the data are not whole blocks, or are not padded.
        """
        return _unpadded(self.decrypt(data), self._block)

    def encrypt(self, data: bytes) -> bytes:
        """Whole blocks, encrypted.

        Raises:
            MessageError: the data are not whole blocks.
        """
        if not data or len(data) % self._block:
            raise _not_whole(data, self._block)
        return self._encrypted(data)

    def _encrypted(self, data: bytes) -> bytes:
        block = self._block
        encryptor = self._encryptor
        if encryptor is None:
            encryptor = self._encryptor = self._cipher.encryptor()
        first = _number(data[:block]) ^ self._last
        sealed = encryptor.update(first.to_bytes(block) + data[block:])
        self._last = _number(sealed[-block:])
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
        return decryptor.update(data + self._zeros)[:-block]

    @abstractmethod
    def check_value(self, data: bytes) -> bytes:
        """The check value of a message of any length, 8 bytes."""


@dataclass(frozen=True, slots=True)
class CryptoSuite:
    """A suite. Keys have 16 bytes; `block` is the size of its blocks in bytes; check values have 8 bytes."""

    name: str
    block: int
    kept: Callable[[bytes], MessageCipher]
    """A key to a cipher for many messages under it."""

    def mac(self, key: bytes, data: bytes) -> bytes:
        """The check value of one message."""
        return self.kept(key).check_value(data)

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
        return data + _PADDINGS[self.block - len(data) % self.block]

    def unpad(self, data: bytes) -> bytes:
        """The data without padding.

        Raises:
            MessageError: there is no padding of at most one block.
        """
        if len(data) % self.block:
            raise _not_padded(data)
        return _unpadded(data, self.block)

    def derive(self, number: str) -> bytes:
        """The key for encryption and check values that a card number gives: SHA-1, its first 16 bytes."""
        return hashlib.sha1(number.encode("ascii"), usedforsecurity=False).digest()[:KEY]

    def session(self, k_ifd: bytes, k_icc: bytes) -> bytes:
        """The session key of both sides' key material."""
        return hashlib.sha1(xor(k_ifd, k_icc) + _ENCRYPTION, usedforsecurity=False).digest()[:KEY]


def xor(left: bytes, right: bytes) -> bytes:
    """The bitwise sum of two strings of one length.

    Raises:
        ValueError: their lengths differ.
    """
    if len(left) != len(right):
        raise ValueError(f"{len(left)} and {len(right)} bytes have no bitwise sum")
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))


def _unpadded(data: bytes, block: int) -> bytes:
    """Whole blocks without their padding."""
    bare, mark, fill = data.rpartition(b"\x80")
    if not mark or fill not in _FILLS[block]:
        raise _not_padded(data)
    return bare


def _not_padded(data: bytes) -> MessageError:
    return MessageError(
        "the message is not padded",
        expected="a byte 80, then 00 up to the block",
        received=f"{len(data)} bytes",
    )


def _not_whole(data: bytes, block: int) -> MessageError:
    return MessageError(
        "the message has no whole blocks",
        expected=f"a multiple of {block} bytes, at least one block",
        received=f"{len(data)} bytes",
    )


# --- tdes ------------------------------------------------------------------------------------------------
class _Tdes(MessageCipher):
    """Two-key TDES."""

    __slots__ = ("_key", "_single")
    _VECTOR: Final = modes.CBC(bytes(8))

    def __init__(self, key: bytes) -> None:
        super().__init__(TripleDES(key + key[:8]), self._VECTOR)
        self._key = key
        self._single: _Tdes | None = None

    def check_value(self, data: bytes) -> bytes:
        """ISO/IEC 9797-1 algorithm 3: single DES over all blocks but the last, TDES over the last."""
        padded = data + _PADDINGS[8 - len(data) % 8]
        others, last = padded[:-8], padded[-8:]
        if not others:
            return self._encrypted(last)
        single = self._single
        if single is None:
            single = self._single = _Tdes(self._key[:8] * 2)  # three times the same key is single DES
        single._encrypted(others)
        self._last ^= single._last  # the block of ciphertext before the last one is added to it
        return self._encrypted(last)


# --- aes -------------------------------------------------------------------------------------------------
class _Aes(MessageCipher):
    """AES-128."""

    __slots__ = ("_key",)
    _VECTOR: Final = modes.CBC(bytes(16))

    def __init__(self, key: bytes) -> None:
        self._key = AES(key)
        super().__init__(self._key, self._VECTOR)

    def check_value(self, data: bytes) -> bytes:
        """CMAC, its first 8 bytes."""
        code = CMAC(self._key)
        code.update(data)
        return code.finalize()[:MAC]


TDES_SUITE: Final = CryptoSuite("tdes", 8, _Tdes)
AES_SUITE: Final = CryptoSuite("aes", 16, _Aes)
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
