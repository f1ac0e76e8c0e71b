"""What a card terminal says of cards that are only declared, and the published form of a chip's text.

A counter and a card terminal agree through `CardDesk`: a reference goes in, a `CardReading` comes out. In a
mass simulation the facts are declared and answered here; with real chips they are found by reading
(`sim.drivers.chip_desk`). Both give the same outcome and the same text for the same card.

The text of a chip (`CardReading.extract`) is published as `renkei-card-text/1`: pairs of item and text, in
the order of the picture of 2011 (seed 000, line 231), UTF-8 without byte order mark wherever it is written.

    item            text                                          first  second  picture of 2011
    nationality     three letters, ISO 3166-1                       -      x       x
    name            the kanji name, or else the Latin one           -      -       x
    sex             M, F or X                                       -      x       x
    birth_date      YYYY-MM-DD                                      -      x       x
    status          status of residence, Japanese name              -      x       x
    period_of_stay  as printed, such as 1年3月; not from 2026-06-14 -      -       x
    card_number     as printed                                      -      x       x

The columns are the chips that hold the item as text: the first generation holds pictures only and the second
(specified cards included) the name as a picture, so a clerk keys what is missing and nobody guesses at
characters. A period of stay is no item of a card from 2026-06-14 on, whatever its chip still holds. Only the
chip pictured in 2011 held all seven, and nobody issued it: a run that asks what it would have saved says so
(`Chips.PROPOSAL_2011`).
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from sim.base.errors import UsageError, nearest
from sim.exchange.birth import latest_day
from sim.law.card_validity import CARD_FACE, GROWN_UP, card_items
from sim.law.changes import CARD_ITEMS, SYSTEM_FIRST_DAY
from sim.law.kinds import CardState, PersonClass
from sim.nodes.counter.asking import CHIP_ITEMS
from sim.nodes.counter.desk import AT_THE_COUNTER, MATCH, MISMATCH, NOT_PRESENTED, DeclaredDesk
from sim.nodes.messages.cards import CardReading, DeclaredCard
from sim.nodes.messages.people import Person

FORMAT: Final = "renkei-card-text/1"
ENCODING: Final = "UTF-8"

PHOTO: Final = "photo"
SIGNATURE: Final = "signature"

_OVER: Final = frozenset({CardState.EXPIRED, CardState.EXPIRED_PENDING})
_PERMANENT: Final = frozenset({"永住者", "特別永住者"})
_YEARS: Final = 7
_USUAL: Final = timedelta(days=60)


class Chips(StrEnum):
    """Which chips the cards of a run have."""

    AS_ISSUED = "as_issued"
    PROPOSAL_2011 = "proposal_2011"


class Layout(StrEnum):
    """What kind of chip a card has, by its day of issue and kind."""

    FIRST = "first"
    SECOND = "second"
    SPECIFIED = "specified"
    PROPOSAL_2011 = "proposal_2011"


_LATER: Final = ("nationality", "sex", "birth_date", "status", "card_number")
HELD_AS_TEXT: Final[dict[Layout, tuple[str, ...]]] = {
    Layout.FIRST: (),
    Layout.SECOND: _LATER,
    Layout.SPECIFIED: _LATER,
    Layout.PROPOSAL_2011: CHIP_ITEMS,
}
"""Items of the extract by the chips that hold them as text; a test compares with the tables of the cards."""

# Not on a card's face for the chip to contradict: what the agency leaves to an ordinance or stamps later.
_NOT_COMPARED: Final = frozenset({"work_permission", "by_ordinance"})
_NOT_ON_CERTIFICATES: Final = frozenset(
    {"status", "period_of_stay", "period_until", "permission_kind", "permission_date", "work_restriction"}
)


def lies_there(card: DeclaredCard) -> bool:
    """Whether there is a card with a chip on the counter: two classes of residents have one."""
    return card.state in AT_THE_COUNTER and card.person.person_class in (
        PersonClass.MID_LONG_TERM_RESIDENT,
        PersonClass.SPECIAL_PERMANENT_RESIDENT,
    )


def permanent(person: Person) -> bool:
    """Whether the person's stay has no end."""
    return person.status in _PERMANENT or person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT


def last_day(card: DeclaredCard, on: date) -> date | None:
    """The last day of a card that is declared expired on the day `on`; None for one that is not.

    Where the person's own days say otherwise, a month ago is assumed.
    """
    if card.state not in _OVER:
        return None
    known = card.person.card_until
    return known if known is not None and known < on else on - timedelta(days=30)


def issue_day(card: DeclaredCard, on: date) -> date:
    """The day of issue of a card that lies there on the day `on`.

    Assumed where it is not declared: two months before that day, and for an expired card so long before its
    end as it was valid (seven years for a permanent resident, else one); never before birth or the system.
    """
    if card.issued is not None:
        return card.issued
    end = last_day(card, on)
    if end is None:
        day = on - _USUAL
    elif permanent(card.person):
        day = end - timedelta(days=_YEARS * 365 + 2)
    else:
        day = end - timedelta(days=365)
    return max(day, latest_day(card.person.birth_date), SYSTEM_FIRST_DAY)


def layout_of(card: DeclaredCard, on: date, chips: Chips = Chips.AS_ISSUED) -> Layout:
    """Which chip the card has."""
    if chips is Chips.PROPOSAL_2011:
        return Layout.PROPOSAL_2011
    if issue_day(card, on) < CARD_ITEMS:
        return Layout.FIRST
    return Layout.SPECIFIED if card.person.card_kind == "specified" else Layout.SECOND


def compared(card: DeclaredCard, on: date, chips: Chips = Chips.AS_ISSUED) -> tuple[str, ...]:
    """The items of the face that the chip can contradict, in the order of the face; then photo and signature.

    Source: `card_items` for residence cards; certificates of special permanent residents bear fewer
    (`virtual_card.face_table`). A first-generation card of a child bears neither photo nor signature.
    """
    if chips is Chips.PROPOSAL_2011:
        return tuple(item.id for item in CARD_FACE if item.id in CHIP_ITEMS)
    issued = issue_day(card, on)
    special = card.person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
    left_out = _NOT_COMPARED | (_NOT_ON_CERTIFICATES if special else frozenset())
    items = tuple(item.id for item in card_items(issued) if item.id not in left_out)
    child = (
        layout_of(card, on) is Layout.FIRST and _age(latest_day(card.person.birth_date), issued) < GROWN_UP
    )
    return (*items, PHOTO) if child else (*items, PHOTO, SIGNATURE)


def text_of(card: DeclaredCard, on: date, chips: Chips = Chips.AS_ISSUED) -> tuple[tuple[str, str], ...]:
    """The text items of a genuine card's chip (`renkei-card-text/1`); what it does not hold is not there."""
    person = card.person
    special = person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
    values = {
        "nationality": person.nationality,
        "name": person.name_kanji or person.name,
        "sex": person.sex,
        "birth_date": str(person.birth_date),
        "status": person.status or ("特別永住者" if special else ""),
        "period_of_stay": person.period if issue_day(card, on) < CARD_ITEMS else "",
        "card_number": person.card_number,
    }
    held = HELD_AS_TEXT[layout_of(card, on, chips)]
    return tuple((item, values[item]) for item in held if values[item])


def to_key(extract: tuple[tuple[str, str], ...], on_card: tuple[str, ...] = CHIP_ITEMS) -> tuple[str, ...]:
    """What a clerk still has to key by hand: items of the card that its chip did not give as text."""
    given = {item for item, _ in extract}
    return tuple(item for item in on_card if item not in given)


def declared_reading(
    card: DeclaredCard, terminal: str, on: date, chips: Chips = Chips.AS_ISSUED
) -> CardReading:
    """The reading of a declared card at that terminal on the day `on`.

    Text is given of a card that matches only: nothing of a doubtful one goes into the register.

    Raises:
        UsageError: `forged` names an item that a card of this kind does not let the chip contradict.
    """
    ref = card.person.ref
    if not lies_there(card):
        return CardReading(ref, NOT_PRESENTED, terminal)
    differs = forged_items(card, on, chips) if card.forged else ()
    reading = DeclaredDesk((card,), terminal).read(ref)
    if reading.outcome == MISMATCH:
        return msgspec.structs.replace(reading, differs=differs)
    if reading.outcome == MATCH:
        return msgspec.structs.replace(reading, extract=text_of(card, on, chips))
    return reading


def forged_items(card: DeclaredCard, on: date, chips: Chips = Chips.AS_ISSUED) -> tuple[str, ...]:
    """The forged items, each once, in the order of the face.

    Raises:
        UsageError: an item that a card of this kind does not let the chip contradict.
    """
    known = compared(card, on, chips)
    for item in card.forged:
        if item not in known:
            near = nearest(item, known)
            raise UsageError(
                f"a forged card cannot differ in {item!r}",
                expected=", ".join(known),
                received=item,
                where=f"the declared card of {card.person.ref}",
                remedy=f"did you mean {near}?" if near else "name an item that such a card bears",
            )
    return tuple(item for item in known if item in card.forged)


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
