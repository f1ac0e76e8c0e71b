"""住基DBサーバ: the resident register of one municipality and what leaves it.

A revision turns into records for the agency by its class: 住基法・入管法 raises a notice and a
transmission, 住基法 a notice only, 入管法 a transmission only. A moving-out is written and notified on
its planned day. Nothing goes up for a change that came down. Each record that left is kept as pending
until its result has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Table, Tables, Wake
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
from sim.law.kinds import Filing, Governing, PersonClass
from sim.nodes.intake import answer
from sim.nodes.messages import ConfirmNotices, Inbound, OpenRegister, Outbound, Person, RemovalDue, Revise
from sim.nodes.numbers import Numbers

ACTIONS: Final = {
    Filing.ENTRY_FROM_ABROAD: "made",
    Filing.MOVING_IN: "made",
    Filing.BECAME_RESIDENT_STATUS: "made",
    Filing.MOVING_WITHIN: "corrected",
    Filing.MOVING_OUT: "removed",
}


REMOVE: Final = "remove"


class Planned(msgspec.Struct, frozen=True):
    """A moving-out that waits for its day."""

    revise: Revise


class Imported(msgspec.Struct, frozen=True):
    """An agency notice that waits for a clerk."""

    notice: AgencyNotice
    batch: str


class Raised(msgspec.Struct, frozen=True):
    """A record that left and has no result yet."""

    kind: str
    case: str
    subject: str


_RESIDENTS = Table("resident", Person)
_CARDS = Table("card", str)
_REMOVED = Table("removed", Person)
_PLANNED = Table("planned_removal", Planned)
_IMPORTED = Table("imported", Imported)
_RAISED = Table("raised", Raised)


class RegistryState:
    """The register in the words of the law: who is recorded, what is planned, what awaits an answer."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    def resident(self, ref: str) -> Person | None:
        """The person's 住民票, or None."""
        return self._tables.get(_RESIDENTS, ref)

    def holder_of(self, card_number: str) -> Person | None:
        """Whose card this is, among those recorded here."""
        ref = self._tables.get(_CARDS, card_number)
        return None if ref is None else self.resident(ref)

    def revise(self, person: Person) -> None:
        """Makes or corrects the person's record."""
        before = self.resident(person.ref)
        if before is not None and before.card_number != person.card_number:
            self._tables.delete(_CARDS, before.card_number)
        self._tables.put(_RESIDENTS, person.ref, person)
        self._tables.put(_CARDS, person.card_number, person.ref)

    def remove(self, person: Person) -> None:
        """Removes the record; a 除票 is kept."""
        self._tables.delete(_RESIDENTS, person.ref)
        self._tables.delete(_CARDS, person.card_number)
        self._tables.put(_REMOVED, person.ref, person)

    def removed(self, ref: str) -> Person | None:
        """The person's 除票, if one is kept."""
        return self._tables.get(_REMOVED, ref)

    def residents(self) -> list[Person]:
        """All records, by pseudonym."""
        return [person for _, person in self._tables.scan(_RESIDENTS)]

    def plan_removal(self, case: str, revise: Revise) -> None:
        self._tables.put(_PLANNED, case, Planned(revise))

    def planned_removal(self, case: str) -> Revise | None:
        planned = self._tables.get(_PLANNED, case)
        return None if planned is None else planned.revise

    def drop_plan(self, case: str) -> None:
        self._tables.delete(_PLANNED, case)

    def next_record_number(self) -> int:
        """Numbers records that leave, from 1 without a gap."""
        return self._numbers.next("record")

    def await_result(self, record_id: str, raised: Raised) -> None:
        self._tables.put(_RAISED, record_id, raised)

    def awaited(self, record_id: str) -> Raised | None:
        return self._tables.get(_RAISED, record_id)

    def settle(self, result: Result) -> None:
        """The record has its result; what it was stands in the journal."""
        self._tables.delete(_RAISED, result.answers)

    def import_notice(self, notice: AgencyNotice, batch: str) -> None:
        self._tables.put(_IMPORTED, f"{self._numbers.next('import'):012d}", Imported(notice, batch))

    def imported(self) -> list[tuple[str, Imported]]:
        """Notices that wait for a clerk, in the order of their arrival."""
        return list(self._tables.scan(_IMPORTED))

    def drop_import(self, key: str) -> None:
        self._tables.delete(_IMPORTED, key)


@dataclass(frozen=True, slots=True)
class Registry:
    """The register of the municipality `code`. What leaves goes to `link`."""

    name: NodeId
    code: str
    link: NodeId
    profile: Profile

    def step(self, state: RegistryState, event: Event, now: Instant) -> Step:
        match event.body:
            case Revise() as revise:
                return self._revise(state, revise, now)
            case RemovalDue(case=case):
                planned = state.planned_removal(case)
                if planned is None:
                    return Step(Reply(False, "no_plan"))
                state.drop_plan(case)
                return self._write(state, planned, "removed")
            case Inbound() as inbound:
                return self._arrived(state, inbound)
            case ConfirmNotices():
                return self._confirm(state, now)
            case OpenRegister(residents=residents):
                for person in residents:
                    state.revise(person)
                return Step(entries=(Entry("register_opened", data={"residents": len(residents)}),))
        raise HarnessError(f"the registry does not know {type(event.body).__name__}", where=event.key)

    # --- revisions from the counter --------------------------------------------------------------
    def _revise(self, state: RegistryState, revise: Revise, now: Instant) -> Step:
        action = ACTIONS.get(revise.filing)
        recorded = state.resident(revise.person.ref)
        if action == "made" and recorded is not None:
            return self._refuse(revise, "already_registered")
        if action in ("corrected", "removed") and recorded is None:
            return self._refuse(revise, "not_registered")
        if action == "removed" and revise.event_date > japan_date(now):
            state.plan_removal(revise.case, revise)
            entry = Entry(
                "removal_planned",
                revise.case,
                revise.person.ref,
                {"planned_date": revise.event_date.isoformat()},
            )
            wake = Wake(instant(revise.event_date), RemovalDue(revise.case, revise.person.ref))
            return Step(wakes=(wake,), entries=(entry,))
        return self._write(state, revise, action)

    def _refuse(self, revise: Revise, reason: str) -> Step:
        entry = Entry("revision_refused", revise.case, revise.person.ref, {"reason": reason})
        return Step(Reply(False, reason), entries=(entry,))

    def _write(self, state: RegistryState, revise: Revise, action: str | None) -> Step:
        declared = revise.person
        recorded = state.resident(declared.ref)
        if action == "removed" and recorded is None:
            return self._refuse(revise, "not_registered")
        # What the register already holds is newer than a form (a notice may have changed the card since).
        known = recorded or declared
        previous = known.address if action != "made" else declared.address
        after = msgspec.structs.replace(known, address=revise.new_address) if revise.new_address else known
        entries: list[Entry] = []
        if action == "removed":
            state.remove(after)
        elif action is not None:
            state.revise(after)
        if action is not None:
            data: Data = {"filing": str(revise.filing), "event_date": revise.event_date.isoformat()}
            entries.append(Entry(f"record_{action}", revise.case, after.ref, data))
        records: list[AnyRecord] = []
        if action is not None and revise.governing != Governing.IMMIGRATION:
            records.append(self._notice(state, revise, action, after, previous))
        if revise.transmit_article:
            records.append(self._transmission(state, revise, after))
        entries += [self._raise(state, record, revise.case, after.ref, revise) for record in records]
        sends = (Send(self.link, Outbound(tuple(records))),) if records else ()
        return Step(sends=sends, entries=tuple(entries))

    def _record_id(self, state: RegistryState) -> str:
        return f"{self.code}-{state.next_record_number():08d}"

    def _notice(
        self, state: RegistryState, revise: Revise, action: str, person: Person, previous: str
    ) -> MunicipalityNotice:
        return MunicipalityNotice(
            record_id=self._record_id(state),
            person_ref=person.ref,
            action=action,
            reason=str(revise.filing),
            event_date=revise.event_date,
            filed_date=revise.filed_date,
            person_class=str(person.person_class),
            name=person.name,
            birth_date=person.birth_date,
            sex=person.sex,
            nationality=person.nationality,
            address=person.address,
            previous_address="" if action == "removed" else previous,
            status=person.status,
            period_until=person.period_until,
            card_number=person.card_number,
        )

    def _transmission(self, state: RegistryState, revise: Revise, person: Person) -> MunicipalityTransmission:
        return MunicipalityTransmission(
            record_id=self._record_id(state),
            person_ref=person.ref,
            article=revise.transmit_article,
            manner="deemed" if revise.deemed else "separate",
            event_date=revise.event_date,
            filed_date=revise.filed_date,
            name=person.name,
            birth_date=person.birth_date,
            sex=person.sex,
            nationality=person.nationality,
            residence=person.address,
            card_number=person.card_number,
        )

    def _raise(self, state: RegistryState, record: AnyRecord, case: str, ref: str, revise: Revise) -> Entry:
        kind = kind_of(record)
        state.await_result(record.record_id, Raised(kind, case, ref))
        layout = self.profile.layouts[kind]
        data: Data = {
            "record": record.record_id,
            "kind": kind,
            "business": layout.business,
            "class": revise.governing,
            "event_date": revise.event_date.isoformat(),
            "filed_date": revise.filed_date.isoformat(),
        }
        if isinstance(record, MunicipalityNotice):
            data["action"] = record.action
        if isinstance(record, MunicipalityTransmission):
            data["article"] = record.article
            data["manner"] = record.manner
        return Entry("record_raised", case, ref, data)

    # --- what comes down ---------------------------------------------------------------------------
    def _arrived(self, state: RegistryState, inbound: Inbound) -> Step:
        entries: list[Entry] = []
        for record in inbound.records:
            if isinstance(record, Result):
                entries.append(self._settle(state, record))
            elif isinstance(record, AgencyNotice):
                state.import_notice(record, inbound.batch)
                data: Data = {"record": record.record_id, "batch": inbound.batch, "reason": record.reason}
                entries.append(Entry("notice_imported", record.record_id, record.person_ref, data))
        return Step(entries=tuple(entries))

    def _settle(self, state: RegistryState, result: Result) -> Entry:
        raised = state.awaited(result.answers)
        if raised is None:
            return Entry(
                "result_unexpected",
                "",
                result.answers,
                {"code": Code.UNKNOWN_ANSWER, "outcome": result.outcome},
            )
        state.settle(result)
        data: Data = {"record": result.answers, "kind": raised.kind, "outcome": result.outcome}
        if not result.accepted:
            data |= {"code": result.code, "field": result.field, "reason": result.reason}
        return Entry("result_applied", raised.case, raised.subject, data)

    def _confirm(self, state: RegistryState, now: Instant) -> Step:
        """A clerk compares before and after and confirms; the register follows (30条の50)."""
        today = japan_date(now)
        entries: list[Entry] = []
        results: list[AnyRecord] = []
        for key, imported in state.imported():
            state.drop_import(key)
            notice = imported.notice
            person = state.holder_of(notice.card_number_before or notice.card_number)
            if person is None:
                results.append(self._answer(state, notice, Code.NO_SUCH_RESIDENT))
                data: Data = {"record": notice.record_id, "code": Code.NO_SUCH_RESIDENT}
                entries.append(Entry("notice_refused", notice.record_id, notice.person_ref, data))
                continue
            after = _following(person, notice)
            if notice.effect == REMOVE:
                # By ex officio: nothing goes up for what came down.
                state.remove(person)
                gone: Data = {"filing": notice.reason, "event_date": notice.decided_date.isoformat()}
                entries.append(Entry("record_removed", notice.record_id, person.ref, gone))
            else:
                state.revise(after)
            results.append(self._answer(state, notice, None))
            entries.append(
                Entry(
                    "notice_confirmed",
                    notice.record_id,
                    person.ref,
                    {
                        "record": notice.record_id,
                        "reason": notice.reason,
                        "decided_date": notice.decided_date.isoformat(),
                        "confirmed_date": today.isoformat(),
                        "before": _period(person.period_until),
                        "after": _period(after.period_until),
                    },
                )
            )
        if not entries:
            return Step(entries=(Entry("nothing_to_confirm"),))
        return Step(sends=(Send(self.link, Outbound(tuple(results))),), entries=tuple(entries))

    def _answer(self, state: RegistryState, notice: AgencyNotice, code: Code | None) -> Result:
        finding = None
        if code is not None:
            finding = Finding(code, 0, "card_number_before", "the card of a resident recorded here", "")
        return answer(self._record_id(state), "record", notice.record_id, finding)


def _following(person: Person, notice: AgencyNotice) -> Person:
    """The person as the notice says: an item that it gives is as it is now, the others did not change.

    A status brings its own end with it, or none.
    """
    given = {
        item: value
        for item in ("card_number", "name", "birth_date", "sex", "nationality", "status")
        if (value := getattr(notice, item))
    }
    if notice.person_class:
        given["person_class"] = PersonClass(notice.person_class)
    if notice.status or notice.period_until is not None:
        given["period_until"] = notice.period_until
    return msgspec.structs.replace(person, **given)


def _period(until: date | None) -> str | None:
    return None if until is None else until.isoformat()
