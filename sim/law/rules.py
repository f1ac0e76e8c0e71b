"""The rules as one value, handed to nodes: a variant or a mutant replaces a field and touches nothing else.

    lenient = dataclasses.replace(RULES, deem=lambda person_class, history, filing, card: ...)

A field calls the functions of this shelf directly and not through the bundle: replacing `is_closed` leaves
`deadline` as it is, so a variant of the calendar replaces `deadline` too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.law import calendar, changes, citation, classing, deeming, filing_period
from sim.law.deeming import Deeming
from sim.law.filing_period import Deadline
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass


@dataclass(frozen=True, slots=True)
class Rules:
    """The legal rules a node asks: pure functions, by default the law as the shelf reads it."""

    is_closed: Callable[[date], bool] = calendar.is_closed
    next_open: Callable[[date], date] = calendar.next_open
    deadline: Callable[[Filing, date], Deadline] = filing_period.deadline
    in_time: Callable[[Deadline, date], bool] = filing_period.in_time
    deem: Callable[[PersonClass, History, Filing, CardState], Deeming] = deeming.deem
    handed_in: Callable[[PersonClass, History, CardState], bool] = deeming.handed_in
    residence_duty: Callable[[PersonClass, History], str | None] = deeming.residence_duty
    governing: Callable[[Filing, bool], Governing] = classing.governing
    counterpart: Callable[[date], tuple[str, str]] = citation.counterpart
    first_day: date = changes.SYSTEM_FIRST_DAY


RULES: Final = Rules()
"""The law as this shelf reads it."""
