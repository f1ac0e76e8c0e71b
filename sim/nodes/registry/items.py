"""The items of a record: which one is empty that must not be, and which differ between two."""

from __future__ import annotations

from typing import Final

from sim.law.record_items import BY_CLASS, EVERYBODY, PERIOD_ITEMS, WITHOUT_END
from sim.nodes.messages.people import Person

_NAMES: Final = {
    person_class: tuple(row.item for row in (*EVERYBODY, *rows)) for person_class, rows in BY_CLASS.items()
}
_EMPTY: Final = (None, "")
_COMPARED: Final = tuple(field for field in Person.__struct_fields__ if field != "ref")

HOUSEHOLD_ITEMS: Final = frozenset({"household", "head"})
"""Items whose change the agency is not told of, whoever makes it (実務研究会 第8回)."""

CARD_ITEMS: Final = (
    "person_class",
    "status",
    "period",
    "period_until",
    "card_number",
    "card_kind",
    "card_until",
)
"""Items that come with a status and its card, and change together when one is given."""


def missing(person: Person, not_insisted_on: frozenset[str]) -> tuple[str, ...]:
    """The items that the person's class wants and the record would not have; none when it is whole.

    Source: 住基法 art. 30-45, as `sim.law.record_items` has it.
    """
    endless = person.status in WITHOUT_END
    return tuple(
        item
        for item in _NAMES[person.person_class]
        if getattr(person, item) in _EMPTY
        and item not in not_insisted_on
        and not (endless and item in PERIOD_ITEMS)
    )


def changed(before: Person, after: Person) -> tuple[str, ...]:
    """The names of the items that differ, in the order of the record."""
    if before is after:
        return ()
    return tuple(item for item in _COMPARED if getattr(before, item) != getattr(after, item))
