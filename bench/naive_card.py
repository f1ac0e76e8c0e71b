"""The other side of the row "card read": card and reader as one would write them first, with pycryptodome.

A new cipher object for each message, on both sides; first generation only; no checks but what reading needs.
It is written from the public facts on the chip and shares no code with virtual_card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from Crypto.Cipher import DES, DES3
from Crypto.Util.Padding import pad, unpad
from Crypto.Util.strxor import strxor

Random = Callable[[int], bytes]
Files = Mapping[tuple[str, int], bytes]
"""(DF, short file id) to the whole file."""

PIECE = 256
ZERO = bytes(8)
DFS = {bytes.fromhex(f"D392F0004F0{n + 1}") + bytes(10): f"DF{n}" for n in (1, 2, 3)}
# What a reader must know beforehand: short ids and sizes in reading order; True: protected.
LAYOUT = (
    ("MF", 0x0B, 6, False),
    ("MF", 0x0A, 3, False),
    ("DF1", 0x05, 7004, True),
    ("DF1", 0x06, 3004, True),
    ("DF2", 0x01, 342, False),
    ("DF2", 0x02, 122, False),
    ("DF2", 0x03, 122, False),
    ("DF2", 0x04, 3, False),
    ("DF3", 0x02, 1464, False),
)


def encrypt(key: bytes, data: bytes) -> bytes:
    """TDES in CBC mode with an initial vector of zeros."""
    return DES3.new(key, DES3.MODE_CBC, ZERO).encrypt(data)


def decrypt(key: bytes, data: bytes) -> bytes:
    """The way back."""
    return DES3.new(key, DES3.MODE_CBC, ZERO).decrypt(data)


def mac(key: bytes, data: bytes) -> bytes:
    """The retail MAC."""
    padded = pad(data, 8, style="iso7816")
    state = DES.new(key[:8], DES.MODE_CBC, ZERO).encrypt(padded)[-8:]
    middle = DES.new(key[8:], DES.MODE_ECB).decrypt(state)
    return DES.new(key[:8], DES.MODE_ECB).encrypt(middle)


def session_key(k_ifd: bytes, k_icc: bytes) -> bytes:
    """The session key."""
    return hashlib.sha1(strxor(k_ifd, k_icc) + b"\0\0\0\1").digest()[:16]


@dataclass(frozen=True)
class Apdu:
    """A command."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int


def parse_apdu(raw: bytes) -> Apdu:
    """A command from its bytes."""
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) == 1:
        return Apdu(cla, ins, p1, p2, b"", body[0] or 256)
    if body[0]:
        data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
        return Apdu(cla, ins, p1, p2, data, (rest[0] or 256) if rest else 0)
    length = int.from_bytes(body[1:3], "big")
    data, rest = body[3 : 3 + length], body[3 + length :]
    return Apdu(cla, ins, p1, p2, data, int.from_bytes(rest, "big") or 65536)


def tlv(tag: int, value: bytes) -> bytes:
    """A data object."""
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    if size < 0x100:
        return bytes([tag, 0x81, size]) + value
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + value


def parse_tlv(data: bytes) -> dict[int, bytes]:
    """Data objects by tag."""
    found, at = {}, 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        found[tag] = data[at : at + size]
        at += size
    return found


class Card:
    """A card of the first generation that answers right readers."""

    def __init__(self, number: str, files: Files, random: Random) -> None:
        self.number = number.encode()
        self.key = hashlib.sha1(self.number).digest()[:16]
        self.files = files
        self.random = random
        self.df = "MF"
        self.current = b""
        self.challenge = self.session = b""
        self.verified = False

    def transmit(self, command: bytes) -> bytes:
        """The answer to a command of a right reader."""
        apdu = parse_apdu(command)
        if apdu.ins == 0xA4:
            self.df = DFS[apdu.data]
            return b"\x90\x00"
        if apdu.ins == 0x84:
            self.challenge = self.random(8)
            return self.challenge + b"\x90\x00"
        if apdu.ins == 0x82:
            return self.authenticate(apdu.data[:32], apdu.data[32:])
        if apdu.ins == 0x20:
            sealed = parse_tlv(apdu.data)[0x86][1:]
            self.verified = unpad(decrypt(self.session, sealed), 8, style="iso7816") == self.number
            return b"\x90\x00" if self.verified else b"\x63\x00"
        return self.read(apdu)

    def read(self, apdu: Apdu) -> bytes:
        """READ BINARY."""
        if apdu.p1 & 0x80:
            self.current, offset = self.files[self.df, apdu.p1 & 0x1F], apdu.p2
        else:
            offset = apdu.p1 << 8 | apdu.p2
        if apdu.cla == 0x08:
            wanted = int.from_bytes(parse_tlv(apdu.data)[0x96], "big")
            piece = pad(self.current[offset : offset + wanted], 8, style="iso7816")
            return tlv(0x86, b"\x01" + encrypt(self.session, piece)) + b"\x90\x00"
        return self.current[offset : offset + apdu.le] + b"\x90\x00"

    def authenticate(self, sealed: bytes, code: bytes) -> bytes:
        """MUTUAL AUTHENTICATE."""
        plain = decrypt(self.key, sealed)
        if mac(self.key, sealed) != code or plain[8:16] != self.challenge:
            return b"\x63\x00"
        k_icc = self.random(16)
        self.session = session_key(plain[16:], k_icc)
        answer = encrypt(self.key, self.challenge + plain[:8] + k_icc)
        return answer + mac(self.key, answer) + b"\x90\x00"


class Reader:
    """A reader that reads everything in pieces of 256 bytes."""

    def __init__(self, send: Callable[[bytes], bytes], number: str, random: Random) -> None:
        self.send = send
        self.number = number.encode()
        self.random = random
        self.session = b""

    def ask(self, command: bytes) -> bytes:
        """The data of an answer that must be good."""
        answer = self.send(command)
        if answer[-2:] != b"\x90\x00":
            raise ValueError(f"{command[:5].hex()} was answered {answer[-2:].hex()}")
        return answer[:-2]

    def read(self) -> Files:
        """All files."""
        size = self.ask(bytes.fromhex("00B08A0002"))[1]
        self.ask(bytes.fromhex("00B08A00") + bytes([2 + size]))
        self.open()
        found: dict[tuple[str, int], bytes] = {}
        here = "MF"
        for df, sfi, capacity, protected in LAYOUT:
            if df != here:
                aid = next(aid for aid, name in DFS.items() if name == df)
                self.ask(bytes.fromhex("00A4040C10") + aid)
                here = df
            found[df, sfi] = self.file(sfi, capacity, protected)
        return found

    def open(self) -> None:
        """Authentication by card number."""
        challenge = self.ask(bytes.fromhex("0084000008"))
        key = hashlib.sha1(self.number).digest()[:16]
        rnd_ifd, k_ifd = self.random(8), self.random(16)
        sealed = encrypt(key, rnd_ifd + challenge + k_ifd)
        answer = self.ask(bytes.fromhex("0082000028") + sealed + mac(key, sealed) + b"\0")
        plain = decrypt(key, answer[:32])
        if mac(key, answer[:32]) != answer[32:] or plain[:16] != challenge + rnd_ifd:
            raise ValueError("this card does not know its number")
        self.session = session_key(k_ifd, plain[16:])
        self.ask(
            bytes.fromhex("0820008613861101") + encrypt(self.session, pad(self.number, 8, style="iso7816"))
        )

    def file(self, sfi: int, capacity: int, protected: bool) -> bytes:
        """One file."""
        content = b""
        while len(content) < capacity:
            where = len(content).to_bytes(2, "big") if content else bytes([0x80 | sfi, 0])
            if protected:
                command = b"\x08\xb0" + where + b"\0\0\4" + tlv(0x96, PIECE.to_bytes(2, "big")) + b"\0\0"
                sealed = parse_tlv(self.ask(command))[0x86][1:]
                content += unpad(decrypt(self.session, sealed), 8, style="iso7816")
            else:
                content += self.ask(b"\x00\xb0" + where + b"\0")
        return content
