"""The write authority (書込みの権限認証): the agency's server that lets a chip be written, once at a time.

It keeps the national policy and the readiness of all municipalities, decides every request of a card terminal
by `sim.law.write_policy.may_write`, and gives out authorisations that serve one write. It is no exchange
server: card terminals reach it and nothing else of the agency's (requirement S2-001).

The policy moves by the agency's steps only: survey, the decision of both ministries, the start. A
municipality reports its terminals and the other two of the three requirements (3要件); one that never
reported, or lacks one, keeps the chip closed in the whole country. Offices that do not do what the policy
says are journalled when they appear.

Pattern files (パターンファイル) are released here too and go by themselves to every card terminal on LGWAN.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import HOUR, Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import OUTSIDE, Body, Event, NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.law import write_policy
from sim.law.write_policy import (
    Authorisation,
    Decision,
    Place,
    Policy,
    Signature,
    StartDecided,
    SurveyBegun,
    WritingStarted,
    may_write,
    odd_offices,
    spend,
    transition,
)
from sim.law.write_requirements import (
    REMEDIES,
    Connection,
    Municipality,
    Readiness,
    Terminal,
    lacking,
)
from sim.nodes.card_terminal.way import Way
from sim.nodes.messages.cards import (
    AskToWrite,
    ChipWritten,
    DeliverPattern,
    MinistrySignature,
    PatternReleased,
    ReleasePattern,
    ReportReadiness,
    TakePolicyStep,
    WriteAuthorised,
    WriteDenied,
)
from sim.nodes.messages.network import Carried, Undelivered
from sim.nodes.numbers import Numbers

UNKNOWN_TERMINAL: Final = "unknown_terminal"
UNTOUCHED: Final = Policy()
"""Suspended, as the policy has been since 2011."""
_PATTERN: Final = "pattern/"


class PolicyKept(msgspec.Struct, frozen=True):
    """The steps of the policy that were taken."""

    survey_since: date | None = None
    signatures: tuple[MinistrySignature, ...] = ()
    start: date | None = None
    active_since: date | None = None


class Reported(msgspec.Struct, frozen=True):
    """What a municipality reported last, and its offices that were found odd then."""

    report: ReportReadiness
    odd: tuple[str, ...] = ()


class Issued(msgspec.Struct, frozen=True):
    """An authorisation that was given out."""

    terminal: str
    request: str
    used: bool = False


_POLICY = Table("write_policy", PolicyKept)
_REPORTED = Table("readiness_report", Reported)
_READY = Table("ready_municipality", bool)
_COUNT = Table("ready_count", int)
_ISSUED = Table("authorisation", Issued)
_ASKED = Table("write_request", str)
_PATTERNS = Table("pattern_file", PatternReleased)


class WriteAuthorityState:
    """Policy, readiness by municipality, authorisations, and the newest pattern file."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    def policy(self, initial: Policy) -> Policy:
        """The policy as it stands; `initial` before any step was taken here."""
        kept = self._tables.get(_POLICY, "")
        if kept is None:
            return initial
        decision = None
        if kept.start is not None:
            decision = Decision(tuple(Signature(one.ministry, one.on) for one in kept.signatures), kept.start)
        return Policy(kept.survey_since, decision, kept.active_since)

    def keep_policy(self, policy: Policy) -> None:
        decision = policy.decision
        signatures = () if decision is None else decision.signatures
        signed = tuple(MinistrySignature(one.ministry, one.on) for one in signatures)
        start = None if decision is None else decision.start
        self._tables.put(_POLICY, "", PolicyKept(policy.survey_since, signed, start, policy.active_since))

    def reported(self, code: str) -> Reported | None:
        return self._tables.get(_REPORTED, code)

    def all_reported(self) -> list[Reported]:
        """Every municipality's last report, by code."""
        return [reported for _, reported in self._tables.scan(_REPORTED)]

    def keep_report(self, reported: Reported, *, ready: bool) -> None:
        code = reported.report.municipality
        before = self._tables.get(_READY, code) or False
        self._tables.put(_REPORTED, code, reported)
        self._tables.put(_READY, code, ready)
        self._tables.put(_COUNT, "", (self._tables.get(_COUNT, "") or 0) + ready - before)

    def readiness(self, municipalities: tuple[str, ...]) -> Readiness:
        """The national gate: who never reported is not ready."""
        if self._tables.get(_COUNT, "") == len(municipalities):  # the usual answer once writing has started
            return Readiness(len(municipalities), ())
        unready = (code for code in municipalities if not self._tables.get(_READY, code))
        return Readiness(len(municipalities), tuple(sorted(unready)))

    def first_time(self, request: str, terminal: str) -> bool:
        """Whether nobody asked under this name before; remembers it."""
        if self._tables.get(_ASKED, request) is not None:
            return False
        self._tables.put(_ASKED, request, terminal)
        return True

    def next_authorisation(self) -> str:
        return f"W{self._numbers.next('authorisation'):08d}"

    def authorisation(self, name: str) -> Issued | None:
        return self._tables.get(_ISSUED, name)

    def issue(self, name: str, issued: Issued) -> None:
        self._tables.put(_ISSUED, name, issued)

    def withdraw(self, name: str) -> None:
        self._tables.delete(_ISSUED, name)

    def pattern(self) -> PatternReleased | None:
        """The newest pattern file."""
        return self._tables.get(_PATTERNS, "")

    def keep_pattern(self, pattern: PatternReleased) -> None:
        self._tables.put(_PATTERNS, "", pattern)


@dataclass(frozen=True, slots=True)
class WriteAuthority:
    """The node. `municipalities`: the codes of all of the country; the gate asks every one.

    `terminals`: the card terminals that are nodes of this run, to whom pattern files go. `agency`: who may
    move the policy. `policy`: how it stands at the beginning. `network`: the node between it and the card
    terminals, if one is modelled.
    """

    name: NodeId
    municipalities: tuple[str, ...]
    terminals: tuple[NodeId, ...] = ()
    agency: frozenset[NodeId] = frozenset({OUTSIDE})
    policy: Policy = UNTOUCHED
    network: NodeId | None = None

    @property
    def way(self) -> Way:
        """How it and the card terminals reach each other."""
        return Way(self.network)

    def step(self, state: WriteAuthorityState, event: Event, now: Instant) -> Step:
        sender, body = self.way.said(event)
        match body:
            case AskToWrite():
                return self._asked(state, sender, body, now)
            case ChipWritten():
                return self._written(state, sender, body)
            case ReportReadiness():
                return self._reported(state, sender, body, now)
            case TakePolicyStep():
                return self._moved(state, sender, body, now)
            case ReleasePattern():
                return self._released(state, sender, body, now)
            case DeliverPattern(terminal=terminal) if sender == self.name:
                return Step(sends=self._delivery(state, terminal))
            case Carried() if sender == self.way.network:
                return Step()
            case Undelivered() if sender == self.way.network:
                return self._undelivered(state, body, now)
        raise HarnessError(f"the write authority does not know {type(body).__name__}", where=event.key)

    # --- requests ---------------------------------------------------------------------------------------
    def _asked(self, state: WriteAuthorityState, sender: NodeId, ask: AskToWrite, now: Instant) -> Step:
        reasons = self._against(state, sender, ask, japan_date(now))
        if reasons:
            refused = self._denied(ask.case, ask.ref, ask.terminal, reasons)
            answer: Body = WriteDenied(ask.request, reasons)
            # A stranger is told nothing, and there may be nobody there to be told.
            sends = () if UNKNOWN_TERMINAL in reasons else (self.way.send(sender, ask.request, answer),)
            return Step(Reply(False, reasons[0]), sends, entries=(refused,))
        name = state.next_authorisation()
        state.issue(name, Issued(ask.terminal, ask.request))
        data: Data = {"terminal": ask.terminal, "authorisation": name}
        return Step(
            sends=(self.way.send(sender, f"{ask.request}/{name}", WriteAuthorised(ask.request, name)),),
            entries=(Entry("write_authorised", ask.case, ask.ref, data),),
        )

    def _against(
        self, state: WriteAuthorityState, sender: NodeId, ask: AskToWrite, today: date
    ) -> tuple[str, ...]:
        reported = state.reported(ask.municipality)
        known = () if reported is None else reported.report.terminals
        if reported is None or ask.terminal not in {one.id for one in known} or sender != ask.terminal:
            return (UNKNOWN_TERMINAL,)
        if not state.first_time(ask.request, ask.terminal):
            return (write_policy.Reason.AUTHORISATION_USED.value,)
        place = Place(state.readiness(self.municipalities), facts_of(reported.report), ask.terminal)
        # Asked for over the line and for this write: it is what would be given out now.
        wanted = Authorisation(ask.request, ask.terminal, online=True)
        answer = may_write(state.policy(self.policy), place, wanted, today)
        return tuple(reason.value for reason in answer.reasons)

    def _denied(self, case: str, ref: str, terminal: str, reasons: tuple[str, ...]) -> Entry:
        return Entry("write_not_authorised", case, ref, {"terminal": terminal, "reasons": list(reasons)})

    def _written(self, state: WriteAuthorityState, sender: NodeId, written: ChipWritten) -> Step:
        """The write is done: its authorisation is spent, and a second report of it is a replay."""
        issued = state.authorisation(written.authorisation)
        if issued is None:
            reason = write_policy.Reason.NOT_AUTHORISED
        elif sender != issued.terminal or written.terminal != issued.terminal:
            reason = write_policy.Reason.AUTHORISED_ELSEWHERE
        elif issued.used:
            reason = write_policy.Reason.AUTHORISATION_USED
        else:
            spent = spend(Authorisation(written.authorisation, issued.terminal, online=True))
            state.issue(written.authorisation, msgspec.structs.replace(issued, used=spent.used))
            data: Data = {
                "terminal": issued.terminal,
                "authorisation": written.authorisation,
                "written": written.written,
            }
            return Step(entries=(Entry("authorisation_spent", data=data),))
        refused = self._denied("", "", written.terminal, (reason.value,))
        return Step(Reply(False, reason.value), entries=(refused,))

    def _undelivered(self, state: WriteAuthorityState, news: Undelivered, now: Instant) -> Step:
        """What did not get through: an authorisation is withdrawn, a pattern file is sent again."""
        if news.ref.startswith(_PATTERN):
            return Step(wakes=(Wake(Instant(now + HOUR), DeliverPattern(news.peer)),))
        name = news.ref.rpartition("/")[2]
        issued = state.authorisation(name)
        if issued is None or issued.used:
            return Step()
        state.withdraw(name)
        data: Data = {"terminal": issued.terminal, "authorisation": name}
        return Step(entries=(Entry("authorisation_withdrawn", data=data),))

    # --- readiness and policy ---------------------------------------------------------------------------
    def _reported(
        self, state: WriteAuthorityState, sender: NodeId, report: ReportReadiness, now: Instant
    ) -> Step:
        code = report.municipality
        if code not in self.municipalities:
            return Step(Reply(False, "unknown_municipality"))
        if sender not in self.agency and code not in sender.split("-"):
            return Step(Reply(False, "not_its_own"))
        try:
            facts = facts_of(report)
        except UsageError as error:
            return Step(Reply(False, "terminals_share_an_id", error.message))
        missing = lacking(facts)
        odd = odd_offices(state.policy(self.policy), facts, japan_date(now))
        before = state.reported(code)
        state.keep_report(Reported(report, odd), ready=not missing)
        entries = [
            Entry(
                "readiness_reported",
                data={"municipality": code, "lacking": [str(one) for one in missing]},
            )
        ]
        entries += _found(code, odd, () if before is None else before.odd)
        # What to do about it is the law shelf's, in the words of the survey's answer.
        return Step(Reply(detail="".join(REMEDIES[one][0] for one in missing)), entries=tuple(entries))

    def _moved(self, state: WriteAuthorityState, sender: NodeId, step: TakePolicyStep, now: Instant) -> Step:
        today = japan_date(now)
        data: Data = {"step": step.step}
        if sender not in self.agency:
            return _no_step(data, "not_the_agency")
        if any(one.on > today for one in step.signatures):
            return _no_step(data, "signed_in_future")
        try:
            policy = transition(state.policy(self.policy), self._event(state, step, today))
        except UsageError as error:
            return _no_step(data, "step_not_allowed", str(error))
        state.keep_policy(policy)
        entries = [Entry("policy_moved", data=data | {"state": str(policy.state_on(today))})]
        for reported in state.all_reported():
            facts = facts_of(reported.report)
            odd = odd_offices(policy, facts, today)
            if odd != reported.odd:
                ready = not lacking(facts)
                state.keep_report(msgspec.structs.replace(reported, odd=odd), ready=ready)
                entries += _found(facts.code, odd, reported.odd)
        return Step(entries=tuple(entries))

    def _event(self, state: WriteAuthorityState, step: TakePolicyStep, today: date) -> write_policy.Event:
        match step.step:
            case "survey":
                return SurveyBegun(today)
            case "decision":
                signatures = tuple(Signature(one.ministry, one.on) for one in step.signatures)
                return StartDecided(Decision(signatures, step.start or today))
            case "start":
                return WritingStarted(today, state.readiness(self.municipalities))
        raise UsageError(
            "the policy on writing knows no such step",
            expected="survey, decision or start",
            received=step.step,
            where="TakePolicyStep.step",
            remedy="take one of the three steps",
        )

    # --- pattern files ----------------------------------------------------------------------------------
    def _released(
        self, state: WriteAuthorityState, sender: NodeId, release: ReleasePattern, now: Instant
    ) -> Step:
        if sender not in self.agency:
            return Step(Reply(False, "not_the_agency"))
        newest = state.pattern()
        if release.made_on > japan_date(now) or (newest is not None and release.made_on <= newest.made_on):
            return Step(Reply(False, "pattern_not_newer"))
        state.keep_pattern(PatternReleased(release.version, release.made_on))
        sends = tuple(send for terminal in self.terminals for send in self._delivery(state, terminal))
        data: Data = {"version": release.version, "terminals": len(sends)}
        return Step(sends=sends, entries=(Entry("pattern_released", data=data),))

    def _delivery(self, state: WriteAuthorityState, terminal: NodeId) -> tuple[Send, ...]:
        """The newest pattern file to one terminal, if it reaches LGWAN; the others wait for a medium."""
        pattern = state.pattern()
        reported = state.reported(terminal.split("-")[1])
        if pattern is None or reported is None:
            return ()
        for one in reported.report.terminals:
            if one.id == terminal and one.connection is Connection.LGWAN:
                return (self.way.send(terminal, f"{_PATTERN}{pattern.version}", pattern),)
        return ()


def facts_of(report: ReportReadiness) -> Municipality:
    """The municipality's facts as the law asks for them.

    Raises:
        UsageError: two of its terminals share an id.
    """
    return Municipality(
        report.municipality,
        report.security_policy_permits,
        report.lan_configured,
        tuple(Terminal(one.id, one.office, one.connection, one.writes) for one in report.terminals),
    )


def _found(code: str, odd: tuple[str, ...], before: tuple[str, ...]) -> list[Entry]:
    """Offices that have become odd since the last look."""
    new = [office for office in odd if office not in before]
    return [Entry("offices_differ", data={"municipality": code, "offices": new})] if new else []


def _no_step(data: Data, code: str, detail: str = "") -> Step:
    return Step(
        Reply(False, code, detail), entries=(Entry("policy_not_moved", data=data | {"reason": code}),)
    )
