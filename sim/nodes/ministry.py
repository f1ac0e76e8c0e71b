"""市町村連携用サーバ: the agency's exchange server.

It takes batches in, checks each record, follows the registers (which municipality holds whose record),
answers every batch and every record in it, and sends its own notices down with the answer to the day's
exchange. Named after the Minister of Justice until 2019-03-31; the node is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.profile import Profile
from sim.exchange.records import (
    AgencyNotice,
    AnyRecord,
    MunicipalityNotice,
    MunicipalityTransmission,
    Result,
    kind_of,
)
from sim.law.rules import RULES, Rules
from sim.nodes.intake import Gate, Intake, Refused, Repeated
from sim.nodes.messages import Arrival, Carried, ExtendPeriod, OpenMinistry, RetryDue, Undelivered
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Postbox

NOTICE_BUSINESS: Final = "resident_register"


class Holder(msgspec.Struct, frozen=True):
    """Who bears a card, and the municipality that holds the resident record (empty: none)."""

    ref: str
    code: str


class Notice(msgspec.Struct, frozen=True):
    """An agency notice that waits for its municipality's next exchange."""

    notice: AgencyNotice


_HOLDERS = Table("holder", Holder)
_SUCCESSORS = Table("card_successor", str)
_RECORDS = Table("record_seen", str)
_NOTICES = Table("notice", Notice)
_AWAITED = Table("notice_awaited", str)


class MinistryState:
    """Holders, notices that wait, sequence numbers, and the way out and in."""

    def __init__(self, tables: Tables, network: NodeId = NodeId("lgwan")) -> None:
        self._tables = tables
        self.postbox = Postbox(tables, network)
        self.intake = Intake(tables)
        self._numbers = Numbers(tables)

    def holder(self, card_number: str) -> Holder | None:
        """Who bears the card, or bore it before it was replaced."""
        return self._tables.get(_HOLDERS, self._newest(card_number))

    def hold(self, card_number: str, holder: Holder) -> None:
        """Who holds the record of the card's bearer, told under any number the card ever had."""
        self._tables.put(_HOLDERS, self._newest(card_number), holder)

    def renumber(self, before: str, after: str, holder: Holder) -> None:
        """A new card takes the place of the old one, whose number still finds the person."""
        before = self._newest(before)
        self._tables.delete(_HOLDERS, before)
        self._tables.put(_HOLDERS, after, holder)
        self._tables.put(_SUCCESSORS, before, after)

    def _newest(self, card_number: str) -> str:
        # A filing may still name the card that was replaced between counter and planned day.
        while (successor := self._tables.get(_SUCCESSORS, card_number)) is not None:
            card_number = successor
        return card_number

    def first_time(self, sender: str, record_id: str, batch_id: str) -> bool:
        """Whether the sender never used this record number before; remembers it."""
        key = f"{sender}/{record_id}"
        if self._tables.get(_RECORDS, key) is not None:
            return False
        self._tables.put(_RECORDS, key, batch_id)
        return True

    def enqueue(self, code: str, notice: AgencyNotice) -> None:
        self._tables.put(_NOTICES, f"{code}/{self.next_number('notice'):012d}", Notice(notice))

    def take_notices(self, code: str) -> list[AgencyNotice]:
        """All notices for a municipality, in order; none waits afterwards."""
        rows = list(self._tables.scan(_NOTICES, f"{code}/"))
        for key, row in rows:
            self._tables.delete(_NOTICES, key)
            self._tables.put(_AWAITED, row.notice.record_id, code)
        return [row.notice for _, row in rows]

    def settle_notice(self, record_id: str) -> bool:
        """A result for a notice has come; False when none was awaited."""
        if self._tables.get(_AWAITED, record_id) is None:
            return False
        self._tables.delete(_AWAITED, record_id)
        return True

    def next_number(self, name: str) -> int:
        """The next number of that name: of a notice, a result, a batch to one municipality."""
        return self._numbers.next(name)


@dataclass(frozen=True, slots=True)
class Ministry:
    """The server. `terminals` maps the node id of each terminal to its municipality's code."""

    name: NodeId
    terminals: dict[NodeId, str]
    profile: Profile
    rules: Rules = RULES

    @property
    def gate(self) -> Gate:
        """Who may send to the server: the listed terminals and nobody else."""
        return Gate(self.profile.agency, UP, self.terminals, self.profile)

    def step(self, state: MinistryState, event: Event, now: Instant) -> Step:
        match event.body:
            case Arrival() as arrival:
                return self._arrived(state, arrival, now)
            case ExtendPeriod() as extension:
                return self._extend(state, extension, now)
            case Carried(peer=peer, ref=ref):
                known, sends = state.postbox.carried(peer, ref)
                return Step(sends=sends, entries=(Entry("batch_sent", "", ref),) if known else ())
            case Undelivered(peer=peer, ref=ref, reason=reason):
                wakes = state.postbox.undelivered(peer, ref, now)
                return Step(wakes=wakes, entries=(Entry("batch_delayed", "", ref, {"reason": reason}),))
            case RetryDue(peer=peer):
                return Step(sends=state.postbox.offer(peer))
            case OpenMinistry(holders=holders):
                for card_number, ref, code in holders:
                    state.hold(card_number, Holder(ref, code))
                return Step(entries=(Entry("ministry_opened", data={"holders": len(holders)}),))
        raise HarnessError(f"the ministry does not know {type(event.body).__name__}", where=event.key)

    # --- up: notices, transmissions, results -------------------------------------------------------
    def _arrived(self, state: MinistryState, arrival: Arrival, now: Instant) -> Step:
        taken = self.gate.admit(state.intake, arrival)
        if isinstance(taken, Repeated):
            return Step(entries=(Entry("batch_repeated", "", taken.batch_id),))
        if isinstance(taken, Refused):
            return self._refuse(state, arrival, taken, now)
        batch = taken.batch
        header = batch.header
        entries: list[Entry] = [
            Entry(
                "batch_accepted",
                "",
                header.batch_id,
                {
                    "direction": UP,
                    "business": self._business(header),
                    "from": header.sender,
                    "records": len(batch.records) + len(taken.faults),
                    "bytes": len(arrival.content),
                },
            )
        ]
        answers: list[AnyRecord] = [self._answer(state, "batch", header.batch_id, None)]
        for fault in taken.faults:
            answered = fault.record_id or f"line-{fault.finding.line}"
            answers.append(self._answer(state, "record", answered, fault.finding))
            entries.append(self._rejected(answered, "", "", fault.finding))
        for number, record in enumerate(batch.records, start=2):
            if isinstance(record, Result):
                entries.append(self._settle(state, record))
                continue
            finding = self._check(state, header, record, number, japan_date(now))
            answers.append(self._answer(state, "record", record.record_id, finding))
            ref = getattr(record, "person_ref", "")
            if finding is not None:
                entries.append(self._rejected(record.record_id, kind_of(record), ref, finding))
                continue
            self._follow(state, header.sender, record)
            entries.append(
                Entry("record_accepted", "", ref, {"record": record.record_id, "kind": kind_of(record)})
            )
        sends, made = self._answer_batch(state, arrival.sender, header.sender, header.business, answers, now)
        return Step(sends=sends, entries=(*entries, *made), cause=len(entries))

    def _refuse(self, state: MinistryState, arrival: Arrival, refused: Refused, now: Instant) -> Step:
        """Journals a batch that is not processed and, when its line is a listed one, says so to it."""
        data: Data = {**refused.finding.as_data(), "from": arrival.sender}
        entry = Entry("batch_rejected", "", arrival.ref, data)
        code = self.terminals.get(arrival.sender)
        if code is None:
            return Step(Reply(False, refused.code, refused.finding.explain(english=True)), entries=(entry,))
        business = refused.business or self.profile.businesses[NOTICE_BUSINESS].code
        answer = self._answer(state, "batch", arrival.ref, refused.finding)
        sends, made = self._answer_batch(state, arrival.sender, code, business, [answer], now)
        reply = Reply(False, refused.code, refused.finding.explain(english=True))
        return Step(reply, sends=sends, entries=(entry, *made), cause=1)

    def _check(
        self, state: MinistryState, header: Header, record: AnyRecord, line: int, today: date
    ) -> Finding | None:
        """The rules that need more than the bytes: the first that a record breaks, or None."""
        layout = self.profile.layouts[kind_of(record)]
        if layout.direction == DOWN or layout.business != self._business(header):
            return Finding(Code.WRONG_BUSINESS, line, "kind", self._business(header), layout.kind)
        if not state.first_time(header.sender, record.record_id, header.batch_id):
            return Finding(Code.DUPLICATE_RECORD, line, "record_id", "a new number", record.record_id)
        if isinstance(record, MunicipalityNotice | MunicipalityTransmission):
            first = self.rules.first_day
            if record.event_date < first:
                return Finding(
                    Code.DATE_BEFORE_SYSTEM, line, "event_date", f"{first} or later", str(record.event_date)
                )
            if record.event_date > today:
                return Finding(
                    Code.DATE_IN_FUTURE, line, "event_date", f"{today} or earlier", str(record.event_date)
                )
        return None

    def _follow(self, state: MinistryState, sender: str, record: AnyRecord) -> None:
        """Who holds the record now: that is where an agency notice must go."""
        if isinstance(record, MunicipalityNotice):
            holder = "" if record.action == "removed" else sender
            before = state.holder(record.card_number)
            if record.action == "removed" and before is not None and before.code != sender:
                return  # another municipality has made the record since
            state.hold(record.card_number, Holder(record.person_ref, holder))

    def _settle(self, state: MinistryState, result: Result) -> Entry:
        if not state.settle_notice(result.answers):
            return Entry(
                "result_unexpected", "", result.answers, {"code": Code.UNKNOWN_ANSWER, "scope": result.scope}
            )
        data: Data = {"record": result.answers, "outcome": result.outcome}
        if not result.accepted:
            data |= {"code": result.code, "reason": result.reason}
        return Entry("notice_settled", result.answers, "", data)

    # --- down: notices and answers -----------------------------------------------------------------
    def _extend(self, state: MinistryState, extension: ExtendPeriod, now: Instant) -> Step:
        """A new card and period; the municipality that holds the record is told without delay (30条の50)."""
        before = state.holder(extension.card_number_before)
        holder = before or Holder(extension.ref, "")
        state.renumber(extension.card_number_before, extension.card_number, holder)
        data: Data = {"reason": "period_extended", "holder": holder.code}
        if not holder.code:
            # Between two municipalities, or gone: the next record made for the person carries the new card.
            return Step(entries=(Entry("notice_without_holder", extension.case, extension.ref, data),))
        record_id = f"{self.profile.agency}-{state.next_number('record'):08d}"
        notice = AgencyNotice(
            record_id=record_id,
            person_ref=extension.ref,
            reason="period_extended",
            decided_date=japan_date(now),
            card_number_before=extension.card_number_before,
            card_number=extension.card_number,
            status=extension.status,
            period_until=extension.period_until,
        )
        state.enqueue(holder.code, notice)
        data |= {"record": record_id, "kind": "agency_notice", "business": NOTICE_BUSINESS}
        return Step(entries=(Entry("notice_raised", extension.case, extension.ref, data),))

    def _answer_batch(
        self,
        state: MinistryState,
        peer: NodeId,
        code: str,
        business: str,
        answers: list[AnyRecord],
        now: Instant,
    ) -> tuple[tuple[Send, ...], list[Entry]]:
        """One batch down: the answers, and with the register's business the notices that wait."""
        records = list(answers)
        if business == self.profile.businesses[NOTICE_BUSINESS].code:
            records += state.take_notices(code)
        sequence = state.next_number(f"sequence/{code}/{business}")
        header = Header(
            self.profile.name, self.profile.agency, code, business, DOWN, sequence, now, len(records)
        )
        content = batches.encode(header, tuple(records), self.profile)
        entry = Entry(
            "batch_made",
            "",
            header.batch_id,
            {
                "business": self._business(header),
                "direction": DOWN,
                "records": len(records),
                "bytes": len(content),
                "digest": batches.digest_of(content),
                "contains": [record.record_id for record in records if not isinstance(record, Result)],
            },
        )
        return state.postbox.post(peer, header.batch_id, content), [entry]

    def _answer(self, state: MinistryState, scope: str, answers: str, finding: Finding | None) -> Result:
        return Result(
            record_id=f"{self.profile.agency}-R{state.next_number('result'):08d}",
            scope=scope,
            answers=answers,
            outcome="accepted" if finding is None else "rejected",
            code="" if finding is None else finding.code,
            field="" if finding is None else finding.column,
            reason="" if finding is None else finding.explain(english=True)[:200],
        )

    def _rejected(self, record_id: str, kind: str, ref: str, finding: Finding) -> Entry:
        data: Data = {"record": record_id, "kind": kind, **finding.as_data()}
        return Entry("record_rejected", "", ref, data)

    def _business(self, header: Header) -> str:
        business = self.profile.business_of_code(header.business)
        return business.name if business is not None else ""
