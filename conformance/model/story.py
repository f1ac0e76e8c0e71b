"""What a story is made of: who is in it, and what happens. Plain data, without a rule in it.

Words of the protocol are used throughout; days are counted from the story, so that it can lie anywhere in the
calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

MID_LONG_TERM: Final = "mid_long_term_resident"
SPECIAL_PERMANENT: Final = "special_permanent_resident"

MOVING_OUT: Final = "moving_out"
RESIDENCE: Final = "residence_notification"
MAKING: Final = ("moving_in", "entry_from_abroad", "became_resident_status")
"""Filings that make a resident record."""
CHANGING: Final = ("moving_within", MOVING_OUT, "household_change", "relationship_change")
"""Filings of those who have one."""
FILINGS: Final = (*MAKING, *CHANGING, RESIDENCE)

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
EX_OFFICIO: Final = "ex_officio"

NOTICE: Final = "municipality_notice"
TRANSMISSION: Final = "municipality_transmission"


@dataclass(frozen=True, slots=True)
class Who:
    """One person. `seeded`: in the register from the beginning. `forged`: face and chip of the card differ.

    `permitted_ago`: days from the permission to the story's first day; `card_left`: days from that day to the
    last one of the card. Both None where nothing is said of them.
    """

    name: str
    kind: str = MID_LONG_TERM
    history: str = "residence_on_card"
    seeded: bool = False
    permitted_ago: int | None = None
    card_left: int | None = None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """Somebody files. `ago`: days since the event, less than 0 for one that is still to come."""

    who: str
    filing: str
    card: str
    ago: int


@dataclass(frozen=True, slots=True)
class Passes:
    """Days go by."""

    days: int


@dataclass(frozen=True, slots=True)
class Befalls:
    """Something befalls the next file with records, on its way `up` or `down`."""

    direction: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Breaks:
    """The line to the agency breaks: no file goes either way."""


@dataclass(frozen=True, slots=True)
class Mends:
    """The line works again."""


@dataclass(frozen=True, slots=True)
class Resends:
    """An operator sends the last file with records again."""


@dataclass(frozen=True, slots=True)
class Extends:
    """The agency prolongs somebody's period of stay."""

    who: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Somebody asks for a copy of the record."""

    who: str


Action = Files | Passes | Befalls | Breaks | Mends | Resends | Extends | Copies


@dataclass(frozen=True, slots=True)
class Story:
    """People and what happens, in order, from a day on."""

    begins: date
    people: tuple[Who, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """All that the decision on one filing turns on, with days as days."""

    kind: str
    history: str
    filing: str
    card: str
    event: date
    filed: date
    permitted: date | None = None
    card_until: date | None = None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What must come of one filing.

    `deemed`: the article of the residence notification that it is deemed to be. `kept_under`: the article of
    one that is filed by itself. `due`: the article under which one is still due, then with both limits that
    people are told. `records`: what is sent.
    """

    decision: str
    deemed: str | None = None
    kept_under: str | None = None
    due: str | None = None
    due_until: date | None = None
    revocation_until: date | None = None
    last_day: date | None = None
    in_time: bool | None = None
    endorsed: int = 0
    affairs: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
