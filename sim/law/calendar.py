"""Days on which a municipal office is closed, and the count of days in a filing period.

Closed days are those of Local Autonomy Act (地方自治法) art. 4-2 para. 2: Saturdays and Sundays, national
holidays, and the turn of the year. The Act leaves the last to each municipality's ordinance; 29 December
to 3 January is the usual span and the one applied here to all of them (UNCONFIRMED `year-end-closed-days`).
Holidays that single municipalities add under para. 3 are not modelled (`local-closed-days`).

Counting leaves the first day out and carries a limit on a closed day over to the next open one. Verified for
resident register filings in a city's published guidance (Hiroshima). The articles behind it are background
(UNCONFIRMED `background-citations`): Civil Code (民法) arts. 140, 142, 143; Local Autonomy Act art. 4-2
para. 4.
Family register law counts the first day in: `first_day_counts`.

National holidays come from jpholiday, imported on first use: the command line must start fast.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from sim.base.errors import UsageError

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_SUNDAY: Final = 6
_SUBSTITUTE: Final = " 振替休日"
"""How jpholiday ends the name of a substitute holiday: the holiday's own name stands before it."""


ANNOUNCED_UNTIL: Final = date(2027, 12, 31)
"""Last day whose equinox holidays the gazette has announced; later ones are computed (`future-holidays`)."""


class Reason(NamedTuple):
    """Why an office is closed, for a report in either language."""

    ja: str
    en: str


YEAR_END: Final = Reason("年末年始の休日", "year-end and New Year closing")
SATURDAY: Final = Reason("土曜日", "Saturday")
SUNDAY: Final = Reason("日曜日", "Sunday")

HOLIDAY_NAMES_EN: Final = {
    "元日": "New Year's Day",
    "成人の日": "Coming of Age Day",
    "建国記念の日": "National Foundation Day",
    "天皇誕生日": "Emperor's Birthday",
    "春分の日": "Vernal Equinox Day",
    "昭和の日": "Showa Day",
    "憲法記念日": "Constitution Memorial Day",
    "みどりの日": "Greenery Day",
    "こどもの日": "Children's Day",
    "海の日": "Marine Day",
    "山の日": "Mountain Day",
    "敬老の日": "Respect for the Aged Day",
    "秋分の日": "Autumnal Equinox Day",
    "体育の日": "Health and Sports Day",
    "スポーツの日": "Sports Day",
    "文化の日": "Culture Day",
    "勤労感謝の日": "Labour Thanksgiving Day",
    "国民の休日": "national day of rest between two holidays",
    "天皇の即位の日": "Day of the Emperor's Accession",
    "即位礼正殿の儀": "Day of the Enthronement Ceremony",
}
"""English names of every holiday from 2012 to 2035, by the name that jpholiday gives."""


def is_closed(day: date) -> bool:
    """Whether municipal offices are closed on `day`.

    Source: Local Autonomy Act art. 4-2 paras. 1 and 2 (the turn of the year by ordinance, UNCONFIRMED);
    Act on National Holidays (国民の祝日に関する法律) art. 3 (background). From before 2012.
    """
    return day.weekday() >= _SATURDAY or _reason(day) is not None


def closed_reason(day: date) -> Reason | None:
    """Why offices are closed on `day`, or None when they are open; a holiday's name goes before a weekend's.

    Source: as `is_closed`.
    """
    return _reason(day)


def is_year_end(day: date) -> bool:
    """Whether `day` lies in the closing from 29 December to 3 January (UNCONFIRMED `year-end-closed-days`).

    Source: Local Autonomy Act art. 4-2 para. 2 item 3, through the ordinances.
    """
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def next_open(day: date) -> date:
    """The first open day from `day` on: `day` itself when it is open.

    Source: a city's guidance (verified); Local Autonomy Act art. 4-2 para. 4 and Civil Code art. 142
    (background).

    Raises:
        UsageError: it lies beyond the calendar.
    """
    start = day
    try:
        while is_closed(day):
            day += _ONE_DAY
    except OverflowError as error:
        raise _beyond(start, "the next open day", "next_open") from error
    return day


def rests_on(counted: date, last: date) -> tuple[str, ...]:
    """Ids of what a limit rests on whose count ended on `counted` and which moved to `last`.

    Source: as `is_closed`; what is unconfirmed of it is in `sim.law.unconfirmed`.
    """
    moved = counted != last
    facts = {
        "local-closed-days": True,
        "year-end-closed-days": moved and any(map(is_year_end, _days(counted, last))),
        "future-holidays": last > ANNOUNCED_UNTIL,
    }
    return tuple(fact for fact, holds in facts.items() if holds)


def in_japanese(day: date) -> str:
    """The day as a sentence writes it: 2026年4月22日."""
    return f"{day.year}年{day.month}月{day.day}日"


def in_english(day: date) -> str:
    """The day as an English sentence writes it: 22 April 2026."""
    return f"{day.day} {day:%B} {day.year}"


def count_days(start: date, days: int, *, first_day_counts: bool = False) -> date:
    """The last of `days` days from `start`, closed days included.

    The count begins on the day after `start`, or on `start` itself when `first_day_counts`, as in family
    register law.

    Source: verified for resident register filings in a city's guidance; Civil Code art. 140 (background).
    The first day counts under Family Register Act (戸籍法) art. 43.

    Raises:
        UsageError: `days` is negative, or 0 when the first day counts, or the end lies beyond the calendar.
    """
    _check(days, least=int(first_day_counts), unit="days", where="count_days")
    try:
        return start + timedelta(days=days - first_day_counts)
    except OverflowError as error:
        raise _beyond(start, f"{days} days", "count_days") from error


def count_months(start: date, months: int, *, first_day_counts: bool = False) -> date:
    """The last day of a period of `months` months from `start`; twelve of them are a year.

    The period begins on the day after `start` (on `start` itself when `first_day_counts`) and ends on the
    day before the one that answers to its first day in the last month; a month without such a day ends it on
    its own last day. So two months from 30 December end on the last of February.

    Source: Civil Code arts. 140 and 143 (background).

    Raises:
        UsageError: `months` is not positive, or the end lies beyond the calendar.
    """
    _check(months, least=1, unit="months", where="count_months")
    try:
        first = start if first_day_counts else start + _ONE_DAY
        ahead = first.month - 1 + months
        year, month = first.year + ahead // 12, ahead % 12 + 1
        if first.day > monthrange(year, month)[1]:
            return date(year, month, monthrange(year, month)[1])
        return date(year, month, first.day) - _ONE_DAY
    except (OverflowError, ValueError) as error:
        raise _beyond(start, f"{months} months", "count_months") from error


def last_day(start: date, days: int) -> date:
    """The last day of a period of `days` days after `start`, never a closed day.

    Source: verified for resident register filings in a city's guidance; Civil Code arts. 140 and 142, Local
    Autonomy Act art. 4-2 para. 4 (background). Not for the 90 days of revocation (取消し), which no source
    extends.

    Raises:
        UsageError: as `count_days`.
    """
    return next_open(count_days(start, days))


@lru_cache(maxsize=1 << 14)
def _reason(day: date) -> Reason | None:
    import jpholiday  # 6 to 30 ms, and most commands never ask

    name = jpholiday.is_holiday_name(day)
    if name is not None:
        return _holiday(name)
    if is_year_end(day):
        return YEAR_END
    return {_SATURDAY: SATURDAY, _SUNDAY: SUNDAY}.get(day.weekday())


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _check(length: int, *, least: int, unit: str, where: str) -> None:
    if length < least:
        raise UsageError(
            f"a period cannot have {length} {unit}",
            expected=f"{least} or more",
            received=str(length),
            where=f"sim.law.calendar.{where}",
            remedy="give the length of the period, counted forwards",
        )


def _beyond(start: date, length: str, where: str) -> UsageError:
    return UsageError(
        "the period ends beyond the calendar",
        expected=f"an end until {date.max}",
        received=f"{length} from {start}",
        where=f"sim.law.calendar.{where}",
        remedy="take an earlier day or a shorter period",
    )


def _holiday(name: str) -> Reason:
    own = name.removesuffix(_SUBSTITUTE)
    en = HOLIDAY_NAMES_EN.get(own, "national holiday")
    if own == name:
        return Reason(name, en)
    return Reason(f"{own}の振替休日", f"substitute holiday for {en}")
