"""What all measures are made of: counts, distributions and evidence that add up.

Adding is associative and commutative, and nothing plus a part is the part: counts are added, dictionaries
key by key; of evidence the first few ids stay. A word that differs gives way to the lesser one, so that no
order decides.
"""

from __future__ import annotations

import copy
from typing import Any, Final, Self

import msgspec

MOST_EVIDENCE: Final = 5
"""So many journal ids show that something happened; the journal has them all."""


class Part(msgspec.Struct):
    """A measure that adds up."""

    def merge(self, other: Self) -> None:
        """Adds another of the same kind to this one."""
        for name in self.__struct_fields__:
            setattr(self, name, summed(getattr(self, name), getattr(other, name)))


def summed(mine: Any, others: Any) -> Any:
    """Two values of the same field as one."""
    match mine:
        case Part():
            mine.merge(others)
            return mine
        case dict():
            for key, value in others.items():
                mine[key] = summed(mine[key], value) if key in mine else copy.deepcopy(value)
            return mine
        case list():
            return sorted({*mine, *others}, key=_by_number)[:MOST_EVIDENCE]
        case str():
            return min(mine, others) if mine and others else mine or others
    return mine + others


def _by_number(line: str) -> tuple[str, int, str]:
    """Ids of journal lines (`node#n`) by node and number."""
    node, _, number = line.partition("#")
    return node, int(number) if number.isdecimal() else 0, line


def count(counts: dict[str, int], key: str, times: int = 1) -> None:
    """Counts one more of a kind."""
    counts[key] = counts.get(key, 0) + times


def shown(evidence: list[str], line_id: str) -> None:
    """Keeps a journal id as evidence, while there is room."""
    if len(evidence) < MOST_EVIDENCE:
        evidence.append(line_id)


class Distribution(Part):
    """How often each whole number (of hours, minutes or days) occurred, keyed by the number as text."""

    counts: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, number: int, times: int = 1) -> None:
        key = str(number)
        self.counts[key] = self.counts.get(key, 0) + times

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def ordered(self) -> list[tuple[int, int]]:
        """(number, times) by number."""
        return sorted((int(key), times) for key, times in self.counts.items())

    def quantile(self, share: float) -> int | None:
        """The smallest number not exceeded in `share` of all cases; None when there are none."""
        need = share * self.total
        seen = 0
        for number, times in self.ordered():
            seen += times
            if seen >= need:
                return number
        return None

    @property
    def largest(self) -> int | None:
        """The largest number that occurred."""
        return max((int(key) for key in self.counts), default=None)
