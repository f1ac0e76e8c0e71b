"""Attestations: what is signed, by whom, and that another program can check it."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from typer.testing import CliRunner

from conformance import commands
from conformance.attest import PREDICATE, STATEMENT, fingerprint, keygen, opened, public_of, signer_of
from conformance.bundle import requirements_text
from sim.base.errors import UsageError
from tests.conformance.bundle_helpers import CHALLENGE, KEY, OTHER_KEY, ROLE, bundle

CLI = CliRunner()
OPENSSL_VERIFY = ("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pub", "-rawin")


def envelope(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "attestation.dsse.json").read_bytes())
    return found


def statement(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(envelope(folder)["payload"]))
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- keys -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(UsageError, match="the key cannot be used") as caught:
        signer_of(text, "signing.key")
    assert caught.value.where == "signing.key"
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())], ids=["rsa", "ec"]
)
def test_a_key_of_another_kind_is_refused(key: Any) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(UsageError, match="another kind"):
        signer_of(pem, "signing.key")


def test_a_key_behind_a_pass_phrase_is_refused() -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    with pytest.raises(UsageError, match="the key cannot be used"):
        signer_of(pem.decode(), "signing.key")


def test_a_private_key_is_no_public_key() -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UsageError, match="the key cannot be used"):
        public_of(pem, "signing.pub")


def test_keygen_makes_a_pair_and_never_overwrites_one(tmp_path: Path) -> None:
    done = CLI.invoke(commands.app, ["keygen", "--out", str(tmp_path / "keys")])
    assert done.exit_code == 0, done.output
    private, public = tmp_path / "keys" / "signing.key", tmp_path / "keys" / "signing.pub"
    assert signer_of(private.read_text(), "x").public == public.read_text()
    assert fingerprint(public.read_text()) in done.output
    before = private.read_bytes()
    with pytest.raises(UsageError, match="the keys cannot be written"):
        keygen(tmp_path / "keys")
    private.unlink()
    with pytest.raises(UsageError, match="the keys cannot be written"):
        keygen(tmp_path / "keys")
    assert not private.exists() and before


# --- the statement --------------------------------------------------------------------------------------
def test_the_statement_names_implementation_plan_requirements_and_manifest(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    told = statement(folder)
    assert (told["_type"], told["predicateType"]) == (STATEMENT, PREDICATE)
    assert envelope(folder)["payloadType"] == "application/vnd.in-toto+json"
    subjects = {one["name"]: one["digest"]["sha256"] for one in told["subject"]}
    assert subjects == {
        "implementation:住基ワークス@3.2": "ab" * 32,
        "plan.toml": sha256(folder / "plan.toml"),
        "requirements:current": hashlib.sha256(requirements_text(ROLE, "current").encode()).hexdigest(),
        "manifest.json": sha256(folder / "manifest.json"),
    }


def test_the_predicate_tells_what_came_of_it_and_that_nobody_issued_it(tmp_path: Path) -> None:
    told = statement(bundle(tmp_path, signed=True))["predicate"]
    assert told["counts"] == {"FAIL": 1, "PASS": 1}
    assert told["challenge"] == CHALLENGE
    assert told["certificate"]["granted"] is False and "failed" in told["certificate"]["reasons"]
    assert told["implementationDigestOf"] == "delivery"
    assert told["issuedByAnAuthority"] is False


# --- signatures -----------------------------------------------------------------------------------------
def test_the_signer_opens_what_it_signed_and_nobody_else_does() -> None:
    signed = KEY.sign(b'{"a":1}')
    assert opened(signed, KEY.public) == b'{"a":1}'
    with pytest.raises(UsageError, match="the signature does not hold"):
        opened(signed, OTHER_KEY.public)


def test_another_key_under_the_same_name_does_not_open_it() -> None:
    signed = json.loads(OTHER_KEY.sign(b"{}"))
    signed["signatures"][0]["keyid"] = KEY.fingerprint
    with pytest.raises(UsageError, match="the signature does not hold"):
        opened(json.dumps(signed).encode(), KEY.public)


@pytest.mark.parametrize("key", ["payload", "payloadType", "signatures"])
def test_nothing_of_an_envelope_can_be_changed_or_left_out(key: str) -> None:
    signed = json.loads(KEY.sign(b'{"a":1}'))
    other = json.loads(KEY.sign(b'{"a":2}'))
    changed = {"payload": other["payload"], "payloadType": "text/plain", "signatures": other["signatures"]}
    for broken in (signed | {key: changed[key]}, {name: signed[name] for name in signed if name != key}):
        with pytest.raises(UsageError, match="the signature does not hold"):
            opened(json.dumps(broken).encode(), KEY.public)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"{", b'{"payload": 1, "payloadType": "x", "signatures": []}']
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="the signature does not hold"):
        opened(data, KEY.public)


def test_signing_twice_gives_the_same_bytes() -> None:
    assert KEY.sign(b"{}") == KEY.sign(b"{}")


@pytest.mark.real_peer
def test_openssl_verifies_the_signature_over_the_pre_authentication_encoding(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    folder = bundle(tmp_path, signed=True)
    found = envelope(folder)
    payload = base64.b64decode(found["payload"])
    kind = found["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    (tmp_path / "key.pub").write_text(
        json.loads((folder / "manifest.json").read_bytes())["signed_by"]["public_key"]
    )
    (tmp_path / "signature").write_bytes(base64.b64decode(found["signatures"][0]["sig"]))

    def verify(message: bytes) -> int:
        (tmp_path / "message").write_bytes(message)
        return subprocess.run(
            [*OPENSSL_VERIFY, "-in", "message", "-sigfile", "signature"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode

    assert verify(pae) == 0
    assert verify(pae + b" ") != 0
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", "key.pub", "-outform", "DER"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    assert hashlib.sha256(der).hexdigest() == KEY.fingerprint == found["signatures"][0]["keyid"]


@pytest.mark.real_peer
def test_a_key_of_openssl_signs_bundles(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem"], cwd=tmp_path, check=True
    )
    signer = signer_of((tmp_path / "key.pem").read_text(), "key.pem")
    assert opened(signer.sign(b"{}"), signer.public) == b"{}"
