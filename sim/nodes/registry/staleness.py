"""Whether a copy of a record said what was no longer so (seed 001, line 31).

By definition a copy is stale when it was issued after the agency's decision and before the register followed
it, and an item that the decision changed stands on it as it was before. There are two ways of finding out,
and they agree:

- when it is issued: the applicant's card says something else, or a notice waits that the register has not
  followed yet;
- when the notice is taken in: what the copy said is held against what the notice says. A notice knows only
  the day of the decision. A copy of a later day is stale for certain; of one of the same day only the card
  that was shown can tell, and where none was shown it stays undecided and is told as such (UNCONFIRMED
  `register-copy-same-day`).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from sim.base.journal import Data, Entry
from sim.exchange.records import AgencyNotice
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ShownCard
from sim.nodes.registry.items import changed
from sim.nodes.registry.slips import REMOVE, following
from sim.nodes.registry.state import RegistryState

GONE: Final = ("resident_record",)
"""What differs when the agency has the whole record removed."""

ON_CARD: Final = frozenset({"card_number", "status", "period_until"})
"""Items that an applicant's card declares."""

UNTOLD: Final = frozenset({"card_until"})
"""Items that go out of date with a new card but that nobody tells: they prove nothing."""


def by_card(state: RegistryState, person: Person, shown: ShownCard | None) -> Person:
    """The person as the card says that is shown, the record itself when it says nothing newer.

    The number differs at each issue (入管法19条の4第2項): a number that the record bore before is that of an
    older card, and the register is ahead of it.
    """
    if shown is None:
        return person
    if state.former_holder_of(shown.card_number) is not None:
        return person
    given: dict[str, Any] = {}
    if shown.card_number != person.card_number:
        given |= {"card_number": shown.card_number, "card_until": None}
    if shown.status:
        given |= {"status": shown.status, "period_until": shown.period_until}
        if (shown.status, shown.period_until) != (person.status, person.period_until):
            given["period"] = ""  # the words belong to the period before, unless the card gives new ones
    if shown.period:
        given["period"] = shown.period
    return msgspec.structs.replace(person, **given)


def known_now(
    state: RegistryState, person: Person, shown: ShownCard | None, today: date
) -> tuple[tuple[str, ...], int | None]:
    """What is known to differ from the record today, and for how many days at most.

    None where no day of a decision is known.
    """
    differs = list(changed(person, by_card(state, person, shown)))
    since = [shown.permitted] if differs and shown is not None and shown.permitted is not None else []
    told = person
    for _, imported in state.imported():
        if imported.ref != person.ref:
            continue
        notice = imported.notice
        after = following(told, notice)
        items = GONE if notice.effect == REMOVE else changed(told, after)
        if items:
            since.append(notice.decided_date)
        differs += [item for item in items if item not in differs]
        told = after
    telling = tuple(item for item in differs if item not in UNTOLD)
    return telling, max(((today - day).days for day in since), default=None)


def found(state: RegistryState, ref: str, notice: AgencyNotice) -> list[Entry]:
    """The copies that turn out stale now that the notice is taken in, and those of which nobody can say."""
    entries: list[Entry] = []
    for copy in state.copies(ref):
        if copy.on < notice.decided_date:
            continue
        said = state.after_version(ref, copy.version)
        if said is None:
            continue
        items = GONE if notice.effect == REMOVE else changed(said, following(said, notice))
        differs = [item for item in items if item not in UNTOLD]
        known = any(item in copy.differs for item in differs)
        same_day = copy.on == notice.decided_date
        if not differs or (same_day and copy.shown and not known and ON_CARD & set(differs)):
            continue  # it said what is so, or the card that was shown was still the one before
        certain = known or not same_day
        data: Data = {
            "record": notice.record_id,
            "option": copy.option,
            "issued_date": copy.on.isoformat(),
            "decided_date": notice.decided_date.isoformat(),
            "differs": differs,
            "days_behind": (copy.on - notice.decided_date).days,
            "known": known,
        }
        entries.append(Entry("copy_found_stale" if certain else "copy_undecided", copy.case, ref, data))
    return entries
