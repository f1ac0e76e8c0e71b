"""From a user's options to a card that is read: the way to it, the number, the evidence, the day."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from virtual_card.errors import CardError, CardUsageError
from virtual_card.files import bytes_in, card_in, day_of, register_in, revoked_in

if TYPE_CHECKING:
    from virtual_card.cardfile import Card
    from virtual_card.reader.authenticity import AtHand, Authenticity
    from virtual_card.reader.certificates import Anchor
    from virtual_card.reader.reading import CardReading
    from virtual_card.transports import Transport


JAPAN: Final = timezone(timedelta(hours=9), "JST")
TEST_FILE: Final = "the card came from a card file, and card files hold TEST cards: it is no genuine card"


@contextmanager
def opened(
    reader: str | None,
    card_file: str | None,
    number: str | None,
    wrap: Callable[[Transport], Transport] = lambda inner: inner,
) -> Iterator[tuple[Transport, str, Card | None]]:
    """The way to the card, not connected yet, the number to open it with, and the card of a card file.

    Raises:
        CardUsageError: neither a reader nor a card file, or both; no number, or one of the wrong shape.
    """
    from virtual_card.number import checked_number

    if (reader is None) == (card_file is None):
        raise CardUsageError(
            "which card?",
            expected="either --reader NAME or --card FILE",
            received="neither" if reader is None else "both",
            remedy="`renkei card readers` lists the readers",
        )
    own: Card | None = None
    inner: Transport
    if card_file is not None:
        from virtual_card.chip.chip import Chip
        from virtual_card.draws import Draws
        from virtual_card.transports.in_process import InProcess

        own = card_in(card_file)
        printed = own.face.items.get("number") if own.face else None
        used = checked_number(number or printed or own.content.number, "--number")
        inner = InProcess(Chip(own.content, Draws(own.origin.seed or 0, "chip").octets))
    else:
        from virtual_card.transports.pcsc import Pcsc

        if number is None:
            raise CardUsageError(
                "the chip opens to the card's number only",
                expected="--number with the number printed at the upper right of the card",
                remedy=f"renkei card read --reader {reader!r} --number AA12345678BB",
            )
        used = checked_number(number, "--number")
        inner = Pcsc(reader or "")
    transport = wrap(inner)
    try:
        yield transport, used, own
    finally:
        transport.disconnect()


def read(transport: Transport, number: str, strategy: str) -> CardReading:
    """Connect and read everything.

    Raises:
        CardUsageError: there is no such strategy, or no such reader.
        ReaderError, TransportError: the card could not be read.
    """
    from virtual_card.reader.reading import interpret
    from virtual_card.reader.session import read_card
    from virtual_card.reader.strategies import strategy_of
    from virtual_card.reader.talk import converse

    way = strategy_of(strategy)
    atr = transport.connect()
    raw = converse(transport, read_card(number, os.urandom, way), clock=time.monotonic)
    return interpret(raw, atr)


def is_finding(error: CardError, own: Card | None, at_hand: AtHand, used: str) -> bool:
    """Whether a failed reading says something of the card rather than of its use or of the way to it.

    A card file has no reader that could be to blame. A card in a reader that does not open to the very number
    printed on it, is suspect; to any other number, somebody mistyped.
    """
    from virtual_card.reader.errors import WrongNumber

    if isinstance(error, WrongNumber):
        return at_hand.face is not None and at_hand.face.items.get("number") == used
    return own is not None


def at_hand_of(own: Card | None, face: str | None, register: str | None, revoked: str | None) -> AtHand:
    """The evidence in the user's files; the face of a card file unless another is named."""
    from virtual_card.reader.authenticity import AtHand

    faced = card_in(face) if face is not None else own
    return AtHand(
        face=faced.face if faced else None,
        register=register_in(register) if register is not None else None,
        revoked=revoked_in(revoked) if revoked is not None else None,
    )


def anchors_of(files: Sequence[str] | None, *, also_test: bool = False) -> tuple[Anchor, ...]:
    """The authorities to trust: those in the user's files and no others, without files the pinned test ones.

    Anybody can make the test authorities' keys, so whoever asks for a genuine authority gets none of them
    unless `also_test` asks for them too. A test authority in a user's file stays known as one.
    """
    from virtual_card.reader.certificates import anchors_in
    from virtual_card.reader.verify import pinned_test_anchors

    tests = pinned_test_anchors()
    if not files:
        return tests
    known = {each.certificate.fingerprint: each for each in tests}
    trusted = dict(known) if also_test else {}
    for path in files:
        for each in anchors_in(bytes_in(path), path):
            mark = each.certificate.fingerprint
            trusted.setdefault(mark, known.get(mark, each))
    return tuple(trusted.values())


def of_a_card_file(found: Authenticity, own: Card | None) -> Authenticity:
    """The verdict, which says of every card file's card that it is a test card.

    A card that chains to a test authority says so itself; a child's first-generation card bears no signature.
    """
    from virtual_card.reader.redact import is_test_card

    if own is None or is_test_card(found):
        return found
    return replace(found, limits=(*found.limits, TEST_FILE))


def judged_on(on: str | None, own: Card | None) -> date:
    """The day for which a card is judged; of a card file, a day in the life of its card."""
    day = day_of(on, "--on")
    if day is not None:
        return day
    if own is not None and own.origin.issued is not None:
        from virtual_card.forgeries import CHECKED_AFTER

        return own.origin.issued + CHECKED_AFTER
    # A card in a reader is judged for the day on which it lies there, in Japan.
    return datetime.now(JAPAN).date()  # noqa: TID251
