"""The test PKI: what its certificates say, what they are for, and what reaches the disk."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import stat
import subprocess
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sim.base.errors import UsageError
from sim.base.instant import JAPAN
from sim.exchange import pki
from sim.exchange.pki import Authority, Identity, Usage

BEGIN, END = date(2019, 4, 1), date(2029, 3, 31)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return pki.make_authority(BEGIN, END)


@pytest.fixture(scope="module")
def city(authority: Authority) -> Identity:
    return pki.issue(authority, "131041", 1, Usage.ENVELOPE)


def test_a_certificate_names_the_test_organisation_and_its_holder(
    authority: Authority, city: Identity
) -> None:
    for certificate in (authority.certificate, city.certificate):
        (organisation,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert organisation.value == "renkei test PKI, not issued by any authority"
    assert pki.common_name(city.certificate) == city.name == "131041"
    assert pki.common_name(authority.certificate) == "renkei test root"


def test_the_root_is_an_authority_and_an_end_certificate_is_not(authority: Authority, city: Identity) -> None:
    def of(one: Identity) -> tuple[bool, bool]:
        extensions = one.certificate.extensions
        return (
            extensions.get_extension_for_class(x509.BasicConstraints).value.ca,
            extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign,
        )

    assert of(authority) == (True, True)
    assert of(city) == (False, False)
    city.certificate.verify_directly_issued_by(authority.certificate)


def test_an_envelope_certificate_signs_and_receives_keys_and_names_no_other_purpose(city: Identity) -> None:
    extensions = city.certificate.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.data_encipherment) == (True, True, False)
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_the_ends_of_a_link_have_one_purpose_each_and_only_the_server_has_addresses(
    authority: Authority,
) -> None:
    server = pki.issue(authority, "agency", 2, Usage.TLS_SERVER).certificate.extensions
    client = pki.issue(authority, "131041", 3, Usage.TLS_CLIENT).certificate.extensions
    assert list(server.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert list(client.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    names = server.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    with pytest.raises(x509.ExtensionNotFound):
        client.get_extension_for_class(x509.SubjectAlternativeName)


def test_mutual_tls_stands_between_a_server_and_a_client_of_one_authority(tmp_path: Path) -> None:
    # The handshake reads the real clock.
    authority = pki.make_authority(date(2019, 4, 1), date(2049, 12, 31))
    pki.save(tmp_path, authority)
    pki.save(tmp_path, pki.issue(authority, "agency", 2, Usage.TLS_SERVER))
    pki.save(tmp_path, pki.issue(authority, "131041", 3, Usage.TLS_CLIENT))

    def context(purpose: ssl.Purpose, name: str) -> ssl.SSLContext:
        made = ssl.create_default_context(purpose, cafile=tmp_path / "authority.cert.pem")
        made.load_cert_chain(tmp_path / f"{name}.cert.pem", tmp_path / f"{name}.key.pem")
        made.verify_mode = ssl.CERT_REQUIRED
        made.verify_flags |= ssl.VERIFY_X509_STRICT
        return made

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = dict(pair for ((pair),) in writer.get_extra_info("peercert")["subject"])
        writer.write(peer["commonName"].encode())
        await writer.drain()
        writer.close()

    async def talk() -> bytes:
        server_side = context(ssl.Purpose.CLIENT_AUTH, "agency")
        async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=server_side) as server:
            port = server.sockets[0].getsockname()[1]
            client_side = context(ssl.Purpose.SERVER_AUTH, "131041")
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_side)
            said = await reader.read()
            writer.close()
            return said

    assert asyncio.run(talk()) == b"131041"


@pytest.mark.real_peer
def test_openssl_accepts_the_chain_for_each_usage(
    authority: Authority, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("openssl is not installed: install the package `openssl`")
    pki.save(tmp_path, authority)
    purposes = {
        Usage.ENVELOPE: "smimesign",
        Usage.TLS_SERVER: "sslserver",
        Usage.TLS_CLIENT: "sslclient",
    }
    moment = int(datetime(2024, 1, 1, tzinfo=JAPAN).timestamp())
    for number, (usage, purpose) in enumerate(purposes.items(), start=1):
        pki.save(tmp_path, pki.issue(authority, usage, number, usage))
        command = [openssl, "verify", "-x509_strict", "-attime", str(moment), "-purpose", purpose]
        command += ["-CAfile", str(tmp_path / "authority.cert.pem"), str(tmp_path / f"{usage}.cert.pem")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_serial_follows_from_name_and_usage() -> None:
    assert pki.serial_of("131041", Usage.ENVELOPE) == 898597681033292565
    serials = {pki.serial_of(f"{number:06}", usage) for number in range(2000) for usage in Usage}
    assert len(serials) == 2000 * len(Usage)
    assert min(serials) >= 1
    assert max(serials) < 2**62


@pytest.mark.parametrize("serial", [1, 255, 2**32, 2**62 - 1])
def test_certificates_of_one_name_have_one_size_whatever_their_serial_and_key(
    authority: Authority, city: Identity, serial: int
) -> None:
    other = pki.issue(authority, city.name, serial, Usage.ENVELOPE).certificate
    assert other.serial_number == 2**62 + serial
    assert len(other.public_bytes(Encoding.DER)) == len(city.certificate.public_bytes(Encoding.DER))


@pytest.mark.parametrize("serial", [-1, 0, 2**62])
def test_a_serial_out_of_range_is_refused(authority: Authority, serial: int) -> None:
    with pytest.raises(UsageError, match="out of range"):
        pki.issue(authority, "131041", serial, Usage.ENVELOPE)


@pytest.mark.parametrize("name", ["", ".", "../131041", "a/b", "a\\b", "-x", "a b", "x" * 65, "市", "a\n"])
def test_a_name_that_cannot_be_a_file_name_is_refused_everywhere(
    authority: Authority, city: Identity, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match="cannot name an identity"):
        pki.issue(authority, name, 9, Usage.ENVELOPE)
    with pytest.raises(UsageError, match="cannot name an identity"):
        pki.save(tmp_path, replace(city, name=name))
    with pytest.raises(UsageError, match="cannot name an identity"):
        pki.load(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_validity_in_dates_covers_whole_days_in_japan(authority: Authority) -> None:
    certificate = authority.certificate
    assert certificate.not_valid_before_utc == datetime(2019, 3, 31, 15, 0, 0, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(2029, 3, 31, 14, 59, 59, tzinfo=UTC)
    days = [BEGIN - timedelta(1), BEGIN, END, END + timedelta(1)]
    assert [pki.valid_on(certificate, day) for day in days] == [False, True, True, False]


def test_a_validity_in_moments_is_kept_to_the_second(authority: Authority) -> None:
    begin = datetime(2020, 1, 1, 12, 0, 0, tzinfo=JAPAN)
    end = datetime(2020, 1, 2, 12, 0, 0, tzinfo=JAPAN)
    short = pki.issue(authority, "131041", 4, Usage.ENVELOPE, not_before=begin, not_after=end).certificate
    second = timedelta(seconds=1)
    moments = [begin - second, begin, end, end + second]
    assert [pki.valid_on(short, moment) for moment in moments] == [False, True, True, False]
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)]
    assert [pki.valid_on(short, day) for day in days] == [False, True, True, False]


def test_an_end_certificate_is_valid_as_long_as_its_authority_unless_told_otherwise(
    authority: Authority, city: Identity
) -> None:
    assert city.certificate.not_valid_before_utc == authority.certificate.not_valid_before_utc
    assert city.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_a_moment_without_a_zone_and_a_validity_that_runs_backwards_are_refused(authority: Authority) -> None:
    with pytest.raises(UsageError, match="no zone"):
        pki.valid_on(authority.certificate, datetime(2020, 1, 1))
    with pytest.raises(UsageError, match="ends before it begins"):
        pki.make_authority(END, BEGIN)


def test_what_was_saved_is_loaded_and_the_key_is_the_owners_alone(city: Identity, tmp_path: Path) -> None:
    pki.save(tmp_path / "new" / "folder", city)
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == ["131041.cert.pem", "131041.key.pem"]
    assert stat.S_IMODE((folder / "131041.key.pem").stat().st_mode) == 0o600
    loaded = pki.load(folder, "131041")
    assert loaded == city
    assert loaded.key.private_numbers() == city.key.private_numbers()
    assert pki.load_certificate(folder, "131041") == city.certificate


def test_the_authority_is_loaded_by_its_name(authority: Authority, tmp_path: Path) -> None:
    pki.save(tmp_path, authority)
    assert pki.load_certificate(tmp_path, pki.AUTHORITY_NAME) == authority.certificate


def test_a_saved_key_is_never_overwritten(authority: Authority, city: Identity, tmp_path: Path) -> None:
    pki.save(tmp_path, city)
    with pytest.raises(UsageError, match="already"):
        pki.save(tmp_path, pki.issue(authority, city.name, 5, Usage.TLS_CLIENT))
    assert pki.load(tmp_path, city.name) == city


def test_a_folder_that_was_tampered_with_is_reported_and_not_loaded(
    authority: Authority, city: Identity, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        pki.load(tmp_path, "131041")
    pki.save(tmp_path, city)
    other = pki.issue(authority, "271004", 6, Usage.ENVELOPE)
    certificate, key = tmp_path / "131041.cert.pem", tmp_path / "131041.key.pem"
    certificate.write_bytes(other.certificate.public_bytes(Encoding.PEM))
    with pytest.raises(UsageError, match="another name"):
        pki.load(tmp_path, "131041")
    certificate.write_bytes(b"no certificate")
    with pytest.raises(UsageError, match="cannot be read"):
        pki.load(tmp_path, "131041")
    certificate.write_bytes(city.certificate.public_bytes(Encoding.PEM))
    elliptic = ec.generate_private_key(ec.SECP256R1())
    for wrong in (b"no key", elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())):
        key.write_bytes(wrong)
        with pytest.raises(UsageError, match="cannot be read"):
            pki.load(tmp_path, "131041")
    key.write_bytes(other.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UsageError, match="do not belong together"):
        pki.load(tmp_path, "131041")


def test_an_identity_is_frozen_and_does_not_print_its_key(city: Identity) -> None:
    with pytest.raises(FrozenInstanceError):
        city.name = "271004"  # type: ignore[misc]
    assert "key" not in repr(city)


# --- certificates that are taken back


def revoked(authority: Authority, *identities: Identity, number: int = 1) -> bytes:
    moment = datetime(2024, 1, 10, tzinfo=UTC)
    rows = {one.certificate.serial_number: (moment, pki.Reason.SUPERSEDED) for one in identities}
    return pki.revocation_list(authority, rows, number, date(2024, 1, 10), date(2024, 12, 31))


def test_the_same_revocations_give_the_same_bytes(authority: Authority, city: Identity) -> None:
    assert revoked(authority, city) == revoked(authority, city) != revoked(authority)


def test_a_list_says_who_was_taken_back_from_when_and_why(authority: Authority, city: Identity) -> None:
    found = pki.read_revocations(revoked(authority, city, number=7), authority.certificate)
    assert found.number == 7
    moment = datetime(2024, 1, 10, tzinfo=UTC)
    assert found.revoked == {city.certificate.serial_number: (moment, pki.Reason.SUPERSEDED)}
    assert [found.holds_on(date(2024, 1, 9)), found.holds_on(date(2024, 12, 31))] == [False, True]
    assert not found.holds_on(date(2025, 1, 1))


def test_a_list_of_a_namesake_and_bytes_that_are_none_are_refused(authority: Authority) -> None:
    stranger = pki.make_authority(BEGIN, END)
    with pytest.raises(UsageError, match="another authority"):
        pki.read_revocations(revoked(stranger), authority.certificate)
    whole = revoked(authority)
    for junk in (b"", b"no list", whole[:-60], whole.replace(b"X509 CRL", b"CERTIFICATE")):
        with pytest.raises(UsageError, match="no list"):
            pki.read_revocations(junk, authority.certificate)


def test_a_list_that_ends_before_it_begins_is_refused(authority: Authority) -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        pki.revocation_list(authority, {}, 1, date(2024, 1, 2), date(2024, 1, 1))


def test_each_usage_is_told_from_its_certificate(authority: Authority) -> None:
    for number, usage in enumerate(Usage, start=20):
        assert pki.usage_of(pki.issue(authority, "131041", number, usage).certificate) is usage
    assert pki.usage_of(authority.certificate) is None


@pytest.mark.real_peer
def test_openssl_refuses_what_our_list_takes_back(
    authority: Authority, city: Identity, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("openssl is not installed: install the package `openssl`")
    pki.save(tmp_path, authority)
    pki.save(tmp_path, city)
    moment = int(datetime(2024, 6, 1, tzinfo=JAPAN).timestamp())
    for rows, expected in (((), 0), ((city,), 2)):
        (tmp_path / "crl.pem").write_bytes(revoked(authority, *rows))
        command = [openssl, "verify", "-crl_check", "-attime", str(moment), "-CRLfile"]
        command += [str(tmp_path / "crl.pem"), "-CAfile", str(tmp_path / "authority.cert.pem")]
        done = subprocess.run(
            [*command, str(tmp_path / "131041.cert.pem")], capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, done.stderr
