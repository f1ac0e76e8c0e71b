"""`pcsc`: a card in any PC/SC reader, real or virtual, tested without any program of the vendor's.

The plan names, for each card, its reader, its type and the number printed on it; several cards lie in several
readers. Whatever the way to a card does wrong (no daemon, no reader, no card, a card taken away in the
middle) is a HarnessError: it says nothing about the card.
"""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from conformance.adapters.kind import Kind, PlanPart, Say, Settings
from conformance.inspecting import Point, State
from conformance.protocol import cards as wire
from conformance.protocol.base import VERSION, Done, Hello, HelloAnswer
from conformance.protocol.roles import CARD, Role
from conformance.reference.base import Reference
from sim.base.errors import HarnessError, UsageError
from sim.base.version import VERSION as RELEASE
from virtual_card.errors import CardError, CardRemoved
from virtual_card.transports.pcsc import Pcsc, readers

GIVEN: Final = "card.given"
LAY_BACK: Final = "lay the card back onto the reader, leave it there, and run the cases again with --only"
MENDS: Final = "`renkei card readers` lists the readers, `renkei card doctor` says what is missing"


class CardInReader(PlanPart):
    """One card. `reader`: the reader's name, or a part that only it has. `number`: as printed on the card.

    `as_given`: whether it was made from the harness's own test card of that type (`renkei card issue --type T
    --number AA12345678BB --seed 1 --on 2029-12-31`), so that its content can be compared byte for byte.
    """

    reader: Annotated[str, Field(min_length=1, max_length=200)]
    card_type: Literal["1", "2", "05", "06", "07", "08"]
    number: wire.CardNumber
    as_given: bool = False


class PcscSettings(Settings):
    """`cards`: what lies where. `wait`: seconds to wait for a card when it is powered up.

    `test_cards`: must say true, that each of them is a test card. Cases try to write, and to authenticate
    wrongly; nobody does that to a genuine card.
    """

    kind: Literal["pcsc"]
    test_cards: Literal[True]
    cards: Annotated[tuple[CardInReader, ...], Field(min_length=1)]
    wait: Annotated[float, Field(ge=0, le=60)] = 2.0

    @model_validator(mode="after")
    def _once(self) -> PcscSettings:
        types = [card.card_type for card in self.cards]
        if len(set(types)) != len(types):
            raise ValueError("one card of each type is enough")
        return self

    def card_of(self, card_type: str) -> CardInReader | None:
        """The card of that type."""
        return next((card for card in self.cards if card.card_type == card_type), None)


class PcscChannel(Reference):
    """Answers for cards in readers. Raises a HarnessError for whatever the way to a card does wrong."""

    role: ClassVar[Role] = CARD

    def __init__(self, settings: PcscSettings) -> None:
        super().__init__()
        self._settings = settings
        self._reader: Pcsc | None = None
        self._name = ""

    def talk(self, line: bytes) -> bytes:
        """The line that follows. Unlike a product's, a fault here is not the card's: it is raised."""
        frame = json.loads(line)
        said = self._next(frame)
        return json.dumps({"id": frame["id"], **said}, separators=(",", ":")).encode()

    def close(self) -> None:
        """Leaves the reader."""
        if self._reader is not None:
            self._reader.disconnect()
            self._reader = None

    def on_hello(self, request: Hello) -> HelloAnswer:
        """Introduces the cards: a capability for each type, and their content where it was given."""
        cards = self._settings.cards
        given = (GIVEN,) if all(card.as_given for card in cards) else ()
        return HelloAnswer(
            protocol=VERSION,
            name="PC/SC",
            vendor="renkei",
            version=RELEASE,
            roles=(CARD.id,),
            capabilities=(*(f"card.{card.card_type}" for card in cards), *given),
        )

    def on_reset(self, request: wire.Reset) -> wire.ResetAnswer:
        """Looks for the card of that type.

        Raises:
            HarnessError: there is none.
        """
        self.close()
        card = self._settings.card_of(request.card_type)
        if card is None:
            raise HarnessError(
                "no card of this type lies in any reader",
                expected=request.card_type,
                received=", ".join(each.card_type for each in self._settings.cards),
                where="adapter.cards",
                remedy="add the card to the plan, or leave its cases out",
            )
        self._name = card.reader
        self._reader = Pcsc(card.reader, wait=self._settings.wait)
        return wire.ResetAnswer(number=card.number, as_given=card.as_given)

    def on_connect(self, request: wire.Connect) -> wire.ConnectAnswer:
        try:
            return wire.ConnectAnswer(atr=self._there.connect().hex().upper())
        except CardError as error:
            raise self._fault(error) from error

    def on_transmit(self, request: wire.Transmit) -> wire.TransmitAnswer:
        try:
            answer = self._there.transmit(bytes.fromhex(request.apdu))
        except CardError as error:
            raise self._fault(error) from error
        return wire.TransmitAnswer(response=answer.hex().upper())

    def on_disconnect(self, request: wire.Disconnect) -> Done:
        self._there.disconnect()
        return Done()

    @property
    def _there(self) -> Pcsc:
        if self._reader is None:
            raise HarnessError("no card was asked for yet", expected="`reset` first")
        return self._reader

    def _fault(self, error: CardError) -> HarnessError:
        """What the way to the card did wrong."""
        remedy = LAY_BACK if isinstance(error, CardRemoved) else error.remedy or MENDS
        where = ": ".join(part for part in (self._name, error.where) if part)
        return HarnessError(
            error.message, expected=error.expected, received=error.received, where=where, remedy=remedy
        )


def look(settings: PcscSettings) -> list[Point]:
    """Whether each reader is there and a card lies in it: what `doctor` shows before a run."""
    try:
        names = readers()
    except CardError as error:
        return [_point("daemon", State.FAIL, str(error), error.remedy or MENDS)]
    points = [_point("daemon", State.PASS, ", ".join(names) or "no reader")]
    for card in settings.cards:
        reader = Pcsc(card.reader)
        try:
            told = f"{card.reader}: ATR {reader.connect().hex().upper()}"
        except CardRemoved as error:
            points.append(_point("card", State.FAIL, f"{card.reader}: {error.message}", LAY_BACK))
        except CardError as error:
            points.append(_point("reader", State.FAIL, str(error), error.remedy or MENDS))
        else:
            points.append(_point("card", State.PASS, told))
        finally:
            reader.disconnect()
    return points


NAMES: Final = {
    "daemon": ("読取装置のサービスに届く", "the service of readers answers"),
    "reader": ("読取装置がある", "the reader is there"),
    "card": ("カードが読取装置にある", "a card lies in the reader"),
}


def _point(id: str, state: State, told: str = "", mend: str = "") -> Point:
    ja, en = NAMES[id]
    return Point(id=id, ja=ja, en=en, state=state, told=told, mend=mend)


def _open(settings: PcscSettings, role: Role, say: Say) -> PcscChannel:
    if role.id != CARD.id:
        raise UsageError(
            "a reader holds cards, and nothing else is tested through it",
            where="adapter.kind",
            expected=f'role = "{CARD.id}"',
            received=role.id,
            remedy="take another kind of adapter",
        )
    return PcscChannel(settings)


KIND: Final = Kind(
    "pcsc", "PC/SCの読取装置にあるカード", "a card in a PC/SC reader", PcscSettings, _open, look
)
