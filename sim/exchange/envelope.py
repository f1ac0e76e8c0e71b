"""Sealing and opening a batch: CMS SignedData inside CMS EnvelopedData, DER (renkei-open/1, "Envelope").

    EnvelopedData                   fresh AES-256-CBC content key, carried under the recipient's RSA key
    └── id-data: ContentInfo DER
        └── SignedData              SHA-256, RSA PKCS #1 v1.5, the signer's certificate, the content attached

Choices, and why:

- *Key transport is RSA PKCS #1 v1.5.* It is what `openssl cms -encrypt` uses unless told otherwise and the
  only one that the builders of `cryptography` know; OAEP would cut off both.
- *We sign without signed attributes.* With them comes the signing time, hence a wall clock in the output.
  The signature then covers the content itself. What others sign with attributes is accepted: the digest
  in them must be the content's, and the signature covers their DER SET.
- *The inside is labelled id-data*, as `openssl cms -encrypt` labels it, not id-signedData.
- *CBC is not authenticated*, so nothing that was decrypted is believed until the signature holds.
- *A content that reads as a SET of signed attributes is never signed, nor accepted, bare:* its signature
  would also fit a message that has this SET as its attributes, and another content.

- *One recipient.* An envelope that others can open as well is refused, unless the caller allows it.
- *Streamed encodings* (BER of indefinite length: `openssl cms -stream`) are read; we write DER.

The order of the checks is the order of `EnvelopeCode`. The codes say where a check stopped, for reports
and for the tester. Which of DAMAGED, NOT_SIGNED, UNKNOWN_SIGNER and BAD_SIGNATURE an altered envelope gives
depends on keys that are random, and would tell a stranger about the padding: a node that answers a peer,
or a journal that must repeat, says only that the envelope was not opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
    pkcs7_decrypt_der,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from sim.base.errors import UsageError
from sim.exchange.pki import Identity, Revocations, Usage, common_name, usage_of, valid_on

_SHA256: Final = hashes.SHA256()
_PADDING: Final = PKCS1v15()
# A signer may name the key's algorithm alone (as cryptography and openssl do) or the pair.
_SIGNATURES: Final = ("rsassa_pkcs1v15", "sha256_rsa")
_SET_TAG: Final = b"\x31"
_INDEFINITE: Final = b"\x80"


class EnvelopeCode(StrEnum):
    """Why an envelope was not opened, in the order in which the checks are made."""

    NOT_CMS = "NOT_CMS"
    NOT_FOR_US = "NOT_FOR_US"
    DAMAGED = "DAMAGED"
    EXTRA_RECIPIENT = "EXTRA_RECIPIENT"
    NOT_FOR_ENCRYPTION = "NOT_FOR_ENCRYPTION"
    NOT_SIGNED = "NOT_SIGNED"
    UNKNOWN_SIGNER = "UNKNOWN_SIGNER"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    EXPIRED = "EXPIRED"
    WRONG_USAGE = "WRONG_USAGE"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    REVOKED = "REVOKED"


# Whatever is altered on the way gives none of these: they come after a signature that holds, or need no key.
TELLABLE: Final = frozenset(
    {
        EnvelopeCode.NOT_CMS,
        EnvelopeCode.NOT_FOR_US,
        EnvelopeCode.EXPIRED,
        EnvelopeCode.WRONG_USAGE,
        EnvelopeCode.REVOCATION_UNKNOWN,
        EnvelopeCode.REVOKED,
    }
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The content, exactly as it was sealed, and the common name of who signed it."""

    content: bytes = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Unopened:
    """The check that stopped, and why in words. Neither holds anything of the content or of a key."""

    code: EnvelopeCode
    reason: str


def seal(content: bytes, sender: Identity, recipient: x509.Certificate) -> bytes:
    """Sign `content` as `sender` and encrypt it for `recipient`, with a fresh content key.

    The bytes differ from call to call; their number depends on the content's length and the names only.

    Raises:
        UsageError: the content reads as a SET of CMS signed attributes (see above), the recipient's key is
            not RSA, or the recipient's certificate is not for receiving keys.
    """
    if _reads_as_attributes(content):
        raise UsageError(
            "the content reads as a SET of CMS signed attributes, which must not be signed bare",
            expected="a batch file, or anything that is no such DER structure",
        )
    if not isinstance(recipient.public_key(), RSAPublicKey):
        raise UsageError(
            "the recipient's key cannot carry a content key",
            expected="RSA",
            remedy="use a certificate of usage ENVELOPE",
        )
    if not _may_receive(recipient):
        raise UsageError(
            "the recipient's certificate is not for encryption",
            expected=f"usage {Usage.ENVELOPE} or {Usage.ENCRYPTION}",
            received=str(usage_of(recipient) or "another"),
            remedy="take the certificate that the recipient published for batches",
        )
    signed = (
        PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(sender.certificate, sender.key, _SHA256)
        .sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoAttributes])
    )
    return (
        PKCS7EnvelopeBuilder()
        .set_data(signed)
        .add_recipient(recipient)
        .set_content_encryption_algorithm(AES256)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def open_sealed(
    sealed: bytes,
    recipient: Identity,
    trust: x509.Certificate,
    on: datetime | date,
    revocations: Revocations | None = None,
    *,
    others_may_open: bool = False,
) -> Opened | Unopened:
    """Decrypt as `recipient`, and believe the content if its signer's certificate reaches `trust`.

    Pure, and total over `sealed`: any bytes at all give a value.

    Args:
        trust: the authority's certificate; it issues end certificates directly.
        on: the moment (aware), or the day in Japan, on which the certificates must be valid.
        revocations: what the authority took back; None when the caller keeps no list.
        others_may_open: take an envelope that has more recipients than us.

    Raises:
        UsageError: `on` is a datetime without a zone.
    """
    plain = _decrypt(sealed, recipient, others_may_open)
    if isinstance(plain, Unopened):
        return plain
    signed = _read_signed(plain)
    if isinstance(signed, Unopened):
        return signed
    signer = _issued(signed.certificate, trust)
    if isinstance(signer, Unopened):
        return signer
    if (reason := _signature_fault(signed, signer.key)) is not None:
        return Unopened(EnvelopeCode.BAD_SIGNATURE, reason)
    for whose, certificate in (("the signer", signer.certificate), ("the authority", trust)):
        if not valid_on(certificate, on):
            return Unopened(
                EnvelopeCode.EXPIRED, f"the certificate of {whose} is not valid on {on.isoformat()}"
            )
    if not _may_sign(signer.certificate):
        return Unopened(EnvelopeCode.WRONG_USAGE, "the signer's certificate is not for signing batches")
    if revocations is not None:
        if not revocations.holds_on(on):
            return Unopened(
                EnvelopeCode.REVOCATION_UNKNOWN,
                f"the list of revoked certificates is for {revocations.since.isoformat()} to"
                f" {revocations.until.isoformat()}, not for {on.isoformat()}",
            )
        if revocations.revoked_on(signer.certificate, on):
            return Unopened(EnvelopeCode.REVOKED, "the authority has taken the signer's certificate back")
    return Opened(signed.content, signer.name)


def _decrypt(sealed: bytes, recipient: Identity, others_may_open: bool) -> bytes | Unopened:
    if sealed[1:2] == _INDEFINITE:
        der = _definite(sealed)
        if der is None:
            return Unopened(EnvelopeCode.NOT_CMS, "of indefinite length (BER), and not a ContentInfo of CMS")
        sealed = der
    try:
        plain = pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])
    except UnsupportedAlgorithm:
        fallback = "encrypted with an algorithm other than RSA PKCS #1 v1.5 and AES-CBC"
        return _explain(sealed, recipient.certificate, fallback)
    except (ValueError, TypeError):
        return _explain(sealed, recipient.certificate, "it does not decrypt")
    count = len(cms.ContentInfo.load(sealed)["content"]["recipient_infos"])
    if count != 1 and not others_may_open:
        return Unopened(EnvelopeCode.EXTRA_RECIPIENT, f"{count} recipients can open it, where only we should")
    if not _may_receive(recipient.certificate):
        return Unopened(
            EnvelopeCode.NOT_FOR_ENCRYPTION, "it was encrypted for a certificate of ours that is not for that"
        )
    return plain


def _definite(sealed: bytes) -> bytes | None:
    """A streamed encoding as DER; None when it is none of CMS."""
    try:
        found = cms.ContentInfo.load(sealed, strict=True)
        if found["content_type"].native not in ("enveloped_data", "signed_data"):
            return None
        der: bytes = found.dump(force=True)
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return None
    return der


def _explain(sealed: bytes, certificate: x509.Certificate, fallback: str) -> Unopened:
    """Why did decrypting fail? Only failures pay for this second reading."""
    try:
        outer = cms.ContentInfo.load(sealed, strict=True)
        kind: str = outer["content_type"].native
        recipients = _recipients(outer["content"]) if kind == "enveloped_data" else []
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return Unopened(EnvelopeCode.NOT_CMS, "not a DER ContentInfo of CMS")
    if kind != "enveloped_data":
        return Unopened(EnvelopeCode.NOT_CMS, "CMS, but not EnvelopedData")
    if (certificate.issuer.public_bytes(), certificate.serial_number) not in recipients:
        return Unopened(EnvelopeCode.NOT_FOR_US, "no recipient in it is our certificate (issuer and serial)")
    return Unopened(EnvelopeCode.DAMAGED, fallback)


def _recipients(enveloped: Any) -> list[tuple[bytes, int]]:
    """Issuer (DER) and serial of each recipient that is named so."""
    named = [info.chosen["rid"] for info in enveloped["recipient_infos"] if info.name == "ktri"]
    return [_issuer_and_serial(rid.chosen) for rid in named if rid.name == "issuer_and_serial_number"]


def _issuer_and_serial(holder: Any) -> tuple[bytes, int]:
    return holder["issuer"].dump(), holder["serial_number"].native


@dataclass(frozen=True, slots=True)
class _Attributes:
    """Signed attributes: the DER SET that is signed, and what it says. None: missing or more than one."""

    der: bytes
    content_type: str | None
    message_digest: bytes | None


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a SignedData of one signer says; nothing of it is verified."""

    content: bytes
    certificate: bytes | None
    digest: str
    algorithm: str
    signature: bytes
    attributes: _Attributes | None


def _read_signed(der: bytes) -> _Signed | Unopened:
    try:
        return _parse_signed(der)
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return Unopened(EnvelopeCode.NOT_SIGNED, "what was decrypted is not a ContentInfo of CMS SignedData")


def _parse_signed(der: bytes) -> _Signed | Unopened:
    outer = cms.ContentInfo.load(der, strict=True)
    if outer["content_type"].native != "signed_data":
        return Unopened(EnvelopeCode.NOT_SIGNED, "what was decrypted is CMS, but not SignedData")
    data = outer["content"]
    encapsulated = data["encap_content_info"]
    if encapsulated["content_type"].native != "data" or isinstance(encapsulated["content"], core.Void):
        return Unopened(EnvelopeCode.NOT_SIGNED, "the SignedData does not hold its content as id-data")
    signers = data["signer_infos"]
    if len(signers) != 1:
        return Unopened(EnvelopeCode.NOT_SIGNED, f"{len(signers)} signers, where there must be exactly one")
    signer = signers[0]
    return _Signed(
        content=bytes(encapsulated["content"]),
        certificate=_certificate_of(signer["sid"], data["certificates"]),
        digest=signer["digest_algorithm"]["algorithm"].native,
        algorithm=signer["signature_algorithm"]["algorithm"].native,
        signature=bytes(signer["signature"]),
        attributes=_parse_attributes(signer["signed_attrs"]),
    )


def _certificate_of(sid: Any, certificates: Any) -> bytes | None:
    if sid.name != "issuer_and_serial_number" or isinstance(certificates, core.Void):
        return None
    wanted = _issuer_and_serial(sid.chosen)
    for choice in certificates:
        if choice.name == "certificate" and _issuer_and_serial(choice.chosen["tbs_certificate"]) == wanted:
            der: bytes = choice.chosen.dump()
            return der
    return None


def _parse_attributes(attributes: Any) -> _Attributes | None:
    if isinstance(attributes, core.Void):
        return None
    # In the message the SET bears the tag [0]; what is signed bears its own (RFC 5652, 5.4).
    der = _SET_TAG + attributes.dump()[1:]
    content_type = _only(attributes, "content_type")
    digest = _only(attributes, "message_digest")
    return _Attributes(
        der=der,
        content_type=None if content_type is None else content_type.native,
        message_digest=None if digest is None else bytes(digest),
    )


def _only(attributes: Any, kind: str) -> Any:
    """The one value of the one attribute of that kind, else None (RFC 5652, 11.1 and 11.2)."""
    found = [value for one in attributes if one["type"].native == kind for value in one["values"]]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Signer:
    name: str
    certificate: x509.Certificate
    key: RSAPublicKey


def _issued(der: bytes | None, trust: x509.Certificate) -> _Signer | Unopened:
    """The signer, once its certificate is known to be the authority's work. Its key is not used before."""
    if der is None:
        return Unopened(EnvelopeCode.UNKNOWN_SIGNER, "the signer's certificate is not included")
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(trust)
        key = certificate.public_key()
        name = common_name(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return Unopened(
            EnvelopeCode.UNKNOWN_SIGNER, "the signer's certificate does not reach the trust anchor"
        )
    if name is None or not isinstance(key, RSAPublicKey):
        return Unopened(
            EnvelopeCode.UNKNOWN_SIGNER, "the signer's certificate lacks a common name or an RSA key"
        )
    return _Signer(name, certificate, key)


def _signature_fault(signed: _Signed, key: RSAPublicKey) -> str | None:
    if signed.digest != "sha256" or signed.algorithm not in _SIGNATURES:
        return "not signed with SHA-256 and RSA PKCS #1 v1.5"
    attributes = signed.attributes
    if attributes is None:
        if _reads_as_attributes(signed.content):
            return "the content is a SET of signed attributes, perhaps those of another message"
        covered = signed.content
    else:
        if attributes.content_type != "data":
            return "the signed attributes do not say once that the content is id-data"
        if attributes.message_digest != hashlib.sha256(signed.content).digest():
            return "the message digest in the signed attributes is not that of the content"
        covered = attributes.der
    try:
        key.verify(signed.signature, covered, _PADDING, _SHA256)
    except InvalidSignature:
        return "the signature does not fit the content"
    return None


def _reads_as_attributes(content: bytes) -> bool:
    if not content.startswith(_SET_TAG):
        return False
    try:
        kinds = [attribute["type"].native for attribute in cms.CMSAttributes.load(content, strict=True)]
    except Exception:  # asn1crypto promises no set of exceptions for hostile bytes
        return False
    return "message_digest" in kinds


def _may_sign(certificate: x509.Certificate) -> bool:
    """As `openssl cms -verify` asks: digitalSignature, and mail protection when purposes are named."""
    return _may(certificate, lambda usage: usage.digital_signature)


def _may_receive(certificate: x509.Certificate) -> bool:
    """Whether a content key may be carried under the certificate's key."""
    return _may(certificate, lambda usage: usage.key_encipherment)


def _may(certificate: x509.Certificate, asked: Callable[[x509.KeyUsage], bool]) -> bool:
    try:
        extensions = certificate.extensions
        if not asked(extensions.get_extension_for_class(x509.KeyUsage).value):
            return False
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return (
        ExtendedKeyUsageOID.EMAIL_PROTECTION in purposes
        or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes
    )
