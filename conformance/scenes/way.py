"""The way between a municipal system and the ministry server: what befalls files on it, once each.

A trouble waits for the next file in its direction that holds a record which is no result, so that a story
can say "the file with the notice is lost" whatever else travels that day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from conformance.border import stem_of
from conformance.protocol.base import File
from sim.base.errors import HarnessError, nearest
from sim.exchange import batch as batches
from sim.exchange.batch import XML, Batch
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result, kind_of

ELSEWHERE: Final = "131130"
"""A municipality that takes no part in any case."""
FAR: Final = 99_999
"""A number that no batch of a case reaches."""

Spoil = Callable[[File, Profile], list[File]]


def batch_of(file: File, profile: Profile) -> Batch | None:
    """The batch in a file, or None when it cannot be read as one."""
    return batches.decode(file.content, profile).batch


def remade(file: File, profile: Profile, change: Callable[[AnyRecord], AnyRecord]) -> File:
    """The file with other records in it: a good batch under the same number."""
    batch = batch_of(file, profile)
    if batch is None:
        raise HarnessError("a file that cannot be read cannot be remade", received=file.name)
    records = tuple(change(record) for record in batch.records)
    return File.of(file.name, batches.encode(batch.header, records, profile))


def _lost(file: File, profile: Profile) -> list[File]:
    return []


def _twice(file: File, profile: Profile) -> list[File]:
    return [file, file]


def _truncated(file: File, profile: Profile) -> list[File]:
    return [File.of(file.name, file.content[: len(file.content) * 3 // 4])]


def _altered(file: File, profile: Profile) -> list[File]:
    """One sign of a record is another one, and the digest of the trailer is what it was."""
    lines = file.content.split(b"\n")
    lines[1] = lines[1].replace(b"-", b"+", 1)
    return [File.of(file.name, b"\n".join(lines))]


def _as_xml(file: File, profile: Profile) -> list[File]:
    batch = batch_of(file, profile)
    if batch is None:
        return [file]
    content = batches.encode(batch.header, batch.records, profile, XML)
    return [File.of(f"{stem_of(file.name)}.xml", content)]


def _misaddressed(file: File, profile: Profile) -> list[File]:
    """The batch, and before it another municipality's that went astray."""
    return [_headed(file, profile, recipient=ELSEWHERE), file]


def _of_another_version(file: File, profile: Profile) -> list[File]:
    """The batch, and before it one in a version that there is not."""
    return [_headed(file, profile, profile="renkei-open/9", sequence=FAR), file]


def _numbered_again(file: File, profile: Profile) -> list[File]:
    """The batch, and after it another one under its number."""
    other = remade(file, profile, lambda record: msgspec.structs.replace(record, record_id="ISA-99999999"))
    return [file, other]


def _with_bomb(file: File, profile: Profile) -> list[File]:
    """The batch, and before it a file whose entities swell without end."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "x">{levels}]><b>&e9;</b>'
    name = stem_of(_headed(file, profile, sequence=FAR).name)
    return [File.of(f"{name}.xml", bomb.encode()), file]


def _headed(file: File, by: Profile, **header: object) -> File:
    """The same records in a batch with another header."""
    batch = batch_of(file, by)
    if batch is None:
        raise HarnessError("a file that cannot be read cannot be headed anew", received=file.name)
    other = msgspec.structs.replace(batch.header, **header)
    return File.of(f"{other.batch_id}.csv", batches.encode(other, batch.records, by))


TROUBLES: Final[dict[str, Spoil]] = {
    "lost": _lost,
    "twice": _twice,
    "truncated": _truncated,
    "altered": _altered,
    "as_xml": _as_xml,
    "misaddressed": _misaddressed,
    "other_version": _of_another_version,
    "numbered_again": _numbered_again,
    "xml_bomb": _with_bomb,
}
"""What can befall a file, by name: the files that arrive in its place, in their order."""


@dataclass(slots=True)
class Way:
    """What is to befall the next files. `up`, `down`: troubles that wait; `refused`: what the agency refuses.

    `refused` maps (person, kind of record) to the item for which the next such record is refused.
    """

    profile: Profile
    up: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)

    def expect(self, direction: str, trouble: str) -> None:
        """Something befalls the next file in that direction.

        Raises:
            HarnessError: there is no such trouble.
        """
        if trouble not in TROUBLES:
            near = nearest(trouble, TROUBLES)
            raise HarnessError(
                "nothing of this kind befalls a file",
                expected=", ".join(TROUBLES),
                received=trouble,
                remedy=f"did you mean {near}?" if near else "give one of these",
            )
        (self.up if direction == "up" else self.down).append(trouble)

    def through(self, direction: str, file: File) -> tuple[str, list[File]]:
        """The trouble that befalls this file, or nothing, and what arrives in its place."""
        waiting = self.up if direction == "up" else self.down
        if not waiting or not self._holds_records(file):
            return "", [file]
        trouble = waiting.pop(0)
        return trouble, TROUBLES[trouble](file, self.profile)

    def as_read(self, file: File) -> File:
        """The file as the agency reads it: a record that it is to refuse has an item that nobody knows."""
        batch = batch_of(file, self.profile)
        if batch is None or not self.refused:
            return file
        due = {
            (getattr(record, "person_ref", ""), kind_of(record)) for record in batch.records
        } & self.refused.keys()
        if not due:
            return file

        def refused(record: AnyRecord) -> AnyRecord:
            item = self.refused.get((getattr(record, "person_ref", ""), kind_of(record)))
            return record if item is None else msgspec.structs.replace(record, **{item: "?"})

        read = remade(file, self.profile, refused)
        for key in due:
            del self.refused[key]
        return read

    def _holds_records(self, file: File) -> bool:
        batch = batch_of(file, self.profile)
        return batch is not None and any(not isinstance(record, Result) for record in batch.records)
