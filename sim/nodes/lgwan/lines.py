"""Access lines and when they are out of use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.base.instant import SECOND, Instant
from sim.base.node import NodeId

EVERYBODY = NodeId("")
"""Stands for all lines at once: the whole network."""


@dataclass(frozen=True, slots=True)
class Line:
    """An access line. `rate`: bits a second, 0 for no limit; `latency`: microseconds, one way."""

    rate: int
    latency: int

    def duration(self, size: int) -> int:
        """How long `size` bytes take, in microseconds."""
        return self.latency + (size * 8 * SECOND // self.rate if self.rate else 0)


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing passes from `start` up to, not including, `end`.

    `terminal`: whose line is out of use, `EVERYBODY` for the whole network. `declared`: somebody said so, and
    batches may be handed over on media or paper meanwhile.
    """

    start: Instant
    end: Instant
    name: str = "outage"
    terminal: NodeId = EVERYBODY
    declared: bool = False


class Outages:
    """The planned outages, found by line: those of other municipalities cost nothing."""

    __slots__ = ("_everybody", "_own")

    def __init__(self, outages: Iterable[Outage]) -> None:
        rows = tuple(outages)
        self._everybody = tuple(row for row in rows if row.terminal == EVERYBODY)
        named = {row.terminal for row in rows} - {EVERYBODY}
        self._own = {
            terminal: tuple(row for row in rows if row.terminal in (EVERYBODY, terminal))
            for terminal in named
        }

    def first(self, terminal: NodeId, start: Instant, end: Instant) -> Outage | None:
        """The first outage of the line between two instants, or None."""
        rows = self._own.get(terminal, self._everybody)
        hit = (row for row in rows if row.start < end and start < row.end)
        return min(hit, key=lambda row: row.start, default=None)

    def declared(self, terminal: NodeId, now: Instant) -> bool:
        """Whether the line lies in a declared outage now."""
        rows = self._own.get(terminal, self._everybody)
        return any(row.declared and row.start <= now < row.end for row in rows)
