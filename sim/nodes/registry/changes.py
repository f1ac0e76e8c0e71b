"""A change of the register in one form, whoever asked for it: a filing at a counter, or the mayor (職権).

The tables say what each kind of change does to a record and under which reason the agency is told of it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sim.law.classing import goes_out
from sim.law.kinds import Filing, Governing
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ChangeRecord
from sim.nodes.registry.history import CORRECTED, MADE, REMOVED
from sim.nodes.registry.items import HOUSEHOLD_ITEMS

EX_OFFICIO: Final = "ex_officio"
NOTICE: Final = "municipality_notice"

ACTIONS: Final = {
    Filing.ENTRY_FROM_ABROAD: MADE,
    Filing.MOVING_IN: MADE,
    Filing.BECAME_RESIDENT_STATUS: MADE,
    Filing.MOVING_WITHIN: CORRECTED,
    Filing.MOVING_OUT: REMOVED,
}
"""What a filing does to the record, where the agency is told of it."""

EXEMPT: Final = {Filing.HOUSEHOLD_CHANGE: CORRECTED, Filing.RELATIONSHIP_CHANGE: CORRECTED}
"""What the filings do to the record that the agency is not told of (`sim.law.classing.goes_out`)."""

GROUNDS: Final[dict[str, tuple[str, str]]] = {
    "birth": (MADE, "birth"),
    "nationality_lost": (MADE, "nationality_lost"),
    "made_ex_officio": (MADE, EX_OFFICIO),
    "alias_changed": (CORRECTED, "alias_changed"),
    "corrected_ex_officio": (CORRECTED, EX_OFFICIO),
    "death": (REMOVED, "death"),
    "naturalized": (REMOVED, "naturalized"),
    "removed_ex_officio": (REMOVED, EX_OFFICIO),
}
"""What is no mover's filing: what it does to the record, and its reason in the profile."""

BEGINS_TRANSITIONAL: Final = frozenset({"birth", "nationality_lost"})
"""Grounds after which one is a transitional resident (経過滞在者) until a status is given."""

BEGINS_RESIDENCE: Final = BEGINS_TRANSITIONAL | {
    str(Filing.ENTRY_FROM_ABROAD),
    str(Filing.BECAME_RESIDENT_STATUS),
}
"""Grounds on whose day one becomes a foreign resident (住基法30条の45); who moves in was one before."""

REFUSALS: Final = (
    "already_cancelled",
    "already_registered",
    "card_number_used_before",
    "event_in_future",
    "filed_in_future",
    "item_missing",
    "later_change",
    "not_registered",
    "not_special_permanent",
    "not_transitional",
    "nothing_to_cancel",
    "unknown_ground",
    "unknown_item",
)
"""Why the register refuses a revision: the reasons in `revision_refused`."""


class Change(msgspec.Struct, frozen=True):
    """One change. `action`: None when no record changes. `reason`: as the agency is told.

    `notify`: a municipality notice (市町村通知) goes up. `article`: of the transmission, or empty. `items`:
    what a correction is about, when it is not about the address. `no_record`: a residence without 住民票.
    """

    case: str
    ground: str
    reason: str
    action: str | None
    person: Person
    event_date: date
    filed_date: date
    governing: str
    notify: bool
    new_address: str = ""
    article: str = ""
    deemed: bool = False
    items: tuple[str, ...] = ()
    no_record: bool = False


def of_filing(revise: Revise) -> Change:
    """What a counter accepted.

    The agency is told of the record (入管法 art. 61-8-2) unless the change is exempt or no record is
    concerned, and of the residence filing (入管法施行令 art. 2) when there is one.
    """
    filing = revise.filing
    action = None if revise.no_record else ACTIONS.get(filing) or EXEMPT.get(filing)
    told = NOTICE in goes_out(filing, revise.deemed)
    return Change(
        case=revise.case,
        ground=str(filing),
        reason=EX_OFFICIO if revise.ex_officio else str(filing),
        action=action,
        person=revise.person,
        event_date=revise.event_date,
        filed_date=revise.filed_date,
        governing=revise.governing,
        notify=action is not None and told and revise.governing != Governing.IMMIGRATION,
        new_address=revise.new_address,
        article=revise.transmit_article,
        deemed=revise.deemed,
        items=tuple(sorted(HOUSEHOLD_ITEMS)) if action is not None and filing in EXEMPT else (),
        no_record=revise.no_record,
    )


def of_mayor(change: ChangeRecord) -> Change:
    """A change that the mayor makes, by a report (birth, death) or without one; `ground` is one of `GROUNDS`.

    One of household items alone is exempt too (実務研究会 第8回).
    """
    action, reason = GROUNDS[change.ground]
    items = ("alias",) if change.ground == "alias_changed" else change.items
    return Change(
        case=change.case,
        ground=change.ground,
        reason=reason,
        action=action,
        person=change.person,
        event_date=change.event_date,
        filed_date=change.filed_date,
        governing=str(Governing.REGISTER),
        notify=action != CORRECTED or not set(items) <= HOUSEHOLD_ITEMS,
        items=items if action == CORRECTED else (),
    )
