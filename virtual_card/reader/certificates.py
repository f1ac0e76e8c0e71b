"""Card certificates and the authorities that issued them, read leniently and verified strictly.

Genuine cards carry certificates that strict parsers refuse: NUL padding behind the end, BER or CER forms
where DER is due, `05 00` as parameters of an ECDSA algorithm (facts: chip §1.6). So `as_der` mends the form
and names each oddity, asn1crypto takes it apart, and `cryptography` gets nothing but numbers: a key
and a signature, about which nothing is forgiven.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from virtual_card.errors import CardUsageError

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
LARGEST_CA_FILE: Final = 1 << 20
P384_SIGNATURE: Final = 96  # bytes of r ‖ s
JAPAN: Final = timezone(timedelta(hours=9))
DEEPEST: Final = 30
CONSTRUCTED: Final = 0x20
INDEFINITE: Final = "BER: indefinite lengths"
LONG_LENGTHS: Final = "BER: lengths in more bytes than they need"
PEM_START: Final = b"-----BEGIN"

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Unreadable(ValueError):
    """The bytes are no certificate, not even leniently."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, and the bytes that were signed: in the form received, and in DER."""

    subject: str
    issuer: str
    issuer_der: bytes
    subject_der: bytes
    serial: int
    not_before: date
    not_after: date
    key: PublicKey
    signature: bytes
    signature_hash: str
    signed_forms: tuple[bytes, ...]
    fingerprint: str
    oddities: tuple[str, ...]

    @property
    def family(self) -> str:
        """The kind of key as card profiles name it: `rsa-2048`, `ecdsa-p384`, or what it is instead."""
        if isinstance(self.key, rsa.RSAPublicKey):
            return f"rsa-{self.key.key_size}"
        return "ecdsa-p384" if isinstance(self.key.curve, ec.SECP384R1) else f"ecdsa-{self.key.curve.name}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certification authority that the checker trusts; `test` when only test cards chain to it."""

    certificate: Certificate
    test: bool


def parse(data: bytes) -> Certificate:
    """Take one certificate apart, NUL padding and BER forms forgiven and named in `oddities`.

    Raises `Unreadable`, and nothing else, whatever the bytes are.
    """
    try:
        return _parse(data)
    except Unreadable:
        raise
    except Exception as error:  # asn1crypto raises many things at malformed input, lazily
        raise Unreadable(f"{type(error).__name__}: {str(error).splitlines()[0][:160]}") from error


def anchors_in(data: bytes, where: str, *, test: bool = False) -> tuple[Anchor, ...]:
    """The authorities in a file: DER, or PEM with one or more certificates.

    Raises `CardUsageError` with the place when the file holds no certificate or one that cannot be read.
    """
    if len(data) > LARGEST_CA_FILE:
        raise CardUsageError(
            "the file of authorities is too large",
            expected=f"at most {LARGEST_CA_FILE} bytes",
            received=f"{len(data)} bytes",
            where=where,
            remedy="give the file with the CA certificate itself, PEM or DER",
        )
    found = []
    try:
        for der in _unarmoured(data):
            found.append(Anchor(parse(der), test))
    except ValueError as error:
        raise CardUsageError(
            "this is no certificate of an authority",
            expected="an X.509 certificate, PEM or DER",
            received=str(error),
            where=where,
            remedy="unpack the archive first, and give the .cer or .pem file that lies in it",
        ) from error
    return tuple(found)


def signed_by(certificate: Certificate, authority: Certificate) -> bool:
    """Whether the authority's key made the certificate's signature, over any form of what was signed."""
    return any(
        holds(authority.key, certificate.signature, form, certificate.signature_hash)
        for form in certificate.signed_forms
    )


def holds(key: PublicKey, signature: bytes, message: bytes, hash_name: str = "sha256") -> bool:
    """Whether `signature` over `message` is good. RSA: PKCS #1 v1.5. ECDSA: raw r ‖ s, or DER.

    The specification calls the ECDSA signature ASN.1 while cards are said to hold r ‖ s, so both are
    taken (facts: chip §2).
    """
    if hash_name not in HASHES:
        return False
    algorithm = HASHES[hash_name]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
            return True
    except InvalidSignature:
        return False
    return any(_ecdsa_holds(key, form, message, algorithm) for form in _ecdsa_forms(signature))


def _ecdsa_forms(signature: bytes) -> Iterator[bytes]:
    if len(signature) == P384_SIGNATURE:
        half = P384_SIGNATURE // 2
        yield encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )
    yield signature


def _ecdsa_holds(
    key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes, algorithm: hashes.HashAlgorithm
) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def _unarmoured(data: bytes) -> list[bytes]:
    if PEM_START not in data:
        return [data]
    from asn1crypto import pem

    found = [der for name, _, der in pem.unarmor(data, multiple=True) if name == "CERTIFICATE"]
    if not found:
        raise Unreadable("PEM objects, but no CERTIFICATE among them")
    return found


def _parse(data: bytes) -> Certificate:
    from asn1crypto import x509

    if not data:
        raise Unreadable("no bytes at all")
    der, end, forms = as_der(data)
    rest = data[end:]
    if rest.strip(b"\0"):
        raise Unreadable(f"{len(rest)} bytes that are no padding follow the certificate")
    certificate = x509.Certificate.load(der, strict=True)
    signed = certificate["tbs_certificate"]
    algorithm = certificate["signature_algorithm"]
    oddities = [f"{len(rest)} NUL bytes follow the certificate"] if rest else []
    oddities += sorted(forms)
    if algorithm.signature_algo == "ecdsa" and algorithm.dump().endswith(b"\x05\x00"):
        oddities.append("NULL parameters in an ECDSA algorithm")
    validity = signed["validity"]
    return Certificate(
        subject=_name(signed["subject"]),
        issuer=_name(signed["issuer"]),
        subject_der=signed["subject"].dump(),
        issuer_der=signed["issuer"].dump(),
        serial=signed["serial_number"].native,
        not_before=_day(validity["not_before"].native),
        not_after=_day(validity["not_after"].native),
        key=_key(signed["subject_public_key_info"]),
        signature=bytes(certificate["signature_value"].native),
        signature_hash=algorithm.hash_algo,
        signed_forms=tuple(dict.fromkeys((signed.dump(), _signed_as_it_stands(data)))),
        fingerprint=sha256(der).hexdigest(),
        oddities=tuple(oddities),
    )


def as_der(data: bytes, depth: int = 0) -> tuple[bytes, int, frozenset[str]]:
    """The first object in `data` with all its lengths in DER form, where it ended, and which forms it had.

    asn1crypto loses its way in nested indefinite lengths, so it never sees one.

    Raises:
        Unreadable: lengths that do not fit, or objects nested beyond reason.
    """
    if depth > DEEPEST:
        raise Unreadable(f"objects nested more than {DEEPEST} deep")
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise Unreadable("an object is cut off, or has a tag that no certificate has")
    tag, first = data[0], data[1]
    forms: set[str] = set()
    start, length = 2, first
    if first > 0x80:
        start = 2 + (first & 0x7F)
        length = int.from_bytes(data[2:start], "big")
        if start > len(data) or length > len(data):
            raise Unreadable("a length is longer than what is there")
        if first - 0x80 != (length.bit_length() + 7) // 8 or length < 0x80:
            forms.add(LONG_LENGTHS)
    if first == 0x80:
        if not tag & CONSTRUCTED:
            raise Unreadable("an indefinite length on an object that holds no objects")
        forms.add(INDEFINITE)
        parts, end = _objects(data, start, None, depth, forms)
        return _with_length(tag, parts), end, frozenset(forms)
    end = start + length
    if end > len(data):
        raise Unreadable(f"an object of {length} bytes where {len(data) - start} are left")
    if not tag & CONSTRUCTED:
        return _with_length(tag, data[start:end]), end, frozenset(forms)
    parts, _ = _objects(data, start, end, depth, forms)
    return _with_length(tag, parts), end, frozenset(forms)


def _objects(data: bytes, start: int, end: int | None, depth: int, forms: set[str]) -> tuple[bytes, int]:
    """The objects from `start` to `end`, or to the end-of-contents octets when there is no `end`."""
    parts, at = b"", start
    while at != end:
        if end is None and data[at : at + 2] == b"\0\0":
            return parts, at + 2
        part, size, found = as_der(data[at:end], depth + 1)
        forms |= found
        parts += part
        at += size
    return parts, at


def _with_length(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def _signed_as_it_stands(data: bytes) -> bytes:
    """What is signed, in the bytes in which it came: an issuer may have signed those."""
    start = 2 + (data[1] & 0x7F if data[1] > 0x80 else 0)
    _, size, _ = as_der(data[start:])
    return data[start : start + size]


def _name(name: Any) -> str:
    return ",".join(
        f"{part['type'].human_friendly}={part['value'].native}" for rdn in name.chosen for part in rdn
    )


def _day(moment: datetime) -> date:
    """The day in Japan: validities end with a Japanese day, at 14:59:59 UTC."""
    return moment.astimezone(JAPAN).date()


def _key(info: Any) -> PublicKey:
    if info.algorithm == "rsa":
        numbers = info["public_key"].parsed
        return rsa.RSAPublicNumbers(numbers["public_exponent"].native, numbers["modulus"].native).public_key()
    if info.algorithm == "ec":
        curves: dict[str, ec.EllipticCurve] = {"secp384r1": ec.SECP384R1(), "secp256r1": ec.SECP256R1()}
        _, curve = info.curve
        if curve in curves:
            return ec.EllipticCurvePublicKey.from_encoded_point(
                curves[curve], bytes(info["public_key"].native)
            )
    raise Unreadable(f"a key of a kind no card uses: {info.algorithm}")
