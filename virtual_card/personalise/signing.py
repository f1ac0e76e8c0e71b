"""The signature of a card, over exactly the target that its profile describes (Ver1.5 fig. 3-4, Ver1.1).

First generation: RSA-2048, PKCS #1 v1.5, SHA-256, 256 bytes. Second generation and specified cards: ECDSA
over P-384 with SHA-256, r and s of 48 bytes each one after the other. The specification's text says "ASN.1"
of the latter; the field's 96 bytes leave room for r ‖ s only (one source reads both).
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from virtual_card.layouts import CardProfile
from virtual_card.personalise.pki import SigningKey


def sign(profile: CardProfile, values: Mapping[str, bytes], key: SigningKey) -> bytes:
    """The signature field's bytes for a card with these values; the same bytes every time (RFC 6979)."""
    target = profile.signed_target(values)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(target, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(target, ECDSA(hashes.SHA256(), deterministic_signing=True)))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")
