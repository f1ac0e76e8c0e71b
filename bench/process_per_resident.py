"""The other side of the Shinjuku year: what a good engineer would write in an afternoon.

One SimPy process for each resident, in two ways of writing it. The usual agent wakes every day and asks
whether something happens to it today; a leaner one knows its next event and sleeps until then. It goes to
the counter, or has its period extended by the agency. One process each for the clerk, the nightly exchange
and the two directions of the line. Every notice, transmission, agency notice and result is a validated
pydantic object. A batch is a pydantic object too: it travels as JSON with its SHA-256 and is validated again
on arrival.

It plays the inputs of our own simulation and asks the same rules, so that both sides see the same people and
must reach the same counts. It does less than ours wherever that is the natural way to write it: no
envelopes, no transactions, no causes in the log, no wrong batches; the log is a line for each decision,
record and result.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import msgspec
import simpy

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
from sim.base.instant import DAY, MINUTE, SECOND, Instant, at_time, instant, japan_date, japan_datetime
from sim.drivers.world import Input
from sim.exchange.birth import latest_day
from sim.law.kinds import CardState, Filing, Governing
from sim.law.rules import RULES, Rules
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling, Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import OpenRegister
from sim.studies.scenario import Scenario

AGENCY: Final = "ISA"
REGISTER: Final = "01"
RESIDENCE: Final = "02"
RETRY_AFTER: Final = (15 * MINUTE, 30 * MINUTE, 60 * MINUTE)
ACTIONS: Final[dict[Filing, Literal["made", "removed", "corrected"]]] = {
    Filing.ENTRY_FROM_ABROAD: "made",
    Filing.MOVING_IN: "made",
    Filing.BECAME_RESIDENT_STATUS: "made",
    Filing.MOVING_WITHIN: "corrected",
    Filing.MOVING_OUT: "removed",
}

Process = Generator[simpy.Event, Any, None]


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


# --- the model -----------------------------------------------------------------------------------------
class Model:
    """The city, the agency and the line between them in SimPy's time (microseconds)."""

    def __init__(
        self, scenario: Scenario, inputs: Iterable[Input], log: Log, *, daily: bool, rules: Rules = RULES
    ) -> None:
        self._scenario = scenario
        self._rules = rules
        self._until = instant(scenario.start) + scenario.days * DAY
        self._env = simpy.Environment(initial_time=instant(scenario.start))
        agendas: dict[str, list[Input]] = {}
        residents: tuple[Person, ...] = ()
        holders: tuple[tuple[str, str, str], ...] = ()
        for item in inputs:
            match item.body:
                case OpenRegister():
                    residents = item.body.residents
                    agendas |= {person.ref: [] for person in residents}
                case OpenMinistry():
                    holders = item.body.holders
                case FileFiling() | Revise():
                    agendas.setdefault(item.body.person.ref, []).append(item)
                case ExtendPeriod():
                    agendas.setdefault(item.body.ref, []).append(item)
        code = scenario.only.code
        self.city = Municipality(code, residents, rules, log)
        self.ministry = Ministry(code, holders, rules, log)
        self._line = simpy.Resource(self._env)
        self._up = simpy.Store(self._env)
        self._down = simpy.Store(self._env)
        for agenda in agendas.values():
            self._env.process(self._wakes_daily(agenda) if daily else self._sleeps(agenda))
        self._env.process(self._clerk())
        self._env.process(self._exchange())
        self._env.process(self._courier(self._up, self._at_ministry))
        self._env.process(self._courier(self._down, self._at_city))

    @property
    def now(self) -> int:
        return int(self._env.now)

    def run(self) -> None:
        """Plays all days."""
        self._env.run(until=self._until)

    def _wakes_daily(self, agenda: list[Input]) -> Process:
        """The usual agent: every midnight it asks what happens to it today."""
        env, waiting, midnight = self._env, deque(agenda), self.now
        planned: Change | None = None
        while midnight < self._until:
            if planned is not None and instant(planned.form.event_date) <= self.now:
                self.city.apply(planned, self.now)
                planned = None
            midnight += DAY
            while waiting and waiting[0].at < midnight:
                item = waiting.popleft()
                yield env.timeout(item.at - self.now)
                planned = self._act(item)
            yield env.timeout(midnight - self.now)

    def _sleeps(self, agenda: list[Input]) -> Process:
        """The lean agent: it knows when its next event is."""
        env = self._env
        for item in agenda:
            yield env.timeout(item.at - self.now)
            planned = self._act(item)
            if planned is not None:
                yield env.timeout(instant(planned.form.event_date) - self.now)
                self.city.apply(planned, self.now)
        yield env.timeout(max(0, self._until - self.now))  # the next event lies beyond the last day

    def _act(self, item: Input) -> Change | None:
        """What happens now; a moving-out that waits for its day is given back."""
        if isinstance(item.body, ExtendPeriod):
            self.ministry.extend(item.body, self.now)
        elif isinstance(item.body, Revise):
            return self.city.plan(item.body, self.now)
        elif isinstance(item.body, FileFiling):
            return self.city.file(item.body, self.now)
        return None

    def _clerk(self) -> Process:
        for day in self._days():
            if not self._rules.is_closed(day):
                yield self._env.timeout(at_time(day, self._scenario.counter.confirms_notices_at) - self.now)
                self.city.confirm(self.now)

    def _exchange(self) -> Process:
        for day in self._days():
            yield self._env.timeout(at_time(day, self._scenario.exchange.at) - self.now)
            for parcel in self.city.batches(self.now):
                yield self._up.put(parcel)

    def _courier(self, queue: simpy.Store, deliver: Callable[[Parcel], None]) -> Process:
        """Carries one parcel after another; tries again, later each time, when the line is down."""
        env, network = self._env, self._scenario.lgwan
        while True:
            parcel: Parcel = yield queue.get()
            attempts = 0
            while self._is_down():
                yield env.timeout(RETRY_AFTER[min(attempts, len(RETRY_AFTER) - 1)])
                attempts += 1
            with self._line.request() as turn:
                yield turn
                sending = (
                    len(parcel.content) * 8 * SECOND // (network.rate_kbps * 1000) if network.rate_kbps else 0
                )
                yield env.timeout(network.latency_ms * 1000 + sending)
            deliver(parcel)

    def _at_ministry(self, parcel: Parcel) -> None:
        self._down.put(self.ministry.receive(parcel, self.now))

    def _at_city(self, parcel: Parcel) -> None:
        self.city.receive(parcel, self.now)

    def _is_down(self) -> bool:
        clock = japan_datetime(Instant(self.now)).replace(tzinfo=None)
        return any(outage.from_ <= clock < outage.until for outage in self._scenario.lgwan.outages)

    def _days(self) -> Iterable[date]:
        return (self._scenario.start + timedelta(days=n) for n in range(self._scenario.days))


def play(
    scenario: Scenario, inputs: Iterable[Input], folder: Path, *, daily: bool, rules: Rules = RULES
) -> Model:
    """Plays the scenario and leaves its log in `folder`. `daily`: agents wake every day."""
    with (folder / "log.ndjson").open("w", encoding="utf-8") as file:
        model = Model(scenario, inputs, Log(file), daily=daily, rules=rules)
        model.run()
    return model
