"""Who stands at a counter and is recorded in a register."""

from __future__ import annotations

from datetime import date

import msgspec

from sim.exchange.birth import BirthDate
from sim.law.filers import Living, Tie
from sim.law.kinds import PersonClass


class Person(msgspec.Struct, frozen=True):
    """A foreign resident as a counter sees one. `ref` is the pseudonym used in every journal.

    `household`: pseudonym of the household, empty for one who lives alone. `card_kind` and `card_until`: kind
    of the card (`card_kinds` of the profile) and the last day on which it is valid, where known. `alias`:
    the registered alias (通称). `photo`: whether the card bears a photograph (not below a certain age).
    """

    ref: str
    person_class: PersonClass
    name: str
    birth_date: BirthDate
    sex: str
    nationality: str
    address: str
    card_number: str
    status: str
    period_until: date | None = None
    name_kanji: str = ""
    alias: str = ""
    household: str = ""
    head: bool = False
    period: str = ""
    became_resident_date: date | None = None
    card_kind: str = ""
    card_until: date | None = None
    photo: bool = True


class Visitor(msgspec.Struct, frozen=True):
    """Who stands at the counter, as seen from the person whom a filing concerns (`sim.law.filers.Filer`).

    `tie`: what the visitor is to the person. `proof`: papers that show a legal representative. `mandate`: a
    written mandate. `asked`, `unable`: the person asked for it; cannot come.
    """

    tie: Tie = Tie.UNRELATED
    age: int = 30
    living: Living = Living.SAME_HOUSEHOLD
    head: bool = False
    represents: bool = False
    proof: bool = False
    mandate: bool = False
    identity_shown: bool = True
    asked: bool = False
    unable: bool = False
