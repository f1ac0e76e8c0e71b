"""The rules of `oracle` said once more, in other words and without asking `sim.law` anything.

An article of the Acts names the filings that count for it; days are counted on their ordinals past a list of
public holidays that was written down by hand. Whoever writes a rule twice in two ways seldom makes the same
mistake twice: where the two differ, the harness is wrong and nobody is blamed.

Sources: 入管法 arts. 19-7 to 19-9, 22-4; 入管特例法 art. 10; 住民基本台帳法 arts. 22 to 25, 30-46 to 30-48;
国民の祝日に関する法律 with the announcements of each year; 地方自治法 art. 4-2 (29 December to 3 January).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

from conformance.model.story import (
    ACCEPTED,
    EX_OFFICIO,
    MAKING,
    MID_LONG_TERM,
    MOVING_OUT,
    NOTICE,
    REFUSED,
    RESIDENCE,
    SPECIAL_PERMANENT,
    TRANSMISSION,
    Answer,
    Matter,
)
from sim.base.errors import HarnessError

NAMED: Final = {
    "immi.19-7-1": ("entry_from_abroad",),
    "immi.19-8-1": ("entry_from_abroad", "became_resident_status"),
    "immi.19-9-1": ("moving_in", "moving_within", "entry_from_abroad"),
    "special.10-1": ("entry_from_abroad",),
    "special.10-2": ("moving_in", "moving_within", "entry_from_abroad"),
}
"""The filings that 19-7-3, 19-8-3, 19-9-3 and special 10-4 and 10-5 name for each notification."""

HOLIDAYS: Final = {
    2019: "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 10/22 11/3"
    " 11/4 11/23",
    2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4"
    " 11/23",
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
}
"""The public holidays of the years in which stories lie."""

YEAR_END: Final = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3))
FIRST_EVER: Final = date(2012, 7, 9)


def closed(day: date) -> bool:
    """Whether counters are closed on the day.

    Raises:
        HarnessError: the holidays of the year are not written down here.
    """
    if day.year not in HOLIDAYS:
        raise HarnessError("no story may lie in this year", expected=str(list(HOLIDAYS)), received=str(day))
    holiday = f"{day.month}/{day.day}" in HOLIDAYS[day.year].split()
    return holiday or day.weekday() >= 5 or (day.month, day.day) in YEAR_END


def fortnight(event: date) -> date:
    """The last day of 14 days that begin on the day after the event."""
    ordinal = event.toordinal() + 14
    while closed(date.fromordinal(ordinal)):
        ordinal += 1
    return date.fromordinal(ordinal)


def article_of(kind: str, history: str) -> str | None:
    """Under which article somebody notifies a residence."""
    first = history not in ("residence_on_card", "acquired_with_record_copy")
    if kind == SPECIAL_PERMANENT:
        return "special.10-1" if first else "special.10-2"
    if kind != MID_LONG_TERM:
        return None
    if not first:
        return "immi.19-9-1"
    return "immi.19-7-1" if history == "landed_no_residence" else "immi.19-8-1"


def card_counts(matter: Matter) -> bool:
    """Whether a card was handed in that still counts, or a passport that stands for it."""
    long_term = matter.kind == MID_LONG_TERM
    if matter.card == "issued_later":
        return long_term and matter.history == "landed_no_residence"
    if matter.card_until is None:
        return matter.card == "presented" or (matter.card == "expired_pending" and long_term)
    if matter.card == "absent":
        return False
    if matter.card == "expired_pending":
        return matter.filed <= _two_months_after(matter.card_until)
    return matter.filed <= matter.card_until


def answer(matter: Matter) -> Answer:
    """What must come of a filing."""
    lies_there = matter.card in ("presented", "expired", "expired_pending")
    counts, article = card_counts(matter), article_of(matter.kind, matter.history)
    days_since = matter.filed.toordinal() - matter.event.toordinal()
    if matter.filing == MOVING_OUT:
        if days_since > 14:
            return Answer(EX_OFFICIO, records=(NOTICE,))
    elif days_since < 0:
        return Answer(REFUSED)
    if matter.forged and lies_there:
        return Answer(REFUSED)
    if matter.filing == RESIDENCE:
        return _by_itself(matter, article, counts)
    moves = matter.filing in (*MAKING, "moving_within")
    deemed = article if article is not None and counts and matter.filing in NAMED[article] else None
    owed = article if moves and deemed is None else None
    last = matter.event if matter.filing == MOVING_OUT else fortnight(matter.event)
    notice = (NOTICE,) if moves or matter.filing == MOVING_OUT else ()
    return Answer(
        ACCEPTED,
        deemed=deemed,
        due=owed,
        due_until=_due_until(matter, article) if owed else None,
        revocation_until=_ninety(matter, article) if owed else None,
        last_day=last,
        in_time=matter.filed <= last,
        endorsed=int(moves and counts and lies_there and article is not None),
        affairs=("autonomous_affair", "delegated_affair") if deemed else ("autonomous_affair",),
        records=(*notice, TRANSMISSION) if deemed else notice,
    )


def _by_itself(matter: Matter, article: str | None, counts: bool) -> Answer:
    """A residence notification that is made alone: only by handing in a card that counts."""
    if not counts or article is None:
        return Answer(REFUSED)
    last = _due_until(matter, article)
    return Answer(
        ACCEPTED,
        kept_under=article,
        last_day=last,
        in_time=matter.filed <= last,
        endorsed=int(matter.card != "issued_later"),
        affairs=("delegated_affair",),
        records=(TRANSMISSION,),
    )


def _due_until(matter: Matter, article: str | None) -> date:
    """Under 19-8 a period waits for the permission; everywhere else it runs from living there."""
    if article == "immi.19-8-1" and matter.permitted is not None:
        return fortnight(max(matter.event, matter.permitted))
    return fortnight(matter.event)


def _ninety(matter: Matter, article: str | None) -> date | None:
    """The ninetieth day after the permission, or after the move of one who had notified a residence."""
    if matter.kind != MID_LONG_TERM:
        return None
    first = article != "immi.19-9-1"
    start = matter.permitted if first and matter.permitted is not None else matter.event
    return date.fromordinal(max(start, FIRST_EVER).toordinal() + 90)


def _two_months_after(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + 2, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
