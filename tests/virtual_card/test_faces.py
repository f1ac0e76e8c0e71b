"""The table printed face × chip field × generation × date, and what follows from it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.faces import (
    ITEM_NAMES,
    ITEM_NAMES_EN,
    SPECIAL,
    TABLE,
    Held,
    Item,
    PrintedFace,
    Row,
    Side,
    chip_values,
    differences,
    face_items,
    has_photo,
    is_issued_on,
    rows_of,
    words_of_chip,
)
from virtual_card.layouts import CardType, Generation, profile_of
from virtual_card.people import Holder, sample_endorsement, sample_holder

LAST_OLD, FIRST_NEW = date(2026, 6, 13), date(2026, 6, 14)
NEW = [kind for kind in TABLE if profile_of(kind).generation is not Generation.FIRST]
OLD = [kind for kind in TABLE if kind not in NEW]


def day_of(kind: CardType) -> date:
    return FIRST_NEW if kind in NEW else LAST_OLD


def holder_of(kind: CardType, seed: int = 5) -> Holder:
    holder = sample_holder(seed, issued=day_of(kind), special_permanent=kind in SPECIAL)
    return replace(
        holder,
        comprehensive_permission="1",
        comprehensive_expiry=date(2027, 1, 31),
        application_pending=True,
        endorsements=(sample_endorsement(Draws(seed, "move"), day_of(kind) + timedelta(days=9)),),
    )


def face_of(kind: CardType, holder: Holder) -> PrintedFace:
    items = face_items(holder, kind, number="AA12345678BB", issued=day_of(kind), card_expiry=date(2030, 1, 2))
    return PrintedFace(kind, items, {})


def row(kind: CardType, item: Item) -> Row:
    return next(row for row in rows_of(kind) if row.item is item)


@pytest.mark.parametrize("kind", OLD)
def test_no_first_generation_card_is_issued_from_the_day_of_the_second(kind: CardType) -> None:
    assert is_issued_on(kind, LAST_OLD)
    with pytest.raises(CardUsageError, match="2026-06-13"):
        rows_of(kind, FIRST_NEW)


@pytest.mark.parametrize("kind", NEW)
def test_no_later_card_is_issued_before_its_day(kind: CardType) -> None:
    assert is_issued_on(kind, FIRST_NEW)
    with pytest.raises(CardUsageError, match="2026-06-14 or later"):
        rows_of(kind, LAST_OLD)


def test_a_card_that_was_never_issued_has_no_face() -> None:
    assert not is_issued_on(CardType.PROPOSAL_2011, FIRST_NEW)
    with pytest.raises(CardUsageError, match="never issued"):
        rows_of(CardType.PROPOSAL_2011)


@pytest.mark.parametrize("kind", TABLE)
def test_every_field_of_the_table_is_a_field_of_the_chip_and_every_row_has_its_source(kind: CardType) -> None:
    fields = profile_of(kind).fields
    for each in TABLE[kind]:
        assert each.field is None or each.field in fields
        assert (each.field is None) == (each.held is Held.NOT_HELD)
        assert each.source
    items = [each.item for each in TABLE[kind]]
    assert len(items) == len(set(items))


@pytest.mark.parametrize("kind", TABLE)
def test_what_the_table_calls_signed_is_what_the_profile_signs(kind: CardType) -> None:
    signed = {name for part in profile_of(kind).signed for name in part.fields}
    for each in TABLE[kind]:
        assert each.signed == (each.field in signed), each


@pytest.mark.parametrize(
    "kind", [kind for kind in NEW if kind not in SPECIAL], ids=lambda kind: f"type {kind}"
)
def test_new_cards_print_no_period_permission_or_issue_date_although_the_chip_holds_two_of_them(
    kind: CardType,
) -> None:
    printed = face_of(kind, holder_of(kind)).items
    for item in (Item.PERIOD, Item.PERMISSION_TYPE, Item.PERMISSION_DATE, Item.ISSUED):
        assert item not in printed
        assert row(kind, item).side is Side.NOT_PRINTED
        assert row(kind, item).doubt
    values = chip_values(holder_of(kind), kind, card_expiry=date(2030, 1, 2))
    assert values["period"] and values["permission_type"] and values["permission_date"]
    assert row(kind, Item.ISSUED).field is None


def test_old_cards_print_all_of_them_and_hold_them_as_an_image_only() -> None:
    kind = CardType.RESIDENCE_1
    printed = face_of(kind, holder_of(kind)).items
    for item in (Item.PERIOD, Item.PERMISSION_TYPE, Item.PERMISSION_DATE, Item.ISSUED):
        assert printed[item]
        assert row(kind, item).held is Held.IMAGE


def test_certificates_of_special_permanent_residents_print_no_status() -> None:
    for kind in TABLE:
        assert (Item.STATUS in face_of(kind, holder_of(kind)).items) == (kind not in SPECIAL)


@pytest.mark.parametrize(
    ("kind", "birth", "expected"),
    [
        (CardType.RESIDENCE_1, date(2009, 4, 2), False),
        (CardType.RESIDENCE_1, date(2009, 4, 1), True),
        (CardType.SPECIAL_PERMANENT_1, date(2009, 4, 2), False),
    ],
)
def test_the_first_generation_has_a_photo_from_sixteen_years(
    kind: CardType, birth: date, expected: bool
) -> None:
    assert has_photo(kind, birth, date(2025, 4, 1)) is expected


@pytest.mark.parametrize("kind", NEW)
def test_later_cards_have_a_photo_from_the_first_birthday(kind: CardType) -> None:
    assert not has_photo(kind, date(2025, 7, 2), date(2026, 7, 1))
    assert has_photo(kind, date(2025, 7, 1), date(2026, 7, 1))


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("written", [False, True])
def test_a_genuine_card_shows_no_difference_whether_or_not_its_chip_was_written(
    kind: CardType, written: bool
) -> None:
    holder = holder_of(kind)
    values = chip_values(holder, kind, card_expiry=date(2030, 1, 2), written=written)
    number = {"number": b"AA12345678BB"} if "number" in profile_of(kind).fields else {}
    assert differences(face_of(kind, holder), {**values, **number}) == ()


def test_the_chips_place_of_residence_stays_empty_while_writing_is_suspended() -> None:
    kind = CardType.RESIDENCE_1
    holder = holder_of(kind)
    assert chip_values(holder, kind, card_expiry=date(2030, 1, 2))["address"] == b""
    written = chip_values(holder, kind, card_expiry=date(2030, 1, 2), written=True)
    assert written["address"].decode() == holder.endorsements[-1].address
    assert written["address_date"] == b"20260622"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth", b"19000101"),
        ("sex", b"3"),
        ("nationality", b"USA"),
        ("card_expiry", b"20991231"),
        ("status_code", b"T000000303"),
        ("comprehensive_permission", b"0" + bytes(6)),
        ("application_pending", b"0"),
        ("number", b"ZZ99999999ZZ"),
    ],
)
def test_a_text_of_the_chip_that_differs_from_the_face_is_found(field: str, value: bytes) -> None:
    kind = CardType.RESIDENCE_2
    holder = replace(holder_of(kind), nationality="BRA", status_code="T000000101")
    values = chip_values(holder, kind, card_expiry=date(2030, 1, 2)) | {"number": b"AA12345678BB"}
    found = differences(face_of(kind, holder), {**values, field: value})
    assert [difference.row.field for difference in found] == [field]
    assert found[0].on_face != found[0].on_chip


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (Item.BIRTH, b"\xff\xfe"),
        (Item.BIRTH, b"1990"),
        (Item.SEX, b"7"),
        (Item.STATUS, b"A123456789"),
        (Item.PERIOD, b"abcd"),
        (Item.NAME, b"II*\0"),
    ],
)
def test_what_the_chip_cannot_tell_is_not_made_up(item: Item, value: bytes) -> None:
    assert words_of_chip(row(CardType.RESIDENCE_2, item), value) is None


def test_every_item_has_a_label_in_both_languages() -> None:
    assert set(ITEM_NAMES) == set(ITEM_NAMES_EN) == set(Item)
