"""情報連携端末: one logical endpoint of a municipality, in its main office.

It collects what the registry raises, makes the day's batches, offers them to the network in order and
hands on what comes back. An exchange without records is still an exchange: an empty batch goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant, at_time, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.profile import Profile
from sim.exchange.records import RESULT, AnyRecord, Result, kind_of
from sim.exchange.sequence import split_ref
from sim.nodes.intake import Gate, Intake, Refused, Repeated, answer, clean_ref
from sim.nodes.messages import (
    Arrival,
    Carried,
    ExchangeDue,
    Inbound,
    OpenTerminal,
    Outbound,
    ResendDue,
    RetryDue,
    Undelivered,
)
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Postbox


class Queued(msgspec.Struct, frozen=True):
    """A record that waits for the next exchange."""

    record: AnyRecord


_QUEUE = Table("queue", Queued)


class TerminalState:
    """Queue, sequence numbers, and the way out and in."""

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


@dataclass(slots=True)
class _Decided:
    """What follows from the ministry's answers to whole batches."""

    inward: list[AnyRecord] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    wakes: list[Wake] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal of the municipality `code`. `exchange_at`: clock time of the daily exchange in Japan.

    `older`: the versions of the profile that it speaks besides the newest, newest first.
    """

    name: NodeId
    code: str
    link: NodeId
    ministry: NodeId
    profile: Profile
    exchange_at: time
    older: tuple[Profile, ...] = ()

    @property
    def gate(self) -> Gate:
        """Who may send to this terminal: the ministry server and nobody else."""
        return Gate(self.code, DOWN, {self.ministry: self.profile.agency}, self.profile, self.older)

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The versions that the terminal speaks, newest first."""
        return (self.profile, *self.older)

    def step(self, state: TerminalState, event: Event, now: Instant) -> Step:
        match event.body:
            case Outbound(records=records):
                for record in records:
                    state.enqueue(record)
                return Step()
            case ExchangeDue():
                return self._exchange(state, now)
            case Carried() | Undelivered() | RetryDue() | ResendDue() as news:
                return state.postbox.step(news, UP, self.profiles, now)
            case Arrival() as arrival:
                return self._arrived(state, arrival, now)
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
        astray = state.postbox.astray(self.ministry, UP, now)
        entries: list[Entry] = [*astray.entries]
        sends: list[Send] = [*astray.sends]
        profile = state.postbox.profile_for(self.ministry, self.profiles)
        for business, records in self._in_order(state.take_queue()):
            code = profile.businesses[business].code
            sequence = state.next_sequence(business)
            header = Header(profile.name, self.code, profile.agency, code, UP, sequence, now, len(records))
            content = batches.encode(header, tuple(records), profile)
            awaiting = [record.record_id for record in records if not isinstance(record, Result)]
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
                        "contains": awaiting,
                    },
                )
            )
            sends += state.postbox.post(self.ministry, header.batch_id, content, tuple(awaiting))
        return Step(sends=tuple(sends), wakes=(self._next_exchange(now),), entries=tuple(entries))

    def _in_order(self, queue: list[AnyRecord]) -> list[tuple[str, list[AnyRecord]]]:
        """The queue as (business, records), so that no record of a person overtakes an earlier one.

        Batches leave in the order of the profile's businesses; where a person's next record would have to
        leave before an earlier one, a second set of batches begins.
        """
        order = list(self.profile.businesses)
        rounds: list[dict[str, list[AnyRecord]]] = [{order[0]: []}]
        furthest: dict[str, int] = {}
        for record in queue:
            business = self.profile.layouts[kind_of(record)].business
            place = 0 if business == "any" else order.index(business)
            person = getattr(record, "person_ref", "")
            if person:
                if furthest.get(person, -1) > place:
                    rounds.append({})
                    furthest.clear()
                furthest[person] = place
            rounds[-1].setdefault(order[place], []).append(record)
        return [(name, made[name]) for made in rounds for name in order if name in made]

    def _arrived(self, state: TerminalState, arrival: Arrival, now: Instant) -> Step:
        taken = self.gate.admit(state.intake, arrival)
        if isinstance(taken, Repeated):
            return Step(entries=(Entry("batch_repeated", "", taken.batch_id),))
        if isinstance(taken, Refused):
            data: Data = {**taken.finding.as_data(), "from": arrival.sender}
            if arrival.sender in self.gate.peers:  # a stranger is told nothing
                self._enqueue_answer(state, "batch", clean_ref(arrival.ref), taken.finding)
            decided = self._batches_answered(state, taken.verdicts, now)
            if decided.inward:
                inbound = Inbound(clean_ref(arrival.ref), tuple(decided.inward))
                decided.sends.append(Send(self.link, inbound))
            entry = Entry("batch_rejected", "", arrival.ref, data)
            return Step(
                Reply(False, taken.code),
                tuple(decided.sends),
                tuple(decided.wakes),
                (entry, *decided.entries),
            )
        batch_id = taken.header.batch_id
        state.postbox.heard(self.ministry, taken.header.profile)
        self._enqueue_answer(state, "batch", batch_id, None)
        inward: list[AnyRecord] = []
        entries: list[Entry] = []
        verdicts: list[Result] = []
        for row in taken.rows:
            if row.finding is not None:
                if row.kind != RESULT:  # a result about a result would never end
                    self._enqueue_answer(state, "record", row.name, row.finding)
                told: Data = {"record": row.name, "kind": row.kind, **row.finding.as_data()}
                entries.append(Entry("record_rejected", row.name, "", told))
            elif isinstance(row.record, Result) and row.record.scope == "batch":
                verdicts.append(row.record)
            elif row.record is not None:
                inward.append(row.record)
        decided = self._batches_answered(state, verdicts, now)
        inward += decided.inward
        received = Entry(
            "batch_received",
            "",
            batch_id,
            {
                "direction": DOWN,
                "records": len(taken.rows),
                "results": sum(isinstance(row.record, Result) for row in taken.rows),
                "bytes": len(arrival.content),
            },
        )
        if inward:
            decided.sends.append(Send(self.link, Inbound(batch_id, tuple(inward))))
        return Step(
            sends=tuple(decided.sends),
            wakes=tuple(decided.wakes),
            entries=(received, *entries, *decided.entries),
        )

    def _batches_answered(self, state: TerminalState, results: Sequence[Result], now: Instant) -> _Decided:
        """The ministry decided on whole batches: what follows for the registry and for the batches."""
        decided = _Decided()
        for result in results:
            self._batch_answered(state, result, now, decided)
        return decided

    def _batch_answered(self, state: TerminalState, result: Result, now: Instant, decided: _Decided) -> None:
        ref = result.answers
        batch_id, _ = split_ref(ref)
        kept = state.postbox.kept(self.ministry, batch_id)
        if kept is None and ref.startswith(f"{self.code}-{self.profile.agency}-"):
            return  # decided before: a batch that came too early had brought the verdict already
        if kept is None:
            data: Data = {"code": Code.UNKNOWN_ANSWER, "scope": "batch", "outcome": result.outcome}
            decided.entries.append(Entry("result_unexpected", "", ref, data))
            return
        if result.accepted:
            follows = state.postbox.accepted(self.ministry, batch_id, UP)
        else:
            follows = state.postbox.refused(self.ministry, ref, result.code, UP, self.profiles, now)
        decided.sends += follows.sends
        decided.wakes += follows.wakes
        decided.entries += follows.entries
        # What is rejected with its batch was not taken in: each record is rejected, for the batch's reason.
        decided.inward += [
            msgspec.structs.replace(result, scope="record", answers=name) for name in follows.rejected
        ]
        for answered in follows.results:
            state.enqueue(answered)

    def _enqueue_answer(
        self, state: TerminalState, scope: str, answers: str, finding: Finding | None
    ) -> None:
        """A result that goes up with the next exchange."""
        state.enqueue(answer(f"{self.code}-T{state.next_answer():08d}", scope, answers, finding))
