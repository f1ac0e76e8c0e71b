"""Everything that one actor can be told: commands from outside and messages between actors.

Values only. A store writes them to disk by their class name, so a renamed class is a new message.
"""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.instant import Instant
from sim.base.node import Body, NodeId
from sim.exchange.birth import BirthDate
from sim.exchange.records import AnyRecord
from sim.law.kinds import CardState, Filing, History, PersonClass


class Person(msgspec.Struct, frozen=True):
    """A foreign resident as a counter sees one. `ref` is the pseudonym used in every journal."""

    ref: str
    person_class: PersonClass
    name: str
    birth_date: BirthDate
    sex: str
    nationality: str
    address: str
    card_number: str
    status: str
    period_until: date | None = None


# --- commands: what people and other systems do ------------------------------------------------------
class OpenRegister(Body, frozen=True):
    """The register as it stands when the simulation begins."""

    residents: tuple[Person, ...]


class OpenMinistry(Body, frozen=True):
    """Whom the agency knows at first: (card number, pseudonym, municipality that holds the record)."""

    holders: tuple[tuple[str, str, str], ...]


class OpenTerminal(Body, frozen=True):
    """Starts the terminal's schedule."""


class FileFiling(Body, frozen=True):
    """A person stands at the counter with a filing. `new_address` is empty when moving out."""

    case: str
    filing: Filing
    person: Person
    history: History
    card: CardState
    event_date: date
    new_address: str = ""


class ConfirmNotices(Body, frozen=True):
    """A clerk goes through the slips of imported agency notices and confirms them."""


class ExtendPeriod(Body, frozen=True):
    """The agency extends a period of stay and issues a new card (入管法21条)."""

    case: str
    ref: str
    card_number_before: str
    card_number: str
    status: str
    period_until: date


# --- between the actors of one municipality ----------------------------------------------------------
class Revise(Body, frozen=True):
    """Counter to registry: what was accepted. `transmit_article`: empty without a residence filing."""

    case: str
    filing: Filing
    person: Person
    event_date: date
    filed_date: date
    new_address: str
    governing: str
    transmit_article: str = ""
    deemed: bool = False


class Outbound(Body, frozen=True):
    """Registry to terminal, over the link: records to send, in order."""

    records: tuple[AnyRecord, ...]


class Inbound(Body, frozen=True):
    """Terminal to registry, over the link: records that arrived, in order."""

    batch: str
    records: tuple[AnyRecord, ...]


# --- over LGWAN --------------------------------------------------------------------------------------
class Carry(Body, frozen=True):
    """Take this batch to `peer`. `content` is plain in an outbox, sealed once a driver dispatched it."""

    peer: NodeId
    ref: str
    content: bytes


class Arrival(Body, frozen=True):
    """A batch arrived from `sender` (whom the line names). `fault` says why it could not be opened."""

    sender: NodeId
    ref: str
    content: bytes
    fault: str = ""
    signer: str = ""


class Carried(Body, frozen=True):
    """The batch `ref` was handed over to `peer`."""

    peer: NodeId
    ref: str


class Undelivered(Body, frozen=True):
    """The batch `ref` did not get through to `peer`."""

    peer: NodeId
    ref: str
    reason: str


# --- wakes -------------------------------------------------------------------------------------------
class ExchangeDue(Body, frozen=True):
    """Time for the terminal's next exchange."""


class RetryDue(Body, frozen=True):
    """Time to offer the head of the queue to `peer` again."""

    peer: NodeId


class ResendDue(Body, frozen=True):
    """Time to send a batch again that `peer` could not take in."""

    peer: NodeId
    ref: str


class RemovalDue(Body, frozen=True):
    """The planned day of a moving-out has come."""

    case: str
    ref: str


class TransferDue(Body, frozen=True):
    """A transfer on the network ends; `broken_by` is set when an outage cut it."""

    sender: NodeId
    peer: NodeId
    ref: str
    content: bytes
    started: Instant
    broken_by: str = ""


AnyBody = (
    OpenRegister
    | OpenMinistry
    | OpenTerminal
    | FileFiling
    | ConfirmNotices
    | ExtendPeriod
    | Revise
    | Outbound
    | Inbound
    | Carry
    | Arrival
    | Carried
    | Undelivered
    | ExchangeDue
    | RetryDue
    | ResendDue
    | RemovalDue
    | TransferDue
)


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyBody] = msgspec.msgpack.Decoder(AnyBody)


def encode_body(body: Body) -> bytes:
    """A body's bytes on disk and on the wire between our own processes."""
    return _encoder.encode(body)


def decode_body(data: bytes) -> AnyBody:
    """The body that `encode_body` wrote."""
    return _decoder.decode(data)
