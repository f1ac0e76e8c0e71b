"""The reference of the role `card-application`: the harness's own reader and checker of cards.

It reaches a card by asking the harness for each answer, or over PC/SC when it was made so. It never writes:
the commands that would write an address are not public.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Generator, Mapping
from typing import Any, ClassVar, Final, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from conformance.protocol import cards as wire
from conformance.protocol.base import Clock, ClockAnswer
from conformance.protocol.roles import CARD_APPLICATION, Role
from conformance.reference.base import Calling, Reference
from sim.base.errors import UsageError
from sim.base.instant import Instant, japan_date, japan_datetime, parse_iso
from virtual_card.draws import Draws
from virtual_card.errors import CardError, ReaderError, TransportError
from virtual_card.faces import PrintedFace
from virtual_card.layouts import CardType
from virtual_card.reader.authenticity import AtHand, Authenticity, judge, judge_unread
from virtual_card.reader.certificates import Anchor, anchors_in
from virtual_card.reader.errors import CardGone
from virtual_card.reader.extract import Extract, Origin, extract
from virtual_card.reader.images import Picture
from virtual_card.reader.proposal import MediumUse, from_medium, to_medium
from virtual_card.reader.reading import CardReading, interpret
from virtual_card.reader.session import RawCard, read_card
from virtual_card.reader.talk import Talk, converse
from virtual_card.verdicts import Reason, Verdict

READS: Final = ("card_terminal", "registry_terminal")
OUTCOMES: Final[dict[Verdict, Literal["match", "mismatch", "review"]]] = {
    Verdict.GENUINE: "match",
    Verdict.FORGED: "mismatch",
    Verdict.REVIEW: "review",
}
DIFFERENT: Final = frozenset(
    {Reason.FACE_DIFFERS, Reason.PHOTO_DIFFERS, Reason.ADDRESS_DIFFERS, Reason.UNSIGNED_DIFFERS}
)
UNTRUSTED: Final = frozenset(
    {
        Reason.CHAIN_UNKNOWN_CA,
        Reason.CHAIN_SIGNATURE_INVALID,
        Reason.CHAIN_WRONG_GENERATION,
        Reason.CHAIN_NOT_YET_VALID,
        Reason.CERTIFICATE_UNREADABLE,
    }
)
NOT_SIGNED: Final = frozenset({Reason.SIGNATURE_MISSING, Reason.SIGNATURE_NOT_MADE})
ORIGINS: Final[dict[Origin, Literal["chip", "image", "not_held"]]] = {
    Origin.CHIP: "chip",
    Origin.IMAGE_ONLY: "image",
    Origin.UNREADABLE: "image",
    Origin.NOT_HELD: "not_held",
}

Read = tuple[CardReading, None] | tuple[None, CardError]
Reading = Generator[tuple[str, dict[str, Any]], dict[str, Any], Read]


class ReferenceReader(Reference):
    """The reference. `way`: `calls`, or `reader` to reach cards over PC/SC."""

    role: ClassVar[Role] = CARD_APPLICATION

    def __init__(
        self, lacks: frozenset[str] = frozenset(), way: Literal["calls", "reader"] = "calls"
    ) -> None:
        super().__init__(lacks)
        self._way: Literal["calls", "reader"] = way
        self._terminals: dict[str, wire.TerminalData] = {}
        self._anchors: tuple[Anchor, ...] = ()
        self._delivery: RSAPublicKey | None = None
        self._policy = "suspended"
        self._revoked: frozenset[str] = frozenset()
        self._now = Instant(0)
        self._kept: list[wire.KeptResult] = []
        self._extracts: dict[str, Extract] = {}
        self._log: list[MediumUse] = []

    # --- its own state ----------------------------------------------------------------------------------
    def on_reset(self, request: wire.ResetApplication) -> wire.ResetApplicationAnswer:
        """A fresh application.

        Raises:
            UsageError: the certificates or the delivery key cannot be read.
        """
        try:
            self._anchors = tuple(anchors_in(request.test_ca.encode(), "test_ca", test=True))
        except CardError as error:
            raise UsageError(error.message, where="test_ca") from error
        key = load_pem_public_key(request.delivery_key.encode()) if request.delivery_key else None
        self._delivery = key if isinstance(key, RSAPublicKey) else None
        self._terminals = {terminal.id: terminal for terminal in request.terminals}
        self._policy = request.write_policy
        self._revoked = frozenset(request.revoked)
        self._now = parse_iso(request.at.isoformat())
        self._kept, self._extracts, self._log = [], {}, []
        return wire.ResetApplicationAnswer(way=self._way, radio=("type_b",), encoding="UTF-8")

    def on_clock(self, request: Clock) -> ClockAnswer:
        self._now = parse_iso(request.until.isoformat())
        return ClockAnswer(at=japan_datetime(self._now))

    def on_kept(self, request: wire.Kept) -> wire.KeptAnswer:
        return wire.KeptAnswer(results=tuple(self._kept))

    # --- reading ----------------------------------------------------------------------------------------
    def on_read_card(self, request: wire.ReadCard) -> Calling:
        terminal = self._terminals.get(request.terminal)
        if terminal is None or terminal.kind not in READS:
            return wire.ReadCardAnswer(outcome="refused", reason="no terminal for reading cards")
        face = _face(request.face)
        at_hand = AtHand(face=face, revoked=self._revoked if self._revoked else None)
        reading, error = yield from self._read(request)
        today = japan_date(self._now)
        if reading is None:
            answer = _unread(error, today, at_hand)
        else:
            self._extracts[request.visit] = taken = extract(reading)
            answer = _answer(reading, judge(reading, self._anchors, today, at_hand), taken)
        self._kept.append(wire.KeptResult(visit=request.visit, outcome=answer.outcome))
        return answer

    def _read(self, request: wire.ReadCard) -> Reading:
        talk = read_card(request.number, Draws("reference", request.visit).octets, delivery=self._delivery)
        try:
            if self._way == "reader":
                return _over_reader(request.reader, request.daemon, talk), None
            raw, atr = yield from _over_calls(talk)
        except (ReaderError, TransportError) as error:
            if self._way == "calls":
                yield ("disconnect", {})
            return None, error
        yield ("disconnect", {})
        return interpret(raw, atr), None

    # --- media ------------------------------------------------------------------------------------------
    def on_to_medium(self, request: wire.ToMedium) -> wire.ToMediumAnswer:
        extracts = [self._extracts[visit] for visit in request.visits if visit in self._extracts]
        random = Draws("reference", "medium", *request.visits).octets
        try:
            medium, use = to_medium(extracts, request.passphrase, random)
        except CardError as error:
            raise UsageError(error.message, expected=error.expected, where="to_medium") from error
        self._log.append(use)
        return wire.ToMediumAnswer(medium=base64.b64encode(medium), log=self._uses())

    def on_from_medium(self, request: wire.FromMedium) -> wire.FromMediumAnswer:
        try:
            taken = from_medium(request.medium, request.passphrase)
        except CardError:
            return wire.FromMediumAnswer(opened=False, log=self._uses())
        self._log += taken.log
        extracts = tuple(
            wire.ExtractData(number=record.number, items=_items(record)) for record in taken.records
        )
        return wire.FromMediumAnswer(opened=True, extracts=extracts, log=self._uses())

    def _uses(self) -> tuple[wire.MediumUse, ...]:
        return tuple(
            wire.MediumUse(action=use.action, records=use.records, sha256=use.sha256) for use in self._log
        )

    # --- writing ----------------------------------------------------------------------------------------
    def on_write_address(self, request: wire.WriteAddress) -> Calling:
        terminal = self._terminals.get(request.terminal)
        if self._policy != "active":
            return wire.WriteAddressAnswer(written=False, reason="suspended")
        if terminal is None or terminal.connection == "standalone":
            return wire.WriteAddressAnswer(written=False, reason="standalone")
        told = yield ("authorise_write", {"terminal": request.terminal, "number": request.number})
        reason: Literal["unsupported", "not_authorised"] = (
            "unsupported" if told.get("granted") is True else "not_authorised"
        )
        return wire.WriteAddressAnswer(written=False, reason=reason)


# --- the ways to a card ---------------------------------------------------------------------------------
def _over_calls(
    talk: Talk[RawCard],
) -> Generator[tuple[str, dict[str, Any]], dict[str, Any], tuple[RawCard, bytes]]:
    """Reads by asking the harness for the card's answers."""
    told = yield ("connect", {})
    step = "before the first command"
    atr = bytes.fromhex(_answered(told, "atr", step))
    try:
        command, step = next(talk)
        while True:
            told = yield ("transmit", {"apdu": command.hex()})
            command, step = talk.send(bytes.fromhex(_answered(told, "response", step)))
    except StopIteration as end:
        return end.value, atr


def _answered(told: Mapping[str, Any], key: str, step: str) -> str:
    if told.get("removed"):
        raise CardGone(step, "there is no card any more")
    return str(told[key])


def _over_reader(name: str, daemon: str, talk: Talk[RawCard]) -> CardReading:
    """Reads the card in a PC/SC reader. The daemon's socket counts from the process's first call on."""
    from virtual_card.transports.pcsc import Pcsc

    if daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = daemon
    reader = Pcsc(name, wait=5.0)
    atr = reader.connect()
    try:
        return interpret(converse(reader, talk), atr)
    finally:
        reader.disconnect()


# --- what is told ---------------------------------------------------------------------------------------
def _face(given: wire.FaceData | None) -> PrintedFace | None:
    if given is None:
        return None
    return PrintedFace(CardType(given.card_type), dict(given.items), dict(given.images))


def _unread(error: CardError | None, today: Any, at_hand: AtHand) -> wire.ReadCardAnswer:
    """A chip that does not open to the printed number is suspect; every other fault says nothing."""
    reason = "the way to the card broke"
    if isinstance(error, ReaderError):
        found = judge_unread(error, today, at_hand)
        reason = ", ".join(one.value for one in found.reasons)
        if found.verdict is Verdict.FORGED:
            return wire.ReadCardAnswer(outcome="mismatch", reason=reason)
    return wire.ReadCardAnswer(outcome="unreadable", reason=reason)


def _answer(reading: CardReading, found: Authenticity, taken: Extract) -> wire.ReadCardAnswer:
    reasons = found.reasons
    unreadable = found.verdict is Verdict.REVIEW and Reason.CHIP_UNREADABLE in reasons
    different = [problem.where for problem in found.problems if problem.reason in DIFFERENT]
    photo = reading.fields.get("photo")
    return wire.ReadCardAnswer(
        outcome="unreadable" if unreadable else OUTCOMES[found.verdict],
        certificate=_certificate(found),
        signature=_signature(found),
        differs=tuple(dict.fromkeys(different)),
        identity="other_means" if photo is None or photo.empty else "photo",
        items=_items(taken),
        images=_images(reading),
        reason=", ".join(one.value for one in reasons),
    )


def _certificate(found: Authenticity) -> Literal["valid", "expired", "untrusted", "absent", "unchecked"]:
    check, reasons = found.check, set(found.reasons)
    if check is None:
        return "unchecked"
    if reasons & UNTRUSTED:
        return "untrusted"
    if check.certificate is None:
        return "absent"
    on = found.on
    ends = [check.certificate.not_after]
    return "expired" if Reason.CHAIN_EXPIRED in reasons or any(on > end for end in ends) else "valid"


def _signature(found: Authenticity) -> Literal["valid", "invalid", "absent", "unchecked"]:
    check, reasons = found.check, set(found.reasons)
    if check is None or not check.whole:
        return "unchecked"
    if reasons & NOT_SIGNED:
        return "absent"
    wrong = {Reason.SIGNATURE_INVALID, Reason.SIGNATURE_TRUNCATED}
    return "invalid" if reasons & wrong else "valid"


def _items(taken: Extract) -> tuple[wire.ItemData, ...]:
    return tuple(
        wire.ItemData(item=each.item.value, origin=ORIGINS[each.origin], value=each.value or "")
        for each in taken.items
    )


def _images(reading: CardReading) -> tuple[wire.ImageData, ...]:
    found = []
    for name, field in reading.fields.items():
        if isinstance(field.picture, Picture):
            bare = field.value.rstrip(b"\0")
            found.append(
                wire.ImageData(
                    image=name,
                    sha256=hashlib.sha256(bare).hexdigest(),
                    bytes=len(bare),
                    width=field.picture.width,
                    height=field.picture.height,
                )
            )
    return tuple(found)
