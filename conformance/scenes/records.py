"""Around the register of a municipal system: what its operators ask, look at and tell it.

Each thing that an answer tells becomes a line of its own, with the number of the look that saw it (`look`),
so that a check can say which look it means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from conformance.protocol import municipal as wire
from conformance.protocol.base import Answer, Done, Message, PersonData, Request
from conformance.scenes.asking import Asking
from conformance.stage import Stage


class Records:
    """What operators of the register and of the exchange do. `persons`: whose record a number is."""

    _stage: Stage
    _asking: Asking
    _looks: int = 0

    def __init__(self) -> None:
        self.persons: dict[str, str] = {}

    # --- looking ----------------------------------------------------------------------------------------
    def query(self, person: str) -> int:
        """Looks at a person's resident record; the number of the look."""
        told = self._asking.ask(wire.Query(person=person), wire.QueryAnswer, subject=person)
        return self._seen("record_seen", [told], lambda one: person)

    def results(self) -> int:
        """Looks at the results of processing; the number of the look."""
        told = self._asking.ask(wire.Results(), wire.ResultsAnswer)
        return self._seen("result_seen", told.results, lambda one: one.person)

    def notices(self) -> int:
        """Looks at the agency notices and their slips; the number of the look."""
        told = self._asking.ask(wire.Notices(), wire.NoticesAnswer)
        return self._seen("notice_seen", told.notices, lambda one: one.person)

    def notice_of(self, person: str) -> str:
        """The number of the last notice about a person that waits, or nothing; looks for it."""
        told = self._asking.ask(wire.Notices(), wire.NoticesAnswer)
        waiting = [one for one in told.notices if one.state in ("imported", "backlog")]
        return next((one.record for one in reversed(waiting) if one.person == person), "")

    # --- telling ----------------------------------------------------------------------------------------
    def confirm(self, record: str = "") -> None:
        """A clerk confirms all slips, or takes in one notice by hand."""
        self._decided("confirm", wire.Confirm(record=record), "", self.persons.get(record, ""))

    def change(
        self,
        visit: str,
        ground: str,
        person: PersonData,
        event_date: date,
        filed_date: date,
        items: Iterable[str] = (),
        *,
        provisional: bool = False,
    ) -> None:
        """A change that no mover files."""
        request = wire.Change(
            visit=visit,
            ground=ground,
            person=person,
            event_date=event_date,
            filed_date=filed_date,
            items=tuple(items),
            provisional=provisional,
        )
        self._decided("change", request, visit, person.ref)

    def settle(self, visit: str, person: str, *, drop: bool = False) -> None:
        """A provisional change becomes final, or comes to nothing."""
        self._decided("settle", wire.Settle(visit=visit, drop=drop), visit, person)

    def cancel(self, visit: str, person: str, cancels: str) -> None:
        """A change is taken back."""
        self._decided("cancel", wire.Cancel(visit=visit, person=person, cancels=cancels), visit, person)

    def hand_over(self, request: wire.HandOver) -> None:
        """A special permanent resident certificate is handed over."""
        self._decided("hand_over", request, request.visit, request.person)

    def copy(self, request: wire.IssueCopy) -> None:
        """Somebody asks for a copy of a record."""
        told = self._asking.ask(request, wire.CopyAnswer, case=request.visit, subject=request.person)
        data = told.model_dump(mode="json")
        self._stage.note("copy_decided", data, case=request.visit, subject=request.person)

    def resend(self, batch: str) -> None:
        """An operator has a batch sent again."""
        self._asking.ask(wire.Resend(batch=batch), Done)

    def switch_link(self, link: str) -> None:
        """The municipality goes over to another way between register and terminal."""
        self._decided("switch_link", wire.SwitchLink(link=link), "", "")

    def medium(self, event: str, direction: str) -> None:
        """Something happens to a medium."""
        self._decided("medium", wire.MediumEvent(event=event, direction=direction), "", "")

    def labour(self) -> None:
        """How much manual work the leg inside has cost so far."""
        self._asking.ask(wire.Labour(), wire.LabourAnswer)

    # --- small things -----------------------------------------------------------------------------------
    def _decided(self, op: str, request: Request, visit: str, person: str) -> None:
        """Asks for something that can be refused, and writes down whether it was."""
        told = self._asking.ask(request, wire.ChangeAnswer, case=visit, subject=person)
        data = {"op": op, **told.model_dump(mode="json")}
        self._stage.note("change_decided", data, case=visit, subject=person)

    def _seen(self, kind: str, told: Iterable[Message | Answer], person: Any) -> int:
        self._looks += 1
        for place, one in enumerate(told, start=1):
            data = {"look": self._looks, "place": place, **one.model_dump(mode="json")}
            self._stage.note(kind, data, subject=person(one))
        return self._looks
