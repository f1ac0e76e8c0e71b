"""What the leg costs in people's work, counted from a journal.

An automatic line writes no entry that bears steps, so its count is zero by what happened and not by decree.
Sources of the questions: seed 001, lines 39 and 40; seed 002, line 118.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sim.base.journal import Line
from sim.nodes.link.patterns import MEDIA, PAPER, PATTERNS

PATTERN_OF: Final[dict[str, str]] = {
    "medium_written": MEDIA,
    "medium_read": MEDIA,
    "medium_lost": MEDIA,
    "medium_refused": MEDIA,
    "sheet_printed": PAPER,
    "record_rekeyed": PAPER,
}
"""Entries that bear manual steps, with the pattern that they belong to."""


@dataclass(frozen=True, slots=True)
class Labour:
    """One pattern's work: manual steps; items keyed in, slips in them, slips that were caught; media lost.

    `wrong`: records that left with an item other than in their source.
    """

    steps: int = 0
    fields: int = 0
    errors: int = 0
    caught: int = 0
    wrong: int = 0
    lost: int = 0

    @property
    def error_rate(self) -> float:
        """Slips that were not caught, of all items keyed in; 0 when none was."""
        return (self.errors - self.caught) / self.fields if self.fields else 0.0


def labour(lines: Iterable[Line]) -> dict[str, Labour]:
    """The work of each pattern, all patterns included."""
    counted = dict.fromkeys(PATTERNS, Labour())
    for line in lines:
        pattern = PATTERN_OF.get(line.kind)
        if pattern is None:
            continue
        so_far, data = counted[pattern], line.data
        so_far = replace(so_far, steps=so_far.steps + data["steps"])
        if line.kind == "record_rekeyed":
            so_far = replace(
                so_far,
                fields=so_far.fields + data["fields"],
                errors=so_far.errors + data["errors"],
                caught=so_far.caught + data["caught"],
                wrong=so_far.wrong + bool(data["differs"]),
            )
        if line.kind == "medium_lost":
            so_far = replace(so_far, lost=so_far.lost + 1)
        counted[pattern] = so_far
    return counted
