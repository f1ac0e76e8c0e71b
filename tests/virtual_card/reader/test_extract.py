"""Text for the register: what the chip holds, byte for byte; what is only an image is keyed and counted."""

from __future__ import annotations

import pytest

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, reading, sample
from virtual_card.errors import CardFileError, CardUsageError
from virtual_card.faces import Item
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.personalise.proposal_2011 import issue_proposal
from virtual_card.reader.extract import SEVEN, Origin, as_json, extract, from_json, key_in
from virtual_card.reader.proposal import DIRECT, MEDIUM, direct, from_medium, to_medium

FIRST = (CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1)
PASSPHRASE = "twelve or more"


def test_the_seven_items_stand_in_the_order_of_the_material_of_2011() -> None:
    assert [item.value for item in SEVEN] == [
        "nationality",
        "name",
        "sex",
        "birth",
        "status",
        "period",
        "number",
    ]
    taken = extract(reading(issue_proposal(1, NUMBER)))
    assert tuple(each.item for each in taken.items) == SEVEN


@pytest.mark.parametrize("card_type", ISSUED_TYPES)
def test_every_value_is_what_its_file_holds_byte_for_byte(card_type: CardType) -> None:
    got = reading(sample(card_type))
    for each in extract(got).items:
        if each.origin is Origin.CHIP:
            assert each.field is not None
            assert (each.value or "").encode() == got.fields[each.field].value.rstrip(b"\0")
        else:
            assert each.value is None


@pytest.mark.parametrize("card_type", FIRST)
def test_a_first_generation_chip_holds_no_text_but_the_written_address(card_type: CardType) -> None:
    taken = extract(reading(issue_sample(card_type, seed=3, number=NUMBER, endorsed=True, written=True)))
    held = [each.item for each in taken.items if each.origin is Origin.CHIP]
    assert held == [Item.BACK_ADDRESS]
    assert Item.NAME in taken.open_items
    assert Item.NUMBER in taken.open_items
    assert not taken.item(Item.BACK_ADDRESS).signed


@pytest.mark.parametrize("card_type", [each for each in ISSUED_TYPES if each not in FIRST])
def test_later_chips_leave_name_and_address_to_be_keyed(card_type: CardType) -> None:
    taken = extract(reading(sample(card_type)))
    assert taken.open_items == (Item.NAME, Item.ADDRESS)
    assert taken.item(Item.PERIOD).value is not None  # not on the face of these cards, but on the chip
    assert not taken.item(Item.NUMBER).signed


def test_keying_is_counted_and_never_overwrites_the_chip() -> None:
    taken = extract(reading(sample(CardType.RESIDENCE_2)))
    assert taken.keyed == 0
    keyed = key_in(taken, "name", "グエン　ヴァン　アン")
    assert keyed.keyed == 1
    assert keyed.item(Item.NAME).origin is Origin.KEYED
    assert keyed.open_items == (Item.ADDRESS,)
    with pytest.raises(CardUsageError, match="does not hold"):
        key_in(keyed, "name", "SOMEBODY ELSE")
    with pytest.raises(CardUsageError, match="does not hold"):
        key_in(keyed, "birth", "20000101")
    with pytest.raises(CardUsageError, match="nothing was keyed"):
        key_in(keyed, "address", "")
    with pytest.raises(CardUsageError, match="address"):
        key_in(keyed, "adress", "x")


@pytest.mark.parametrize("card_type", [*ISSUED_TYPES])
def test_an_extract_survives_its_document(card_type: CardType) -> None:
    taken = key_in(extract(reading(sample(card_type))), "name", "髙橋 𠮷子")
    assert from_json(as_json(taken)) == taken


@pytest.mark.parametrize(
    "document", [None, [], {}, {"format": "renkei-extract/2"}, {"format": "renkei-extract/1"}]
)
def test_what_is_no_extract_is_refused(document: object) -> None:
    with pytest.raises(CardUsageError, match="no extract"):
        from_json(document)


def test_both_patterns_of_2011_give_identical_records_with_nothing_keyed() -> None:
    extracts = [extract(reading(issue_proposal(seed, NUMBER))) for seed in (1, 2, 3)]
    medium, use = to_medium(extracts, PASSPHRASE, bytes)
    by_medium, at_once = from_medium(medium, PASSPHRASE), direct(extracts)
    assert by_medium.records == at_once.records == tuple(extracts)
    assert (by_medium.pattern, at_once.pattern) == (MEDIUM, DIRECT)
    assert [each.keyed for each in by_medium.records] == [0, 0, 0]
    assert all(not each.open_items for each in by_medium.records)
    assert use.records == 3
    assert by_medium.log[0].sha256 == use.sha256
    assert any("guaranteed nothing" in note for note in at_once.notes)


def test_a_medium_holds_nothing_in_clear() -> None:
    taken = extract(reading(issue_proposal(1, NUMBER)))
    medium, _ = to_medium([taken], PASSPHRASE, bytes)
    for each in taken.items:
        assert each.value
        assert each.value.encode() not in medium


@pytest.mark.parametrize("at", [0, 8, 30, 36, -1])
def test_a_changed_medium_does_not_open(at: int) -> None:
    medium, _ = to_medium([extract(reading(issue_proposal(1, NUMBER)))], PASSPHRASE, bytes)
    changed = bytearray(medium)
    changed[at] ^= 1
    with pytest.raises(CardFileError):
        from_medium(bytes(changed), PASSPHRASE)


def test_another_passphrase_opens_nothing_and_a_short_one_seals_nothing() -> None:
    medium, _ = to_medium([], PASSPHRASE, bytes)
    with pytest.raises(CardFileError, match="another passphrase"):
        from_medium(medium, PASSPHRASE + "!")
    with pytest.raises(CardUsageError, match="too short"):
        to_medium([], "eleven char", bytes)


@pytest.mark.parametrize("medium", [b"", b"RNKMED01", b"USB stick", b"RNKMED01" + bytes(43)])
def test_what_is_no_medium_is_refused(medium: bytes) -> None:
    with pytest.raises(CardFileError, match="no medium"):
        from_medium(medium, PASSPHRASE)
