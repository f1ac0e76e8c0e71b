"""窓口: where a person files. The counter decides; the registry writes.

The order is fixed: identity, authenticity, decision, endorsement (seed 000, lines 216 to 218), all at
this office and in this session. The legal questions go to the `Rules` bundle, so that a variant or a
mutant replaces a rule and not the counter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.base.errors import HarnessError
from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables
from sim.law.deeming import Deeming
from sim.law.kinds import CardState, Filing
from sim.law.rules import RULES, Rules
from sim.nodes.messages import FileFiling, Revise

_DUTIES = Table("open_duty", str)

# A card that lies on the counter can be checked, whether or not it still counts.
AT_THE_COUNTER: Final = frozenset({CardState.PRESENTED, CardState.EXPIRED, CardState.EXPIRED_PENDING})


class CounterState:
    """What a counter remembers: whose separate residence notification (住居地届出) is still open."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def open_duty(self, ref: str) -> str | None:
        """The case that left the duty open, if any."""
        return self._tables.get(_DUTIES, ref)

    def leave_open(self, ref: str, case: str) -> None:
        self._tables.put(_DUTIES, ref, case)

    def close(self, ref: str) -> None:
        self._tables.delete(_DUTIES, ref)


@dataclass(frozen=True, slots=True)
class Counter:
    """One office's counter. `name` is its node id, `registry` where accepted filings go."""

    name: NodeId
    registry: NodeId
    office: str = "main_office"
    rules: Rules = RULES

    def step(self, state: CounterState, event: Event, now: Instant) -> Step:
        body = event.body
        if isinstance(body, FileFiling):
            return self._file(state, body, now)
        raise HarnessError(f"the counter does not know {type(body).__name__}", where=event.key)

    def _file(self, state: CounterState, form: FileFiling, now: Instant) -> Step:
        person, filing, rules = form.person, form.filing, self.rules
        filed = japan_date(now)
        direct = filing is Filing.RESIDENCE_NOTIFICATION
        handed_in = rules.handed_in(person.person_class, form.history, form.card)
        refusal = self._refusal(form, filed, handed_in)
        if refusal:
            refused = Entry("filing_refused", form.case, person.ref, self._seen(form, reason=refusal))
            return Step(Reply(False, refusal), entries=(refused,))

        entries = [Entry("identity_confirmed", form.case, person.ref, {"office": self.office})]
        if form.card in AT_THE_COUNTER:
            entries.append(Entry("authenticity_confirmed", form.case, person.ref, {"office": self.office}))

        deadline = rules.deadline(filing, form.event_date)
        in_time = rules.in_time(deadline, filed)
        deeming = rules.deem(person.person_class, form.history, filing, form.card)
        article = rules.residence_duty(person.person_class, form.history) if direct else deeming.clause
        governing = rules.governing(filing, deeming.clause is not None)
        entries.append(
            Entry(
                "filing_accepted",
                form.case,
                person.ref,
                self._seen(
                    form,
                    filed_date=filed.isoformat(),
                    last_day=deadline.last_day.isoformat(),
                    clause=deadline.clause,
                    in_time=in_time,
                    deemed=deeming.clause,
                    why_not_deemed="" if deeming.clause else deeming.why_ja,
                    transmit_article=article,
                    governing=str(governing),
                    rests_on=list(dict.fromkeys((*deadline.unconfirmed, *deeming.unconfirmed))),
                ),
            )
        )
        entries += self._duty(state, form, deeming)
        if handed_in and form.card in AT_THE_COUNTER and filing is not Filing.MOVING_OUT:
            entries.append(
                Entry(
                    "card_endorsed",
                    form.case,
                    person.ref,
                    {"office": self.office, "filed_date": filed.isoformat()},
                )
            )
        revise = Revise(
            case=form.case,
            filing=filing,
            person=person,
            event_date=form.event_date,
            filed_date=filed,
            new_address=form.new_address,
            governing=str(governing),
            transmit_article=article or "",
            deemed=not direct and deeming.clause is not None,
        )
        # The decision leads to the revision, so it stands first and becomes the cause of the send.
        decision = next(i for i, entry in enumerate(entries) if entry.kind == "filing_accepted")
        return Step(Reply(), (Send(self.registry, revise),), entries=tuple(entries), cause=decision)

    def _refusal(self, form: FileFiling, filed: date, handed_in: bool) -> str:
        """Why the counter does not accept the filing, or nothing."""
        if form.event_date < self.rules.first_day:
            return "before_system"
        if form.event_date > filed and form.filing is not Filing.MOVING_OUT:
            return "event_in_future"
        if form.filing is Filing.RESIDENCE_NOTIFICATION:
            if self.rules.residence_duty(form.person.person_class, form.history) is None:
                return "no_duty"
            if not handed_in:
                # 入管法19条の7から19条の9: the card is handed in with the filing; without it there is none.
                return "card_not_presented"
        return ""

    def _duty(self, state: CounterState, form: FileFiling, deeming: Deeming) -> list[Entry]:
        """Opens or closes the separate duty (入管法19条の7から19条の9、特例法10条), with a warning."""
        ref = form.person.ref
        earlier = state.open_duty(ref)
        if deeming.still_due is not None:
            state.leave_open(ref, form.case)
            limit = self.rules.deadline(Filing.RESIDENCE_NOTIFICATION, form.event_date).last_day
            data: Data = {"article": deeming.still_due, "last_day": limit.isoformat(), "warned": True}
            opened = Entry("residence_duty_open", form.case, ref, data)
            # A later move takes the place of the residence that was never notified.
            return [*_closed(earlier, ref, form.case, "replaced"), opened]
        if form.filing is Filing.MOVING_OUT:
            # It ends this municipality's part in the duty; the next municipality takes it up.
            ended_by = "moving_out"
        elif form.filing is Filing.RESIDENCE_NOTIFICATION or deeming.deemed:
            ended_by = "filing"
        else:
            return []
        if earlier is not None:
            state.close(ref)
        return _closed(earlier, ref, form.case, ended_by)

    def _seen(self, form: FileFiling, **more: object) -> Data:
        """What every decision on a filing records, so that it can be judged from the journal alone."""
        return {
            "office": self.office,
            "filing": str(form.filing),
            "event_date": form.event_date.isoformat(),
            "person_class": str(form.person.person_class),
            "history": str(form.history),
            "card": str(form.card),
            **more,
        }


def _closed(earlier: str | None, ref: str, case: str, by: str) -> list[Entry]:
    """The end of a duty that `earlier` had left open."""
    if earlier is None:
        return []
    return [Entry("residence_duty_closed", earlier, ref, {"by": by, "closed_by_case": case})]
