"""A test PKI shaped like LGPKI: one root, and end certificates for ministry server and exchange terminals.

    renkei test root                       O = renkei test PKI, not issued by any authority
    ├── agency, 131041, …    ENVELOPE      signs batches and receives the content key
    │                        SIGNING, ENCRYPTION   the same two with a key each, for whoever keeps them apart
    ├── agency               TLS_SERVER    the server's end of a link
    └── 131041, …            TLS_CLIENT    a terminal's end of a link

Keys are random and never reach an output. Everything else in a certificate is fixed by its name, its
serial and its validity, and every field whose value varies has a constant length in DER. So the size
of what `envelope.seal` makes is a pure function of the content's length and the sender's name, and a
simulation may time a transfer by it. (A validity that crosses into 2050 is two bytes longer: X.509
changes the form of the year there.)

What the authority takes back stands in one list (CRL), which whoever opens an envelope must hold:
`sim.exchange.revocations`.

Nothing here reads a clock: validity is the caller's. `save`, `load` and `load_certificate` are the
only input and output.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sim.base.errors import UsageError
from sim.exchange.revocations import Reason, Revocations, read_revocations, revocation_list
from sim.exchange.validity import check_order, first_moment, last_moment

__all__ = [
    "AUTHORITY_NAME",
    "ORGANISATION",
    "Authority",
    "Identity",
    "LinkIdentity",
    "Reason",
    "Revocations",
    "Usage",
    "common_name",
    "first_moment",
    "issue",
    "issue_link",
    "last_moment",
    "load",
    "load_certificate",
    "load_link",
    "make_authority",
    "new_key",
    "read_revocations",
    "revocation_list",
    "save",
    "serial_of",
    "usage_of",
    "valid_on",
]

ORGANISATION: Final = "renkei test PKI, not issued by any authority"
AUTHORITY_NAME: Final = "authority"
_ROOT_COMMON_NAME: Final = "renkei test root"

# Serial numbers lie in 2**62 .. 2**63 - 1, so that each takes eight bytes in DER.
_SERIALS: Final = 1 << 62
# A name is also a file name, so it can hold neither a separator nor a leading dot.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Usage(StrEnum):
    """What an end certificate is for."""

    ENVELOPE = "envelope"
    SIGNING = "signing"
    ENCRYPTION = "encryption"
    TLS_SERVER = "tls-server"
    TLS_CLIENT = "tls-client"


_EXTENDED: Final = {
    Usage.TLS_SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Usage.TLS_CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A name, its certificate and its private key. Two are equal when name and certificate are."""

    name: str
    certificate: x509.Certificate
    key: RSAPrivateKey = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class LinkIdentity:
    """One end of a link: as an `Identity`, with a key on the curve P-256, which nothing can be sealed for."""

    name: str
    certificate: x509.Certificate
    key: EllipticCurvePrivateKey = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Authority(Identity):
    """The root: the one identity that issues others. Its certificate is the trust anchor."""


def serial_of(name: str, usage: Usage) -> int:
    """A serial fixed by name and usage, for the first certificate of that name and usage."""
    digest = hashlib.sha256(f"{usage}/{name}".encode()).digest()
    return int.from_bytes(digest[:8]) % (_SERIALS - 1) + 1


def make_authority(not_before: datetime | date, not_after: datetime | date) -> Authority:
    """A new root with a fresh key.

    A date means that whole day in Japan; a datetime must be aware.

    Raises:
        UsageError: a datetime without a zone, or a validity that ends before it begins.
    """
    key = new_key()
    subject = _subject(_ROOT_COMMON_NAME)
    builder = (
        _builder(subject, subject, key, key, 0, first_moment(not_before), last_moment(not_after))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    return Authority(AUTHORITY_NAME, builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Authority,
    name: str,
    serial: int,
    usage: Usage,
    *,
    not_before: datetime | date | None = None,
    not_after: datetime | date | None = None,
    key: RSAPrivateKey | None = None,
) -> Identity:
    """A new identity with a fresh key, certified by `authority` for one usage.

    Args:
        name: a municipality code or `agency`; becomes the common name and the file name.
        serial: 1 .. 2**62 - 1, the caller's or `serial_of`'s; no two certificates of an authority may
            share one. The certificate's number is 2**62 + serial.
        not_before: begin of validity; the authority's own when left out.
        not_after: end of validity; the authority's own when left out.
        key: one that was made before (`new_key`), for this identity and no other.

    Raises:
        UsageError: a name that cannot be a file name, a serial out of range, a datetime without a zone,
            or a validity that ends before it begins.
    """
    key = key or new_key()
    builder = _end_builder(authority, name, serial, usage, key, not_before, not_after).add_extension(
        _key_usage(
            digital_signature=usage is not Usage.ENCRYPTION,
            key_encipherment=usage is not Usage.SIGNING,
        ),
        critical=True,
    )
    if usage is Usage.TLS_SERVER:
        builder = builder.add_extension(_reached_as(()), critical=False)
    return Identity(name, builder.sign(authority.key, hashes.SHA256()), key)


def issue_link(
    authority: Authority,
    name: str,
    serial: int,
    usage: Usage,
    *,
    not_before: datetime | date | None = None,
    not_after: datetime | date | None = None,
    hosts: Iterable[str] = (),
) -> LinkIdentity:
    """One end of a link with a fresh key on P-256, with which connecting costs a tenth of what RSA does.

    `hosts`: names and addresses by which a server is reached besides this machine's own. The other arguments
    and what is raised: as `issue`.

    Raises:
        UsageError: also when the usage is neither end of a link.
    """
    if usage not in _EXTENDED:
        raise UsageError(
            f"a key for links does not serve as {usage}",
            expected=" or ".join(_EXTENDED),
            remedy="use `issue`: envelopes need RSA keys",
        )
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _end_builder(authority, name, serial, usage, key, not_before, not_after).add_extension(
        _key_usage(digital_signature=True), critical=True
    )
    if usage is Usage.TLS_SERVER:
        builder = builder.add_extension(_reached_as(hosts), critical=False)
    return LinkIdentity(name, builder.sign(authority.key, hashes.SHA256()), key)


def _end_builder(
    authority: Authority,
    name: str,
    serial: int,
    usage: Usage,
    key: RSAPrivateKey | EllipticCurvePrivateKey,
    not_before: datetime | date | None,
    not_after: datetime | date | None,
) -> x509.CertificateBuilder:
    """All of an end certificate but its key usage and its names."""
    _check_name(name)
    if not 1 <= serial < _SERIALS:
        raise UsageError(
            f"serial {serial} of {name!r} is out of range",
            expected="1 .. 2**62 - 1",
            remedy="number the certificates from 1, or use serial_of(name, usage)",
        )
    root = authority.certificate
    begin = root.not_valid_before_utc if not_before is None else first_moment(not_before)
    end = root.not_valid_after_utc if not_after is None else last_moment(not_after)
    builder = _builder(_subject(name), root.subject, key, authority.key, serial, begin, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if usage in _EXTENDED:
        builder = builder.add_extension(x509.ExtendedKeyUsage([_EXTENDED[usage]]), critical=False)
    return builder


def _reached_as(hosts: Iterable[str]) -> x509.SubjectAlternativeName:
    """The names under which a server is reached, its own machine's always."""
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(("localhost", "127.0.0.1", *hosts)):
        try:
            names.append(x509.IPAddress(IPv4Address(host)))
        except AddressValueError:
            names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def common_name(certificate: x509.Certificate) -> str | None:
    """The one common name of the subject, or None when it has none or several."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else None


def valid_on(certificate: x509.Certificate, on: datetime | date) -> bool:
    """Is `on` within the validity? A date counts when any moment of that day in Japan does.

    Raises:
        UsageError: a datetime without a zone.
    """
    return certificate.not_valid_before_utc <= last_moment(on) and (
        first_moment(on) <= certificate.not_valid_after_utc
    )


def usage_of(certificate: x509.Certificate) -> Usage | None:
    """What an end certificate is for; None when it fits none of ours (an authority's, or a stranger's)."""
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None
    try:
        purposes = list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = []
    if purposes:
        return next((known for known, purpose in _EXTENDED.items() if purposes == [purpose]), None)
    for known, signs, receives in (
        (Usage.ENVELOPE, True, True),
        (Usage.SIGNING, True, False),
        (Usage.ENCRYPTION, False, True),
    ):
        if (usage.digital_signature, usage.key_encipherment) == (signs, receives):
            return known
    return None


def save(folder: Path, identity: Identity | LinkIdentity) -> None:
    """Write `<name>.cert.pem` and `<name>.key.pem` (readable by the owner only) into `folder`.

    A key that is already there is never overwritten: what was sealed for it could not be opened again.

    Raises:
        UsageError: the name cannot be a file name, or the folder holds a key of that name.
    """
    certificate_path, key_path = _paths(folder, identity.name)
    folder.mkdir(parents=True, exist_ok=True)
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            f"there is a key of {identity.name!r} already",
            where=str(key_path),
            remedy="load it, or save into another folder (one folder for each usage)",
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    certificate_path.write_bytes(identity.certificate.public_bytes(Encoding.PEM))


def load(folder: Path, name: str) -> Identity:
    """The identity that `save` wrote.

    Raises:
        UsageError: a file is missing or unreadable, or key and certificate do not belong together.
    """
    found = _load(folder, name, only_rsa=True)
    assert isinstance(found, Identity)
    return found


def load_link(folder: Path, name: str) -> Identity | LinkIdentity:
    """One end of a link that `save` wrote, of either kind of key. What is raised: as `load`."""
    return _load(folder, name, only_rsa=False)


def _load(folder: Path, name: str, *, only_rsa: bool) -> Identity | LinkIdentity:
    certificate = load_certificate(folder, name)
    _, key_path = _paths(folder, name)
    expected = f"an RSA {'' if only_rsa else 'or elliptic '}private key in PEM without a password"
    try:
        key = load_pem_private_key(_read(key_path), password=None)
    except (ValueError, TypeError) as error:
        raise _not_pem(key_path, expected) from error
    elliptic = isinstance(key, EllipticCurvePrivateKey)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey) or (elliptic and only_rsa):
        raise _not_pem(key_path, expected)
    if key.public_key() != certificate.public_key():
        raise UsageError(f"key and certificate of {name!r} do not belong together", where=str(key_path))
    if isinstance(key, RSAPrivateKey):
        return Identity(name, certificate, key)
    return LinkIdentity(name, certificate, key)


def load_certificate(folder: Path, name: str) -> x509.Certificate:
    """The certificate alone, as one has it of a peer and of the authority.

    Raises:
        UsageError: the file is missing or unreadable, or the certificate bears another name.
    """
    path, _ = _paths(folder, name)
    try:
        certificate = x509.load_pem_x509_certificate(_read(path))
    except ValueError as error:
        raise _not_pem(path, "a certificate in PEM") from error
    expected = _ROOT_COMMON_NAME if name == AUTHORITY_NAME else name
    if (received := common_name(certificate)) != expected:
        raise UsageError(
            f"the certificate of {name!r} bears another name",
            expected=f"CN={expected}",
            received=f"CN={received}",
            where=str(path),
        )
    return certificate


def new_key() -> RSAPrivateKey:
    """A fresh RSA key as every envelope needs; it takes some 60 ms of a core."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _subject(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: RSAPrivateKey | EllipticCurvePrivateKey,
    issuer_key: RSAPrivateKey,
    serial: int,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    check_order(begin, end)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(_SERIALS + serial)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(own, critical=False)
        .add_extension(by, critical=False)
    )


def _key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=key_encipherment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} cannot name an identity",
            expected="1 to 64 of A-Z a-z 0-9 _ -, beginning with a letter or a digit",
            remedy="use the municipality code, or `agency`",
        )


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    _check_name(name)
    return folder / f"{name}.cert.pem", folder / f"{name}.key.pem"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {path.name}: {error.strerror}",
            where=str(path),
            remedy="save the identity there first",
        ) from error


def _not_pem(path: Path, expected: str) -> UsageError:
    return UsageError(f"{path.name} cannot be read", expected=expected, where=str(path))
