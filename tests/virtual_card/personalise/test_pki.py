"""The test PKI: roll-over, validity, and that nothing in it could pass for genuine."""

import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from virtual_card.authorities import pinned_pem
from virtual_card.errors import CardUsageError
from virtual_card.layouts import Generation
from virtual_card.personalise import pki
from virtual_card.personalise.pki import (
    AUTHORITIES,
    EC,
    RSA,
    Authority,
    authority_for,
    card_certificate,
    impostor,
)

NUMBER = "AA12345678BB"


def certificate_of(authority: Authority) -> x509.Certificate:
    made = card_certificate(
        authority,
        number=NUMBER,
        issued=authority.issues_from,
        card_expiry=authority.issues_from + timedelta(days=365),
    )
    return x509.load_der_x509_certificate(made)


def bits(authority: Authority) -> bytes:
    key = x509.load_der_x509_certificate(authority.certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("generation", "day"),
    [
        (Generation.FIRST, date(2012, 7, 9)),
        (Generation.FIRST, date(2026, 6, 14)),
        (Generation.SECOND, date(2026, 6, 13)),
        (Generation.SPECIFIED, date(2032, 4, 20)),
        (Generation.PROPOSAL_2011, date(2025, 1, 1)),
    ],
)
def test_a_day_on_which_no_authority_issues_is_refused(generation: Generation, day: date) -> None:
    with pytest.raises(CardUsageError, match="No test authority"):
        authority_for(generation, day)


@pytest.mark.parametrize(
    ("generation", "day", "expected"),
    [
        (Generation.FIRST, date(2018, 5, 7), "first-2015"),
        (Generation.FIRST, date(2018, 5, 8), "first-2018"),
        (Generation.FIRST, date(2026, 6, 13), "first-2024"),
        (Generation.SECOND, date(2026, 6, 14), "second-2026"),
        (Generation.SPECIFIED, date(2029, 4, 20), "second-2029"),
    ],
)
def test_authorities_roll_over_without_a_gap(generation: Generation, day: date, expected: str) -> None:
    assert authority_for(generation, day).id == expected


@pytest.mark.parametrize("kind", [RSA, EC])
def test_authorities_of_a_kind_share_their_name_and_not_their_key(kind: str) -> None:
    mine = [one for one in AUTHORITIES if one.kind == kind]
    assert len({one.common_name for one in mine}) == 1
    assert len({one.certificate for one in mine}) == len({bits(one) for one in mine}) == len(mine)


@pytest.mark.parametrize("authority", AUTHORITIES, ids=lambda one: one.id)
def test_an_authority_vouches_for_itself_within_its_dates_and_says_test(authority: Authority) -> None:
    made = x509.load_der_x509_certificate(authority.certificate)
    made.verify_directly_issued_by(made)
    assert made.not_valid_before_utc.date() == authority.not_before
    assert made.not_valid_after_utc.date() == authority.not_after
    assert "TEST" in made.subject.rfc4514_string()
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("authority", AUTHORITIES, ids=lambda one: one.id)
def test_an_authority_outlives_the_longest_card_that_it_vouches_for(authority: Authority) -> None:
    longest = 7 if authority.kind == RSA else 10
    assert authority.not_after > authority.issues_until + timedelta(days=365 * longest + 2)


@pytest.mark.parametrize("authority", AUTHORITIES, ids=lambda one: one.id)
def test_a_cards_certificate_is_issued_by_its_authority_and_fits_its_field(authority: Authority) -> None:
    made = certificate_of(authority)
    made.verify_directly_issued_by(x509.load_der_x509_certificate(authority.certificate))
    size = len(made.public_bytes(Encoding.DER))
    assert size <= (1200 if authority.kind == RSA else 602)
    assert made.not_valid_before_utc.date() == authority.issues_from


def test_a_cards_certificate_never_outlives_its_authority() -> None:
    authority = AUTHORITIES[0]
    made = card_certificate(
        authority, number=NUMBER, issued=authority.issues_from, card_expiry=date(2099, 1, 1)
    )
    last = x509.load_der_x509_certificate(made).not_valid_after_utc.date()
    assert last == authority.not_after


@pytest.mark.parametrize("kind", [RSA, EC])
def test_an_impostor_may_bear_a_trusted_name_but_its_key_gives_it_away(kind: str) -> None:
    trusted = next(one for one in AUTHORITIES if one.kind == kind)
    false = impostor(kind, date(2026, 7, 1), common_name=trusted.common_name)
    assert not false.trusted
    assert false.name == trusted.name
    with pytest.raises(InvalidSignature):
        certificate_of(false).verify_directly_issued_by(x509.load_der_x509_certificate(trusted.certificate))


def test_certificates_are_the_same_bytes_every_time() -> None:
    before = [(one.certificate, certificate_of(one)) for one in AUTHORITIES]
    pki._self_signed.cache_clear()
    assert before == [(one.certificate, certificate_of(one)) for one in AUTHORITIES]


@pytest.mark.real_peer
@pytest.mark.parametrize("authority", [AUTHORITIES[3], AUTHORITIES[4]], ids=lambda one: one.id)
def test_openssl_follows_a_card_to_its_authority_among_all_pinned_ones(
    authority: Authority, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    pinned, card = tmp_path / "pinned.pem", tmp_path / "card.pem"
    pinned.write_text(pinned_pem())
    card.write_bytes(certificate_of(authority).public_bytes(Encoding.PEM))
    # 2026-10-01: within both certificates' validity for the newer, and for the older card's first year.
    moment = "1735689600" if authority.kind == RSA else "1790812800"
    done = subprocess.run(
        ["openssl", "verify", "-attime", moment, "-CAfile", str(pinned), str(card)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(": OK\n")
