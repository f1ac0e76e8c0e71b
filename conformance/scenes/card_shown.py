"""What lies on the counter before an application: a card, genuine or not, and the trouble of reading it.

Each thing shown belongs to a group; the check that judges what comes of it is named by the group.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.scenes.card_samples import PLAIN, card_of
from sim.base.errors import HarnessError
from virtual_card.apdu import Command
from virtual_card.cardfile import Card
from virtual_card.chip.chip import Chip
from virtual_card.errors import CardRemoved
from virtual_card.forgeries import exhibit
from virtual_card.forging import Workshop
from virtual_card.layouts import FileKey, Generation
from virtual_card.personalise.fonts import find_font
from virtual_card.transports import Transport
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess

GENUINE: Final = "genuine"
FAULT: Final = "fault"
BROKEN: Final = "broken"

GROUPS: Final = {
    "face_differs": "face",
    "face_expiry_extended": "face",
    "another_chip_renumbered": "face",
    "swapped_photo_on_face": "photo",
    "photo_and_signature_removed": "photo",
    "altered_image": "signature",
    "altered_text": "signature",
    "swapped_photo": "signature",
    "signature_of_another": "signature",
    "truncated_signature": "signature",
    "removed_signature": "signature",
    "unknown_ca": "chain",
    "copied_ca_name": "chain",
    "expired_ca": "chain",
    "wrong_generation_ca": "chain",
    "another_chip": "number",
    "wrong_number_printed": "number",
    "wrong_number_on_chip": "number",
    "wrong_type_byte": "structure",
    "blank": "structure",
    "altered_address": "address",
    "revoked_number": "revoked",
    "permission_added": "limits",
    "perfect_clone": "limits",
}
"""Forgeries of the catalogue by what gives them away to whoever holds the card; `limits`: nothing does."""

WRITING: Final = frozenset({0xD0, 0xD1, 0xD2, 0xD3, 0xD6, 0xD7, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE})
"""Instructions of ISO/IEC 7816-4 that put data onto a card."""
CHANGING: Final = WRITING | {0x04, 0x0C, 0x0E, 0x0F, 0x24, 0x2C, 0x44, 0xE0, 0xE2, 0xE4, 0xE6, 0xE8, 0xFE}
"""Those, and the instructions of ISO/IEC 7816-8, -9 and -13 that change a card otherwise."""

SLOW: Final = 0.2
"""Seconds that a slow card takes for one command."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A card on the counter. `group`: what about it a checker is judged on; `what`: which it is."""

    card: Card
    group: str
    what: str
    trouble: Callable[[Transport], Transport] | None = None

    @property
    def number(self) -> str:
        """The number as printed."""
        if self.card.face is None:
            raise HarnessError("a test card has no face")
        return self.card.face.items["number"]

    @property
    def specified(self) -> bool:
        """Whether it is read by an assumed profile."""
        return self.card.content.profile.generation is Generation.SPECIFIED


def genuine(card_type: str, variant: str = PLAIN) -> Shown:
    """A genuine card."""
    return Shown(card_of(card_type, variant), GENUINE, variant)


def forged(card_type: str, forgery: str, variant: str = PLAIN) -> Shown:
    """What an entry of the catalogue of forgeries makes of a genuine card.

    Raises:
        HarnessError: the entry is not among those that a card in the hand shows.
    """
    if forgery not in GROUPS:
        raise HarnessError("no card of this kind is shown", received=forgery)
    return Shown(exhibit(card_of(card_type, variant), forgery).card, GROUPS[forgery], forgery)


def misprinted(card_type: str, item: str, words: str) -> Shown:
    """A genuine chip in a card whose face says something else of one item.

    Raises:
        HarnessError: the face bears no such item, or these very words.
    """
    card = card_of(card_type)
    face, issued = card.face, card.origin.issued
    if face is None or issued is None or face.items.get(item, words) == words:
        raise HarnessError("the face cannot be misprinted so", received=f"{item}: {words}")
    printed = Workshop(card, face, issued, find_font()).with_face({item: words})
    return Shown(replace(card, face=printed), "face", item)


def troubled(card_type: str, kind: str, *, always: bool = False) -> Shown:
    """A genuine card with a fault on the way: once, or every time."""
    fault = Fault(Kind(kind), times=None if always else 1, seconds=SLOW)
    return Shown(card_of(card_type), FAULT, kind, lambda inner: Faulty(inner, fault, sleep=time.sleep))


def broken(card_type: str, kind: str) -> Shown:
    """A genuine card whose chip is broken: `dead` answers 6F00 to everything, `gone` nothing at all."""
    trouble = {"dead": Dead, "gone": Gone}[kind]
    return Shown(card_of(card_type), BROKEN, kind, trouble)


class Dead:
    """A chip that answers every command with 6F00."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def connect(self) -> bytes:
        return self._inner.connect()

    def transmit(self, command: bytes) -> bytes:
        return b"\x6f\x00"

    def reset(self) -> bytes:
        return self._inner.reset()

    def disconnect(self) -> None:
        self._inner.disconnect()


class Gone(Dead):
    """A chip that lets itself be powered up and then says nothing any more."""

    def transmit(self, command: bytes) -> bytes:
        raise CardRemoved("the card does not answer")


class Watched:
    """The way to a shown card, and what an application did with it."""

    def __init__(self, shown: Shown, random: Callable[[int], bytes]) -> None:
        self._chip = Chip(shown.card.content, random)
        inner: Transport = InProcess(self._chip)
        self._card = shown.trouble(inner) if shown.trouble is not None else inner
        self._before = self._chip.contents()
        self.commands = 0
        self.reads = 0
        self.writes: list[dict[str, Any]] = []

    def connect(self) -> bytes:
        """Powers the card up."""
        return self._card.connect()

    def transmit(self, command: bytes) -> bytes:
        """A command of the application; whatever would change a card is remembered."""
        self.commands += 1
        instruction = command[1] if len(command) > 1 else -1
        self.reads += instruction == 0xB0
        answer = self._card.transmit(command)
        if instruction in CHANGING:
            parsed = Command.parse(command)
            self.writes.append(
                {
                    "head": command[:4].hex().upper(),
                    "data": len(parsed.data) if parsed else None,
                    "sw": answer[-2:].hex().upper(),
                }
            )
        return answer

    def reset(self) -> bytes:
        """Resets the card."""
        return self._card.reset()

    def disconnect(self) -> None:
        """Powers the card down."""
        self._card.disconnect()

    @property
    def changed(self) -> bool:
        """Whether the chip holds something else than before."""
        now: dict[FileKey, bytes] = self._chip.contents()
        return now != self._before
