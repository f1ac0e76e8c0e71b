"""The envelope: only the recipient opens it, only a certified sender fills it, and no bytes break it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
    pkcs7_decrypt_der,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.exchange import pki
from sim.exchange.envelope import TELLABLE, EnvelopeCode, Opened, Unopened, open_sealed, seal
from sim.exchange.pki import Authority, Identity, Usage
from tests.exchange.samples import encoded, notice

BEGIN, END = date(2019, 4, 1), date(2029, 3, 31)
ON = date(2024, 1, 15)
# Bytes that a text canonicalisation would change, and Japanese text.
CONTENT = "H,renkei-open/1\r\nD,山田\nT,1\r\n\n".encode() + bytes(range(256)) + b"\r\n.\r\n\x1a\x00"

# The OpenSSL command line reads the real clock unless it is told the moment.
MOMENT = int(datetime(2024, 1, 15, tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Parties:
    authority: Authority
    agency: Identity
    city: Identity
    other_city: Identity

    @property
    def trust(self) -> x509.Certificate:
        return self.authority.certificate


def make_parties() -> Parties:
    authority = pki.make_authority(BEGIN, END)
    names = ("agency", "131041", "271004")
    agency, city, other = (
        pki.issue(authority, name, pki.serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE) for name in names
    )
    return Parties(authority, agency, city, other)


@pytest.fixture(scope="module")
def parties() -> Parties:
    return make_parties()


@pytest.fixture(scope="module")
def strangers() -> Parties:
    """Another authority, which bears the same name and issues to the same names and serials."""
    return make_parties()


def encrypt(plain: bytes, recipient: Identity) -> bytes:
    return (
        PKCS7EnvelopeBuilder()
        .set_data(plain)
        .add_recipient(recipient.certificate)
        .set_content_encryption_algorithm(AES256)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def sign(content: bytes, *signers: Identity, options: tuple[PKCS7Options, ...] = ()) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(content)
    for signer in signers:
        builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])


def decrypt(sealed: bytes, recipient: Identity) -> bytes:
    return pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])


def code_of(outcome: Opened | Unopened) -> EnvelopeCode:
    assert isinstance(outcome, Unopened), outcome
    assert outcome.reason
    return outcome.code


# --- the two honest ends


@pytest.mark.parametrize(
    "content", [b"", b"\x00", CONTENT, b"1" * 20_000], ids=["empty", "nul", "odd", "20kB"]
)
def test_what_was_sealed_is_opened_with_the_name_of_its_sender(parties: Parties, content: bytes) -> None:
    sealed = seal(content, parties.city, parties.agency.certificate)
    assert open_sealed(sealed, parties.agency, parties.trust, ON) == Opened(content, "131041")


def test_the_content_key_is_fresh_and_the_content_is_not_to_be_seen(parties: Parties) -> None:
    first, second = (seal(CONTENT, parties.city, parties.agency.certificate) for _ in range(2))
    assert first != second
    assert b"renkei-open" not in first
    assert b"131041" not in first


def test_no_planted_value_of_a_record_is_seen_on_the_line_and_a_strangers_key_opens_nothing(
    parties: Parties, strangers: Parties
) -> None:
    """S3-027: captured traffic holds none of the values in any encoding; the recipient reads them all."""
    canaries = ("CANARY PERSON", "カナリア町9番9号", "CN12345678RY")
    record = notice(1, name=canaries[0], address=canaries[1], card_number=canaries[2])
    content = encoded(record)
    captured = seal(content, parties.city, parties.agency.certificate)
    for canary in canaries:
        assert canary.encode() in content
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "shift_jis"):
            assert canary.encode(encoding) not in captured
    assert open_sealed(captured, parties.agency, parties.trust, ON) == Opened(content, "131041")
    for other in (parties.other_city, parties.city, strangers.agency):
        assert isinstance(open_sealed(captured, other, parties.trust, ON), Unopened)


def test_an_envelope_holds_no_wall_clock(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    (signer,) = cms.ContentInfo.load(decrypt(sealed, parties.agency))["content"]["signer_infos"]
    assert isinstance(signer["signed_attrs"], core.Void)
    assert isinstance(signer["unsigned_attrs"], core.Void)


def test_the_content_is_encrypted_with_aes_256(parties: Parties) -> None:
    outer = cms.ContentInfo.load(seal(CONTENT, parties.city, parties.agency.certificate))["content"]
    assert outer["encrypted_content_info"]["content_encryption_algorithm"]["algorithm"].native == "aes256_cbc"
    assert len(outer["recipient_infos"]) == 1


def test_the_size_depends_on_the_length_of_the_content_alone(parties: Parties, strangers: Parties) -> None:
    for length in [*range(40), *range(110, 140), 255, 256, 1_000, 20_000, 65_535, 65_536, 200_001]:
        sizes = {
            len(seal(filling * length, pair.city, to))
            for pair in (parties, strangers)
            for filling in (b"\x00", b"x")
            for to in (pair.agency.certificate, pair.other_city.certificate)
        }
        assert len(sizes) == 1, length


# --- who may open


def test_another_citys_key_opens_nothing(parties: Parties) -> None:
    """S3-027."""
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    for stranger in (parties.other_city, parties.city, parties.authority):
        assert code_of(open_sealed(sealed, stranger, parties.trust, ON)) is EnvelopeCode.NOT_FOR_US


def test_a_namesake_with_another_key_opens_nothing(parties: Parties, strangers: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    outcome = open_sealed(sealed, strangers.agency, parties.trust, ON)
    # A wrong key gives random bytes, whose padding fits once in some hundred cases.
    assert code_of(outcome) in (EnvelopeCode.DAMAGED, EnvelopeCode.NOT_SIGNED)


# --- bytes that are no envelope


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x00",
        b"\x30\x00",
        b"\x30\x80" * 3000,
        b"\x30\x84\xff\xff\xff\xff",
        b"H,renkei-open/1\r\n",
        b"\xff" * 99,
    ],
    ids=["empty", "nul", "empty sequence", "nested", "endless", "plain batch", "ones"],
)
def test_bytes_that_are_no_cms_are_named_so(parties: Parties, junk: bytes) -> None:
    assert code_of(open_sealed(junk, parties.agency, parties.trust, ON)) is EnvelopeCode.NOT_CMS


def test_every_truncation_and_anything_appended_is_refused(parties: Parties) -> None:
    sealed = seal(b"D,1\r\n", parties.city, parties.agency.certificate)
    for cut in range(len(sealed)):
        outcome = open_sealed(sealed[:cut], parties.agency, parties.trust, ON)
        assert code_of(outcome) is EnvelopeCode.NOT_CMS, cut
    outcome = open_sealed(sealed + b"\x00", parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.NOT_CMS


def test_signed_but_unencrypted_is_not_an_envelope(parties: Parties) -> None:
    outcome = open_sealed(sign(CONTENT, parties.city), parties.agency, parties.trust, ON)
    assert outcome == Unopened(EnvelopeCode.NOT_CMS, "CMS, but not EnvelopedData")


@settings(deadline=None, max_examples=300)
@given(junk=st.binary(max_size=600))
@example(junk=b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
@example(junk=b"\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x02\x30\x00")
def test_random_bytes_give_a_value(parties: Parties, junk: bytes) -> None:
    assert code_of(open_sealed(junk, parties.agency, parties.trust, ON)) is EnvelopeCode.NOT_CMS


@settings(deadline=None, max_examples=300)
@given(junk=st.binary(max_size=600))
def test_random_bytes_that_were_encrypted_for_us_give_a_value(parties: Parties, junk: bytes) -> None:
    outcome = open_sealed(encrypt(junk, parties.agency), parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.NOT_SIGNED


# --- altered envelopes


def altered(data: bytes, place: float, flip: int) -> bytes:
    at = int(place * len(data))
    return data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]


places = st.floats(min_value=0, max_value=1, exclude_max=True)
flips = st.integers(min_value=1, max_value=255)


@settings(deadline=None, max_examples=1000)
@given(place=places, flip=flips)
def test_one_altered_byte_never_gives_another_content(parties: Parties, place: float, flip: int) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    outcome = open_sealed(altered(sealed, place, flip), parties.agency, parties.trust, ON)
    assert isinstance(outcome, Unopened) or outcome == Opened(CONTENT, "131041")


@settings(deadline=None, max_examples=1000)
@given(place=places, flip=flips, attributes=st.booleans())
def test_one_byte_altered_beneath_the_encryption_never_gives_another_content(
    parties: Parties, place: float, flip: int, attributes: bool
) -> None:
    signed = sign(CONTENT, parties.city, options=() if attributes else (PKCS7Options.NoAttributes,))
    sealed = encrypt(altered(signed, place, flip), parties.agency)
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON)
    assert isinstance(outcome, Unopened) or outcome == Opened(CONTENT, "131041")


def test_altered_ciphertext_is_caught_although_cbc_decrypts_it(parties: Parties) -> None:
    content = b"\x00" * 4096
    sealed = seal(content, parties.city, parties.agency.certificate)
    middle = len(sealed) - 3000  # well within the content
    outcome = open_sealed(altered(sealed, middle / len(sealed), 1), parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.BAD_SIGNATURE


def test_a_damaged_last_block_is_damage(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    # CBC adds the block before to the last one, whose last byte is the padding's length: never over 16.
    codes = [
        code_of(
            open_sealed(
                sealed[:-17] + bytes([sealed[-17] ^ flip]) + sealed[-16:], parties.agency, parties.trust, ON
            )
        )
        for flip in range(128, 136)
    ]
    assert set(codes) == {EnvelopeCode.DAMAGED}


@pytest.mark.parametrize("attributes", [(), (PKCS7Options.NoAttributes,)], ids=["attributes", "bare"])
def test_a_content_exchanged_under_the_signature_is_caught(
    parties: Parties, attributes: tuple[PKCS7Options, ...]
) -> None:
    signed = sign(b"D,accepted", parties.city, options=attributes)
    forged = signed.replace(b"D,accepted", b"D,rejected")
    outcome = open_sealed(encrypt(forged, parties.agency), parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.BAD_SIGNATURE


def test_signed_attributes_cannot_be_passed_off_as_a_content(parties: Parties) -> None:
    message = cms.ContentInfo.load(sign(CONTENT, parties.city))
    (signer,) = message["content"]["signer_infos"]
    content = b"\x31" + signer["signed_attrs"].dump()[1:]
    signer["signed_attrs"] = None
    message["content"]["encap_content_info"]["content"] = core.OctetString(content)
    outcome = open_sealed(
        encrypt(message.dump(force=True), parties.agency), parties.agency, parties.trust, ON
    )
    assert outcome == Unopened(
        EnvelopeCode.BAD_SIGNATURE,
        "the content is a SET of signed attributes, perhaps those of another message",
    )
    with pytest.raises(UsageError, match="must not be signed bare"):
        seal(content, parties.city, parties.agency.certificate)


# --- what is inside


def test_a_content_that_nobody_signed_is_refused(parties: Parties) -> None:
    outcome = open_sealed(encrypt(CONTENT, parties.agency), parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.NOT_SIGNED


def test_an_envelope_within_an_envelope_is_not_signed(parties: Parties) -> None:
    sealed = encrypt(seal(CONTENT, parties.city, parties.agency.certificate), parties.agency)
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON)
    assert outcome == Unopened(EnvelopeCode.NOT_SIGNED, "what was decrypted is CMS, but not SignedData")


def test_a_detached_signature_is_refused(parties: Parties) -> None:
    signed = sign(CONTENT, parties.city, options=(PKCS7Options.DetachedSignature,))
    outcome = open_sealed(encrypt(signed, parties.agency), parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.NOT_SIGNED


def test_bytes_hidden_behind_the_signed_message_are_refused(parties: Parties) -> None:
    sealed = encrypt(sign(CONTENT, parties.city) + b"\x00", parties.agency)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.NOT_SIGNED


def test_two_signers_and_none_are_refused(parties: Parties) -> None:
    two = sign(CONTENT, parties.city, parties.other_city)
    outcome = open_sealed(encrypt(two, parties.agency), parties.agency, parties.trust, ON)
    assert outcome == Unopened(EnvelopeCode.NOT_SIGNED, "2 signers, where there must be exactly one")
    none = cms.ContentInfo.load(two)
    none["content"]["signer_infos"] = []
    outcome = open_sealed(encrypt(none.dump(force=True), parties.agency), parties.agency, parties.trust, ON)
    assert outcome == Unopened(EnvelopeCode.NOT_SIGNED, "0 signers, where there must be exactly one")


def test_a_weak_digest_or_another_signature_scheme_is_refused(parties: Parties) -> None:
    message = cms.ContentInfo.load(sign(CONTENT, parties.city))
    (signer,) = message["content"]["signer_infos"]
    signer["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha1"})
    outcome = open_sealed(
        encrypt(message.dump(force=True), parties.agency), parties.agency, parties.trust, ON
    )
    assert outcome == Unopened(EnvelopeCode.BAD_SIGNATURE, "not signed with SHA-256 and RSA PKCS #1 v1.5")


@pytest.mark.parametrize("kind", ["message_digest", "content_type"])
@pytest.mark.parametrize("change", ["missing", "doubled"])
def test_signed_attributes_must_say_digest_and_type_exactly_once(
    parties: Parties, kind: str, change: str
) -> None:
    message = cms.ContentInfo.load(sign(CONTENT, parties.city))
    (signer,) = message["content"]["signer_infos"]
    attributes = [one for one in signer["signed_attrs"] if change == "doubled" or one["type"].native != kind]
    attributes += [
        one for one in signer["signed_attrs"] if change == "doubled" and one["type"].native == kind
    ]
    resign(signer, cms.CMSAttributes(attributes), parties.city)
    outcome = open_sealed(
        encrypt(message.dump(force=True), parties.agency), parties.agency, parties.trust, ON
    )
    assert code_of(outcome) is EnvelopeCode.BAD_SIGNATURE
    assert "signed attributes" in outcome.reason  # type: ignore[union-attr]


def test_signed_attributes_that_were_resigned_unchanged_are_accepted(parties: Parties) -> None:
    """The control for the test above: it is the change that is refused, not the signing anew."""
    message = cms.ContentInfo.load(sign(CONTENT, parties.city))
    (signer,) = message["content"]["signer_infos"]
    resign(signer, cms.CMSAttributes(list(signer["signed_attrs"])), parties.city)
    outcome = open_sealed(
        encrypt(message.dump(force=True), parties.agency), parties.agency, parties.trust, ON
    )
    assert outcome == Opened(CONTENT, "131041")


def resign(signer: cms.SignerInfo, attributes: cms.CMSAttributes, sender: Identity) -> None:
    signer["signed_attrs"] = attributes
    signer["signature"] = sender.key.sign(attributes.dump(force=True), PKCS1v15(), hashes.SHA256())


# --- who may sign


def test_a_foreign_authoritys_city_is_unknown_even_under_the_same_names(
    parties: Parties, strangers: Parties
) -> None:
    sealed = seal(CONTENT, strangers.city, parties.agency.certificate)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.UNKNOWN_SIGNER


def test_a_signer_whose_certificate_is_missing_is_unknown(parties: Parties) -> None:
    signed = sign(CONTENT, parties.city, options=(PKCS7Options.NoCerts,))
    outcome = open_sealed(encrypt(signed, parties.agency), parties.agency, parties.trust, ON)
    assert outcome == Unopened(EnvelopeCode.UNKNOWN_SIGNER, "the signer's certificate is not included")


def test_a_city_cannot_certify_another(parties: Parties) -> None:
    false_authority = Authority("authority", parties.city.certificate, parties.city.key)
    forged = pki.issue(false_authority, "271004", 7, Usage.ENVELOPE)
    sealed = seal(CONTENT, forged, parties.agency.certificate)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.UNKNOWN_SIGNER


def test_a_certificate_counts_only_while_it_is_valid(parties: Parties) -> None:
    short = pki.issue(
        parties.authority,
        "131041",
        8,
        Usage.ENVELOPE,
        not_before=date(2024, 1, 10),
        not_after=date(2024, 1, 20),
    )
    sealed = seal(CONTENT, short, parties.agency.certificate)

    def on(day: date) -> Opened | Unopened:
        return open_sealed(sealed, parties.agency, parties.trust, day)

    for day in (date(2024, 1, 10), date(2024, 1, 20), datetime(2024, 1, 20, 14, 59, 59, tzinfo=UTC)):
        assert on(day) == Opened(CONTENT, "131041")
    for day in (date(2024, 1, 9), date(2024, 1, 21), datetime(2024, 1, 20, 15, 0, 0, tzinfo=UTC)):
        assert code_of(on(day)) is EnvelopeCode.EXPIRED


def test_nothing_is_valid_after_its_authority(parties: Parties) -> None:
    long = pki.issue(parties.authority, "131041", 9, Usage.ENVELOPE, not_after=date(2035, 1, 1))
    sealed = seal(CONTENT, long, parties.agency.certificate)
    outcome = open_sealed(sealed, parties.agency, parties.trust, date(2030, 1, 1))
    assert outcome == Unopened(
        EnvelopeCode.EXPIRED, "the certificate of the authority is not valid on 2030-01-01"
    )


@pytest.mark.parametrize("usage", [Usage.TLS_SERVER, Usage.TLS_CLIENT])
def test_a_certificate_for_a_link_signs_no_batch(parties: Parties, usage: Usage) -> None:
    sender = pki.issue(parties.authority, "131041", 10, usage)
    sealed = seal(CONTENT, sender, parties.agency.certificate)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.WRONG_USAGE


def test_the_authority_itself_signs_no_batch(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.authority, parties.agency.certificate)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.WRONG_USAGE


def test_a_recipient_without_an_rsa_key_is_refused_before_anything_is_encrypted(parties: Parties) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(parties.agency.certificate.subject)
        .issuer_name(parties.trust.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2019, 4, 1))
        .not_valid_after(datetime(2029, 3, 31))
        .sign(parties.authority.key, hashes.SHA256())
    )
    with pytest.raises(UsageError, match="cannot carry a content key"):
        seal(CONTENT, parties.city, certificate)


def test_a_moment_without_a_zone_is_the_callers_fault(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    with pytest.raises(UsageError, match="no zone"):
        open_sealed(sealed, parties.agency, parties.trust, datetime(2024, 1, 15))


# --- a peer that is not ours: OpenSSL's command line


@pytest.fixture
def openssl(tmp_path: Path, record_property: Callable[[str, object], None]) -> Callable[..., int]:
    """Run `openssl cms …` in the test's folder; give its exit code."""
    record_property("peer", "openssl")
    program = shutil.which("openssl")

    def run(*arguments: str) -> int:
        if program is None:
            pytest.fail("openssl is not installed: install the package `openssl`")
        done = subprocess.run(
            [program, "cms", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        print(done.stderr)
        return done.returncode

    return run


@pytest.mark.real_peer
def test_openssl_decrypts_and_verifies_what_we_sealed(
    parties: Parties, tmp_path: Path, openssl: Callable[..., int]
) -> None:
    for identity in (parties.authority, parties.agency, parties.other_city):
        pki.save(tmp_path, identity)
    (tmp_path / "sealed").write_bytes(seal(CONTENT, parties.city, parties.agency.certificate))
    decrypting = ("-decrypt", "-binary", "-inform", "DER", "-in", "sealed")
    keys = ("-recip", "agency.cert.pem", "-inkey", "agency.key.pem")
    assert openssl(*decrypting, *keys, "-out", "signed") == 0
    verifying = (
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-attime",
        str(MOMENT),
        "-CAfile",
        "authority.cert.pem",
    )
    assert openssl(*verifying, "-in", "signed", "-out", "content") == 0
    assert (tmp_path / "content").read_bytes() == CONTENT

    other = ("-recip", "271004.cert.pem", "-inkey", "271004.key.pem")
    assert openssl(*decrypting, *other, "-out", "not-theirs") != 0

    signed = (tmp_path / "signed").read_bytes()
    (tmp_path / "forged").write_bytes(signed.replace("山田".encode(), "田山".encode()))
    assert openssl(*verifying, "-in", "forged", "-out", "not-this") != 0


@pytest.mark.real_peer
@pytest.mark.parametrize("options", [(), ("-noattr",), ("-nosmimecap",)], ids=["attributes", "bare", "few"])
def test_what_openssl_sealed_is_opened(
    parties: Parties, tmp_path: Path, openssl: Callable[..., int], options: tuple[str, ...]
) -> None:
    for identity in (parties.agency, parties.city):
        pki.save(tmp_path, identity)
    (tmp_path / "content").write_bytes(CONTENT)
    keys = ("-signer", "131041.cert.pem", "-inkey", "131041.key.pem", "-md", "sha256")
    signing = ("-sign", "-binary", "-nodetach", "-outform", "DER", *keys, *options)
    assert openssl(*signing, "-in", "content", "-out", "signed") == 0
    encrypting = ("-encrypt", "-binary", "-aes256", "-outform", "DER")
    assert openssl(*encrypting, "-in", "signed", "-out", "sealed", "agency.cert.pem") == 0
    sealed = (tmp_path / "sealed").read_bytes()
    assert open_sealed(sealed, parties.agency, parties.trust, ON) == Opened(CONTENT, "131041")
    (signer,) = cms.ContentInfo.load((tmp_path / "signed").read_bytes())["content"]["signer_infos"]
    assert isinstance(signer["signed_attrs"], core.Void) is ("-noattr" in options)
    if "-noattr" not in options:
        (digest,) = (one for one in signer["signed_attrs"] if one["type"].native == "message_digest")
        assert digest["values"][0].native == hashlib.sha256(CONTENT).digest()


@pytest.mark.real_peer
def test_openssl_and_we_refuse_the_same_signers(
    parties: Parties, strangers: Parties, tmp_path: Path, openssl: Callable[..., int]
) -> None:
    pki.save(tmp_path, parties.authority)
    expired = pki.issue(parties.authority, "131041", 11, Usage.ENVELOPE, not_after=date(2020, 1, 1))
    cases = {
        EnvelopeCode.UNKNOWN_SIGNER: strangers.city,
        EnvelopeCode.EXPIRED: expired,
        EnvelopeCode.WRONG_USAGE: pki.issue(parties.authority, "131041", 12, Usage.TLS_SERVER),
    }
    verifying = (
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-attime",
        str(MOMENT),
        "-CAfile",
        "authority.cert.pem",
    )
    for code, sender in cases.items():
        signed = sign(CONTENT, sender)
        (tmp_path / "signed").write_bytes(signed)
        assert openssl(*verifying, "-in", "signed", "-out", "content") != 0, code
        outcome = open_sealed(encrypt(signed, parties.agency), parties.agency, parties.trust, ON)
        assert code_of(outcome) is code
    (tmp_path / "signed").write_bytes(sign(CONTENT, parties.city))
    assert openssl(*verifying, "-in", "signed", "-out", "content") == 0


@pytest.mark.real_peer
@pytest.mark.parametrize("algorithm", ["-des3", "-aes-256-gcm"])
def test_another_cipher_of_openssl_is_refused_in_words(
    parties: Parties, tmp_path: Path, openssl: Callable[..., int], algorithm: str
) -> None:
    pki.save(tmp_path, parties.agency)
    (tmp_path / "signed").write_bytes(sign(CONTENT, parties.city))
    encrypting = ("-encrypt", "-binary", algorithm, "-outform", "DER")
    assert openssl(*encrypting, "-in", "signed", "-out", "sealed", "agency.cert.pem") == 0
    outcome = open_sealed((tmp_path / "sealed").read_bytes(), parties.agency, parties.trust, ON)
    expected = {"-des3": EnvelopeCode.DAMAGED, "-aes-256-gcm": EnvelopeCode.NOT_CMS}
    assert code_of(outcome) is expected[algorithm]


@pytest.mark.real_peer
@pytest.mark.parametrize("length", [1, 4095, 4096, 200_001])
def test_a_streamed_encoding_is_read_like_any_other(
    parties: Parties, tmp_path: Path, openssl: Callable[..., int], length: int
) -> None:
    for identity in (parties.agency, parties.city):
        pki.save(tmp_path, identity)
    content = (CONTENT * (length // len(CONTENT) + 1))[:length]
    (tmp_path / "content").write_bytes(content)
    keys = ("-signer", "131041.cert.pem", "-inkey", "131041.key.pem", "-md", "sha256")
    signing = ("-sign", "-binary", "-nodetach", "-stream", "-outform", "DER", *keys)
    assert openssl(*signing, "-in", "content", "-out", "signed") == 0
    encrypting = ("-encrypt", "-binary", "-stream", "-aes256", "-outform", "DER")
    assert openssl(*encrypting, "-in", "signed", "-out", "sealed", "agency.cert.pem") == 0
    sealed = (tmp_path / "sealed").read_bytes()
    assert sealed[1:2] == b"\x80"
    assert open_sealed(sealed, parties.agency, parties.trust, ON) == Opened(content, "131041")
    for cut in (10, len(sealed) // 2, len(sealed) - 1):
        assert isinstance(open_sealed(sealed[:cut], parties.agency, parties.trust, ON), Unopened)


@pytest.mark.real_peer
def test_an_envelope_that_others_can_open_as_well_is_refused_unless_it_is_wanted(
    parties: Parties, tmp_path: Path, openssl: Callable[..., int]
) -> None:
    for identity in (parties.agency, parties.other_city):
        pki.save(tmp_path, identity)
    (tmp_path / "signed").write_bytes(sign(CONTENT, parties.city))
    encrypting = ("-encrypt", "-binary", "-aes256", "-outform", "DER", "-in", "signed", "-out", "sealed")
    assert openssl(*encrypting, "agency.cert.pem", "271004.cert.pem") == 0
    sealed = (tmp_path / "sealed").read_bytes()
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.EXTRA_RECIPIENT
    assert open_sealed(sealed, parties.agency, parties.trust, ON, others_may_open=True) == Opened(
        CONTENT, "131041"
    )


# --- usages that are kept apart, and certificates that were taken back


def issued(parties: Parties, name: str, usage: Usage) -> Identity:
    return pki.issue(parties.authority, name, pki.serial_of(name, usage), usage)


def test_a_key_for_signing_and_one_for_encryption_do_what_one_for_both_does(parties: Parties) -> None:
    sender, recipient = issued(parties, "131041", Usage.SIGNING), issued(parties, "ISA", Usage.ENCRYPTION)
    sealed = seal(CONTENT, sender, recipient.certificate)
    assert open_sealed(sealed, recipient, parties.trust, ON) == Opened(CONTENT, "131041")


def test_what_a_key_for_encryption_signed_is_refused(parties: Parties) -> None:
    sealed = seal(CONTENT, issued(parties, "131041", Usage.ENCRYPTION), parties.agency.certificate)
    assert code_of(open_sealed(sealed, parties.agency, parties.trust, ON)) is EnvelopeCode.WRONG_USAGE


@pytest.mark.parametrize("usage", [Usage.SIGNING, Usage.TLS_SERVER, Usage.TLS_CLIENT])
def test_nothing_is_sealed_for_a_certificate_that_is_not_for_encryption(
    parties: Parties, usage: Usage
) -> None:
    with pytest.raises(UsageError, match="not for encryption"):
        seal(CONTENT, parties.city, issued(parties, "ISA", usage).certificate)


def test_what_a_stranger_encrypted_for_a_certificate_that_is_not_for_it_is_refused(parties: Parties) -> None:
    link = issued(parties, "ISA", Usage.TLS_SERVER)
    outcome = open_sealed(encrypt(sign(CONTENT, parties.city), link), link, parties.trust, ON)
    assert code_of(outcome) is EnvelopeCode.NOT_FOR_ENCRYPTION


def revocations(parties: Parties, since: date, until: date, *revoked: Identity) -> pki.Revocations:
    moment = datetime(2024, 1, 10, tzinfo=UTC)
    rows = {one.certificate.serial_number: (moment, pki.Reason.KEY_COMPROMISE) for one in revoked}
    return pki.read_revocations(pki.revocation_list(parties.authority, rows, 1, since, until), parties.trust)


def test_what_a_revoked_signer_sealed_is_refused_from_the_moment_of_the_revocation(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    taken_back = revocations(parties, BEGIN, END, parties.city)

    def on(day: date) -> Opened | Unopened:
        return open_sealed(sealed, parties.agency, parties.trust, day, taken_back)

    assert on(date(2024, 1, 9)) == Opened(CONTENT, "131041")
    assert code_of(on(date(2024, 1, 10))) is EnvelopeCode.REVOKED
    assert code_of(on(date(2028, 1, 1))) is EnvelopeCode.REVOKED


def test_a_revocation_of_another_certificate_changes_nothing(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    taken_back = revocations(parties, BEGIN, END, parties.other_city)
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON, taken_back)
    assert outcome == Opened(CONTENT, "131041")


def test_a_list_of_revocations_that_has_run_out_is_not_believed(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    old = revocations(parties, date(2023, 1, 1), date(2023, 12, 31))
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON, old)
    assert code_of(outcome) is EnvelopeCode.REVOCATION_UNKNOWN
    future = revocations(parties, date(2024, 2, 1), date(2024, 12, 31))
    outcome = open_sealed(sealed, parties.agency, parties.trust, ON, future)
    assert code_of(outcome) is EnvelopeCode.REVOCATION_UNKNOWN


def test_what_may_be_told_of_an_altered_envelope_never_depends_on_chance(parties: Parties) -> None:
    sealed = seal(CONTENT, parties.city, parties.agency.certificate)
    after_the_signature = {EnvelopeCode.EXPIRED, EnvelopeCode.WRONG_USAGE, EnvelopeCode.REVOKED}
    for place in range(0, len(sealed), 7):
        outcome = open_sealed(altered(sealed, place / len(sealed), 1), parties.agency, parties.trust, ON)
        if isinstance(outcome, Unopened):
            assert outcome.code not in after_the_signature
    assert after_the_signature < TELLABLE
