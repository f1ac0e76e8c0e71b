"""Cards and transports for the tests of the reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from virtual_card.cardfile import Card
from virtual_card.chip.behaviour import Behaviour
from virtual_card.chip.chip import Chip
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.layouts import CardType
from virtual_card.personalise.issue import issue_sample
from virtual_card.reader.reading import CardReading, interpret
from virtual_card.reader.session import RawCard, read_card
from virtual_card.reader.strategies import WHOLE, Strategy
from virtual_card.reader.talk import converse
from virtual_card.transports import Transport
from virtual_card.transports.in_process import InProcess

NUMBER = "AA12345678BB"
ON = {True: date(2026, 9, 1), False: date(2025, 6, 1)}
ISSUED_TYPES = tuple(each for each in CardType if each is not CardType.PROPOSAL_2011)


@cache
def sample(card_type: CardType) -> Card:
    """The issued card of that type, made once."""
    return issue_sample(card_type, seed=11, number=NUMBER)


def day(card_type: CardType) -> date:
    """A day in the life of the sample."""
    return ON[card_type not in (CardType.RESIDENCE_1, CardType.SPECIAL_PERMANENT_1)]


def transport(content: CardContent, behaviour: Behaviour | None = None) -> InProcess:
    """A way to a chip with this content."""
    chip = (
        Chip(content, Draws(3, "chip").octets, behaviour=behaviour)
        if behaviour
        else Chip(content, Draws(3, "chip").octets)
    )
    return InProcess(chip)


def raw(
    way: Transport,
    number: str = NUMBER,
    strategy: Strategy = WHOLE,
    clock: Callable[[], float] | None = None,
) -> RawCard:
    """Read over a transport."""
    way.connect()
    return converse(way, read_card(number, Draws(4, "reader").octets, strategy), clock=clock)


def reading(card: Card, number: str = NUMBER) -> CardReading:
    """Read a card in this process."""
    return interpret(raw(transport(card.content), number), card.content.atr)
