"""Oddities of certificates: odd in form, true in content."""

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asn1crypto import x509 as lenient
from cryptography import x509 as strict
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardType, profile_of
from virtual_card.personalise.issue import issue_sample
from virtual_card.personalise.pki import AUTHORITIES, card_certificate
from virtual_card.personalise.quirks import Quirk, with_quirk

FIRST, SECOND = AUTHORITIES[3], AUTHORITIES[4]
DER = {
    one.kind: card_certificate(
        one, number="AA12345678BB", issued=one.issues_from, card_expiry=date(2029, 1, 1)
    )
    for one in (FIRST, SECOND)
}


def odd(quirk: Quirk, *, size: int = 602) -> bytes:
    return with_quirk(DER[SECOND.kind], quirk, SECOND.key, size=size)


def definite(encoded: bytes) -> tuple[bytes, bytes]:
    """One BER object in DER lengths, and what follows it: written here anew, for the test's own eyes."""
    tag, first = encoded[0], encoded[1]
    if first == 0x80:
        rest, parts = encoded[2:], b""
        while rest[:2] != b"\0\0":
            part, rest = definite(rest)
            parts += part
        return bytes([tag]) + length_of(parts) + parts, rest[2:]
    count = first & 0x7F if first & 0x80 else 0
    long = int.from_bytes(encoded[2 : 2 + count], "big") if count else first
    start = 2 + count
    content = encoded[start : start + long]
    return bytes([tag]) + length_of(content) + content, encoded[start + long :]


def length_of(content: bytes) -> bytes:
    if len(content) < 128:
        return bytes([len(content)])
    raw = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw


def test_an_oddity_that_does_not_fit_the_field_is_refused() -> None:
    with pytest.raises(CardUsageError, match="no longer fits"):
        odd(Quirk.CER, size=len(DER[SECOND.kind]))


def test_null_parameters_are_no_oddity_of_an_rsa_certificate() -> None:
    with pytest.raises(CardUsageError, match="RSA"):
        with_quirk(DER[FIRST.kind], Quirk.NULL_PARAMETERS, FIRST.key, size=1200)


@pytest.mark.parametrize("quirk", Quirk)
def test_an_odd_certificate_is_another_one_and_a_strict_parser_refuses_it(quirk: Quirk) -> None:
    assert odd(quirk) != DER[SECOND.kind]
    with pytest.raises((ValueError, Warning)):
        _ = strict.load_der_x509_certificate(odd(quirk)).signature_hash_algorithm


@pytest.mark.parametrize("quirk", [Quirk.BER_INDEFINITE, Quirk.BER_LONG_LENGTHS, Quirk.CER])
def test_odd_lengths_hold_the_same_certificate(quirk: Quirk) -> None:
    assert definite(odd(quirk)) == (DER[SECOND.kind], b"")


def test_padding_follows_the_certificate_to_the_end_of_the_field() -> None:
    padded = odd(Quirk.NUL_PADDED)
    assert len(padded) == 602
    assert padded.rstrip(b"\0") == DER[SECOND.kind].rstrip(b"\0")


def test_null_parameters_stand_in_both_places_and_the_authority_signed_them() -> None:
    encoded = odd(Quirk.NULL_PARAMETERS)
    assert encoded.count(bytes.fromhex("300C06082A8648CE3D0403020500")) == 2
    certificate = lenient.Certificate.load(encoded)
    key = SECOND.key.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = certificate["tbs_certificate"].dump()
    key.verify(certificate["signature_value"].native, signed, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_2])
@pytest.mark.parametrize("quirk", [quirk for quirk in Quirk if quirk is not Quirk.NULL_PARAMETERS])
def test_a_card_with_an_odd_certificate_still_fits_its_files(kind: CardType, quirk: Quirk) -> None:
    card = issue_sample(kind, seed=3, quirk=quirk)
    files = card.content.files()
    assert len(files["DF3", "EF01"]) == profile_of(kind).file("DF3", "EF01").capacity


@pytest.mark.real_peer
@pytest.mark.parametrize("quirk", [Quirk.BER_INDEFINITE, Quirk.BER_LONG_LENGTHS, Quirk.CER])
def test_openssl_reads_the_odd_lengths(
    quirk: Quirk, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    path = tmp_path / "odd.der"
    path.write_bytes(odd(quirk))
    done = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", str(path), "-noout", "-subject"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "TEST card signer" in done.stdout
