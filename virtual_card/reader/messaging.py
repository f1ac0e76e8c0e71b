"""The reader's half of authentication and secure messaging: pure functions of bytes.

Both public generations speak alike (facts: chip §1.3, §1.4, §2): mutual authentication with a key that
comes from the card number, then commands of class 08 that carry no MAC and no counter. Their answers hold one
object 86 (padding indicator 01, ciphertext); the length wanted goes in object 96, 0000 meaning all.

This is not the secure messaging of passports: no objects 87, 97, 99 or 8E, and the initial vector is zero.

Specified cards are spoken to by `DeliveredChannel`, which puts the reader's end of the assumed secure channel
(`virtual_card.channel`) behind the same three verbs: verify, read, open.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

from virtual_card import tlv
from virtual_card.apdu import EXTENDED_MAX, OK, SHORT_MAX, Command
from virtual_card.channel import ReaderEnd
from virtual_card.errors import MessageError, TlvError
from virtual_card.protected import CHECK, ENCRYPTED, NUMBER_REFERENCE, PADDED, PROTECTED, WANTED
from virtual_card.reader.errors import BrokenAnswer, UnprotectedAnswer
from virtual_card.suites import MAC, CryptoSuite

RANDOM: Final = 8  # bytes of RND.ICC and RND.IFD
KEY_MATERIAL: Final = 16  # bytes of K.IFD and K.ICC
CRYPTOGRAM: Final = 32
ALL: Final = 0

_EXPECTED: Final = "object 86 with the padding indicator 01 and whole encrypted blocks"


def get_challenge() -> Command:
    """GET CHALLENGE for eight bytes."""
    return Command(0x00, 0x84, 0x00, 0x00, ne=RANDOM)


# What reads a piece is the same for every card but for P1 and P2, and readers ask for few sizes.
@lru_cache(maxsize=64)
def plain_reading(wanted: int) -> Callable[[bytes], bytes]:
    """P1 and P2 to READ BINARY of `wanted` bytes there without protection, `ALL` for the whole rest."""
    if wanted == ALL:
        return Command(0x00, 0xB0, 0, 0, ne=EXTENDED_MAX, extended=True).template()
    return Command(0x00, 0xB0, 0, 0, ne=wanted).template()


@lru_cache(maxsize=64)
def _protected_reading(wanted: int, short: bool) -> Callable[[bytes], bytes]:
    return _protected_read(0, 0, wanted, short).template()


def _protected_read(p1: int, p2: int, wanted: int, short: bool) -> Command:
    data = tlv.encode(WANTED, wanted.to_bytes(2))
    return Command(PROTECTED, 0xB0, p1, p2, data, SHORT_MAX if short else EXTENDED_MAX, extended=not short)


class Handshake:
    """One attempt at mutual authentication: key of the number, the card's challenge, our draws."""

    def __init__(self, suite: CryptoSuite, key: bytes, rnd_icc: bytes, rnd_ifd: bytes, k_ifd: bytes) -> None:
        self._suite = suite
        self._cipher = suite.kept(key)
        self._rnd_icc = rnd_icc
        self._rnd_ifd = rnd_ifd
        self._k_ifd = k_ifd

    def command(self) -> Command:
        """MUTUAL AUTHENTICATE, with E_IFD and M_IFD; Le 00 (28 is said by others, and taken too)."""
        cryptogram = self._cipher.encrypt(self._rnd_ifd + self._rnd_icc + self._k_ifd)
        return Command(0x00, 0x82, 0, 0, cryptogram + self._cipher.check_value(cryptogram), SHORT_MAX)

    def session_key(self, answer: bytes) -> bytes:
        """KSenc, when the card proved that it knows the number too.

        Raises:
            BrokenAnswer: length, MAC or the challenges inside are not right.
        """
        step = "MUTUAL AUTHENTICATE"
        if len(answer) != CRYPTOGRAM + MAC:
            raise BrokenAnswer(
                "the card's cryptogram has the wrong length",
                step,
                expected=f"{CRYPTOGRAM + MAC} bytes, E_ICC and M_ICC",
                received=f"{len(answer)} bytes",
            )
        cryptogram, mac = answer[:CRYPTOGRAM], answer[CRYPTOGRAM:]
        if self._cipher.check_value(cryptogram) != mac:
            raise BrokenAnswer(
                "the card's MAC is wrong: the answer was changed on its way, or the card does not know its"
                " own number",
                step,
                expected="M_ICC over E_ICC",
                received="another value",
            )
        plain = self._cipher.decrypt(cryptogram)
        if plain[: 2 * RANDOM] != self._rnd_icc + self._rnd_ifd:
            raise BrokenAnswer(
                "the card answered another challenge than this one: an old answer was played again",
                step,
                expected="RND.ICC and RND.IFD of this attempt",
                received="other values",
            )
        return self._suite.session(self._k_ifd, plain[2 * RANDOM :])


class SecureChannel(Protocol):
    """What a session needs of secure messaging, whichever it is."""

    def verify(self, number: str) -> Command:
        """VERIFY of the card number, which finishes the authentication."""
        ...

    def reading(self, wanted: int, *, short: bool) -> Callable[[bytes], bytes]:
        """P1 and P2 to READ BINARY of `wanted` plain bytes there, `ALL` for the whole rest of the file."""
        ...

    def open(self, answer: bytes, step: str, sw: int = OK) -> bytes:
        """The plain bytes in the answer to the last protected command.

        Raises:
            UnprotectedAnswer: nothing in it proves that the card said this.
            BrokenAnswer: its protection is not right.
        """
        ...


class Channel:
    """Secure messaging with one session key: the public generations."""

    def __init__(self, suite: CryptoSuite, session_key: bytes) -> None:
        self._suite = suite
        self._cipher = suite.kept(session_key)

    @property
    def block(self) -> int:
        """Bytes of a block, to which messages are padded."""
        return self._suite.block

    def verify(self, number: str) -> Command:
        """VERIFY of the card number, which finishes the authentication."""
        sealed = self._cipher.seal(number.encode("ascii"))
        return Command(PROTECTED, 0x20, 0x00, NUMBER_REFERENCE, tlv.encode(ENCRYPTED, PADDED + sealed))

    def read(self, p1: int, p2: int, wanted: int, *, short: bool) -> Command:
        """READ BINARY of `wanted` plain bytes, `ALL` for the whole rest of the file."""
        return _protected_read(p1, p2, wanted, short)

    def reading(self, wanted: int, *, short: bool) -> Callable[[bytes], bytes]:
        """P1 and P2 to the bytes of `read`: there is no key in them."""
        return _protected_reading(wanted, short)

    def open(self, answer: bytes, step: str, sw: int = OK) -> bytes:
        """The plain bytes in the answer to a protected READ BINARY: one object 86."""
        try:
            lead = _lead(len(answer))
            sealed = answer[len(lead) :] if answer.startswith(lead) else _sealed(answer, step, sw)
            return self._cipher.open(sealed)
        except (TlvError, MessageError) as error:
            raise BrokenAnswer(
                "a protected answer is truncated or damaged",
                step,
                expected=_EXPECTED,
                received=", ".join(each for each in (error.message, error.received, error.where) if each),
            ) from error
        except ValueError as error:  # more than one object, or another padding indicator
            raise BrokenAnswer(
                "a protected answer has another structure than object 86",
                step,
                expected=_EXPECTED,
                received=str(error),
            ) from error


class DeliveredChannel:
    """The assumed secure channel of specified cards, in a session's words."""

    def __init__(self, end: ReaderEnd) -> None:
        self._end = end

    def verify(self, number: str) -> Command:
        """VERIFY of the card number."""
        return self._end.verify(number)

    def reading(self, wanted: int, *, short: bool) -> Callable[[bytes], bytes]:
        """P1 and P2 to READ BINARY; the message counter moves on with every command."""
        return lambda place: self._end.read(place[0], place[1], wanted, short=short).encode()

    def open(self, answer: bytes, step: str, sw: int = OK) -> bytes:
        """The plain bytes of an answer: objects 86 and 8E, or 8E alone when there are none."""
        _must_begin_with(ENCRYPTED if len(answer) > self._end.check_size else CHECK, answer, step, sw)
        try:
            return self._end.open(answer, sw)
        except MessageError as error:
            raise BrokenAnswer(
                "a protected answer is truncated, damaged or changed",
                step,
                expected="objects 86 and 8E with the check value of this message",
                received=", ".join(each for each in (error.message, error.received, error.where) if each),
            ) from error


@lru_cache(maxsize=256)  # a file is read in pieces of one size
def _lead(size: int) -> bytes:
    """What stands before the ciphertext when all `size` bytes of an answer are one object 86.

    Raises:
        TlvError: no object has so many bytes.
    """
    start = 2 if size < 2 + 0x80 else 3 if size < 3 + 0x100 else 4
    return tlv.header(ENCRYPTED, max(0, size - start), length_form=tlv.LengthForm(start - 1)) + PADDED


def _sealed(answer: bytes, step: str, sw: int) -> bytes:
    """The ciphertext in an answer that has another form than the usual one, or is wrong.

    Raises:
        UnprotectedAnswer, TlvError, ValueError: it is wrong.
    """
    _must_begin_with(ENCRYPTED, answer, step, sw)
    (sealed,) = (each.value for each in tlv.parse(answer))
    if sealed[:1] != PADDED:
        raise ValueError(f"padding indicator {sealed[:1].hex().upper() or 'missing'}")
    return sealed[1:]


def _must_begin_with(tag: int, answer: bytes, step: str, sw: int) -> None:
    if answer[:1] != bytes([tag]):
        raise UnprotectedAnswer(step, f"{sw:04X} with {len(answer)} bytes that do not begin so")
