"""What a terminal remembers: a queue, numbers, the way out and in, and what the safeguards need."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.instant import Instant
from sim.base.node import NodeId, Table, Tables
from sim.exchange.records import AnyRecord, Result
from sim.nodes import intake, numbers, postbox
from sim.nodes.intake import Intake
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Postbox
from sim.nodes.terminal import audit, connection, console, quarantine, software
from sim.nodes.terminal.audit import AuditLog
from sim.nodes.terminal.connection import Connection
from sim.nodes.terminal.console import Console
from sim.nodes.terminal.operators import Operators
from sim.nodes.terminal.quarantine import Quarantine
from sim.nodes.terminal.software import Programs

# Results that a machine numbers are told apart from those of the machine before it.
ANSWERS_OF_A_MACHINE: Final = 10**8


class Queued(msgspec.Struct, frozen=True):
    """A record that waits for the next exchange."""

    record: AnyRecord


class Machine(msgspec.Struct, frozen=True):
    """Which machine this is and how far it has taken over from the one before it.

    `number`: from 1. `phase`: see `sim.nodes.terminal.replacement`, empty when there is nothing to take over.
    `made`: by business the number after the last batch that had been made to come down when it asked.
    `owed`: an exchange was due while it did not know the numbers.
    """

    serial: str
    number: int = 1
    former: str = ""
    since: Instant = Instant(0)
    phase: str = ""
    made: tuple[tuple[str, int], ...] = ()
    awaited: tuple[str, ...] = ()
    asked: int = 0
    owed: bool = False


_QUEUE = Table("queue", Queued)
_MACHINE = Table("machine", Machine)
_MEDIA = Table("log_medium", bytes)
# Not here: media, which lie in a drawer, and the operators, who are set up on a new machine as they stood.
_FORGOTTEN: Final[tuple[Table[Any], ...]] = (
    _QUEUE,
    _MACHINE,
    *postbox.TABLES,
    *intake.TABLES,
    *numbers.TABLES,
    *audit.TABLES,
    *console.TABLES,
    *connection.TABLES,
    *quarantine.TABLES,
    *software.TABLES,
)


class TerminalState:
    """The memory of one terminal, in the words of its work."""

    def __init__(self, tables: Tables, network: NodeId = NodeId("lgwan")) -> None:
        self._tables = tables
        self.postbox = Postbox(tables, network)
        self.intake = Intake(tables)
        self.audit = AuditLog(tables)
        self.operators = Operators(tables)
        self.console = Console(tables)
        self.connection = Connection(tables)
        self.quarantine = Quarantine(tables)
        self.programs = Programs(tables)
        self.numbers = Numbers(tables)

    # --- what waits ---------------------------------------------------------------------------------
    def enqueue(self, record: AnyRecord) -> None:
        self._tables.put(_QUEUE, f"{self.numbers.next('queued'):012d}", Queued(record))

    def take_queue(self) -> list[AnyRecord]:
        """All that waits, in order; the queue is empty afterwards."""
        rows = list(self._tables.scan(_QUEUE))
        for key, _ in rows:
            self._tables.delete(_QUEUE, key)
        return [queued.record for _, queued in rows]

    def waiting(self) -> int:
        """How many records wait."""
        return sum(1 for _ in self._tables.scan(_QUEUE))

    def answers_waiting(self) -> int:
        """How many of them are results of what came down."""
        return sum(isinstance(queued.record, Result) for _, queued in self._tables.scan(_QUEUE))

    # --- numbers ------------------------------------------------------------------------------------
    def next_sequence(self, business: str) -> int:
        """The next batch of a business, by its code."""
        return self.numbers.next(f"sequence/{business}")

    def next_answer(self) -> int:
        """The next result of this terminal, whichever machine it is."""
        machine = self.machine()
        before = 0 if machine is None else (machine.number - 1) * ANSWERS_OF_A_MACHINE
        return before + self.numbers.next("answer")

    # --- the machine --------------------------------------------------------------------------------
    def machine(self) -> Machine | None:
        """The machine; None for the first one."""
        return self._tables.get(_MACHINE, "machine")

    def keep_machine(self, machine: Machine) -> None:
        self._tables.put(_MACHINE, "machine", machine)

    def forget(self) -> None:
        """An empty memory, as of a machine that comes out of its box."""
        for table in _FORGOTTEN:
            for key, _ in list(self._tables.scan(table)):
                self._tables.delete(table, key)

    # --- the log on media ---------------------------------------------------------------------------
    def write_medium(self, medium: str, content: bytes) -> None:
        """The log lies on the medium."""
        self._tables.put(_MEDIA, medium, content)

    def on_medium(self, medium: str) -> bytes | None:
        """What lies on the medium; None when no log was ever written onto it."""
        return self._tables.get(_MEDIA, medium)
