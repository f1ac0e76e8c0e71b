"""An independent reader of residence cards over PC/SC: types 1 and 2 (first generation), 05 and 06 (second).

Written from a summary of the specifications alone; no code is shared with renkei. `independent_reader.py
READER NUMBER [--authorities PEM]` prints one JSON object: generation, type, fields (tag to text; images,
signature, certificate as {bytes, sha256}, padding included), signature: `valid` (it fits the card's
certificate; with --authorities, one of them signed that; dates are not checked), `invalid`, `absent`. Exit
code 0: valid. 1: not valid. 2: wrong use, or not read.

A reading: version and type are free; GET CHALLENGE and MUTUAL AUTHENTICATE with keys made from the number;
VERIFY of the number under the session key; SELECT of each DF and READ BINARY of its files by short file id.
DF1 comes enciphered (DO 86 only, IV zero, no MAC), DF2 and DF3 in clear.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from Crypto.Cipher import AES, DES, DES3
from Crypto.Hash import CMAC
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from smartcard.Exceptions import SmartcardException
from smartcard.pcsc.PCSCExceptions import BaseSCardException
from smartcard.scard import SCARD_SHARE_EXCLUSIVE
from smartcard.System import readers

AIDS = {f"DF{n}": bytes.fromhex(f"D392F0004F0{n + 1}") + bytes(10) for n in (1, 2, 3)}
# By card type, for each DF: the P1 of READ BINARY (80 | short file id). The names EFnn are not the short ids.
FILES = {
    "1": {"DF1": (0x85, 0x86), "DF2": (0x81, 0x82, 0x83, 0x84), "DF3": (0x82,)},
    "2": {"DF1": (0x85, 0x86), "DF2": (0x81,), "DF3": (0x82,)},
    "05": {"DF1": (0x81, 0x83, 0x84, 0x86), "DF2": (0x81, 0x82, 0x83), "DF3": (0x82,)},
    "06": {"DF1": (0x81, 0x83, 0x84, 0x86), "DF2": (0x83,), "DF3": (0x82,)},
}
BINARY = {1: {"D0", "D1", "DA", "DB"}, 2: {"D0", "D1", "DFD1", "DC", "DD"}}  # all others are text in UTF-8
SIGNED_TEXT = {"C5", "C6", "C7", "C8", "C9", "CA", "CB", "CC", "CD", "CE"}  # DF1/EF02 of types 05 and 06
# How an authority signs, by the last byte of the algorithm's object identifier: RSA (0B …) and ECDSA (02 …).
HASHES = dict(zip(b"\x0b\x0c\x0d\x02\x03\x04", [SHA256(), SHA384(), SHA512()] * 2, strict=True))
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class ReadError(Exception):
    """The card could not be read; the text says why."""


class Suite(NamedTuple):
    """A generation's ciphers: two-key TDES and retail MAC, or AES-128 and CMAC; CBC with IV zero in both."""

    generation: int  # as it happens, a block is eight times as many bytes

    def cbc(self, key: bytes) -> Any:
        return (DES3 if self.generation == 1 else AES).new(key, DES3.MODE_CBC, bytes(8 * self.generation))

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Eight bytes: ISO/IEC 9797-1 algorithm 3 with padding method 2, or the first half of AES-CMAC."""
        if self.generation == 2:
            return CMAC.new(key, data, ciphermod=AES).digest()[:8]
        padded = data + b"\x80" + bytes(-(len(data) + 1) % 8)
        last = DES.new(key[:8], DES.MODE_CBC, bytes(8)).encrypt(padded)[-8:]
        return DES.new(key[:8], DES.MODE_ECB).encrypt(DES.new(key[8:], DES.MODE_ECB).decrypt(last))

    def decipher(self, key: bytes, data: bytes) -> bytes:
        """The plain text without its padding (80, then 00 to a whole block)."""
        plain, mark, zeros = bytes(self.cbc(key).decrypt(data)).rpartition(b"\x80")
        if not mark or zeros.strip(b"\0") or len(zeros) >= 8 * self.generation:
            raise ReadError("the padding of enciphered data is wrong")
        return plain


def parse_tlv(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The data objects of a file; a tag of 00 begins the padding, which is passed over."""
    at = 0
    while at < len(data) and data[at]:
        start, at = at, at + (2 if data[at] & 0x1F == 0x1F else 1)
        tag, size, at = data[start:at].hex().upper(), data[at : at + 1], at + 1
        if size >= b"\x80":  # the length stands in the next bytes
            size, at = data[at : at + (size[0] & 0x7F)], at + (size[0] & 0x7F)
        end = at + int.from_bytes(size, "big")
        if not size or end > len(data):
            raise ReadError(f"data object {tag} does not fit its file")
        yield tag, data[at:end]
        at = end


class Node(NamedTuple):
    """An element of a certificate. Genuine ones depart from DER, and strict X.509 parsers refuse them."""

    tag: int
    raw: bytes  # all of it, as it stands
    content: bytes
    children: "tuple[Node, ...]"

    def der(self) -> bytes:
        body = b"".join(child.der() for child in self.children) if self.tag & 0x20 else self.content
        size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
        return bytes([self.tag, *([] if len(body) < 0x80 else [0x80 | len(size)]), *size]) + body


def parse_ber(data: bytes, at: int = 0) -> tuple[Node, int]:
    """The element at `at`, and where the next begins. Lengths may be indefinite. IndexError: cut off."""
    tag, size, begin = data[at], data[at + 1], at + 2
    indefinite = size == 0x80
    if size > 0x80:
        begin += size & 0x7F
        size = int.from_bytes(data[at + 2 : begin], "big")
    end = len(data) if indefinite else begin + size
    if end > len(data):
        raise IndexError("the certificate ends early")
    children, here = [], begin
    while tag & 0x20 and (data[here : here + 2] != b"\0\0" if indefinite else here < end):
        child, here = parse_ber(data, here)
        children.append(child)
    end, after = (here, here + 2) if indefinite else (end, end)
    return Node(tag, data[at:after], data[begin:end], tuple(children)), after


def public_key(certificate: Node) -> PublicKey:
    body = [node for node in certificate.children[0].children if node.tag != 0xA0]  # without the version
    bits = body[5].children[1].content[1:]  # after serial, algorithm, issuer, validity and subject
    if bits[:1] == b"\x04":
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), bits)
    modulus, exponent = (int.from_bytes(node.content, "big") for node in parse_ber(bits)[0].children)
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def holds(key: PublicKey, signature: bytes, message: bytes, algorithm: HashAlgorithm) -> bool:
    """Whether the signature fits; an ECDSA one may be ASN.1, or the two numbers side by side."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
        elif len(signature) == 96:
            r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
            key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(algorithm))
        else:
            key.verify(signature, message, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def check_signature(generation: int, values: dict[str, bytes], authorities: list[PublicKey] | None) -> str:
    """`valid`, `invalid` or `absent`. The place of residence and all of DF2 are outside the signature."""
    signature, certificate = (values.get(tag, b"") for tag in {1: ("DA", "DB"), 2: ("DC", "DD")}[generation])
    if not signature.strip(b"\0"):
        return "absent"
    front, photo = values.get("D0", b""), values.get("D1", b"").ljust(3000, b"\0")
    text = b"".join(value for tag, value in values.items() if tag in SIGNED_TEXT).ljust(53, b"\0")
    message = front.ljust(7000, b"\0") + photo if generation == 1 else text + photo + front.ljust(2500, b"\0")
    try:
        parsed, _ = parse_ber(certificate)  # after it stands padding
        body, algorithm, bits = parsed.children
        hashing = HASHES[algorithm.children[0].content[-1]]
        forms = (body.raw, body.der())  # signed as DER, in whatever form it came onto the card
        valid = holds(public_key(parsed), signature, message, SHA256())
        if authorities is not None:
            valid &= any(holds(key, bits.content[1:], form, hashing) for key in authorities for form in forms)
    except (IndexError, KeyError, ValueError):
        return "invalid"
    return "valid" if valid else "invalid"


def transmit(card: Any, what: str, command: bytes) -> bytes:
    """The data of the answer; anything but 9000 is an error."""
    data, sw1, sw2 = card.transmit(list(command))
    if (sw1, sw2) != (0x90, 0x00):
        raise ReadError(f"{what}: the card answered {sw1:02X}{sw2:02X}")
    return bytes(data)


def authenticate(card: Any, suite: Suite, number: bytes) -> bytes:
    """The session key."""
    key = hashlib.sha1(number).digest()[:16]
    ours, part = os.urandom(8), os.urandom(16)
    theirs = transmit(card, "GET CHALLENGE", bytes.fromhex("0084000008"))
    token = suite.cbc(key).encrypt(ours + theirs + part)
    command = bytes.fromhex("0082000028") + token + suite.mac(key, token) + b"\0"
    answer = transmit(card, "MUTUAL AUTHENTICATE (6300: another number?)", command)
    plain = suite.cbc(key).decrypt(answer[:32])
    if answer[32:] != suite.mac(key, answer[:32]) or plain[:16] != theirs + ours:
        raise ReadError("MUTUAL AUTHENTICATE: the card's answer fits neither number nor challenge")
    mixed = bytes(a ^ b for a, b in zip(part, plain[16:], strict=True))
    session = hashlib.sha1(mixed + bytes.fromhex("00000001")).digest()[:16]
    enciphered = suite.cbc(session).encrypt(number + bytes.fromhex("80000000"))
    transmit(card, "VERIFY", bytes.fromhex("0820008613861101") + enciphered)
    return session


def read_card(card: Any, number: str, authorities: list[PublicKey] | None) -> dict[str, object]:
    """Read everything and check the signature."""
    values = dict(parse_tlv(transmit(card, "READ BINARY MF 8B", bytes.fromhex("00B08B00000000"))))
    values.update(parse_tlv(transmit(card, "READ BINARY MF 8A", bytes.fromhex("00B08A00000000"))))
    card_type = values.get("C1", b"").decode("ascii", "replace")
    if card_type not in FILES:
        raise ReadError(f"this reader knows the types {', '.join(FILES)}, not {card_type!r}")
    suite = Suite(generation=len(card_type))
    session = authenticate(card, suite, number.encode())
    for folder, files in FILES[card_type].items():
        transmit(card, f"SELECT {folder}", bytes.fromhex("00A4040C10") + AIDS[folder])
        for p1 in files:
            template = "08B0{:02X}00000004960200000000" if folder == "DF1" else "00B0{:02X}00000000"
            data = transmit(card, f"READ BINARY {folder} {p1:02X}", bytes.fromhex(template.format(p1)))
            if folder == "DF1":  # DO 86: 01, the padding indicator, and the ciphertext
                data = suite.decipher(session, dict(parse_tlv(data)).get("86", b"")[1:])
            values.update(parse_tlv(data))
    fields = {tag: show(value, tag in BINARY[suite.generation]) for tag, value in values.items()}
    signature = check_signature(suite.generation, values, authorities)
    return {"generation": suite.generation, "type": card_type, "fields": fields, "signature": signature}


def show(value: bytes, binary: bool) -> str | dict[str, object]:
    if binary:
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")


def main() -> int:
    parser = argparse.ArgumentParser(description="Read a residence card of type 1, 2, 05 or 06.")
    parser.add_argument("reader", help="the PC/SC reader's name")
    parser.add_argument("number", help="the number printed on the card")
    parser.add_argument("--authorities", type=Path, metavar="PEM", help="certificates of trusted authorities")
    wanted = parser.parse_args()
    try:
        pem = wanted.authorities.read_text() if wanted.authorities else ""
        blocks = re.findall("-BEGIN CERTIFICATE-+(.+?)-+END", pem, re.DOTALL)
        trusted = [public_key(parse_ber(base64.b64decode(block))[0]) for block in blocks]
        found = {str(reader): reader for reader in readers()}
        if wanted.reader not in found or not re.fullmatch("[A-Z]{2}[0-9]{8}[A-Z]{2}", wanted.number):
            raise ReadError(f"wanted: a number such as AA12345678BB, and one of the readers {sorted(found)}")
        card = found[wanted.reader].createConnection()
        card.connect(mode=SCARD_SHARE_EXCLUSIVE)  # another program's SELECT would spoil the reading
        reading = read_card(card, wanted.number, trusted if wanted.authorities else None)
        card.disconnect()
    except (ReadError, SmartcardException, BaseSCardException, OSError, IndexError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(reading, ensure_ascii=False, indent=2, sort_keys=True))
    return 0 if reading["signature"] == "valid" else 1


if __name__ == "__main__":
    sys.exit(main())
