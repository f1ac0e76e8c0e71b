"""What a terminal says of a chip that was read: outcome, items that differ, text for the register.

`virtual_card` judges with reasons and weights; a counter knows four outcomes (S0-054). Face and chip that
differ in anything, a signature that does not hold, a number that does not open the chip: `mismatch`. No
answer, or one that says nothing: `unreadable`. Everything else is `match`: that a card has expired is the
counter's question, and what nobody signs (a child's card of the first generation, the picture of 2011) is no
finding.

The text is normalised to the register's forms, as `renkei-card-text/1` publishes: dates with hyphens, sex and
status as the register has them. Nothing else is touched, and nothing is taken from a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sim.drivers.chip_desk.holders import ITEM_IDS, PICTURED, SEXES
from sim.law.card_validity import CARD_FACE
from sim.nodes.card_terminal.declared import PHOTO, SIGNATURE
from sim.nodes.counter.asking import CHIP_ITEMS
from sim.nodes.counter.desk import MATCH, MISMATCH, UNREADABLE
from sim.nodes.messages.cards import CardReading
from virtual_card import faces
from virtual_card.errors import ReaderError
from virtual_card.faces import Item, PrintedFace
from virtual_card.layouts import CardType, Kind
from virtual_card.people import NATIONALITIES, SEX_NAMES
from virtual_card.personalise.design import PHOTO_BOX, front_places
from virtual_card.reader import reading as readings
from virtual_card.reader.authenticity import Authenticity
from virtual_card.reader.errors import WrongNumber
from virtual_card.reader.extract import Extract, ExtractItem, Origin, extract
from virtual_card.reader.images import Picture, decode
from virtual_card.verdicts import Reason

CHIP: Final = "chip"
CARD_TYPE: Final = "card_type"
_ORDER: Final = (
    *(item.id for item in CARD_FACE),
    "application_pending",
    PHOTO,
    SIGNATURE,
    CARD_TYPE,
    CHIP,
)
"""In which order items that differ are named: the face's, then what is no item of it."""

# Says nothing against the card, or nothing that this counter asks its terminal.
_NO_FINDING: Final = frozenset(
    {Reason.CARD_EXPIRED, Reason.SIGNATURE_NOT_MADE, Reason.EVIDENCE_MISSING, Reason.NUMBER_REVOKED}
)
_NO_ANSWER: Final = frozenset({Reason.CHIP_UNREADABLE, Reason.IMAGE_UNREADABLE, Reason.FACE_TO_COMPARE})
_NUMBER: Final = frozenset({Reason.NUMBER_DIFFERS, Reason.NUMBER_REFUSED})
_PHOTO: Final = frozenset({Reason.PHOTO_DIFFERS, Reason.PHOTO_MISSING, Reason.PHOTO_UNEXPECTED})
_FILES: Final = frozenset({Reason.FILE_BLANK, Reason.FILE_MISSING, Reason.FILE_MALFORMED})
_IMAGES: Final = {
    "name_image": "name",
    "address_image": "place_of_residence",
    "photo": PHOTO,
}
_ON_THE_BACK: Final[Mapping[str, str]] = {
    Item.BACK_ADDRESS: "place_of_residence",
    Item.BACK_ADDRESS_DATE: "place_of_residence",
    Item.BACK_ADDRESS_MUNICIPALITY: "place_of_residence",
    Item.COMPREHENSIVE_PERMISSION: "work_permission",
    Item.COMPREHENSIVE_EXPIRY: "work_permission",
    Item.INDIVIDUAL_PERMISSION: "work_permission",
    Item.APPLICATION_PENDING: "application_pending",
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What a clerk sees of a card: its number and face. `words`: the picture of 2011's, of which no face is
    known, by the fields of its chip."""

    number: str
    face: PrintedFace | None
    words: Mapping[str, str]


def judged(
    ref: str, terminal: str, printed: Printed, read: readings.CardReading, found: Authenticity
) -> CardReading:
    """The reading of a chip that answered, held against what is printed."""
    outcome = MATCH
    differs = sorted(set(_differences(printed, read, found)), key=_ORDER.index)
    if differs:
        outcome = MISMATCH
    elif any(reason in _NO_ANSWER for reason in found.reasons):
        outcome = UNREADABLE
    text = text_of(read) if outcome == MATCH else ()
    return CardReading(ref, outcome, terminal, tuple(differs), text, real=True)


def unread(ref: str, terminal: str, error: ReaderError) -> CardReading:
    """The reading of a chip that was not read: another chip's number is a finding, silence is none."""
    if isinstance(error, WrongNumber):
        return CardReading(ref, MISMATCH, terminal, ("card_number",), real=True)
    return CardReading(ref, UNREADABLE, terminal, real=True)


def text_of(read: readings.CardReading) -> tuple[tuple[str, str], ...]:
    """The text items that the chip holds, normalised (`renkei-card-text/1`)."""
    return text_of_extract(extract(read))


def text_of_extract(taken: Extract) -> tuple[tuple[str, str], ...]:
    """The same of an extract that came by itself, such as on a medium."""
    pictured = taken.card_type is CardType.PROPOSAL_2011
    held = {each.item: each for each in taken.items if each.origin is Origin.CHIP}
    ids = {name: item for item, name in ITEM_IDS.items()}
    found = []
    for name in CHIP_ITEMS:
        if name == "period_of_stay" and not pictured:
            continue  # no item of a card from `CARD_ITEMS` on, and a picture only before
        each = held.get(ids[name])
        text = "" if each is None else _normalised(name, each, pictured=pictured)
        if text:
            found.append((name, text))
    return tuple(found)


def _normalised(name: str, each: ExtractItem, *, pictured: bool) -> str:
    """The register's form of what the chip holds."""
    value = each.value or ""
    match name:
        case "birth_date":
            day = readings.day_in(value)
            return "" if day is None else day.isoformat()
        case "sex":
            codes = {SEX_NAMES[sex] if pictured else str(sex): code for code, sex in SEXES.items()}
            return codes.get(value, "")
        case "nationality" if pictured:
            return {words: code for code, words in NATIONALITIES.items()}.get(value, "")
        case "status" if not pictured:
            return each.words or ""
    return value


def _differences(printed: Printed, read: readings.CardReading, found: Authenticity) -> Iterator[str]:
    for item, name in PICTURED.items():
        if name in printed.words and read.text(name) != printed.words[name]:
            yield item
    for problem in found.problems:
        reason = problem.reason
        if reason in _NO_FINDING or reason in _NO_ANSWER:
            continue
        if reason in _NUMBER:
            yield "card_number"
        elif reason in _PHOTO:
            yield PHOTO
        elif reason is Reason.TYPE_BYTE_WRONG:
            yield CARD_TYPE
        elif reason in _FILES:
            yield CHIP
        elif problem.where == "face_image" and printed.face is not None:
            yield from _on_the_front(printed.face, read)
        elif problem.where in _IMAGES:
            yield _IMAGES[problem.where]
        elif problem.where in _ON_THE_BACK:
            yield _ON_THE_BACK[problem.where]
        elif problem.where in faces.ITEM_NAMES:
            yield ITEM_IDS[Item(problem.where)]
        else:
            yield SIGNATURE


def _on_the_front(face: PrintedFace, read: readings.CardReading) -> Iterator[str]:
    """Where the chip's picture of the front is not the front, place by place, as a clerk would look.

    When the difference stands in no item's place, `chip`.
    """
    of_chip = read.fields["face_image"].picture
    of_face = decode(face.images.get("face_image", b""), Kind.TIFF)
    named = False
    if isinstance(of_chip, Picture) and isinstance(of_face, Picture) and _like(of_chip, of_face):
        places = [(ITEM_IDS[place.item], place.box) for place in front_places(face.items)]
        for item, box in (*places, (PHOTO, PHOTO_BOX)):
            area = (box.left, box.top, box.left + box.width, box.top + box.height)
            if _crop(of_chip, area) != _crop(of_face, area):
                named = True
                yield item
    if not named:
        yield CHIP


def _like(one: Picture, other: Picture) -> bool:
    return (one.width, one.height, one.mode) == (other.width, other.height, other.mode)


def _crop(picture: Picture, area: tuple[int, int, int, int]) -> bytes:
    from PIL import Image

    size = (picture.width, picture.height)
    return Image.frombytes(picture.mode, size, picture.pixels).crop(area).tobytes()
