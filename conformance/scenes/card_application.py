"""Around an application that reads cards: the terminals, the cards, the reader, the authority over writing.

What an application tells of a card becomes a line for each thing; beside it stand lines of what the card
holds, taken from the card's making and not from any reading. What rests on the assumed profile of specified
cards has kinds of its own, which begin with `specified_`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from conformance.protocol import cards as wire
from conformance.protocol.conversation import Conversation
from conformance.scenes.asking import Asking
from conformance.scenes.card_reader import VirtualReader
from conformance.scenes.card_shown import Shown, Watched
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, japan_datetime, parse_iso
from sim.base.journal import Line
from virtual_card.authorities import pinned_pem
from virtual_card.channel import delivery_test_key
from virtual_card.errors import CardRemoved, TransportError
from virtual_card.reader.images import Picture, decode

TODAY: Final = parse_iso("2026-09-01T10:00:00+09:00")
"""When a case without fixed days is played, where the clock can be set."""

COUNTER: Final = "T-01"
STANDALONE: Final = "T-02"
REGISTRY: Final = "J-01"
EXCHANGE: Final = "R-01"
UNKNOWN: Final = "X-99"
TERMINALS: Final = (
    wire.TerminalData(id=COUNTER, kind="card_terminal", connection="lgwan"),
    wire.TerminalData(id=STANDALONE, kind="card_terminal", connection="standalone"),
    wire.TerminalData(id=REGISTRY, kind="registry_terminal", connection="lgwan"),
    wire.TerminalData(id=EXCHANGE, kind="exchange_terminal", connection="lgwan"),
)

ITEMS: Final = {
    "nationality": "nationality",
    "sex": "sex",
    "birth": "birth",
    "status_code": "status",
    "period": "period",
    "number": "number",
    "period_expiry": "period_expiry",
    "address": "back_address",
}
"""Fields of chips that hold text of an item for the register, and the item."""
IMAGES: Final = ("face_image", "name_image", "address_image", "photo")


class ReadingDesk:
    """A counter with terminals, and the cards that are shown there.

    Set `policy`, `revoked` before the case's first instant, and show a card before it is read.
    """

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        self._stage = stage
        self._asking = Asking(stage, conversation)
        self._conversation = conversation
        self._shown: Shown | None = None
        self._card: Watched | None = None
        self._way = "calls"
        self.policy = "suspended"
        self.revoked: tuple[str, ...] = ()
        self.grants = False
        self.visits: list[str] = []
        self.media: list[bytes] = []
        for name, call in (
            ("connect", self._connect),
            ("transmit", self._transmit),
            ("disconnect", self._disconnect),
            ("authorise_write", self._authorise),
        ):
            conversation.provide(name, call)

    # --- the stage --------------------------------------------------------------------------------------
    @property
    def now(self) -> Instant:
        """What time it is there."""
        return self._asking.now

    @property
    def today(self) -> Instant:
        """When a case without fixed days begins. Raises as `Asking.today` does."""
        return self._asking.today(TODAY)

    def begin(self, case: str, at: Instant) -> None:
        """A fresh application that trusts the harness's test authorities."""
        self._asking.now = at
        told = self._conversation.ask(
            wire.ResetApplication(
                case=case,
                at=japan_datetime(at),
                test_ca=pinned_pem(),
                delivery_key=_delivery_pem(),
                write_policy=self.policy,
                terminals=TERMINALS,
                revoked=self.revoked,
            ),
            wire.ResetApplicationAnswer,
        )
        self._way = told.way
        self._stage.note("application_reset", {"write_policy": self.policy, "revoked": list(self.revoked)})
        self._stage.note(
            "application_told", {"way": told.way, "radio": list(told.radio), "encoding": told.encoding}
        )

    def advance(self, until: Instant) -> None:
        """Lets time pass in the application."""
        self._asking.clock(until)

    def lines(self) -> list[Line]:
        """Nobody but the stage writes."""
        return []

    # --- what steps do ----------------------------------------------------------------------------------
    def show(self, shown: Shown) -> None:
        """Lays a card onto the reader."""
        self._shown = shown
        self._card = Watched(shown, self._stage.draws("shown").octets)

    @property
    def group(self) -> str:
        """What the card that was shown last is there for."""
        return self._now_shown.group

    @property
    def specified(self) -> bool:
        """Whether that card is read by an assumed profile."""
        return self._now_shown.specified

    def read(self, terminal: str = COUNTER, *, face: bool = True) -> str:
        """Has the card read at a terminal; gives the visit."""
        shown, visit = self._now_shown, self._visit()
        self._note(
            "card_shown",
            visit,
            {
                "card_type": shown.card.content.card_type.value,
                "group": shown.group,
                "what": shown.what,
                "terminal": terminal,
                "face": face,
            },
        )
        self._tell_card(visit, shown)
        with self._reader() as reader:
            request = wire.ReadCard(
                visit=visit,
                terminal=terminal,
                number=shown.number,
                face=face_of(shown) if face else None,
                reader=reader.name,
                daemon=reader.socket,
            )
            told = self._conversation.ask(request, wire.ReadCardAnswer)
        self._tell_answer(visit, terminal, told)
        self._tell_talk(visit)
        return visit

    def write(self, terminal: str = COUNTER, *, grants: bool = False) -> str:
        """Asks for the writing of an address; `grants`: whether the authority permits it when asked."""
        shown, visit = self._now_shown, self._visit()
        self.grants = grants
        with self._reader() as reader:
            request = wire.WriteAddress(
                visit=visit,
                terminal=terminal,
                number=shown.number,
                address="東京都新宿区大久保1丁目1番1号",
                municipality="131041",
                on=date(2026, 9, 1),
                reader=reader.name,
                daemon=reader.socket,
            )
            told = self._conversation.ask(request, wire.WriteAddressAnswer)
        self._stage.note(
            "write_answered",
            {
                "written": told.written,
                "reason": told.reason,
                "terminal": terminal,
                "write_policy": self.policy,
                "granted": grants,
            },
            case=visit,
        )
        self._tell_talk(visit)
        return visit

    def kept(self) -> None:
        """What results the application has kept."""
        told = self._conversation.ask(wire.Kept(), wire.KeptAnswer)
        for one in told.results:
            self._stage.note("result_kept", {"outcome": one.outcome}, case=one.visit)

    def carry(self, visits: list[str], passphrase: str, other: str = "") -> None:
        """Takes extracts by medium from the card terminal to the register's; `other`: a wrong passphrase."""
        told = self._conversation.ask(
            wire.ToMedium(visits=tuple(visits), passphrase=passphrase), wire.ToMediumAnswer
        )
        self._stage.note(
            "medium_made",
            {
                "bytes": len(told.medium),
                "sha256": hashlib.sha256(told.medium).hexdigest(),
                "plain": self._plain_in(told.medium),
                "log": [use.model_dump() for use in told.log],
            },
        )
        request = wire.FromMedium(medium=base64.b64encode(told.medium), passphrase=other or passphrase)
        taken = self._conversation.ask(request, wire.FromMediumAnswer)
        self._stage.note(
            "medium_taken",
            {
                "opened": taken.opened,
                "wrong_passphrase": bool(other),
                "extracts": len(taken.extracts),
                "log": [use.model_dump() for use in taken.log],
            },
        )
        for visit, extract in zip(visits, taken.extracts, strict=False):
            items = [item.model_dump() for item in extract.items]
            self._stage.note("extract_taken", {"number": extract.number, "items": items}, case=visit)

    # --- lines ------------------------------------------------------------------------------------------
    def _note(self, kind: str, visit: str, data: dict[str, Any]) -> None:
        self._stage.note(("specified_" if self.specified else "") + kind, data, case=visit)

    def _tell_card(self, visit: str, shown: Shown) -> None:
        """What the chip holds, from the card's making."""
        content = shown.card.content
        values = content.filled()
        for field, item in ITEMS.items():
            if field in content.profile.fields:
                text = values.get(field, b"").decode("utf-8", "replace")
                self._note("chip_holds", visit, {"item": item, "value": text})
        for name in IMAGES:
            value = values.get(name, b"")
            if name in content.profile.fields and value:
                picture = decode(value, content.profile.fields[name].kind)
                size = (picture.width, picture.height) if isinstance(picture, Picture) else (0, 0)
                line = {"image": name, "sha256": _sha(value), "bytes": len(value.rstrip(b"\0"))}
                self._note("chip_image", visit, line | {"width": size[0], "height": size[1]})

    def _tell_answer(self, visit: str, terminal: str, told: wire.ReadCardAnswer) -> None:
        plain = told.model_dump(mode="json", exclude={"items", "images"})
        self._note("card_read", visit, plain | {"terminal": terminal})
        self._note("items_told", visit, {"items": [item.model_dump() for item in told.items]})
        for item in told.items:
            self._note("item_told", visit, item.model_dump())
        self._note("images_told", visit, {"images": [image.image for image in told.images]})
        for image in told.images:
            self._note("image_told", visit, image.model_dump())

    def _tell_talk(self, visit: str) -> None:
        card = self._watched
        for write in card.writes:
            self._stage.note("write_seen", write, case=visit)
        card.writes.clear()
        self._stage.note(
            "chip_talked",
            {"commands": card.commands, "reads": card.reads, "changed": card.changed},
            case=visit,
        )
        card.commands = card.reads = 0

    def _plain_in(self, medium: bytes) -> list[str]:
        """Texts of the shown card that stand in a medium as anybody can read them."""
        content = self._now_shown.card.content
        values = content.filled()
        texts = {item: values.get(field, b"") for field, item in ITEMS.items() if field in values}
        return [item for item, text in texts.items() if len(text) > 3 and text in medium]

    # --- what the application calls for -----------------------------------------------------------------
    def _connect(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return {"atr": self._watched.connect().hex().upper()}
        except CardRemoved:
            return {"removed": True}

    def _transmit(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A command of the application.

        Raises:
            Breach: it is none, or no card was powered up.
        """
        told = body.get("apdu")
        try:
            command = bytes.fromhex(told if isinstance(told, str) else "-")
        except ValueError:
            command = b""
        if len(command) < 4:
            raise _wrong_call("transmit", '{"apdu": four bytes or more in hexadecimal}', repr(told)[:80])
        try:
            return {"response": self._watched.transmit(command).hex().upper()}
        except CardRemoved:
            return {"removed": True}
        except TransportError as error:
            raise _wrong_call("transmit", "`connect` before the first command", error.message) from error

    def _disconnect(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self._watched.disconnect()
        return {}

    def _authorise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self._stage.note(
            "authority_asked",
            {"terminal": str(body.get("terminal", ""))[:64], "granted": self.grants},
        )
        return {"granted": self.grants}

    # --- small things -----------------------------------------------------------------------------------
    def _visit(self) -> str:
        self.visits.append(self._stage.visit())
        return self.visits[-1]

    def _reader(self) -> VirtualReader:
        """Where the card lies: in a virtual reader for an application that goes over PC/SC."""
        return VirtualReader(self._watched if self._way == "reader" else None)

    @property
    def _now_shown(self) -> Shown:
        if self._shown is None:
            raise HarnessError("no step of the case says which card is shown")
        return self._shown

    @property
    def _watched(self) -> Watched:
        if self._card is None:
            raise HarnessError("no step of the case says which card is shown")
        return self._card


def face_of(shown: Shown) -> wire.FaceData:
    """What is printed on a card, as the protocol has it.

    Raises:
        HarnessError: nothing is.
    """
    face = shown.card.face
    if face is None:
        raise HarnessError("a test card has no face")
    return wire.FaceData(
        card_type=face.card_type.value,
        items={str(item): words for item, words in face.items.items()},
        images={name: base64.b64encode(raw) for name, raw in face.images.items()},
    )


def _delivery_pem() -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = delivery_test_key().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _sha(value: bytes) -> str:
    return hashlib.sha256(value.rstrip(b"\0")).hexdigest()


def _wrong_call(name: str, expected: str, received: str) -> Breach:
    return Breach(
        "a call is not as the protocol has it",
        expected=expected,
        received=received,
        where=name,
        remedy=f"see `{name}` in docs/adapter.md",
    )
