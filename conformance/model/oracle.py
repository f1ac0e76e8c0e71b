"""The oracle: what the law, as `sim.law` reads it, makes of one filing.

Each rule is asked for here by the name that `sim.law` gives it; nothing else in conformance asks it what is
right.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from conformance.model.story import ACCEPTED, EX_OFFICIO, MOVING_OUT, REFUSED, RESIDENCE, Answer, Matter
from sim.law.calendar import next_open
from sim.law.card_validity import card_state
from sim.law.changes import SYSTEM_FIRST_DAY
from sim.law.classing import affairs, goes_out
from sim.law.deeming import LIVING_HERE, SETTLING, Deeming, deem, handed_in, residence_duty
from sim.law.filing_period import Deadline, MovingOut, deadline, in_time, moving_out_handling
from sim.law.filing_period import residence_deadline as residence_period
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.law.revocation import Ground, clock_ground
from sim.law.revocation import last_day as revocation_last_day

SHOWN: Final = frozenset({CardState.PRESENTED, CardState.EXPIRED, CardState.EXPIRED_PENDING})
CONFIRMED_ENOUGH: Final = frozenset({"entry-from-abroad-card"})
"""What the features state without reserve: a filing without the card stands, and is deemed nothing."""


def open_day(day: date) -> date:
    """The day, or the next one on which counters are open."""
    return next_open(day)


def state_of(matter: Matter) -> CardState:
    """The card as the law sees it on the day of the filing."""
    card = CardState(matter.card)
    if matter.card_until is None:
        return card
    return card_state(
        matter.filed,
        presented=card in SHOWN,
        issued_later=card is CardState.ISSUED_LATER,
        expiry=matter.card_until,
        pending_mark=card is CardState.EXPIRED_PENDING,
    )


def answer(matter: Matter) -> Answer:
    """What must come of a filing."""
    filing, card = Filing(matter.filing), state_of(matter)
    who = PersonClass(matter.kind), History(matter.history)
    direct = matter.filing == RESIDENCE
    if matter.filing == MOVING_OUT:
        if moving_out_handling(matter.event, matter.filed) is MovingOut.EX_OFFICIO:
            return Answer(EX_OFFICIO, records=goes_out(filing, False))
    elif matter.event > matter.filed:
        return Answer(REFUSED)
    usable = handed_in(*who, card)
    if (direct and not usable) or (matter.forged and card in SHOWN):
        return Answer(REFUSED)
    deeming = _deeming(matter, card)
    limit = _residence_limit(matter)
    period = deadline(filing, limit.event if direct and limit is not None else matter.event)
    due = deeming.still_due
    settles = direct or filing in SETTLING
    return Answer(
        ACCEPTED,
        deemed=deeming.clause,
        kept_under=residence_duty(*who) if direct else None,
        due=due,
        due_until=limit.last_day if due and limit else None,
        revocation_until=_revocation_limit(matter) if due else None,
        last_day=period.last_day,
        in_time=in_time(period, matter.filed),
        endorsed=int(settles and usable and card in SHOWN and residence_duty(*who) is not None),
        affairs=tuple(str(one) for one in affairs(filing, deeming.deemed)),
        records=goes_out(filing, deeming.deemed),
    )


def assumed(matter: Matter) -> str:
    """On what the deeming rests that could not be confirmed: `card`, `pair`, or nothing."""
    card = state_of(matter)
    if card not in (CardState.PRESENTED, CardState.ABSENT):
        return "card"
    return "pair" if _unsure(_deeming(matter, card).unconfirmed) else ""


def _unsure(facts: Iterable[str]) -> bool:
    return not CONFIRMED_ENOUGH.issuperset(facts)


def _deeming(matter: Matter, card: CardState) -> Deeming:
    return deem(PersonClass(matter.kind), History(matter.history), Filing(matter.filing), card)


def _residence_limit(matter: Matter) -> Deadline | None:
    """Until when the person's residence is to be notified; None for a class without the duty."""
    kind, history = PersonClass(matter.kind), History(matter.history)
    if residence_duty(kind, history) is None:
        return None
    began = matter.permitted if history in LIVING_HERE and matter.permitted else matter.event
    return residence_period(kind, history, began, matter.permitted or matter.event)


def _revocation_limit(matter: Matter) -> date | None:
    ground = clock_ground(PersonClass(matter.kind), History(matter.history))
    if ground is None:
        return None
    start = matter.permitted if ground is Ground.NOT_NOTIFIED else None
    return revocation_last_day(max(start or matter.event, SYSTEM_FIRST_DAY))
