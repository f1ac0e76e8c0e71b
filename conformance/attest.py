"""Attestation of a bundle: an in-toto Statement in a DSSE envelope, signed with Ed25519.

The statement names four subjects by their SHA-256: what was tested, the plan, the requirements that it was
scored by, and the bundle's manifest, which has the digest of every other file. Its predicate says what came
of the run. The signature proves who holds the key, and nothing else: nobody has authorised any key.

Sources: in-toto Attestation Framework, Statement v1; DSSE v1.0.2 (pre-authentication encoding); RFC 8032, RFC
8410 (Ed25519 and its PEM).
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SigningError
from securesystemslib.signer import CryptoSigner, SSlibKey

from conformance.results import MANIFEST_FILE, PLAN_FILE, Results
from sim.base.errors import UsageError

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PAYLOAD: Final = "application/vnd.in-toto+json"
PREDICATE: Final = "urn:renkei:conformance-result:v1"
SCHEME: Final = "ed25519"

PRIVATE_FILE: Final = "signing.key"
PUBLIC_FILE: Final = "signing.pub"

REMEDY: Final = "`renkei conform keygen --out DIR` makes a pair of keys"
EXPECTED: Final = "an Ed25519 key in PEM, without a pass phrase"


class Signer:
    """A private key that signs bundles."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = public_pem(key.public_key())
        self.fingerprint = fingerprint(self.public)

    def sign(self, statement: bytes) -> bytes:
        """The statement in a signed envelope: the file `attestation.dsse.json`."""
        envelope = Envelope(statement, PAYLOAD, {})
        known = SSlibKey.from_crypto(self._key.public_key(), self.fingerprint, SCHEME)
        envelope.sign(CryptoSigner(self._key, known))
        return _json(envelope.to_dict())


def signer_of(pem: str, where: str) -> Signer:
    """The signer of a private key. The key never enters a message.

    Raises:
        UsageError: it is no such key.
    """
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(where, "no such key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(where, f"a key of another kind: {type(key).__name__}")
    return Signer(key)


def public_of(pem: bytes, where: str) -> str:
    """A public key as we write it, from PEM.

    Raises:
        UsageError: it is no such key.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(where, "no such key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(where, f"a key of another kind: {type(key).__name__}")
    return public_pem(key)


def public_pem(key: Ed25519PublicKey) -> str:
    """A public key in PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(public: str) -> str:
    """The SHA-256 of a public key's DER, as `openssl pkey -pubin -outform DER | sha256sum` gives it."""
    der = load_pem_public_key(public.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def statement(results: Results, plan: bytes, requirements: str, manifest: bytes) -> bytes:
    """The in-toto Statement of a bundle. `requirements`: the set that it was scored by, as its file."""
    product = results.implementation
    described = _json(msgspec.to_builtins(product))
    name, version = results.called
    told = {
        "_type": STATEMENT,
        "subject": [
            _subject(
                f"implementation:{name}@{version}",
                product.digest.removeprefix("sha256:") or hashlib.sha256(described).hexdigest(),
            ),
            *_partner(results),
            _subject(PLAN_FILE, hashlib.sha256(plan).hexdigest()),
            _subject(f"requirements:{results.set}", hashlib.sha256(requirements.encode()).hexdigest()),
            _subject(MANIFEST_FILE, hashlib.sha256(manifest).hexdigest()),
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "implementation": msgspec.to_builtins(product),
            # Every subject needs a digest; a product that the plan gives none of is known by its name only.
            "implementationDigestOf": "delivery" if product.digest else "identification",
            **({} if results.partner is None else {"partner": msgspec.to_builtins(results.partner)}),
            "harness": f"renkei {results.harness}",
            "role": results.role,
            "profile": results.profile,
            "set": results.set,
            "selected": results.selected,
            "challenge": results.challenge,
            "only": results.only,
            "stopped": results.stopped,
            "verdict": results.verdict,
            "counts": results.counts,
            "certificate": {
                "kind": results.certificate.kind,
                "granted": results.granted,
                "reasons": [one.code for one in results.certificate.reasons],
                "remarks": [one.code for one in results.certificate.remarks],
            },
            "issuedByAnAuthority": False,
        },
    }
    return _json(told)


def opened(envelope: bytes, public: str) -> bytes:
    """The statement in an envelope, if the key signed it.

    Raises:
        UsageError: it is no envelope, holds something else, or the key did not sign it.
    """
    try:
        found = Envelope.from_dict(json.loads(envelope))
        key = SSlibKey.from_crypto(load_pem_public_key(public.encode()), fingerprint(public), SCHEME)
        if found.payload_type != PAYLOAD:
            raise ValueError(f"payloadType {found.payload_type}")
        found.verify([key], 1)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SigningError) as error:
        raise UsageError(
            "the signature does not hold",
            expected=f"an envelope signed with the key {fingerprint(public)}",
            received=str(error) or type(error).__name__,
        ) from error
    return bytes(found.payload)


def keygen(out: Path) -> tuple[Path, Path, str]:
    """Makes a pair of keys in a folder: (private file, public file, fingerprint). Nothing is overwritten.

    Raises:
        UsageError: there is a key already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = public_pem(key.public_key())
    files = ((out / PRIVATE_FILE, private, 0o600), (out / PUBLIC_FILE, public.encode(), 0o644))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, _, _ in files:
            if path.exists() or path.is_symlink():
                raise FileExistsError(None, "a key is there already", str(path))
        for path, content, mode in files:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened_file:
                opened_file.write(content)
    except OSError as error:
        raise UsageError(
            "the keys cannot be written",
            where=str(error.filename or out),
            received=str(error.strerror),
            remedy="give another folder: a key is never overwritten",
        ) from error
    return files[0][0], files[1][0], fingerprint(public)


def _partner(results: Results) -> list[dict[str, Any]]:
    """The product at the other end as a subject, where there is one."""
    other = results.partner
    if other is None:
        return []
    described = _json(msgspec.to_builtins(other))
    digest = other.digest.removeprefix("sha256:") or hashlib.sha256(described).hexdigest()
    return [_subject(f"partner:{other.name}@{other.version}", digest)]


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def _no_key(where: str, received: str) -> UsageError:
    return UsageError(
        "the key cannot be used", where=where, expected=EXPECTED, received=received, remedy=REMEDY
    )
