"""Instruction of operators (定期的な指導): who was not instructed for too long uses the terminal no more.

The information security officer (the head of the section) writes down when an operator was instructed; the
terminal is told. The day after an instruction has run out a finding is written, and a log-on is refused
until the operator is instructed again. The terminal's own operator is a program and is not instructed.

Source: seed 003, line 274, which says "regularly"; that it is once a year is an assumption (`EVERY`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Wake
from sim.nodes.messages.terminal import TrainingDue
from sim.nodes.terminal.operators import Account, Operator, Role

EVERY: Final = 365
"""Days after which an operator must have been instructed again. An assumption: no source says."""


def due(account: Account, every: int) -> date | None:
    """The last day on which the instruction counts; None for who was never instructed."""
    return None if account.trained is None else account.trained + timedelta(days=every)


def overdue(operator: Operator, account: Account, every: int, now: Instant) -> bool:
    """Whether the operator must not be let in."""
    if operator.role is Role.SERVICE:
        return False
    last = due(account, every)
    return last is None or japan_date(now) > last


def finding(operator: Operator, account: Account, every: int) -> Entry:
    """The finding against an operator whose instruction has run out, or who never had one."""
    last = due(account, every)
    data: Data = {"operator": operator.id, "due": None if last is None else last.isoformat()}
    return Entry("training_overdue", data=data)


def look_again(operator: Operator, account: Account, every: int, now: Instant) -> tuple[Wake, ...]:
    """The wake for the day after the instruction runs out."""
    last = due(account, every)
    if operator.role is Role.SERVICE or last is None:
        return ()
    at = instant(last + timedelta(days=1))
    return (Wake(at, TrainingDue(operator.id, last)),) if at > now else ()
