"""What the endpoints will send: made, encoded and sealed before the run, so that the run only moves bytes.

    DIR/manifest.json        what it is: seed, day, sums, fingerprint
    DIR/0000.sealed          the sealed batches of some endpoints, one after the other
    DIR/0000.schedule        NDJSON, an exchange a line: when it is intended and where its batches lie
    DIR/0000.expected        NDJSON, a batch a line: its records, and the code with which each must be
    rejected

Records become batches as a terminal makes them (`sim.nodes.terminal.outgoing`): one for each business that
has some, at least one, so that an exchange without records is one too. Each batch is read again before it
is sealed: what must be accepted is valid, and what must be rejected breaks the one rule it was made to
break.

Processes share the endpoints; their number, and which of them does what, changes neither bytes (but for the
sealing, which draws randomness) nor fingerprint. A process holds the records of one endpoint at a time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec

from load.keys import Keys
from load.payloads.records import Country, Made, Place
from sim.base.errors import HarnessError, UsageError
from sim.base.instant import SECOND, Instant, instant
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.content import day_findings
from sim.exchange.envelope import seal
from sim.exchange.profile import Profile, open_profile
from sim.nodes.terminal.outgoing import in_order

MANIFEST: Final = "manifest.json"
SEALED: Final = ".sealed"
SCHEDULE: Final = ".schedule"
EXPECTED: Final = ".expected"
# On which the filings were made that go up in the first night; later nights follow. Any past day would do,
# but a fixed one, so that the same seed gives the same bytes on every day.
DAY: Final = date(2025, 4, 1)
EVENING: Final = 22
# How much one process takes on at a time.
_ENDPOINTS: Final = 48
_RECORDS: Final = 4096


@dataclass(frozen=True, slots=True)
class Intended:
    """An exchange that shall begin `start` microseconds after the run does. `night`: counted from 0."""

    code: str
    start: int
    records: int
    night: int = 0


class Parcel(msgspec.Struct, frozen=True):
    """A sealed batch: its name, its idempotency key, and where it lies in the file of its exchange."""

    ref: str
    key: str
    offset: int
    size: int


class Scheduled(msgspec.Struct, frozen=True):
    """An exchange as the generator takes it. `nth`: the endpoint's exchanges count from 1."""

    code: str
    nth: int
    start: int
    night: int
    file: str
    records: int
    parcels: tuple[Parcel, ...]

    @property
    def name(self) -> str:
        """Its name in all files of a run."""
        return f"{self.code}.{self.nth}"


class Expected(msgspec.Struct, frozen=True, array_like=True):
    """A record on its way. `code`: with which it must be rejected; empty when it must be accepted."""

    name: str
    kind: str
    person: str
    code: str = ""


class Contents(msgspec.Struct, frozen=True):
    """What a batch holds, and what must become of it. `digest`: SHA-256 of the plain bytes, hexadecimal."""

    code: str
    nth: int
    ref: str
    business: str
    size: int
    digest: str
    records: tuple[Expected, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of payloads. `fingerprint`: SHA-256 over the digests of all plain batches in their order."""

    seed: int
    day: str
    profile: str
    agency: str
    endpoints: int
    exchanges: int
    batches: int
    records: int
    faulty: int
    plain_bytes: int
    sealed_bytes: int
    fingerprint: str


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_scheduled = msgspec.json.Decoder(Scheduled).decode
_decode_contents = msgspec.json.Decoder(Contents).decode


def prepare(
    folder: Path,
    intended: Sequence[Intended],
    addresses: dict[str, str],
    keys: Keys,
    *,
    seed: int,
    workers: int,
    faulty: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Makes the folder anew with everything that is to be sent.

    Args:
        intended: the exchanges of all endpoints, in any order.
        addresses: what addresses begin with, by endpoint.
        keys: with which the batches are sealed and signed.
        seed: the same seed and plan give the same plain bytes.
        workers: processes at a time.
        faulty: share of records that are made faulty.
        progress: told how many endpoints of how many are done.

    Raises:
        UsageError: nothing is intended, or an endpoint has no address.
        HarnessError: a record is not what it was made to be.
    """
    by_code: dict[str, list[Intended]] = {}
    for one in sorted(intended, key=lambda one: (one.code, one.start)):
        by_code.setdefault(one.code, []).append(one)
    if not by_code:
        raise UsageError("no exchange is planned", expected="at least one endpoint")
    lacking = sorted(by_code.keys() - addresses.keys())
    if lacking:
        raise UsageError("an endpoint has no address", expected="its name", received=", ".join(lacking[:5]))
    places = tuple(
        Place(code, addresses[code], sum(one.records for one in own)) for code, own in by_code.items()
    )
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    work = _Work(part, keys.folder, places, seed, faulty)
    tasks = list(_tasks(by_code))
    done, sums = 0, _Sums(0, 0, 0, 0, 0, 0, "")
    overall = hashlib.sha256()
    for task, made in zip(tasks, _run(work, tasks, workers), strict=True):
        sums = sums.plus(made)
        overall.update(made.digest.encode())
        done += len(task.endpoints)
        if progress is not None:
            progress(done, len(places))
    profile = open_profile()
    manifest = Manifest(
        seed,
        DAY.isoformat(),
        profile.name,
        profile.agency,
        len(places),
        sums.exchanges,
        sums.batches,
        sums.records,
        sums.faulty,
        sums.plain,
        sums.sealed,
        overall.hexdigest(),
    )
    (part / MANIFEST).write_bytes(msgspec.json.format(_encode(manifest), indent=1) + b"\n")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """What a folder of payloads holds.

    Raises:
        UsageError: it is none.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "this is no folder of payloads",
            where=str(folder / MANIFEST),
            received=str(error),
            remedy="`renkei load run` makes one: RUN/payloads",
        ) from error


def schedule(folder: Path) -> list[Scheduled]:
    """All exchanges, in the order of their intended starts."""
    rows = [
        _decode_scheduled(line)
        for path in sorted(folder.glob(f"*{SCHEDULE}"))
        for line in path.read_bytes().splitlines()
    ]
    return sorted(rows, key=lambda row: (row.start, row.code, row.nth))


def contents(folder: Path) -> Iterator[Contents]:
    """What all batches hold, endpoint by endpoint."""
    for path in sorted(folder.glob(f"*{EXPECTED}")):
        with path.open("rb") as file:
            for line in file:
                yield _decode_contents(line)


# --- in a process -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Work:
    folder: Path
    keys: Path
    places: tuple[Place, ...]
    seed: int
    faulty: float


@dataclass(frozen=True, slots=True)
class _Task:
    number: int
    endpoints: tuple[tuple[Intended, ...], ...]


@dataclass(frozen=True, slots=True)
class _Sums:
    exchanges: int
    batches: int
    records: int
    faulty: int
    plain: int
    sealed: int
    digest: str

    def plus(self, other: _Sums) -> _Sums:
        return _Sums(
            self.exchanges + other.exchanges,
            self.batches + other.batches,
            self.records + other.records,
            self.faulty + other.faulty,
            self.plain + other.plain,
            self.sealed + other.sealed,
            "",
        )


def _tasks(by_code: dict[str, list[Intended]]) -> Iterator[_Task]:
    """The endpoints in runs of about equal work, whatever the number of processes."""
    held: list[tuple[Intended, ...]] = []
    number = records = 0
    for own in by_code.values():
        mine = sum(one.records for one in own)
        if held and (len(held) == _ENDPOINTS or records + mine > _RECORDS):
            yield _Task(number, tuple(held))
            held, records, number = [], 0, number + 1
        held.append(tuple(own))
        records += mine
    yield _Task(number, tuple(held))


def _run(work: _Work, tasks: Sequence[_Task], workers: int) -> Iterator[_Sums]:
    if workers == 1 or len(tasks) == 1:
        maker = _Maker(work)
        yield from map(maker.make, tasks)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(work,)) as pool:
        yield from pool.map(_make, tasks)


_MAKERS: Final[list[_Maker]] = []


def _begin(work: _Work) -> None:
    _MAKERS.append(_Maker(work))


def _make(task: _Task) -> _Sums:
    return _MAKERS[-1].make(task)


class _Maker:
    """Makes the files of one task after the other."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._keys = Keys(work.keys)
        self._profile = open_profile()
        self._country = Country(work.places, work.seed, DAY, work.faulty)
        self._recipient = self._keys.recipient(self._profile.agency)

    def make(self, task: _Task) -> _Sums:
        stem = self._work.folder / f"{task.number:04d}"
        sums = _Sums(0, 0, 0, 0, 0, 0, "")
        digests = hashlib.sha256()
        with (
            stem.with_suffix(SEALED).open("wb") as sealed,
            stem.with_suffix(SCHEDULE).open("wb") as planned,
            stem.with_suffix(EXPECTED).open("wb") as expected,
        ):
            for endpoint in task.endpoints:
                identity = self._keys.envelope(endpoint[0].code)
                for one, nth, made in self._batches(endpoint):
                    parcels = []
                    for batch in made:
                        content = seal(batch.content, identity, self._recipient)
                        parcels.append(Parcel(batch.ref, batch.ref, sealed.tell(), len(content)))
                        sealed.write(content)
                        told = batch.contents(one.code, nth)
                        expected.write(_encode(told) + b"\n")
                        digests.update(f"{batch.ref} {told.digest}\n".encode())
                        wrong = sum(bool(record.code) for record in told.records)
                        sums = sums.plus(_Sums(0, 1, len(told.records), wrong, told.size, len(content), ""))
                    row = Scheduled(
                        one.code,
                        nth,
                        one.start,
                        one.night,
                        stem.with_suffix(SEALED).name,
                        one.records,
                        tuple(parcels),
                    )
                    planned.write(_encode(row) + b"\n")
                    sums = sums.plus(_Sums(1, 0, 0, 0, 0, 0, ""))
        return _Sums(
            sums.exchanges,
            sums.batches,
            sums.records,
            sums.faulty,
            sums.plain,
            sums.sealed,
            digests.hexdigest(),
        )

    def _batches(self, endpoint: Iterable[Intended]) -> Iterator[tuple[Intended, int, list[_Batch]]]:
        """The batches of an endpoint, exchange by exchange."""
        records: Iterator[Made] | None = None
        sequences: dict[str, int] = {}
        for nth, one in enumerate(endpoint, start=1):
            if records is None:
                records = self._country.records(one.code)
            held = list(islice(records, one.records))
            made = []
            codes = {row.record.record_id: row.code for row in held}
            for business, rows in in_order([row.record for row in held], self._profile):
                number = sequences[business] = sequences.get(business, 0) + 1
                created = Instant(
                    instant(DAY + timedelta(days=one.night), EVENING) + one.start // SECOND * SECOND
                )
                header = Header(
                    self._profile.name,
                    one.code,
                    self._profile.agency,
                    self._profile.businesses[business].code,
                    UP,
                    number,
                    created,
                    len(rows),
                )
                content = batches.encode(header, tuple(rows), self._profile)
                made.append(_read_again(content, business, codes, self._profile))
            yield one, nth, made


@dataclass(frozen=True, slots=True)
class _Batch:
    ref: str
    business: str
    content: bytes
    digest: str
    records: tuple[Expected, ...]

    def contents(self, code: str, nth: int) -> Contents:
        return Contents(code, nth, self.ref, self.business, len(self.content), self.digest, self.records)


def _read_again(content: bytes, business: str, codes: dict[str, str], profile: Profile) -> _Batch:
    """The batch as the server will read it.

    Raises:
        HarnessError: a record would not meet with what it was made for.
    """
    decoded = batches.decode(content, profile)
    if decoded.batch is None:
        raise HarnessError(
            "a batch that was made for the load cannot be read", received=str(decoded.findings)
        )
    records = []
    for row in decoded.rows:
        finding = row.finding
        if finding is None and row.record is not None:
            finding = next(day_findings(row.record, row.line, profile, DAY), None)
        code = "" if finding is None else str(finding.code)
        if code != codes[row.name]:
            raise HarnessError(
                "a record that was made for the load is not what it should be",
                where=f"{decoded.batch.header.batch_id}, {row.name}",
                expected=codes[row.name] or "a good record",
                received=code or "a good record",
            )
        person = "" if row.record is None else getattr(row.record, "person_ref", "")
        records.append(Expected(row.name, row.kind, person, code))
    return _Batch(decoded.batch.header.batch_id, business, content, decoded.digest, tuple(records))
