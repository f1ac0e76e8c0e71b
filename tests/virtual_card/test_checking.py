"""From options to a judged card: whom `read` trusts, and what it says of cards that are not signed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.virtual_card.test_card_commands import card, issue
from virtual_card.authorities import PINNED
from virtual_card.checking import TEST_FILE, anchors_of
from virtual_card.personalise.pki import impostor
from virtual_card.reader.verify import pinned_test_anchors

KINDS = pytest.mark.parametrize("kind", ["1", "2", "05", "06", "07", "08"])


def judged(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = card("read", "--card", "card.json", "--json", *options, cwd=folder)
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


@pytest.fixture
def authority(tmp_path: Path) -> str:
    """The certificate of an authority that is none of ours, where the agency's would be."""
    path = tmp_path / "agency.cer"
    path.write_bytes(impostor("ecdsa-p384", date(2026, 7, 1)).certificate)
    return str(path)


@KINDS
def test_who_trusts_a_genuine_authority_does_not_trust_keys_that_anybody_can_make(
    kind: str, tmp_path: Path, authority: str
) -> None:
    issue(tmp_path, kind)
    code, document = judged(tmp_path, "--ca", authority)
    assert code == 1
    assert document["verdict"] == "FORGED"
    assert [each["reason"] for each in document["reasons"]] == ["chain_unknown_ca"]


@KINDS
def test_test_authorities_are_trusted_beside_a_genuine_one_when_somebody_asks_for_it(
    kind: str, tmp_path: Path, authority: str
) -> None:
    issue(tmp_path, kind)
    code, document = judged(tmp_path, "--ca", authority, "--also-test-ca")
    assert code == 0
    assert document["signature"]["test_authority"] is True


@KINDS
def test_a_test_authority_in_the_users_own_file_is_still_told_to_be_one(kind: str, tmp_path: Path) -> None:
    issue(tmp_path, kind)
    (tmp_path / "tests.pem").write_text("".join(PINNED.values()))
    code, document = judged(tmp_path, "--ca", "tests.pem")
    assert code == 0
    assert document["signature"]["test_authority"] is True
    assert any("TEST authority" in limit for limit in document["limits"])


def test_authorities_are_trusted_once_each(authority: str) -> None:
    assert anchors_of(None) == pinned_test_anchors()
    assert [each.test for each in anchors_of([authority, authority])] == [False]
    both = anchors_of([authority], also_test=True)
    assert {each.certificate.fingerprint for each in both} == {
        each.certificate.fingerprint for each in (*anchors_of(None), *anchors_of([authority]))
    }
    assert len(both) == len(anchors_of(None)) + 1


@pytest.mark.parametrize("kind", ["1", "2"])
def test_the_reading_of_a_childs_unsigned_card_file_says_that_it_is_a_test_card(
    kind: str, tmp_path: Path
) -> None:
    issue(tmp_path, kind, "card.json", "--age", "8")
    code, document = judged(tmp_path)
    assert code == 1
    assert [each["reason"] for each in document["reasons"]] == ["signature_not_made"]
    assert TEST_FILE in document["limits"]
    assert f"limit: {TEST_FILE}" in card("read", "--card", "card.json", cwd=tmp_path).stdout


@KINDS
def test_whatever_a_card_file_holds_its_reading_says_test(kind: str, tmp_path: Path) -> None:
    issue(tmp_path, kind)
    _, document = judged(tmp_path)
    assert any("TEST" in limit for limit in document["limits"])
    assert TEST_FILE not in document["limits"]  # the certificate says so already
    for forgery in ("unknown_ca", "blank", "wrong_number_printed"):
        card("forge", "card.json", "--forgery", forgery, "--out", "forged.json", cwd=tmp_path)
        done = card("read", "--card", "forged.json", "--json", cwd=tmp_path)
        assert TEST_FILE in json.loads(done.stdout)["limits"]
