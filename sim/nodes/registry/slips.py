"""The slip of an agency notice (処理結果確認票): whose record is meant, and each item before and after."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.exchange.records import AgencyNotice
from sim.law.kinds import PersonClass
from sim.nodes.messages.people import Person
from sim.nodes.registry.items import CARD_ITEMS
from sim.nodes.registry.state import RegistryState

REMOVE: Final = "remove"
ACQUIRED: Final = "status_acquired"
_PLAIN: Final = (
    "card_number",
    "name",
    "name_kanji",
    "birth_date",
    "sex",
    "nationality",
    "status",
    "card_kind",
)


class SlipLine(msgspec.Struct, frozen=True):
    """One item on a slip, before and after. The values stay in the register and in no journal."""

    item: str
    before: Any
    after: Any

    @property
    def changes(self) -> bool:
        return bool(self.before != self.after)


def subject_of(state: RegistryState, notice: AgencyNotice) -> Person | None:
    """Whose record the notice is about, with 住民票 or without; None when nobody here is meant.

    The card before says it. One whose record follows the new card already is found under that, and one whose
    record is further on under the card of old. Who bears no card here (経過滞在者) is found by the reference
    under which the municipality had told the agency of one.
    """
    for number in (notice.card_number_before, notice.card_number):
        if number and (person := state.holder_of(number)) is not None:
            return person
    if notice.card_number_before:
        return state.former_holder_of(notice.card_number_before)
    person = state.resident(notice.person_ref)
    return person if person is not None and not person.card_number else None


def following(person: Person, notice: AgencyNotice) -> Person:
    """The person as the notice says: an item that it gives is as it is now, the others did not change."""
    return msgspec.structs.replace(person, **given(person, notice))


def superseded(person: Person, notice: AgencyNotice) -> bool:
    """Whether the record follows a later card than the one that the notice is about.

    So it is after a correction by the card that was shown, when more than one notice was under way.
    """
    before = notice.card_number_before
    return bool(before) and person.card_number not in ("", before, notice.card_number)


def given(person: Person, notice: AgencyNotice) -> dict[str, Any]:
    """The items that the notice gives, as they are now.

    A status brings its own period and end with it, or none; a new card its own validity, which the notice
    does not tell. A transitional resident who acquires a status is a mid-long-term resident unless the notice
    says otherwise. Of a notice about an older card than the record's, what comes with a card is over.
    """
    items: dict[str, Any] = {item: value for item in _PLAIN if (value := getattr(notice, item))}
    if superseded(person, notice):
        return {item: value for item, value in items.items() if item not in CARD_ITEMS}
    if notice.person_class:
        items["person_class"] = PersonClass(notice.person_class)
    elif notice.reason == ACQUIRED and person.person_class is PersonClass.TRANSITIONAL_STAY:
        items["person_class"] = PersonClass.MID_LONG_TERM_RESIDENT
    if notice.status or notice.period_until is not None:
        items["period_until"] = notice.period_until
    if notice.status or notice.period:
        items["period"] = notice.period
    if notice.card_number and notice.card_number != person.card_number:
        items["card_until"] = None
    return items


def slip(state: RegistryState, record_id: str) -> tuple[SlipLine, ...]:
    """The slip (処理結果確認票) of a notice that waits: each item of the record before and after it.

    Empty when no such notice waits or nobody here is meant. A notice that removes the record leaves no after.
    """
    for _, imported in state.imported():
        notice = imported.notice
        if notice.record_id == record_id and (person := subject_of(state, notice)) is not None:
            after = None if notice.effect == REMOVE else following(person, notice)
            return tuple(
                SlipLine(item, getattr(person, item), getattr(after, item, None))
                for item in person.__struct_fields__
                if item != "ref"
            )
    return ()
