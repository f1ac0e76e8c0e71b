"""From a card as it is declared to a card with a chip: the same facts and seed give the same bytes.

What is not declared is assumed as `sim.nodes.card_terminal.declared` does, and what that leaves open (work,
kind of permission) as is usual for the status of residence. A forged card differs where it was declared to
and nowhere else; whoever reads it has to find that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.exchange.birth import PartialDate
from sim.law.changes import CARD_ITEMS
from sim.law.kanji.conversion import Outcome, convert
from sim.law.kanji.table import cited_table
from sim.law.kinds import CardState, PersonClass
from sim.nodes.card_terminal.declared import (
    PHOTO,
    SIGNATURE,
    Chips,
    Layout,
    forged_items,
    issue_day,
    last_day,
    layout_of,
    permanent,
)
from sim.nodes.messages.cards import DeclaredCard
from sim.nodes.messages.people import Person
from virtual_card.cardfile import Card, Origin
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.faces import Item
from virtual_card.forging import MAKERS, Workshop
from virtual_card.layouts import CardType
from virtual_card.number import checked_number
from virtual_card.people import (
    NATIONALITIES,
    SPECIAL_PERMANENT_RESIDENT,
    STATUSES,
    Holder,
    Sex,
    period_end,
    period_words,
)
from virtual_card.personalise.fonts import find_font
from virtual_card.personalise.images import address_image
from virtual_card.personalise.issue import Vouching, issue
from virtual_card.personalise.pki import AUTHORITIES
from virtual_card.personalise.proposal_2011 import proposal_values

ITEM_IDS: Final[Mapping[Item, str]] = {
    Item.NAME: "name",
    Item.BIRTH: "birth_date",
    Item.SEX: "sex",
    Item.NATIONALITY: "nationality",
    Item.ADDRESS: "place_of_residence",
    Item.STATUS: "status",
    Item.PERIOD: "period_of_stay",
    Item.PERIOD_EXPIRY: "period_until",
    Item.PERMISSION_TYPE: "permission_kind",
    Item.PERMISSION_DATE: "permission_date",
    Item.NUMBER: "card_number",
    Item.ISSUED: "issue_date",
    Item.CARD_EXPIRY: "card_until",
    Item.WORK_RESTRICTION: "work_restriction",
    Item.PHOTO: PHOTO,
}
"""The items of a card's front and their ids in `sim.law.card_validity.CARD_FACE`."""

SEXES: Final[Mapping[str, Sex]] = {"M": Sex.MALE, "F": Sex.FEMALE, "X": Sex.UNSPECIFIED}
PKI_FROM: Final = AUTHORITIES[0].issues_from
"""First day on which a test authority vouches for anything: nothing can be judged before."""

_TYPES: Final = {
    Layout.FIRST: (CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1),
    Layout.SECOND: (CardType.RESIDENCE_2, CardType.SPECIAL_PERMANENT_2),
    Layout.SPECIFIED: (CardType.SPECIFIED_RESIDENCE, CardType.SPECIFIED_SPECIAL_PERMANENT),
    Layout.PROPOSAL_2011: (CardType.PROPOSAL_2011, CardType.PROPOSAL_2011),
}
_PERIOD: Final = re.compile(r"(?:([1-9][0-9]?)年)?(?:([1-9][0-9]?)月)?")
_DAYS: Final = re.compile(r"([1-9][0-9]{0,2})日")
# Words in letters that every font has, so that a forged item looks another way whatever is installed.
_FORGED_WORDS: Final = "FORGED"
_FORGED_PLACE: Final = "FORGED 1-2-3"
_BREAKS_SIGNATURE: Final = ("removed_signature", "truncated_signature", "signature_of_another")


@dataclass(frozen=True, slots=True)
class Made:
    """A card that was made. `printed`: its words where no face is known (the picture of 2011)."""

    card: Card
    printed: Mapping[str, str]

    @property
    def number(self) -> str:
        """The number that is printed on it, with which a terminal tries to open the chip."""
        face = self.card.face
        return self.printed["number"] if face is None else face.items[Item.NUMBER]


def make(card: DeclaredCard, on: date, seed: int, chips: Chips) -> Made:
    """The card that a declared one stands for, as it lies there on the day `on`.

    Raises:
        UsageError: nothing can be judged on that day, or the card's facts are not what a card can bear; an
            item is forged that such a card does not let the chip contradict.
    """
    _judgeable(on)
    person = card.person
    holder, issued = holder_of(card, on), issue_day(card, on)
    layout = layout_of(card, on, chips)
    card_type = _TYPES[layout][person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT]
    forged = forged_items(card, on, chips)
    try:
        if card_type is CardType.PROPOSAL_2011:
            return _pictured(card, holder, issued, seed, forged)
        vouching = None
        if issued < PKI_FROM:  # the first authority stands for those before it, of which nothing is known
            vouching = Vouching(AUTHORITIES[0], AUTHORITIES[0].signer)
        made = issue(holder, card_type, person.card_number, issued, seed=seed, vouching=vouching)
        return Made(_forged(made, forged), {})
    except CardUsageError as error:
        raise UsageError(
            f"no card can be made for {person.ref}: {error.message}",
            expected=error.expected,
            received=error.received,
            where="sim.drivers.chip_desk",
            remedy=error.remedy or "correct the declared person",
        ) from error


def holder_of(card: DeclaredCard, on: date) -> Holder:
    """The person as the issuer of the card knew them.

    Raises:
        UsageError: a status, nationality, sex or period that test cards do not know, a date of birth without
            its day, or a kanji name that is
            not in standard kanji (正字): the chip holds no other (seed 000, line 260).
    """
    person, issued = card.person, issue_day(card, on)
    code = _status_of(person)
    status = STATUSES[code]
    if isinstance(person.birth_date, PartialDate):
        raise UsageError(
            f"no card can be made for {person.ref}: a day of birth is missing",
            expected="a complete date of birth, the only one that test cards bear",
            received=str(person.birth_date),
            where="sim.drivers.chip_desk",
            remedy="declare the card and let no chip be read for this person",
        )
    end = last_day(card, on)
    period = _period_of(person) or ("0000" if permanent(person) else status.periods[0])
    until = None if permanent(person) else end or person.period_until or period_end(issued, period)
    return Holder(
        name=person.name,
        kanji_name=_standard(person),
        birth=person.birth_date,
        sex=SEXES[_known("sex", person.sex, SEXES, person)],
        nationality=_known("nationality", person.nationality, NATIONALITIES, person),
        status_code=code,
        period=period,
        period_expiry=until,
        permission_type="T4" if permanent(person) else "T3",
        permission_date=issued,
        work_restriction=status.work_restriction,
        address=person.address,
        application_pending=card.state is CardState.EXPIRED_PENDING,
    )


def _judgeable(on: date) -> None:
    if on < PKI_FROM:
        raise UsageError(
            "no real card can be judged on that day",
            expected=f"a day from {PKI_FROM} on, the first of the test authorities",
            received=on.isoformat(),
            where="sim.drivers.chip_desk",
            remedy="run the scenario with declared cards, or on a later day",
        )


def _status_of(person: Person) -> str:
    special = person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
    if special and not person.status:
        return SPECIAL_PERMANENT_RESIDENT
    names = {status.name: code for code, status in STATUSES.items()}
    return names[_known("status", person.status, names, person)]


def _known(item: str, value: str, known: Mapping[str, object], person: Person) -> str:
    """`value`, when test cards know it."""
    if value in known:
        return value
    near = nearest(value, known)
    raise UsageError(
        f"test cards know no {item} of that name",
        expected=", ".join(known),
        received=value or "nothing",
        where=f"sim.drivers.chip_desk, {person.ref}",
        remedy=f"did you mean {near}?" if near else "declare another one, or add it to virtual_card.people",
    )


def _period_of(person: Person) -> str:
    """The period of stay as field CE holds it (YYMM, or three digits of days); empty when not declared."""
    words = person.period
    if not words:
        return ""
    if words == period_words("0000"):
        return "0000"
    if (days := _DAYS.fullmatch(words)) is not None:
        return f"{int(days[1]):03d}"
    if (span := _PERIOD.fullmatch(words)) is not None:
        return f"{int(span[1] or 0):02d}{int(span[2] or 0):02d}"
    raise UsageError(
        "this is no period of stay",
        expected="words as a card prints them: 5年, 1年3月, 6月, 90日, 無期限",
        received=words,
        where=f"sim.drivers.chip_desk, {person.ref}",
        remedy="write the period as the card prints it",
    )


def _standard(person: Person) -> str:
    """The kanji name, when nothing in it has another form as its standard."""
    if person.name_kanji:
        conversion = convert(person.name_kanji, cited_table())
        other = [step.source for step in conversion.steps if step.outcome is Outcome.CONVERTED]
        if other:
            raise UsageError(
                "a chip holds standard kanji (正字) only",
                expected=conversion.result,
                received=", ".join(f"U+{ord(one[0]):04X}" for one in other),
                where=f"sim.drivers.chip_desk, {person.ref}",
                remedy="convert the name first: `renkei law kanji`",
            )
    return person.name_kanji


# --- forgeries ---------------------------------------------------------------------------------------------
def _forged(card: Card, items: tuple[str, ...]) -> Card:
    """The card after the forger was there; what the catalogue has is made by its makers."""
    for item in items:
        face, issued = card.face, card.origin.issued
        if face is None or issued is None:
            raise AssertionError("an issued card has a face and a day")
        shop = Workshop(card, face, issued, find_font())
        card = _forge(shop, item)
    return card


def _forge(shop: Workshop, item: str) -> Card:
    match item:
        case "name":
            return MAKERS["face_differs"](shop)
        case "card_number":
            return MAKERS["wrong_number_printed"](shop)
        case "place_of_residence":
            return _moved(shop)
        case _ if item == PHOTO:
            return MAKERS["swapped_photo_on_face"](shop)
        case _ if item == SIGNATURE:
            chosen = Draws(shop.card.origin.seed or 0, SIGNATURE).choice(_BREAKS_SIGNATURE)
            return MAKERS[chosen](shop)
    printed = next(one for one, name in ITEM_IDS.items() if name == item)
    return replace(shop.card, face=shop.with_face({printed: _other(shop.face.items[printed])}))


def _moved(shop: Workshop) -> Card:
    """Another place of residence on the chip, where no signature covers it; the face stays."""
    if "address_image" in shop.profile.fields:
        return shop.with_chip(address_image=address_image(_FORGED_PLACE, shop.font).data)
    return shop.with_chip(address_date=b"20200101", address=_FORGED_PLACE.encode())


def _other(words: str) -> str:
    """Other words of the same kind: a date some years later, anything else a word that nobody bears."""
    if re.fullmatch("[0-9]{4}年.*", words):
        return f"{int(words[:4]) + 3:04d}{words[4:]}"
    return _FORGED_WORDS


# --- the picture of 2011 -----------------------------------------------------------------------------------
def _pictured(card: DeclaredCard, holder: Holder, issued: date, seed: int, forged: tuple[str, ...]) -> Made:
    """The chip with seven items as text; a face that prints the same words is taken for granted."""
    values = proposal_values(holder)
    if not card.person.period or issued >= CARD_ITEMS:  # from then on it is no item of a card
        values["period_text"] = b""
    if card.person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT and not card.person.status:
        values["status_text"] = STATUSES[SPECIAL_PERMANENT_RESIDENT].name.encode()
    number = checked_number(card.person.card_number)
    printed = {name: value.decode() for name, value in values.items()} | {"number": number}
    for item in forged:
        field = PICTURED[item]
        printed[field] = _wrong_number(number) if field == "number" else _FORGED_WORDS
    content = CardContent(CardType.PROPOSAL_2011, number, values)
    return Made(Card(content, None, Origin(seed=seed, issued=issued)), printed)


PICTURED: Final[Mapping[str, str]] = {
    "nationality": "nationality_text",
    "name": "name_text",
    "sex": "sex_text",
    "birth_date": "birth",
    "status": "status_text",
    "period_of_stay": "period_text",
    "card_number": "number",
}
"""The seven items and the fields of the chip pictured in 2011."""


def _wrong_number(number: str) -> str:
    digit = "1" if number[2] == "0" else "0"
    return number[:2] + digit + number[3:]
