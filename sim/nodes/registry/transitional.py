"""経過滞在: who is recorded without a status, after a birth here or the loss of Japanese nationality.

Such a person is a resident of a class of its own for at most 60 days (入管法22条の2, `sim.law.birth`). A
status that is given before changes the class, by an agency notice or by the card that is shown with a filing.
If none was given, the record is removed ex officio on the day after the last one, and the agency is told: no
notice of its own led to the removal. From when the days count is the day of becoming a foreign resident, an
item of the record; a record that lacks it waits for the agency's notice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Step, Wake
from sim.law.birth import transitional_stay
from sim.law.kinds import Governing, PersonClass
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import TransitionalStayEnds
from sim.nodes.registry import raising
from sim.nodes.registry.changes import EX_OFFICIO
from sim.nodes.registry.history import REMOVED, Version
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState

GROUND: Final = "transitional_stay_ended"


def ends(person: Person) -> tuple[Wake, ...]:
    """When the register must look at the person's transitional stay; nothing for any other class."""
    since = person.became_resident_date
    if person.person_class is not PersonClass.TRANSITIONAL_STAY or since is None:
        return ()
    return (Wake(instant(_day_after(since)), TransitionalStayEnds(person.ref, since)),)


def end(settings: Settings, state: RegistryState, due: TransitionalStayEnds, now: Instant) -> Step:
    """The last day has gone by: without a status there is no record any more.

    Nobody filed it, so its case is the end itself: `T-`, the person, and the day from which the days counted.
    """
    person = state.resident(due.ref)
    if (
        person is None
        or person.person_class is not PersonClass.TRANSITIONAL_STAY
        or person.became_resident_date != due.since
    ):
        return Step()  # left, or has a status now
    today = japan_date(now)
    event, case = _day_after(due.since), f"T-{due.ref}-{due.since:%Y%m%d}"
    number = raising.record_id(settings, state)
    record = raising.notice(number, REMOVED, EX_OFFICIO, person, event, today)
    version = Version(
        today, REMOVED, GROUND, case, person, event_date=event, filed_date=today, notice=number, own=True
    )
    state.append(due.ref, version)
    data: Data = {"filing": GROUND, "event_date": event.isoformat()}
    entries = (
        Entry("record_removed", case, due.ref, data),
        raising.kept(settings, state, record, case, due.ref, str(Governing.REGISTER), now),
    )
    return Step(sends=raising.outbound(settings, [record]), entries=entries)


def _day_after(since: date) -> date:
    return transitional_stay(since).stay_until + timedelta(days=1)
