"""The test cards that the harness makes: each type, and what may be special about one.

Nobody real: people come from a seed. All cards bear one number, so that a story can name it, and stay valid
to the end of 2029.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Final

from sim.base.errors import HarnessError
from virtual_card.cardfile import Card
from virtual_card.faces import Item, printed_date
from virtual_card.layouts import CardType, Generation
from virtual_card.personalise.fonts import find_font
from virtual_card.personalise.images import address_image
from virtual_card.personalise.issue import VALID_ON, issue_sample
from virtual_card.personalise.quirks import Quirk

NUMBER: Final = "AA12345678BB"
OTHER_NUMBER: Final = "AA12345678BC"
SEED: Final = 1

PLAIN: Final = "plain"
CHILD: Final = "child"
WRITTEN: Final = "written"
RARE_KANJI: Final = "rare_kanji"

# U+20BB7 lies beyond the basic plane and in no Shift_JIS of two bytes: a reader that guesses loses it.
RARE_ADDRESS: Final = "東京都新宿区大久保1丁目2番3号 𠮷田ハイツ"
MOVED_ON: Final = date(2025, 5, 1)
MUNICIPALITY: Final = "131041"

CHILD_AGE: Final = {Generation.FIRST: 9, Generation.SECOND: 0, Generation.SPECIFIED: 0}
"""Years of a holder whose card bears no photo: under sixteen before, under one from 2026-06-14 on."""


@cache
def card_of(card_type: str, variant: str = PLAIN) -> Card:
    """A genuine test card.

    `variant`: `plain`; `child`, without a photo; `written`, with a new address on back and chip;
    `rare_kanji`, the same with a character beyond the basic plane; `quirk:NAME`, an odd certificate;
    `issued:DAY`, issued on that day.

    Raises:
        HarnessError: there is no such variant.
    """
    kind = CardType(card_type)
    name, _, value = variant.partition(":")
    match name:
        case "plain":
            return issue_sample(kind, seed=SEED, number=NUMBER, on=VALID_ON)
        case "child":
            age = CHILD_AGE[_generation(kind)]
            return issue_sample(kind, seed=SEED, number=NUMBER, age=age)
        case "written":
            return issue_sample(kind, seed=SEED, number=NUMBER, on=VALID_ON, written=True)
        case "rare_kanji":
            return _rewritten(issue_sample(kind, seed=SEED, number=NUMBER, on=VALID_ON, written=True))
        case "quirk":
            return issue_sample(kind, seed=SEED, number=NUMBER, on=VALID_ON, quirk=Quirk(value))
        case "issued":
            return issue_sample(kind, seed=SEED, number=NUMBER, issued=date.fromisoformat(value))
    raise HarnessError("there is no such test card", received=variant)


def _generation(kind: CardType) -> Generation:
    from virtual_card.layouts import profile_of

    return profile_of(kind).generation


def _rewritten(card: Card) -> Card:
    """The card with the rare address on back and chip. No signature covers either."""
    face = card.face
    if face is None:
        raise HarnessError("a test card has no face")
    items = {
        **face.items,
        Item.BACK_ADDRESS: RARE_ADDRESS,
        Item.BACK_ADDRESS_DATE: printed_date(MOVED_ON),
    }
    content, images = card.content, dict(face.images)
    if "address" in content.profile.fields:
        values = {
            **content.values,
            "address": RARE_ADDRESS.encode(),
            "address_date": f"{MOVED_ON:%Y%m%d}".encode(),
        }
    else:
        picture = address_image(RARE_ADDRESS, find_font()).data
        values = {**content.values, "address_image": picture}
        images["back_address_image"] = picture
    return replace(
        card, content=replace(content, values=values), face=replace(face, items=items, images=images)
    )


def days_after_issue(card: Card, days: int) -> date:
    """That many days after a card was issued.

    Raises:
        HarnessError: nobody knows when it was.
    """
    if card.origin.issued is None:
        raise HarnessError("a test card does not say when it was issued")
    return card.origin.issued + timedelta(days=days)
