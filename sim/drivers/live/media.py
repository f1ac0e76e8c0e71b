"""What both ends do alike with batches on a medium, in a declared outage of the line.

What a messenger takes is what would have gone over the line: the envelope that only the other end opens. It
lies on the medium in the form of `sim.exchange.folders`, sealed once more and labelled with the key of media,
which both ends have and the place's own systems have not. A medium is taken in whole, once, and in its order.
Source: joint ordinance 1 of 2012, arts. 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.base.instant import Instant
from sim.base.node import Table, Tables
from sim.drivers.folders import read_medium, sealed_for_medium, write_medium
from sim.exchange.folders import Label, file_name, item_of

MEDIA_KEY: Final = "media.key"
"""The file of the key of media, in the keys of a terminal and in a kit."""

# Findings that are told at once: the first ones say what is wrong with a medium.
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Brought:
    """A file of a medium: a batch in its envelope. `ref`: what the batch is called."""

    name: str
    ref: str
    sealed: bytes


class MediaNumbers:
    """Which media went out to one other end and came in from it, in a table of a node.

    `of`: what stands before the keys where a table tells of several other ends.
    """

    def __init__(self, tables: Tables, table: Table[int], of: str = "") -> None:
        self._tables = tables
        self._table = table
        self._of = of

    @property
    def out(self) -> int:
        """The number of the last medium that went out."""
        return self._tables.get(self._table, f"{self._of}out") or 0

    @property
    def due(self) -> int:
        """The number of the medium that comes in next."""
        return (self._tables.get(self._table, f"{self._of}in") or 0) + 1

    @property
    def used(self) -> frozenset[str]:
        """Ids of the media that were taken in."""
        before = f"{self._of}used/"
        return frozenset(key.removeprefix(before) for key, _ in self._tables.scan(self._table, before))

    def written(self, sequence: int) -> None:
        """A medium went out."""
        self._tables.put(self._table, f"{self._of}out", sequence)

    def taken(self, id: str, sequence: int) -> None:
        """A medium was taken in."""
        self._tables.put(self._table, f"{self._of}in", sequence)
        self._tables.put(self._table, f"{self._of}used/{id}", sequence)


def write_batches(
    root: Path,
    key: bytes,
    code: str,
    direction: str,
    sequence: int,
    created: Instant,
    batches: Mapping[str, bytes],
) -> Label:
    """Writes sealed batches, by their names, onto a medium of the municipality `code`.

    Raises:
        UsageError: the medium is no folder.
        OSError: it cannot be written; without its label, which comes last, nobody takes anything of it in.
    """
    named = {file_name(ref, "csv"): sealed for ref, sealed in batches.items()}
    files = {name: sealed_for_medium(name, sealed, key) for name, sealed in named.items()}
    items = tuple(item_of(name, raw) for name, raw in files.items())
    label = Label(f"{code}-{direction}-{sequence}-{created}", code, direction, sequence, created, items)
    write_medium(root, label, files, key)
    return label


def read_batches(
    root: Path, key: bytes, code: str, direction: str, due: int, used: frozenset[str]
) -> tuple[Label, list[Brought]] | str:
    """All batches of a medium in their order, or why nothing of it is taken in.

    Raises:
        UsageError: the medium is no folder.
    """
    read = read_medium(root, key, code, direction, due, used)
    if isinstance(read, list):
        return "; ".join(found.explain(english=True) for found in read[:_TOLD])
    label, payloads = read
    return label, [Brought(one.name, ref_of(one.name), one.content) for one in payloads]


def ref_of(name: str) -> str:
    """What a payload's name calls it: `131041-ISA-01-00000012.2`."""
    return name.rsplit(".", 2)[0]
