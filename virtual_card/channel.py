"""The secure channel of specified cards: both ends of it, as the assumed profile has it.

Every choice made here is a row of `layouts.specified.ASSUMPTIONS`; only that a key is delivered by SET
SESSION KEY under RSA-OAEP, that AES-128-CBC and AES-CMAC follow and that a counter gives the initial vectors
is known (facts on the chip §3, one source each).

    reader                                              card
    SET SESSION KEY, RSA-OAEP(K.ENC ‖ K.MAC)     ──>    opens it with its delivery key
    08 INS P1 P2, [86 01 ‖ ciphertext] [96 Le] 8E check value     counter n, n+1, ...
                                                 <──    [86 01 ‖ ciphertext] 8E check value, 9000
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from virtual_card import tlv
from virtual_card.apdu import EXTENDED_MAX, OK, SHORT_MAX, Command
from virtual_card.errors import CardUsageError, MessageError, TlvError
from virtual_card.layouts.specified import ASSUMED_CHANNEL, Channel
from virtual_card.protected import CHECK, ENCRYPTED, NUMBER_REFERENCE, PADDED, PROTECTED, WANTED
from virtual_card.suites import AES_SUITE, xor

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The two keys of a session."""

    encryption: bytes
    check: bytes

    @classmethod
    def of(cls, material: bytes, channel: Channel = ASSUMED_CHANNEL) -> SessionKeys:
        """Both keys from their bytes one after the other.

        Raises:
            MessageError: the length is not that of two keys.
        """
        if len(material) != 2 * channel.key_size:
            raise MessageError(
                "the delivered keys have the wrong length",
                expected=f"{2 * channel.key_size} bytes",
                received=f"{len(material)} bytes",
            )
        return cls(material[: channel.key_size], material[channel.key_size :])


@cache
def delivery_test_key() -> RSAPrivateKey:
    """The public TEST key to which keys are delivered; it protects nothing (assumption X15)."""
    from virtual_card.personalise.keys import rsa_key

    return rsa_key("specified card delivery key TEST")


# --- delivering the keys -----------------------------------------------------------------------------------
def key_command(
    delivery: RSAPublicKey, keys: SessionKeys, seed: bytes, channel: Channel = ASSUMED_CHANNEL
) -> Command:
    """SET SESSION KEY. `seed`: as many random bytes as the hash is long; they decide the ciphertext, so a
    recorded reading can be played again.

    Raises:
        CardUsageError: the seed has another length.
    """
    numbers = delivery.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    encoded = _oaep(keys.encryption + keys.check, size, seed, channel)
    sealed = pow(int.from_bytes(encoded), numbers.e, numbers.n).to_bytes(size)
    return Command(0x80, 0xAE, 0, 0, sealed, extended=True)


def seed_size(channel: Channel = ASSUMED_CHANNEL) -> int:
    """Bytes of the random seed that hides delivered keys: as many as the hash has."""
    return hashlib.new(channel.oaep_hash).digest_size


def delivered_keys(delivery: RSAPrivateKey, sealed: bytes, channel: Channel = ASSUMED_CHANNEL) -> SessionKeys:
    """The keys in the data field of SET SESSION KEY.

    Raises:
        MessageError: it was not made with the public half of this delivery key, or holds no two keys.
    """
    algorithm = {"sha256": hashes.SHA256, "sha1": hashes.SHA1}[channel.oaep_hash]()
    scheme = padding.OAEP(padding.MGF1(algorithm), algorithm, channel.oaep_label or None)
    try:
        material = delivery.decrypt(sealed, scheme)
    except ValueError:
        raise MessageError("the delivered keys cannot be opened with this delivery key") from None
    return SessionKeys.of(material, channel)


def _oaep(message: bytes, size: int, seed: bytes, channel: Channel) -> bytes:
    """EME-OAEP encoding (RFC 8017 §7.1.1, step 2) with a seed of the caller's; libraries draw their own."""
    hashed = hashlib.new(channel.oaep_hash, channel.oaep_label).digest()
    if len(seed) != len(hashed):
        raise CardUsageError(
            "the seed has the wrong length",
            expected=f"{len(hashed)} bytes",
            received=f"{len(seed)} bytes",
        )
    fill = bytes(size - len(message) - 2 * len(hashed) - 2)
    block = hashed + fill + b"\1" + message
    masked = xor(block, _mask(seed, len(block), channel.oaep_hash))
    return b"\0" + xor(seed, _mask(masked, len(seed), channel.oaep_hash)) + masked


def _mask(seed: bytes, length: int, name: str) -> bytes:
    """MGF1 (RFC 8017 appendix B.2.1)."""
    blocks = -(-length // hashlib.new(name).digest_size)
    return b"".join(hashlib.new(name, seed + n.to_bytes(4)).digest() for n in range(blocks))[:length]


# --- protected messages ------------------------------------------------------------------------------------
class _End:
    """What both ends share: the keys, the counter and how a message is built from them."""

    def __init__(self, keys: SessionKeys, channel: Channel) -> None:
        self._keys = keys
        self._channel = channel
        self._counter = channel.first_counter - 1

    def _vector(self, *, answer: bool) -> bytes:
        block = self._counter | (1 << 127 if answer else 0)
        return Cipher(AES(self._keys.encryption), modes.ECB()).encryptor().update(block.to_bytes(16))

    def _check(self, context: bytes, objects: bytes) -> bytes:
        counter = self._counter.to_bytes(self._channel.counter_size)
        # Not the suite's check value, which is cut to the 8 bytes of the second generation.
        code = CMAC(AES(self._keys.check))
        code.update(counter + context + objects)
        return code.finalize()[: self._channel.mac_size]

    def _seal(self, context: bytes, data: bytes, wanted: bytes, *, answer: bool) -> bytes:
        objects = b""
        if data:
            mode = modes.CBC(self._vector(answer=answer))
            sealed = Cipher(AES(self._keys.encryption), mode).encryptor().update(AES_SUITE.pad(data))
            objects = tlv.encode(ENCRYPTED, PADDED + sealed)
        objects += wanted
        return objects + tlv.encode(CHECK, self._check(context, objects))

    def _open(self, context: bytes, message: bytes, *, answer: bool) -> tuple[bytes, bytes | None]:
        """The plain data and the value of object 96; the check value was right."""
        try:
            found = tlv.parse(message)
        except TlvError as error:
            raise MessageError(
                "the protected message is no TLV", received=str(error.message), where=error.where
            ) from error
        tags = [one.tag for one in found]
        allowed = [tag for tag in (ENCRYPTED, WANTED, CHECK) if tag in tags]
        if tags != allowed or tags[-1:] != [CHECK] or (answer and WANTED in tags):
            raise MessageError(
                "the protected message has other objects",
                expected="86, 8E" if answer else "86, 96, 8E in this order, 8E always",
                received=", ".join(f"{tag:X}" for tag in tags),
            )
        if self._check(context, message[: found[-1].offset]) != found[-1].value:
            raise MessageError("the check value is wrong", where="object 8E")
        values = {one.tag: one.value for one in found}
        sealed = values.get(ENCRYPTED)
        return (b"" if sealed is None else self._decrypted(sealed, answer=answer)), values.get(WANTED)

    def _decrypted(self, sealed: bytes, *, answer: bool) -> bytes:
        if sealed[:1] != PADDED or len(sealed) % AES_SUITE.block != 1:
            raise MessageError("the ciphertext is damaged", where="object 86")
        mode = modes.CBC(self._vector(answer=answer))
        return AES_SUITE.unpad(Cipher(AES(self._keys.encryption), mode).decryptor().update(sealed[1:]))


class ReaderEnd(_End):
    """The reader's end: it makes commands and opens their answers, in turn."""

    def __init__(self, keys: SessionKeys, channel: Channel = ASSUMED_CHANNEL) -> None:
        super().__init__(keys, channel)

    @property
    def check_size(self) -> int:
        """Bytes of object 8E, with which every answer ends."""
        return len(tlv.encode(CHECK, bytes(self._channel.mac_size)))

    def verify(self, number: str) -> Command:
        """VERIFY of the card number."""
        return self.command(0x20, 0x00, NUMBER_REFERENCE, number.encode("ascii"))

    def read(self, p1: int, p2: int, wanted: int, *, short: bool) -> Command:
        """READ BINARY of `wanted` plain bytes, 0 for the whole rest of the file."""
        return self.command(0xB0, p1, p2, wanted=wanted, short=short)

    def command(
        self,
        ins: int,
        p1: int,
        p2: int,
        data: bytes = b"",
        *,
        wanted: int | None = None,
        short: bool = False,
    ) -> Command:
        """A protected command; the counter moves on."""
        self._counter += 1
        head = bytes((PROTECTED, ins, p1, p2))
        le = b"" if wanted is None else tlv.encode(WANTED, wanted.to_bytes(2))
        body = self._seal(head, data, le, answer=False)
        short = short and len(body) < SHORT_MAX
        ne = SHORT_MAX if short or wanted is None else EXTENDED_MAX
        return Command(PROTECTED, ins, p1, p2, body, ne, extended=ne > SHORT_MAX)

    def open(self, answer: bytes, sw: int = OK) -> bytes:
        """The plain data of an answer to the last command, empty when it has none.

        Raises:
            MessageError: objects, check value, ciphertext or padding are wrong.
        """
        return self._open(sw.to_bytes(2), answer, answer=True)[0]


class CardEnd(_End):
    """The card's end: it opens commands and seals their answers, in turn."""

    def __init__(self, keys: SessionKeys, channel: Channel = ASSUMED_CHANNEL) -> None:
        super().__init__(keys, channel)

    def open(self, command: Command) -> tuple[bytes, bytes | None]:
        """The plain data of a command and the value of its object 96; the counter moves on.

        Raises:
            MessageError: objects, check value, ciphertext or padding are wrong.
        """
        self._counter += 1
        head = bytes((command.cla, command.ins, command.p1, command.p2))
        return self._open(head, command.data, answer=False)

    def seal(self, data: bytes, sw: int = OK) -> bytes:
        """The answer to the command opened last, without its status word."""
        return self._seal(sw.to_bytes(2), data, b"", answer=True)
