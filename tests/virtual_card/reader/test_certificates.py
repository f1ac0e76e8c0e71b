"""Certificates: every oddity of genuine cards is forgiven and named, nothing about keys and signatures is."""

from __future__ import annotations

from datetime import date

import pytest
from asn1crypto import pem
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.reader.shared import NUMBER, day, reading
from virtual_card.authorities import pinned_pem
from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.personalise.pki import AUTHORITIES, card_certificate, impostor
from virtual_card.personalise.quirks import Quirk
from virtual_card.reader.authenticity import judge
from virtual_card.reader.certificates import Unreadable, anchors_in, holds, parse, signed_by
from virtual_card.reader.verify import pinned_test_anchors, verify
from virtual_card.verdicts import Verdict

ODDITIES = {
    Quirk.NUL_PADDED: "NUL bytes follow",
    Quirk.BER_INDEFINITE: "indefinite lengths",
    Quirk.BER_LONG_LENGTHS: "more bytes than they need",
    Quirk.CER: "indefinite lengths",
    Quirk.NULL_PARAMETERS: "NULL parameters",
}


@pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.RESIDENCE_2])
@pytest.mark.parametrize("quirk", Quirk)
def test_a_card_with_an_odd_certificate_is_genuine_and_the_oddity_is_named(
    card_type: CardType, quirk: Quirk
) -> None:
    if quirk is Quirk.NULL_PARAMETERS and card_type is CardType.RESIDENCE_1:
        return  # NULL parameters are the rule for RSA
    card = issue_sample(card_type, seed=5, number=NUMBER, quirk=quirk)
    got = reading(card)
    check = verify(got, pinned_test_anchors(), day(card_type))
    assert check.holds
    assert any(ODDITIES[quirk] in oddity for oddity in check.oddities)
    assert judge(got, pinned_test_anchors(), day(card_type)).verdict is Verdict.GENUINE


@pytest.mark.parametrize("one", AUTHORITIES, ids=lambda one: str(one.id))
def test_the_pinned_authorities_sign_themselves_and_nobody_else(one: object) -> None:
    anchors = {each.certificate.fingerprint: each.certificate for each in pinned_test_anchors()}
    mine = parse(one.certificate)  # type: ignore[attr-defined]
    assert mine.fingerprint in anchors
    signers = [each for each in anchors.values() if signed_by(mine, each)]
    assert signers == [mine]
    assert (mine.not_before, mine.not_after) == (one.not_before, one.not_after)  # type: ignore[attr-defined]


def test_one_changed_bit_in_what_is_signed_breaks_the_chain() -> None:
    authority = AUTHORITIES[-1]
    der = card_certificate(authority, number=NUMBER, issued=date(2030, 1, 1), card_expiry=date(2031, 1, 1))
    assert signed_by(parse(der), parse(authority.certificate))
    changed = der.replace(b"TEST card signer", b"TEST card signes")
    assert changed != der
    assert not signed_by(parse(changed), parse(authority.certificate))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1200,
        b"\x30",
        b"\x30\x03\x02\x01\x01",
        b"hello",
        b"\x30\x80" + b"\0\0",
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_what_is_no_certificate_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(data)


def test_bytes_behind_a_certificate_are_padding_or_a_reason_to_refuse() -> None:
    der = AUTHORITIES[0].certificate
    assert parse(der + bytes(30)).oddities == ("30 NUL bytes follow the certificate",)
    with pytest.raises(Unreadable, match="no padding"):
        parse(der + b"\0\x01")


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_no_damage_to_a_certificate_makes_the_parser_raise_anything_else(at: int, noise: bytes) -> None:
    der = AUTHORITIES[-1].certificate
    at %= len(der)
    try:
        certificate = parse(der[:at] + noise + der[at + len(noise) :])
        for authority in pinned_test_anchors():
            signed_by(certificate, authority.certificate)
    except Unreadable:
        pass


def test_authorities_come_from_pem_with_several_and_from_der() -> None:
    several = anchors_in(pinned_pem().encode(), "ca.pem")
    assert [each.certificate.fingerprint for each in several] == [
        each.certificate.fingerprint for each in pinned_test_anchors()
    ]
    assert not any(each.test for each in several)
    assert len(anchors_in(AUTHORITIES[0].certificate, "ca.cer")) == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"PK\3\4zip"],
)
def test_a_file_without_an_authority_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(CardUsageError, match=r"ca\.zip"):
        anchors_in(data, "ca.zip")


def test_a_file_of_other_pem_objects_holds_no_authority() -> None:
    with pytest.raises(CardUsageError, match="no certificate"):
        anchors_in(pem.armor("PUBLIC KEY", b"\x30\x00"), "key.pem")


def test_a_huge_file_of_authorities_is_refused() -> None:
    with pytest.raises(CardUsageError, match="too large"):
        anchors_in(bytes((1 << 20) + 1), "ca.pem")


@given(st.binary(max_size=120))
def test_no_bytes_pass_for_a_signature(signature: bytes) -> None:
    for authority in (AUTHORITIES[0], AUTHORITIES[-1], impostor("ecdsa-p384", date(2026, 7, 1))):
        assert not holds(parse(authority.certificate).key, signature, b"message")


def test_a_weak_hash_is_no_hash() -> None:
    assert not holds(parse(AUTHORITIES[0].certificate).key, bytes(256), b"message", "sha1")


def test_both_forms_of_an_ecdsa_signature_hold() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    key = AUTHORITIES[-1].key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    encoded = key.sign(b"message", ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(encoded)
    public = parse(AUTHORITIES[-1].certificate).key
    assert holds(public, encoded, b"message")
    assert holds(public, r.to_bytes(48, "big") + s.to_bytes(48, "big"), b"message")
    assert not holds(public, encoded, b"massage")
