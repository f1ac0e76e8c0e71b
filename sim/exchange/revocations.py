"""What a test authority took back: one signed list (CRL), made, read and believed for a time.

Whoever opens an envelope must hold it: a list that is missing is the caller's decision, one that has run out
is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from sim.base.errors import UsageError
from sim.exchange.validity import check_order, first_moment, last_moment

if TYPE_CHECKING:
    from sim.exchange.pki import Authority


class Reason(StrEnum):
    """Why a certificate is taken back."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"
    SUPERSEDED = "superseded"
    CEASED = "ceased"


_REASONS: Final = {
    Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Reason.CEASED: x509.ReasonFlags.cessation_of_operation,
}


@dataclass(frozen=True, slots=True)
class Revocations:
    """A list of what the authority took back: certificate numbers, each with the moment from which.

    `since` and `until`: between them the list may be believed. `number` counts the authority's lists from 1.
    """

    number: int
    since: datetime
    until: datetime
    revoked: dict[int, tuple[datetime, Reason]]

    def holds_on(self, on: datetime | date) -> bool:
        """Whether the list may be believed then."""
        return first_moment(on) <= self.until and self.since <= last_moment(on)

    def revoked_on(self, certificate: x509.Certificate, on: datetime | date) -> bool:
        """Whether the certificate is taken back then. A date counts when any moment of that day does."""
        entry = self.revoked.get(certificate.serial_number)
        return entry is not None and entry[0] <= last_moment(on)


def revocation_list(
    authority: Authority,
    revoked: dict[int, tuple[datetime, Reason]],
    number: int,
    since: datetime | date,
    until: datetime | date,
) -> bytes:
    """The authority's signed list (CRL) in PEM: the same bytes for the same list.

    Args:
        revoked: certificate numbers, each with the moment from which and why.
        number: of this list, from 1.
        since: from when it is believed. Each entry has a moment of its own, before or after it.
        until: when the next one is due at the latest; after that this one is not believed.

    Raises:
        UsageError: a datetime without a zone, or a list that ends before it begins.
    """
    begin, end = first_moment(since), last_moment(until)
    check_order(begin, end)
    root = authority.certificate
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(begin)
        .next_update(end)
        .add_extension(by, critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for serial, (moment, reason) in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
        if reason in _REASONS:
            entry = entry.add_extension(x509.CRLReason(_REASONS[reason]), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def read_revocations(pem: bytes, trust: x509.Certificate, where: str = "") -> Revocations:
    """The list that `revocation_list` made, once it is known to be the authority's.

    Raises:
        UsageError: no such list, or another authority signed it.
    """
    remedy = "give the authority's own list: `renkei pki show` names its file"
    try:
        found = x509.load_pem_x509_crl(pem)
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        until = found.next_update_utc
        rows = {row.serial_number: (row.revocation_date_utc, _reason_of(row)) for row in found}
    except (ValueError, x509.ExtensionNotFound) as error:
        raise UsageError(
            "this is no list of revoked certificates",
            expected="a CRL in PEM with a number",
            received=str(error)[:120],
            where=where or None,
            remedy=remedy,
        ) from error
    key = trust.public_key()
    signed = isinstance(key, RSAPublicKey) and found.is_signature_valid(key)
    if found.issuer != trust.subject or not signed or until is None:
        raise UsageError(
            "another authority made this list of revoked certificates",
            expected=f"signed by {trust.subject.rfc4514_string()}, with the day on which the next one is due",
            where=where or None,
            remedy=remedy,
        )
    return Revocations(number, found.last_update_utc, until, rows)


def _reason_of(row: x509.RevokedCertificate) -> Reason:
    try:
        flag = row.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return Reason.UNSPECIFIED
    return next((reason for reason, known in _REASONS.items() if known == flag), Reason.UNSPECIFIED)
