"""The rules as one value, handed to nodes: a variant or a mutant replaces a field and touches nothing else.

    lenient = dataclasses.replace(RULES, deem=lambda person_class, history, filing, card: ...)

A field calls the functions of this shelf directly and not through the bundle: replacing `is_closed` leaves
`deadline` as it is, so a variant of the calendar replaces `deadline` and `residence_deadline` too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.law import (
    calendar,
    card_validity,
    changes,
    citation,
    classing,
    deeming,
    filers,
    filing_period,
    revocation,
)
from sim.law.deeming import Deeming
from sim.law.filers import Answer, Filer, Person
from sim.law.filing_period import Deadline
from sim.law.kinds import Affair, CardState, Filing, Governing, History, PersonClass
from sim.law.revocation import Ground


@dataclass(frozen=True, slots=True)
class Rules:
    """The legal rules a node asks: pure functions, by default the law as the shelf reads it."""

    is_closed: Callable[[date], bool] = calendar.is_closed
    next_open: Callable[[date], date] = calendar.next_open
    deadline: Callable[[Filing, date], Deadline] = filing_period.deadline
    residence_deadline: Callable[[PersonClass, History, date, date | None], Deadline] = (
        filing_period.residence_deadline
    )
    in_time: Callable[[Deadline, date], bool] = filing_period.in_time
    deem: Callable[[PersonClass, History, Filing, CardState], Deeming] = deeming.deem
    handed_in: Callable[[PersonClass, History, CardState], bool] = deeming.handed_in
    residence_duty: Callable[[PersonClass, History], str | None] = deeming.residence_duty
    may_file: Callable[[Filing, Person, Filer], Answer] = filers.may_file
    card_state: Callable[..., CardState] = card_validity.card_state
    revocation_ground: Callable[[PersonClass, History], Ground | None] = revocation.clock_ground
    revocation_last_day: Callable[[date], date] = revocation.last_day
    governing: Callable[[Filing, bool], Governing] = classing.governing
    affairs: Callable[[Filing, bool], tuple[Affair, ...]] = classing.affairs
    counterpart: Callable[[date], tuple[str, str]] = citation.counterpart
    first_day: date = changes.SYSTEM_FIRST_DAY


RULES: Final = Rules()
"""The law as this shelf reads it."""
