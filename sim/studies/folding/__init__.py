"""From a journal to measures: one walk through the merged lines.

Names of records and batches are kept rather than counts, because the lines of one instant may stand in
either order: a verdict may come before what it is on. Each area of the measures has a fold of its own, which
takes only the kinds of entry that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from sim.base import collecting
from sim.base.journal import Line
from sim.exchange.reconciliation import Walk
from sim.studies.assumed import leaned_on, unconfirmed
from sim.studies.folding.area import Area, Handler
from sim.studies.folding.batches import Batches
from sim.studies.folding.cards import Cards
from sim.studies.folding.centre import CentreArea
from sim.studies.folding.filings import Filings
from sim.studies.folding.links import Links
from sim.studies.folding.offices import Offices
from sim.studies.folding.records import MOST_UNSETTLED, Records
from sim.studies.folding.registers import Registers
from sim.studies.folding.terminals import Terminals
from sim.studies.measures import VERSION, Measures, Run

__all__ = ["COUNTED", "MOST_UNSETTLED", "Folding", "fold"]

_AREAS: Final[tuple[type[Area], ...]] = (
    Filings,
    Offices,
    Registers,
    Records,
    Batches,
    Links,
    Terminals,
    Cards,
    CentreArea,
)

COUNTED: Final = frozenset(kind for area in _AREAS for kind in area.HANDLES)
"""The kinds of entry that the measures count."""


class Folding:
    """Walks through lines in merged order and keeps what is still under way."""

    def __init__(self, run: Run) -> None:
        self.m = Measures(VERSION, run)
        self.m.residents_end = run.residents
        self._walk = Walk()
        self._areas = [area(self.m) for area in _AREAS]
        handlers: dict[str, list[Handler]] = {}
        for area in self._areas:
            for kind, handler in area.handlers().items():
                handlers.setdefault(kind, []).append(handler)
        self._handlers = {kind: tuple(found) for kind, found in handlers.items()}

    def take(self, line: Line) -> None:
        """Takes the next line in merged order."""
        self.m.journal_lines += 1
        self._walk.take(line)
        data = line.data
        for handler in self._handlers.get(line.kind, ()):
            handler(line, data)

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Passes lines on and takes each."""
        for line in lines:
            self.take(line)
            yield line

    def finish(self) -> Measures:
        """The measures; called once, after the last line."""
        found = self._walk.finish(whole=True)
        for area in self._areas:
            area.finish(self._walk, found)
        leans = {*self.m.rests_on, *leaned_on(self.m)}
        self.m.run = msgspec.structs.replace(self.m.run, unconfirmed=unconfirmed(leans))
        return self.m


def fold(run: Run, lines: Iterable[Line]) -> Measures:
    """The measures of a run from its merged journal."""
    folding = Folding(run)
    with collecting.seldom():
        for line in lines:
            folding.take(line)
        return folding.finish()
