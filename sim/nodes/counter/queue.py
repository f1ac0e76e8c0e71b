"""Who is served when: a window and a clerk who may do all that the visit needs, first come first served.

Theory of operation. A visit that can be served is served at once; else it waits. Each service in progress
while somebody waits ends with one wake, which calls one visit. That is enough: the end of one service frees
one window and one clerk, and so can make way for one visit only. Whoever waits for a clerk with training is
passed by one who can do without. There is never more than one wake to a visit.

Whoever came within opening hours is served, past closing time too (our choice: a number drawn in time
counts); at midnight whoever still waits is sent home, since a filing bears the day on which people came.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import msgspec

from sim.base.instant import MINUTE, Instant, at_time, japan_date
from sim.base.node import Wake
from sim.law.deeming import SETTLING
from sim.law.kinds import Filing
from sim.nodes.counter.desk import AT_THE_COUNTER
from sim.nodes.counter.office import Office, Role
from sim.nodes.counter.state import CounterState, Service, Waiting
from sim.nodes.messages.counter import CallNext, Visit

ENDORSES = SETTLING | {Filing.RESIDENCE_NOTIFICATION}
"""The filings after which a card bears another place of residence."""


def needs(visit: Visit) -> frozenset[Role]:
    """What the clerk of a visit must be able to do; nothing for other business."""
    found = set()
    for form in visit.filings:
        found.add(Role.FILING)
        if form.card in AT_THE_COUNTER:
            found.add(Role.CARD_READING)
            if form.filing in ENDORSES:
                found.add(Role.ENDORSEMENT)
    return frozenset(found)


def is_open(office: Office, closed_day: bool, now: Instant) -> bool:
    """Whether people are let in: on an open day, from opening to before closing."""
    day = japan_date(now)
    return not closed_day and at_time(day, office.opens) <= now < at_time(day, office.closes)


def next_served(office: Office, state: CounterState, now: Instant) -> tuple[Waiting, str] | None:
    """The first who waits and for whom there is a window and a clerk, taken out of the queue; None if none.

    With the id of the clerk, empty where staff is no matter.
    """
    services = state.at_windows(now)
    if office.capacity is not None and len(services) >= office.capacity:
        return None
    busy = {service.clerk for service in services}
    for key, waiting in state.waiting():
        clerk = _clerk(office, needs(waiting.visit), busy, japan_date(now))
        if clerk is not None:
            state.stop_waiting(key)
            until = Instant(now + waiting.visit.minutes * MINUTE)
            state.set_windows((*services, Service(until, clerk)))
            return waiting, clerk
    return None


def calls(state: CounterState, now: Instant) -> tuple[Wake, ...]:
    """The wakes at the ends of services for those who still wait; none for an end that has its wake."""
    if not state.waiting():
        return ()
    services = state.at_windows(now)
    uncalled = [service for service in services if not service.called]
    if uncalled:
        state.set_windows(tuple(msgspec.structs.replace(service, called=True) for service in services))
    return tuple(Wake(service.until, CallNext()) for service in uncalled)


def overdue(state: CounterState, today: date) -> list[Waiting]:
    """Those who still wait since another day, taken out of the queue."""
    found = []
    for key, waiting in state.waiting():
        if japan_date(waiting.arrived) != today:
            state.stop_waiting(key)
            found.append(waiting)
    return found


def _clerk(office: Office, wanted: frozenset[Role], busy: Collection[str], day: date) -> str | None:
    """A free clerk for it, the one who may do least, so that the others stay free; None without one."""
    if not office.clerks:
        return ""
    able = [c for c in office.clerks if c.id not in busy and c.may_all(wanted, day)]
    return min(able, key=lambda clerk: len(clerk.roles)).id if able else None
