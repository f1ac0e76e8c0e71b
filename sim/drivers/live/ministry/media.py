"""Media at the agency's end, in a declared outage of a line: what an operator has written or taken in.

    import   medium ── judged ── kept as uploads, with the medium's number (one commit) ── wiped
                                     └─ the office decides them later, as what came by line
    export   what waits ── handed over, medium begun (one commit) ── written ── noted, struck (one commit)

A batch in hand is not told to the line, and one that went both ways is known by its bytes, so it counts once.
A server that is killed while it writes finds the medium begun: the next export writes the same batches under
the same name and number, and whichever of the two is taken in first counts. One that is killed before it
wipes a medium refuses it as used. A medium that cannot be written leaves everything to the line.

Numbers and ids are kept by a node of their own in the server's database, so that they stand in the journal.
Source: joint ordinance 1 of 2012, arts. 1 and 2.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant, iso
from sim.base.journal import Entry, Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Outgoing, Reply, Step, Table, Tables, advance
from sim.drivers.folders import wipe_medium
from sim.drivers.live.clock import Clock
from sim.drivers.live.media import (
    Brought,
    Lying,
    MediaNumbers,
    Refusal,
    Unfinished,
    lying_on,
    read_batches,
    refusal,
    write_batches,
)
from sim.drivers.live.ministry import audit as auditing
from sim.drivers.live.ministry import metrics
from sim.drivers.live.ministry.audit import Audit
from sim.drivers.live.ministry.intake import Clerk
from sim.drivers.topology import places_of
from sim.exchange.batch import DOWN, UP
from sim.exchange.folders import LABEL, FolderCode, Found, Label
from sim.nodes.intake import Fence
from sim.nodes.messages.network import MEDIA, Carry
from sim.stores.arrivals import KeyReused, Receipt, Upload
from sim.stores.database import Database
from sim.stores.sql import SqlStore

_log: Final = logging.getLogger("renkei.ministry")

NODE: Final = NodeId("ministry-media")

IMPORT: Final = "import"
EXPORT: Final = "export"
_OPERATOR: Final = "admin"


class MediumJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator wants done with the medium at `path`, a folder on this machine.

    `outage`: the one that was declared; for an export.
    """

    job: Literal["import", "export"]
    municipality: str
    path: str
    outage: Annotated[str, msgspec.Meta(max_length=100)] = ""


class MediumDone(msgspec.Struct, frozen=True):
    """What came of it."""

    ok: bool
    code: str = ""
    detail: str = ""


# --- what is remembered -------------------------------------------------------------------------------------
class Begun(Body, frozen=True):
    """A medium for a municipality is about to be written; what it is to hold was handed over."""

    municipality: str
    created: Instant


class Ended(Body, frozen=True):
    """The medium that was begun is written; or, without a number, it could not be."""

    municipality: str
    machine: int
    sequence: int = 0
    files: int = 0


class Taken(Body, frozen=True):
    """A municipality's medium was taken in."""

    municipality: str
    machine: int
    id: str
    sequence: int
    files: int


_NUMBERS: Final = Table("medium", int)
_BEGUN: Final = Table("medium_begun", int)


class Book:
    """Which media went to each municipality and came from it, and which one is begun.

    A machine that takes another's place remembers no media: both ends count from 1 again.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def numbers(self, code: str, machine: int) -> MediaNumbers:
        return MediaNumbers(self._tables, _NUMBERS, f"{code}/{machine}/")

    def begun(self, code: str) -> Instant | None:
        """When the medium was begun that nobody has noted as written."""
        created = self._tables.get(_BEGUN, code)
        return None if created is None else Instant(created)

    def begin(self, code: str, created: Instant) -> None:
        self._tables.put(_BEGUN, code, created)

    def end(self, code: str) -> None:
        self._tables.delete(_BEGUN, code)


class _Bookkeeper:
    """The node that keeps the book."""

    def step(self, state: Book, event: Event, now: Instant) -> Step:
        match event.body:
            case Begun(municipality=code, created=created):
                state.begin(code, created)
                return Step()
            case Ended(municipality=code, machine=machine, sequence=sequence, files=files):
                state.end(code)
                if not sequence:
                    return Step()
                state.numbers(code, machine).written(sequence)
                return Step(entries=(_entry("media_exported", code, sequence, files),))
            case Taken(municipality=code, machine=machine, id=id, sequence=sequence, files=files):
                state.numbers(code, machine).taken(id, sequence)
                return Step(entries=(_entry("media_imported", code, sequence, files),))
        raise HarnessError(f"the book of media does not know {type(event.body).__name__}", where=event.key)


def _entry(kind: str, code: str, sequence: int, files: int) -> Entry:
    return Entry(kind, data={"municipality": code, "sequence": sequence, "files": files})


def book(database: Database) -> SqlStore[Book]:
    """The book of a server."""
    return SqlStore(database, NODE, Book)


def journal(database: Database) -> Iterator[Line]:
    """What the journal tells of media."""
    return book(database).journal()


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a job, and what is logged of it: the medium's number, files, codes of what was found."""

    done: MediumDone
    number: int = 0
    files: int = 0
    found: tuple[str, ...] = ()


def _no(code: str, detail: str, number: int = 0, found: tuple[str, ...] = ()) -> _Came:
    return _Came(MediumDone(False, code, detail), number, found=found)


# --- what is done -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Medium:
    """A medium to be written. `again`: it was begun before, and nobody knows how far it came."""

    machine: int
    sequence: int
    created: Instant
    outgoing: tuple[Outgoing, ...]
    again: bool


class Media:
    """The desk for media. Called in the event loop; it decides by the clerk and writes in a thread.

    Args:
        key_of: the key of media of a municipality; raises UsageError when there is none.
        revoked: whether a municipality's certificate was taken back.
        count: told of each medium's direction and outcome, as `metrics` names them.
    """

    def __init__(
        self,
        clerk: Clerk,
        database: Database,
        clock: Clock,
        audit: Audit,
        allowed: Mapping[str, str],
        key_of: Callable[[str], bytes],
        revoked: Callable[[NodeId], bool],
        count: Callable[[str, str], None],
    ) -> None:
        self._clerk = clerk
        self._database = database
        self._clock = clock
        self._audit = audit
        self._allowed = allowed
        self._key_of = key_of
        self._revoked = revoked
        self._count = count
        self._book = book(database)
        self._one_at_a_time = asyncio.Lock()

    async def do(self, job: MediumJob) -> MediumDone:
        """Does a job, or says why nothing was done.

        Raises:
            RenkeiError: the database failed.
        """
        came = await self._came_of(job)
        direction = UP if job.job == IMPORT else DOWN
        told: dict[str, Any] = {
            "direction": direction,
            "number": came.number or None,
            "files": came.files or None,
        }
        if job.municipality in self._allowed:
            told["municipality"] = job.municipality
        if job.outage:
            told["outage"] = job.outage
        if came.done.ok:
            outcome = metrics.TAKEN if job.job == IMPORT else metrics.WRITTEN
            _log.info(f"medium_{outcome}", extra=told)
        else:
            outcome = metrics.REFUSED
            _log.warning("medium_refused", extra=told | {"code": came.done.code, "found": came.found or None})
        self._count(direction, outcome)
        return came.done

    async def _came_of(self, job: MediumJob) -> _Came:
        code = job.municipality
        if code not in self._allowed:
            return _no("not_listed", f"{code} is not on the allow-list")
        peer = places_of(code).terminal
        if self._revoked(peer):
            return _no("revoked", f"the certificates of {code} were taken back")
        if job.job == EXPORT and not job.outage:
            return _no("no_outage", "media serve in a declared outage only: say which")
        root = Path(job.path)
        if not root.is_dir():
            return _no("no_medium", f"expected a folder, received {root}")
        try:
            key = self._key_of(code)
        except UsageError as error:
            return _no("no_key", str(error))
        async with self._one_at_a_time:
            if job.job == EXPORT:
                return await self._export(code, peer, key, root, job.outage)
            return await self._import(code, peer, key, root)

    # --- up -----------------------------------------------------------------------------------------------
    async def _import(self, code: str, peer: NodeId, key: bytes, root: Path) -> _Came:
        fence, due, used = await self._clerk.do(lambda: self._expected(code))
        try:
            read = await run_in_threadpool(read_batches, root, key, code, UP, due, used)
        except (OSError, UsageError) as error:  # it was pulled out, or is damaged
            read = Refusal((), str(error))
        if fence is not None and not isinstance(read, Refusal) and read[0].created <= fence.since:
            # One of the machine before, which counted for itself.
            told = (f"one written after {iso(fence.since)}", iso(read[0].created))
            read = refusal(Found(FolderCode.MEDIUM_STALE, "medium", LABEL, *told))
        if isinstance(read, Refusal):
            await self._clerk.do(lambda: self._audit.write(auditing.MEDIUM_REFUSED, _OPERATOR, f"{code} up"))
            return _no("medium_refused", read.detail, due, read.found)
        label, batches = read
        await self._clerk.do(lambda: self._keep(code, peer, _machine(fence), label, batches))
        done = f"medium {label.sequence}, files: {len(batches)}"
        try:
            await run_in_threadpool(wipe_medium, root, label)
        except (OSError, UsageError) as error:
            done += f"; it could not be wiped ({error}): wipe it by hand"
        return _Came(MediumDone(True, detail=done), label.sequence, len(batches))

    def _expected(self, code: str) -> tuple[Fence | None, int, frozenset[str]]:
        fence = self._fence(code)
        with self._book.transaction() as transaction:
            numbers = transaction.state.numbers(code, _machine(fence))
            return fence, numbers.due, numbers.used

    def _fence(self, code: str) -> Fence | None:
        """Since when another machine is in the place of the first, as the office was told."""
        fence: Fence | None = self._clerk.office.look(lambda state: state.intake.fence(code))
        return fence

    def _keep(self, code: str, peer: NodeId, machine: int, label: Label, batches: list[Brought]) -> None:
        """Keeps a whole medium. By the clerk."""
        # A blank is in no key that a terminal can choose.
        uploads = [
            Upload(peer, f"medium {label.id} {one.name}", one.ref, "", one.sealed, manner=MEDIA)
            for one in batches
        ]
        with self._together():
            outcomes = self._clerk.arrivals.keep(uploads, self._clock.now)
            receipts = [one for one in outcomes if isinstance(one, Receipt)]
            if len(receipts) != len(uploads):
                raise _reused(outcomes)
            taken = Taken(code, machine, label.id, label.sequence, len(batches))
            self._tell(taken, f"{code}/in/{label.id}")
            told = f"{code} {UP} {label.sequence}, files: {len(batches)}"
            self._audit.write(auditing.MEDIUM_TAKEN, _OPERATOR, told)
        for receipt in receipts:
            self._clerk.kept(receipt)

    # --- down ---------------------------------------------------------------------------------------------
    async def _export(self, code: str, peer: NodeId, key: bytes, root: Path, outage: str) -> _Came:
        try:
            lying = await run_in_threadpool(lying_on, root)
        except UsageError as error:
            return _no("no_medium", str(error))
        medium = await self._clerk.do(lambda: self._begin(code, peer, key, lying))
        if isinstance(medium, Reply):
            return _no(medium.code, medium.detail)
        try:
            batches = [await self._clerk.do(partial(self._sealed, one)) for one in medium.outgoing]
            label = await run_in_threadpool(
                write_batches, root, key, code, DOWN, medium.sequence, medium.created, dict(batches)
            )
        except (OSError, UsageError) as error:
            told = f"{error}; nothing on the medium counts"
            if medium.again:
                more = "and the batches wait for the next export"
                return _no("not_written", f"{told}, {more}", medium.sequence)
            await self._clerk.do(lambda: self._give_up(code, medium))
            return _no("not_written", f"{told}, and the batches wait for the line again", medium.sequence)
        await self._clerk.do(lambda: self._written(code, medium, label, outage))
        told = f"medium {label.sequence}, files: {len(label.items)}"
        if medium.again:
            told += "; it had been begun before: export again for what has come since"
        return _Came(MediumDone(True, detail=told), label.sequence, len(label.items))

    def _begin(self, code: str, peer: NodeId, key: bytes, lying: Lying) -> _Medium | Reply:
        """Hands over what waits, or finds the medium that was begun before. By the clerk.

        `lying`: what is on the medium already, which may be a part of the one that was begun.
        """
        machine = _machine(self._fence(code))
        with self._book.transaction() as transaction:
            sequence = transaction.state.numbers(code, machine).out + 1
            begun = transaction.state.begun(code)
        created, before = begun or self._clock.now, None
        if begun is not None:
            bodies = (one.body for one in self._clerk.office.with_messenger(peer))
            refs = tuple(body.ref for body in bodies if isinstance(body, Carry))
            before = Unfinished(key, code, DOWN, sequence, refs, begun)
        if (obstacle := lying.in_the_way(before)) is not None:
            return obstacle
        if begun is None:
            with self._together():
                reply = self._clerk.office.hand_over(peer, f"{code}/{sequence}/{created}")
                if not reply.ok:
                    return reply
                self._tell(Begun(code, created), f"{code}/begun/{sequence}/{created}")
        waiting = tuple(self._clerk.office.with_messenger(peer))
        return _Medium(machine, sequence, created, waiting, begun is not None)

    def _sealed(self, outgoing: Outgoing) -> tuple[str, bytes]:
        """What a batch is called, and its envelope. By the clerk."""
        assert isinstance(outgoing.body, Carry)
        return outgoing.body.ref, self._clerk.office.seal(outgoing)

    def _written(self, code: str, medium: _Medium, label: Label, outage: str) -> None:
        """The medium is whole: the messenger has what lies on it. By the clerk."""
        with self._together():
            files = len(label.items)
            self._tell(Ended(code, medium.machine, label.sequence, files), f"{code}/out/{label.id}")
            for outgoing in medium.outgoing:
                self._clerk.office.gone_by_hand(outgoing)
            told = f"{code} {DOWN} {label.sequence}, files: {files}, outage: {outage}"
            self._audit.write(auditing.MEDIUM_WRITTEN, _OPERATOR, told)

    def _give_up(self, code: str, medium: _Medium) -> None:
        """The medium could not be written. By the clerk."""
        with self._together():
            self._tell(Ended(code, medium.machine), f"{code}/given-up/{medium.sequence}/{medium.created}")
            for outgoing in medium.outgoing:
                self._clerk.office.back_on_the_line(outgoing, "medium_failed")

    # --- both ---------------------------------------------------------------------------------------------
    @contextmanager
    def _together(self) -> Iterator[None]:
        """One commit. When it fails, what the office had in mind is read again."""
        try:
            with self._database.batch():
                yield
        except BaseException:
            self._clerk.office.recover()
            raise

    def _tell(self, body: Body, key: str) -> None:
        advance(self._book, _Bookkeeper(), Event(Key(key), OUTSIDE, body), self._clock.now)


def _machine(fence: Fence | None) -> int:
    """Which machine a municipality has by now, counted from 1."""
    return 1 if fence is None else fence.machine


def _reused(outcomes: list[Receipt | KeyReused]) -> HarnessError:
    known: Any = next(one for one in outcomes if isinstance(one, KeyReused))
    return HarnessError(
        "a batch of this medium was kept before, with other bytes",
        where=known.key,
        expected=known.expected,
        received=known.received,
        remedy="report this with the journal",
    )
