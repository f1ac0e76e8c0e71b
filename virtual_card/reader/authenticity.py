"""Is this card genuine? What the chip says, what its signature says, and what else is at hand (偽変造確認).

Evidence is a list of what was laid on the table: the chip always, then the printed face, the resident
record and the list of revoked numbers where they are there. Each finding is a `Problem` with a reason; the
reasons together give the verdict (`virtual_card.verdicts.combine`). What was not laid on the table is not
guessed at: `limits` says what the verdict could not rest on.

A perfect copy is GENUINE here, and must be: these chips cannot prove that they are the only one (no active
authentication). Whoever wants to find copies needs the register, the revoked numbers and a person's eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from virtual_card.errors import ReaderError
from virtual_card.faces import (
    ALSO_PRINTED,
    TABLE,
    Held,
    Item,
    PrintedFace,
    Row,
    Side,
    differences,
    has_photo,
    words_of_chip,
)
from virtual_card.layouts import Generation, profile_of
from virtual_card.people import age_on
from virtual_card.reader.certificates import Anchor
from virtual_card.reader.errors import WrongNumber
from virtual_card.reader.images import Picture, decode
from virtual_card.reader.reading import PICTURES, CardReading, Problem, day_in
from virtual_card.reader.verify import Check, verify
from virtual_card.verdicts import Evidence, Reason, Verdict, combine, weigh

NO_COPY_PROTECTION: Final = (
    "a perfect copy of a genuine chip cannot be told from it: these chips have no active authentication"
)
ADDRESSES: Final = frozenset(
    {Item.ADDRESS, Item.BACK_ADDRESS, Item.BACK_ADDRESS_DATE, Item.BACK_ADDRESS_MUNICIPALITY}
)
PHOTO_FOR_CERTAIN: Final = 26
"""From this age on every card bears a photo, whenever it was issued: none is valid for more than ten
years, and none is issued without a photo from sixteen on."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a checker has beside the chip. None: not at hand.

    `register` holds the resident record's words by item, as a face would print them; `address` there is the
    current one. `revoked` are the numbers that are no longer valid (在留カード等番号失効情報照会).
    """

    face: PrintedFace | None = None
    register: Mapping[str, str] | None = None
    revoked: frozenset[str] | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What was laid on the table, the chip first."""
        given = (
            (Evidence.FACE, self.face),
            (Evidence.REGISTER, self.register),
            (Evidence.REVOKED_NUMBERS, self.revoked),
        )
        return (Evidence.CHIP, *(kind for kind, value in given if value is not None))


NOTHING_ELSE: Final = AtHand()


@dataclass(frozen=True, slots=True)
class Authenticity:
    """The verdict on one card, why, on what day and from which evidence, and what it could not rest on."""

    verdict: Verdict
    problems: tuple[Problem, ...]
    on: date
    evidence: tuple[Evidence, ...]
    limits: tuple[str, ...]
    check: Check | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Each reason once, in the order of the findings."""
        return tuple(dict.fromkeys(problem.reason for problem in self.problems))


def judge(
    reading: CardReading, anchors: Sequence[Anchor], on: date, at_hand: AtHand = NOTHING_ELSE
) -> Authenticity:
    """Judge a card that was read, on that day, from everything at hand."""
    check = verify(reading, anchors, on)
    problems = [
        *reading.problems,
        *check.problems,
        *_of_the_kind(check),
        *_of_the_chip(reading, on),
        *_of_the_photo(reading, at_hand.face, on),
    ]
    if at_hand.face is not None:
        problems += _against_the_face(reading, at_hand.face)
    if at_hand.register is not None:
        problems += _against_the_register(reading, at_hand)
    if at_hand.revoked is not None and reading.number in at_hand.revoked:
        problems.append(Problem(Reason.NUMBER_REVOKED, "number", "it is on the list of revoked numbers"))
    return Authenticity(
        weigh(problem.weight for problem in problems),
        tuple(problems),
        on,
        at_hand.evidence,
        tuple(_limits(reading, check, at_hand)),
        check,
    )


def judge_unread(error: ReaderError, on: date, at_hand: AtHand = NOTHING_ELSE) -> Authenticity:
    """Judge a card whose chip could not be read: a refused number is a finding, a defect is a doubt."""
    refused = isinstance(error, WrongNumber)
    reason = Reason.NUMBER_REFUSED if refused else Reason.CHIP_UNREADABLE
    problem = Problem(reason, error.where or "chip", error.message)
    return Authenticity(
        combine((reason,)), (problem,), on, at_hand.evidence, ("nothing on the chip was seen",)
    )


def _of_the_kind(check: Check) -> Iterator[Problem]:
    if not check.signed:
        yield Problem(Reason.EVIDENCE_MISSING, "signature", "nothing on this kind of card is signed")


# --- the chip alone ----------------------------------------------------------------------------------------
def _of_the_chip(reading: CardReading, on: date) -> Iterator[Problem]:
    if "number" in reading.fields and reading.text("number") != reading.number:
        yield Problem(
            Reason.NUMBER_DIFFERS,
            reading.fields["number"].file,
            "the number stored in the chip is not the number that opens it",
        )
    expiry = day_in(reading.text("card_expiry"))
    if expiry is not None and expiry < on:
        yield Problem(Reason.CARD_EXPIRED, reading.fields["card_expiry"].file, f"valid until {expiry}")


def _of_the_photo(reading: CardReading, face: PrintedFace | None, on: date) -> Iterator[Problem]:
    photo = reading.fields.get("photo")
    if photo is None:
        return
    items = face.items if face is not None else {}
    birth = day_in(reading.text("birth")) or _printed(items.get(Item.BIRTH, ""))
    if birth is None:
        return
    # The permission is never later than the issue of the card that bears it.
    issued = _printed(items.get(Item.ISSUED, "")) or day_in(reading.text("permission_date"))
    if photo.empty:
        due = issued is not None and has_photo(reading.card_type, birth, issued)
        if due or age_on(birth, on) >= PHOTO_FOR_CERTAIN:
            yield Problem(Reason.PHOTO_MISSING, photo.file, f"born {birth.year}, and no photo")
    elif not has_photo(reading.card_type, birth, on):
        yield Problem(Reason.PHOTO_UNEXPECTED, photo.file, f"born {birth.year}, and a photo")


# --- the printed face --------------------------------------------------------------------------------------
def _against_the_face(reading: CardReading, face: PrintedFace) -> Iterator[Problem]:
    if face.card_type is not reading.card_type:
        yield Problem(
            Reason.TYPE_BYTE_WRONG, "face", f"printed as {face.card_type}, the chip is {reading.card_type}"
        )
        return
    printed = face.items.get(Item.NUMBER)
    if printed is not None and printed != reading.number:
        yield Problem(Reason.NUMBER_DIFFERS, "face", "the printed number is not the one that opens the chip")
    for difference in differences(face, reading.values):
        item = difference.row.item
        if item is Item.NUMBER:
            continue  # printed and stored number are each held against the one that opens the chip
        signed = Reason.FACE_DIFFERS if difference.row.signed else Reason.UNSIGNED_DIFFERS
        reason = Reason.ADDRESS_DIFFERS if item in ADDRESSES else signed
        yield Problem(
            reason,
            item.value,
            f"printed {difference.on_face or 'nothing'}, the chip holds {difference.on_chip or 'nothing'}",
        )
    yield from _pictures(reading, face)


def _pictures(reading: CardReading, face: PrintedFace) -> Iterator[Problem]:
    """Compare what the chip holds as images, by their pixels: how they were packed means nothing."""
    reasons = {"photo": Reason.PHOTO_DIFFERS, "address_image": Reason.ADDRESS_DIFFERS}
    for name, found in reading.fields.items():
        if found.field.kind not in PICTURES:
            continue
        of_chip = found.picture
        reason = reasons.get(name, Reason.FACE_DIFFERS)
        if name not in face.images:
            if found.empty:
                continue
            if face.images:
                yield Problem(reason, name, "the chip holds a picture where the face bears none")
            else:
                yield Problem(Reason.FACE_TO_COMPARE, name, "no picture of the face is at hand")
            continue
        printed = (face.images.get(each, b"") for each in (name, *ALSO_PRINTED.get(name, ())))
        of_face = [one for data in printed if isinstance(one := decode(data, found.field.kind), Picture)]
        if not of_face:
            yield Problem(Reason.FACE_TO_COMPARE, name, "the picture of the face cannot be decoded")
        elif of_chip is None:
            yield Problem(reason, name, "the face bears a picture where the chip holds none")
        elif isinstance(of_chip, Picture) and _looks(of_chip) not in [_looks(each) for each in of_face]:
            yield Problem(reason, name, "the pictures on chip and face are not the same")


def _looks(picture: Picture) -> tuple[int, int, str, bytes]:
    return picture.width, picture.height, picture.mode, picture.pixels


# --- the resident record -----------------------------------------------------------------------------------
def _against_the_register(reading: CardReading, at_hand: AtHand) -> Iterator[Problem]:
    register = at_hand.register or {}
    number = register.get(Item.NUMBER)
    if number is not None and number != reading.number:
        yield Problem(Reason.REGISTER_DIFFERS, Item.NUMBER.value, "the register knows another card number")
    address = register.get(Item.ADDRESS)
    for row in TABLE.get(reading.card_type, ()):
        if row.item in ADDRESSES:
            yield from _address_against(row, reading, address)
            continue
        words = register.get(row.item)
        if words is None or row.field is None or row.field not in reading.fields:
            continue
        on_chip = words_of_chip(row, reading.fields[row.field].value)
        if row.item is not Item.NUMBER and on_chip is not None and on_chip != words:
            yield Problem(
                Reason.REGISTER_DIFFERS, row.item.value, f"the register has {words}, the chip {on_chip}"
            )
    face = at_hand.face
    if face is not None and address is not None:
        current = face.items.get(Item.BACK_ADDRESS) or face.items.get(Item.ADDRESS)
        if current is not None and current != address:
            yield Problem(Reason.ADDRESS_DIFFERS, "face", f"printed {current}, the register has {address}")


def _address_against(row: Row, reading: CardReading, address: str | None) -> Iterator[Problem]:
    if address is None or row.item is not Item.BACK_ADDRESS or row.field is None:
        return
    on_chip = reading.text(row.field)
    if on_chip and on_chip != address:
        yield Problem(
            Reason.ADDRESS_DIFFERS, row.item.value, f"the register has {address}, the chip {on_chip}"
        )


# --- what the verdict does not rest on ---------------------------------------------------------------------
def _limits(reading: CardReading, check: Check, at_hand: AtHand) -> Iterator[str]:
    yield NO_COPY_PROTECTION
    if check.test_authority:
        yield "the card chains to a TEST authority of this harness: it is no genuine card"
    if reading.generation is Generation.SPECIFIED:
        yield "the card was read by an assumed profile: its public specification was not at hand"
    elif assumptions := profile_of(reading.card_type).assumptions:
        yield f"{len(assumptions)} of the layout's facts are assumed (docs/cards.md)"
    if at_hand.face is None:
        yield "the printed face was not compared"
    rows = [row for row in TABLE.get(reading.card_type, ()) if row.held is Held.IMAGE]
    if at_hand.register is not None and rows:
        shown = ", ".join(row.item.value for row in rows if row.side is Side.FRONT)
        yield f"held as images only, so not compared with the register: {shown}"
    if at_hand.register is None:
        yield "the resident record was not compared"
    if at_hand.revoked is None:
        yield "the number was not looked up among the revoked ones"


# --- small things ------------------------------------------------------------------------------------------
def _printed(text: str) -> date | None:
    return day_in("".join(sign for sign in text if sign in "0123456789"))
