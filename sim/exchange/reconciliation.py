"""Held side by side, do the journals add up? sent = accepted + rejected + pending, at any instant.

A pure function over any set of journals: the ministry's, terminals', registries', all of them or one alone,
whole or up to an instant, in any order. Each record and each batch is followed by its name:

    sent       its sender's journal says so; where that journal is not there, whoever else saw it
    accepted   the receiver took it in; for a notice that came down, a clerk confirmed it
    rejected   the receiver refused it with a code, alone or with its batch
    pending    none of these yet

Sent, accepted and rejected are counted apart, so what was doubled, or judged without having been sent, leaves
a rest. What does not add up is listed with the side that saw it last. What a journal that is not there might
have said is never held against anybody; that it is not there is said (`Reconciliation.sides`).

A terminal that took another's place makes batches anew under numbers that the former had used in vain, each
as an edition of its own (`batch_made` says which): the latest one counts, and a record that was only in the
former's counts as not yet in any. What came down and was not answered comes to the new one again, which says
that it is another (`batch_received`).

A line that comes twice counts once. Two different lines under one number of a node cannot both be true: the
number is listed, and both are counted, so that no order of lines or journals decides.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.exchange.balance import EXPLAINED, TOLD_GAPS, Fault, Item, Reconciliation, State, Sum
from sim.exchange.fingerprints import Fingerprints
from sim.exchange.legs import KINDS as ON_A_LEG
from sim.exchange.legs import Legs
from sim.exchange.sequence import split_ref

__all__ = ["EXPLAINED", "Fault", "Item", "Reconciliation", "State", "Sum", "Walk", "reconcile"]

RESULT: Final = "result"
NOTICE: Final = "agency_notice"
UP, DOWN = "up", "down"
_NEVER: Final = Instant(0)
# Lines of one node. A byte is kept for each, so a number must not be anything at all.
MOST_LINES: Final = 100_000_000


class _Trail(msgspec.Struct, gc=False):
    """All that the journals say about one name."""

    kind: str = ""
    person: str = ""
    batch: str = ""
    # Of a batch: the edition with which its sender began, and the machine that took it in.
    # Of a record: when it was put into a batch last, and into which.
    edition: int = 0
    put: tuple[Instant, int, str, int] = (_NEVER, 0, "", 0)
    machine: int = 0
    taken_at: Instant = _NEVER
    way: tuple[str, str, str] | None = None
    raised: int = 0
    raised_at: Instant | None = None
    accepted: int = 0
    rejected: int = 0
    code: str = ""
    told: str = ""
    told_code: str = ""
    imported: bool = False
    given_up: bool = False
    known: bool = False
    seen: str = ""
    seen_at: Instant = _NEVER
    refused_by: tuple[Instant, int, str] = (_NEVER, 0, "")
    told_by: tuple[Instant, int, str, str] = (_NEVER, 0, "", "")

    @property
    def is_given_up(self) -> bool:
        """Of a batch: whether its sender has given it up, and no later machine has made it anew since."""
        anew = self.edition > 1 and self.raised_at is not None and self.refused_by[0] < self.raised_at
        return self.given_up and not anew

    def refuse(self, line: Line, code: str) -> None:
        """The latest code counts; of one number the greater, so that no order of lines decides."""
        self.refused_by = max(self.refused_by, (line.at, line.n, code))
        self.code = self.refused_by[-1]

    def hear(self, line: Line, outcome: str, code: str) -> None:
        """What the sender was told last."""
        self.told_by = max(self.told_by, (line.at, line.n, outcome, code))
        self.told, self.told_code = self.told_by[2:]

    def see(self, line: Line) -> None:
        # The later one; of one instant the greater name, so that the order of the journals changes nothing.
        if line.at > self.seen_at or (line.at == self.seen_at and line.node >= self.seen):
            self.seen, self.seen_at = line.node, line.at


def reconcile(lines: Iterable[Line], until: Instant | None = None) -> Reconciliation:
    """Holds the lines of any journals against each other.

    Args:
        lines: of any nodes, whole or in part, in any order; a line that comes twice counts once, and two
            different ones under one number are a fault.
        until: leave out what happened later.
    """
    walk = Walk(compare=True)
    for line in lines:
        if until is None or line.at <= until:
            walk.take(line)
    return walk.finish(until)


class Walk:
    """Gathers what the lines say; nothing depends on their order.

    Args:
        compare: hold lines under one number against each other. A run that writes its lines itself need not:
            each of its numbers comes once.
    """

    def __init__(self, *, compare: bool = False) -> None:
        self._prints = Fingerprints() if compare else None
        self.records: dict[str, _Trail] = {}
        self.batches: dict[str, _Trail] = {}
        self.last_exchange: dict[tuple[str, str, str], Instant] = {}
        self._on_legs: list[Line] = []
        self.legs = Legs()
        # A byte for each number of a node: which lines were seen.
        self._numbers: dict[str, bytearray] = {}

    def take(self, line: Line) -> None:
        """One more line; the same one again changes nothing.

        Raises:
            UsageError: an entry that no node writes: its number or its data are impossible.
        """
        n = line.n
        if not 0 <= n <= MOST_LINES:
            raise _impossible(line, f"a number up to {MOST_LINES:,}", str(n))
        numbers = self._numbers.get(line.node)
        if numbers is None:
            numbers = self._numbers[line.node] = bytearray()
        if n >= len(numbers):
            numbers.extend(bytes(n + 1 - len(numbers)))
        if not self._prints.is_new(line) if self._prints is not None else numbers[n]:
            return
        numbers[n] = 1
        handler = _HANDLERS.get(line.kind)
        if handler is None:
            return
        try:
            handler(self, line, line.data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _impossible(line, "the data that docs/outputs.md lists for it", repr(error)) from error

    def _record(self, line: Line, name: str) -> _Trail:
        trail = self.records.get(name)
        if trail is None:
            trail = self.records[name] = _Trail()
        trail.see(line)
        return trail

    def _batch(self, line: Line) -> _Trail:
        name = split_ref(line.subject)[0]
        trail = self.batches.get(name)
        if trail is None:
            trail = self.batches[name] = _Trail()
        trail.see(line)
        return trail

    # --- records --------------------------------------------------------------------------------------
    def _raised_up(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind, trail.person = data["kind"], line.subject
        self._raise(trail, line, (UP, line.node.rpartition("-")[2], data["business"]))

    def _raised_down(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind, trail.person = NOTICE, line.subject
        self._raise(trail, line, (DOWN, data["holder"], data["business"]))

    def _raise(self, trail: _Trail, line: Line, way: tuple[str, str, str]) -> None:
        trail.raised += 1
        trail.raised_at = line.at if trail.raised_at is None else min(trail.raised_at, line.at)
        trail.way = way

    def _accepted(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind = trail.kind or data["kind"]
        trail.person = trail.person or line.subject
        trail.accepted += 1

    def _rejected(self, line: Line, data: dict[str, Any]) -> None:
        if data.get("kind") == RESULT:
            return  # an answer that could not be read decides nothing
        trail = self._record(line, data["record"])
        trail.kind = trail.kind or data.get("kind", "")
        trail.rejected += 1
        trail.refuse(line, data["code"])

    def _confirmed(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind, trail.person = NOTICE, trail.person or line.subject
        trail.accepted += 1

    def _notice_refused(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind, trail.person = NOTICE, trail.person or line.subject
        trail.rejected += 1
        trail.refuse(line, data["code"])

    def _imported(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        trail.kind, trail.person = NOTICE, trail.person or line.subject
        trail.batch = trail.batch or data["batch"]
        trail.imported = True

    def _told(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._record(line, data["record"])
        if line.kind == "result_applied":
            trail.kind, trail.person = data["kind"], trail.person or line.subject
        else:
            trail.kind = NOTICE
        trail.hear(line, data["outcome"], data.get("code", ""))

    # --- batches --------------------------------------------------------------------------------------
    def _made(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._batch(line)
        trail.kind, trail.known = data["direction"], True
        edition = data.get("edition", 1)
        if edition > trail.edition:
            # By the machine in the former's place: what that one had made under the number never came in.
            trail.edition, trail.raised, trail.raised_at = edition, 0, line.at
        if edition == trail.edition:
            trail.raised += 1
            trail.raised_at = line.at
        sender, recipient = line.subject.split("-")[:2]
        way = (data["direction"], sender if data["direction"] == UP else recipient, data["business"])
        self.last_exchange[way] = max(line.at, self.last_exchange.get(way, Instant(0)))
        for name in data["contains"]:
            record = self._record(line, name)
            record.put = max(record.put, (line.at, line.n, line.subject, edition))
            record.batch = record.put[2]
            if data["direction"] == DOWN:
                record.kind = record.kind or NOTICE

    def _taken_in(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._batch(line)
        trail.kind, trail.known = data["direction"], True
        machine = data.get("machine", 1)
        if machine > trail.machine:
            # What the former machine took in and did not answer comes again.
            trail.machine, trail.accepted, trail.taken_at = machine, 0, line.at
        if machine == trail.machine:
            trail.accepted += 1
            trail.taken_at = max(trail.taken_at, line.at)

    def _on_leg(self, line: Line, data: dict[str, Any]) -> None:
        self._on_legs.append(line)

    def _given_up(self, line: Line, data: dict[str, Any]) -> None:
        trail = self._batch(line)
        trail.kind, trail.known = data["direction"], True
        trail.given_up = True
        trail.refuse(line, data["code"])

    def _moved(self, line: Line, data: dict[str, Any]) -> None:
        """Seen on its way. A forged batch is seen too, but nobody made it and nobody took it in."""
        self._batch(line)

    # --- the sum --------------------------------------------------------------------------------------
    def finish(self, until: Instant | None = None, *, whole: bool = False) -> Reconciliation:
        """What it comes to. `whole`: the lines are all there is, and what they do not say did not happen."""
        sides = {node: sum(self._numbers[node]) for node in sorted(self._numbers)}
        # A journal counts from 1 without a gap.
        holes = {node: gaps for node in sides if (gaps := self._numbers[node].count(0, 1))}
        missing = {node: tuple(islice(_runs(self._numbers[node]), TOLD_GAPS)) for node in holes}
        there: Container[str] = _Everybody() if whole else frozenset(sides)
        self.legs = self._walked_legs()
        known = sorted(name for name, trail in self.batches.items() if trail.known)
        batches = {name: self._batch_item(name, there) for name in known}
        records = {name: self._record_item(name, there) for name in sorted(self.records)}
        disputed = () if self._prints is None else self._prints.disputed
        return Reconciliation(records, batches, sides, holes, until, disputed, missing)

    def _walked_legs(self) -> Legs:
        """The legs inside the municipalities, whatever the order in which the lines came."""
        legs = Legs()
        for line in sorted(self._on_legs, key=lambda one: (one.at, one.node, one.n)):
            try:
                legs.take(line)
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise _impossible(line, "the data that docs/outputs.md lists for it", repr(error)) from error
        return legs

    def _batch_item(self, name: str, sides: Container[str]) -> Item:
        trail = self.batches[name]
        sender = name.partition("-")[0]
        there = (f"terminal-{sender}" if trail.kind == UP else "ministry") in sides
        faults: list[Fault] = []
        if trail.accepted > 1:
            faults.append(Fault.DOUBLED)
        if trail.raised > 1:
            faults.append(Fault.RAISED_TWICE)
        if not trail.raised and there:
            faults.append(Fault.NEVER_SENT)
        raised = trail.raised if there else 1
        # Whatever came in under the number of a batch that was given up, it was not this batch.
        accepted = 0 if trail.is_given_up else trail.accepted
        return _item(name, trail, "", raised, accepted, int(trail.is_given_up), faults)

    def _record_item(self, name: str, sides: Container[str]) -> Item:
        trail = self.records[name]
        up = trail.kind != NOTICE
        owner = name.rpartition("-")[0]
        sender_there = (f"registry-{owner}" if up else "ministry") in sides
        accepted, rejected, code = trail.accepted, trail.rejected, trail.code
        if not accepted and not rejected and trail.told:
            # Rejected with its whole batch, or the receiver's journal is not there: what the sender was told.
            rejected, accepted = int(trail.told == "rejected"), int(trail.told == "accepted")
            code = trail.told_code
        batch = self._holding(trail)
        if not accepted and not rejected and batch is not None and batch.is_given_up:
            rejected, code = 1, batch.code
        receiver_there = ("ministry" in sides) if up else self._register_there(trail, sides)
        faults: list[Fault] = []
        if accepted + rejected > 1:
            faults.append(Fault.DOUBLED)
        if trail.raised > 1:
            faults.append(Fault.RAISED_TWICE)
        if not trail.raised and sender_there:
            faults.append(Fault.NEVER_SENT)
        if trail.told and self._contradicted(trail, receiver_there):
            faults.append(Fault.CONTRADICTED)
        if not accepted and not rejected and (fault := self._lost(trail, up, receiver_there)) is not None:
            faults.append(fault)
        raised = trail.raised if sender_there else 1
        return _item(name, trail, trail.batch, raised, accepted, rejected, faults, code)

    def _holding(self, trail: _Trail) -> _Trail | None:
        """The batch that holds the record, unless a later machine has used its number for something else."""
        batch = self.batches.get(trail.batch)
        return None if batch is not None and 0 < trail.put[3] < batch.edition else batch

    def _register_there(self, trail: _Trail, sides: Container[str]) -> bool:
        of_batch = trail.batch.split("-")[1] if trail.batch.count("-") > 1 else ""
        return f"registry-{trail.way[1] if trail.way is not None else of_batch}" in sides

    def _contradicted(self, trail: _Trail, receiver_there: bool) -> bool:
        if trail.accepted:
            return trail.told != "accepted"
        # An acceptance that nobody gave; a rejection may be that of the whole batch, or come of a bad row.
        return trail.told == "accepted" and (receiver_there or bool(trail.rejected))

    def _lost(self, trail: _Trail, up: bool, receiver_there: bool) -> Fault | None:
        """Why a record without a verdict should have one; None when it may still come."""
        batch = self._holding(trail)
        if batch is None:
            last = None if trail.way is None else self.last_exchange.get(trail.way)
            at_hand = None if trail.raised_at is None else self._came_out(trail, trail.raised_at)
            return Fault.LEFT_BEHIND if last is not None and at_hand is not None and at_hand < last else None
        if not batch.accepted or not receiver_there:
            return None
        if not up and (trail.imported or self._came_out(trail, batch.taken_at) is None):
            return None
        return Fault.LOST

    def _came_out(self, trail: _Trail, given: Instant) -> Instant | None:
        """When what was given to the leg inside came out of it; None while it is on its way."""
        if trail.way is None:
            return given
        direction, code, _ = trail.way
        return self.legs.came_out(code, direction, given)[0]


def _item(
    name: str,
    trail: _Trail,
    batch: str,
    raised: int,
    accepted: int,
    rejected: int,
    faults: list[Fault],
    code: str | None = None,
) -> Item:
    state = State.ACCEPTED if accepted else State.REJECTED if rejected else State.PENDING
    return Item(
        name,
        trail.kind or "unreadable",
        trail.person,
        batch,
        state,
        (trail.code if code is None else code) if rejected else "",
        raised,
        accepted,
        rejected,
        trail.raised_at,
        trail.seen,
        trail.seen_at,
        tuple(faults),
    )


def _runs(numbers: bytearray) -> Iterator[tuple[int, int]]:
    """The runs of numbers from 1 that were not seen, each from its first to its last."""
    first = numbers.find(0, 1)
    while first >= 0:
        following = numbers.find(1, first)  # the last number was seen, so there is one
        yield first, following - 1
        first = numbers.find(0, following)


def _impossible(line: Line, expected: str, received: str) -> UsageError:
    return UsageError(
        f"an entry {line.kind!r} of a journal is impossible",
        where=line.id,
        expected=expected,
        received=received[:120],
        remedy="give the journal as it was written",
    )


class _Everybody:
    """All sides, whatever they are called."""

    def __contains__(self, node: object) -> bool:
        return True


_HANDLERS: Final = {
    "record_raised": Walk._raised_up,
    "notice_raised": Walk._raised_down,
    "record_accepted": Walk._accepted,
    "record_rejected": Walk._rejected,
    "notice_confirmed": Walk._confirmed,
    "notice_refused": Walk._notice_refused,
    "notice_imported": Walk._imported,
    "result_applied": Walk._told,
    "notice_settled": Walk._told,
    "batch_made": Walk._made,
    "batch_accepted": Walk._taken_in,
    "batch_received": Walk._taken_in,
    **dict.fromkeys(ON_A_LEG, Walk._on_leg),
    "batch_rejected": Walk._moved,
    "batch_given_up": Walk._given_up,
    "batch_sent": Walk._moved,
    "batch_delayed": Walk._moved,
    "batch_resent": Walk._moved,
    "batch_replaced": Walk._moved,
    "batch_repeated": Walk._moved,
}
