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
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.content import day_findings
from sim.exchange.profile import Profile
from sim.exchange.records import (
    RESULT,
    AgencyNotice,
    AnyRecord,
    MunicipalityNotice,
    Result,
)
from sim.exchange.sequence import split_ref
from sim.law.rules import RULES, Rules
from sim.nodes.intake import Gate, Intake, Refused, Repeated, answer, clean_ref
from sim.nodes.messages import Arrival, Carried, ExtendPeriod, OpenMinistry, ResendDue, RetryDue, Undelivered
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Follows, Postbox

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

    def enqueue(self, code: str, notice: AgencyNotice) -> None:
        self._tables.put(_NOTICES, f"{code}/{self.next_number('notice'):012d}", Notice(notice))

    def take_notices(self, code: str) -> list[AgencyNotice]:
        """All notices for a municipality, in order; none waits afterwards."""
        rows = list(self._tables.scan(_NOTICES, f"{code}/"))
        for key, row in rows:
            self._tables.delete(_NOTICES, key)
            self._tables.put(_AWAITED, row.notice.record_id, code)
        return [row.notice for _, row in rows]

    def settle_notice(self, record_id: str, code: str) -> bool:
        """The municipality `code` answered a notice; False when none of its own was awaited."""
        if self._tables.get(_AWAITED, record_id) != code:
            return False
        self._tables.delete(_AWAITED, record_id)
        return True

    def bore(self, card_number: str) -> bool:
        """Whether a card of this number is or was on the agency's books."""
        return (
            self._tables.get(_HOLDERS, card_number) is not None
            or self._tables.get(_SUCCESSORS, card_number) is not None
        )

    def next_number(self, name: str) -> int:
        """The next number of that name: of a notice, a result, a batch to one municipality."""
        return self._numbers.next(name)


@dataclass(frozen=True, slots=True)
class Ministry:
    """The server. `terminals` maps the node id of each terminal to its municipality's code.

    `older`: the versions of the profile that it speaks besides the newest, newest first.
    """

    name: NodeId
    terminals: dict[NodeId, str]
    profile: Profile
    rules: Rules = RULES
    older: tuple[Profile, ...] = ()

    @property
    def gate(self) -> Gate:
        """Who may send to the server: the listed terminals and nobody else."""
        return Gate(self.profile.agency, UP, self.terminals, self.profile, self.older)

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The versions that the server speaks, newest first."""
        return (self.profile, *self.older)

    def step(self, state: MinistryState, event: Event, now: Instant) -> Step:
        match event.body:
            case Arrival() as arrival:
                return self._arrived(state, arrival, now)
            case ExtendPeriod() as extension:
                return self._extend(state, extension, now)
            case Carried() | Undelivered() | RetryDue() | ResendDue() as news:
                return state.postbox.step(news, DOWN, self.profiles, now)
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
        header = taken.header
        state.postbox.heard(arrival.sender, header.profile)
        entries: list[Entry] = [
            Entry(
                "batch_accepted",
                "",
                header.batch_id,
                {
                    "direction": UP,
                    "business": self._business(header),
                    "from": header.sender,
                    "records": len(taken.rows),
                    "bytes": len(arrival.content),
                },
            )
        ]
        answers: list[AnyRecord] = [self._answer(state, "batch", header.batch_id, None)]
        astray = state.postbox.astray(arrival.sender, DOWN, now)
        again: list[Send] = [*astray.sends]
        wakes: list[Wake] = []
        entries += astray.entries
        for row in taken.rows:
            record = row.record
            if isinstance(record, Result):
                follows = self._answered(state, arrival.sender, header.sender, record, now)
                again += follows.sends
                wakes += follows.wakes
                entries += follows.entries
                answers += follows.results
                continue
            finding = row.finding if record is None else self._check(record, row.line, japan_date(now))
            if row.kind != RESULT:  # a result about a result would never end
                answers.append(self._answer(state, "record", row.name, finding))
            ref = getattr(record, "person_ref", "")
            data: Data = {"record": row.name, "kind": row.kind}
            if finding is not None or record is None:
                told = {} if finding is None else finding.as_data()
                entries.append(Entry("record_rejected", "", ref, {**data, **told}))
                continue
            self._follow(state, header.sender, record)
            entries.append(Entry("record_accepted", "", ref, data))
        sends, made = self._answer_batch(state, arrival.sender, header.sender, header.business, answers, now)
        return Step(sends=(*again, *sends), wakes=tuple(wakes), entries=(*entries, *made), cause=len(entries))

    def _refuse(self, state: MinistryState, arrival: Arrival, refused: Refused, now: Instant) -> Step:
        """Journals a batch that is not processed and, when its line is a listed one, says so to it."""
        data: Data = {**refused.finding.as_data(), "from": arrival.sender}
        entries = [Entry("batch_rejected", "", arrival.ref, data)]
        reply = Reply(False, refused.code, refused.finding.reason())
        code = self.terminals.get(arrival.sender)
        if code is None:
            return Step(reply, entries=tuple(entries))
        again: list[Send] = []
        wakes: list[Wake] = []
        answers: list[AnyRecord] = [self._answer(state, "batch", clean_ref(arrival.ref), refused.finding)]
        for verdict in refused.verdicts:
            follows = self._answered(state, arrival.sender, code, verdict, now)
            again += follows.sends
            wakes += follows.wakes
            entries += follows.entries
            answers += follows.results
        business = refused.business or self.profile.businesses[NOTICE_BUSINESS].code
        sends, made = self._answer_batch(state, arrival.sender, code, business, answers, now)
        return Step(reply, (*again, *sends), tuple(wakes), (*entries, *made), cause=len(entries))

    def _check(self, record: AnyRecord, line: int, today: date) -> Finding | None:
        """The rules that need more than the bytes: the first that a record breaks, or None."""
        return next(day_findings(record, line, self.profile, today, self.rules.first_day), None)

    def _follow(self, state: MinistryState, sender: str, record: AnyRecord) -> None:
        """Who holds the record now: that is where an agency notice must go."""
        if isinstance(record, MunicipalityNotice):
            holder = "" if record.action == "removed" else sender
            before = state.holder(record.card_number)
            if record.action == "removed" and before is not None and before.code != sender:
                return  # another municipality has made the record since
            state.hold(record.card_number, Holder(record.person_ref, holder))

    def _answered(
        self, state: MinistryState, peer: NodeId, code: str, result: Result, now: Instant
    ) -> Follows:
        """A municipality answered a notice or a whole batch of ours: what follows from it."""
        ref = result.answers
        if result.scope == "record" and state.settle_notice(ref, code):
            return Follows(entries=(_settled(result, ref),))
        batch_id, _ = split_ref(ref)
        kept = state.postbox.kept(peer, batch_id) if result.scope == "batch" else None
        if kept is None and result.scope == "batch" and ref.startswith(f"{self.profile.agency}-{code}-"):
            return Follows()  # decided before: a batch that came too early had brought the verdict already
        if kept is None:
            data: Data = {"code": Code.UNKNOWN_ANSWER, "scope": result.scope, "outcome": result.outcome}
            return Follows(entries=(Entry("result_unexpected", "", ref, data),))
        if result.accepted:
            return state.postbox.accepted(peer, batch_id, DOWN)
        follows = state.postbox.refused(peer, ref, result.code, DOWN, self.profiles, now)
        # What is rejected with its batch was not taken in: each notice is settled, for the batch's reason.
        settled = (_settled(result, name) for name in follows.rejected if state.settle_notice(name, code))
        return msgspec.structs.replace(follows, entries=(*follows.entries, *settled))

    # --- down: notices and answers -----------------------------------------------------------------
    def _extend(self, state: MinistryState, extension: ExtendPeriod, now: Instant) -> Step:
        """A new card and period; the municipality that holds the record is told without delay (30条の50)."""
        if state.bore(extension.card_number):
            # The number differs at each issue (入管法19条の4第2項).
            return Step(Reply(False, "card_number_used_before"))
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
        profile = state.postbox.profile_for(peer, self.profiles)
        header = Header(profile.name, profile.agency, code, business, DOWN, sequence, now, len(records))
        content = batches.encode(header, tuple(records), profile)
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
        notices = tuple(record.record_id for record in records if not isinstance(record, Result))
        return state.postbox.post(peer, header.batch_id, content, notices), [entry]

    def _answer(self, state: MinistryState, scope: str, answers: str, finding: Finding | None) -> Result:
        return answer(f"{self.profile.agency}-R{state.next_number('result'):08d}", scope, answers, finding)

    def _business(self, header: Header) -> str:
        business = self.profile.business_of_code(header.business)
        return business.name if business is not None else ""


def _settled(result: Result, notice: str) -> Entry:
    data: Data = {"record": notice, "outcome": result.outcome}
    if not result.accepted:
        data |= {"code": result.code}
    return Entry("notice_settled", notice, "", data)
