"""The signature covers exactly the published target: built here from the figures, not from the profile."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample

RESIDENCE_ITEMS = (
    ("card_expiry", 8),
    ("birth", 8),
    ("sex", 1),
    ("nationality", 3),
    ("status_code", 10),
    ("period", 4),
    ("permission_type", 2),
    ("permission_date", 8),
    ("work_restriction", 1),
    ("period_expiry", 8),
)


def first_target(values: dict[str, bytes]) -> bytes:
    return values["face_image"].ljust(7000, b"\0") + values["photo"].ljust(3000, b"\0")


def second_target(values: dict[str, bytes], items: tuple[tuple[str, int], ...]) -> bytes:
    text = b"".join(values[name].ljust(size, b"\0") for name, size in items)
    return (
        text.ljust(53, b"\0") + values["photo"].ljust(3000, b"\0") + values["name_image"].ljust(2500, b"\0")
    )


def target_of(kind: CardType, values: dict[str, bytes]) -> bytes:
    match kind:
        case CardType.RESIDENCE_1 | CardType.SPECIAL_PERMANENT_1:
            return first_target(values)
        case CardType.RESIDENCE_2 | CardType.SPECIFIED_RESIDENCE:
            return second_target(values, RESIDENCE_ITEMS)
        case _:
            return second_target(values, RESIDENCE_ITEMS[:6])


def verify(values: dict[str, bytes], target: bytes) -> None:
    key: Any = x509.load_der_x509_certificate(values["certificate"]).public_key()
    signature = values["signature"]
    if isinstance(key, rsa.RSAPublicKey):
        assert len(signature) == 256
        key.verify(signature, target, padding.PKCS1v15(), hashes.SHA256())
        return
    assert len(signature) == 96
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(encode_dss_signature(r, s), target, ec.ECDSA(hashes.SHA256()))


SIGNED = [kind for kind in CardType if kind is not CardType.PROPOSAL_2011]


@pytest.mark.parametrize("kind", SIGNED)
def test_a_changed_byte_anywhere_in_the_target_breaks_the_signature(kind: CardType) -> None:
    values = dict(issue_sample(kind, seed=4).content.values)
    target = target_of(kind, values)
    for place in (0, len(target) // 2, len(target) - 1):
        changed = target[:place] + bytes([target[place] ^ 1]) + target[place + 1 :]
        with pytest.raises(InvalidSignature):
            verify(values, changed)


@pytest.mark.parametrize("kind", SIGNED)
def test_the_signature_holds_over_the_published_target(kind: CardType) -> None:
    values = dict(issue_sample(kind, seed=4).content.values)
    target = target_of(kind, values)
    first = kind in (CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1)
    assert len(target) == (10000 if first else 5553)
    verify(values, target)


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_2, CardType.SPECIAL_PERMANENT_2])
def test_a_card_under_one_year_is_signed_without_a_photo(kind: CardType) -> None:
    values = dict(issue_sample(kind, seed=4, age=0).content.values)
    assert values["photo"] == b""
    verify(values, target_of(kind, values))
