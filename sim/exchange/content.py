"""Rules on what a good record says: its days, and whether it belongs into the batch it came in.

They need more than the row: the batch's header, and a day that counts as today. The day of an event lies not
before the system's first day (seed 003, line 109) and not in the future; a moving-out may be planned
(Standard Specification of Resident Register Systems 1.0, 4.0.3). Days of birth, of a permission or of an
expiry are none of an event, and free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from sim.exchange.codes import Code, Finding
from sim.exchange.model import DOWN, UP, Header
from sim.exchange.profile import EVENT, Layout, Profile
from sim.exchange.records import AnyRecord, kind_of


def day_findings(
    record: AnyRecord, line: int, profile: Profile, today: date, first_day: date | None = None
) -> Iterator[Finding]:
    """What is wrong with the days of a record.

    Args:
        first_day: no event lies before it; the profile's own, unless a variant says otherwise.
    """
    layout = profile.layouts[kind_of(record)]
    return _days(partial(getattr, record), layout, line, today, first_day or profile.first_day)


def days_among(
    values: Mapping[str, object], layout: Layout, line: int, profile: Profile, today: date
) -> Iterator[Finding]:
    """The same of a record of which only some items could be read."""
    return _days(values.get, layout, line, today, profile.first_day)


def _days(
    read: Callable[[str], Any], layout: Layout, line: int, today: date, first: date
) -> Iterator[Finding]:
    for column in layout.dated:
        day = read(column.item)
        if day is None:
            continue
        if column.day == EVENT and day < first:
            yield Finding(Code.DATE_BEFORE_SYSTEM, line, column.item, f"{first} or later", str(day))
        if day > today and not any(read(item) in values for item, values in column.planned_when):
            yield Finding(Code.DATE_IN_FUTURE, line, column.item, f"{today} or earlier", str(day))


def astray(header: Header, line: int, profile: Profile, reader: str = "") -> Iterator[Finding]:
    """Why a batch cannot run as its header says: `up` is from a municipality to the agency, `down` back.

    Args:
        line: the header's.
        reader: who holds the file and asks whether it is the recipient; empty for nobody.
    """
    agency = profile.agency
    upwards = header.direction == UP
    from_agency, to_agency = header.sender == agency, header.recipient == agency
    a_municipality = "a municipality's code"
    if from_agency is upwards and to_agency is not upwards:
        other = DOWN if upwards else UP
        expected = f"{other}, from {header.sender} to {header.recipient}"
        yield Finding(Code.WRONG_DIRECTION, line, "direction", expected, header.direction)
    elif from_agency is upwards:
        expected = f"{a_municipality if upwards else agency}, {header.direction}"
        yield Finding(Code.WRONG_SENDER, line, "sender", expected, header.sender)
    elif to_agency is not upwards:
        expected = f"{agency if upwards else a_municipality}, {header.direction}"
        yield Finding(Code.WRONG_RECIPIENT, line, "recipient", expected, header.recipient)
        return
    if reader and header.recipient != reader:
        yield Finding(Code.WRONG_RECIPIENT, line, "recipient", reader, header.recipient)


def misplaced(
    layout: Layout, line: int, header: Header, profile: Profile, direction: str | None = None
) -> Finding | None:
    """Why records of a kind do not belong into the batch; None when they do.

    Args:
        direction: in which the batch runs; None when nobody can say, because its header contradicts itself.
    """

    def belongs(kind: Layout) -> bool:
        right_way = direction is None or kind.direction in (direction, "both")
        return right_way and kind.business in (name, "any")

    business = profile.business_of_code(header.business)
    name = "" if business is None else business.name
    if belongs(layout):
        return None
    codes = ", ".join(kind.code for kind in profile.layouts.values() if belongs(kind))
    way = "" if direction is None else f" {direction}"
    expected = f"in business {header.business}{way}: {codes}"
    return Finding(Code.WRONG_BUSINESS, line, "kind", expected, f"{layout.code} ({layout.kind})")
