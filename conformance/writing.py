"""The policy on writing to chips (住居地のIC書込み) as a case has it, for both ends of the authorisation."""

from __future__ import annotations

from datetime import date
from typing import Final

from sim.base.errors import HarnessError
from sim.law.changes import CHIP_SURVEY_FROM
from sim.law.write_policy import Decision, Ministry, Policy, Signature, State

STATES: Final = tuple(str(state) for state in State)


def policy_of(state: str, starts: date | None) -> Policy:
    """The policy in a state of `write_policy`; `starts`: the decided day, from which `active` holds.

    The steps before the start are taken on the earliest day on which they could be.

    Raises:
        HarnessError: there is no such state, or the day is missing.
    """
    if state not in STATES:
        raise HarnessError("there is no such write policy", expected=", ".join(STATES), received=state)
    if state == State.SUSPENDED:
        return Policy()
    if state == State.SURVEY:
        return Policy(CHIP_SURVEY_FROM)
    if starts is None:
        raise HarnessError(
            "the day on which writing starts is missing", expected="`writing_starts`", received=state
        )
    signed = tuple(Signature(ministry, CHIP_SURVEY_FROM) for ministry in Ministry)
    return Policy(CHIP_SURVEY_FROM, Decision(signed, starts), starts if state == State.ACTIVE else None)
