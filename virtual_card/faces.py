"""The printed face as a record, and what passes between face, person and chip by the table of `face_table`.

`face_items` says what a card's face bears, `chip_values` what its chip holds, `differences` where the two do
not agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from virtual_card.face_table import (
    FIRST_CARDS_FROM,
    ITEM_NAMES,
    ITEM_NAMES_EN,
    NEW_CARDS_FROM,
    SPECIAL,
    TABLE,
    Held,
    Item,
    Row,
    Side,
    has_photo,
    is_issued_on,
    rows_of,
)
from virtual_card.layouts import CardType, Generation, profile_of
from virtual_card.people import (
    COMPREHENSIVE_PERMISSIONS,
    NATIONALITIES,
    PERMISSION_TYPES,
    SEX_NAMES,
    STATUSES,
    WORK_RESTRICTIONS,
    Holder,
    period_words,
)

__all__ = [
    "ALSO_PRINTED",
    "FIRST_CARDS_FROM",
    "ITEM_NAMES",
    "ITEM_NAMES_EN",
    "NEW_CARDS_FROM",
    "PRINTED_IMAGES",
    "SPECIAL",
    "TABLE",
    "Difference",
    "Held",
    "Item",
    "PrintedFace",
    "Row",
    "Side",
    "chip_values",
    "differences",
    "face_items",
    "has_photo",
    "is_issued_on",
    "printed_date",
    "printed_name",
    "rows_of",
    "words_of_chip",
]


PRINTED_IMAGES: Final = ("face_image", "name_image", "address_image", "back_address_image", "photo")
"""The pictures of a face: those that a chip's field of that name holds, and the back's place of residence."""
ALSO_PRINTED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"address_image": ("back_address_image",)}
)
"""What a chip's image may show instead of the picture of its name: the address that was written to it."""


@dataclass(frozen=True, slots=True)
class PrintedFace:
    """What a person or a scanner sees of a card: words by item, pictures by the chip field that they match.

    `items` holds the printed words (`Item` → text; an item that is not printed is not there). `images` holds
    pictures of printed areas in the chip's own formats (`PRINTED_IMAGES`), so that face and chip compare
    without any character recognition. They show what is printed, whatever is written to the chip later.
    """

    card_type: CardType
    items: Mapping[str, str]
    images: Mapping[str, bytes]


def printed_date(day: date | None) -> str:
    """A date as cards print it, or nothing."""
    return "" if day is None else f"{day.year:04d}年{day.month:02d}月{day.day:02d}日"


def printed_name(holder: Holder) -> str:
    """The Latin name, and the kanji name on a second line (notice 582 of 2011: Latin is the rule)."""
    return f"{holder.name}\n{holder.kanji_name}" if holder.kanji_name else holder.name


def face_items(
    holder: Holder, card_type: CardType, *, number: str, issued: date, card_expiry: date
) -> dict[str, str]:
    """The words that a card of this type bears when it is issued to `holder`: the printed rows of the table.

    Raises:
        CardUsageError: when that type is not issued on that day.
    """
    last = holder.endorsements[-1] if holder.endorsements else None
    words = {
        Item.NUMBER: number,
        Item.NAME: printed_name(holder),
        Item.BIRTH: printed_date(holder.birth),
        Item.SEX: SEX_NAMES[holder.sex],
        Item.NATIONALITY: NATIONALITIES[holder.nationality],
        Item.ADDRESS: holder.address or "未定（届出後裏面に記載）",
        Item.STATUS: holder.status.name,
        Item.WORK_RESTRICTION: WORK_RESTRICTIONS[holder.work_restriction],
        Item.PERIOD: period_words(holder.period),
        Item.PERIOD_EXPIRY: printed_date(holder.period_expiry),
        Item.PERMISSION_TYPE: PERMISSION_TYPES[holder.permission_type],
        Item.PERMISSION_DATE: printed_date(holder.permission_date),
        Item.ISSUED: printed_date(issued),
        Item.CARD_EXPIRY: printed_date(card_expiry),
        Item.BACK_ADDRESS_DATE: printed_date(last.on) if last else "",
        Item.BACK_ADDRESS_MUNICIPALITY: f"{last.municipality}長" if last else "",
        Item.BACK_ADDRESS: last.address if last else "",
        Item.COMPREHENSIVE_PERMISSION: COMPREHENSIVE_PERMISSIONS[holder.comprehensive_permission],
        Item.COMPREHENSIVE_EXPIRY: printed_date(holder.comprehensive_expiry),
        Item.INDIVIDUAL_PERMISSION: holder.individual_permission,
        Item.APPLICATION_PENDING: "申請中" if holder.application_pending else "",
    }
    return {
        row.item: words[row.item]
        for row in rows_of(card_type, issued)
        if row.side is not Side.NOT_PRINTED and row.item is not Item.PHOTO
    }


def words_of_chip(row: Row, value: bytes) -> str | None:
    """The words that the face must bear when the chip's field of `row` holds `value` (padding cut off).

    None when the chip cannot tell: it holds an image, only that there is something, or a code that this
    house's tables do not know.
    """
    if row.held not in (Held.TEXT, Held.CODE):
        return None
    try:
        text = value.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return None
    if row.item in _DATES:
        return _date_words(text)
    if row.field == "individual_permission":
        return "" if text in ("", "0") else None
    if row.field in ("permission_individual", "permission_comprehensive"):
        return text
    if row.item in _CODED:
        return _CODED[row.item].get(text)
    if row.item is Item.BACK_ADDRESS_MUNICIPALITY:
        return None
    if row.item is Item.PERIOD:
        return period_words(text) if text.isascii() and text.isdigit() and len(text) in (3, 4) else None
    return text


_DATES: Final = frozenset(
    {
        Item.BIRTH,
        Item.PERIOD_EXPIRY,
        Item.PERMISSION_DATE,
        Item.CARD_EXPIRY,
        Item.COMPREHENSIVE_EXPIRY,
        Item.BACK_ADDRESS_DATE,
    }
)
_CODED: Final[Mapping[Item, Mapping[str, str]]] = MappingProxyType(
    {
        Item.SEX: {str(sex): name for sex, name in SEX_NAMES.items()},
        Item.NATIONALITY: NATIONALITIES,
        Item.STATUS: {code: status.name for code, status in STATUSES.items()},
        Item.WORK_RESTRICTION: WORK_RESTRICTIONS,
        Item.PERMISSION_TYPE: PERMISSION_TYPES,
        Item.COMPREHENSIVE_PERMISSION: {"": "", **COMPREHENSIVE_PERMISSIONS},
        Item.APPLICATION_PENDING: {"": "", "0": "", "1": "申請中"},
    }
)


def _date_words(text: str) -> str | None:
    if not text.strip():
        return ""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    return f"{text[:4]}年{text[4:6]}月{text[6:]}日"


@dataclass(frozen=True, slots=True)
class Difference:
    """A printed item that is not what the chip's field says; `on_chip` in printed words."""

    row: Row
    on_face: str
    on_chip: str


def differences(face: PrintedFace, values: Mapping[str, bytes]) -> tuple[Difference, ...]:
    """Where the printed words differ from the chip's text and codes, in the table's order.

    `values` are the chip's fields by name. Pictures are not compared here, nor anything the chip cannot tell.
    A back address that the chip does not hold is no difference: municipalities write the back while writing
    to the chip is suspended (as decided in 2011; whether it began since is unresolved).
    """
    found = []
    for row in rows_of(face.card_type):
        if row.side is Side.NOT_PRINTED or row.field is None or row.item not in face.items:
            continue
        value = values.get(row.field, b"")
        if row.item in _WRITTEN_LATER and not value.strip(b"\0"):
            continue
        words = words_of_chip(row, value)
        if words is not None and words != face.items[row.item]:
            found.append(Difference(row, face.items[row.item], words))
    return tuple(found)


_WRITTEN_LATER: Final = frozenset({Item.BACK_ADDRESS_DATE, Item.BACK_ADDRESS_MUNICIPALITY, Item.BACK_ADDRESS})


def chip_values(
    holder: Holder, card_type: CardType, *, card_expiry: date, written: bool = False
) -> dict[str, bytes]:
    """The text and code fields that a chip of this type holds for `holder`.

    `written`: the municipality wrote the last endorsement to the chip too. It does not while writing is
    suspended (as decided in 2011), so the chip's place of residence is empty then whatever the back says.

    Images, photo, signature and certificate are made elsewhere; version, type and number follow from the
    profile (`CardContent`). Fields that this type does not have are not in the answer. Text is UTF-8 without
    byte order mark (both specifications say so).
    """
    profile = profile_of(card_type)
    last = holder.endorsements[-1] if holder.endorsements and written else None
    pending = b"1" if holder.application_pending else b"0"
    if profile.generation is Generation.FIRST:
        comprehensive = COMPREHENSIVE_PERMISSIONS[holder.comprehensive_permission]
        values = {
            "address_date": _digits(last.on) if last else b"",
            "address_municipality": last.municipality_code.encode() if last else b"",
            "address": last.address.encode() if last else b"",
            "permission_comprehensive": comprehensive.encode(),
            "permission_individual": holder.individual_permission.encode(),
            "application_pending": pending,
        }
    else:
        values = {
            "card_expiry": _digits(card_expiry),
            "birth": _digits(holder.birth),
            "sex": holder.sex.encode(),
            "nationality": holder.nationality.encode(),
            "status_code": holder.status_code.encode(),
            "period": holder.period.encode(),
            "permission_type": holder.permission_type.encode(),
            "permission_date": _digits(holder.permission_date),
            "work_restriction": holder.work_restriction.encode(),
            "period_expiry": _digits(holder.period_expiry),
            "comprehensive_permission": holder.comprehensive_permission.encode(),
            "comprehensive_expiry": _digits(holder.comprehensive_expiry),
            "individual_permission": b"1" if holder.individual_permission else b"0",
            "application_pending": pending,
            "commissioner_note": b"0",
            "reserved_text": b"",
        }
    return {name: value for name, value in values.items() if name in profile.fields}


def _digits(day: date | None) -> bytes:
    return b"" if day is None else day.strftime("%Y%m%d").encode()
