"""Writing a change into the register, and what leaves for it.

By its class a filing raises a notice and a transmission (住基法・入管法), a notice only (住基法) or a
transmission only (入管法); an exempt change raises nothing. A moving-out is written and notified on its
planned day. What would leave an item empty that the person's class must have is refused with the item's name.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Step, Wake
from sim.exchange.records import AnyRecord
from sim.law.kinds import Governing, PersonClass
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ChangeRecord, RemovalDue
from sim.nodes.registry import abodes, raising, transitional
from sim.nodes.registry.changes import (
    BEGINS_RESIDENCE,
    BEGINS_TRANSITIONAL,
    EX_OFFICIO,
    GROUNDS,
    Change,
    of_filing,
    of_mayor,
)
from sim.nodes.registry.history import (
    ABODE_CORRECTED,
    ABODE_RECORDED,
    CORRECTED,
    MADE,
    NOTIFIED,
    REMOVED,
    Version,
)
from sim.nodes.registry.items import CARD_ITEMS, changed, missing
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState

_ITEMS: Final = frozenset(Person.__struct_fields__) - {"ref"}


def refuse(change: Change, reason: str, item: str = "") -> Step:
    """The register does not take the change; `item` names what is missing, never its value."""
    data: Data = {"reason": reason, "item": item} if item else {"reason": reason}
    entry = Entry("revision_refused", change.case, change.person.ref, data)
    return Step(Reply(False, reason, item), entries=(entry,))


def revise(settings: Settings, state: RegistryState, body: Revise | ChangeRecord, now: Instant) -> Step:
    """A change that is final: written now, or on its planned day."""
    change, refusal = judged(settings, state, body, now)
    if refusal is not None:
        return refusal
    if isinstance(body, Revise) and change.action == REMOVED and body.event_date > japan_date(now):
        state.plan_removal(body)
        data: Data = {"planned_date": body.event_date.isoformat()}
        entry = Entry("removal_planned", body.case, body.person.ref, data)
        wake = Wake(instant(body.event_date), RemovalDue(body.case, body.person.ref))
        return Step(wakes=(wake,), entries=(entry,))
    return write(settings, state, change, now)


def removal_due(settings: Settings, state: RegistryState, due: RemovalDue, now: Instant) -> Step:
    """The planned day of a moving-out has come."""
    planned = state.planned_removal(due.ref)
    if planned is None or planned.case != due.case:
        return Step(Reply(False, "no_plan"))  # filed again for another day, or taken back
    state.drop_plan(due.ref)
    return write(settings, state, of_filing(planned), now)


def judged(
    settings: Settings, state: RegistryState, body: Revise | ChangeRecord, now: Instant
) -> tuple[Change, Step | None]:
    """The change in its one form, and the refusal when the register contradicts it."""
    if isinstance(body, Revise):
        change = of_filing(body)
    elif body.ground in GROUNDS:
        change = of_mayor(body)
        fault = _mayors_fault(change, now)
        if fault:
            return change, refuse(change, fault)
    else:
        unknown = Change(
            body.case, body.ground, "", None, body.person, body.event_date, body.filed_date, "", False
        )
        return unknown, refuse(unknown, "unknown_ground")
    recorded = state.resident(body.person.ref)
    if change.action == MADE and recorded is not None:
        return change, refuse(change, "already_registered")
    if change.action in (CORRECTED, REMOVED) and recorded is None:
        return change, refuse(change, "not_registered")
    if item := _lacks(settings, recorded, change):
        return change, refuse(change, "item_missing", item)
    return change, None


def _mayors_fault(change: Change, now: Instant) -> str:
    if change.event_date > japan_date(now):
        return "event_in_future"
    if change.filed_date > japan_date(now):  # 標準仕様書 1.0版 4.1.0.2
        return "filed_in_future"
    has_status = change.person.person_class is not PersonClass.TRANSITIONAL_STAY
    if change.ground in BEGINS_TRANSITIONAL and has_status:
        # Whoever is born here or loses Japanese nationality has no status yet (入管法22条の2).
        return "not_transitional"
    if change.action == CORRECTED and (not change.items or not set(change.items) <= _ITEMS):
        return "unknown_item"
    return ""


def _lacks(settings: Settings, recorded: Person | None, change: Change) -> str:
    """The item that the record, or the filing that is passed on, would not have; empty when all are there."""
    known, change = _status_given(recorded, change)
    if change.action in (MADE, CORRECTED) and (
        items := missing(written(known, change), settings.not_insisted_on)
    ):
        return items[0]
    if not change.article:
        return ""
    passed_on = _passed_on(known, change)
    return "address" if not passed_on.address else "card_number" if not passed_on.card_number else ""


def _status_given(recorded: Person | None, change: Change) -> tuple[Person | None, Change]:
    """The record with the class that a transitional resident's new card shows, and the change that it makes.

    Who acquired a status shows it at the next filing; the record is corrected ex officio with the items of
    the card, and the agency is told, since no notice of its own led to it.
    """
    if (
        recorded is None
        or recorded.person_class is not PersonClass.TRANSITIONAL_STAY
        or change.person.person_class is PersonClass.TRANSITIONAL_STAY
        or change.action in (MADE, REMOVED)
        or change.items
    ):
        return recorded, change
    card: dict[str, Any] = {item: getattr(change.person, item) for item in CARD_ITEMS}
    recorded = msgspec.structs.replace(recorded, **card)
    if change.action is None:
        change = msgspec.structs.replace(
            change,
            action=CORRECTED,
            reason=EX_OFFICIO,
            governing=str(Governing.BOTH),
            notify=True,
            items=CARD_ITEMS,
        )
    return recorded, change


def written(recorded: Person | None, change: Change) -> Person:
    """The record after the change.

    What the register already holds is newer than a form (a notice may have changed the card since), so that
    of a form only the items count that the change is about.
    """
    if recorded is None:
        after = change.person
    elif change.items:
        given: dict[str, Any] = {item: getattr(change.person, item) for item in change.items}
        return msgspec.structs.replace(recorded, **given)
    else:
        after = recorded
    if change.action == REMOVED:
        return after
    given = {}
    if change.new_address:
        given["address"] = change.new_address
    begins = change.action == MADE and change.ground in BEGINS_RESIDENCE
    if begins and after.became_resident_date is None:
        given["became_resident_date"] = change.event_date
    return msgspec.structs.replace(after, **given) if given else after


def _passed_on(recorded: Person | None, change: Change) -> Person:
    """The person as a residence filing tells of one: the place of residence is the filing's."""
    known = recorded or change.person
    return msgspec.structs.replace(known, address=change.new_address) if change.new_address else known


def write(settings: Settings, state: RegistryState, change: Change, now: Instant) -> Step:
    """Writes the change, raises what its class says, and looks after who gets or loses a record by it."""
    ref = change.person.ref
    recorded = state.resident(ref)
    if change.action == REMOVED and recorded is None:
        return refuse(change, "not_registered")
    known, change = _status_given(recorded, change)
    after = written(known, change)
    before = change.person.address if change.action == MADE or recorded is None else recorded.address
    records: list[AnyRecord] = []
    entries: list[Entry] = []
    notice = passed_on = ""
    if change.notify and change.action is not None:
        notice = raising.record_id(settings, state)
        records.append(
            raising.notice(
                notice,
                change.action,
                change.reason,
                after,
                change.event_date,
                change.filed_date,
                previous=before if change.action != REMOVED and before != after.address else "",
                following=change.new_address if change.action == REMOVED else "",
            )
        )
    told = after if change.action in (MADE, CORRECTED) and not change.items else _passed_on(known, change)
    previous = before if before != told.address else ""
    if change.article:
        passed_on = raising.record_id(settings, state)
        records.append(
            raising.transmission(
                passed_on,
                change.article,
                change.deemed,
                told,
                change.event_date,
                change.filed_date,
                previous=previous,
            )
        )
    version = Version(
        on=japan_date(now),
        action=change.action or NOTIFIED,
        ground=change.ground,
        case=change.case,
        person=after if change.action is not None else told,
        items=() if recorded is None else changed(recorded, after) if change.action == CORRECTED else (),
        event_date=change.event_date,
        filed_date=change.filed_date,
        notice=notice,
        transmission=passed_on,
        article=change.article,
        deemed=change.deemed,
        previous=previous,
        own=True,
    )
    if change.action is not None:
        data: Data = {"filing": change.ground, "event_date": change.event_date.isoformat()}
        entries.append(Entry(f"record_{change.action}", change.case, ref, data))
        state.append(ref, version)
    elif change.article:
        state.append(ref, version)
    if change.no_record and _only_an_abode(recorded, change):
        action = ABODE_RECORDED if state.abode(ref) is None else ABODE_CORRECTED
        state.append(ref, Version(japan_date(now), action, change.ground, change.case, told, own=True))
        entries.append(Entry("abode_recorded", change.case, ref))
    entries += [
        raising.kept(settings, state, record, change.case, ref, change.governing, now) for record in records
    ]
    if change.action == MADE:
        entries += abodes.end(state, ref, change.ground, change.case, now)
    wakes = transitional.ends(after) if change.action == MADE else ()
    return Step(sends=raising.outbound(settings, records), wakes=wakes, entries=tuple(entries))


def _only_an_abode(recorded: Person | None, change: Change) -> bool:
    return recorded is None and change.person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
