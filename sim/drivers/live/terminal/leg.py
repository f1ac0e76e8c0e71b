"""The leg between the folders and the terminal, as a node: which file holds which record, what became of it.

It stands where the simulation has the link (`link-CODE`), so everything that comes of a file is committed
with it and nothing is done twice. The municipality's systems number their files themselves; the terminal
makes batches of its own of what is in them, under the numbers that the server expects.

    outbox/131041-ISA-01-00000012.csv.box ── FileDropped ──▶ Outbound to the terminal
                                               the file lies in sent/ until each record in it has its result
    Inbound from the terminal ──▶ inbox/ISA-131041-01-00000034.csv.box   notices, by their batch
                              └─▶ result/ISA-131041-01-00000012.csv.box  results, by the file that they answer

A file is answered as a whole when its last record is. When its records get their results apart, the later
ones come as further editions (`….2.csv.box`). Answers of the municipality to notices get no result: a file
that holds such is done when the server has taken in everything that was handed over until then.

What is to be written is sent to the node `folders-CODE`, which is the disk (`exchange.Exchange`); the name of
the file stands in `Inbound.batch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import Body, Event, NodeId, Reply, Send, Step, Table, Tables
from sim.drivers.live.media import MediaNumbers, ref_of
from sim.exchange.codes import Code, Finding
from sim.exchange.folders import INBOX, RESULT, file_name
from sim.exchange.model import batch_id
from sim.exchange.records import AnyRecord, Result
from sim.exchange.sequence import edition_ref, split_ref
from sim.nodes.intake import answer
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.numbers import Numbers

RERAISE: Final = "reraise"
"""Where a file's name would stand: the disk is asked for what lies in sent/."""

# Editions of the results to a file that a former machine had taken: it may have written some of them.
_AFTER_A_MACHINE: Final = 1000


def disk_of(code: str) -> NodeId:
    """The node that the folders are."""
    return NodeId(f"folders-{code}")


# --- what it is told; none of it is ever stored as a message ------------------------------------------------
class Rejected(msgspec.Struct, frozen=True):
    """A row of a file that is no record, with the finding against it."""

    name: str
    finding: Finding


class FileDropped(Body, frozen=True):
    """A file of outbox/ was read. `refused`: why nothing of it is taken in; None for a good one."""

    name: str
    digest: str
    business: str = ""
    sequence: int = 0
    records: tuple[AnyRecord, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    refused: Finding | None = None


class TakeOver(Body, frozen=True):
    """Another machine begins with these files, which lie in sent/ and have no result yet."""

    files: tuple[FileDropped, ...]


class SentRead(Body, frozen=True):
    """What lies in sent/, in the order of the names: the answer to `Reraise`."""

    ask: Instant
    records: tuple[AnyRecord, ...]


class Settled(Body, frozen=True):
    """The server has taken in all that was handed over with these files."""

    names: tuple[str, ...]


class KeepSealed(Body, frozen=True):
    """The sealed bytes of a send, so that each attempt hands over the same; empty: it is through."""

    send: str
    content: bytes


class MediumWritten(Body, frozen=True):
    """A medium went out under that number."""

    sequence: int


class MediumTaken(Body, frozen=True):
    """A medium that came down was taken in."""

    id: str
    sequence: int


# --- what it remembers --------------------------------------------------------------------------------------
class Filed(msgspec.Struct, frozen=True):
    """A file that was taken in. `pending`: records without a result; `answers`: those that never get one."""

    name: str
    digest: str
    business: str
    sequence: int
    pending: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return not self.pending and not self.answers


_FILES = Table("leg_file", Filed)
_BY_NUMBER = Table("leg_number", str)
_BY_RECORD = Table("leg_record", str)
_NEXT = Table("leg_next", int)
_NAMES = Table("leg_name", int)
_SEALED = Table("leg_sealed", bytes)
_MEDIA = Table("leg_medium", int)


class LegState:
    """The memory of the leg."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.numbers = Numbers(tables)
        self.media = MediaNumbers(tables, _MEDIA)

    def file(self, name: str) -> Filed | None:
        return self._tables.get(_FILES, name)

    def numbered(self, business: str, sequence: int) -> Filed | None:
        """The file of that number."""
        name = self._tables.get(_BY_NUMBER, f"{business}/{sequence:018d}")
        return None if name is None else self.file(name)

    def file_with(self, record_id: str) -> Filed | None:
        """The file in which the record waits for its result."""
        name = self._tables.get(_BY_RECORD, record_id)
        return None if name is None else self.file(name)

    def open_files(self) -> list[Filed]:
        """Files that are not done, by name."""
        return [filed for _, filed in self._tables.scan(_FILES) if not filed.done]

    def due(self, business: str) -> int | None:
        """The number of the next file; None before the first one, which may bear any."""
        return self._tables.get(_NEXT, business)

    def keep(self, filed: Filed) -> None:
        before = self.file(filed.name)
        for record in () if before is None else before.pending:
            if record not in filed.pending:
                self._tables.delete(_BY_RECORD, record)
        self._tables.put(_FILES, filed.name, filed)
        self._tables.put(_BY_NUMBER, f"{filed.business}/{filed.sequence:018d}", filed.name)
        for record in filed.pending:
            self._tables.put(_BY_RECORD, record, filed.name)

    def move_on(self, business: str, sequence: int) -> None:
        self._tables.put(_NEXT, business, max(sequence + 1, self.due(business) or 1))

    def edition(self, folder: str, batch: str) -> int:
        """The next edition of a file that is written into the folder under this name."""
        count = (self._tables.get(_NAMES, f"{folder}/{batch}") or 0) + 1
        self._tables.put(_NAMES, f"{folder}/{batch}", count)
        return count

    def editions_from(self, folder: str, batch: str, count: int) -> None:
        """Somebody else may have written so many editions."""
        self._tables.put(_NAMES, f"{folder}/{batch}", count)

    def sealed(self, send: str) -> bytes | None:
        return self._tables.get(_SEALED, send)

    def keep_sealed(self, send: str, content: bytes) -> None:
        if content:
            self._tables.put(_SEALED, send, content)
        else:
            self._tables.delete(_SEALED, send)


# --- what it decides ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class FolderLeg:
    """The leg of the municipality `code`, between the folders and `terminal`."""

    name: NodeId
    code: str
    terminal: NodeId
    agency: str

    def step(self, state: LegState, event: Event, now: Instant) -> Step:
        match event.body:
            case FileDropped() as dropped:
                return self._dropped(state, dropped)
            case Inbound() as inbound:
                return self._came_down(state, inbound)
            case Settled(names=names):
                return self._settled(state, names)
            case SentRead(ask=ask, records=records):
                return Step(sends=(Send(self.terminal, Outbound(records, again=ask)),))
            case TakeOver(files=files):
                return self._take_over(state, files)
            case KeepSealed(send=send, content=content):
                state.keep_sealed(send, content)
                return Step()
            case MediumWritten(sequence=sequence):
                state.media.written(sequence)
                return Step(entries=(Entry("media_exported", data={"sequence": sequence}),))
            case MediumTaken(id=id, sequence=sequence):
                state.media.taken(id, sequence)
                return Step(entries=(Entry("media_imported", data={"sequence": sequence}),))
        raise HarnessError(f"the leg does not know {type(event.body).__name__}", where=event.key)

    def _dropped(self, state: LegState, dropped: FileDropped) -> Step:
        ref = ref_of(dropped.name)
        refused = dropped.refused
        due = state.due(dropped.business)
        if refused is None and due is not None and dropped.sequence < due:
            expected, received = f"number {due}", f"number {dropped.sequence}"
            refused = Finding(Code.SEQUENCE_REUSED, 1, "sequence", expected, received)
        if refused is not None:
            entry = Entry("file_refused", "", ref, refused.as_data())
            verdict = self._answer(state, "batch", ref, refused)
            told = self._write(state, RESULT, self._number(dropped), (verdict,))
            return Step(Reply(False, refused.code), (told,), entries=(entry,))
        answers = tuple(one.record_id for one in dropped.records if isinstance(one, Result))
        pending = tuple(one.record_id for one in dropped.records if not isinstance(one, Result))
        filed = Filed(dropped.name, dropped.digest, dropped.business, dropped.sequence, pending, answers)
        state.move_on(dropped.business, dropped.sequence)
        verdicts = [self._answer(state, "record", row.name, row.finding) for row in dropped.rejected]
        sends = self._tell(state, filed, verdicts) if verdicts or filed.done else self._keep(state, filed)
        if dropped.records:
            sends = (*sends, Send(self.terminal, Outbound(dropped.records)))
        told_of = {"records": len(dropped.records), "rejected": len(dropped.rejected)}
        entry = Entry("file_taken", "", ref, {**told_of, "digest": dropped.digest})
        return Step(sends=sends, entries=(entry,))

    def _came_down(self, state: LegState, inbound: Inbound) -> Step:
        sends: list[Send] = []
        entries: list[Entry] = []
        notices = tuple(one for one in inbound.records if not isinstance(one, Result))
        if notices:
            batch, _ = split_ref(inbound.batch)
            sends.append(self._write(state, INBOX, batch, notices))
            entries.append(Entry("notices_passed_on", "", inbound.batch, {"records": len(notices)}))
        by_file: dict[str, list[Result]] = {}
        for record in inbound.records:
            if isinstance(record, Result):
                filed = state.file_with(record.answers)
                if filed is None:  # told before, by this machine or by the one before it
                    entries.append(Entry("result_let_go", "", record.answers, {"batch": inbound.batch}))
                else:
                    by_file.setdefault(filed.name, []).append(record)
        for name, results in by_file.items():
            filed = state.file(name)
            assert filed is not None
            answered = {result.answers for result in results}
            rest = tuple(one for one in filed.pending if one not in answered)
            sends += self._tell(state, msgspec.structs.replace(filed, pending=rest), results)
            entries.append(Entry("results_passed_on", "", ref_of(name), {"records": len(results)}))
        if inbound.reraise is not None:
            sends.append(Send(disk_of(self.code), Inbound(RERAISE, (), inbound.reraise)))
        return Step(sends=tuple(sends), entries=tuple(entries))

    def _settled(self, state: LegState, names: tuple[str, ...]) -> Step:
        sends: list[Send] = []
        for name in names:
            filed = state.file(name)
            if filed is not None and filed.answers:
                filed = msgspec.structs.replace(filed, answers=())
                sends += self._tell(state, filed, []) if filed.done else self._keep(state, filed)
        return Step(sends=tuple(sends))

    def _take_over(self, state: LegState, files: tuple[FileDropped, ...]) -> Step:
        for one in files:
            answers = tuple(record.record_id for record in one.records if isinstance(record, Result))
            pending = tuple(record.record_id for record in one.records if not isinstance(record, Result))
            state.keep(Filed(one.name, one.digest, one.business, one.sequence, pending, answers))
            state.editions_from(RESULT, self._number(one), _AFTER_A_MACHINE)
            state.move_on(one.business, one.sequence)
        return Step(entries=(Entry("files_taken_over", data={"files": len(files)}),))

    def _keep(self, state: LegState, filed: Filed) -> tuple[Send, ...]:
        state.keep(filed)
        return ()

    def _tell(self, state: LegState, filed: Filed, results: list[Result]) -> tuple[Send, ...]:
        """The next part of a file's results; the verdict on the whole file is in the last one."""
        state.keep(filed)
        if filed.done:
            results = [self._answer(state, "batch", ref_of(filed.name), None), *results]
        return (self._write(state, RESULT, self._number(filed), tuple(results)),)

    def _write(self, state: LegState, folder: str, batch: str, records: tuple[AnyRecord, ...]) -> Send:
        name = file_name(edition_ref(batch, state.edition(folder, batch)), "csv")
        return Send(disk_of(self.code), Inbound(f"{folder}/{name}", records))

    def _number(self, file: FileDropped | Filed) -> str:
        """The name of the results to a file: its own number, from the other side."""
        return batch_id(self.agency, self.code, file.business, file.sequence)

    def _answer(self, state: LegState, scope: str, answers: str, finding: Finding | None) -> Result:
        return answer(f"{self.code}-F{state.numbers.next('answer'):08d}", scope, answers, finding)
