"""Until when a filing must be made: from which day the period runs, how long it is, where it ends.

The period runs from the day of the event, which is not counted, and a limit on a closed day moves to the next
open one. The event is a day of the person's life: the day of moving, of coming into a class, of beginning to
live at the place. It is never the day of landing or of a lease (a secondary source), and for one who lives
there already it is the day of the permission.

A moving-out filing comes beforehand. The 90 days of revocation are no filing period (`revocation`); births
count otherwise (`birth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from sim.base.errors import UsageError
from sim.law import calendar
from sim.law.calendar import Reason, closed_reason, count_days, in_japanese, next_open
from sim.law.changes import SYSTEM_FIRST_DAY
from sim.law.citation import citation
from sim.law.deeming import LIVING_HERE, residence_duty
from sim.law.kinds import Filing, History, PersonClass, StartDay
from sim.law.worded import Worded

FILING_DAYS: Final = 14
"""Length of every filing period here, in days; the articles are those of `PERIODS`."""

EX_OFFICIO_AFTER: Final = 14
"""A moving-out notified more than this many days after the move is no filing any more."""

CLAUSES: Final[dict[Filing, str]] = {
    Filing.MOVING_IN: "juki.22",
    Filing.MOVING_WITHIN: "juki.23",
    Filing.MOVING_OUT: "juki.24",
    Filing.HOUSEHOLD_CHANGE: "juki.25",
    Filing.ENTRY_FROM_ABROAD: "juki.30-46",
    Filing.BECAME_RESIDENT_STATUS: "juki.30-47",
    Filing.RELATIONSHIP_CHANGE: "juki.30-48",
    Filing.RESIDENCE_NOTIFICATION: "immi.residence-notification",
}
"""The provision that sets each filing's period. Which article a residence notification falls under depends on
the person: `residence_deadline` knows it, `deadline` cites the articles as a group."""


class Period(NamedTuple):
    """From which day a period runs, and on what that rests beyond the Act's own words."""

    start: StartDay
    rests_on: tuple[str, ...] = ()


_PASSED_ON: Final = ("residence-notification-extension",)

PERIODS: Final[dict[str, Period]] = {
    "juki.22": Period(StartDay.MOVED_IN),
    "juki.23": Period(StartDay.MOVED_WITHIN),
    "juki.24": Period(StartDay.PLANNED_TO_LEAVE, ("moving-out-beforehand",)),
    "juki.25": Period(StartDay.HOUSEHOLD_CHANGED, ("household-filings",)),
    "juki.30-46": Period(StartDay.MOVED_IN),
    "juki.30-47": Period(StartDay.JOINED_CLASS),
    "juki.30-48": Period(StartDay.HOUSEHOLD_CHANGED, ("household-filings",)),
    "immi.residence-notification": Period(StartDay.SETTLED, ("settled-day", *_PASSED_ON)),
    "immi.19-7-1": Period(StartDay.SETTLED, ("settled-day", *_PASSED_ON)),
    "immi.19-8-1": Period(StartDay.SETTLED, ("settled-day", *_PASSED_ON)),
    "immi.19-9-1": Period(StartDay.MOVED_RESIDENCE, _PASSED_ON),
    "special.10-1": Period(StartDay.SETTLED, ("settled-day", *_PASSED_ON)),
    "special.10-2": Period(StartDay.MOVED_RESIDENCE, _PASSED_ON),
}
"""Every filing period, by the provision that sets it: 14 days from `start`, but juki.24, which is due before
it."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a filing period, and how it came about.

    `event` is the day from which the period runs, of the kind `start`; `counted_last_day` is where the count
    ended before closed days were skipped; `clause` is a citation id.
    """

    filing: Filing
    event: date
    counted_last_day: date
    last_day: date
    clause: str
    start: StartDay

    @property
    def why_ja(self) -> str:
        """One Japanese sentence on how the last day came about."""
        event, last = in_japanese(self.event), in_japanese(self.last_day)
        if self.start is StartDay.PLANNED_TO_LEAVE:
            return f"転出届はあらかじめ行うため、転出予定日の{last}までが期限です。"
        counted = f"{self.start.ja}（{event}）の翌日から数えて{FILING_DAYS}日目"
        reason = self._closed()
        if reason is None:
            return f"{counted}の{last}が期限です。"
        closed = f"{in_japanese(self.counted_last_day)}（{reason.ja}）"
        return f"{counted}は{closed}で閉庁日のため、次の開庁日の{last}が期限です。"

    @property
    def why_en(self) -> str:
        """One English sentence on how the last day came about."""
        if self.start is StartDay.PLANNED_TO_LEAVE:
            return (
                f"A moving-out filing is made beforehand: the planned day, {self.last_day}, is the last day."
            )
        counted = (
            f"Day {FILING_DAYS}, counted from the day after the {self.start.en} ({self.event}),"
            f" is {self.counted_last_day}"
        )
        reason = self._closed()
        if reason is None:
            return f"{counted}, which is the last day."
        return (
            f"{counted} ({reason.en}), a closed day, so the last day is the next open day, {self.last_day}."
        )

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of what this answer rests on and nobody could confirm (`sim.law.unconfirmed`)."""
        rests_on = PERIODS[self.clause].rests_on
        if self.start is StartDay.PLANNED_TO_LEAVE:
            return rests_on
        return (*rests_on, *calendar.rests_on(self.counted_last_day, self.last_day))

    def as_dict(self) -> dict[str, object]:
        """The answer as plain values for JSON: the clause as it is numbered on the day of the event."""
        clause = citation(self.clause, self.event)
        return {
            "filing": self.filing.value,
            "event": self.event.isoformat(),
            "start": self.start.value,
            "counted_last_day": self.counted_last_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "clause": clause.ja,
            "clause_en": clause.en,
            "clause_id": self.clause,
            "why": self.why_ja,
            "why_en": self.why_en,
            "unconfirmed": list(self.unconfirmed),
        }

    def _closed(self) -> Reason | None:
        return None if self.last_day == self.counted_last_day else closed_reason(self.counted_last_day)


def deadline(filing: Filing, event: date) -> Deadline:
    """The last day on which `filing` may be made for an event on the day `event`.

    `event` is the day from which the period runs, whatever `PERIODS` calls it; where it must first be found
    out, ask `residence_deadline`.

    Source: 住民基本台帳法 art. 22 para. 1, arts. 23, 25, 30-46, 30-47, 30-48; 入管法 arts. 19-7 to 19-9, each
    para. 1; 入管特例法 art. 10 paras. 1 and 2: within 14 days. Art. 24: beforehand, so that the planned day,
    given as `event`, is itself the last day, on a closed day too (UNCONFIRMED `moving-out-beforehand`). Arts.
    25 and 30-48 from background (UNCONFIRMED `household-filings`). For foreign residents from 2012-07-09.

    Raises:
        UsageError: the event lies before 2012-07-09.
    """
    clause = CLAUSES[filing]
    return _deadline(filing, clause, event, PERIODS[clause].start)


def residence_deadline(
    person_class: PersonClass, history: History, settled: date, permitted: date | None = None
) -> Deadline:
    """The last day of a residence notification (住居地届出) under the article that applies to the person.

    `settled`: the day on which the person began to live at the place, or moved to it; `permitted`: the day of
    the permission, which counts for those who live there already and for nobody else.

    Source: 入管法 arts. 19-7, 19-8, 19-9, each para. 1 (19-8: the later of beginning to live there and the
    permission); 入管特例法 art. 10 paras. 1 and 2; from 2012-07-09.

    Raises:
        UsageError: the class owes no notification; the day of the permission is missing for art. 19-8; the
            period begins before 2012-07-09; or one who lives there already began to after the permission.
    """
    clause = residence_duty(person_class, history)
    if clause is None:
        raise UsageError(
            f"nothing is to be notified: {person_class.en}, {history.en}",
            expected="a person who owes a residence notification",
            received=f"{person_class.value}, {history.value}",
            where="sim.law.filing_period.residence_deadline",
            remedy="ask for the register filing instead",
        )
    start = PERIODS[clause].start
    if clause == "immi.19-8-1":
        if permitted is None:
            raise UsageError(
                "the day of the permission is missing",
                expected="the day on which the permission was given",
                received=f"none, for {history.value}",
                where="sim.law.filing_period.residence_deadline",
                remedy="give the day of the permission; the period runs from it when the person lives there"
                " already",
            )
        if settled > permitted and history in LIVING_HERE:
            raise UsageError(
                "one who lives there already did not begin to after the permission",
                expected=f"a day until the permission, {permitted}",
                received=settled.isoformat(),
                where="the day one began to live there",
                remedy=f"give that day, or take the history {History.PERMITTED_NO_RESIDENCE.value}",
            )
        if settled <= permitted:
            settled, start = permitted, StartDay.PERMITTED
    return _deadline(Filing.RESIDENCE_NOTIFICATION, clause, settled, start)


def in_time(deadline: Deadline, filed: date) -> bool:
    """Whether a filing made on the day `filed` keeps the limit; that it may not come too early is not asked.

    Source: as `deadline`; the last day counts to its end.
    """
    return filed <= deadline.last_day


class MovingOut(Worded):
    """How a municipality handles the news that somebody moves or moved away."""

    BEFOREHAND = ("beforehand", "転出前の転出届", "a moving-out filing made beforehand")
    """A moving-out filing (転出届) as the Act wants it: by the day of the move."""
    LATE = ("late", "転出後の転出届", "a moving-out filing made after the move")
    """A moving-out filing after the move, up to day 14."""
    EX_OFFICIO = ("ex_officio", "職権による記載", "recorded ex officio as moved away, and no filing")
    """No filing any more: the record is removed ex officio (職権), from day 15."""


def moving_out_handling(moved: date, notified: date) -> MovingOut:
    """How a moving-out on the day `moved`, notified on the day `notified`, is handled.

    The 14 days are counted from the day after the move and are not extended over closed days (UNCONFIRMED
    `moving-out-ex-officio`).

    Source: 住民基本台帳法 art. 24 (beforehand); 住民記録システム標準仕様書 1.0, 4.1.3.0.1 (14 days gone by
    make it a record ex officio).
    """
    if notified <= moved:
        return MovingOut.BEFOREHAND
    if notified <= count_days(moved, EX_OFFICIO_AFTER):
        return MovingOut.LATE
    return MovingOut.EX_OFFICIO


@lru_cache(maxsize=4096)
def _deadline(filing: Filing, clause: str, event: date, start: StartDay) -> Deadline:
    if event < SYSTEM_FIRST_DAY:
        raise UsageError(
            "the rules on foreign residents' filings were not in force yet",
            expected=f"an event from {SYSTEM_FIRST_DAY} on",
            received=event.isoformat(),
            where="sim.law.filing_period.deadline",
            remedy="give a day on which the rules were in force",
        )
    if start is StartDay.PLANNED_TO_LEAVE:
        return Deadline(filing, event, event, event, clause, start)
    counted = count_days(event, FILING_DAYS)
    return Deadline(filing, event, counted, next_open(counted), clause, start)
