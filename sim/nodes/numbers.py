"""Numbers that a node gives out: from 1, without a gap, each kind for itself."""

from __future__ import annotations

from sim.base.node import Table, Tables

_NUMBERS = Table("number", int)


class Numbers:
    """The counters of one node, by name."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def next(self, name: str) -> int:
        """The next number of that name."""
        number = (self._tables.get(_NUMBERS, name) or 0) + 1
        self._tables.put(_NUMBERS, name, number)
        return number
