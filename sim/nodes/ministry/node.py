"""What the server does with what it is given.

Up come batches of the listed terminals; each is answered, as a whole and record by record, by a batch down.
Notices of the agency go down with the answer to the day's exchange, or at once where the server is set so and
the line is permanent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import OUTSIDE, Event, NodeId, Reply, Send, Step, Wake
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.content import day_findings
from sim.exchange.profile import Profile
from sim.exchange.records import (
    RESULT,
    AnyRecord,
    MunicipalityNotice,
    MunicipalityTransmission,
    Result,
)
from sim.exchange.sequence import split_ref
from sim.law.kinds import PersonClass
from sim.law.rules import RULES, Rules
from sim.nodes.intake import Gate, Refused, Repeated, answer, clean_ref
from sim.nodes.messages.agency import (
    AskFaults,
    AskUsage,
    Decide,
    ExtendPeriod,
    Landed,
    LookForSilence,
    NotifiedElsewhere,
    OpenMinistry,
    PeriodOver,
    Permitted,
    RollOut,
    SessionHeld,
    VersionDue,
)
from sim.nodes.messages.network import (
    EXCHANGE,
    LINE,
    MEDIA,
    PAPER,
    Arrival,
    AskSequences,
    Carried,
    ClearFault,
    HandOver,
    NotRelayed,
    Relayed,
    ReportFault,
    Undelivered,
    VersionTaken,
)
from sim.nodes.messages.terminal import ResendDue, RetryDue
from sim.nodes.ministry import centre as central
from sim.nodes.ministry import terminals as at_terminals
from sim.nodes.ministry.decisions import REMOVING, in_standard_kanji, notice_of, of_extension, why_not
from sim.nodes.ministry.state import Holder, MinistryState
from sim.nodes.postbox import Follows

NOTICE_BUSINESS: Final = "resident_register"


@dataclass(frozen=True, slots=True)
class Ministry:
    """The server. `terminals` maps the node id of each terminal to its municipality's code.

    `older`: the versions of the profile that it speaks besides the newest, newest first. `immediate`: a
    notice goes down as soon as it is raised (seed 001, line 63), but not to a terminal `on_demand`.
    `watches_periods`: it keeps the clock of 90 days. `looks_at`: at which clock time in Japan it looks, on
    open days, who has not exchanged; None for never.
    """

    name: NodeId
    terminals: dict[NodeId, str]
    profile: Profile
    rules: Rules = RULES
    older: tuple[Profile, ...] = ()
    immediate: bool = False
    on_demand: frozenset[NodeId] = frozenset()
    watches_periods: bool = False
    looks_at: time | None = None
    _terminal_of: dict[str, NodeId] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_terminal_of", {code: node for node, code in self.terminals.items()})

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
                return self._decide(state, of_extension(extension), now)
            case Carried() | Undelivered() | RetryDue() | ResendDue() as news:
                return state.postbox.step(news, DOWN, self.profiles, now)
            case HandOver() as order:
                return self._hand_over(state, order, now)
            case Decide() as decision:
                if decision.reason not in self._reasons:
                    return Step(Reply(False, "unknown_reason", f"one of {', '.join(self._reasons)}"))
                finding = why_not(decision, self.profile, self.rules.first_day, now)
                if finding is not None:
                    return Step(Reply(False, finding.code, finding.reason()))
                return self._decide(state, decision, now)
            case Landed() | Permitted() | NotifiedElsewhere() | PeriodOver() as told:
                return self._watch(state, told, now)
            case AskUsage(municipality=code):
                return central.usage_reported(state.centre, code, self._terminal_of)
            case AskFaults(municipality=code):
                return central.faults_listed(state.centre, code, self._terminal_of)
            case ReportFault() | ClearFault() as report:
                if event.sender != OUTSIDE:  # a node tells it over the network
                    return self._stranger(event.sender)
                return central.fault_told(state.centre, report, self._terminal_of, now)
            case LookForSilence():
                return central.look(state.centre, self.terminals, self.looks_at, self.rules.is_closed, now)
            case RollOut() as wave:
                return at_terminals.roll_out(state, wave, self.profiles, self.terminals)
            case VersionDue(terminal=terminal, version=version):
                return at_terminals.told_again(state, terminal, version)
            case Relayed() as relayed:
                return self._relayed(state, event.sender, relayed, now)
            case NotRelayed() as failed:
                return at_terminals.not_told(failed, now)
            case SessionHeld(municipality=code):
                if event.sender != state.network:
                    return self._stranger(event.sender)
                state.centre.connected(code)
                return Step()
            case OpenMinistry(holders=holders):
                for card_number, ref, code in holders:
                    state.hold(card_number, Holder(ref, code))
                entry = Entry("ministry_opened", data={"holders": len(holders)})
                return Step(wakes=central.first_look(state.centre, self.looks_at, now), entries=(entry,))
        raise HarnessError(f"the ministry does not know {type(event.body).__name__}", where=event.key)

    @property
    def _reasons(self) -> tuple[str, ...]:
        columns = self.profile.layouts["agency_notice"].columns
        return next(column.values for column in columns if column.item == "reason")

    def _stranger(self, sender: NodeId, reason: str = "not_listed") -> Step:
        """Somebody talks to the server who may not, or not so."""
        return Step(Reply(False, reason), entries=(self._peer_refused(sender, reason),))

    def _peer_refused(self, sender: NodeId, reason: str = "not_listed") -> Entry:
        data: Data = {"from": sender, "to": self.name, "service": EXCHANGE, "reason": reason}
        return Entry("peer_refused", data=data)

    # --- up: notices, transmissions, results -------------------------------------------------------
    def _arrived(self, state: MinistryState, arrival: Arrival, now: Instant) -> Step:
        taken = self.gate.admit(state.intake, arrival)
        if isinstance(taken, Repeated):
            return Step(entries=(Entry("batch_repeated", "", taken.batch_id),))
        if isinstance(taken, Refused):
            return self._refuse(state, arrival, taken, now)
        header = taken.header
        state.postbox.heard(arrival.sender, header.profile)
        state.centre.took(header.sender, len(taken.rows), len(arrival.content), now)
        data: Data = {
            "direction": UP,
            "business": self._business(header),
            "from": header.sender,
            "records": len(taken.rows),
            "bytes": len(arrival.content),
        }
        if arrival.manner != LINE:
            data["manner"] = arrival.manner
        entries: list[Entry] = [Entry("batch_accepted", "", header.batch_id, data)]
        if self.looks_at is not None:
            entries += central.silence_over(state.centre, header.sender, arrival.sender, now)
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
            data = {"record": row.name, "kind": row.kind}
            if finding is not None or record is None:
                told = {} if finding is None else finding.as_data()
                entries.append(Entry("record_rejected", "", ref, {**data, **told}))
                continue
            entries.append(Entry("record_accepted", "", ref, data))
            more, found = self._follow(state, header.sender, record, now)
            wakes += more
            entries += found
        sends, made = self._answer_batch(state, arrival.sender, header.sender, header.business, answers, now)
        return Step(sends=(*again, *sends), wakes=tuple(wakes), entries=(*entries, *made), cause=len(entries))

    def _refuse(self, state: MinistryState, arrival: Arrival, refused: Refused, now: Instant) -> Step:
        """Journals a batch that is not processed and, when its line is a listed one, says so to it."""
        data: Data = {**refused.finding.as_data(), "from": arrival.sender}
        entries = [Entry("batch_rejected", "", arrival.ref, data)]
        reply = Reply(False, refused.code, refused.finding.reason())
        code = self.terminals.get(arrival.sender)
        if code is None:
            return Step(reply, entries=(*entries, self._peer_refused(arrival.sender)))
        state.centre.refused(code)
        again: list[Send] = []
        wakes: list[Wake] = []
        answers: list[AnyRecord] = [self._answer(state, "batch", clean_ref(arrival.ref), refused.finding)]
        for verdict in refused.verdicts:
            follows = self._answered(state, arrival.sender, code, verdict, now)
            again += follows.sends
            wakes += follows.wakes
            entries += follows.entries
            answers += follows.results
        business = refused.business or self._notice_business
        sends, made = self._answer_batch(state, arrival.sender, code, business, answers, now)
        return Step(reply, (*again, *sends), tuple(wakes), (*entries, *made), cause=len(entries))

    def _check(self, record: AnyRecord, line: int, today: date) -> Finding | None:
        """The rules that need more than the bytes: the first that a record breaks, or None."""
        return next(day_findings(record, line, self.profile, today, self.rules.first_day), None)

    def _follow(
        self, state: MinistryState, sender: str, record: AnyRecord, now: Instant
    ) -> tuple[tuple[Wake, ...], tuple[Entry, ...]]:
        """Who holds the record now: that is where an agency notice must go. Whose period begins or stops."""
        if isinstance(record, MunicipalityNotice):
            before = state.holder(record.card_number, record.person_ref)
            held = before is None or before.code == sender
            if record.action != "removed" or held:  # else another municipality has made the record since
                holder = "" if record.action == "removed" else sender
                state.hold(record.card_number, Holder(record.person_ref, holder))
            if self.watches_periods:
                return state.periods.told(record, sender, held, self.rules.first_day, now)
        elif isinstance(record, MunicipalityTransmission) and self.watches_periods:
            return state.periods.transmitted(record, sender, now)
        return (), ()

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
    def _decide(self, state: MinistryState, decision: Decide, now: Instant) -> Step:
        """A decision; the municipality that holds the record is told without delay (30条の50)."""
        if decision.card_number and state.bore(decision.card_number):
            # The number differs at each issue (入管法19条の4第2項).
            return Step(Reply(False, "card_number_used_before"))
        before = state.holder(decision.card_number_before, decision.ref)
        holder = before or Holder(decision.ref, "")
        if decision.card_number:
            state.renumber(decision.card_number_before, decision.card_number, holder)
        removes = decision.reason in REMOVING
        if removes:
            state.hold(decision.card_number_before, Holder(decision.ref, ""))
        if self.watches_periods and (removes or _leaves_the_class(decision)):
            state.periods.end(decision.ref)
        data: Data = {"reason": decision.reason, "holder": holder.code}
        if not holder.code:
            # Between two municipalities, or gone: the next record made for the person carries the new card.
            return Step(entries=(Entry("notice_without_holder", decision.case, decision.ref, data),))
        record_id = f"{self.profile.agency}-{state.next_number('record'):08d}"
        notice = notice_of(decision, record_id, now)
        state.enqueue(holder.code, notice)
        data |= {"record": record_id, "kind": "agency_notice", "business": NOTICE_BUSINESS}
        conversion = in_standard_kanji(decision.name_kanji)
        if conversion is not None and notice.name_kanji != decision.name_kanji:
            data["kanji_table"] = conversion.table
        raised = Entry("notice_raised", decision.case, decision.ref, data)
        peer = self._terminal_of.get(holder.code)
        if not self.immediate or peer is None or peer in self.on_demand:
            return Step(entries=(raised,))
        sends, made = self._answer_batch(state, peer, holder.code, self._notice_business, [], now)
        return Step(sends=sends, entries=(raised, *made), cause=1)

    def _hand_over(self, state: MinistryState, order: HandOver, now: Instant) -> Step:
        """A messenger takes what waits for a terminal: batches, and notices that wait for its exchange."""
        code = self.terminals.get(order.peer)
        if code is None:
            return Step(Reply(False, "unknown_terminal"))
        made: list[Entry] = []
        if order.manner in (MEDIA, PAPER) and state.notices_wait(code):
            # Not over the line as well: the messenger has it from the beginning.
            _, made = self._answer_batch(state, order.peer, code, self._notice_business, [], now)
        step = state.postbox.step(order, DOWN, self.profiles, now)
        return msgspec.structs.replace(step, entries=(*made, *step.entries))

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
        if business == self._notice_business:
            records += state.take_notices(code)
        sequence = state.next_number(f"sequence/{code}/{business}")
        profile = state.postbox.profile_for(peer, self.profiles)
        header = Header(profile.name, profile.agency, code, business, DOWN, sequence, now, len(records))
        content = batches.encode(header, tuple(records), profile)
        state.centre.gave(code, len(records), len(content))
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

    @property
    def _notice_business(self) -> str:
        return self.profile.businesses[NOTICE_BUSINESS].code

    def _business(self, header: Header) -> str:
        business = self.profile.business_of_code(header.business)
        return business.name if business is not None else ""

    # --- the clock of 90 days ----------------------------------------------------------------------
    def _watch(
        self, state: MinistryState, told: Landed | Permitted | NotifiedElsewhere | PeriodOver, now: Instant
    ) -> Step:
        if isinstance(told, Landed | Permitted) and told.card_number:
            known = state.holder(told.card_number)
            if known is not None and known.ref != told.ref:
                return Step(Reply(False, "card_number_used_before"))
            if known is None:
                state.hold(told.card_number, Holder(told.ref, ""))
        if not self.watches_periods:
            return Step()
        periods, first_day = state.periods, self.rules.first_day
        match told:
            case PeriodOver():
                wakes, entries = periods.over(told, now)
            case NotifiedElsewhere(ref=ref, record=record, filed_date=filed):
                wakes, entries = periods.notified(ref, record, filed, "", now)
            case Permitted(notified=True):
                wakes, entries = periods.notified(told.ref, "", told.on, "", now)
            case _:
                wakes, entries = periods.became_resident(told.ref, told.person_class, told.on, first_day)
        return Step(wakes=wakes, entries=entries)

    # --- the centre --------------------------------------------------------------------------------
    def _relayed(self, state: MinistryState, sender: NodeId, relayed: Relayed, now: Instant) -> Step:
        """What a terminal says over the network; the network names it."""
        code = self.terminals.get(relayed.sender)
        if sender != state.network or code is None:
            return self._stranger(relayed.sender if sender == state.network else sender)
        match relayed.body:
            case AskSequences(since=since):
                return at_terminals.sequences_told(state, relayed, since, code, self.profile, now)
            case ReportFault(municipality=other) | ClearFault(municipality=other) if other != code:
                return self._stranger(relayed.sender, "wrong_municipality")
            case ReportFault() | ClearFault() as report:
                return central.fault_told(state.centre, report, self._terminal_of, now)
            case VersionTaken(version=version):
                return at_terminals.version_taken(state, relayed.sender, code, version)
        return self._stranger(relayed.sender, "not_for_the_server")


def _leaves_the_class(decision: Decide) -> bool:
    return decision.person_class not in ("", PersonClass.MID_LONG_TERM_RESIDENT)


def _settled(result: Result, notice: str) -> Entry:
    data: Data = {"record": notice, "outcome": result.outcome}
    if not result.accepted:
        data |= {"code": result.code}
    return Entry("notice_settled", notice, "", data)
