"""What happens in a scenario: who moves, who comes to the counter when, what the agency decides.

A generator in the order of time, day by day, so that a year needs no more memory than the people who are
under way. Each kind of event draws from a stream of its own for each day and municipality; somebody who does
nothing costs nothing. A person who is between an event and the filing is not drawn again.

`agenda` keeps what is due, `city` one municipality, `residents` who can be drawn, `moves` and `acts` draw the
day's events, `visits` turns moves into visits, `happenings` reads what the scenario plans for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sim.base.instant import at_time, instant
from sim.base.streams import Streams
from sim.drivers.topology import MINISTRY, places_of
from sim.drivers.world import Input
from sim.law.rules import RULES, Rules
from sim.nodes.messages.agency import OpenMinistry
from sim.nodes.messages.registry import ConfirmNotices, ListBacklog, OpenRegister, RecordAbode
from sim.nodes.messages.terminal import OpenTerminal
from sim.studies.building import offices_for
from sim.studies.drawing import Weighted
from sim.studies.inputs.acts import Acts
from sim.studies.inputs.agenda import Agenda
from sim.studies.inputs.city import City
from sim.studies.inputs.happenings import Happenings, printers_out
from sim.studies.inputs.moves import PUT_OFF, Moves
from sim.studies.inputs.residents import Residents
from sim.studies.inputs.visits import Visits
from sim.studies.population import Population
from sim.studies.scenario import Scenario


class Inputs:
    """The inputs of one scenario, to be walked through once."""

    def __init__(self, scenario: Scenario, streams: Streams, rules: Rules = RULES) -> None:
        self._scenario = scenario
        self._rules = rules
        self._start = instant(scenario.start)
        self._population = Population(scenario, streams)
        self._agenda = Agenda()
        self._cities = [
            City(
                index,
                spec,
                places_of(spec.code, [office.kind for office in spec.offices]),
                scenario,
                self._population,
                streams,
                rules,
                Residents(()),
                Residents(self._population.abodes(index)),
                offices_for(scenario, spec),
                Weighted([(i, office.share) for i, office in enumerate(spec.offices)])
                if spec.offices
                else None,
                printers_out(scenario, spec.code),
            )
            for index, spec in enumerate(scenario.places)
        ]
        self._visits = Visits(self._agenda, scenario.filing, self._start)
        self._moves = Moves(scenario, self._agenda, self._visits, self._cities)
        self._acts = Acts(scenario, self._agenda, self._visits, self._moves)
        # Notices on special permanent residents want a hand each; a clerk sees to them once a week.
        self._by_hand = bool(scenario.rates.departure)

    def __iter__(self) -> Iterator[Input]:
        scenario, agenda = self._scenario, self._agenda
        self._open()
        Happenings(scenario, agenda, self._cities).plan()
        # Whoever moved before the first day and files after it stands at the counter from the first day on;
        # whoever filed a moving-out before it and leaves after it is struck off on the planned day.
        run_in = max(*self._visits.delays.values, max(self._visits.leads.values) + PUT_OFF)
        for offset in range(-run_in, scenario.days):
            day = scenario.start + timedelta(days=offset)
            for city in self._cities:
                self._events_of(city, day)
            if offset < 0:
                continue
            self._confirm(day)
            yield from agenda.until(instant(day + timedelta(days=1)))

    def _open(self) -> None:
        """Registers, terminals and the ministry server as they stand at the start."""
        holders: list[tuple[str, str, str]] = []
        for city in self._cities:
            initial = self._population.initial(city.index)
            for person in initial:
                city.people.settle(person)
            abodes = self._population.abodes(city.index)
            holders += ((one.card_number, one.ref, city.spec.code) for one in (*initial, *abodes))
            self._agenda.put(self._start, city.at.registry, OpenRegister(initial))
            for person in abodes:
                lives = RecordAbode(self._visits.case(), person)
                self._agenda.put(self._start, city.at.registry, lives)
        self._agenda.put(self._start, MINISTRY, OpenMinistry(tuple(holders)))
        for city in self._cities:
            self._agenda.put(self._start, city.at.terminal, OpenTerminal())

    def _events_of(self, city: City, day: date) -> None:
        if day >= self._rules.first_day:
            self._moves.of_day(city, day)
        if day >= self._scenario.start:
            self._acts.of_day(city, day)

    def _confirm(self, day: date) -> None:
        """A clerk of each registry goes through what has arrived."""
        if self._rules.is_closed(day):
            return
        at = at_time(day, self._scenario.counter.confirms_notices_at)
        by_hand = self._by_hand and self._is_last_of_week(day)
        for city in self._cities:
            if by_hand:
                self._agenda.put(at, city.at.registry, ListBacklog())
            self._agenda.put(at, city.at.registry, ConfirmNotices(by_hand))

    def _is_last_of_week(self, day: date) -> bool:
        """Whether the municipality opens again in another week only."""
        return self._rules.next_open(day + timedelta(days=1)).isocalendar()[:2] != day.isocalendar()[:2]
