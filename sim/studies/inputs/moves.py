"""Who moves on a day: from abroad, from elsewhere, within, away, and between municipalities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sim.base.instant import DAY, MINUTE, Instant, at_time, instant, japan_date
from sim.drivers.topology import MINISTRY
from sim.law.kinds import Filing, Governing, History, PersonClass
from sim.nodes.messages.agency import Decide, Landed, NotifiedElsewhere
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.studies.drawing import Weighted
from sim.studies.inputs.agenda import Agenda
from sim.studies.inputs.city import City
from sim.studies.inputs.visits import SAME_DAY_MINUTES, Move, Visits
from sim.studies.population import alone, living_together
from sim.studies.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np

DAYS_A_YEAR: Final = 365.2425
# Most who come from abroad have just landed; the rest return with a card that bears an address.
FIRST_LANDING: Final = 0.85
# Longer than any row of closed days, by which a filing may be put off.
PUT_OFF: Final = 14
# Who was struck off in one municipality is at the counter of another so many minutes later at the earliest.
ON_THE_WAY_MINUTES: Final = 60
# The agency learns of a departure from the border, after the register's notice of the moving-out.
DEPARTURE_KNOWN: Final = 7
LANDING: Final = time(10)


class Moves:
    """Draws the moves of each day and plans the visits that follow."""

    def __init__(self, scenario: Scenario, agenda: Agenda, visits: Visits, cities: list[City]) -> None:
        self._scenario = scenario
        self._agenda = agenda
        self._visits = visits
        self._cities = cities
        self._start = instant(scenario.start)
        rows = scenario.population.households
        self._sizes = None if alone(rows) else Weighted(rows)
        weights = sum(weight for _, weight in rows)
        # Rates are of persons; where households arrive, there are fewer of them.
        self._persons = sum(persons * weight for persons, weight in rows) / weights
        self._others = {
            city.index: Weighted([(one.index, one.spec.residents + 1.0) for one in cities if one is not city])
            for city in cities
            if len(cities) > 1
        }
        rates = scenario.rates
        domestic = rates.moving_in / rates.moving_out if rates.moving_out else 0.0
        self._domestic = min(1.0, domestic)
        self._stays_inside = rates.between * self._domestic

    def of_day(self, city: City, day: date) -> None:
        """All moves of one municipality on one day."""
        rates = self._scenario.rates
        from_outside = rates.moving_in * (1 - rates.between) / self._persons
        kinds: tuple[tuple[str, float, Callable[[City, date, np.random.Generator], None]], ...] = (
            ("entry_from_abroad", rates.entry_from_abroad / self._persons, self._enter),
            ("moving_in", from_outside, self._move_in),
            ("moving_within", rates.moving_within, self._move_within),
            ("moving_out", rates.moving_out, self._move_out),
        )
        for kind, rate, happen in kinds:
            draw = city.generator("events", kind, day.isoformat())
            for _ in range(int(draw.poisson(self.expected(city, kind, rate, day)))):
                happen(city, day, draw)

    def expected(self, city: City, kind: str, rate: float, day: date) -> float:
        """How many events of a kind a day brings on average.

        Rates are those of the population at the start, so that a variant of one does not move the others.
        """
        factor = self._scenario.rates.factor(kind, day.month)
        return city.spec.residents * city.spec.activity * factor / DAYS_A_YEAR * rate

    # --- to the municipality -------------------------------------------------------------------------
    def _enter(self, city: City, day: date, draw: np.random.Generator) -> None:
        landed = draw.random() < FIRST_LANDING
        history = History.LANDED_NO_RESIDENCE if landed else History.RESIDENCE_ON_CARD
        self._arrive(city, Filing.ENTRY_FROM_ABROAD, history, day, draw)

    def _move_in(self, city: City, day: date, draw: np.random.Generator) -> None:
        self._arrive(city, Filing.MOVING_IN, History.RESIDENCE_ON_CARD, day, draw)

    def _arrive(
        self, city: City, filing: Filing, history: History, day: date, draw: np.random.Generator
    ) -> None:
        first = city.newcomer()
        address = city.address(draw)
        before = city.elsewhere(draw) if filing is Filing.MOVING_IN else ""
        size = 1 if self._sizes is None else self._sizes.draw(draw)
        persons: tuple[Person, ...] = (msgspec.structs.replace(first, address=before),)
        if size > 1:
            persons = living_together([first, *(city.newcomer() for _ in range(size - 1))], before)
        share = self._scenario.rates.same_day if filing is Filing.MOVING_IN else 0.0
        leaves = share > 0 and city.generator("same_day", first.ref).random() < share
        histories = {person.ref: _history(person, history) for person in persons}
        move = Move(filing, histories, persons, day, address, stays=not leaves)
        visit = self._visits.arrive(city, move, draw)
        if visit is None:
            return  # all of it happened before the scenario begins, or no office takes the filing
        if histories[persons[0].ref] is History.LANDED_NO_RESIDENCE:
            self._land(persons, day)
        if leaves:
            self._leave_at_once(city, move, visit)

    def _land(self, persons: tuple[Person, ...], day: date) -> None:
        """The agency lets them in; from then on it waits for their place of residence (入管法19条の7)."""
        if not self._scenario.exchange.watches_periods:
            return
        at = max(self._start, instant(day))
        for person in persons:
            told = Landed(person.ref, person.person_class, day, person.card_number)
            self._agenda.put(at, MINISTRY, told)

    def _leave_at_once(self, city: City, move: Move, visit: Instant) -> None:
        """Moves in and out again on one day (seed 001; requirement S1-007)."""
        moved = tuple(msgspec.structs.replace(person, address=move.address) for person in move.persons)
        today = japan_date(visit)
        out = Move(Filing.MOVING_OUT, _with_residence(moved), moved, today)
        left = self._visits.leave(city, out, Instant(visit + SAME_DAY_MINUTES * MINUTE))
        onwards = self._goes_on(city, moved[0], today, 1.0)
        if left is not None and onwards is not None:
            self._go_on(city, moved, today, left, onwards)

    # --- within and away -----------------------------------------------------------------------------
    def _move_within(self, city: City, day: date, draw: np.random.Generator) -> None:
        person = self._who_moves(city, draw)
        if person is None:
            return
        address = city.address(draw)
        persons = (person, *city.people.others_at_home(person))
        move = Move(Filing.MOVING_WITHIN, _with_residence(persons), persons, day, address)
        self._visits.arrive(city, move, draw)

    def _move_out(self, city: City, day: date, draw: np.random.Generator) -> None:
        person = self._who_moves(city, draw)
        if person is None:
            return
        filed = city.open_day(day, draw)
        planned = max(filed + timedelta(days=self._visits.leads.draw(draw)), city.rules.first_day)
        visit = city.moment(filed, draw)
        persons = (person, *city.people.others_at_home(person))
        onwards = self._goes_on(city, person, day)
        if visit >= self._start:
            out = Move(Filing.MOVING_OUT, _with_residence(persons), persons, planned)
            left = self._visits.leave(city, out, visit)
            if left is None:
                return  # no office takes the filing: they stay
            gone = max(planned, japan_date(left))
        elif planned >= self._scenario.start:
            left, gone = self._start, planned
            for one in persons:
                self._agenda.put(self._start, city.at.registry, self._filed_before(one, filed, planned))
        else:
            for one in persons:  # somebody who had left already would not be among the residents
                city.people.settle(one)
            if onwards is not None:  # but somebody else is, who files there after the first day
                self._arrive(onwards[0], Filing.MOVING_IN, History.RESIDENCE_ON_CARD, planned, onwards[1])
            return
        if onwards is not None:
            # Nobody is taken in elsewhere before the moving-out was filed.
            self._go_on(city, persons, gone, left, onwards)
        elif self._scenario.exchange.watches_periods:
            self._out_of_sight(city, persons, gone)

    def _goes_on(
        self, city: City, person: Person, day: date, share: float | None = None
    ) -> tuple[City, np.random.Generator] | None:
        """To which municipality of the scenario somebody moves, with a stream for the move; None: elsewhere.

        `share` of them do, by default as many as the rates say.
        """
        share = self._stays_inside if share is None else share
        if not share or not self._others:
            return None
        draw = city.generator("go_on", person.ref, day.isoformat())
        if draw.random() >= share:
            return None
        return self._cities[self._others[city.index].draw(draw)], draw

    def _who_moves(self, city: City, draw: np.random.Generator) -> Person | None:
        """Who is drawn, if it decides: of a household its eldest, so that it moves as often as one person."""
        if not city.people:
            return None
        person = city.people.draw(int(draw.integers(1 << 30)))
        if city.people.decides(person):
            return person
        city.people.settle(person)
        return None

    def _go_on(
        self,
        city: City,
        persons: tuple[Person, ...],
        day: date,
        left: Instant,
        onwards: tuple[City, np.random.Generator],
    ) -> None:
        """Those who left on the day, and filed so at the moment `left`, file at the other municipality."""
        there, draw = onwards
        ready = Instant(left + ON_THE_WAY_MINUTES * MINUTE)
        if city.offices or there.offices:
            # Where people queue, nobody knows when they are served: they come on another day.
            ready = Instant(instant(japan_date(left)) + DAY)
        history, address = _with_residence(persons), there.address(draw)
        move = Move(Filing.MOVING_IN, history, persons, day, address, not_before=ready)
        self._visits.arrive(there, move, draw)

    def _out_of_sight(self, city: City, persons: tuple[Person, ...], day: date) -> None:
        """Those who leave the scenario: to a municipality outside it, which transmits as well, or abroad.

        A stream of their own, so that it disturbs no other draw whether the agency watches or not.
        """
        for person in persons:
            draw = city.generator("out_of_sight", person.ref, day.isoformat())
            if draw.random() < self._domestic:
                filed = city.open_day(day + timedelta(days=self._visits.delays.draw(draw)), draw)
                at = at_time(filed + timedelta(days=1), LANDING)
                told = NotifiedElsewhere(person.ref, f"elsewhere-{self._visits.case()}", filed)
                self._agenda.put(at, MINISTRY, told)
            else:
                at = at_time(day + timedelta(days=DEPARTURE_KNOWN), LANDING)
                case = self._visits.case()
                left = Decide(case, person.ref, "departed", card_number_before=person.card_number)
                self._agenda.put(at, MINISTRY, left)

    def _filed_before(self, person: Person, filed: date, planned: date) -> Revise:
        """A moving-out that the counter took in before the first day: the register only plans it."""
        return Revise(
            case=self._visits.case(),
            filing=Filing.MOVING_OUT,
            person=person,
            event_date=planned,
            filed_date=filed,
            new_address="",
            governing=str(Governing.REGISTER),
        )


def _history(person: Person, history: History) -> History:
    """Who holds the status of a special permanent resident has lived here all along."""
    special = person.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
    if history is History.LANDED_NO_RESIDENCE and special:
        return History.RESIDENCE_ON_CARD
    return history


def _with_residence(persons: tuple[Person, ...]) -> dict[str, History]:
    """They lived somewhere in Japan until now, and their cards say so."""
    return dict.fromkeys((person.ref for person in persons), History.RESIDENCE_ON_CARD)
