"""One municipality at the other end of a ministry server: its numbers, and how it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.protocol.base import File
from sim.exchange.records import AnyRecord


@dataclass(slots=True)
class City:
    """One municipality. `answers`: whether it answers what comes down; `reads`: the versions that it speaks.

    `spoilt`: for which code it refuses the next file with a notice; `knows`: whether it has those persons.
    `waiting`: what it has to send, by business; `editions`: how often it used a number; `seen`, `answered`:
    the files that came down, by their digests.
    """

    code: str
    reads: tuple[str, ...]
    answers: bool = True
    spoilt: str = ""
    knows: bool = True
    made: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    editions: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[AnyRecord]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    last: File | None = None

    def number(self) -> str:
        """The number of its next record."""
        self.made += 1
        return f"{self.code}-{self.made:08d}"
