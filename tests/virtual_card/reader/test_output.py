"""What is shown of a card, and what is not shown of one that may be genuine."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, day, reading, sample
from virtual_card.forgeries import exhibit
from virtual_card.layouts import CardType
from virtual_card.personalise.pki import AUTHORITIES
from virtual_card.reader.authenticity import AtHand, judge
from virtual_card.reader.certificates import anchors_in
from virtual_card.reader.extract import extract
from virtual_card.reader.output import as_json, as_text, json_text, printable
from virtual_card.reader.reading import Problem
from virtual_card.reader.redact import HIDDEN, detail, is_test_card
from virtual_card.reader.verify import pinned_test_anchors
from virtual_card.verdicts import Reason, Verdict

EVERY_TYPE = pytest.mark.parametrize("card_type", ISSUED_TYPES)


def shown(card_type: CardType, *, hidden: bool, forgery: str | None = None) -> str:
    """Both outputs of a card that is compared with everything there is."""
    case = exhibit(sample(card_type), forgery)
    got = reading(case.card)
    at_hand = AtHand(case.card.face, case.register, frozenset({NUMBER}))
    found = judge(got, pinned_test_anchors(), case.on, at_hand)
    taken = extract(got)
    document = json.dumps(as_json(got, found, taken, hidden=hidden), ensure_ascii=False)
    return document + "\n".join(as_text(got, found, taken, hidden=hidden))


@EVERY_TYPE
@pytest.mark.parametrize("forgery", [None, "face_differs", "altered_address", "face_expiry_extended"])
def test_nothing_of_face_chip_or_register_stands_in_a_redacted_output(
    card_type: CardType, forgery: str | None
) -> None:
    case = exhibit(sample(card_type), forgery)
    assert case.card.face is not None
    told = shown(card_type, hidden=True, forgery=forgery)
    secrets = {NUMBER, *case.card.face.items.values(), *case.register.values()}
    for name, value in case.card.content.values.items():
        if case.card.content.profile.fields[name].kind.value in ("text", "date", "code") and len(value) > 2:
            secrets.add(value.decode())
    # Shorter ones stand in other words; that every value is hidden, whatever its length, is another test.
    secrets = {words for words in secrets if len(words) > 4}
    assert len(secrets) > 5
    for secret in secrets:
        assert secret not in told, secret
    assert HIDDEN in told


@EVERY_TYPE
def test_the_same_output_unredacted_shows_what_the_chip_holds(card_type: CardType) -> None:
    told = shown(card_type, hidden=False)
    assert NUMBER in told
    assert HIDDEN not in told
    for name in ("birth", "card_expiry", "nationality"):
        value = sample(card_type).content.values.get(name)
        assert value is None or value.decode() in told


@EVERY_TYPE
def test_redacted_outputs_keep_verdict_reasons_lengths_and_kinds(card_type: CardType) -> None:
    got = reading(sample(card_type))
    found = judge(got, pinned_test_anchors(), day(card_type))
    plain, hidden = (as_json(got, found, extract(got), hidden=each) for each in (False, True))
    assert hidden["verdict"] == plain["verdict"] == Verdict.GENUINE.value
    for name in ("authority", "authority_sha256", "holds", "oddities", "signed", "test_authority"):
        assert hidden["signature"][name] == plain["signature"][name]
    assert hidden["signature"]["certificate"]["issuer"] == plain["signature"]["certificate"]["issuer"]
    for one, other in zip(plain["fields"], hidden["fields"], strict=True):
        assert {**one, "value": None} == {**other, "value": None}
        free = one["name"] in ("spec_version", "card_type")
        assert other["value"] == (one["value"] if free or not one["value"] else HIDDEN)
    for item in hidden["extract"]["items"]:
        assert item["value"] in (None, "", HIDDEN)
        assert item["words"] in (None, "", HIDDEN)


@EVERY_TYPE
@pytest.mark.parametrize("on", [date(2010, 1, 1), date(2026, 9, 1), date(2060, 1, 1)], ids=str)
def test_nothing_that_only_this_cards_certificate_has_stands_in_a_redacted_output(
    card_type: CardType, on: date
) -> None:
    got = reading(sample(card_type))
    found = judge(got, pinned_test_anchors(), on)
    assert found.check is not None
    certificate = found.check.certificate
    assert certificate is not None
    told = json.dumps(as_json(got, found, extract(got), hidden=True), ensure_ascii=False)
    told += "\n".join(as_text(got, found, extract(got), hidden=True))
    for secret in (
        certificate.not_before,
        certificate.not_after,
        certificate.serial,
        certificate.fingerprint,
    ):
        assert str(secret) not in told
    assert certificate.subject not in told
    assert certificate.issuer in told


@pytest.mark.parametrize("reason", [Reason.CHAIN_EXPIRED, Reason.UNSIGNED_DIFFERS, Reason.CARD_EXPIRED])
def test_details_that_quote_days_or_content_of_a_card_are_hidden(reason: Reason) -> None:
    problem = Problem(reason, "somewhere", "the card's certificate: 2026-07-01 to 2031-08-01")
    assert detail(problem, hidden=True) == HIDDEN
    assert detail(problem, hidden=False) == problem.detail


def test_why_a_certificate_cannot_be_read_is_not_told_in_a_redacted_output() -> None:
    card = sample(CardType.RESIDENCE_2)
    values = {**card.content.values, "certificate": b"\x30\x03\x0c\x01x"}
    got = reading(replace(card, content=replace(card.content, values=values)))
    found = judge(got, pinned_test_anchors(), day(CardType.RESIDENCE_2))
    (problem,) = (each for each in found.problems if each.reason is Reason.CERTIFICATE_UNREADABLE)
    assert problem.detail in "\n".join(as_text(got, found, extract(got), hidden=False))
    assert problem.detail not in "\n".join(as_text(got, found, extract(got), hidden=True))


STEERING = "\x1b[2J\x07\x7f\x9b1A\r\u202e\u2066\u200f\u061c\u2028"


def test_a_chip_cannot_steer_the_terminal_nor_forge_a_line() -> None:
    card = sample(CardType.RESIDENCE_1)
    address = f"東京都{STEERING}\nGENUINE on 2026-09-01"
    values = {**card.content.values, "address": address.encode(), "permission_comprehensive": b"\x1b]0;x\x07"}
    content = replace(card.content, values=values, overrides={"MF/EF02": b"\xc1\x05\x1b[31m"})
    got = reading(replace(card, content=content))
    found = judge(got, pinned_test_anchors(), day(CardType.RESIDENCE_1), AtHand(card.face))
    assert got.text("address") == address
    assert "\x1b" in got.declared
    lines = as_text(got, found, extract(got), hidden=False)
    document = as_json(got, found, extract(got), hidden=False)
    for line in (*lines, *json_text(document).split("\n")):
        assert line.isprintable() or not any(unicodedata.category(each)[0] == "C" for each in line), line
        assert not set(line) & set(STEERING.replace("[2J", "").replace("1A", ""))
    assert [line for line in lines if line.startswith("GENUINE")] == []
    assert any("東京都\\u001B[2J" in line and "\\u202E" in line for line in lines)
    assert json.loads(json_text(document)) == document


@given(st.text())
def test_what_is_printable_has_no_control_or_direction_and_what_is_none_stays(text: str) -> None:
    for sign in printable(text):
        assert unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert json.loads(json_text({"x": text})) == {"x": text}


def test_names_in_kanji_with_their_variants_are_printed_as_they_are() -> None:
    assert printable("葛\U000e0100城 𠮷野　～") == "葛\U000e0100城 𠮷野　～"


def test_a_card_that_chains_to_another_authority_is_no_test_card() -> None:
    got = reading(sample(CardType.RESIDENCE_2))
    on = day(CardType.RESIDENCE_2)
    assert is_test_card(judge(got, pinned_test_anchors(), on))
    assert not is_test_card(judge(got, anchors_in(AUTHORITIES[-2].certificate, "ca.cer"), on))
    assert not is_test_card(judge(got, (), on))


@EVERY_TYPE
def test_the_same_reading_gives_the_same_bytes(card_type: CardType) -> None:
    assert shown(card_type, hidden=False) == shown(card_type, hidden=False)


def test_every_key_of_a_reading_is_documented() -> None:
    documented = Path(__file__).parents[3].joinpath("docs", "cards.md").read_text(encoding="utf-8")
    table = documented.partition("**`renkei-reading/1`**")[2].partition("**`renkei-extract/1`**")[0]
    got = reading(sample(CardType.RESIDENCE_2))
    found = judge(got, pinned_test_anchors(), day(CardType.RESIDENCE_2))
    document = as_json(got, found, extract(got), hidden=False)
    for key in set(document) - {"format"}:
        assert f"`{key}`" in table, key
    for key in set(document["signature"]) - {"authority_sha256"}:
        assert f"`{key}`" in table, key
