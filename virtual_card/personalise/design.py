"""Where things stand on the test cards' sides: boxes with labels, for the chip's image and for the picture.

The design is this harness's own. It keeps the items and their order, not the look, of a card: nobody shall
take a test card for a real one, so every side says 見本 and TEST. The size is that of the one public sample
of a front image, 674 × 425 pixels (one source).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from virtual_card.faces import ITEM_NAMES, ITEM_NAMES_EN, Item
from virtual_card.layouts import CardType
from virtual_card.personalise.fonts import Font
from virtual_card.personalise.writing import Box

WIDTH: Final = 674
HEIGHT: Final = 425
MARK: Final = "見本 TEST"
WARNING: Final = "試験用カードの見本です。本物の在留カード等ではありません。 TEST CARD - NOT A GENUINE CARD"

TITLES: Final[Mapping[CardType, str]] = MappingProxyType(
    {
        CardType.RESIDENCE_1: "在留カード",
        CardType.SPECIAL_PERMANENT_1: "特別永住者証明書",
        CardType.RESIDENCE_2: "在留カード",
        CardType.SPECIAL_PERMANENT_2: "特別永住者証明書",
        CardType.SPECIFIED_RESIDENCE: "特定在留カード",
        CardType.SPECIFIED_SPECIAL_PERMANENT: "特定特別永住者証明書",
    }
)


_TITLES_EN: Final[Mapping[CardType, str]] = MappingProxyType(
    {
        CardType.RESIDENCE_1: "Residence card",
        CardType.SPECIAL_PERMANENT_1: "Special permanent resident",
        CardType.RESIDENCE_2: "Residence card",
        CardType.SPECIAL_PERMANENT_2: "Special permanent resident",
        CardType.SPECIFIED_RESIDENCE: "Specified residence card",
        CardType.SPECIFIED_SPECIAL_PERMANENT: "Specified special permanent",
    }
)
BACK_TITLE: Final = "裏面"


def title_for(card_type: CardType, font: Font) -> str:
    """The card's title in a language that the font can write."""
    return TITLES[card_type] if font.japanese else _TITLES_EN[card_type]


def mark_for(font: Font) -> str:
    """The mark that every side bears."""
    return MARK if font.japanese else "TEST"


def warning_for(font: Font) -> str:
    """The line at the foot of every side."""
    return WARNING if font.japanese else WARNING.split("。 ")[-1]


@dataclass(frozen=True, slots=True)
class Place:
    """An item's place: the label's box is `indent` pixels wide, the words have the rest."""

    item: Item
    box: Box
    indent: int
    largest: int = 22

    @property
    def name(self) -> str:
        """The label in Japanese."""
        return ITEM_NAMES[self.item]

    def label_for(self, font: Font) -> str:
        """The label in a language that the font can write."""
        return self.name if font.japanese else ITEM_NAMES_EN[self.item]

    @property
    def label_box(self) -> Box:
        """Where the label stands."""
        return Box(self.box.left, self.box.top, self.indent - 6, self.box.height)

    @property
    def words_box(self) -> Box:
        """Where the words stand."""
        return Box(self.box.left + self.indent, self.box.top, self.box.width - self.indent, self.box.height)


TITLE_BOX: Final = Box(14, 8, 270, 34)
NUMBER: Final = Place(Item.NUMBER, Box(380, 8, 282, 34), 50, 26)
MARK_BOX: Final = Box(524, 306, 138, 40)
PHOTO_BOX: Final = Box(508, 50, 154, 205)
WARNING_BOX: Final = Box(14, 394, 646, 22)

FRONT: Final = (
    Place(Item.NAME, Box(14, 48, 484, 62), 92, 26),
    Place(Item.BIRTH, Box(14, 114, 270, 26), 92),
    Place(Item.SEX, Box(290, 114, 208, 26), 60),
    Place(Item.NATIONALITY, Box(14, 144, 484, 26), 92),
    Place(Item.ADDRESS, Box(14, 174, 484, 50), 92),
    Place(Item.STATUS, Box(14, 228, 484, 26), 92),
    Place(Item.WORK_RESTRICTION, Box(14, 260, 484, 26), 124),
    Place(Item.PERIOD, Box(14, 290, 190, 26), 92),
    Place(Item.PERIOD_EXPIRY, Box(210, 290, 300, 26), 124),
    Place(Item.PERMISSION_TYPE, Box(14, 320, 260, 26), 92, 20),
    Place(Item.PERMISSION_DATE, Box(280, 320, 232, 26), 92, 20),
    Place(Item.ISSUED, Box(14, 350, 260, 26), 92),
    Place(Item.CARD_EXPIRY, Box(280, 350, 382, 40), 124, 28),
)
# Where the neighbour on the left is not printed (cards from 2026-06-14 on), an item moves into its place.
_MOVED: Final[Mapping[Item, tuple[Item, Place]]] = MappingProxyType(
    {
        Item.PERIOD_EXPIRY: (Item.PERIOD, Place(Item.PERIOD_EXPIRY, Box(14, 290, 484, 26), 124)),
        Item.CARD_EXPIRY: (Item.ISSUED, Place(Item.CARD_EXPIRY, Box(14, 346, 484, 40), 124, 28)),
    }
)


def front_places(items: Mapping[str, str]) -> tuple[Place, ...]:
    """The places of the items that a front bears, in reading order."""
    places = []
    for place in (NUMBER, *FRONT):
        if place.item in items:
            neighbour, moved = _MOVED.get(place.item, (None, place))
            places.append(place if neighbour is None or neighbour in items else moved)
    return tuple(places)


BACK: Final = (
    Place(Item.BACK_ADDRESS_DATE, Box(14, 60, 300, 30), 110),
    Place(Item.BACK_ADDRESS_MUNICIPALITY, Box(330, 60, 330, 30), 70),
    Place(Item.BACK_ADDRESS, Box(14, 96, 646, 76), 110),
    Place(Item.COMPREHENSIVE_PERMISSION, Box(14, 190, 646, 50), 210),
    Place(Item.COMPREHENSIVE_EXPIRY, Box(14, 246, 646, 30), 210),
    Place(Item.INDIVIDUAL_PERMISSION, Box(14, 282, 646, 50), 210),
    Place(Item.APPLICATION_PENDING, Box(14, 338, 646, 34), 210),
)
