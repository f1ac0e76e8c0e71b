"""Oddities of certificates on genuine cards, put on a test certificate (one source: a reader's notes).

A strict X.509 parser refuses these, a reader of cards must not. Every quirk leaves the certificate true: the
authority's signature still fits what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from virtual_card.errors import CardUsageError
from virtual_card.personalise.pki import SigningKey


class Quirk(StrEnum):
    """What is odd."""

    NUL_PADDED = "nul_padded"
    """NULs behind the certificate, inside its field."""
    BER_INDEFINITE = "ber_indefinite"
    """Indefinite length for the outer object; what is signed stays DER."""
    BER_LONG_LENGTHS = "ber_long_lengths"
    """Lengths of the outer objects in more bytes than they need."""
    CER = "cer"
    """Indefinite lengths for everything constructed; signed in its DER form."""
    NULL_PARAMETERS = "null_parameters"
    """`05 00` behind ecdsa-with-SHA256, which has no parameters (RFC 5758 §3.2)."""


_ECDSA_SHA256: Final = bytes.fromhex("06082A8648CE3D040302")
_NULL: Final = b"\x05\x00"


def with_quirk(certificate: bytes, quirk: Quirk, issuer_key: SigningKey, *, size: int) -> bytes:
    """The certificate (DER) with that oddity. `size`: bytes of the field that must hold it.

    Raises:
        CardUsageError: when the oddity is none for this certificate, or makes it too long for its field.
    """
    odd = _odd(certificate, quirk, issuer_key, size)
    if len(odd) > size:
        raise CardUsageError(
            "The certificate no longer fits its field.",
            expected=f"at most {size} bytes",
            received=f"{len(odd)} bytes with the quirk {quirk}",
            remedy="choose another quirk",
        )
    return odd


def _odd(certificate: bytes, quirk: Quirk, issuer_key: SigningKey, size: int) -> bytes:
    match quirk:
        case Quirk.NUL_PADDED:
            return certificate.ljust(size, b"\0")
        case Quirk.BER_INDEFINITE:
            return b"\x30\x80" + _content(certificate) + b"\0\0"
        case Quirk.BER_LONG_LENGTHS:
            content = _content(certificate)
            return b"\x30\x84" + len(content).to_bytes(4, "big") + content
        case Quirk.CER:
            return _indefinite(certificate)
        case Quirk.NULL_PARAMETERS:
            return _null_parameters(certificate, issuer_key)


def _null_parameters(certificate: bytes, issuer_key: SigningKey) -> bytes:
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise CardUsageError(
            "NULL parameters are no oddity here: RSA algorithms carry them by rule.",
            expected="a certificate signed with ECDSA",
            remedy="choose this quirk for types 05 to 08",
        )
    algorithm = _object(0x30, _ECDSA_SHA256 + _NULL)
    signed, _, _ = _objects(_content(certificate))
    plain = _object(0x30, _ECDSA_SHA256)
    parts = (algorithm if part == plain else part for part in _objects(_content(signed)))
    changed = _object(0x30, b"".join(parts))
    signature = issuer_key.sign(changed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return _object(0x30, changed + algorithm + _object(0x03, b"\0" + signature))


def _indefinite(encoded: bytes) -> bytes:
    tag = encoded[0]
    if not tag & 0x20:
        return encoded
    return bytes([tag, 0x80]) + b"".join(map(_indefinite, _objects(_content(encoded)))) + b"\0\0"


def _object(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _header(encoded: bytes) -> tuple[int, int]:
    """Bytes of the header and of the content of a DER object with a one-byte tag."""
    first = encoded[1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    return 2 + count, int.from_bytes(encoded[2 : 2 + count], "big")


def _content(encoded: bytes) -> bytes:
    header, length = _header(encoded)
    return encoded[header : header + length]


def _objects(content: bytes) -> Iterator[bytes]:
    while content:
        header, length = _header(content)
        yield content[: header + length]
        content = content[header + length :]
