"""The desk: cards lie on a reader and are read, written and put onto a medium.

A card that was laid once stays the same card: what was written to its chip is there the next time. Its
printed face follows the counter: an endorsement (裏書き) stands on the back before the chip is written.

    desk = ChipDesk("cards-131041-01", "131041", seed=7)
    desk.lay(declared, on)
    desk.read(declared.person.ref)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from sim.base.errors import HarnessError, UsageError
from sim.base.streams import Streams
from sim.drivers.chip_desk.holders import make
from sim.drivers.chip_desk.judging import Printed, judged, unread
from sim.drivers.chip_desk.writing import write_file
from sim.nodes.card_terminal.declared import Chips, lies_there
from sim.nodes.card_terminal.node import TYPE_B
from sim.nodes.counter.desk import NOT_PRESENTED, UNREADABLE
from sim.nodes.messages.cards import CardReading, DeclaredCard
from virtual_card import address
from virtual_card.address import SUSPENDED, WritePolicy
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardRemoved, CardUsageError, ReaderError, TransportError
from virtual_card.faces import Item, PrintedFace, printed_date
from virtual_card.layouts import Generation, profile_of
from virtual_card.personalise.fonts import find_font
from virtual_card.personalise.images import address_image
from virtual_card.reader import proposal, reading
from virtual_card.reader.authenticity import AtHand, judge
from virtual_card.reader.certificates import Anchor
from virtual_card.reader.extract import Extract, extract
from virtual_card.reader.session import read_card
from virtual_card.reader.talk import converse
from virtual_card.reader.verify import pinned_test_anchors
from virtual_card.transports import Transport
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess

FAILED: Final = "failed"
"""Outcome of a write that the chip, or the policy of the chips, did not let happen."""


@dataclass(slots=True)
class _Laid:
    """A card on the desk. `declared`: what it was made of; None for one that somebody brought."""

    transport: Transport
    printed: Printed
    on: date
    declared: DeclaredCard | None = None
    readings: int = 0


@dataclass(slots=True)
class ChipDesk:
    """The desk of one card terminal (a `CardDesk`).

    `terminal`: its node id. `municipality`: the code that an endorsement is written under. `seed`: of every
    card that is made and every draw of the reader. `writing`: whether chips take an address, and the
    authority's key (`writable`). `online`: whether the terminal reaches the authority. `reader`: how a chip
    is laid on a reader; in this process unless given. `polls`: what the reader polls for; chips answer to
    Type B alone. `anchors`: the authorities to trust.
    """

    terminal: str
    municipality: str
    seed: int
    chips: Chips = Chips.AS_ISSUED
    writing: WritePolicy = SUSPENDED
    online: bool = True
    reader: Callable[[Chip], Transport] = InProcess
    polls: tuple[str, ...] = (TYPE_B,)
    anchors: Sequence[Anchor] = field(default_factory=pinned_test_anchors)
    _laid: dict[str, _Laid] = field(default_factory=dict)
    _written: dict[str, str] = field(default_factory=dict)

    # --- laying -----------------------------------------------------------------------------------------
    def lay(self, card: DeclaredCard, on: date) -> None:
        """Lays the card that a declared one stands for, made on its first time here.

        Raises:
            UsageError: no such card can be made (`holders.make`).
        """
        ref = card.person.ref
        if not lies_there(card):
            self._laid.pop(ref, None)
            return
        there = self._laid.get(ref)
        if there is not None and there.declared is not None and _same(there.declared, card):
            there.on = on
            return
        number = card.person.card_number
        made = make(card, on, Streams(self.seed).number("card", ref, number), self.chips)
        draws = Draws(self.seed, "chip", ref, number)
        transport = self.reader(Chip(made.card.content, draws.octets, policy=self.writing))
        if card.broken:
            transport = Faulty(transport, Fault(Kind.REMOVAL, times=None), sleep=time.sleep)
        printed = Printed(made.number, made.card.face, made.printed)
        self._laid[ref] = _Laid(transport, printed, on, card)

    def put(
        self, ref: str, transport: Transport, number: str, on: date, face: PrintedFace | None = None
    ) -> None:
        """Puts a card there that somebody brought, in whatever reader (such as `virtual_card`'s `Pcsc`).

        `number`: as printed. Without `face` nothing printed is compared: the signature alone is judged.
        """
        self._laid[ref] = _Laid(transport, Printed(number, face, {}), on)

    # --- reading ----------------------------------------------------------------------------------------
    def read(self, ref: str) -> CardReading:
        """What the card of that person says, found by reading its chip.

        Raises:
            HarnessError: the way to the reader broke; the card is not to blame.
        """
        laid = self._laid.get(ref)
        if laid is None:
            return CardReading(ref, NOT_PRESENTED, self.terminal)
        if TYPE_B not in self.polls:
            return CardReading(ref, UNREADABLE, self.terminal, real=True)
        try:
            read = self._chip(ref, laid)
        except ReaderError as error:
            return unread(ref, self.terminal, error)
        found = judge(read, self.anchors, laid.on, AtHand(face=laid.printed.face))
        return judged(ref, self.terminal, laid.printed, read, found)

    def _chip(self, ref: str, laid: _Laid) -> reading.CardReading:
        laid.readings += 1
        random = Draws(self.seed, "reader", ref, str(laid.readings)).octets
        try:
            atr = laid.transport.connect()
            try:
                raw = converse(laid.transport, read_card(laid.printed.number, random))
            finally:
                laid.transport.disconnect()
        except CardRemoved as error:
            raise ReaderError(error.message) from error
        except TransportError as error:
            raise _no_way(self.terminal, error) from error
        return reading.interpret(raw, atr)

    # --- writing ----------------------------------------------------------------------------------------
    def write(self, ref: str, new_address: str, filed_date: date, authorisation: str) -> str:
        """Writes the place of residence of an endorsed card into its chip, and reads it back.

        `authorisation`: the id under which the terminal was allowed to; each serves once, and asked again the
        desk only repeats what came of it. Returns the outcome of the reading afterwards, or `failed`.
        """
        if authorisation in self._written:
            return self._written[authorisation]
        self._written[authorisation] = FAILED  # whatever comes of it, it is spent
        laid = self._laid.get(ref)
        if laid is None:
            return FAILED
        laid.printed = replace(laid.printed, face=self._endorsed(laid, new_address, filed_date))
        if self._write(ref, laid, new_address, filed_date, authorisation):
            self._written[authorisation] = self.read(ref).outcome
        return self._written[authorisation]

    def _write(self, ref: str, laid: _Laid, new_address: str, filed: date, authorisation: str) -> bool:
        """Whether the chip took the address."""
        random = Draws(self.seed, "writer", ref, authorisation).octets
        who = address.Terminal(self.terminal, self.online)
        try:
            profile = profile_of(self._chip(ref, laid).card_type)
            file = address.written_file(profile)
            content = file.stored(self._values(profile.generation, new_address, filed))
            number = laid.printed.number
            talk = write_file(profile, number, content, self.writing, who, random)
            laid.transport.connect()
            try:
                converse(laid.transport, talk)
            finally:
                laid.transport.disconnect()
        except (CardUsageError, ReaderError, CardRemoved):
            return False
        except TransportError as error:
            raise _no_way(self.terminal, error) from error
        return True

    def _values(self, generation: Generation, new_address: str, filed: date) -> dict[str, bytes]:
        """The fields of the address file: text in the first generation, a picture in the later ones."""
        if generation is not Generation.FIRST:
            return {"address_image": address_image(new_address, find_font()).data}
        return {
            "address_date": filed.strftime("%Y%m%d").encode(),
            "address_municipality": self.municipality.encode(),
            "address": new_address.encode(),
        }

    def _endorsed(self, laid: _Laid, new_address: str, filed: date) -> PrintedFace | None:
        """The face with the endorsement on its back."""
        face = laid.printed.face
        if face is None:
            return None
        words: dict[str, str] = {
            Item.BACK_ADDRESS_DATE: printed_date(filed),
            Item.BACK_ADDRESS_MUNICIPALITY: f"{self.municipality}長",
            Item.BACK_ADDRESS: new_address,
        }
        images = dict(face.images)
        if "address_image" in images:
            images["back_address_image"] = address_image(new_address, find_font()).data
        return replace(face, items={**face.items, **words}, images=images)

    # --- text for the register --------------------------------------------------------------------------
    def extracts(self, refs: Sequence[str]) -> tuple[Extract, ...]:
        """The text of cards that lie there, for a medium (use pattern 1) or as it is (use pattern 2).

        Raises:
            UsageError: a card cannot be read, or there is none.
        """
        taken = []
        for ref in refs:
            laid = self._laid.get(ref)
            try:
                if laid is None:
                    raise ReaderError("no card lies there")
                taken.append(extract(self._chip(ref, laid)))
            except ReaderError as error:
                raise UsageError(
                    f"no text can be taken from the card of {ref}: {error.message}",
                    where=self.terminal,
                    remedy="read the card first, and take text of a card that matches only",
                ) from error
        return tuple(taken)

    def to_medium(self, refs: Sequence[str], passphrase: str, medium: str) -> bytes:
        """Use pattern 1: the text of these cards, encrypted for the medium of that name (`renkei-medium/1`).

        Raises:
            UsageError: a card cannot be read, or the passphrase is too short.
        """
        random = Draws(self.seed, "medium", medium).octets
        try:
            content, _ = proposal.to_medium(self.extracts(refs), passphrase, random)
        except CardUsageError as error:
            raise UsageError(error.message, expected=error.expected, received=error.received) from error
        return content


def _same(one: DeclaredCard, other: DeclaredCard) -> bool:
    """Whether both stand for one and the same card: people move and clerks learn, cards do not change."""
    return (
        one.person.card_number == other.person.card_number
        and one.forged == other.forged
        and one.broken == other.broken
        and one.state is other.state
    )


def _no_way(terminal: str, error: TransportError) -> HarnessError:
    return HarnessError(
        f"the way to the card reader broke: {error.message}",
        where=terminal,
        remedy=error.remedy or "`renkei card doctor` says what is missing",
    )
