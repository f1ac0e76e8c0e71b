"""居住地: special permanent residents who live here without 住民票 (seed 003, line 105).

They are among those whom the exchange is about, and whoever looks at 住民票 alone misses them: their
certificates are handed over here, and the agency's notices about them are taken in by hand like those of the
others. A residence filing without 住民票 (`Revise.no_record`) enters them too.
"""

from __future__ import annotations

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Entry
from sim.base.node import Reply, Step
from sim.law.kinds import PersonClass
from sim.nodes.messages.registry import RecordAbode, RemoveAbode
from sim.nodes.registry.history import ABODE_CORRECTED, ABODE_RECORDED, ABODE_REMOVED, Version
from sim.nodes.registry.items import changed
from sim.nodes.registry.state import RegistryState


def record(state: RegistryState, body: RecordAbode, now: Instant) -> Step:
    """Enters the abode, or corrects its address: of a form only that is newer than the register."""
    person = body.person
    if person.person_class is not PersonClass.SPECIAL_PERMANENT_RESIDENT:
        return _refuse(body.case, person.ref, "not_special_permanent")
    if state.resident(person.ref) is not None:
        return _refuse(body.case, person.ref, "already_registered")
    today = japan_date(now)
    before = state.abode(person.ref)
    if before is None:
        version = Version(today, ABODE_RECORDED, "abode", body.case, person, own=True)
    else:
        after = msgspec.structs.replace(before, address=person.address)
        items = changed(before, after)
        version = Version(today, ABODE_CORRECTED, "abode", body.case, after, items, own=True)
    state.append(person.ref, version)
    return Step(entries=(Entry("abode_recorded", body.case, person.ref),))


def remove(state: RegistryState, body: RemoveAbode, now: Instant) -> Step:
    """Takes the entry out; the history keeps it."""
    person = state.abode(body.ref)
    if person is None:
        return _refuse(body.case, body.ref, "not_registered")
    version = Version(japan_date(now), ABODE_REMOVED, "abode", body.case, person, own=True)
    state.append(body.ref, version)
    return Step(entries=(Entry("abode_removed", body.case, body.ref),))


def end(state: RegistryState, ref: str, ground: str, case: str, now: Instant) -> list[Entry]:
    """Who has a 住民票 from now on is no longer among those without one."""
    person = state.abode(ref)
    if person is None:
        return []
    state.append(ref, Version(japan_date(now), ABODE_REMOVED, ground, case, person, own=True))
    return [Entry("abode_removed", case, ref)]


def _refuse(case: str, ref: str, reason: str) -> Step:
    return Step(Reply(False, reason), entries=(Entry("revision_refused", case, ref, {"reason": reason}),))
