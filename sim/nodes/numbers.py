"""Numbers that a node gives out: from 1, without a gap, each kind for itself."""

from __future__ import annotations

from typing import Any, Final

from sim.base.node import Table, Tables

_NUMBERS = Table("number", int)
TABLES: Final[tuple[Table[Any], ...]] = (_NUMBERS,)
"""All that is kept here."""


class Numbers:
    """The counters of one node, by name."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def last(self, name: str) -> int:
        """The last number of that name that was given out; 0 when none was."""
        return self._tables.get(_NUMBERS, name) or 0

    def next(self, name: str) -> int:
        """The next number of that name."""
        number = (self._tables.get(_NUMBERS, name) or 0) + 1
        self._tables.put(_NUMBERS, name, number)
        return number

    def resume(self, name: str, following: int) -> None:
        """The next number of that name is `following`: who gave them out before has lost count."""
        self._tables.put(_NUMBERS, name, following - 1)
