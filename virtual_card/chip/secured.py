"""How the chip authenticates a reader and opens and seals protected commands: a class per kind of security.

First and second generation (facts on the chip §1.3, §1.4, §2): a key from the card number, one session key,
class byte 08, object 86 or 96 alone, no check value and no counter. Specified cards: the assumed channel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest
from typing import Final, Protocol

from virtual_card import tlv
from virtual_card.apdu import Command
from virtual_card.errors import MessageError, TlvError
from virtual_card.protected import ENCRYPTED, PADDED, WANTED
from virtual_card.suites import MAC, CryptoSuite

CHALLENGE: Final = 8
KEY_MATERIAL: Final = 16
CRYPTOGRAM: Final = 2 * CHALLENGE + KEY_MATERIAL


class Messaging(Protocol):
    """The chip's end of a session."""

    def open(self, command: Command) -> tuple[bytes, bytes | None]:
        """The plain data of a protected command and the value of its object 96.

        Raises:
            MessageError: its objects, check value, ciphertext or padding are wrong.
        """
        ...

    def seal(self, data: bytes, sw: int) -> bytes:
        """The data field of the answer to the command that was opened last."""
        ...


class NumberMessaging:
    """A session of the first or second generation."""

    __slots__ = ("_cipher", "_suite")

    def __init__(self, suite: CryptoSuite, key: bytes) -> None:
        self._suite = suite
        self._cipher = suite.kept(key)

    def open(self, command: Command) -> tuple[bytes, bytes | None]:
        """The plain data, or the value of object 96; there is one of the two."""
        data = command.data
        if len(data) == 4 and data.startswith(b"\x96\x02"):
            return b"", data[2:]
        try:
            found = tlv.parse(data)
        except TlvError as error:
            raise MessageError("the protected command is no TLV", where=error.where) from error
        if len(found) != 1 or found[0].tag not in (ENCRYPTED, WANTED):
            raise MessageError("the protected command has other objects", expected="86 or 96")
        (only,) = found
        if only.tag == WANTED:
            return b"", only.value
        if only.value[:1] != PADDED:
            raise MessageError("the padding indicator is wrong", expected="01", where="object 86")
        return self._cipher.open(only.value[1:]), None

    def seal(self, data: bytes, sw: int) -> bytes:
        """Object 86 around the encrypted data; nothing when there are no data."""
        if not data:
            return b""
        sealed = self._cipher.seal(data)
        return _lead(len(sealed)) + sealed


@lru_cache(maxsize=256)  # a file is read in pieces of one size
def _lead(size: int) -> bytes:
    """What stands before `size` bytes of ciphertext in object 86."""
    return tlv.header(ENCRYPTED, size + 1) + PADDED


class NumberKey:
    """The key that a card number gives, and the mutual authentication under it."""

    def __init__(self, suite: CryptoSuite, number: str) -> None:
        self._suite = suite
        self._cipher = suite.kept(suite.derive(number))

    def authenticate(
        self, challenge: bytes, message: bytes, random: Callable[[int], bytes]
    ) -> tuple[bytes, NumberMessaging] | None:
        """E_ICC and M_ICC, and the session; None when the reader does not know the number.

        `message`: E_IFD and M_IFD, 40 bytes. `random` gives K.ICC, only when the reader was right.
        """
        suite = self._suite
        sealed, code = message[:CRYPTOGRAM], message[CRYPTOGRAM:]
        if len(code) != MAC or not compare_digest(self._cipher.check_value(sealed), code):
            return None
        plain = self._cipher.decrypt(sealed)
        rnd_ifd, echoed, k_ifd = plain[:8], plain[8:16], plain[16:]
        if not compare_digest(echoed, challenge):
            return None
        k_icc = random(KEY_MATERIAL)
        answer = self._cipher.encrypt(challenge + rnd_ifd + k_icc)
        return answer + self._cipher.check_value(answer), NumberMessaging(suite, suite.session(k_ifd, k_icc))
