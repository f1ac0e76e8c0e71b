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

from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.node import Reply, Table, Tables
from sim.drivers.folders import look_at_medium, read_medium, sealed_for_medium, write_medium
from sim.exchange.folders import LABEL, PART, Found, Label, file_name, item_of, judge_medium

MEDIA_KEY: Final = "media.key"
"""The file of the key of media, in the keys of a terminal and in a kit."""

# Findings that are told at once: the first ones say what is wrong with a medium.
_TOLD: Final = 5
# So much is shown of a strange file's name.
_SHOWN: Final = 60


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing of a medium is taken in: `found` the codes of what was found, `detail` in words."""

    found: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A medium that this end began to write before. `refs`: the batches that it is to hold.

    `created`: when it was begun; None where each attempt bears another moment.
    """

    key: bytes
    code: str
    direction: str
    sequence: int
    refs: tuple[str, ...]
    created: Instant | None = None

    def is_mine(self, raw: bytes | None) -> bool:
        """Whether these are the bytes of its label."""
        label = judge_medium(raw, self.key, self.code, self.direction, self.sequence, ())
        return isinstance(label, Label) and self.created in (None, label.created)


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies in a folder that is to be a medium: all names in their order, and the label's bytes."""

    names: tuple[str, ...]
    label: bytes | None

    def in_the_way(self, begun: Unfinished | None) -> Reply | None:
        """Why nothing is written here, if so: a medium is an empty folder, or the one that was begun."""
        if LABEL in self.names and (begun is None or not begun.is_mine(self.label)):
            told = f"a {LABEL} lies on it: take the medium in where it was to go, or wipe it"
            return Reply(False, "medium_in_use", told)
        mine = set() if begun is None else {LABEL, *(file_name(ref, "csv") for ref in begun.refs)}
        strange = next((name for name in self.names if name.removesuffix(PART) not in mine), None)
        if strange is None:
            return None
        told = f"expected an empty folder, found {strange[:_SHOWN]!r} in it: give an empty one"
        return Reply(False, "medium_not_empty", told)


def lying_on(root: Path) -> Lying:
    """What lies in a folder that is to be a medium.

    Raises:
        UsageError: it is no folder, or cannot be looked at.
    """
    try:
        return Lying(*look_at_medium(root))
    except OSError as error:
        raise UsageError("there is no medium", where=str(root), received=error.strerror) from error


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
) -> tuple[Label, list[Brought]] | Refusal:
    """All batches of a medium in their order, or why nothing of it is taken in.

    Raises:
        UsageError: the medium is no folder.
    """
    read = read_medium(root, key, code, direction, due, used)
    if isinstance(read, list):
        return refusal(*read[:_TOLD])
    label, payloads = read
    return label, [Brought(one.name, ref_of(one.name), one.content) for one in payloads]


def refusal(*findings: Found) -> Refusal:
    """What was found, in words too."""
    told = "; ".join(found.explain(english=True) for found in findings)
    return Refusal(tuple(str(found.code) for found in findings), told)


def ref_of(name: str) -> str:
    """What a payload's name calls it: `131041-ISA-01-00000012.2`."""
    return name.rsplit(".", 2)[0]
