"""情報連携端末: one logical endpoint of a municipality, in its main office.

It collects what the registry raises, makes the day's batches, offers them to the network in order and
hands on what comes back. An exchange without records is still an exchange: an empty batch goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant, at_time, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Header
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result, kind_of
from sim.nodes.intake import Gate, Intake, Refused, Repeated
from sim.nodes.messages import (
    Arrival,
    Carried,
    ExchangeDue,
    Inbound,
    OpenTerminal,
    Outbound,
    RetryDue,
    Undelivered,
)
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Postbox

# Results have no business of their own: they travel with the business that they answer.
RESULT_BUSINESS: Final = "resident_register"


class Queued(msgspec.Struct, frozen=True):
    """A record that waits for the next exchange."""

    record: AnyRecord


class Sent(msgspec.Struct, frozen=True):
    """Which records that await a result a batch held: the terminal's archive."""

    records: tuple[str, ...]


_QUEUE = Table("queue", Queued)
_SENT = Table("sent", Sent)


class TerminalState:
    """Queue, sequence numbers, archive, and the way out and in."""

    def __init__(self, tables: Tables, network: NodeId = NodeId("lgwan")) -> None:
        self._tables = tables
        self.postbox = Postbox(tables, network)
        self.intake = Intake(tables)
        self._numbers = Numbers(tables)

    def enqueue(self, record: AnyRecord) -> None:
        self._tables.put(_QUEUE, f"{self._numbers.next('queued'):012d}", Queued(record))

    def take_queue(self) -> list[AnyRecord]:
        """All that waits, in order; the queue is empty afterwards."""
        rows = list(self._tables.scan(_QUEUE))
        for key, _ in rows:
            self._tables.delete(_QUEUE, key)
        return [queued.record for _, queued in rows]

    def next_sequence(self, business: str) -> int:
        return self._numbers.next(f"sequence/{business}")

    def next_answer(self) -> int:
        return self._numbers.next("answer")

    def archive(self, batch_id: str, records: tuple[str, ...]) -> None:
        self._tables.put(_SENT, batch_id, Sent(records))

    def sent(self, batch_id: str) -> Sent | None:
        return self._tables.get(_SENT, batch_id)


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal of the municipality `code`. `exchange_at`: clock time of the daily exchange in Japan."""

    name: NodeId
    code: str
    link: NodeId
    ministry: NodeId
    profile: Profile
    exchange_at: time

    @property
    def gate(self) -> Gate:
        """Who may send to this terminal: the ministry server and nobody else."""
        return Gate(self.code, DOWN, {self.ministry: self.profile.agency}, self.profile)

    def step(self, state: TerminalState, event: Event, now: Instant) -> Step:
        match event.body:
            case Outbound(records=records):
                for record in records:
                    state.enqueue(record)
                return Step()
            case ExchangeDue():
                return self._exchange(state, now)
            case Carried(peer=peer, ref=ref):
                known, sends = state.postbox.carried(peer, ref)
                return Step(sends=sends, entries=(Entry("batch_sent", "", ref),) if known else ())
            case Undelivered(peer=peer, ref=ref, reason=reason):
                wakes = state.postbox.undelivered(peer, ref, now)
                return Step(wakes=wakes, entries=(Entry("batch_delayed", "", ref, {"reason": reason}),))
            case RetryDue(peer=peer):
                return Step(sends=state.postbox.offer(peer))
            case Arrival() as arrival:
                return self._arrived(state, arrival)
            case OpenTerminal():
                entry = Entry("terminal_opened", data={"exchange_at": self.exchange_at.isoformat("minutes")})
                return Step(wakes=(self._next_exchange(now),), entries=(entry,))
        raise HarnessError(f"the terminal does not know {type(event.body).__name__}", where=event.key)

    def _next_exchange(self, now: Instant) -> Wake:
        today = japan_date(now)
        at = at_time(today, self.exchange_at)
        if at <= now:
            at = at_time(today + timedelta(days=1), self.exchange_at)
        return Wake(at, ExchangeDue())

    def _exchange(self, state: TerminalState, now: Instant) -> Step:
        """Makes the day's batches: one for each business that has records, at least one."""
        by_business: dict[str, list[AnyRecord]] = {RESULT_BUSINESS: []}
        for record in state.take_queue():
            business = self.profile.layouts[kind_of(record)].business
            by_business.setdefault(RESULT_BUSINESS if business == "any" else business, []).append(record)
        entries: list[Entry] = []
        sends: list[Send] = []
        for business, records in by_business.items():
            code = self.profile.businesses[business].code
            sequence = state.next_sequence(business)
            header = Header(
                self.profile.name, self.code, self.profile.agency, code, UP, sequence, now, len(records)
            )
            content = batches.encode(header, tuple(records), self.profile)
            awaiting = tuple(record.record_id for record in records if not isinstance(record, Result))
            state.archive(header.batch_id, awaiting)
            entries.append(
                Entry(
                    "batch_made",
                    "",
                    header.batch_id,
                    {
                        "business": business,
                        "direction": UP,
                        "records": len(records),
                        "bytes": len(content),
                        "digest": batches.digest_of(content),
                        "contains": [record.record_id for record in records],
                    },
                )
            )
            sends += state.postbox.post(self.ministry, header.batch_id, content)
        return Step(sends=tuple(sends), wakes=(self._next_exchange(now),), entries=tuple(entries))

    def _arrived(self, state: TerminalState, arrival: Arrival) -> Step:
        taken = self.gate.admit(state.intake, arrival)
        if isinstance(taken, Repeated):
            return Step(entries=(Entry("batch_repeated", "", taken.batch_id),))
        if isinstance(taken, Refused):
            data: Data = {**taken.finding.as_data(), "from": arrival.sender}
            state.enqueue(
                Result(
                    record_id=self._answer_id(state),
                    scope="batch",
                    answers=arrival.ref,
                    outcome="rejected",
                    code=taken.code,
                    reason=taken.finding.explain(english=True)[:200],
                )
            )
            return Step(Reply(False, taken.code), entries=(Entry("batch_rejected", "", arrival.ref, data),))
        batch = taken.batch
        for fault in taken.faults:
            state.enqueue(
                Result(
                    record_id=self._answer_id(state),
                    scope="record",
                    answers=fault.record_id or f"line-{fault.finding.line}",
                    outcome="rejected",
                    code=fault.finding.code,
                    field=fault.finding.column,
                    reason=fault.finding.explain(english=True)[:200],
                )
            )
        inward: list[AnyRecord] = []
        for record in batch.records:
            if isinstance(record, Result) and record.scope == "batch":
                inward += self._spread(state, record)
            else:
                inward.append(record)
        entry = Entry(
            "batch_received",
            "",
            batch.header.batch_id,
            {
                "direction": DOWN,
                "records": len(batch.records),
                "results": sum(isinstance(record, Result) for record in batch.records),
                "faults": len(taken.faults),
                "bytes": len(arrival.content),
            },
        )
        sends = (Send(self.link, Inbound(batch.header.batch_id, tuple(inward))),) if inward else ()
        return Step(sends=sends, entries=(entry,))

    def _spread(self, state: TerminalState, result: Result) -> list[AnyRecord]:
        """A rejected batch means that each record in it was rejected, for the batch's reason."""
        sent = state.sent(result.answers)
        if result.accepted or sent is None:
            return []
        return [
            msgspec.structs.replace(result, scope="record", answers=record_id) for record_id in sent.records
        ]

    def _answer_id(self, state: TerminalState) -> str:
        return f"{self.code}-T{state.next_answer():08d}"
