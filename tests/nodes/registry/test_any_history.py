"""Whatever is filed, cancelled and notified in any order: histories grow, and both sides agree in the end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sim.base.instant import DAY, Instant, instant, japan_date
from sim.base.node import Alarm, Body, Committed
from sim.exchange.records import AgencyNotice, MunicipalityNotice, MunicipalityTransmission
from sim.law.kinds import Filing
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    ConfirmNotice,
    ConfirmNotices,
    Drop,
    HandOverCertificate,
    RecordAbode,
    RemoveAbode,
    Settle,
)
from sim.nodes.registry.history import CORRECTED, KEEPS_RECORD, Version, fold, fold_abode
from sim.nodes.registry.items import changed
from tests.nodes.registry.desk import (
    arrive,
    extension,
    filing,
    person,
    register,
    results,
    sent,
    special,
    state,
)

PEOPLE = (person(1), person(2), special(3))
OPENED = PEOPLE[0], PEOPLE[2]
WHO = st.sampled_from(PEOPLE)
NUMBER = st.integers(0, 10_000)
MOVES = st.sampled_from([Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.MOVING_OUT, Filing.HOUSEHOLD_CHANGE])


class AnyHistory(RuleBasedStateMachine):
    """One register, three people, and an agency that keeps its own books by what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = register(*OPENED)
        self.now = instant(date(2019, 4, 2), 9)
        self.count = 0
        self.cases: list[tuple[str, str]] = []
        self.held: list[str] = []
        self.alarms: list[Alarm] = []
        self.told: list[MunicipalityNotice | MunicipalityTransmission | AgencyNotice] = []
        self.waiting: dict[str, AgencyNotice] = {}
        self.seen: dict[str, list[Version]] = {who.ref: [] for who in PEOPLE}

    # --- what happens ---------------------------------------------------------------------------------
    def next_case(self) -> str:
        self.count += 1
        return f"C{self.count}"

    def give(self, body: Body) -> Committed:
        return self.follow(self.rig.give(body, self.now))

    def follow(self, committed: Committed) -> Committed:
        self.alarms += committed.wakes
        for record in sent(committed):
            if isinstance(record, MunicipalityNotice | MunicipalityTransmission):
                self.told.append(record)
        for result in results(committed):
            notice = self.waiting.pop(result.answers)
            if result.accepted:
                self.told.append(notice)
        return committed

    @rule(who=WHO, kind=MOVES, ahead=st.sampled_from([0, 0, 3]), held=st.sampled_from([True, False, False]))
    def somebody_files(self, who: Person, kind: Filing, ahead: int, held: bool) -> None:
        case = self.next_case()
        today = japan_date(self.now)
        event = today + timedelta(days=ahead if kind is Filing.MOVING_OUT else 0)
        form = msgspec.structs.replace(who, household=case)
        body = filing(form, kind, event, f"住所{case}", case, filed_date=today, provisional=held)
        if self.give(body).reply.ok:
            self.cases.append((case, who.ref))
            if held:
                self.held.append(case)

    @precondition(lambda self: self.held)
    @rule(place=NUMBER, drop=st.booleans())
    def a_clerk_decides_on_a_provisional_change(self, place: int, drop: bool) -> None:
        case = self.held[place % len(self.held)]
        if self.give(Drop(case) if drop else Settle(case)).reply.ok:
            self.held.remove(case)

    @rule(who=WHO, ground=st.sampled_from(["corrected_ex_officio", "death", "removed_ex_officio"]))
    def the_mayor_changes_a_record(self, who: Person, ground: str) -> None:
        case, today = self.next_case(), japan_date(self.now)
        form = msgspec.structs.replace(who, name=f"MAYOR {case}")
        items = ("name",) if ground == "corrected_ex_officio" else ()
        if self.give(ChangeRecord(case, ground, form, today, today, items)).reply.ok:
            self.cases.append((case, who.ref))

    @precondition(lambda self: self.cases)
    @rule(place=NUMBER)
    def a_change_is_taken_back(self, place: int) -> None:
        case, ref = self.cases[place % len(self.cases)]
        self.give(CancelRevision(self.next_case(), ref, case))

    @rule(who=WHO, what=st.sampled_from(["period", "name", "same_name", "remove"]))
    def the_agency_raises_a_notice(self, who: Person, what: str) -> None:
        self.count += 1
        known = state(self.rig).known(who.ref) or who
        items: dict[str, Any] = {"decided_date": japan_date(self.now)}
        if what != "period":
            items |= {"card_number": "", "status": "", "period": "", "period_until": None}
        if what == "name":
            items |= {"reason": "name_changed", "name": f"AGENCY {self.count}"}
        if what == "same_name":
            items |= {"reason": "items_wrong", "name": known.name}
        if what == "remove":
            items |= {"reason": "departed", "effect": "remove"}
        notice = extension(known, self.count, **items)
        self.waiting[notice.record_id] = notice
        arrive(self.rig, notice, now=self.now)

    @rule()
    def a_clerk_confirms(self) -> None:
        self.give(ConfirmNotices())

    @precondition(lambda self: self.waiting)
    @rule(place=NUMBER)
    def a_clerk_confirms_by_hand(self, place: int) -> None:
        names = sorted(self.waiting)
        self.give(ConfirmNotice(names[place % len(names)]))

    @rule(abode=st.booleans())
    def a_certificate_is_handed_over_or_an_abode_entered(self, abode: bool) -> None:
        case, who = self.next_case(), PEOPLE[2]
        if abode:
            self.give(RecordAbode(case, msgspec.structs.replace(who, address=f"居住地{case}")))
        else:
            until = date(2026, 5, 3)
            self.give(HandOverCertificate(case, who.ref, "renewal", f"SP{self.count:08d}SP", until))

    @rule()
    def an_abode_is_given_up(self) -> None:
        self.give(RemoveAbode(self.next_case(), PEOPLE[2].ref))

    @rule(days=st.integers(0, 4))
    def days_pass(self, days: int) -> None:
        self.now = Instant(self.now + days * DAY + 60_000_000)
        due = sorted((one for one in self.alarms if one.at <= self.now), key=lambda one: (one.at, one.n))
        self.alarms = [one for one in self.alarms if one.at > self.now]
        for alarm in due:
            self.follow(self.rig.ring(alarm))

    # --- what must hold at any time -------------------------------------------------------------------
    @invariant()
    def a_history_only_grows(self) -> None:
        for ref, before in self.seen.items():
            history = state(self.rig).history(ref)
            assert history[: len(before)] == before
            self.seen[ref] = history

    @invariant()
    def the_record_is_the_fold_of_its_history(self) -> None:
        found = state(self.rig)
        for who in PEOPLE:
            history = found.history(who.ref)
            if history:
                assert fold(history) == found.resident(who.ref) == found.as_of(who.ref, date.max)
                assert fold_abode(history) == found.abode(who.ref)
            else:
                assert found.resident(who.ref) == (who if who in OPENED else None)
            known = found.known(who.ref)
            if known is not None:
                assert found.holder_of(known.card_number) == known

    @invariant()
    def a_correction_names_what_it_changed_and_nothing_else(self) -> None:
        for who in PEOPLE:
            before: Person | None = None
            for version in state(self.rig).history(who.ref):
                if version.action == CORRECTED:
                    assert before is not None
                    assert changed(before, version.person) == version.items
                if version.action in KEEPS_RECORD:
                    before = version.person

    @invariant()
    def nobody_is_recorded_twice(self) -> None:
        refs = [who.ref for who in state(self.rig).in_scope()]
        assert len(refs) == len(set(refs))

    @invariant()
    def what_was_told_and_not_taken_back_is_what_the_register_says(self) -> None:
        """The agency's books: who is recorded, where, under which name."""
        taken_back = {record.cancels for record in self.told if not isinstance(record, AgencyNotice)} - {""}
        assert len(taken_back) == sum(
            bool(record.cancels) for record in self.told if not isinstance(record, AgencyNotice)
        ), "taken back twice"
        books = {who.ref: {"address": who.address, "name": who.name} for who in OPENED}
        for record in self.told:
            if isinstance(record, AgencyNotice):
                if record.effect == "remove":
                    books.pop(record.person_ref, None)
                elif record.name and record.person_ref in books:
                    books[record.person_ref]["name"] = record.name
            elif isinstance(record, MunicipalityNotice):
                if record.cancels or record.record_id in taken_back:
                    continue
                if record.action == "removed":
                    del books[record.person_ref]
                elif record.action == "made":
                    books[record.person_ref] = {"address": record.address, "name": record.name}
                else:
                    item = "name" if record.reason == "ex_officio" else "address"
                    books[record.person_ref][item] = getattr(record, item)
        assert books == {
            who.ref: {"address": who.address, "name": who.name} for who in state(self.rig).residents()
        }


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
