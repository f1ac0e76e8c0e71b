"""The agency's clock of 90 days for notifying a place of residence (入管法22条の4第1項), followed by person.

    begins     landing or permission, told to the agency; leaving the notified residence, which a register's
               notice tells (moving out on its day, moving within or in on the day of the move)
    stops      a residence notification arrives: transmitted separately or deemed
    is over    on the day after the last one: without a notification the person is a candidate

One wake for each period that begins, and none for anybody else. The law is `sim.law.revocation`: nothing is
revoked here, and no excuse is judged. A candidate is what the agency sees, which is late by as much as the
link: when the transmission arrives after all, the candidate is withdrawn, and the entry says whether the
notification had been filed in time. Never for special permanent residents (特別永住者): their Act knows no
such ground.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Table, Tables, Wake
from sim.exchange.records import MunicipalityNotice, MunicipalityTransmission
from sim.law.kinds import PersonClass
from sim.law.revocation import Facts, Ground, Status, assess, last_day
from sim.nodes.messages.agency import PeriodOver

LEAVING = frozenset({"moving_out", "moving_within", "moving_in"})
"""Reasons of a register's notice that show that the person left the residence notified before."""

GONE = frozenset({"death", "naturalized"})
"""Reasons of a removed record after which no period runs."""


class Period(msgspec.Struct, frozen=True):
    """A period of a person. `left`: the municipality whose notice `begun_by` told of the leaving.

    `stopped_by`: the record that notified a residence. `found`: journalled as a candidate.
    """

    ground: Ground
    start: date
    left: str = ""
    begun_by: str = ""
    stopped_by: str = ""
    found: bool = False


class Notified(msgspec.Struct, frozen=True):
    """The last residence notification of a person, by the day of its filing."""

    record: str
    filed: date


_PERIODS = Table("period", Period, secret=True)
_NOTIFIED = Table("residence_notified", Notified, secret=True)

Follows = tuple[tuple[Wake, ...], tuple[Entry, ...]]
NOTHING: Follows = ((), ())


class Periods:
    """The periods of all mid-long-term residents of whom one began."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, ref: str) -> Period | None:
        """The person's latest period."""
        return self._tables.get(_PERIODS, ref)

    # --- what begins one ----------------------------------------------------------------------------
    def became_resident(self, ref: str, person_class: PersonClass, on: date, first_day: date) -> Follows:
        """Landing or permission: the first place of residence is to be notified (item 8)."""
        if person_class is not PersonClass.MID_LONG_TERM_RESIDENT:
            return NOTHING
        return self._begin(ref, Period(Ground.NOT_NOTIFIED, on), first_day)

    def told(
        self, record: MunicipalityNotice, sender: str, held: bool, first_day: date, now: Instant
    ) -> Follows:
        """A register's notice was taken in. `held`: the sender held the record until now, or nobody did."""
        ref = record.person_ref
        if record.cancels:
            return self._undone(ref, record.cancels, now)
        if record.reason in GONE:
            self.end(ref)
            return NOTHING
        if record.person_class != PersonClass.MID_LONG_TERM_RESIDENT or record.reason not in LEAVING:
            return NOTHING
        if record.action == "removed" and not held:
            return NOTHING  # late news from the municipality before: the person is recorded elsewhere
        running = self.get(ref)
        if running is not None and not running.stopped_by:
            return NOTHING  # nothing was notified since the first leaving, or since the permission
        left = "" if record.action == "made" else sender
        period = Period(Ground.NOT_RENEWED, record.event_date, left, record.record_id)
        return self._begin(ref, period, first_day)

    def _begin(self, ref: str, period: Period, first_day: date) -> Follows:
        if period.start < first_day:
            return NOTHING
        notified = self._tables.get(_NOTIFIED, ref)
        if notified is not None and notified.filed >= period.start:
            return NOTHING  # the notification came sooner than the news of what it follows
        self._tables.put(_PERIODS, ref, period)
        over = instant(last_day(period.start) + timedelta(days=1))
        return (Wake(over, PeriodOver(ref, period.start)),), ()

    # --- what stops one -----------------------------------------------------------------------------
    def transmitted(self, record: MunicipalityTransmission, sender: str, now: Instant) -> Follows:
        """A residence notification was taken in, or one is undone."""
        if record.cancels:
            return self._undone(record.person_ref, record.cancels, now)
        return self.notified(record.person_ref, record.record_id, record.filed_date, sender, now)

    def notified(self, ref: str, record: str, filed: date, sender: str, now: Instant) -> Follows:
        """A place of residence was notified on the day `filed`, and the agency hears of it now."""
        latest = self._tables.get(_NOTIFIED, ref)
        if latest is None or latest.filed <= filed:
            self._tables.put(_NOTIFIED, ref, Notified(record, filed))
        period = self.get(ref)
        if period is None or period.stopped_by:
            return NOTHING
        if filed < period.start and sender == period.left:
            return NOTHING  # that was the residence which was left
        self._tables.put(_PERIODS, ref, msgspec.structs.replace(period, stopped_by=record, found=False))
        return ((), (_withdrawn(ref, period, filed, now),)) if period.found else NOTHING

    def end(self, ref: str) -> None:
        """The person is in no class any more that has a clock."""
        self._tables.delete(_PERIODS, ref)

    def _undone(self, ref: str, record: str, now: Instant) -> Follows:
        """A record is cancelled: what it began has not begun, what it stopped runs on."""
        period = self.get(ref)
        notified = self._tables.get(_NOTIFIED, ref)
        if notified is not None and notified.record == record:
            self._tables.delete(_NOTIFIED, ref)
        if period is not None and period.begun_by == record:
            self.end(ref)
            return ((), (_withdrawn(ref, period, None, now),)) if period.found else NOTHING
        if period is not None and period.stopped_by == record:
            period = msgspec.structs.replace(period, stopped_by="")
            self._tables.put(_PERIODS, ref, period)
            return self._judge(ref, period, now)
        return NOTHING

    # --- the day after ------------------------------------------------------------------------------
    def over(self, due: PeriodOver, now: Instant) -> Follows:
        """The last day has passed."""
        period = self.get(due.ref)
        if period is None or period.start != due.start or period.stopped_by or period.found:
            return NOTHING
        return self._judge(due.ref, period, now)

    def _judge(self, ref: str, period: Period, now: Instant) -> Follows:
        found = assess(_facts(period, now))
        if not found.candidate:
            return NOTHING
        self._tables.put(_PERIODS, ref, msgspec.structs.replace(period, found=True))
        data = _told(period) | {"clause": found.clause, "rests_on": list(found.unconfirmed)}
        return (), (Entry("candidate_found", "", ref, data),)


def _facts(period: Period, now: Instant, notified: date | None = None) -> Facts:
    return Facts(
        person_class=PersonClass.MID_LONG_TERM_RESIDENT,
        ground=period.ground,
        start=period.start,
        as_of=japan_date(now),
        notified=notified,
    )


def _told(period: Period) -> Data:
    return {
        "ground": str(period.ground),
        "start": period.start.isoformat(),
        "last_day": last_day(period.start).isoformat(),
    }


def _withdrawn(ref: str, period: Period, filed: date | None, now: Instant) -> Entry:
    """The candidate was none, or is one no longer for want of a notification.

    `filed`: when the residence was notified; None when the leaving itself was cancelled. One who notified
    late stays open to the Minister's judgement, which `status` says.
    """
    data = _told(period) | {"arrived_date": japan_date(now).isoformat()}
    if filed is None:
        return Entry("candidate_withdrawn", "", ref, data | {"filed_date": None, "why": "leaving_cancelled"})
    found = assess(_facts(period, now, max(filed, period.start)))
    data |= {
        "filed_date": filed.isoformat(),
        "why": "filed_in_time" if found.status is Status.STOPPED else "filed_late",
        "status": str(found.status),
        "rests_on": list(found.unconfirmed),
    }
    return Entry("candidate_withdrawn", "", ref, data)
