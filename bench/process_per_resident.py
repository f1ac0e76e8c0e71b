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

from collections import deque
from collections.abc import Callable, Generator, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import simpy

from bench.process_offices import Change, Log, Ministry, Municipality
from bench.process_records import Parcel
from sim.base.instant import DAY, MINUTE, SECOND, Instant, at_time, instant, japan_datetime
from sim.drivers.world import Input
from sim.law.rules import RULES, Rules
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling, Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import OpenRegister
from sim.studies.scenario import Scenario

RETRY_AFTER: Final = (15 * MINUTE, 30 * MINUTE, 60 * MINUTE)

Process = Generator[simpy.Event, Any, None]


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
