"""What comes in is checked alike on both sides: opened, for us, from whom it says, next in sequence."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sim.base.node import NodeId, Table, Tables
from sim.exchange import batch as batches
from sim.exchange.batch import Batch, Header, RowFault
from sim.exchange.codes import Code, Finding
from sim.exchange.profile import Profile
from sim.nodes.messages import Arrival


class Seen(msgspec.Struct, frozen=True):
    """A batch that was taken in."""

    digest: str


_NEXT = Table("intake_next", int)
_SEEN = Table("intake_seen", Seen)


class Intake:
    """Which sequence number comes next, per sender and business."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next_sequence(self, sender: str, business: str) -> int:
        return self._tables.get(_NEXT, f"{sender}/{business}") or 1

    def seen(self, batch_id: str) -> Seen | None:
        return self._tables.get(_SEEN, batch_id)

    def take(self, header: Header, digest: str) -> None:
        """The batch is in: the next sequence is expected from now on."""
        self._tables.put(_SEEN, header.batch_id, Seen(digest))
        self._tables.put(_NEXT, f"{header.sender}/{header.business}", header.sequence + 1)


class Taken(msgspec.Struct, frozen=True):
    """A batch to process; `faults` are the rows that could not become records."""

    batch: Batch
    faults: tuple[RowFault, ...]


class Refused(msgspec.Struct, frozen=True):
    """A batch of which nothing is processed."""

    code: Code
    finding: Finding
    business: str = ""


class Repeated(msgspec.Struct, frozen=True):
    """A batch that was taken in before, byte for byte: its answer is already on the way."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may send to us what. `peers` maps node ids to the codes that their batches must bear."""

    code: str
    direction: str
    peers: dict[NodeId, str]
    profile: Profile

    def admit(self, intake: Intake, arrival: Arrival) -> Taken | Refused | Repeated:
        """Checks an arrival and, when it is good, moves the sequence on."""
        peer = self.peers.get(arrival.sender)
        if peer is None:
            return _refuse(Code.WRONG_SENDER, "sender", " or ".join(self.peers), arrival.sender)
        if arrival.fault:
            return _refuse(Code.NOT_OPENED, "envelope", "an envelope sealed for us", arrival.fault)
        decoded = batches.decode(arrival.content, self.profile)
        if decoded.batch is None:
            finding = decoded.findings[0]
            return Refused(finding.code, finding)
        header = decoded.batch.header
        if header.sender != peer or (arrival.signer and arrival.signer != peer):
            received = f"header {header.sender}, signed by {arrival.signer or 'nobody'}"
            return _refuse(Code.WRONG_SENDER, "sender", peer, received, header.business)
        if header.recipient != self.code:
            return _refuse(Code.WRONG_RECIPIENT, "recipient", self.code, header.recipient, header.business)
        if header.direction != self.direction:
            return _refuse(
                Code.WRONG_DIRECTION, "direction", self.direction, header.direction, header.business
            )
        expected = intake.next_sequence(header.sender, header.business)
        if header.sequence < expected:
            seen = intake.seen(header.batch_id)
            if seen is not None and seen.digest == decoded.digest:
                return Repeated(header.batch_id)
            return _refuse(
                Code.SEQUENCE_REUSED, "sequence", str(expected), str(header.sequence), header.business
            )
        if header.sequence > expected:
            return _refuse(
                Code.SEQUENCE_GAP, "sequence", str(expected), str(header.sequence), header.business
            )
        intake.take(header, decoded.digest)
        return Taken(decoded.batch, decoded.faults)


def _refuse(code: Code, column: str, expected: str, received: str, business: str = "") -> Refused:
    return Refused(code, Finding(code, 1, column, expected, received), business)
