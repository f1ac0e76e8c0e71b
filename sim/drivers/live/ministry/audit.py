"""証跡 of the server: who did what on it, as a chain in which no entry can be altered, left out or put in.

The chain is the terminal's (`sim.nodes.terminal.audit`), kept by a node of its own in the server's database,
so that its head stands in the journal as well. It names municipalities, commands, keys of commands, media and
files, never a person, a record or a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sim.base.errors import HarnessError
from sim.base.instant import MINUTE, Instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Step, advance
from sim.drivers.live.clock import Clock
from sim.nodes.terminal.audit import AuditEntry, AuditLog, origin
from sim.nodes.terminal.export import write_export
from sim.stores.database import Database
from sim.stores.sql import SqlStore

NODE: Final = NodeId("ministry-audit")
# What the chain's origin is named by: the server, and its machine.
SERVER: Final = "ministry"
MACHINE: Final = "1"

STARTED: Final = "started"
STOPPED: Final = "stopped"
KEY_USED: Final = "key_used"
COMMAND: Final = "command"
COMMAND_REFUSED: Final = "command_refused"
EXPORTED: Final = "exported"
MEDIUM_TAKEN: Final = "medium_taken"
MEDIUM_WRITTEN: Final = "medium_written"
MEDIUM_REFUSED: Final = "medium_refused"
STRANGER: Final = "stranger_refused"
REVOCATIONS_READ: Final = "revocations_read"

# A stranger who knocks and knocks is written down once in this time.
_ONCE_IN: Final = MINUTE
_REMEMBERED: Final = 4096


class Happened(Body, frozen=True):
    """Something that the log is to tell: what, by whom, about what."""

    what: str
    who: str
    subject: str = ""


class _Recorder:
    """The node that writes the chain."""

    def step(self, state: AuditLog, event: Event, now: Instant) -> Step:
        if not isinstance(event.body, Happened):
            raise HarnessError(f"the audit log does not know {type(event.body).__name__}", where=event.key)
        told = event.body
        entry = state.append(origin(SERVER, MACHINE), told.what, told.who, 0, told.subject, now)
        return Step(entries=(entry,))


class Audit:
    """The log of one server. Called in the thread that writes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._store = SqlStore(database, NODE, AuditLog)
        self._clock = clock
        self._knocked: dict[tuple[str, str], Instant] = {}

    def write(self, what: str, who: str, subject: str = "") -> None:
        """One entry, kept when this returns."""
        now = self._clock.now
        with self._store.transaction() as transaction:
            head = transaction.state.head()
        n = 1 if head is None else head.n + 1
        advance(
            self._store,
            _Recorder(),
            Event(Key(f"audit/{n}/{now}"), OUTSIDE, Happened(what, who, subject)),
            now,
        )

    def stranger(self, who: str, why: str) -> None:
        """Somebody was turned away; the same for the same reason is written down once a minute."""
        now = self._clock.now
        last = self._knocked.get((who, why))
        if last is not None and now - last < _ONCE_IN:
            return
        if len(self._knocked) >= _REMEMBERED:
            self._knocked.clear()
        self._knocked[(who, why)] = now
        self.write(STRANGER, who, why)

    def entries(self) -> list[AuditEntry]:
        """The whole log."""
        with self._store.transaction() as transaction:
            return list(transaction.state.entries())

    def export(self, entries: Sequence[AuditEntry]) -> bytes:
        """The log as anybody can verify it (`sim.nodes.terminal.export`)."""
        return write_export(entries, SERVER, MACHINE)

    def journal(self) -> Iterator[Line]:
        """The log's lines in the journal, which bear the hashes too."""
        return self._store.journal()
