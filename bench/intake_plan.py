"""Row "ministry intake": the plan of what is sent, and what must be stored of it. Light to import."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

MINISTRY: Final = "ministry"
SEALED: Final = "sealed"
PLAN: Final = "plan.json"


class Upload(msgspec.Struct, frozen=True):
    """A sealed batch: its name, which is its key too, and where its bytes lie."""

    ref: str
    offset: int
    size: int


class Lane(msgspec.Struct, frozen=True):
    """What one endpoint sends, in this order."""

    code: str
    uploads: tuple[Upload, ...]


class Stored(msgspec.Struct, frozen=True):
    """What a side must have stored at the end.

    `sealed`: one digest of all sealed batches. `read`: one digest of all records' numbers and people.
    """

    batches: int
    records: int
    sealed: str
    read: str


class Plan(msgspec.Struct, frozen=True):
    """`warm` goes before the clock runs, `lanes` while it does. `kept`: each lane over one connection."""

    kept: bool
    warm: tuple[Lane, ...]
    lanes: tuple[Lane, ...]
    records: int
    stored: Stored

    @property
    def batches(self) -> int:
        """How many are sent while the clock runs."""
        return sum(len(lane.uploads) for lane in self.lanes)


@dataclass(frozen=True, slots=True)
class Work:
    """How much is sent. `warm` of the endpoints send a batch before the clock runs."""

    endpoints: int
    each: int
    records: int
    kept: bool
    warm: int


def read(folder: Path) -> Plan:
    """The plan of a folder."""
    return msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)


def line_of(record: str, person: str) -> str:
    """A record as it is held against what a side stored."""
    return f"{record} {person}"


def digest_of(lines: Iterable[str]) -> str:
    """One digest of lines, in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
