"""The offices of the other side: the agency's server, and the municipality with counter and register.

Plain objects without SimPy; each is told the instant. What they write down goes to one log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TextIO

import msgspec

from bench.process_records import (
    AgencyNotice,
    AnyRecord,
    Batch,
    MunicipalityNotice,
    MunicipalityTransmission,
    Parcel,
    Record,
    Result,
    pack,
    unpack,
)
from sim.base.instant import Instant, japan_date, japan_datetime
from sim.exchange.birth import latest_day
from sim.law.kinds import CardState, Filing, Governing
from sim.law.rules import Rules
from sim.nodes.messages.agency import ExtendPeriod
from sim.nodes.messages.counter import FileFiling, Revise
from sim.nodes.messages.people import Person

AGENCY: Final = "ISA"
REGISTER: Final = "01"
RESIDENCE: Final = "02"
ACTIONS: Final[dict[Filing, Literal["made", "removed", "corrected"]]] = {
    Filing.ENTRY_FROM_ABROAD: "made",
    Filing.MOVING_IN: "made",
    Filing.BECAME_RESIDENT_STATUS: "made",
    Filing.MOVING_WITHIN: "corrected",
    Filing.MOVING_OUT: "removed",
}


class Log:
    """One line of JSON for each decision, record and result."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def record(self, at: int, record: Record) -> None:
        self._file.write(f'{{"at":{at},"record":{record.model_dump_json()}}}\n')

    def fact(self, at: int, kind: str, **data: object) -> None:
        self._file.write(json.dumps({"at": at, "kind": kind, **data}, ensure_ascii=False) + "\n")


# --- the agency ----------------------------------------------------------------------------------------
class Ministry:
    """The agency's server: who holds whose record, notices that wait, answers."""

    def __init__(self, code: str, holders: Iterable[tuple[str, str, str]], rules: Rules, log: Log) -> None:
        self.accepted: Counter[str] = Counter()
        self.raised = 0
        self._code = code
        self._holders = {card: holder for card, _, holder in holders}
        self._rules = rules
        self._log = log
        self._seen: set[str] = set()
        self._waiting: list[AgencyNotice] = []
        self._awaited: set[str] = set()
        self._expected: dict[str, int] = {}
        self._sequences: Counter[str] = Counter()
        self._numbers = 0

    def extend(self, order: ExtendPeriod, now: int) -> None:
        """A new period and card; whoever holds the record is told with the next exchange."""
        holder = self._holders.pop(order.card_number_before, "")
        self._holders[order.card_number] = holder
        if not holder:
            return
        self.raised += 1
        notice = AgencyNotice(
            record_id=f"{AGENCY}-{self.raised:08d}",
            person_ref=order.ref,
            decided_date=japan_date(Instant(now)),
            card_number_before=order.card_number_before,
            card_number=order.card_number,
            status=order.status,
            period_until=order.period_until,
        )
        self._log.record(now, notice)
        self._waiting.append(notice)

    def receive(self, parcel: Parcel, now: int) -> Parcel:
        """Checks a batch record by record and gives the answer, with the notices that wait."""
        batch = unpack(parcel, self._code, self._expected)
        answers: list[AnyRecord] = []
        today = japan_date(Instant(now))
        for record in batch.records:
            if isinstance(record, Result):
                self._awaited.remove(record.answers)
                continue
            fault = self._fault(batch.business, record, today)
            self._numbers += 1
            answer = Result(
                record_id=f"{AGENCY}-R{self._numbers:08d}",
                answers=record.record_id,
                outcome="rejected" if fault else "accepted",
                code=fault,
            )
            self._log.record(now, answer)
            answers.append(answer)
            if not fault:
                self.accepted[record.kind] += 1
                self._follow(record)
        if batch.business == REGISTER:
            answers += self._waiting
            self._awaited.update(notice.record_id for notice in self._waiting)
            self._waiting.clear()
        self._sequences[batch.business] += 1
        return pack(
            Batch(
                sender=AGENCY,
                recipient=self._code,
                business=batch.business,
                sequence=self._sequences[batch.business],
                created_at=japan_datetime(Instant(now)),
                records=answers,
            )
        )

    def _fault(
        self, business: str, record: MunicipalityNotice | MunicipalityTransmission | AgencyNotice, today: date
    ) -> str:
        right = {"municipality_notice": REGISTER, "municipality_transmission": RESIDENCE}.get(record.kind)
        if isinstance(record, AgencyNotice) or right != business:
            return "WRONG_BUSINESS"
        if record.record_id in self._seen:
            return "DUPLICATE_RECORD"
        self._seen.add(record.record_id)
        if record.event_date < self._rules.first_day:
            return "DATE_BEFORE_SYSTEM"
        return "DATE_IN_FUTURE" if record.event_date > today else ""

    def _follow(self, record: AnyRecord) -> None:
        if isinstance(record, MunicipalityNotice):
            self._holders[record.card_number] = "" if record.action == "removed" else self._code


# --- the municipality ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Change:
    """An accepted filing and what the law makes of it."""

    form: FileFiling | Revise
    filed: date
    article: str
    governing: Governing
    deemed: bool


class Municipality:
    """Counter, register and exchange terminal of one municipality."""

    def __init__(self, code: str, residents: Iterable[Person], rules: Rules, log: Log) -> None:
        self.filings: dict[str, Counter[str]] = {}
        self.deemed: Counter[str] = Counter()
        self.confirmed = 0
        self.refused = 0
        self._code = code
        self._rules = rules
        self._log = log
        self._register = {person.ref: person for person in residents}
        self._cards = {person.card_number: person.ref for person in self._register.values()}
        self._queue: list[AnyRecord] = []
        self._pending: dict[str, str] = {}
        self._imported: list[AgencyNotice] = []
        self._expected: dict[str, int] = {}
        self._sequences: Counter[str] = Counter()
        self._numbers = 0

    @property
    def residents(self) -> int:
        return len(self._register)

    def file(self, form: FileFiling, now: int) -> Change | None:
        """The counter decides; the change is given back when it waits for a planned day."""
        rules, filing, person = self._rules, form.filing, form.person
        direct = filing is Filing.RESIDENCE_NOTIFICATION
        if direct and form.card is not CardState.PRESENTED:
            return None
        filed = japan_date(Instant(now))
        deadline = rules.deadline(filing, form.event_date)
        in_time = rules.in_time(deadline, filed)
        deeming = rules.deem(person.person_class, form.history, filing, form.card)
        article = rules.residence_duty(person.person_class, form.history) if direct else deeming.clause
        governing = rules.governing(filing, deeming.clause is not None)
        self.filings.setdefault(filing, Counter())["in_time" if in_time else "late"] += 1
        if deeming.clause is not None:
            self.deemed[deeming.clause] += 1
        self._log.fact(
            now,
            "filing",
            case=form.case,
            person=person.ref,
            filing=filing,
            event_date=form.event_date.isoformat(),
            filed_date=filed.isoformat(),
            last_day=deadline.last_day.isoformat(),
            clause=deadline.clause,
            in_time=in_time,
            deemed=deeming.clause,
            governing=governing,
        )
        change = Change(form, filed, article or "", governing, not direct and deeming.clause is not None)
        if filing is Filing.MOVING_OUT and form.event_date > filed:
            return change
        self.apply(change, now)
        return None

    def plan(self, revise: Revise, now: int) -> Change | None:
        """A moving-out that was filed before the first day; given back when it waits for its day."""
        change = Change(revise, revise.filed_date, "", Governing.REGISTER, False)
        if revise.event_date > japan_date(Instant(now)):
            return change
        self.apply(change, now)
        return None

    def apply(self, change: Change, now: int) -> None:
        """The register follows, and the agency is told."""
        form = change.form
        action = ACTIONS.get(form.filing)
        known = self._register.get(form.person.ref)
        if (action == "made") != (known is None) and action is not None:
            self._log.fact(now, "revision_refused", case=form.case)
            return
        person = known or form.person
        previous = form.person.address if action == "made" else person.address
        if form.new_address:
            person = msgspec.structs.replace(person, address=form.new_address)
        if action == "removed":
            del self._register[person.ref]
            del self._cards[person.card_number]
        elif action is not None:
            self._register[person.ref] = person
            self._cards[person.card_number] = person.ref
        if action is not None and change.governing is not Governing.IMMIGRATION:
            notice = MunicipalityNotice(
                record_id=self._record_id(),
                person_ref=person.ref,
                action=action,
                reason=form.filing,
                event_date=form.event_date,
                filed_date=change.filed,
                person_class=person.person_class,
                name=person.name,
                birth_date=latest_day(person.birth_date),
                sex=person.sex,
                nationality=person.nationality,
                address=person.address,
                previous_address="" if action == "removed" else previous,
                status=person.status,
                period_until=person.period_until,
                card_number=person.card_number,
            )
            self._raise(notice, now)
        if change.article:
            transmission = MunicipalityTransmission(
                record_id=self._record_id(),
                person_ref=person.ref,
                article=change.article,
                manner="deemed" if change.deemed else "separate",
                event_date=form.event_date,
                filed_date=change.filed,
                name=person.name,
                birth_date=latest_day(person.birth_date),
                sex=person.sex,
                nationality=person.nationality,
                residence=person.address,
                card_number=person.card_number,
            )
            self._raise(transmission, now)

    def batches(self, now: int) -> list[Parcel]:
        """The day's batches: the register's always, the residence business's when it has records."""
        by_business: dict[Literal["01", "02"], list[AnyRecord]] = {"01": []}
        for record in self._queue:
            by_business.setdefault("02" if isinstance(record, MunicipalityTransmission) else "01", []).append(
                record
            )
        self._queue = []
        made = []
        for business, records in by_business.items():
            self._sequences[business] += 1
            batch = Batch(
                sender=self._code,
                recipient=AGENCY,
                business=business,
                sequence=self._sequences[business],
                created_at=japan_datetime(Instant(now)),
                records=records,
            )
            made.append(pack(batch))
        return made

    def receive(self, parcel: Parcel, now: int) -> None:
        """Results settle what was raised; notices wait for the clerk."""
        for record in unpack(parcel, AGENCY, self._expected).records:
            if isinstance(record, Result):
                kind = self._pending.pop(record.answers)
                self._log.fact(now, "settled", record=record.answers, of=kind, outcome=record.outcome)
            elif isinstance(record, AgencyNotice):
                self._imported.append(record)

    def confirm(self, now: int) -> None:
        """A clerk goes through the notices; the register follows."""
        for notice in self._imported:
            ref = self._cards.pop(notice.card_number_before, None)
            if ref is None:
                self.refused += 1
            else:
                self.confirmed += 1
                self._register[ref] = msgspec.structs.replace(
                    self._register[ref],
                    card_number=notice.card_number,
                    status=notice.status,
                    period_until=notice.period_until,
                )
                self._cards[notice.card_number] = ref
            answer = Result(
                record_id=self._record_id(),
                answers=notice.record_id,
                outcome="rejected" if ref is None else "accepted",
                code="NO_SUCH_RESIDENT" if ref is None else "",
            )
            self._log.record(now, answer)
            self._queue.append(answer)
        self._imported = []

    def _raise(self, record: MunicipalityNotice | MunicipalityTransmission, now: int) -> None:
        self._log.record(now, record)
        self._pending[record.record_id] = record.kind
        self._queue.append(record)

    def _record_id(self) -> str:
        self._numbers += 1
        return f"{self._code}-{self._numbers:08d}"
