"""Text for the resident register, taken from the chip's files and from nowhere else (住民票作成支援).

Each item is what its field holds, byte for byte: dates stay eight digits and codes stay codes; what they mean
stands beside them in `words`. An item that the chip holds as an image only is marked `image only`: nobody
guesses at its characters, a clerk keys it by hand, and how often that happens is counted. What the chip holds
as text cannot be overwritten (requirements S0-061 to S0-065).

Which item stands in which field is the table in `virtual_card.faces`; the seven items and their order are
those of the material of 2011 (S0-062), then what the register also wants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from virtual_card.errors import CardUsageError, nearest
from virtual_card.faces import ITEM_NAMES, TABLE, Held, Item, Row, words_of_chip
from virtual_card.layouts import CardType
from virtual_card.reader.reading import CardReading

FORMAT: Final = "renkei-extract/1"
SEVEN: Final = (
    Item.NATIONALITY,
    Item.NAME,
    Item.SEX,
    Item.BIRTH,
    Item.STATUS,
    Item.PERIOD,
    Item.NUMBER,
)
WANTED: Final = (*SEVEN, Item.PERIOD_EXPIRY, Item.ADDRESS, Item.BACK_ADDRESS)

# The chip of 2011 has no printed face, so the table of faces does not know it.
PROPOSAL_FIELDS: Final = {
    Item.NATIONALITY: "nationality_text",
    Item.NAME: "name_text",
    Item.SEX: "sex_text",
    Item.BIRTH: "birth",
    Item.STATUS: "status_text",
    Item.PERIOD: "period_text",
    Item.NUMBER: "number",
}


class Origin(StrEnum):
    """Where an item of the extract comes from."""

    CHIP = "chip"
    IMAGE_ONLY = "image only"
    NOT_HELD = "not held"
    UNREADABLE = "unreadable"
    KEYED = "keyed by hand"


@dataclass(frozen=True, slots=True)
class ExtractItem:
    """One item: `value` as the chip holds it or as it was keyed, `words` what a code or date means.

    `value` is None for what is open (`image only`, `unreadable`) and for what this card does not hold.
    `signed`: the card's signature covers the field.
    """

    item: Item
    origin: Origin
    value: str | None
    words: str | None
    field: str | None
    signed: bool


@dataclass(frozen=True, slots=True)
class Extract:
    """What one card gives to the register."""

    card_type: CardType
    number: str
    items: tuple[ExtractItem, ...]

    @property
    def keyed(self) -> int:
        """How many items a clerk keyed by hand."""
        return sum(each.origin is Origin.KEYED for each in self.items)

    @property
    def open_items(self) -> tuple[Item, ...]:
        """What a clerk still has to key."""
        return tuple(
            each.item for each in self.items if each.origin in (Origin.IMAGE_ONLY, Origin.UNREADABLE)
        )

    def item(self, wanted: Item) -> ExtractItem:
        """One item.

        Raises:
            CardUsageError: an extract has no such item.
        """
        for each in self.items:
            if each.item is wanted:
                return each
        raise CardUsageError(
            f"an extract has no item {wanted}", expected=", ".join(each.item for each in self.items)
        )


def extract(reading: CardReading) -> Extract:
    """Take what the chip's files hold."""
    if reading.card_type is CardType.PROPOSAL_2011:
        items = tuple(_of_proposal(reading, item) for item in SEVEN)
    else:
        rows = {row.item: row for row in TABLE[reading.card_type]}
        items = tuple(_of_row(reading, rows[item]) for item in WANTED if item in rows)
    return Extract(reading.card_type, reading.number, items)


def key_in(taken: Extract, item: str, text: str) -> Extract:
    """The extract with an open item keyed by hand; keying is what is counted.

    Raises:
        CardUsageError: the item is not open. What the chip holds as text is not overwritten by hand.
    """
    known = {each.item.value: each for each in taken.items}
    if item not in known:
        near = nearest(item, known)
        raise CardUsageError(
            f"an extract has no item {item!r}",
            expected=", ".join(known),
            remedy=f"did you mean {near}?" if near else None,
        )
    found = known[item]
    if found.item not in taken.open_items:
        raise CardUsageError(
            "only what the chip does not hold as text is keyed by hand",
            expected=", ".join(taken.open_items) or "nothing: all is there",
            received=f"{item}, which is there: {found.origin}",
            remedy="correct the register afterwards, as a change of its own",
        )
    if not text:
        raise CardUsageError("nothing was keyed", expected=f"the words of {item}", received="no characters")
    done = replace(found, origin=Origin.KEYED, value=text)
    return replace(taken, items=tuple(done if each is found else each for each in taken.items))


def as_json(taken: Extract) -> dict[str, Any]:
    """The document `renkei-extract/1`: see docs/cards.md."""
    return {
        "format": FORMAT,
        "card_type": taken.card_type.value,
        "number": taken.number,
        "items": [
            {
                "item": each.item.value,
                "ja": ITEM_NAMES[each.item],
                "origin": each.origin.value,
                "value": each.value,
                "words": each.words,
                "field": each.field,
                "signed": each.signed,
            }
            for each in taken.items
        ],
        "open": [item.value for item in taken.open_items],
        "keyed": taken.keyed,
    }


def from_json(document: Any) -> Extract:
    """The extract in a document `renkei-extract/1`.

    Raises:
        CardUsageError: it is none, or something is missing from it; says what.
    """
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r}")
        items = tuple(
            ExtractItem(
                Item(each["item"]),
                Origin(each["origin"]),
                _text_or_none(each["value"]),
                _text_or_none(each["words"]),
                _text_or_none(each["field"]),
                bool(each["signed"]),
            )
            for each in document["items"]
        )
        return Extract(CardType(document["card_type"]), str(document["number"]), items)
    except (KeyError, TypeError, ValueError) as error:
        raise CardUsageError(
            "this is no extract of a card",
            expected=f"a document {FORMAT}",
            received=f"{type(error).__name__}: {error}",
        ) from error


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _of_proposal(reading: CardReading, item: Item) -> ExtractItem:
    name = PROPOSAL_FIELDS[item]
    found = reading.fields.get(name)
    text = found.text if found else None
    origin = Origin.CHIP if text is not None else Origin.UNREADABLE
    return ExtractItem(item, origin, text, text, name, signed=False)


def _of_row(reading: CardReading, row: Row) -> ExtractItem:
    if row.field is None or row.held is Held.NOT_HELD:
        return ExtractItem(row.item, Origin.NOT_HELD, None, None, None, row.signed)
    if row.held is Held.IMAGE:
        return ExtractItem(row.item, Origin.IMAGE_ONLY, None, None, row.field, row.signed)
    found = reading.fields.get(row.field)
    text = found.text if found else None
    if found is None or text is None:
        return ExtractItem(row.item, Origin.UNREADABLE, None, None, row.field, row.signed)
    return ExtractItem(row.item, Origin.CHIP, text, words_of_chip(row, found.value), row.field, row.signed)
