"""What happens in a scenario: who moves, who comes to the counter when, what the agency decides.

A generator in the order of time, day by day, so that a year needs no more memory than the people who are
under way. Each kind of event draws from a stream of its own for each day; somebody who does nothing costs
nothing. A person who is between an event and the filing is not drawn again.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sim.base.instant import MINUTE, Instant, at_time, instant, japan_date
from sim.base.node import Body, Key, NodeId
from sim.base.streams import Streams
from sim.drivers.topology import MINISTRY, Places
from sim.drivers.world import Input
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass
from sim.law.rules import RULES, Rules
from sim.nodes.messages import (
    ConfirmNotices,
    ExtendPeriod,
    FileFiling,
    OpenMinistry,
    OpenRegister,
    OpenTerminal,
    Person,
    Revise,
)
from sim.studies.population import PERMANENT, Population
from sim.studies.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np

DAYS_A_YEAR: Final = 365.2425
AGENCY_OPENS: Final = time(9)
AGENCY_MINUTES: Final = 7 * 60
EXTENSION_YEARS: Final = (1, 3, 5)
# Most who come from abroad have just landed; the rest return with a card that bears an address.
FIRST_LANDING: Final = 0.85
# Longer than any row of closed days, by which a filing may be put off.
_PUT_OFF: Final = 14
# Who finds the counter closed comes on the first, second or third open day after.
AFTER_CLOSED: Final = [(0, 0.5), (1, 0.3), (2, 0.2)]


@dataclass(order=True, slots=True)
class _Due:
    at: Instant
    number: int
    to: NodeId = field(compare=False)
    body: Body = field(compare=False)
    person: Person | None = field(compare=False, default=None)
    stays: bool = field(compare=False, default=True)


class _People:
    """Who can be drawn: those who live in the municipality and are not under way."""

    def __init__(self, initial: tuple[Person, ...]) -> None:
        self._settled = list(initial)

    def __len__(self) -> int:
        return len(self._settled)

    def draw(self, place: int) -> Person:
        """Takes somebody out of the pool."""
        people = self._settled
        last = people.pop()
        place %= len(people) + 1
        if place == len(people):
            return last
        drawn, people[place] = people[place], last
        return drawn

    def settle(self, person: Person) -> None:
        self._settled.append(person)


class Inputs:
    """The inputs of one scenario, to be walked through once."""

    def __init__(self, scenario: Scenario, streams: Streams, places: Places, rules: Rules = RULES) -> None:
        self._scenario = scenario
        self._streams = streams
        self._places = places
        self._rules = rules
        self._population = Population(scenario, streams)
        self._next_person = self._population.residents
        self._start = instant(scenario.start)
        self._heap: list[_Due] = []
        self._number = 0
        self._cases = 0
        self._issues: dict[str, int] = {}
        self._delays = _Weighted(scenario.filing.delay_days)
        self._leads = _Weighted(scenario.filing.lead_days)
        self._back = _Weighted(scenario.filing.back_after_days)
        self._after_closed = _Weighted(AFTER_CLOSED)

    def __iter__(self) -> Iterator[Input]:
        scenario, places = self._scenario, self._places
        start = self._start
        initial = self._population.initial()
        code = scenario.municipality.code
        holders = tuple((person.card_number, person.ref, code) for person in initial)
        for to, body in (
            (places.registry, OpenRegister(initial)),
            (MINISTRY, OpenMinistry(holders)),
            (places.terminal, OpenTerminal()),
        ):
            self._push(start, to, body)
        people = _People(initial)
        # Whoever moved before the first day and files after it stands at the counter from the first day on;
        # whoever filed a moving-out before it and leaves after it is struck off on the planned day.
        run_in = max(self._delays.longest, self._leads.longest + _PUT_OFF)
        for offset in range(-run_in, scenario.days):
            day = scenario.start + timedelta(days=offset)
            if day >= self._rules.first_day:
                self._events_of(day, people)
            if offset < 0:
                continue
            if not self._rules.is_closed(day):
                at = at_time(day, scenario.counter.confirms_notices_at)
                self._push(at, places.registry, ConfirmNotices())
            yield from self._until(instant(day + timedelta(days=1)), people)

    # --- the day's events --------------------------------------------------------------------------
    def _events_of(self, day: date, people: _People) -> None:
        rates = self._scenario.rates
        # Rates are those of the population at the start, so that a variant of one does not move the others.
        yearly = self._population.residents * rates.months[day.month - 1] / DAYS_A_YEAR
        kinds = [
            ("entry_from_abroad", rates.entry_from_abroad, self._enter),
            ("moving_in", rates.moving_in, self._move_in),
            ("moving_within", rates.moving_within, self._move_within),
            ("moving_out", rates.moving_out, self._move_out),
        ]
        if day >= self._scenario.start:
            kinds.append(("period_extended", rates.period_extended, self._extend))
        for kind, rate, happen in kinds:
            open_day = kind != "period_extended" or not self._rules.is_closed(day)
            # The agency decides on open days only: five of seven.
            scale = 7 / 5 if kind == "period_extended" else 1.0
            draw = self._streams.generator("events", kind, day.isoformat())
            for _ in range(int(draw.poisson(yearly * rate * scale)) if open_day else 0):
                happen(day, people, draw)

    def _enter(self, day: date, people: _People, draw: np.random.Generator) -> None:
        landed = draw.random() < FIRST_LANDING
        self._arrive(
            Filing.ENTRY_FROM_ABROAD,
            History.LANDED_NO_RESIDENCE if landed else History.RESIDENCE_ON_CARD,
            day,
            draw,
        )

    def _move_in(self, day: date, people: _People, draw: np.random.Generator) -> None:
        self._arrive(Filing.MOVING_IN, History.RESIDENCE_ON_CARD, day, draw)

    def _arrive(self, filing: Filing, history: History, day: date, draw: np.random.Generator) -> None:
        person = self._population.person(self._next_person)
        self._next_person += 1
        address = self._address(draw)
        before = self._population.elsewhere(int(draw.integers(1 << 30))) if filing is Filing.MOVING_IN else ""
        if (
            history is History.LANDED_NO_RESIDENCE
            and person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
        ):
            history = History.RESIDENCE_ON_CARD  # who holds that status has lived here all along
        person = msgspec.structs.replace(person, address=before)
        self._file(filing, history, person, day, address, draw)

    def _move_within(self, day: date, people: _People, draw: np.random.Generator) -> None:
        if not people:
            return
        person = people.draw(int(draw.integers(1 << 30)))
        address = self._address(draw)
        if not self._file(Filing.MOVING_WITHIN, History.RESIDENCE_ON_CARD, person, day, address, draw):
            people.settle(person)

    def _move_out(self, day: date, people: _People, draw: np.random.Generator) -> None:
        if not people:
            return
        person = people.draw(int(draw.integers(1 << 30)))
        filed = self._open_day(day, draw)
        planned = max(filed + timedelta(days=self._leads.draw(draw)), self._rules.first_day)
        visit = self._visit(filed, draw)
        if visit >= self._start:
            form = FileFiling(
                case=self._case(),
                filing=Filing.MOVING_OUT,
                person=person,
                history=History.RESIDENCE_ON_CARD,
                card=CardState.PRESENTED,
                event_date=planned,
            )
            self._push(visit, self._places.counter, form, person, stays=False)
        elif planned >= self._scenario.start:
            self._push(self._start, self._places.registry, self._filed_before(person, filed, planned))
        else:
            people.settle(person)  # somebody who had left already would not be among the residents

    def _filed_before(self, person: Person, filed: date, planned: date) -> Revise:
        """A moving-out that the counter took in before the first day: the register only plans it."""
        return Revise(
            case=self._case(),
            filing=Filing.MOVING_OUT,
            person=person,
            event_date=planned,
            filed_date=filed,
            new_address="",
            governing=str(Governing.REGISTER),
        )

    def _extend(self, day: date, people: _People, draw: np.random.Generator) -> None:
        if not people:
            return
        person = people.draw(int(draw.integers(1 << 30)))
        years = int(draw.choice(EXTENSION_YEARS))
        minutes = int(draw.integers(AGENCY_MINUTES))
        if person.status in PERMANENT:  # nothing to extend
            people.settle(person)
            return
        issue = self._issues[person.ref] = self._issues.get(person.ref, 0) + 1
        after = msgspec.structs.replace(
            person,
            card_number=self._population.card_number(int(person.ref[1:]), issue),
            period_until=day + timedelta(days=round(years * DAYS_A_YEAR)),
        )
        assert after.period_until is not None
        body = ExtendPeriod(
            self._case(), person.ref, person.card_number, after.card_number, person.status, after.period_until
        )
        at = Instant(at_time(day, AGENCY_OPENS) + minutes * MINUTE + int(draw.integers(MINUTE)))
        self._push(at, MINISTRY, body, after)

    # --- a visit to the counter ----------------------------------------------------------------------
    def _file(
        self,
        filing: Filing,
        history: History,
        person: Person,
        day: date,
        address: str,
        draw: np.random.Generator,
    ) -> bool:
        """Plans the visits for an event; False when the first would lie before the scenario's start."""
        habits = self._scenario.filing
        visit = self._visit(self._open_day(day + timedelta(days=self._delays.draw(draw)), draw), draw)
        absent = draw.random() < habits.card_absent
        comes_back = draw.random() < habits.comes_back_with_card
        after_days = self._back.draw(draw)
        if visit < self._start:
            return False
        card = CardState.ABSENT if absent else CardState.PRESENTED
        case = self._case()
        form = FileFiling(case, filing, person, history, card, day, address)
        moved = msgspec.structs.replace(person, address=address)
        if not (absent and comes_back):
            self._push(visit, self._places.counter, form, moved)
            return True
        self._push(visit, self._places.counter, form)
        again = self._visit(self._open_day(japan_date(visit) + timedelta(days=after_days), draw), draw)
        notification = FileFiling(
            f"{case}-2", Filing.RESIDENCE_NOTIFICATION, moved, history, CardState.PRESENTED, day, address
        )
        self._push(again, self._places.counter, notification, moved)
        return True

    def _open_day(self, day: date, draw: np.random.Generator) -> date:
        """The day itself, or when it is closed one of the next few open days: not all come on the first."""
        later = self._after_closed.draw(draw)
        if not self._rules.is_closed(day):
            return day
        day = self._rules.next_open(day)
        for _ in range(later):
            day = self._rules.next_open(day + timedelta(days=1))
        return day

    def _visit(self, day: date, draw: np.random.Generator) -> Instant:
        """A moment within opening hours, to the microsecond, so that no two visits coincide."""
        hours = self._scenario.counter
        opens, closes = at_time(day, hours.opens), at_time(day, hours.closes)
        return Instant(int(draw.integers(opens, closes)))

    def _address(self, draw: np.random.Generator) -> str:
        town, house = draw.integers(1 << 30, size=2)
        return self._population.address(int(town), int(house))

    def _case(self) -> str:
        self._cases += 1
        return f"C{self._cases:07d}"

    # --- order ---------------------------------------------------------------------------------------
    def _push(
        self, at: Instant, to: NodeId, body: Body, person: Person | None = None, stays: bool = True
    ) -> None:
        self._number += 1
        heapq.heappush(self._heap, _Due(at, self._number, to, body, person, stays))

    def _until(self, end: Instant, people: _People) -> Iterator[Input]:
        heap = self._heap
        while heap and heap[0].at < end:
            due = heapq.heappop(heap)
            yield Input(due.at, due.to, Key(f"in/{due.number:07d}"), due.body)
            if due.person is not None and due.stays:
                people.settle(due.person)


class _Weighted:
    """Draws one of a few numbers by weight."""

    def __init__(self, rows: list[tuple[int, float]]) -> None:
        total = sum(weight for _, weight in rows)
        self._values = [value for value, _ in rows]
        self._steps = list(itertools.accumulate(weight / total for _, weight in rows))
        self.longest = max(self._values)

    def draw(self, draw: np.random.Generator) -> int:
        place = bisect.bisect_right(self._steps, draw.random())
        return self._values[min(place, len(self._values) - 1)]
