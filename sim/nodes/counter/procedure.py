"""One session at the counter: identity, authenticity, decision, endorsement, in this order for everybody.

All four happen at this office and in this session (seed 000, lines 112 and 216 to 218; S0-018, S0-032,
S0-053 to S0-055), and a person who fails one of them goes no further:

    identity       by the photograph on the card; where there is none (a young child's card) or no card, by
                   other papers; when somebody else files, that person shows who it is
    authenticity   face and chip are compared; where they differ the filing is refused and nothing endorsed
    decision       the law's; the register and the agency are told of it
    endorsement    of every card that was handed in, or the reason why not; then the chip, where writing is on

A chip that does not answer, or a card terminal that refuses, stops nobody: the clerk compares the face by eye
and the outcome says so (UNCONFIRMED `counter-unreadable-chip`: no source says what a counter does then).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from sim.base.instant import DAY, Instant, at_time, instant
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Send, Step, Wake
from sim.law.filers import Tie
from sim.law.kinds import Filing
from sim.law.rules import Rules
from sim.law.write_policy import Policy, State
from sim.nodes.counter import judging
from sim.nodes.counter.asking import Asking, as_written, prefilled, take
from sim.nodes.counter.desk import MISMATCH, REFUSED
from sim.nodes.counter.judging import Decision, Matter
from sim.nodes.counter.office import Office
from sim.nodes.counter.queue import ENDORSES
from sim.nodes.counter.state import CounterState, Session, Unendorsed
from sim.nodes.counter.warning import warning
from sim.nodes.messages.cards import CardReading, DeclaredCard, WriteAddress
from sim.nodes.messages.counter import FileFiling, OfficeCloses, Revise

FAILED: Final = "authenticity_failed"


class Procedure:
    """What one step of the counter does for a session, written down as it is done; it lives for that step."""

    def __init__(
        self,
        session: Session,
        office: Office,
        registry: NodeId,
        rules: Rules,
        policy: Policy,
        state: CounterState,
    ) -> None:
        self._session = session
        self._office = office
        self._registry = registry
        self._rules = rules
        self._policy = policy
        self._state = state
        self._going = [judging.matter(rules, form, session.filed) for form in session.filings]
        self._decided: list[tuple[Matter, Decision]] = []
        self._refused = ""
        self._entries: list[Entry] = []
        self._sends: list[Send] = []
        self._wakes: list[Wake] = []
        self._warnings: dict[str, None] = {}
        self._cause = 0

    # --- identity -----------------------------------------------------------------------------------
    def identity(self) -> None:
        """Who stands there; a filing that the law does not admit ends here."""
        going = []
        for it in self._going:
            refusal = judging.refusal(self._rules, it)
            if refusal:
                self._refuse(it, refusal)
                continue
            going.append(it)
            self._write("identity_confirmed", it.form, manner=_manner(it))
        self._going = going

    # --- authenticity ---------------------------------------------------------------------------------
    def cards(self) -> tuple[DeclaredCard, ...]:
        """The cards that lie on the counter, one for each person."""
        lying: dict[str, DeclaredCard] = {}
        for it in self._going:
            form = it.form
            if it.on_the_counter and form.person.ref not in lying:
                lying[form.person.ref] = DeclaredCard(
                    form.person, it.card, form.forged, form.broken, form.issued
                )
        return tuple(lying.values())

    def wait_for_cards(self, send: Send) -> Step:
        """The session waits for its cards to be read."""
        self._sends.append(send)
        self._cause = next(i for i, one in enumerate(self._entries) if one.kind == "identity_confirmed")
        return self.step()

    def authenticity(self, readings: Mapping[str, CardReading]) -> None:
        """Whether each card is what it seems; without a reading it is compared by eye."""
        going = []
        for it in self._going:
            if it.on_the_counter:
                reading = readings.get(it.form.person.ref)
                if reading is None:
                    reading = CardReading(it.form.person.ref, REFUSED, self._office.cards or "")
                data: Data = {"outcome": reading.outcome, "terminal": reading.terminal}
                if reading.outcome == MISMATCH:
                    self._write(FAILED, it.form, **data, differs=list(reading.differs))
                    self._refuse(it, FAILED)
                    continue
                self._write("authenticity_confirmed", it.form, **data, real=reading.real)
            going.append(it)
        self._going = going

    # --- decision -------------------------------------------------------------------------------------
    def decisions(self, readings: Mapping[str, CardReading]) -> None:
        """What each filing is. The decision leads to the revision, so it is the cause of the send."""
        visit = self._session.visit
        asking = Asking() if visit is not None or self._office.cards is not None else None
        accepted = []
        for it in self._going:
            decision = judging.decide(self._rules, it)
            self._decided.append((it, decision))
            accepted.append(len(self._entries))
            self._accept(it, decision)
            reading = readings.get(it.form.person.ref)
            extract = () if reading is None else reading.extract
            if asking is not None or it.form.edits:
                self._take_items(asking or Asking(), it, decision, extract)
            self._duty(it, decision)
            self._send_revision(it, decision, extract)
        if visit is None or len(accepted) == 1:
            self._cause = accepted[0] if accepted else 0
        else:  # several people's records have one visit in common, and no one of the decisions
            self._cause = next(i for i, one in enumerate(self._entries) if one.kind == "visit_served")

    def served(self) -> None:
        """Writes down that the visit is served, before what is decided in it."""
        visit = self._session.visit
        if visit is not None:
            data = self._here() | {
                "waited": visit.waited,
                "minutes": visit.minutes,
                "persons": visit.persons,
                "filings": visit.filings,
                "clerk": visit.clerk,
            }
            self._entries.append(Entry("visit_served", visit.case, "", data))

    def _accept(self, it: Matter, decision: Decision) -> None:
        self._entries.append(
            Entry(
                "filing_accepted",
                it.form.case,
                it.form.person.ref,
                self._seen(
                    it,
                    filed_date=it.filed.isoformat(),
                    last_day=decision.deadline.last_day.isoformat(),
                    clause=decision.deadline.clause,
                    in_time=decision.in_time,
                    deemed=decision.deemed,
                    why_not_deemed=decision.why_not_deemed,
                    transmit_article=decision.article,
                    governing=str(decision.governing),
                    affairs=[str(affair) for affair in decision.affairs],
                    rests_on=list(decision.rests_on),
                ),
            )
        )

    def _take_items(
        self, asking: Asking, it: Matter, decision: Decision, extract: tuple[tuple[str, str], ...]
    ) -> None:
        """Which items were asked, read, keyed and edited: their names, and no content (S0-007, S0-063)."""
        demanded = decision.still_due is not None
        taken = take(asking, it.form, extract=extract, card_there=it.on_the_counter, residence_form=demanded)
        self._write(
            "items_taken",
            it.form,
            asked=list(taken.asked),
            read=list(taken.read),
            keyed=list(taken.keyed),
            edited=list(taken.edited),
            residence_form=demanded,
        )

    def _duty(self, it: Matter, decision: Decision) -> None:
        """Opens or closes the separate duty (入管法19条の7から19条の9、特例法10条), with a warning."""
        form, ref = it.form, it.form.person.ref
        earlier = self._state.open_duty(ref)
        if decision.still_due is not None:
            self._state.leave_open(ref, form.case)
            # A later move takes the place of the residence that was never notified.
            self._close_duty(earlier, form, "replaced")
            self._open_duty(form, decision.still_due)
            return
        if form.filing is Filing.MOVING_OUT:
            # It ends this municipality's part in the duty; the next municipality takes it up.
            ended_by = "moving_out"
        elif it.direct or decision.deemed is not None:
            ended_by = "filing"
        else:
            return
        if earlier is not None:
            self._state.close(ref)
        self._close_duty(earlier, form, ended_by)

    def _open_duty(self, form: FileFiling, article: str) -> None:
        limit = judging.residence_limit(self._rules, form).last_day
        revocation = judging.revocation_limit(self._rules, form)
        self._warnings |= dict.fromkeys(warning(one, limit, revocation) for one in self._office.languages)
        data: Data = {
            "article": article,
            "last_day": limit.isoformat(),
            "warned": True,
            "revocation_last_day": None if revocation is None else revocation.isoformat(),
        }
        self._entries.append(Entry("residence_duty_open", form.case, form.person.ref, data))

    def _close_duty(self, earlier: str | None, form: FileFiling, by: str) -> None:
        """The end of a duty that the case `earlier` had left open."""
        if earlier is not None:
            data: Data = {"by": by, "closed_by_case": form.case}
            self._entries.append(Entry("residence_duty_closed", earlier, form.person.ref, data))

    def _send_revision(self, it: Matter, decision: Decision, extract: tuple[tuple[str, str], ...]) -> None:
        form = it.form
        revise = Revise(
            case=form.case,
            filing=form.filing,
            person=as_written(form, extract),
            event_date=form.event_date,
            filed_date=it.filed,
            new_address=form.new_address,
            governing=str(decision.governing),
            transmit_article=decision.article or "",
            deemed=not it.direct and decision.deemed is not None,
            no_record=form.no_record,
            extract=prefilled(extract, form),
        )
        self._sends.append(Send(self._registry, revise))

    # --- endorsement ----------------------------------------------------------------------------------
    def endorsements(self, now: Instant) -> None:
        """Endorses every card that was handed in (裏書き), or says why not."""
        for it, decision in self._decided:
            form = it.form
            if not it.on_the_counter or form.filing not in ENDORSES:
                continue
            if not it.handed_in:
                self._write("endorsement_withheld", form, reason="card_expired")
            elif decision.barred:
                self._write("endorsement_withheld", form, reason="notification_not_made")
            else:
                row = Unendorsed(
                    session=self._session.id,
                    ref=form.person.ref,
                    filed=it.filed,
                    address=form.new_address or form.person.address,
                    clerk=self._session.clerk,
                )
                self.endorse(form.case, row, form.endorsing_fails, now)

    def endorse(self, case: str, row: Unendorsed, fails: str, now: Instant) -> bool:
        """Endorses one card; where that fails, the case stays open (S0-049). Whether it was endorsed."""
        if fails:
            data = self._here() | {"reason": fails}
            self._entries.append(Entry("endorsement_withheld", case, row.ref, data))
            self._entries.append(Entry("case_left_open", case, row.ref, data))
            self._state.set_unendorsed(case, row)
            closing = _closing(self._office, row.filed, now)
            if self._state.plan_closing(closing):
                self._wakes.append(Wake(closing, OfficeCloses(row.filed)))
            return False
        data = self._here() | {"filed_date": row.filed.isoformat()}
        self._entries.append(Entry("card_endorsed", case, row.ref, data))
        if self._office.cards is not None and self._policy.state_on(row.filed) is State.ACTIVE:
            # The back of the card counts, so nothing waits for the answer.
            here = self._session.id, self._office.id
            write = WriteAddress(case, *here, row.ref, row.address, row.filed, operator=row.clerk)
            self._sends.append(Send(self._office.cards, write))
        return True

    def close_case(self, case: str, row: Unendorsed) -> None:
        """The case that was left open closes: its card is endorsed."""
        self._entries.append(Entry("case_closed", case, row.ref, self._here()))

    # --- what the step says -----------------------------------------------------------------------------
    @property
    def going(self) -> tuple[FileFiling, ...]:
        """The filings that go on."""
        return tuple(it.form for it in self._going)

    def step(self, wakes: tuple[Wake, ...] = ()) -> Step:
        """All that was done. Without a visit a refusal is the answer; `detail` is what people were told."""
        refused = self._refused if self._session.visit is None else ""
        reply = Reply(not refused, refused, "\n".join(self._warnings))
        return Step(reply, tuple(self._sends), (*self._wakes, *wakes), tuple(self._entries), self._cause)

    def _refuse(self, it: Matter, reason: str) -> None:
        self._refused = reason
        data = self._seen(it, reason=reason)
        self._entries.append(Entry("filing_refused", it.form.case, it.form.person.ref, data))

    def _write(self, kind: str, form: FileFiling, **more: object) -> None:
        self._entries.append(Entry(kind, form.case, form.person.ref, self._here() | more))

    def _here(self) -> Data:
        return {"office": self._office.id, "session": self._session.id}

    def _seen(self, it: Matter, **more: object) -> Data:
        """What every decision on a filing records, so that it can be judged from the journal alone."""
        form = it.form
        return {
            "office": self._office.id,
            "session": self._session.id,
            "filing": str(form.filing),
            "event_date": form.event_date.isoformat(),
            "person_class": str(form.person.person_class),
            "history": str(form.history),
            "card": str(it.card),
            **more,
        }


def _manner(it: Matter) -> str:
    """How the person is identified: seed 000, line 216; S0-053."""
    if it.form.by is not None and it.form.by.tie is not Tie.SELF:
        return "by_other"
    return "photo" if it.on_the_counter and it.form.person.photo else "without_photo"


def _closing(office: Office, day: date, now: Instant) -> Instant:
    """When the office closes on the day; at midnight, for what is still done there after closing time."""
    closing = at_time(day, office.closes)
    return closing if now < closing else Instant(instant(day) + DAY)
