"""The periods after a birth in Japan, and after the loss of Japanese nationality.

They lie beside the filings and are easily taken for them: the birth report counts the day itself, so that its
14 days end one day earlier than those of a register filing, and a child without a status of residence may
stay 60 days, with 30 to apply for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.law.calendar import closed_reason, count_days, in_japanese, next_open, rests_on
from sim.law.citation import citation

BIRTH_REPORT: Final = "birth_report"
"""The word for the birth report (出生届) where a filing is asked for; it is no filing of the register."""

BIRTH_REPORT_DAYS: Final = 14
APPLICATION_DAYS: Final = 30
STAY_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class BirthReport:
    """Last day of a birth report, and where the count ended before closed days were skipped."""

    born: date
    counted_last_day: date
    last_day: date

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of what this answer rests on and nobody could confirm (`sim.law.unconfirmed`)."""
        return ("birth-report", *rests_on(self.counted_last_day, self.last_day))

    def as_dict(self) -> dict[str, object]:
        """The answer as plain values, with the keys of `filing_period.Deadline.as_dict`."""
        clause, counts = citation("koseki.49-1", self.born), citation("koseki.43", self.born)
        closed = None if self.counted_last_day == self.last_day else closed_reason(self.counted_last_day)
        counted, last = in_japanese(self.counted_last_day), in_japanese(self.last_day)
        ja = f"{counted}は{closed.ja}で閉庁日のため、次の開庁日の{last}" if closed else f"{last}"
        en = (
            f"{self.counted_last_day} ({closed.en}), a closed day, so the last day is {self.last_day}"
            if closed
            else f"{self.last_day}, the last day"
        )
        return {
            "filing": BIRTH_REPORT,
            "event": self.born.isoformat(),
            "start": "born",
            "counted_last_day": self.counted_last_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "clause": clause.ja,
            "clause_en": clause.en,
            "clause_id": clause.id,
            "why": f"出生届は出生の日（{in_japanese(self.born)}）を1日目として数え、"
            f"{BIRTH_REPORT_DAYS}日目の{ja}が期限です（{counts.ja}）。",
            "why_en": f"A birth report counts the day of birth, {self.born}, as day 1: day"
            f" {BIRTH_REPORT_DAYS} is {en} ({counts.en}).",
            "unconfirmed": list(self.unconfirmed),
        }


@dataclass(frozen=True, slots=True)
class TransitionalStay:
    """What one who is born or loses Japanese nationality here may do without a status of residence.

    `apply_until`: last day to apply for a status (在留資格取得); `stay_until`: last day of lawful stay, which
    is also the last day as a transitional resident (経過滞在者) unless a status is given before.
    """

    apply_until: date
    stay_until: date

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Ids of what this answer rests on and nobody could confirm."""
        return ("transitional-count",)


def birth_report(born: date) -> BirthReport:
    """Last day of the birth report (出生届) of a child born on the day `born`: the day itself is day 1.

    A limit on a closed day moves to the next open one (UNCONFIRMED `birth-report`).

    Source: 戸籍法 art. 43 (the day of the event counts); art. 49 para. 1 (14 days; background).
    """
    counted = count_days(born, BIRTH_REPORT_DAYS, first_day_counts=True)
    return BirthReport(born, counted, next_open(counted))


def transitional_stay(since: date) -> TransitionalStay:
    """Until when one born, or without Japanese nationality, since the day `since` may apply and may stay.

    The day itself is not counted and no end is extended (UNCONFIRMED `transitional-count`).

    Source: 入管法 art. 22-2 (60 days of stay, application within 30).
    """
    return TransitionalStay(count_days(since, APPLICATION_DAYS), count_days(since, STAY_DAYS))
