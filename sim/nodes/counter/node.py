"""The counter as a node: each message goes to the part that knows what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import MINUTE, Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step
from sim.law.rules import RULES, Rules
from sim.law.write_policy import Policy
from sim.nodes.counter import queue
from sim.nodes.counter.desk import DeclaredDesk
from sim.nodes.counter.office import MAIN_OFFICE, Office
from sim.nodes.counter.procedure import Procedure
from sim.nodes.counter.state import CounterState, Served, Session, Unendorsed, Waiting
from sim.nodes.messages.cards import AddressWritten, CardReading, CardsRead, ReadCards
from sim.nodes.messages.counter import CallNext, Endorse, FileFiling, OfficeCloses, OpenOffice, Visit

SUSPENDED: Final = Policy()
"""Nothing is written to chips (`sim.law.write_policy.WHY_SUSPENDED`)."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One office's counter. `name` is its node id, `registry` where accepted filings go.

    `policy`: the national switch on writing to chips; it holds for every office alike (S0-043).
    """

    name: NodeId
    registry: NodeId
    office: Office = MAIN_OFFICE
    rules: Rules = RULES
    policy: Policy = SUSPENDED

    def step(self, state: CounterState, event: Event, now: Instant) -> Step:
        match event.body:
            case FileFiling() as form:
                return self._file(state, form, now)
            case Visit() as visit:
                return self._come(state, visit, now)
            case CallNext():
                return self._call(state, now)
            case CardsRead() as read:
                return self._go_on(state, read, now)
            case AddressWritten():
                # Whether the chip bears it too stands in the terminal's journal; the back of the card counts.
                return Step()
            case Endorse() as endorse:
                return self._make_up(state, endorse, now)
            case OfficeCloses() as closes:
                return self._close(state, closes)
            case OpenOffice():
                return Step(entries=(Entry("office_opened", data=self.office.told(japan_date(now))),))
        raise HarnessError(f"the counter does not know {type(event.body).__name__}", where=event.key)

    # --- people come ----------------------------------------------------------------------------------
    def _file(self, state: CounterState, form: FileFiling, now: Instant) -> Step:
        """One person is served at once: no queue, no opening hours, whoever has time."""
        if not self.office.accepts_foreign_filings:
            return self._turn_away(form.case, "not_accepted_here", form.person.ref)
        session = Session(self._session_id(state), form.case, japan_date(now), (form,))
        return self._serve(state, session, now)

    def _come(self, state: CounterState, visit: Visit, now: Instant) -> Step:
        """People come to the office, and wait where they must."""
        if visit.minutes < 1:
            raise HarnessError(
                "a visit takes time at the window",
                expected="1 minute or more",
                received=str(visit.minutes),
                where=f"{self.name}, visit {visit.case}",
            )
        office, today = self.office, japan_date(now)
        if not queue.is_open(office, self.rules.is_closed(today), now):
            return self._turn_away(visit.case, "closed")
        if visit.filings and not office.accepts_foreign_filings:
            return self._turn_away(visit.case, "not_accepted_here")
        if not office.can_ever(queue.needs(visit), today):
            return self._turn_away(visit.case, "no_trained_clerk")
        waiting = Waiting(visit, now)
        if office.capacity is None:
            return self._begin(state, waiting, "", now)
        state.let_wait(waiting)
        return self._serve_next(state, now)

    def _call(self, state: CounterState, now: Instant) -> Step:
        """A window is free. Whoever waits since yesterday is sent home."""
        sent_home = tuple(
            self._turned_away(waiting.visit.case, "closed")
            for waiting in queue.overdue(state, japan_date(now))
        )
        step = self._serve_next(state, now)
        if not sent_home:
            return step
        entries, cause = (*step.entries, *sent_home), step.cause
        return msgspec.structs.replace(step, entries=entries, cause=cause)

    def _serve_next(self, state: CounterState, now: Instant) -> Step:
        """Serves the first of those who wait who can be served, and has the next one called."""
        found = queue.next_served(self.office, state, now)
        wakes = queue.calls(state, now)
        if found is None:
            return Step(wakes=wakes)
        step = self._begin(state, *found, now)
        return msgspec.structs.replace(step, wakes=(*step.wakes, *wakes))

    def _begin(self, state: CounterState, waiting: Waiting, clerk: str, now: Instant) -> Step:
        visit = waiting.visit
        served = Served(
            case=visit.case,
            waited=(now - waiting.arrived) // MINUTE,
            minutes=visit.minutes,
            persons=len({form.person.ref for form in visit.filings}),
            filings=len(visit.filings),
            clerk=clerk,
        )
        session = Session(self._session_id(state), visit.case, japan_date(now), visit.filings, served)
        return self._serve(state, session, now)

    def _turn_away(self, case: str, reason: str, ref: str = "") -> Step:
        return Step(Reply(False, reason), entries=(self._turned_away(case, reason, ref),))

    def _turned_away(self, case: str, reason: str, ref: str = "") -> Entry:
        """Referred to an office that takes it all: never half of it (S0-019, S0-057)."""
        elsewhere = "" if reason == "closed" else self.office.refers_to
        data: Data = {"office": self.office.id, "reason": reason, "referred_to": elsewhere}
        return Entry("visit_turned_away", case, ref, data)

    # --- a session ------------------------------------------------------------------------------------
    def _serve(self, state: CounterState, session: Session, now: Instant) -> Step:
        procedure = self._procedure(state, session)
        procedure.identity()
        cards = procedure.cards()
        terminal = self.office.cards
        if terminal is not None and cards:
            state.park(msgspec.structs.replace(session, filings=procedure.going))
            read = ReadCards(session.case, session.id, self.office.id, cards, operator=session.clerk)
            return procedure.wait_for_cards(Send(terminal, read))
        desk = DeclaredDesk(cards)
        return self._finish(procedure, {card.person.ref: desk.read(card.person.ref) for card in cards}, now)

    def _go_on(self, state: CounterState, read: CardsRead, now: Instant) -> Step:
        """The cards are read: the session goes on where it stopped."""
        session = state.take_up(read.session)
        if session is None:
            return Step(Reply(False, "no_such_session"))
        readings = {reading.ref: reading for reading in read.readings}  # none where it refused
        return self._finish(self._procedure(state, session), readings, now)

    def _finish(self, procedure: Procedure, readings: dict[str, CardReading], now: Instant) -> Step:
        procedure.served()
        procedure.authenticity(readings)
        procedure.decisions(readings)
        procedure.endorsements(now)
        return procedure.step()

    def _procedure(self, state: CounterState, session: Session) -> Procedure:
        return Procedure(session, self.office, self.registry, self.rules, self.policy, state)

    def _session_id(self, state: CounterState) -> str:
        return f"{self.name}/{state.next_session()}"

    # --- endorsements that could not be made ------------------------------------------------------------
    def _make_up(self, state: CounterState, endorse: Endorse, now: Instant) -> Step:
        """A card is endorsed later: at the office that took the filing, on the same day, or not at all."""
        row = state.unendorsed(endorse.case)
        refusal = self._too_late(endorse, row, now)
        if refusal or row is None:
            data: Data = {"office": self.office.id, "session": row.session if row else "", "reason": refusal}
            entry = Entry("endorsement_withheld", endorse.case, endorse.ref, data)
            return Step(Reply(False, refusal), entries=(entry,))
        procedure = self._procedure(state, Session(row.session, endorse.case, row.filed, ()))
        if procedure.endorse(endorse.case, row, endorse.endorsing_fails, now):
            state.endorsed(endorse.case)
            procedure.close_case(endorse.case, row)
        return procedure.step()

    def _too_late(self, endorse: Endorse, row: Unendorsed | None, now: Instant) -> str:
        """Why a card is not endorsed here and now, or nothing."""
        if row is None or row.ref != endorse.ref:
            return "not_taken_here"
        if row.filed != japan_date(now):
            return "not_the_same_day"
        return "after_closing" if row.after_closing else ""

    def _close(self, state: CounterState, closes: OfficeCloses) -> Step:
        """The office closes; a case that is still open is a finding."""
        entries = []
        for case, row in state.all_unendorsed():
            if row.filed == closes.day and not row.after_closing:
                state.set_unendorsed(case, msgspec.structs.replace(row, after_closing=True))
                data: Data = {"office": self.office.id, "session": row.session, "reason": "closing_time"}
                entries.append(Entry("case_left_open", case, row.ref, data))
        return Step(entries=tuple(entries))
