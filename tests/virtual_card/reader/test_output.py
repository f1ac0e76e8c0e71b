"""What is shown of a card, and what is not shown of one that may be genuine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, day, reading, sample
from virtual_card.forgeries import exhibit
from virtual_card.layouts import CardType
from virtual_card.personalise.pki import AUTHORITIES
from virtual_card.reader.authenticity import AtHand, judge
from virtual_card.reader.certificates import anchors_in
from virtual_card.reader.extract import extract
from virtual_card.reader.output import as_json, as_text
from virtual_card.reader.redact import HIDDEN, is_test_card
from virtual_card.reader.verify import pinned_test_anchors
from virtual_card.verdicts import Verdict

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
    assert hidden["signature"] == plain["signature"]
    for one, other in zip(plain["fields"], hidden["fields"], strict=True):
        assert {**one, "value": None} == {**other, "value": None}
        free = one["name"] in ("spec_version", "card_type")
        assert other["value"] == (one["value"] if free or not one["value"] else HIDDEN)
    for item in hidden["extract"]["items"]:
        assert item["value"] in (None, "", HIDDEN)
        assert item["words"] in (None, "", HIDDEN)


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
