"""証跡: the audit log as a chain, in which nothing can be altered, left out, put in or moved unseen.

Theory of operation. An entry bears a number and the SHA-256 of the hash before it and of its own canonical
bytes; the first one builds on the origin, which names the terminal and the machine. So a hash stands for all
that came before it, and whoever knows the latest one (the journal does, and every export) can tell from the
entries alone whether they are the ones that were written. The log only grows. It says who did what when, with
which batch: it holds no record, no PIN and nothing of a person.

    hash(n) = SHA-256( hash(n-1) + [n, at, what, operator, session, subject] )        hash(0) = the origin

Source: seed 003, line 270. The chain is renkei's own; the seed asks for a log only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.journal import Data, Entry, Line
from sim.base.node import NodeId, Table, Tables

LOG_ON: Final = "log_on"
LOG_OFF: Final = "log_off"
LOG_ON_FAILED: Final = "log_on_failed"
LOCKED: Final = "locked"
UNLOCKED: Final = "unlocked"
TIMED_OUT: Final = "timed_out"
SEND: Final = "send"
RECEIVE: Final = "receive"
VIEW: Final = "view"
EXPORT: Final = "export"
PIN_CHANGED: Final = "pin_changed"
TRAINED: Final = "trained"
REPLACED: Final = "replaced"
INSTALLED: Final = "installed"
"""What the log speaks of."""


class AuditEntry(msgspec.Struct, frozen=True):
    """One entry. `operator` and `session` are empty and 0 for what nobody who is logged on did.

    `subject`: the batch, the medium, or what was looked at.
    """

    n: int
    at: Instant
    what: str
    operator: str
    session: int
    subject: str
    hash: str


class Head(msgspec.Struct, frozen=True):
    """Where the chain ends."""

    n: int
    hash: str


_LOG = Table("audit", AuditEntry)
_HEAD = Table("audit_head", Head)
TABLES: Final[tuple[Table[Any], ...]] = (_LOG, _HEAD)
"""All that is kept here."""

_canonical: Final = msgspec.json.Encoder(order="deterministic").encode


def origin(terminal: str, serial: str) -> str:
    """What the chain of one machine builds on, so that no other terminal's log passes for it."""
    return hashlib.sha256(_canonical(["renkei-audit/1", terminal, serial])).hexdigest()


def hash_of(before: str, n: int, at: Instant, what: str, operator: str, session: int, subject: str) -> str:
    """The hash of an entry that follows the hash `before`."""
    told = _canonical([n, at, what, operator, session, subject])
    return hashlib.sha256(before.encode() + told).hexdigest()


class AuditLog:
    """The log of one machine."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def append(
        self, origin: str, what: str, operator: str, session: int, subject: str, now: Instant
    ) -> Entry:
        """Writes one entry; gives what the journal says of it."""
        head = self._tables.get(_HEAD, "head") or Head(0, origin)
        n = head.n + 1
        found = hash_of(head.hash, n, now, what, operator, session, subject)
        self._tables.put(_LOG, f"{n:012d}", AuditEntry(n, now, what, operator, session, subject, found))
        self._tables.put(_HEAD, "head", Head(n, found))
        data: Data = {"n": n, "what": what, "operator": operator, "session": session, "hash": found}
        return Entry("audit_logged", "", subject, data)

    def head(self) -> Head | None:
        """Where the chain ends; None before the first entry."""
        return self._tables.get(_HEAD, "head")

    def entries(self, upto: int | None = None) -> Iterator[AuditEntry]:
        """All entries in order, or those up to a number."""
        for _, entry in self._tables.scan(_LOG):
            if upto is None or entry.n <= upto:
                yield entry


# --- verifying ------------------------------------------------------------------------------------------
class Tampering(StrEnum):
    """What is wrong with a chain."""

    ALTERED = "ALTERED"
    REMOVED = "REMOVED"
    INSERTED = "INSERTED"
    REORDERED = "REORDERED"


EXPLAINED: Final[dict[Tampering, tuple[str, str]]] = {
    Tampering.ALTERED: ("内容が書き換えられている", "it is not what was written"),
    Tampering.REMOVED: ("記録が抜き取られている", "it is missing"),
    Tampering.INSERTED: ("後から書き加えられている", "it was put in afterwards"),
    Tampering.REORDERED: ("順序が入れ替えられている", "it does not stand in its place"),
}


class AuditFinding(msgspec.Struct, frozen=True):
    """One thing that is wrong, with the number of the entry that it concerns."""

    tampering: Tampering
    n: int

    def explain(self, english: bool = False) -> str:
        """The finding as one sentence."""
        place = f"audit entry {self.n}: " if english else f"証跡{self.n}番: "
        return place + EXPLAINED[self.tampering][english]


def verify(
    entries: Sequence[AuditEntry], origin: str, head: str = "", count: int | None = None
) -> tuple[AuditFinding, ...]:
    """What is wrong with a log, by number; nothing when it is the one that was written.

    Args:
        entries: in the order in which they stand.
        origin: of the machine (`origin`).
        head: the hash of the last entry as known from elsewhere; empty when it is not known. Without it
            nobody can see that entries at the end were taken away, or that all of it was made anew.
        count: how many entries there must be, when that is known.
    """
    found: set[AuditFinding] = set()
    by_number: dict[int, list[AuditEntry]] = {}
    greatest = 0
    for entry in entries:
        by_number.setdefault(entry.n, []).append(entry)
        if entry.n < greatest and len(by_number[entry.n]) == 1:
            found.add(AuditFinding(Tampering.REORDERED, entry.n))
        greatest = max(greatest, entry.n)
    last = count if count is not None else greatest
    found |= {AuditFinding(Tampering.INSERTED, n) for n in by_number if n < 1 or n > last}
    before: str | None = origin
    due = 1
    for n in sorted(number for number in by_number if 1 <= number <= last):
        if n > due:
            found.add(AuditFinding(Tampering.REMOVED, due))  # the first of those that are missing
            before = None
        before = _link(found, by_number[n], before)
        due = n + 1
    if due <= last:
        found.add(AuditFinding(Tampering.REMOVED, due))
    elif head and before != head:
        found.add(AuditFinding(Tampering.ALTERED, last))
    return tuple(sorted(found, key=lambda one: (one.n, one.tampering)))


def _link(found: set[AuditFinding], candidates: list[AuditEntry], before: str | None) -> str:
    """One link of the chain: what is wrong with it, and the hash on which the next one builds."""
    n = candidates[0].n
    right = [one for one in candidates if before is None or _hashed(before, one) == one.hash]
    if len(candidates) > 1:
        found.add(AuditFinding(Tampering.INSERTED, n))
    if not right:
        found.add(AuditFinding(Tampering.ALTERED, n))
    return (right or candidates)[0].hash


def _hashed(before: str, one: AuditEntry) -> str:
    return hash_of(before, one.n, one.at, one.what, one.operator, one.session, one.subject)


def from_journal(lines: Iterable[Line], terminal: NodeId) -> list[AuditEntry]:
    """The log of a terminal as its journal has it, in order: of the machine that is in place at the end.

    Raises:
        UsageError: a line of the log lacks what it must say.
    """
    log: list[AuditEntry] = []
    for line in lines:
        if line.node != terminal or line.kind != "audit_logged":
            continue
        try:
            n, what = line.data["n"], line.data["what"]
            operator, session, found = line.data["operator"], line.data["session"], line.data["hash"]
        except KeyError as error:
            raise UsageError(
                "this is not a line of an audit log",
                where=line.id,
                expected="n, what, operator, session and hash",
                received=f"no {error}",
                remedy="give the journal as it was written",
            ) from error
        if n == 1:
            log.clear()  # another machine
        log.append(AuditEntry(n, line.at, what, operator, session, line.subject, found))
    return log
