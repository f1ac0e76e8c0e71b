"""What a card terminal remembers: switch, pattern file, writes under way, authorisations used up."""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.node import NodeId, Table, Tables
from sim.nodes.numbers import Numbers
from sim.nodes.terminal.audit import AuditLog
from sim.nodes.terminal.console import Console
from sim.nodes.terminal.operators import Operators


class PatternInUse(msgspec.Struct, frozen=True):
    """The pattern file that is installed."""

    version: str
    made_on: date


class Writing(msgspec.Struct, frozen=True):
    """A write under way. `counter`: who asked for it; `authorisation`: empty until there is one."""

    counter: NodeId
    case: str
    session: str
    ref: str
    address: str
    filed_date: date
    authorisation: str = ""


_SWITCH = Table("writing_switch", bool)
_PATTERN = Table("pattern_in_use", PatternInUse)
_WRITING = Table("chip_write", Writing)
_USED = Table("used_authorisation", str)


class CardTerminalState:
    """No card's content is kept: what was read goes to the counter and stays nowhere here."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)
        self.operators = Operators(tables)
        self.console = Console(tables)
        self.audit = AuditLog(tables)

    def writes(self, initial: bool) -> bool:
        """Whether writing is switched on; `initial` until somebody touches the switch."""
        switched = self._tables.get(_SWITCH, "")
        return initial if switched is None else switched

    def switch(self, on: bool) -> None:
        self._tables.put(_SWITCH, "", on)

    def pattern(self) -> PatternInUse | None:
        """The pattern file that was taken over here; None while the first one is in use."""
        return self._tables.get(_PATTERN, "")

    def keep_pattern(self, pattern: PatternInUse) -> None:
        self._tables.put(_PATTERN, "", pattern)

    def next_request(self) -> int:
        return self._numbers.next("write_request")

    def writing(self, request: str) -> Writing | None:
        """The write under way that asked under this name."""
        return self._tables.get(_WRITING, request)

    def keep_writing(self, request: str, writing: Writing) -> None:
        self._tables.put(_WRITING, request, writing)

    def end_writing(self, request: str) -> None:
        self._tables.delete(_WRITING, request)

    def use_up(self, authorisation: str, request: str) -> bool:
        """Takes an authorisation for a request, once for ever; whether it was unused."""
        if self._tables.get(_USED, authorisation) is not None:
            return False
        self._tables.put(_USED, authorisation, request)
        return True
