"""Both ends of a link may have a key on P-256; nothing can be sealed for it."""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.serialization import Encoding

from sim.base.errors import UsageError
from sim.exchange import pki
from sim.exchange.pki import Authority, Usage


@pytest.fixture(scope="module")
def authority() -> Authority:
    return pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))


@pytest.mark.parametrize("usage", [Usage.ENVELOPE, Usage.SIGNING, Usage.ENCRYPTION])
def test_an_identity_for_links_serves_as_nothing_else(authority: Authority, usage: Usage) -> None:
    with pytest.raises(UsageError, match=usage):
        pki.issue_link(authority, "131041", 1, usage)


def test_an_identity_for_links_is_saved_and_loaded_and_never_taken_for_one_of_envelopes(
    authority: Authority, tmp_path: Path
) -> None:
    made = pki.issue_link(authority, "131041", 1, Usage.TLS_CLIENT)
    assert isinstance(made.key.curve, SECP256R1)
    assert pki.usage_of(made.certificate) is Usage.TLS_CLIENT
    pki.save(tmp_path, made)
    assert pki.load_link(tmp_path, "131041") == made
    with pytest.raises(UsageError, match="cannot be read"):
        pki.load(tmp_path, "131041")
    other = pki.issue_link(authority, "131041", 2, Usage.TLS_CLIENT)
    (tmp_path / "131041.cert.pem").write_bytes(other.certificate.public_bytes(Encoding.PEM))
    with pytest.raises(UsageError, match="do not belong together"):
        pki.load_link(tmp_path, "131041")


def test_a_server_is_certified_for_its_own_machine_and_the_names_it_is_given(authority: Authority) -> None:
    made = pki.issue_link(authority, "ISA", 1, Usage.TLS_SERVER, hosts=["ministry.test", "10.0.0.1"])
    names = made.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "ministry.test"]
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("127.0.0.1"), IPv4Address("10.0.0.1")]


def test_a_key_that_was_made_before_is_certified_as_it_is(authority: Authority) -> None:
    key = pki.new_key()
    assert pki.issue(authority, "131041", 3, Usage.ENVELOPE, key=key).key is key
