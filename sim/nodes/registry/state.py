"""The register's memory, in the words of the law: who is recorded, what is planned, what awaits an answer.

`append` is the only way to change a record: it adds a version and lets the current record follow, so that the
record is the fold of its history by construction. For whoever never changed nothing is kept beside the
record.
"""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.instant import Instant
from sim.base.node import Table, Tables
from sim.exchange.records import AgencyNotice, AnyRecord, Result
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ChangeRecord
from sim.nodes.numbers import Numbers
from sim.nodes.registry.history import (
    ABODE_REMOVED,
    BEFORE_ALL,
    KEEPS_ABODE,
    KEEPS_RECORD,
    OPENED,
    REMOVED,
    Version,
    fold,
)


class Planned(msgspec.Struct, frozen=True):
    """A moving-out that waits for its day."""

    revise: Revise


class Provisional(msgspec.Struct, frozen=True):
    """A change that is recorded and not final. `since`: the day on which it came."""

    body: Revise | ChangeRecord
    since: date


class Imported(msgspec.Struct, frozen=True):
    """An agency notice that waits for a clerk.

    `on`: the day on which it came. `ref`: whose it is here, empty when nobody was found. `by_hand`: a special
    permanent resident's, which the automatic confirmation leaves alone.
    """

    notice: AgencyNotice
    batch: str
    on: date = BEFORE_ALL
    ref: str = ""
    by_hand: bool = False


class Raised(msgspec.Struct, frozen=True):
    """A record that left and has no result yet, with the record itself and the instant at which it left."""

    kind: str
    case: str
    subject: str
    at: Instant = Instant(0)
    record: AnyRecord | None = None


class Copy(msgspec.Struct, frozen=True):
    """A copy of a record that was issued. `version`: how long the history was. `shown`: a card was declared.

    `differs`: what was known to be otherwise when it was issued.
    """

    case: str
    on: date
    option: str
    version: int
    shown: bool = False
    differs: tuple[str, ...] = ()


class Copies(msgspec.Struct, frozen=True):
    """All copies of one person's record, in order."""

    issued: tuple[Copy, ...]


_RESIDENTS = Table("resident", Person)
_ABODES = Table("abode", Person)
_CARDS = Table("card", str, secret=True)
_FORMER_CARDS = Table("card_former", str, secret=True)
_REMOVED = Table("removed", Person)
_PLANNED = Table("planned_removal", Planned)
_PROVISIONAL = Table("provisional", Provisional)
_VERSIONS = Table("version", Version)
_LAST = Table("version_last", int)
_IMPORTED = Table("imported", Imported)
_RAISED = Table("raised", Raised)
_REJECTED = Table("raised_rejected", str)
_ANSWERED = Table("answered", Result)
_CAME = Table("notice_came", bool)
_COPIES = Table("copy", Copies)


class RegistryState:
    """What the register knows."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    # --- records ---------------------------------------------------------------------------------
    def resident(self, ref: str) -> Person | None:
        """The person's 住民票, or None."""
        return self._tables.get(_RESIDENTS, ref)

    def abode(self, ref: str) -> Person | None:
        """The person's entry as a special permanent resident without 住民票, or None."""
        return self._tables.get(_ABODES, ref)

    def known(self, ref: str) -> Person | None:
        """The person as recorded here, with 住民票 or without."""
        return self.resident(ref) or self.abode(ref)

    def holder_of(self, card_number: str) -> Person | None:
        """Whose card this is, among those recorded here with 住民票 or without."""
        ref = self._tables.get(_CARDS, card_number)
        return None if ref is None else self.known(ref)

    def bore(self, ref: str, card_number: str) -> None:
        """The person bore this card before the one of the record."""
        self._tables.put(_FORMER_CARDS, card_number, ref)

    def former_holder_of(self, card_number: str) -> Person | None:
        """Who bore this card before the one of the record, among those recorded here."""
        ref = self._tables.get(_FORMER_CARDS, card_number)
        return None if ref is None else self.known(ref)

    def removed(self, ref: str) -> Person | None:
        """The person's 除票, if one is kept."""
        return self._tables.get(_REMOVED, ref)

    def residents(self) -> list[Person]:
        """All who have a 住民票, by pseudonym."""
        return [person for _, person in self._tables.scan(_RESIDENTS)]

    def in_scope(self) -> list[Person]:
        """All whom the exchange is about: with 住民票, and special permanent residents with an abode only.

        Source: seed 003, lines 103 and 105.
        """
        return self.residents() + [person for _, person in self._tables.scan(_ABODES)]

    def open(self, person: Person) -> None:
        """Somebody who is recorded when the register opens."""
        self._tables.put(_RESIDENTS, person.ref, person)
        if person.card_number:
            self._tables.put(_CARDS, person.card_number, person.ref)

    # --- history ---------------------------------------------------------------------------------
    def last_version(self, ref: str) -> int:
        """How many versions the person's history has; 0 for who never changed."""
        return self._tables.get(_LAST, ref) or 0

    def version(self, ref: str, number: int) -> Version | None:
        return self._tables.get(_VERSIONS, _version_key(ref, number))

    def history(self, ref: str) -> list[Version]:
        """All versions of the person's record, oldest first, number 1 at place 0."""
        numbers = range(1, self.last_version(ref) + 1)
        return [version for n in numbers if (version := self.version(ref, n)) is not None]

    def as_of(self, ref: str, day: date) -> Person | None:
        """The resident record as the register had it at the end of the day; None when it had none."""
        versions = self.history(ref)
        if not versions:
            return self.resident(ref)
        return fold(version for version in versions if version.on <= day)

    def after_version(self, ref: str, number: int) -> Person | None:
        """The resident record as it stood when the history had `number` versions."""
        versions = self.history(ref)
        if not versions:
            return self.resident(ref)
        # Who was recorded at the opening gets a first version with the first change, and had none before.
        return fold(versions[: max(number, 1)])

    def append(self, ref: str, version: Version) -> None:
        """Adds a version; the current record, the index of cards and the 除票 follow it."""
        tables = self._tables
        last = self.last_version(ref)
        record, abode = self.resident(ref), self.abode(ref)
        if last == 0 and record is not None:
            last = 1
            tables.put(_VERSIONS, _version_key(ref, 1), Version(BEFORE_ALL, OPENED, OPENED, "", record))
        tables.put(_VERSIONS, _version_key(ref, last + 1), version)
        tables.put(_LAST, ref, last + 1)
        person = version.person
        if version.action in KEEPS_RECORD:
            tables.put(_RESIDENTS, ref, person)
            self._index(ref, record, person)
            if version.cancels:
                tables.delete(_REMOVED, ref)  # the 除票 is a record again; the history keeps both
        elif version.action == REMOVED:
            tables.delete(_RESIDENTS, ref)
            tables.put(_REMOVED, ref, person)
            tables.delete(_PLANNED, ref)
            self._index(ref, record, None)
        elif version.action in KEEPS_ABODE:
            tables.put(_ABODES, ref, person)
            self._index(ref, abode, person)
        elif version.action == ABODE_REMOVED:
            tables.delete(_ABODES, ref)
            self._index(ref, abode, record)

    def _index(self, ref: str, before: Person | None, after: Person | None) -> None:
        """A card leads to who bears it; an old number is forgotten unless it is somebody else's meanwhile."""
        old = "" if before is None else before.card_number
        new = "" if after is None else after.card_number
        if old not in ("", new) and self._tables.get(_CARDS, old) == ref:
            self._tables.delete(_CARDS, old)
        if new:
            self._tables.put(_CARDS, new, ref)
            if old not in ("", new):
                self.bore(ref, old)

    # --- plans and provisional changes -----------------------------------------------------------
    def plan_removal(self, revise: Revise) -> None:
        """A later filing takes the place of an earlier plan."""
        self._tables.put(_PLANNED, revise.person.ref, Planned(revise))

    def planned_removal(self, ref: str) -> Revise | None:
        planned = self._tables.get(_PLANNED, ref)
        return None if planned is None else planned.revise

    def drop_plan(self, ref: str) -> None:
        self._tables.delete(_PLANNED, ref)

    def hold(self, body: Revise | ChangeRecord, since: date) -> None:
        """Keeps a change that is not final."""
        self._tables.put(_PROVISIONAL, f"{body.case}/{body.person.ref}", Provisional(body, since))

    def held(self, case: str) -> list[Revise | ChangeRecord]:
        """The provisional changes of a case, by person."""
        rows = self._tables.scan(_PROVISIONAL, f"{case}/")
        return [row.body for _, row in rows if row.body.case == case]

    def provisional(self, ref: str) -> list[Provisional]:
        """The provisional changes that concern a person, by case."""
        return [row for _, row in self._tables.scan(_PROVISIONAL) if row.body.person.ref == ref]

    def release(self, body: Revise | ChangeRecord) -> None:
        """The change is provisional no longer."""
        self._tables.delete(_PROVISIONAL, f"{body.case}/{body.person.ref}")

    # --- records that left -----------------------------------------------------------------------
    def next_record_number(self) -> int:
        """Numbers records that leave, from 1 without a gap."""
        return self._numbers.next("record")

    def await_result(self, record_id: str, raised: Raised) -> None:
        self._tables.put(_RAISED, record_id, raised)

    def awaited(self, record_id: str) -> Raised | None:
        return self._tables.get(_RAISED, record_id)

    def all_awaited(self) -> list[Raised]:
        """Records without a result, in the order in which they left."""
        return [raised for _, raised in self._tables.scan(_RAISED)]

    def settle(self, result: Result) -> None:
        """The record has its result; a rejection is remembered, what it was stands in the journal."""
        self._tables.delete(_RAISED, result.answers)
        if not result.accepted:
            self._tables.put(_REJECTED, result.answers, result.code)

    def was_rejected(self, record_id: str) -> bool:
        """Whether the agency did not take the record in."""
        return self._tables.get(_REJECTED, record_id) is not None

    def keep_answer(self, result: Result) -> None:
        """Keeps what was answered to an agency notice: nobody answers an answer, so it is never settled."""
        self._tables.put(_ANSWERED, result.answers, result)

    def answer_to(self, record_id: str) -> Result | None:
        """What was answered to the agency notice of that number, or None."""
        return self._tables.get(_ANSWERED, record_id)

    # --- agency notices --------------------------------------------------------------------------
    def first_time(self, record_id: str) -> bool:
        """Whether the notice never came before; remembers it."""
        if self._tables.get(_CAME, record_id) is not None:
            return False
        self._tables.put(_CAME, record_id, True)
        return True

    def import_notice(self, imported: Imported) -> None:
        self._tables.put(_IMPORTED, f"{self._numbers.next('import'):012d}", imported)

    def imported(self) -> list[tuple[str, Imported]]:
        """Notices that wait for a clerk, in the order of their arrival."""
        return list(self._tables.scan(_IMPORTED))

    def drop_import(self, key: str) -> None:
        self._tables.delete(_IMPORTED, key)

    # --- copies ----------------------------------------------------------------------------------
    def copies(self, ref: str) -> tuple[Copy, ...]:
        """The copies of the person's record that were issued, in order."""
        found = self._tables.get(_COPIES, ref)
        return () if found is None else found.issued

    def keep_copy(self, ref: str, copy: Copy) -> None:
        self._tables.put(_COPIES, ref, Copies((*self.copies(ref), copy)))


def _version_key(ref: str, number: int) -> str:
    return f"{ref}/{number:04d}"
