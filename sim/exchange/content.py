"""Rules on what a good record says: its days, and whether it belongs into the batch it came in.

They need more than the row: the batch's header, and a day that counts as today. The day of an event lies not
before the system's first day (seed 003, line 109) and not in the future; a moving-out may be planned
(Standard Specification of Resident Register Systems 1.0, 4.0.3). Days of birth, of a permission or of an
expiry are none of an event, and free.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.exchange.codes import Code, Finding
from sim.exchange.model import Header
from sim.exchange.profile import EVENT, Column, Layout, Profile
from sim.exchange.records import AnyRecord, kind_of


def day_findings(
    record: AnyRecord, line: int, profile: Profile, today: date, first_day: date | None = None
) -> Iterator[Finding]:
    """What is wrong with the days of a record.

    Args:
        first_day: no event lies before it; the profile's own, unless a variant says otherwise.
    """
    first = profile.first_day if first_day is None else first_day
    for column in profile.layouts[kind_of(record)].columns:
        day = getattr(record, column.item) if column.day else None
        if day is None:
            continue
        if column.day == EVENT and day < first:
            yield Finding(Code.DATE_BEFORE_SYSTEM, line, column.item, f"{first} or later", str(day))
        if day > today and not _planned(record, column):
            yield Finding(Code.DATE_IN_FUTURE, line, column.item, f"{today} or earlier", str(day))


def _planned(record: AnyRecord, column: Column) -> bool:
    return any(getattr(record, item) in values for item, values in column.planned_when)


def misplaced(layout: Layout, line: int, header: Header, profile: Profile) -> Finding | None:
    """Why records of a kind do not belong into the batch; None when they do."""
    business = profile.business_of_code(header.business)
    name = "" if business is None else business.name
    if layout.direction in (header.direction, "both") and layout.business in (name, "any"):
        return None
    return Finding(Code.WRONG_BUSINESS, line, "kind", name, layout.kind)
