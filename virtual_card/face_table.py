"""Printed face × chip field × generation × date of issue: one table, and what follows from it.

Two sources differ on cards issued from 2026-06-14. The Act as amended (Act 59 of 2024, bill text) takes the
period of stay, the permission's kind and date and the date of issue off the card. The chip specification of
that day (Ver1.1) still holds the period (CE) and the permission's kind and date (CA, CB). Both are right
here: the face follows the Act, the chip follows its specification, and a row says so. Whoever extracts a
period of stay for the register finds it in the chip only, and whoever expects it on the face is wrong.

Rows carry their source and, where there is one, the doubt. Issuing, drawing, forging and comparing all read
this table; nothing else in the room knows what stands where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardType, Generation, profile_of
from virtual_card.people import age_on

NEW_CARDS_FROM: Final = date(2026, 6, 14)
"""Act 59 of 2024 in force: second generation and specified cards are issued from this day on."""
FIRST_CARDS_FROM: Final = date(2012, 7, 9)
"""The first day of the residence card (Act 79 of 2009 in force)."""


class Item(StrEnum):
    """What can stand on a card, in the order in which a clerk reads it."""

    NUMBER = "number"
    NAME = "name"
    BIRTH = "birth"
    SEX = "sex"
    NATIONALITY = "nationality"
    ADDRESS = "address"
    STATUS = "status"
    WORK_RESTRICTION = "work_restriction"
    PERIOD = "period"
    PERIOD_EXPIRY = "period_expiry"
    PERMISSION_TYPE = "permission_type"
    PERMISSION_DATE = "permission_date"
    ISSUED = "issued"
    CARD_EXPIRY = "card_expiry"
    PHOTO = "photo"
    BACK_ADDRESS_DATE = "back_address_date"
    BACK_ADDRESS_MUNICIPALITY = "back_address_municipality"
    BACK_ADDRESS = "back_address"
    COMPREHENSIVE_PERMISSION = "comprehensive_permission"
    COMPREHENSIVE_EXPIRY = "comprehensive_expiry"
    INDIVIDUAL_PERMISSION = "individual_permission"
    APPLICATION_PENDING = "application_pending"


ITEM_NAMES: Final[Mapping[Item, str]] = MappingProxyType(
    {
        Item.NUMBER: "番号",
        Item.NAME: "氏名",
        Item.BIRTH: "生年月日",
        Item.SEX: "性別",
        Item.NATIONALITY: "国籍・地域",
        Item.ADDRESS: "住居地",
        Item.STATUS: "在留資格",
        Item.WORK_RESTRICTION: "就労制限の有無",
        Item.PERIOD: "在留期間",
        Item.PERIOD_EXPIRY: "在留期間満了日",
        Item.PERMISSION_TYPE: "許可の種類",
        Item.PERMISSION_DATE: "許可年月日",
        Item.ISSUED: "交付年月日",
        Item.CARD_EXPIRY: "有効期間満了日",
        Item.PHOTO: "写真",
        Item.BACK_ADDRESS_DATE: "届出年月日",
        Item.BACK_ADDRESS_MUNICIPALITY: "記載者",
        Item.BACK_ADDRESS: "住居地記載欄",
        Item.COMPREHENSIVE_PERMISSION: "資格外活動許可(包括)",
        Item.COMPREHENSIVE_EXPIRY: "資格外活動許可の期限",
        Item.INDIVIDUAL_PERMISSION: "資格外活動許可(個別)",
        Item.APPLICATION_PENDING: "在留期間更新等許可申請",
    }
)


ITEM_NAMES_EN: Final[Mapping[Item, str]] = MappingProxyType(
    {
        Item.NUMBER: "Number",
        Item.NAME: "Name",
        Item.BIRTH: "Birth",
        Item.SEX: "Sex",
        Item.NATIONALITY: "Nationality",
        Item.ADDRESS: "Address",
        Item.STATUS: "Status",
        Item.WORK_RESTRICTION: "Work",
        Item.PERIOD: "Period",
        Item.PERIOD_EXPIRY: "Stay until",
        Item.PERMISSION_TYPE: "Permission",
        Item.PERMISSION_DATE: "Permitted",
        Item.ISSUED: "Issued",
        Item.CARD_EXPIRY: "Valid until",
        Item.PHOTO: "Photo",
        Item.BACK_ADDRESS_DATE: "Filed",
        Item.BACK_ADDRESS_MUNICIPALITY: "Entered by",
        Item.BACK_ADDRESS: "New address",
        Item.COMPREHENSIVE_PERMISSION: "Comprehensive permission",
        Item.COMPREHENSIVE_EXPIRY: "Permission until",
        Item.INDIVIDUAL_PERMISSION: "Individual permission",
        Item.APPLICATION_PENDING: "Application",
    }
)


class Side(StrEnum):
    """Where an item is printed, if at all."""

    FRONT = "front"
    BACK = "back"
    NOT_PRINTED = "not_printed"


class Held(StrEnum):
    """How the chip holds an item: as text or code that a program may take over, or as a picture for eyes."""

    TEXT = "text"
    CODE = "code"
    IMAGE = "image"
    NOT_HELD = "not_held"


@dataclass(frozen=True, slots=True)
class Row:
    """One item on one kind of card: where it is printed and where the chip holds it.

    `field` names the chip's field (see `layouts`), or is None. `signed`: the card's signature covers it.
    """

    item: Item
    side: Side
    field: str | None
    held: Held
    signed: bool
    source: str
    doubt: str | None = None


_ACT = "Immigration Control Act 19-4 para. 1 before 2026-06-14"
_NEW_ACT = "Immigration Control Act 19-4 para. 1 as amended by Act 59 of 2024 (bill text)"
_SPECIAL_ACT = "Special Act article 8 para. 1"
_SPECIAL_DOUBT = "the items of the Special Act's article 8 are known from background only, unconfirmed"
_SPEC = "card specification Ver1.5 (001414093.pdf), DF1 and DF2"
_NEW_SPEC = "card specification, second generation, Ver1.1 (001460711.pdf)"
_OFF_FACE = (
    "the Act takes this off the card, the chip specification still holds it: face and chip differ in kind"
)


def _image(item: Item, field: str, source: str, doubt: str | None = None) -> Row:
    return Row(item, Side.FRONT, field, Held.IMAGE, True, source, doubt)


def _back(
    item: Item, field: str | None, source: str, *, held: Held = Held.TEXT, doubt: str | None = None
) -> Row:
    return Row(item, Side.BACK, field, held if field else Held.NOT_HELD, False, source, doubt)


_FIRST_PHOTO = Row(
    Item.PHOTO,
    Side.FRONT,
    "photo",
    Held.IMAGE,
    True,
    _SPEC,
    "no photo and no signature under 16 (one source)",
)
_FIRST_BACK: Final = (
    _back(
        Item.BACK_ADDRESS_DATE, "address_date", _SPEC, doubt="empty on the chip while writing is suspended"
    ),
    _back(
        Item.BACK_ADDRESS_MUNICIPALITY,
        "address_municipality",
        _SPEC,
        held=Held.CODE,
        doubt="the face bears the municipality's mark, the chip its code",
    ),
    _back(Item.BACK_ADDRESS, "address", _SPEC, doubt="empty on the chip while writing is suspended"),
)

_FIRST_RESIDENCE: Final = (
    *(
        _image(item, "face_image", _ACT)
        for item in (
            Item.NUMBER,
            Item.NAME,
            Item.BIRTH,
            Item.SEX,
            Item.NATIONALITY,
            Item.ADDRESS,
            Item.STATUS,
            Item.WORK_RESTRICTION,
            Item.PERIOD,
            Item.PERIOD_EXPIRY,
            Item.PERMISSION_TYPE,
            Item.PERMISSION_DATE,
            Item.ISSUED,
            Item.CARD_EXPIRY,
        )
    ),
    _FIRST_PHOTO,
    *_FIRST_BACK,
    _back(Item.COMPREHENSIVE_PERMISSION, "permission_comprehensive", _SPEC),
    _back(Item.INDIVIDUAL_PERMISSION, "permission_individual", _SPEC),
    _back(Item.APPLICATION_PENDING, "application_pending", _SPEC, held=Held.CODE),
)

_FIRST_SPECIAL: Final = (
    *(
        _image(item, "face_image", _SPECIAL_ACT, _SPECIAL_DOUBT)
        for item in (
            Item.NUMBER,
            Item.NAME,
            Item.BIRTH,
            Item.SEX,
            Item.NATIONALITY,
            Item.ADDRESS,
            Item.ISSUED,
            Item.CARD_EXPIRY,
        )
    ),
    _FIRST_PHOTO,
    *_FIRST_BACK,
)


def _second(special: bool, specified: bool) -> tuple[Row, ...]:
    act = _SPECIAL_ACT + ", from 2026-06-14" if special else _NEW_ACT
    general = _SPECIAL_DOUBT if special else None
    if specified:
        general = "what the face of an Individual Number Card shows of these items is assumed to be the same"

    def front(item: Item, field: str, held: Held, *, signed: bool = True, doubt: str | None = None) -> Row:
        return Row(item, Side.FRONT, field, held, signed, act, doubt or general)

    number_doubt = "the number stands in EF01, which the signature does not cover"
    rows = [
        front(Item.NUMBER, "number", Held.TEXT, signed=False, doubt=number_doubt),
        front(Item.NAME, "name_image", Held.IMAGE),
        front(Item.BIRTH, "birth", Held.TEXT),
        front(Item.SEX, "sex", Held.CODE),
        front(Item.NATIONALITY, "nationality", Held.CODE),
        front(
            Item.ADDRESS,
            "address_image",
            Held.IMAGE,
            signed=False,
            doubt="an image outside the signature: whether it follows an endorsement is not public",
        ),
        front(Item.CARD_EXPIRY, "card_expiry", Held.TEXT),
        Row(Item.PHOTO, Side.FRONT, "photo", Held.IMAGE, True, _NEW_SPEC, "none under one year (one source)"),
    ]
    off_face = Side.NOT_PRINTED
    status_doubt = "code table not public: TEST codes"
    if special:
        arithmetic = "held by type 06 as the size of its file implies; not printed, so nothing to compare"
        rows += [
            Row(Item.STATUS, off_face, "status_code", Held.CODE, True, _NEW_SPEC, arithmetic),
            Row(Item.PERIOD, off_face, "period", Held.CODE, True, _NEW_SPEC, arithmetic),
        ]
    else:
        rows += [
            front(Item.STATUS, "status_code", Held.CODE, doubt=status_doubt),
            front(Item.WORK_RESTRICTION, "work_restriction", Held.CODE),
            front(
                Item.PERIOD_EXPIRY, "period_expiry", Held.TEXT, doubt="whether 0000 periods leave it empty"
            ),
            Row(Item.PERIOD, off_face, "period", Held.CODE, True, _NEW_SPEC, _OFF_FACE),
            Row(Item.PERMISSION_TYPE, off_face, "permission_type", Held.CODE, True, _NEW_SPEC, _OFF_FACE),
            Row(Item.PERMISSION_DATE, off_face, "permission_date", Held.TEXT, True, _NEW_SPEC, _OFF_FACE),
            _back(
                Item.COMPREHENSIVE_PERMISSION,
                "comprehensive_permission",
                _NEW_SPEC,
                held=Held.CODE,
                doubt=None,
            ),
            _back(Item.COMPREHENSIVE_EXPIRY, "comprehensive_expiry", _NEW_SPEC),
            _back(
                Item.INDIVIDUAL_PERMISSION,
                "individual_permission",
                _NEW_SPEC,
                held=Held.CODE,
                doubt="the chip says only whether there is one; the words are printed",
            ),
            _back(Item.APPLICATION_PENDING, "application_pending", _NEW_SPEC, held=Held.CODE),
        ]
    issue_date = "neither printed nor held: the date of issue is known to the agency and the register only"
    back_doubt = "the chip holds the place of residence as one image; the back is in no field"
    rows += [
        Row(Item.ISSUED, off_face, None, Held.NOT_HELD, False, act, issue_date),
        _back(Item.BACK_ADDRESS_DATE, None, act, doubt=back_doubt),
        _back(Item.BACK_ADDRESS_MUNICIPALITY, None, act, doubt=back_doubt),
        _back(Item.BACK_ADDRESS, None, act, doubt=back_doubt),
    ]
    return tuple(rows)


TABLE: Final[Mapping[CardType, tuple[Row, ...]]] = MappingProxyType(
    {
        CardType.RESIDENCE_1: _FIRST_RESIDENCE,
        CardType.SPECIAL_PERMANENT_1: _FIRST_SPECIAL,
        CardType.RESIDENCE_2: _second(special=False, specified=False),
        CardType.SPECIAL_PERMANENT_2: _second(special=True, specified=False),
        CardType.SPECIFIED_RESIDENCE: _second(special=False, specified=True),
        CardType.SPECIFIED_SPECIAL_PERMANENT: _second(special=True, specified=True),
    }
)

SPECIAL: Final = frozenset(
    {
        CardType.SPECIAL_PERMANENT_1,
        CardType.SPECIAL_PERMANENT_2,
        CardType.SPECIFIED_SPECIAL_PERMANENT,
    }
)
"""Certificates of special permanent residents (特別永住者証明書), specified ones included."""


def is_issued_on(card_type: CardType, day: date) -> bool:
    """Whether this type of card is issued on that day at all."""
    if _is_first(card_type):
        return FIRST_CARDS_FROM <= day < NEW_CARDS_FROM
    return card_type in TABLE and day >= NEW_CARDS_FROM


def _is_first(card_type: CardType) -> bool:
    return profile_of(card_type).generation is Generation.FIRST


def rows_of(card_type: CardType, issued: date | None = None) -> tuple[Row, ...]:
    """The table's rows for a card of this type, issued on that day where it is known.

    Raises:
        CardUsageError: when no card of that type was issued on that day, or ever.
    """
    if card_type not in TABLE:
        raise CardUsageError(
            "Cards of this type were never issued: nothing is known of their printed face.",
            expected="one of " + ", ".join(TABLE),
            received=card_type,
            remedy="choose one of the six types that are issued",
        )
    if issued is not None and not is_issued_on(card_type, issued):
        span = (
            f"from {FIRST_CARDS_FROM} to 2026-06-13" if _is_first(card_type) else f"{NEW_CARDS_FROM} or later"
        )
        raise CardUsageError(
            f"No card of type {card_type} is issued on that day.",
            expected=f"a date of issue {span}",
            received=issued.isoformat(),
            remedy="types 1 and 2 end, and types 05 to 08 begin, on 2026-06-14: change the type or the date",
        )
    return TABLE[card_type]


def has_photo(card_type: CardType, birth: date, issued: date) -> bool:
    """Whether a card issued on that day bears a photo.

    First generation: from 16 years (Ver1.5 §6.2); second and specified: from one year (one source).
    """
    limit = 16 if _is_first(card_type) else 1
    return age_on(birth, issued) >= limit
