"""The reference of the role `card`: the harness's own chip, made anew from each card file."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from conformance.protocol import cards as wire
from conformance.protocol.base import Done
from conformance.protocol.roles import CARD, Role
from conformance.reference.base import Reference
from sim.base.errors import HarnessError, UsageError
from virtual_card.cardfile import Card, load
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardError
from virtual_card.transports import Transport
from virtual_card.transports.in_process import InProcess

Making = Callable[[Card], Transport]
"""A card to the chip that is made of it, with the way to it."""


def genuine(card: Card) -> Transport:
    """The chip that a card file describes."""
    return InProcess(Chip(card.content, Draws("conformance", "chip").octets))


class ReferenceCard(Reference):
    """The reference. `making` puts another chip in its place: a mutant's seam."""

    role: ClassVar[Role] = CARD

    def __init__(self, lacks: frozenset[str] = frozenset(), making: Making = genuine) -> None:
        super().__init__(lacks)
        self._making = making
        self._card: Transport | None = None

    def on_reset(self, request: wire.Reset) -> wire.ResetAnswer:
        """Lays the card into the reader.

        Raises:
            UsageError: it is no card file.
        """
        try:
            card = load(request.card_file, "card_file")
        except CardError as error:
            raise UsageError(error.message, received=error.received, where=error.where) from error
        self._card = self._making(card)
        return wire.ResetAnswer(number=card.content.number, as_given=True)

    def on_connect(self, request: wire.Connect) -> wire.ConnectAnswer:
        return wire.ConnectAnswer(atr=self._there.connect().hex().upper())

    def on_transmit(self, request: wire.Transmit) -> wire.TransmitAnswer:
        try:
            answer = self._there.transmit(bytes.fromhex(request.apdu))
        except CardError as error:
            raise HarnessError(error.message, where="transmit", remedy=error.remedy) from error
        return wire.TransmitAnswer(response=answer.hex().upper())

    def on_disconnect(self, request: wire.Disconnect) -> Done:
        self._there.disconnect()
        return Done()

    @property
    def _there(self) -> Transport:
        if self._card is None:
            raise HarnessError("no card lies in the reader", expected="`reset` first")
        return self._card
