"""異動の取消し: a change is taken back, which adds to the history (住民記録システム標準仕様書 1.0, 4.6.0.1).

The state before the change is restored as a new version, and the agency is told by records that name the ones
which they take back. Changes are taken back in the reverse order: a later one of this municipality's own that
touches the same items comes first. What an agency notice changed meanwhile stays as the notice says, and a
notice itself is the agency's to take back. A record that the agency rejected need not be taken back there.
(UNCONFIRMED `register-cancelling-order`.)
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Step, Wake
from sim.exchange.records import AnyRecord
from sim.law.kinds import Governing
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import CancelRevision
from sim.nodes.registry import abodes, raising, transitional
from sim.nodes.registry.history import (
    ABODE_RECORDED,
    ABODE_REMOVED,
    CORRECTED,
    KEEPS_RECORD,
    MADE,
    NOTIFIED,
    REMOVED,
    Version,
    cancelled,
)
from sim.nodes.registry.items import changed
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState

CANCELLATION: Final = "cancellation"
INVERSE: Final = {MADE: REMOVED, CORRECTED: CORRECTED, REMOVED: MADE, NOTIFIED: NOTIFIED}


def cancel(settings: Settings, state: RegistryState, body: CancelRevision, now: Instant) -> Step:
    """Takes back what the case `cancels` did to the person's record, or the plan that it made."""
    plan = state.planned_removal(body.ref)
    if plan is not None and plan.case == body.cancels:
        state.drop_plan(body.ref)
        return Step(entries=(Entry("revision_cancelled", body.case, body.ref, {"cancels": body.cancels}),))
    history = state.history(body.ref)
    of_case = (n for n, one in enumerate(history, 1) if one.case == body.cancels and _can_be_meant(one))
    number = max(of_case, default=0)
    reason = _refusal(state, body.ref, history, number)
    if reason:
        entry = Entry("revision_refused", body.case, body.ref, {"reason": reason})
        return Step(Reply(False, reason), entries=(entry,))
    return _take_back(settings, state, body, history, number, now)


def _can_be_meant(version: Version) -> bool:
    return version.own and version.action in INVERSE and not version.cancels


def _refusal(state: RegistryState, ref: str, history: list[Version], number: int) -> str:
    """Why the change cannot be taken back now, or nothing."""
    if not number:
        return "nothing_to_cancel"
    taken_back = cancelled(history)
    if number in taken_back:
        return "already_cancelled"
    change = history[number - 1]
    if change.action == NOTIFIED:
        return ""
    recorded = state.resident(ref)
    if (change.action == REMOVED) == (recorded is not None):
        return "later_change"  # removed or made since, by somebody
    if any(later.action == ABODE_REMOVED and not later.own for later in history[number:]):
        return "later_change"  # the agency has had the person struck off who had an abode only by then
    for n, later in enumerate(history[number:], number + 1):
        if not _can_be_meant(later) or n in taken_back or later.action == NOTIFIED:
            continue
        whole = change.action != CORRECTED or later.action != CORRECTED
        if whole or set(later.items) & set(change.items):
            return "later_change"
    return ""


def _take_back(
    settings: Settings,
    state: RegistryState,
    body: CancelRevision,
    history: list[Version],
    number: int,
    now: Instant,
) -> Step:
    change, ref, today = history[number - 1], body.ref, japan_date(now)
    action = INVERSE[change.action]
    recorded = state.resident(ref)
    after = _restored(change, recorded, history, number)
    records: list[AnyRecord] = []
    notice = passed_on = ""
    if change.notice and not state.was_rejected(change.notice):
        notice = raising.record_id(settings, state)
        records.append(
            raising.notice(notice, action, CANCELLATION, after, today, today, cancels=change.notice)
        )
    if change.transmission and not state.was_rejected(change.transmission):
        # The filing as it was passed on, word for word: that is what is taken back.
        passed_on = raising.record_id(settings, state)
        records.append(
            raising.transmission(
                passed_on,
                change.article,
                change.deemed,
                change.person,
                change.event_date or today,
                change.filed_date or today,
                previous=change.previous,
                cancels=change.transmission,
            )
        )
    version = Version(
        on=today,
        action=action,
        ground=CANCELLATION,
        case=body.case,
        person=after,
        items=changed(recorded, after) if recorded is not None and action == CORRECTED else (),
        event_date=today,
        filed_date=today,
        notice=notice,
        transmission=passed_on,
        cancels=number,
        own=True,
    )
    state.append(ref, version)
    entries = [Entry("revision_cancelled", body.case, ref, {"cancels": body.cancels})]
    if action != NOTIFIED:
        data: Data = {"filing": CANCELLATION, "event_date": today.isoformat()}
        entries.append(Entry(f"record_{action}", body.case, ref, data))
    law = str(Governing.REGISTER if not passed_on else Governing.BOTH if notice else Governing.IMMIGRATION)
    entries += [raising.kept(settings, state, record, body.case, ref, law, now) for record in records]
    if action == MADE:
        entries += abodes.end(state, ref, CANCELLATION, body.case, now)
    else:
        entries += _abode_back(state, body, history, number, now)
    wakes = _wakes(action, after, now)
    return Step(sends=raising.outbound(settings, records), wakes=wakes, entries=tuple(entries))


def _restored(change: Version, recorded: Person | None, history: list[Version], number: int) -> Person:
    """The record without the change: each item of it as it was before, unless a notice gave it since."""
    if change.action == REMOVED:
        # Meanwhile the person may have had an abode only, and a notice or a certificate changed that entry.
        others = [later for later in history[number:] if not later.own]
        since = {item: getattr(later.person, item) for later in others for item in later.items}
        return msgspec.structs.replace(change.person, **since)
    if change.action != CORRECTED or recorded is None:
        return recorded or change.person
    before = next(v.person for v in reversed(history[: number - 1]) if v.action in KEEPS_RECORD)
    by_notice = {item for later in history[number:] for item in later.given}
    back: dict[str, Any] = {item: getattr(before, item) for item in change.items if item not in by_notice}
    return msgspec.structs.replace(recorded, **back)


def _abode_back(
    state: RegistryState, body: CancelRevision, history: list[Version], number: int, now: Instant
) -> list[Entry]:
    """What the change did to the person's entry as an abode only is undone with it."""
    change = history[number - 1]
    beside = history[number] if number < len(history) else None
    if beside is None or beside.case != change.case:
        return []
    if beside.action == ABODE_REMOVED:
        action = ABODE_RECORDED
    elif beside.action == ABODE_RECORDED and state.abode(body.ref) is not None:
        action = ABODE_REMOVED
    else:
        return []
    person = state.abode(body.ref) or beside.person
    state.append(body.ref, Version(japan_date(now), action, CANCELLATION, body.case, person, own=True))
    return [Entry(action, body.case, body.ref)]


def _wakes(action: str, person: Person, now: Instant) -> tuple[Wake, ...]:
    """A restored transitional stay still ends on its day, unless that has gone by."""
    ends = transitional.ends(person) if action == MADE else ()
    return tuple(wake for wake in ends if wake.at > now)
