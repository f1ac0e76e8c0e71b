"""The test PKI: certification authorities per generation of cards, their roll-over, and what they issue.

Shaped like the agency's published one: self-signed authorities, RSA-2048 for the first generation with
a new key every three years under one name, EC P-384 for the second generation and the specified cards. An
authority outlives its cards: three years of issuing, the longest validity of a card, three months more.

All names say TEST. All keys can be derived by anybody, and so can the certificates: they are the same bytes
everywhere. A reader pins them as the test CA; it takes them from `virtual_card.authorities`, without keys.

Assumed, as no source tells: who the subject of a card's certificate is. Here one signer per authority stands
behind all its cards, with a certificate of its own serial number for each card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.layouts import Generation
from virtual_card.people import months_after
from virtual_card.personalise.keys import ec_key, rsa_key

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

RSA: Final = "rsa-2048"
EC: Final = "ecdsa-p384"


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of a test CA.

    `issues_from`/`issues_until`: the days on which cards are signed under it, both included. `not_before` and
    `not_after` bound its certificate. `trusted`: a reader of test cards pins it; False for an impostor's.
    """

    id: str
    kind: str
    common_name: str
    not_before: date
    not_after: date
    issues_from: date
    issues_until: date
    trusted: bool = True

    @property
    def key(self) -> SigningKey:
        """Its TEST key."""
        return _key(self.kind, f"authority {self.id}")

    @property
    def signer(self) -> SigningKey:
        """The TEST key that signs cards under it."""
        return _key(self.kind, f"signer {self.id}")

    @property
    def name(self) -> x509.Name:
        """Subject of its certificate and issuer of the cards'."""
        return _name(self.common_name)

    @property
    def certificate(self) -> bytes:
        """Its self-signed certificate, DER."""
        return _self_signed(self)


def _first(year: int) -> Authority:
    # The days are those published for the authority of 2024 (2024-05-08 to 2034-08-08); [G] for the others.
    start = date(year, 5, 8)
    last = date(2026, 6, 13) if year == 2024 else date(year + 3, 5, 7)
    return Authority(f"first-{year}", RSA, "TEST ZairyuCard CA", start, months_after(start, 123), start, last)


# 2026-04-20 to 2039-07-20 is the published validity of the genuine CA2; that it rolls over after three years,
# as the first generation did, is [G].
AUTHORITIES: Final = (
    *(_first(year) for year in (2015, 2018, 2021, 2024)),
    Authority(
        "second-2026",
        EC,
        "TEST ZairyuCard CA2",
        date(2026, 4, 20),
        date(2039, 7, 20),
        date(2026, 6, 14),
        date(2029, 4, 19),
    ),
    Authority(
        "second-2029",
        EC,
        "TEST ZairyuCard CA2",
        date(2029, 4, 20),
        date(2042, 7, 20),
        date(2029, 4, 20),
        date(2032, 4, 19),
    ),
)

KIND_OF: Final = {
    Generation.FIRST: RSA,
    Generation.SECOND: EC,
    Generation.SPECIFIED: EC,
}


def authority_for(generation: Generation, issued: date) -> Authority:
    """The authority under which a card of that generation is signed on that day.

    Raises:
        CardUsageError: when cards of the generation are not signed, or none of its authorities issued then.
    """
    kind = KIND_OF.get(generation)
    mine = [one for one in AUTHORITIES if one.kind == kind]
    for one in mine:
        if one.issues_from <= issued <= one.issues_until:
            return one
    spans = ", ".join(f"{one.issues_from} to {one.issues_until}" for one in mine)
    raise CardUsageError(
        "No test authority signs such a card on that day.",
        expected=f"a date of issue within {spans}" if mine else "a generation whose cards are signed",
        received=f"{generation} card issued on {issued.isoformat()}",
        remedy="choose a date of issue within the test PKI" if mine else "choose another type of card",
    )


def impostor(kind: str, issued: date, *, common_name: str = "TEST Impostor CA") -> Authority:
    """An authority that nobody trusts; with the `common_name` of a trusted one it is harder to tell."""
    return Authority(
        f"impostor-{kind}",
        kind,
        common_name,
        issued - timedelta(days=365),
        issued + timedelta(days=3650),
        issued,
        issued,
        trusted=False,
    )


def card_certificate(
    issuer: Authority,
    *,
    number: str,
    issued: date,
    card_expiry: date,
    signer: SigningKey | None = None,
    outlives: bool = False,
) -> bytes:
    """The certificate of one card, DER: valid from the day of issue to a month after the card, but no longer
    than its authority.

    `outlives`: longer than its authority after all, as whoever misuses an old authority's key would write.
    `signer`: another key than the authority's usual one. A key of another kind makes a certificate without
    extensions and with a short subject, so that it still fits its field.
    """
    key = signer or issuer.signer
    brief = type(key) is not type(issuer.key)
    last = card_expiry + timedelta(days=31)
    if not outlives:
        last = max(min(last, issuer.not_after), issued)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(brief=brief))
        .issuer_name(issuer.name)
        .public_key(key.public_key())
        .serial_number(_serial(issuer.id, number))
        .not_valid_before(_moment(issued))
        .not_valid_after(_moment(last, end=True))
    )
    if not brief:
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    return _signed(builder, issuer.key)


def _serial(*path: str) -> int:
    # 8 bytes, the highest bit clear and the next one set: always as long, and never negative.
    return Draws("serial", *path).below(2**62) | 2**62


def _key(kind: str, name: str) -> SigningKey:
    return rsa_key(name) if kind == RSA else ec_key(name)


def _name(common_name: str) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "renkei TEST"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Not a genuine card"),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _subject(*, brief: bool) -> x509.Name:
    # The field of the second generation takes 602 bytes, and an oddity of the encoding may need some of them.
    parts = ((NameOID.ORGANIZATION_NAME, "renkei TEST"), (NameOID.COMMON_NAME, "TEST card signer"))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts[brief:]])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def _self_signed(one: Authority) -> bytes:
    public = one.key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(one.name)
        .issuer_name(one.name)
        .public_key(public)
        .serial_number(_serial(one.id))
        .not_valid_before(_moment(one.not_before))
        .not_valid_after(_moment(one.not_after, end=True))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return _signed(builder, one.key)


def _signed(builder: x509.CertificateBuilder, key: SigningKey) -> bytes:
    # RFC 6979 for EC; PKCS #1 v1.5 draws nothing anyway: the same certificate every time.
    deterministic = True if isinstance(key, ec.EllipticCurvePrivateKey) else None
    made = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic)
    return made.public_bytes(serialization.Encoding.DER)


def _moment(day: date, *, end: bool = False) -> datetime:
    return datetime.combine(day, time(14, 59, 59) if end else time(), UTC)
