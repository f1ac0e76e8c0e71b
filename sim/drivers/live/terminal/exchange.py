"""The five folders as the terminal works on them: what is written appears once, whatever is killed when.

`sim.drivers.folders` judges, seals and opens. Here a file that is to appear is first laid beside its place
(`stage`: the `.part` that nobody reads), then what led to it is struck from the store, then it takes its
place (`publish`). So after a crash a `.part` tells which of the two it was: the store still holds the send,
and the file is staged again; or it does not, and the file only has to take its place. A system that has taken
a file away in between is never given it a second time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from sim.base.instant import Instant
from sim.drivers.folders import Folders, Payload
from sim.drivers.live.media import ref_of
from sim.drivers.live.terminal.leg import Filed, FileDropped, Rejected
from sim.exchange import batch as batches
from sim.exchange import folders as rules
from sim.exchange.batch import DOWN, UP, Batch, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.folders import FINDING, INBOX, NONCE_BYTES, OUTBOX, PART, QUARANTINE, RESULT, SENT, Found
from sim.exchange.profile import Profile
from sim.exchange.records import RESULT as RESULT_KIND
from sim.exchange.records import AnyRecord, Result
from sim.exchange.sequence import split_ref

_WRITTEN: Final = (INBOX, RESULT)


class Exchange(Folders):
    """The folders of one terminal while it runs."""

    def __enter__(self) -> Exchange:
        super().__enter__()
        return self

    # --- what appears ------------------------------------------------------------------------------------
    def stage(self, folder: str, name: str, content: bytes) -> None:
        """Lays a payload beside its place, sealed and whole; staged again it replaces the first."""
        self._check(folder, name)
        self._lay(folder, name + PART, rules.seal_at_rest(content, name, self._key, os.urandom(NONCE_BYTES)))

    def publish(self, folder: str, name: str) -> None:
        """What was staged takes its place; nothing happens when it has taken it already."""
        self._check(folder, name)
        with suppress(FileNotFoundError):
            os.rename(name + PART, name, src_dir_fd=self._at[folder], dst_dir_fd=self._at[folder])
            os.fsync(self._at[folder])

    def staged(self) -> Iterator[tuple[str, str]]:
        """Folder and name of what lies beside its place."""
        for folder in _WRITTEN:
            for part in self._names(folder):
                name = part.removesuffix(PART)
                if part.endswith(PART) and rules.parse_name(name) is not None:
                    yield folder, name

    def drop_staged(self, folder: str, name: str) -> None:
        """What was staged is not wanted."""
        with suppress(FileNotFoundError):
            os.unlink(name + PART, dir_fd=self._at[folder])

    def read_staged(self, folder: str, name: str) -> bytes | None:
        """The content of what was staged; None when it is not whole."""
        raw = _whole(self._at[folder], name + PART)
        content = rules.open_at_rest(raw, folder, name, self._key)
        return None if isinstance(content, Found) else content

    def rewrite(self, folder: str, name: str, content: bytes) -> None:
        """Puts another content in the place of a payload, at once."""
        self._check(folder, name)
        self._write(folder, name, rules.seal_at_rest(content, name, self._key, os.urandom(NONCE_BYTES)))

    # --- what is looked at -------------------------------------------------------------------------------
    def count(self, folder: str) -> int:
        """How many payloads lie there."""
        return sum(rules.parse_name(name) is not None for name in self._names(folder))

    def findings(self) -> int:
        """How many files were moved to quarantine."""
        return sum(name.endswith(FINDING) for name in self._names(QUARANTINE))

    def payload(self, folder: str, name: str) -> Payload | None:
        """One payload; None when there is none of that name, or none that can be read."""
        if name not in self._names(folder):
            return None
        found = self._read(folder, name)
        return found if isinstance(found, Payload) else None

    def refuse(self, payload: Payload, finding: Finding) -> None:
        """Moves a file of outbox/ that was refused as a whole to quarantine, with what is wrong beside it."""
        taken = set(self._names(QUARANTINE))
        number = 1
        while (target := f"{payload.name}.{number}") in taken or target + FINDING in taken:
            number += 1
        sealed = rules.seal_at_rest(payload.content, target, self._key, os.urandom(NONCE_BYTES))
        told = {
            "code": finding.code,
            "folder": payload.folder,
            "name": payload.name,
            "expected": finding.expected,
            "received": finding.reason(),
        }
        self._write(QUARANTINE, target + FINDING, json.dumps(told, ensure_ascii=False, indent=1).encode())
        self._write(QUARANTINE, target, sealed)
        self.done(payload.folder, payload.name)

    def _lay(self, folder: str, part: str, raw: bytes) -> None:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=self._at[folder])
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(part, flags, rules.FILE_MODE, dir_fd=self._at[folder])
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), rules.FILE_MODE)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.fsync(self._at[folder])


def _whole(at: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(rules.LARGEST + rules.OVERHEAD)


# --- files and batches ------------------------------------------------------------------------------------
def judged(payload: Payload, code: str, agency: str, profiles: Sequence[Profile]) -> FileDropped:
    """What a file of outbox/ holds, or why nothing of it is taken in. `profiles`: newest first.

    A file is another system's: its batch must be of this municipality, for the agency, upward and under the
    number that its name bears.
    """
    named, _ = split_ref(ref_of(payload.name))
    _, _, business, sequence = named.split("-")
    dropped = FileDropped(payload.name, batches.digest_of(payload.content), business, int(sequence))

    def refuse(finding: Finding) -> FileDropped:
        return msgspec.structs.replace(dropped, refused=finding)

    profile = profiles[-1]
    decoded = batches.decode(payload.content, profile)
    for newer in reversed(profiles[:-1]):
        if decoded.batch is not None or decoded.findings[0].code != Code.UNKNOWN_PROFILE:
            break
        decoded, profile = batches.decode(payload.content, newer), newer
    if decoded.batch is None:
        return refuse(decoded.findings[0])
    header = decoded.batch.header
    for found, item, expected, received in (
        (Code.WRONG_SENDER, "sender", code, header.sender),
        (Code.WRONG_RECIPIENT, "recipient", agency, header.recipient),
        (Code.WRONG_DIRECTION, "direction", UP, header.direction),
        (Code.BAD_HEADER, "sequence", named, header.batch_id),
    ):
        if expected != received:
            return refuse(Finding(found, 1, item, expected, received))
    rows = decoded.rows
    return msgspec.structs.replace(
        dropped,
        # A verdict on a whole file of ours ends here: the server knows nothing of these files.
        records=tuple(row.record for row in rows if row.record is not None and not _on_a_file(row.record)),
        rejected=tuple(
            Rejected(row.name, row.finding)
            for row in rows
            if row.finding is not None and row.kind != RESULT_KIND
        ),
    )


def _on_a_file(record: AnyRecord) -> bool:
    return isinstance(record, Result) and record.scope == "batch"


def remaining(payload: Payload, filed: Filed, profiles: Sequence[Profile]) -> tuple[bytes | None, Batch]:
    """What of a file still waits: None for all of it as it lies there, else the bytes without the rest."""
    batch, profile = _read(payload, profiles)
    open_ = {*filed.pending, *filed.answers}
    records = tuple(record for record in batch.records if record.record_id in open_)
    if len(records) == batch.header.count:
        return None, batch
    header = msgspec.structs.replace(batch.header, count=len(records))
    form = batches.form_of(payload.content)
    return batches.encode(header, records, profile, form), Batch(header, records)


def records_of(payload: Payload, profiles: Sequence[Profile]) -> tuple[AnyRecord, ...]:
    """The good records of a file that lies in sent/."""
    return _read(payload, profiles)[0].records


def _read(payload: Payload, profiles: Sequence[Profile]) -> tuple[Batch, Profile]:
    from sim.exchange.versions import read

    return read(payload.content, profiles)


def written(name: str, records: Sequence[AnyRecord], code: str, profile: Profile, now: Instant) -> bytes:
    """A file for the municipality's systems, under the number that its name bears."""
    named, _ = split_ref(ref_of(name))
    sender, _, business, sequence = named.split("-")
    header = Header(profile.name, sender, code, business, DOWN, int(sequence), now, len(records))
    return batches.encode(header, tuple(records), profile)


__all__ = ["OUTBOX", "SENT", "Exchange", "judged", "records_of", "remaining", "written"]
