"""Until when a filing must be made: 14 days after the event, closed days at the end carried over.

The event is, for a register filing, the day of moving or of coming into a class; for a residence
notification, the day on which the person began to live at the place or moved to it, or the day of the
permission for one who lives here already (入管法 art. 19-8 para. 1); never the day of landing or of a lease.

Left to the issue on the whole law: what an office does with a filing after the limit (a record made ex
officio (職権) from day 15, the notice to the summary court), moving-out filings made after the move, and the
90 days of revocation, which are a period for finding facts and not a filing period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.law.calendar import Reason, closed_reason, count_days, is_year_end, next_open
from sim.law.citation import SYSTEM_FIRST_DAY, citation
from sim.law.kinds import Filing

FILING_DAYS: Final = 14
"""Length of every filing period here, in days; the articles are those of `deadline`."""

CLAUSES: Final[dict[Filing, str]] = {
    Filing.MOVING_IN: "juki.22",
    Filing.MOVING_WITHIN: "juki.23",
    Filing.MOVING_OUT: "juki.24",
    Filing.ENTRY_FROM_ABROAD: "juki.30-46",
    Filing.BECAME_RESIDENT_STATUS: "juki.30-47",
    Filing.RESIDENCE_NOTIFICATION: "immi.residence-notification",
}
"""The provision that sets each filing's period. Which article a residence notification falls under depends on
the person (`deeming.residence_duty`), while the period does not: so it is cited as a group here."""

_RESTS_ON: Final[dict[Filing, tuple[str, ...]]] = {
    Filing.MOVING_OUT: ("moving-out-beforehand",),
    Filing.RESIDENCE_NOTIFICATION: ("local-closed-days", "residence-notification-extension"),
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a filing period, and how it came about.

    `counted_last_day` is where the count ended before closed days were skipped; `clause` is a citation id.
    """

    filing: Filing
    event: date
    counted_last_day: date
    last_day: date
    clause: str

    @property
    def why_ja(self) -> str:
        """One Japanese sentence on how the last day came about."""
        event, last = _ja(self.event), _ja(self.last_day)
        if self.filing is Filing.MOVING_OUT:
            return f"転出届はあらかじめ行うため、転出予定日の{last}までが期限です。"
        counted = f"{event}の翌日から数えて{FILING_DAYS}日目"
        reason = self._closed()
        if reason is None:
            return f"{counted}の{last}が期限です。"
        closed = f"{_ja(self.counted_last_day)}（{reason.ja}）"
        return f"{counted}は{closed}で閉庁日のため、次の開庁日の{last}が期限です。"

    @property
    def why_en(self) -> str:
        """One English sentence on how the last day came about."""
        if self.filing is Filing.MOVING_OUT:
            return (
                f"A moving-out filing is made beforehand: the planned day, {self.last_day}, is the last day."
            )
        counted = f"Day {FILING_DAYS}, counted from the day after {self.event}, is {self.counted_last_day}"
        reason = self._closed()
        if reason is None:
            return f"{counted}, which is the last day."
        return (
            f"{counted} ({reason.en}), a closed day, so the last day is the next open day, {self.last_day}."
        )

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of what this answer rests on and nobody could confirm (`sim.law.unconfirmed`)."""
        rests_on = _RESTS_ON.get(self.filing, ("local-closed-days",))
        if self.last_day != self.counted_last_day and is_year_end(self.counted_last_day):
            return (*rests_on, "year-end-closed-days")
        return rests_on

    def as_dict(self) -> dict[str, object]:
        """The answer as plain values for JSON: the clause as it is numbered on the day of the event."""
        clause = citation(self.clause, self.event)
        return {
            "filing": self.filing.value,
            "event": self.event.isoformat(),
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

    Source: 住民基本台帳法 art. 22 para. 1, arts. 23, 30-46, 30-47; 入管法 arts. 19-7 to 19-9, each para. 1;
    入管特例法 art. 10 paras. 1 and 2: within 14 days. Art. 24: beforehand, so that the planned day, given as
    `event`, is itself the last day, on a closed day too (UNCONFIRMED `moving-out-beforehand`). For foreign
    residents from 2012-07-09.

    Raises:
        UsageError: the event lies before 2012-07-09.
    """
    if event < SYSTEM_FIRST_DAY:
        raise UsageError(
            "the rules on foreign residents' filings were not in force yet",
            expected=f"an event from {SYSTEM_FIRST_DAY} on",
            received=event.isoformat(),
            where="sim.law.filing_period.deadline",
        )
    if filing is Filing.MOVING_OUT:
        return Deadline(filing, event, event, event, CLAUSES[filing])
    counted = count_days(event, FILING_DAYS)
    return Deadline(filing, event, counted, next_open(counted), CLAUSES[filing])


def in_time(deadline: Deadline, filed: date) -> bool:
    """Whether a filing made on the day `filed` keeps the limit; that it may not come too early is not asked.

    Source: as `deadline`; the last day counts to its end.
    """
    return filed <= deadline.last_day


def explain(filing: Filing, event: date) -> dict[str, object]:
    """`deadline(filing, event).as_dict()`: keys filing, event, counted_last_day, last_day, clause, clause_en,
    clause_id, why, why_en, unconfirmed.

    Raises:
        UsageError: as `deadline`.
    """
    return deadline(filing, event).as_dict()


def _ja(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
