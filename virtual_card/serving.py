"""Cards in virtual readers for other programs: which slots there are, which cards go in, until told to stop.

With the system's pcscd the slots are those that its configuration names; with a private one as many as there
are cards. Nothing of this knows what a card is: it gets transports and puts them into slots.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from virtual_card import doctor
from virtual_card.errors import CardError, CardUsageError, TransportError
from virtual_card.transports import Transport
from virtual_card.transports.pcsc import Pcsc, readers
from virtual_card.transports.pcscd import DRIVER, SLOTS, PrivateDaemon, configuration
from virtual_card.transports.vpcd import FIRST_PORT, VirtualSlot

LOOKED_FOR: Final = 0.5
"""Seconds: the driver looks for a card every 0.4 s (facts: chip §6.1)."""
PATIENCE: Final = 5.0
"""Seconds that a card has to become visible."""


@dataclass(frozen=True, slots=True)
class Place:
    """A slot of a virtual reader: the port at which a card enters, the name by which programs find it."""

    port: int
    reader: str


def configured(texts: Sequence[str]) -> tuple[Place, ...]:
    """The slots that pcscd's configuration files have for vpcd, in order; `texts` are their contents.

    pcscd numbers readers of one name itself, so the number is right as long as no other reader has that name.
    """
    places: list[Place] = []
    libraries: set[str] = set()
    named: Counter[str] = Counter()
    for text in texts:
        entry: dict[str, str] = {}
        for line in text.splitlines():
            key, _, value = line.strip().partition(" ")
            entry[key.upper()] = value.strip().strip('"')
            if key.upper() != "CHANNELID":
                continue
            library = entry.get("LIBPATH", "")
            # Two entries with one library answer each other's commands (facts: chip §6.4): the first counts.
            if DRIVER in library and library not in libraries:
                libraries.add(library)
                port = _port(entry.get("DEVICENAME", ""))
                name = entry.get("FRIENDLYNAME", "Virtual PCD")
                number = named[name]
                named[name] += 1
                places += [Place(port + slot, f"{name} {number:02X} {slot:02X}") for slot in range(SLOTS)]
            entry = {}
    return tuple(places)


def places_for(cards: int, texts: Sequence[str]) -> tuple[Place, ...]:
    """As many slots of the system's pcscd as there are cards.

    Raises:
        CardUsageError: it has fewer.
    """
    places = configured(texts)
    if len(places) < cards:
        raise CardUsageError(
            "there are more cards than slots in the virtual readers of this machine's pcscd",
            expected=f"at most {len(places)} card files",
            received=str(cards),
            remedy="let `renkei card serve --start-daemon` start a pcscd with as many readers as there are"
            " cards",
        )
    return places[:cards]


@contextmanager
def served(cards: Sequence[Transport], places: Sequence[Place]) -> Iterator[tuple[VirtualSlot, ...]]:
    """The cards in their slots, taken out again at the end, whatever ends it.

    Raises:
        TransportError: no virtual reader listens at a place.
    """
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(VirtualSlot(card, place.port))
            for card, place in zip(cards, places, strict=True)
        )


def visible(place: Place, names: Callable[[], Sequence[str]], connect: Callable[[str], None]) -> str:
    """The reader's name as programs see it, once they see the card in it.

    `names` lists the readers, `connect` waits for the card in one of them and leaves it again.

    Raises:
        TransportError: the card does not show up in any reader of that name.
    """
    there = list(names())
    if place.reader not in there:
        raise TransportError(
            "the card is in its slot, but PC/SC programs see no reader for it",
            expected=place.reader,
            received=", ".join(there) or "no reader at all",
            remedy="run `renkei card doctor`; when another reader was plugged in first, unplug it",
        )
    connect(place.reader)
    return place.reader


def _port(device: str) -> int:
    text = device.rpartition(":")[2]
    try:
        return int(text, 0)
    except ValueError:
        return FIRST_PORT


@contextmanager
def daemon_for(cards: int, *, start: bool, say: Callable[[str], None]) -> Iterator[tuple[Place, ...]]:
    """The slots for so many cards: of the system's pcscd, or of a private one that lives as long as this.

    Raises:
        CardUsageError: the system's pcscd does not run or has too few slots; says which command mends it.
        TransportError: a private one cannot be started.
    """
    if not start:
        yield places_of_the_system(cards)
        return
    with (
        tempfile.TemporaryDirectory(prefix="renkei-") as folder,
        PrivateDaemon(Path(folder), cards) as daemon,
    ):
        say(f"a private pcscd runs; in every other terminal type: {_export(daemon.environment)}")
        with _environment(daemon.environment):  # our own look at the readers must find this daemon, too
            yield tuple(Place(slot.port, slot.reader) for slot in daemon.slots)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def places_of_the_system(cards: int) -> tuple[Place, ...]:
    """Slots of the pcscd that runs on this machine.

    Raises:
        CardUsageError: it does not run, lacks the driver, or has fewer slots; says what mends it.
    """
    for each in doctor.examine(doctor.look()):
        # A card can be served without pyscard: only who reads it needs that.
        if each.need == "readers" and not each.well and each.name != doctor.PYSCARD:
            raise CardUsageError(
                "there is no virtual reader to put a card into",
                expected=each.name,
                received=each.seen,
                remedy=each.remedy,
            )
    return places_for(cards, configuration())


def ready(place: Place) -> str:
    """The reader's name, once PC/SC programs see the card; without pyscard, the name that it must have.

    Raises:
        TransportError: they do not.
    """
    if find_spec("smartcard") is None:
        time.sleep(LOOKED_FOR)
        return place.reader
    return visible(place, readers, _wait_for_card)


def _wait_for_card(name: str) -> None:
    there = Pcsc(name, wait=PATIENCE)
    there.connect()
    there.disconnect()


def let_go(failures: Sequence[CardError | None]) -> CardError:
    """Why a card is no longer in its reader although nobody took it out."""
    return next((each for each in failures if each), None) or TransportError(
        "the virtual reader let go of a card",
        expected="pcscd to run until the cards are taken out",
        remedy="run `renkei card doctor`, then serve the cards again",
    )


def _export(environment: Mapping[str, str]) -> str:
    return " ".join(["export", *(f"{name}={value}" for name, value in environment.items())])
