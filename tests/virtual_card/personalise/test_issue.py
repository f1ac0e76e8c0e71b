"""Whole cards from people's records."""

from dataclasses import replace
from datetime import date

import pytest

from virtual_card.cardfile import Card, dump, load
from virtual_card.errors import CardUsageError
from virtual_card.faces import SPECIAL, Item, differences, printed_date
from virtual_card.layouts import CardType, Generation, profile_of
from virtual_card.people import PERMANENT_RESIDENT, sample_holder
from virtual_card.personalise.fonts import VARIABLE
from virtual_card.personalise.issue import VALID_ON, card_expiry, issue, issue_sample
from virtual_card.personalise.quirks import Quirk

ISSUED = [kind for kind in CardType if kind is not CardType.PROPOSAL_2011]
OLD, NEW = date(2025, 4, 1), date(2026, 7, 1)


def is_first(kind: CardType) -> bool:
    return profile_of(kind).generation is Generation.FIRST


@pytest.mark.parametrize("number", ["", "aa12345678bb", "AA12345678BB "])
def test_a_number_of_the_wrong_shape_never_becomes_a_card(number: str) -> None:
    with pytest.raises(CardUsageError, match="not a card number"):
        issue_sample(CardType.RESIDENCE_2, seed=1, number=number)


@pytest.mark.parametrize("kind", ISSUED)
def test_a_card_is_refused_on_a_day_on_which_its_type_is_not_issued(kind: CardType) -> None:
    with pytest.raises(CardUsageError, match="No card of type"):
        issue_sample(kind, seed=1, issued=NEW if is_first(kind) else OLD)


def test_a_card_that_was_never_issued_is_refused_here() -> None:
    with pytest.raises(CardUsageError, match="never issued"):
        issue_sample(CardType.PROPOSAL_2011, seed=1)


def test_a_day_before_the_test_pki_is_refused() -> None:
    with pytest.raises(CardUsageError, match="No test authority"):
        issue_sample(CardType.RESIDENCE_1, seed=1, issued=date(2013, 1, 1))


def test_words_too_long_for_the_chip_are_refused_with_their_field() -> None:
    holder = replace(sample_holder(1, issued=OLD), individual_permission="許可" * 60)
    with pytest.raises(CardUsageError, match="permission_individual"):
        issue(holder, CardType.RESIDENCE_1, "AA12345678BB", OLD).content.files()


def last_day(card: Card) -> str:
    assert card.face is not None
    return card.face.items[Item.CARD_EXPIRY]


@pytest.mark.parametrize("kind", ISSUED)
def test_a_card_without_a_day_of_issue_is_valid_on_the_day_for_which_it_is_made(kind: CardType) -> None:
    for seed in range(12):
        made = issue_sample(kind, seed=seed, on=VALID_ON)
        assert last_day(made) >= printed_date(VALID_ON)  # years stand first, so words sort as days do
        assert not any("is valid on" in note for note in made.origin.notes)


def test_only_a_stay_that_is_too_short_is_drawn_again() -> None:
    changed = []
    for seed in range(12):
        usual = issue_sample(CardType.RESIDENCE_1, seed=seed)
        made = issue_sample(CardType.RESIDENCE_1, seed=seed, on=date(2026, 5, 1))
        if dump(made) != dump(usual):
            changed.append(seed)
            assert last_day(usual) < printed_date(date(2026, 5, 1)) <= last_day(made)
            assert made.face is not None and usual.face is not None
            assert made.face.items[Item.NAME] == usual.face.items[Item.NAME]
    assert changed


def test_a_card_that_cannot_be_valid_on_that_day_says_so() -> None:
    """A child's card of the first generation ends with the sixteenth birthday, however long the stay."""
    made = issue_sample(CardType.RESIDENCE_1, seed=3, age=15, on=VALID_ON)
    assert any("is valid on 2029-12-31: this one ends on 202" in note for note in made.origin.notes)


def test_a_day_before_the_usual_one_is_the_day_of_issue_and_none_may_precede_it() -> None:
    assert issue_sample(CardType.RESIDENCE_2, seed=1, on=date(2026, 6, 20)).origin.issued == date(2026, 6, 20)
    with pytest.raises(CardUsageError, match="before it is issued"):
        issue_sample(CardType.RESIDENCE_2, seed=1, issued=NEW, on=date(2026, 6, 20))


@pytest.mark.parametrize("kind", ISSUED)
@pytest.mark.parametrize("fonts", ["machine", "none"])
def test_the_same_seed_gives_the_same_card_file_with_and_without_a_japanese_font(
    kind: CardType, fonts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fonts == "none":
        monkeypatch.setenv(VARIABLE, "none")
    first, second = (dump(issue_sample(kind, seed=11, number="AA12345678BB")) for _ in range(2))
    assert first == second
    assert first != dump(issue_sample(kind, seed=12, number="AA12345678BB"))


@pytest.mark.parametrize("kind", ISSUED)
def test_a_card_comes_back_whole_from_its_file_and_fills_its_files(kind: CardType) -> None:
    card = issue_sample(kind, seed=3)
    again = load(dump(card), "card.json")
    assert again.content == card.content
    assert again.face == card.face
    sizes = {spec.key: spec.capacity for spec in profile_of(kind).files}
    assert {key: len(raw) for key, raw in card.content.files().items()} == sizes


@pytest.mark.parametrize("kind", ISSUED)
def test_a_genuine_card_bears_all_its_fields_and_its_face_agrees_with_its_chip(kind: CardType) -> None:
    card = issue_sample(kind, seed=3)
    assert card.face is not None
    values = card.content.filled()
    assert set(values) == set(profile_of(kind).fields)
    assert differences(card.face, values) == ()
    for name, picture in card.face.images.items():
        assert values[name] == picture


@pytest.mark.parametrize("kind", ISSUED)
def test_without_a_japanese_font_text_fields_are_complete_and_the_notes_say_what_is_drawn(
    kind: CardType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_font = issue_sample(kind, seed=3, written=True)
    monkeypatch.setenv(VARIABLE, "none")
    without = issue_sample(kind, seed=3, written=True)
    pictures = {"face_image", "name_image", "address_image", "signature", "certificate"}
    for name, value in without.content.values.items():
        assert name in pictures or value == with_font.content.values[name]
    assert any("empty boxes" in note for note in without.origin.notes)


@pytest.mark.parametrize("kind", [kind for kind in ISSUED if is_first(kind)])
def test_a_first_generation_card_under_sixteen_has_neither_photo_nor_signature(kind: CardType) -> None:
    card = issue_sample(kind, seed=3, age=15)
    assert card.content.values["photo"] == b""
    assert not {"signature", "certificate"} & set(card.content.values)
    assert any("neither signature nor certificate" in note for note in card.origin.notes)
    files = card.content.files()
    # Tags and lengths stay where they are, as Ver1.5 §6.2 tells; only the values are blank.
    assert files["DF1", "EF02"] == bytes.fromhex("D1820BB8") + bytes(3000)


@pytest.mark.parametrize("kind", [kind for kind in ISSUED if not is_first(kind)])
def test_a_later_card_under_one_year_has_no_photo_and_is_signed(kind: CardType) -> None:
    card = issue_sample(kind, seed=3, age=0)
    assert card.content.values["photo"] == b""
    assert len(card.content.values["signature"]) == 96
    assert issue_sample(kind, seed=3, age=1).content.values["photo"]


def test_the_certificate_fills_its_field_with_nul_on_the_first_generation_only() -> None:
    first = issue_sample(CardType.RESIDENCE_1, seed=3).content.files()["DF3", "EF01"]
    assert first[256 + 4 :][:4] == bytes.fromhex("DB8204B0") and first.endswith(bytes(100))
    padded = issue_sample(CardType.RESIDENCE_2, seed=3, quirk=Quirk.NUL_PADDED)
    assert len(padded.content.values["certificate"]) == 602


def test_an_endorsement_stands_on_the_back_and_on_the_chip_only_when_written() -> None:
    plain, written = (
        issue_sample(CardType.RESIDENCE_1, seed=3, endorsed=True, written=yes) for yes in (False, True)
    )
    assert plain.face and written.face
    assert plain.face.items[Item.BACK_ADDRESS] == written.face.items[Item.BACK_ADDRESS] != ""
    assert plain.content.values["address"] == b""
    assert written.content.values["address"].decode() == written.face.items[Item.BACK_ADDRESS]
    assert plain.content.values["signature"] == written.content.values["signature"]


@pytest.mark.parametrize("kind", [kind for kind in ISSUED if not is_first(kind)])
def test_what_is_printed_stays_as_it_is_when_an_endorsement_is_written_to_the_chip(kind: CardType) -> None:
    bare, plain, written = (
        issue_sample(kind, seed=3, endorsed=endorsed, written=on_chip)
        for endorsed, on_chip in ((False, False), (True, False), (True, True))
    )
    assert bare.face and plain.face and written.face
    assert "back_address_image" not in bare.face.images
    assert written.face == plain.face
    front, back = (written.face.images[name] for name in ("address_image", "back_address_image"))
    assert front == bare.face.images["address_image"] != back
    assert plain.content.values["address_image"] == front
    assert written.content.values["address_image"] == back


def test_the_written_address_image_is_outside_the_signature() -> None:
    plain, written = (
        issue_sample(CardType.RESIDENCE_2, seed=3, endorsed=True, written=yes) for yes in (False, True)
    )
    assert plain.content.values["address_image"] != written.content.values["address_image"]
    assert plain.content.values["signature"] == written.content.values["signature"]


@pytest.mark.parametrize(
    ("kind", "issued", "age", "permanent", "expected"),
    [
        (CardType.RESIDENCE_1, OLD, 40, True, date(2032, 4, 1)),
        (CardType.RESIDENCE_1, date(2023, 10, 31), 15, True, date(2024, 3, 1)),
        (CardType.RESIDENCE_1, date(2023, 11, 1), 15, True, date(2024, 2, 29)),
        (CardType.RESIDENCE_1, OLD, 15, True, date(2026, 2, 28)),
        (CardType.SPECIAL_PERMANENT_1, OLD, 40, True, date(2032, 3, 1)),
        (CardType.RESIDENCE_1, OLD, 40, False, date(2026, 4, 1)),
        (CardType.RESIDENCE_2, NEW, 40, True, date(2036, 3, 1)),
        (CardType.RESIDENCE_2, NEW, 15, True, date(2031, 3, 1)),
        (CardType.SPECIAL_PERMANENT_2, NEW, 40, True, date(2036, 3, 1)),
        (CardType.RESIDENCE_2, NEW, 40, False, date(2027, 7, 1)),
    ],
)
def test_a_card_ends_with_the_stay_or_with_the_rule_for_permanent_residents(
    kind: CardType, issued: date, age: int, permanent: bool, expected: date
) -> None:
    holder = replace(
        sample_holder(1, issued=issued, special_permanent=kind in SPECIAL),
        birth=date(issued.year - age - (0 if kind and issued.month > 2 else 1), 3, 1),
        period_expiry=None if permanent else date(issued.year + 1, issued.month, 1),
    )
    if kind not in SPECIAL:
        code = PERMANENT_RESIDENT if permanent else "T000000101"
        holder = replace(holder, status_code=code)
    assert card_expiry(holder, kind, issued) == expected


@pytest.mark.parametrize("kind", [CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1])
def test_a_childs_card_of_2016_ends_on_the_sixteenth_birthday(kind: CardType) -> None:
    child = replace(sample_holder(1, issued=OLD), birth=date(2006, 2, 27), period_expiry=None)
    assert card_expiry(child, kind, date(2016, 5, 9)) == date(2022, 2, 27)
    assert card_expiry(replace(child, period_expiry=date(2019, 5, 9)), kind, date(2016, 5, 9)) == date(
        2019, 5, 9
    )
