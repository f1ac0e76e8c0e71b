"""A date of birth of which the day, or the month and the day, are not known (生年月日の月日不詳).

Registers and cards carry such dates, and an exchange that invents a day, or refuses the person, is worse than
one that says so. In texts, what is not known is written `00`: `1961-05-00`, `1961-00-00`. A day without its
month says nothing, and a year that is not known is no date of birth here. A complete date of birth is a
`date`, as every other day. The form is assumed: how the agency's own interface writes such dates is not
public.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, date
from typing import Final

import msgspec

# Without the year 0000, which no calendar of ours has.
YEAR: Final = "([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
PARTIAL: Final = f"{YEAR}-(00|0[1-9]|1[0-2])-00"
_PARTIAL: Final = re.compile(PARTIAL)


class PartialDate(msgspec.Struct, frozen=True):
    """A year, and a month where it is known; 0 where it is not."""

    year: int
    month: int = 0

    def __post_init__(self) -> None:
        if not (1 <= self.year <= MAXYEAR and 0 <= self.month <= 12):
            raise ValueError(f"{self.year}-{self.month} is no month of a year, nor a year with month 0")

    def __str__(self) -> str:
        """As it is written: `1961-05-00`, `1961-00-00`."""
        return f"{self.year:04d}-{self.month:02d}-00"


BirthDate = date | PartialDate
"""A date of birth, as far as it is known."""


def latest_day(born: BirthDate) -> date:
    """The last day that the date can stand for: 1961-05-31, 1961-12-31.

    So nobody is taken to be older than is known, where an age decides. An assumption: no source says how an
    age is counted from a date whose day is unknown.
    """
    if not isinstance(born, PartialDate):
        return born
    month = born.month or 12
    return date(born.year, month, monthrange(born.year, month)[1])


def partial_date(text: str) -> PartialDate | None:
    """The date of which a part is not known; None when the text is none."""
    if _PARTIAL.fullmatch(text) is None:
        return None
    return PartialDate(int(text[:4]), int(text[5:7]))


def birth_date(text: str) -> BirthDate:
    """What a judged text says.

    Raises:
        ValueError: it is no date of birth.
    """
    return partial_date(text) or date.fromisoformat(text)
