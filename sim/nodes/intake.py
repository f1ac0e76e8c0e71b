"""What comes in is checked alike on both sides: opened, for us, from whom it says, next in sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sim.base.instant import Instant, iso
from sim.base.node import NodeId, Table, Tables
from sim.exchange import batch as batches
from sim.exchange.batch import Decoded, Header, Row
from sim.exchange.codes import Code, Finding
from sim.exchange.content import misplaced
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result, kind_of
from sim.exchange.sequence import REMEMBERED, Remedy, Standing, remedy, standing
from sim.nodes.messages.network import Arrival

if TYPE_CHECKING:
    from sim.exchange.folders import Scanner


# Bytes from which a batch is read as tables: what they need takes a fifth of a second and tens of megabytes
# to import, and a node is given a few batches a day.
_WORTH_A_TABLE: Final = 1 << 20


class Seen(msgspec.Struct, frozen=True):
    """A batch that was taken in."""

    digest: str


class Fence(msgspec.Struct, frozen=True):
    """The sender's machine was replaced: what it made until `since` is not taken in any more.

    `machine`: how many machines the sender has had by now.
    """

    since: Instant
    machine: int


_NEXT = Table("intake_next", int)
_SEEN = Table("intake_seen", Seen)
_TAKEN = Table("intake_taken", str)
_REFUSED = Table("intake_refused", str)
_RECORDS = Table("intake_record", str)
_FENCES = Table("intake_fence", Fence)
TABLES: Final[tuple[Table[Any], ...]] = (_NEXT, _SEEN, _TAKEN, _REFUSED, _RECORDS, _FENCES)
"""All that is kept here."""


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
        self._tables.put(_TAKEN, f"{header.sender}/{digest}", header.batch_id)
        forgotten = header.sequence - REMEMBERED
        old = batches.batch_id(header.sender, header.recipient, header.business, max(forgotten, 0))
        if (seen := self.seen(old)) is not None:
            self._tables.delete(_SEEN, old)
            self._tables.delete(_TAKEN, f"{header.sender}/{seen.digest}")

    def taken(self, sender: str, digest: str) -> str:
        """The batch as which these very bytes were taken in before, or nothing."""
        return self._tables.get(_TAKEN, f"{sender}/{digest}") or ""

    def refused(self, sender: str, digest: str) -> str:
        """The code for which these very bytes were refused before, or nothing."""
        return self._tables.get(_REFUSED, f"{sender}/{digest}") or ""

    def refuse(self, sender: str, digest: str, code: Code) -> None:
        """These bytes are refused for what they are: from now on, whatever is learnt meanwhile."""
        self._tables.put(_REFUSED, f"{sender}/{digest}", code)

    def resume(self, sender: str, business: str, number: int) -> None:
        """The sender's next batch is `number`: whoever counted before is gone."""
        self._tables.put(_NEXT, f"{sender}/{business}", number)

    def fence(self, sender: str) -> Fence | None:
        """What is not taken in of the sender, because another machine has taken its place."""
        return self._tables.get(_FENCES, sender)

    def raise_fence(self, sender: str, since: Instant) -> Fence:
        """The sender's machine was replaced at `since`; gives the fence as it stands now.

        The same replacement told again changes nothing, and an earlier one told late does not either.
        """
        before = self.fence(sender)
        if before is not None and since <= before.since:
            return before
        fence = Fence(since, 2 if before is None else before.machine + 1)
        self._tables.put(_FENCES, sender, fence)
        return fence

    def first_time(self, sender: str, record_id: str, batch_id: str) -> bool:
        """Whether the sender never used this record number before; remembers it."""
        key = f"{sender}/{record_id}"
        if self._tables.get(_RECORDS, key) is not None:
            return False
        self._tables.put(_RECORDS, key, batch_id)
        return True


class Taken(msgspec.Struct, frozen=True):
    """A batch to process, row by row in its order: a row is a record or the finding against it."""

    header: Header
    rows: tuple[Row, ...]


class Refused(msgspec.Struct, frozen=True):
    """A batch of which nothing is processed, but for the verdicts on whole batches in it.

    `verdicts`: what a good batch that came too early says about batches of ours. Were they to wait for
    the gap to close, two sides that each miss a batch of the other would wait for each other for ever.
    """

    code: Code
    finding: Finding
    business: str = ""
    verdicts: tuple[Result, ...] = ()


class Repeated(msgspec.Struct, frozen=True):
    """A batch that was taken in before, byte for byte: its answer is already on the way."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may send to us what. `peers` maps node ids to the codes that their batches must bear.

    `older`: the versions of the profile that we read besides the newest one, newest first. `scanner`: looks
    for malicious content before anything is read; None where nothing is looked for.
    """

    code: str
    direction: str
    peers: dict[NodeId, str]
    profile: Profile
    older: tuple[Profile, ...] = ()
    scanner: Scanner | None = None

    def admit(self, intake: Intake, arrival: Arrival) -> Taken | Refused | Repeated:
        """Checks an arrival and, when it is good, moves the sequence on."""
        peer = self.peers.get(arrival.sender)
        if peer is None:
            # The list itself is not told: it may be long, and a stranger has no business with it.
            listed = next(iter(self.peers)) if len(self.peers) == 1 else "a listed peer"
            return _refuse(Code.WRONG_SENDER, "sender", listed, arrival.sender)
        if arrival.fault:
            return _refuse(Code.NOT_OPENED, "envelope", "an envelope sealed for us", arrival.fault)
        # The same bytes get the same answer, whatever versions we have learnt or forgotten meanwhile: a stray
        # copy is no news of a batch that was taken in, nor may it come in once it was refused.
        digest = batches.digest_of(arrival.content)
        if batch_id := intake.taken(peer, digest):
            return Repeated(batch_id)
        if before := intake.refused(peer, digest):
            return _refuse(Code(before), "", "another edition under this number", "the same bytes again")
        found = "" if self.scanner is None else self.scanner(arrival.content)
        if found:
            outcome: Taken | Refused | Repeated = _refuse(Code.INFECTED, "", "clean content", found)
        else:
            outcome = self._judge(intake, arrival, peer)
        if isinstance(outcome, Refused) and remedy(outcome.code) is Remedy.REPLACE:
            intake.refuse(peer, digest, outcome.code)
        return outcome

    def _decoded(self, content: bytes) -> tuple[Decoded, Profile]:
        """The batch as the version that it is written in reads it."""
        decoded, read_by = batches.decode(content, self.profile, _WORTH_A_TABLE), self.profile
        for profile in self.older:
            if decoded.batch is not None or decoded.findings[0].code != Code.UNKNOWN_PROFILE:
                break
            again = batches.decode(content, profile, _WORTH_A_TABLE)
            if again.batch is not None or again.findings[0].code != Code.UNKNOWN_PROFILE:
                return again, profile
        return decoded, read_by

    def _judge(self, intake: Intake, arrival: Arrival, peer: str) -> Taken | Refused | Repeated:
        decoded, profile = self._decoded(arrival.content)
        if decoded.batch is None:
            finding = decoded.findings[0]
            if finding.code == Code.UNKNOWN_PROFILE and self.older:
                known = " or ".join(one.name for one in (self.profile, *self.older))
                finding = msgspec.structs.replace(finding, expected=known)
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
        fence = intake.fence(header.sender)
        if fence is not None and header.created_at <= fence.since:
            # Made by a machine that was replaced: what it held comes again from the one in its place.
            expected, made = f"made after {iso(fence.since)}", iso(header.created_at)
            return _refuse(Code.SEQUENCE_STALE, "created_at", expected, made, header.business)
        due = intake.next_sequence(header.sender, header.business)
        seen = intake.seen(header.batch_id)
        found = standing(header.sequence, due, decoded.digest, None if seen is None else seen.digest)
        if found is Standing.REPEATED:
            return Repeated(header.batch_id)
        if found is not Standing.DUE:
            refused = _refuse(Code(found), "sequence", str(due), str(header.sequence), header.business)
            if found is Standing.EARLY:
                refused = msgspec.structs.replace(refused, verdicts=_verdicts(decoded.batch.records))
            return refused
        intake.take(header, decoded.digest)
        return Taken(header, tuple(self._checked(intake, header, decoded.rows, profile)))

    def _checked(
        self, intake: Intake, header: Header, rows: tuple[Row, ...], profile: Profile
    ) -> Iterator[Row]:
        """Each row, or in its place the finding that it does not belong here."""
        batch_id = header.batch_id
        belonging: set[str] = set()  # kinds, so that each is looked into once
        for row in rows:
            record = row.record
            if record is None:
                yield row
                continue
            kind = kind_of(record)
            if kind not in belonging:
                foreign = misplaced(profile.layouts[kind], row.line, header, profile, self.direction)
                if foreign is not None:
                    yield Row(row.line, row.record_id, row.kind, finding=foreign)
                    continue
                belonging.add(kind)
            if isinstance(record, Result) and not record.accepted and not record.code:
                yield _against(row, Code.MISSING_ITEM, "code", "the reason of a rejection", "")
            elif not intake.first_time(header.sender, record.record_id, batch_id):
                yield _against(row, Code.DUPLICATE_RECORD, "record_id", "a new number", record.record_id)
            else:
                yield row


def _verdicts(records: tuple[AnyRecord, ...]) -> tuple[Result, ...]:
    """The results among records that concern a whole batch."""
    return tuple(record for record in records if isinstance(record, Result) and record.scope == "batch")


def _against(row: Row, code: Code, column: str, expected: str, received: str) -> Row:
    return Row(row.line, row.record_id, row.kind, finding=Finding(code, row.line, column, expected, received))


def answer(record_id: str, scope: str, answers: str, finding: Finding | None) -> Result:
    """What became of a record or a batch, as it goes back to its sender."""
    if finding is None:
        return Result(record_id=record_id, scope=scope, answers=answers, outcome="accepted")
    return Result(
        record_id=record_id,
        scope=scope,
        answers=answers,
        outcome="rejected",
        code=finding.code,
        field=finding.column,
        reason=finding.reason(),
    )


_REF = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]{0,47}")


def clean_ref(ref: str) -> str:
    """The name under which a batch that was not read is answered: as it came, or `unnamed`."""
    return ref if _REF.fullmatch(ref) is not None else "unnamed"


def _refuse(code: Code, column: str, expected: str, received: str, business: str = "") -> Refused:
    return Refused(code, Finding(code, 1, column, expected, received), business)
