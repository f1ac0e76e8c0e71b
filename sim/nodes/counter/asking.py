"""Which items people are asked for, which come from the chip, which a clerk keys (住民票作成支援).

One visit has two effects, and nobody is asked for an item twice (S0-007): the counter asks through `Asking`
only, which gives back what was not asked before in the session, and no more. What several members of a
household have in common, such as the new address, is asked once for all of them. What stands on a card that
lies on the counter is asked of nobody.

The seven items of the chip stand in the order of seed 000, line 231 (S0-062); what a chip holds as text is
taken over byte for byte, so that none of it is keyed by hand (S0-063, S0-064). Which items a municipality's
form has is its own matter; those below are the ones that 住基法 art. 22 and 入管法施行令 art. 2 name, as far
as those texts were read (UNCONFIRMED `order-items`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from sim.base.errors import UsageError, nearest
from sim.law.card_validity import card_items
from sim.law.kinds import Filing
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.people import Person

CHIP_ITEMS: Final = (
    "nationality",
    "name",
    "sex",
    "birth_date",
    "status",
    "period_of_stay",
    "card_number",
)
"""国籍・地域, 氏名, 性別, 生年月日, 在留資格, 在留期間, 在留カード番号; the ids of `CARD_FACE`."""

_FIELDS: Final = {
    "nationality": "nationality",
    "name": "name",
    "sex": "sex",
    "birth_date": "birth_date",
    "status": "status",
    "period_of_stay": "period",
    "card_number": "card_number",
}

_MOVE: Final = ("address", "previous_address", "event_date")
_RECORD: Final = (*CHIP_ITEMS, "relationship")
_KNOWN_HERE: Final = ("name", "birth_date")

REGISTER_FORMS: Final[dict[Filing, tuple[str, ...]]] = {
    Filing.MOVING_IN: (*_RECORD, *_MOVE),
    Filing.ENTRY_FROM_ABROAD: (*_RECORD, "address", "event_date"),
    Filing.BECAME_RESIDENT_STATUS: (*_RECORD, "address", "event_date"),
    Filing.MOVING_WITHIN: (*_KNOWN_HERE, *_MOVE),
    Filing.MOVING_OUT: (*_KNOWN_HERE, *_MOVE),
    Filing.HOUSEHOLD_CHANGE: (*_KNOWN_HERE, "relationship", "event_date"),
    Filing.RELATIONSHIP_CHANGE: (*_KNOWN_HERE, "relationship", "event_date"),
}
"""What the form of each register filing wants to know."""

RESIDENCE_FORM: Final = ("name", "birth_date", "sex", "nationality", "card_number", *_MOVE)
"""What the form of a residence notification (住居地届出書) wants to know."""

MAKES_A_RECORD: Final = frozenset({Filing.MOVING_IN, Filing.ENTRY_FROM_ABROAD, Filing.BECAME_RESIDENT_STATUS})
"""Filings after which a 住民票 is made, so that the chip's items go into it."""


class Taken(NamedTuple):
    """The items of one filing. `keyed`: those of the card's items that went into the record by hand."""

    asked: tuple[str, ...]
    read: tuple[str, ...]
    keyed: tuple[str, ...]
    edited: tuple[str, ...]


class Asking:
    """What was asked in one session: names of items, with whose they are or what all have in common."""

    def __init__(self) -> None:
        self._asked: set[tuple[str, str]] = set()

    def ask(self, form: FileFiling, items: Iterable[str]) -> tuple[str, ...]:
        """Those of the items that were not asked before in this session; they are asked now."""
        new = [item for item in dict.fromkeys(items) if (item, _whose(form, item)) not in self._asked]
        self._asked.update((item, _whose(form, item)) for item in new)
        return tuple(new)


def take(
    asking: Asking,
    form: FileFiling,
    *,
    extract: tuple[tuple[str, str], ...],
    card_there: bool,
    residence_form: bool,
) -> Taken:
    """What is asked, read and keyed for one filing.

    `card_there`: the card lies on the counter, so that its items are asked of nobody. `residence_form`: the
    residence notification has to be filed on a form of its own.
    """
    wanted = REGISTER_FORMS.get(form.filing, RESIDENCE_FORM)
    if residence_form:
        wanted = (*wanted, *RESIDENCE_FORM)
    held = dict(extract)
    told = tuple(item for item in wanted if not (card_there and item in CHIP_ITEMS))
    makes = form.filing in MAKES_A_RECORD
    return Taken(
        asked=asking.ask(form, told),
        read=tuple(item for item in CHIP_ITEMS if makes and item in held),
        keyed=tuple(item for item in _on_card(form) if makes and item not in held),
        edited=tuple(item for item, text in form.edits if held.get(item, text) != text),
    )


def prefilled(extract: tuple[tuple[str, str], ...], form: FileFiling) -> tuple[tuple[str, str], ...]:
    """The chip's text as it goes into the register: byte for byte, but for the clerk's edits."""
    if not extract:
        return ()
    edits = dict(form.edits)
    return tuple((item, edits.get(item, text)) for item, text in extract)


def as_written(form: FileFiling, extract: tuple[tuple[str, str], ...]) -> Person:
    """The person as the record is made: what the chip gave as text, and the clerk's edits (S0-063).

    A filing that makes no record leaves the register's own text alone, but for the edits.

    Raises:
        UsageError: the clerk edits an item that no chip has, or writes no day for the birth date.
    """
    changes = _from_chip(form, extract) if extract and form.filing in MAKES_A_RECORD else {}
    if not changes and not form.edits:
        return form.person
    for item, text in form.edits:
        if item not in _FIELDS:
            near = nearest(item, _FIELDS)
            raise _wrong(item, ", ".join(_FIELDS), f"did you mean {near!r}?" if near else "name one of these")
        try:
            changes[_FIELDS[item]] = date.fromisoformat(text) if item == "birth_date" else text
        except ValueError as error:
            raise _wrong(text, "a day, such as 1990-01-31", "give the day of birth") from error
    return msgspec.structs.replace(form.person, **changes)


def _from_chip(form: FileFiling, extract: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The chip's text by field. A chip has one name: the kanji of who has any, else the Latin one."""
    found: dict[str, Any] = {_FIELDS[item]: text for item, text in extract}
    if form.person.name_kanji and "name" in found:
        found["name_kanji"] = found.pop("name")
    if "birth_date" in found:
        found["birth_date"] = date.fromisoformat(found["birth_date"])
    return found


def _on_card(form: FileFiling) -> tuple[str, ...]:
    """Those that are items of the card: the period of stay is none from 2026-06-14 on (S0-062)."""
    if form.issued is None:
        return CHIP_ITEMS
    borne = {item.id for item in card_items(form.issued)}
    return tuple(item for item in CHIP_ITEMS if item in borne)


def _whose(form: FileFiling, item: str) -> str:
    """Whose the item is; for what a household has in common its value, so that each is asked once."""
    common = {
        "address": form.new_address,
        "previous_address": form.person.address,
        "event_date": form.event_date.isoformat(),
    }
    return common.get(item, form.person.ref)


def _wrong(received: str, expected: str, remedy: str) -> UsageError:
    return UsageError(
        "a clerk cannot edit that",
        expected=expected,
        received=received,
        where="sim.nodes.counter, FileFiling.edits",
        remedy=remedy,
    )
