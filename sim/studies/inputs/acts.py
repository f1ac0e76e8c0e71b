"""What the agency decides and what follows from it, and what people ask of the register beside filings."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sim.base.instant import MINUTE, Instant, at_time, japan_date
from sim.drivers.topology import MINISTRY
from sim.law.kinds import PersonClass
from sim.nodes.messages.agency import Decide, ExtendPeriod
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ChangeRecord, HandOverCertificate, IssueCopy, ShownCard
from sim.studies.drawing import Weighted
from sim.studies.inputs.agenda import Agenda
from sim.studies.inputs.city import City
from sim.studies.inputs.moves import DAYS_A_YEAR, Moves
from sim.studies.inputs.visits import Visits
from sim.studies.population import PERMANENT
from sim.studies.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np

AGENCY_OPENS: Final = time(9)
AGENCY_MINUTES: Final = 7 * 60
EXTENSION_YEARS: Final = (1, 3, 5)
# A child born here has thirty days to apply; most do so in time, and the decision takes a few weeks.
STATUS_AFTER_DAYS: Final = (12, 45)
BIRTH_REPORT_DAYS: Final = (1, 12)
CERTIFICATE_YEARS: Final = 7
AFTER_DECISION_MINUTES: Final = 30
CHILDS_STATUS: Final = "家族滞在"


class Acts:
    """Draws what is not a move: extensions, departures, births, copies of records, certificates."""

    def __init__(self, scenario: Scenario, agenda: Agenda, visits: Visits, moves: Moves) -> None:
        self._scenario = scenario
        self._agenda = agenda
        self._visits = visits
        self._moves = moves
        self._copy_after = Weighted(scenario.filing.copy_after_days)
        self._end = scenario.start + timedelta(days=scenario.days)

    def of_day(self, city: City, day: date) -> None:
        """All that is no move, of one municipality on one day."""
        if city.rules.is_closed(day):
            return
        rates = self._scenario.rates
        for kind, rate, happen in (
            ("period_extended", rates.period_extended, self._extend),
            ("departure", rates.departure, self._depart),
            ("birth", rates.birth, self._bear),
            ("record_copy", rates.record_copy, self._copy),
            ("certificate", rates.certificate, self._hand_over),
        ):
            if not rate and kind != "period_extended":
                continue
            # All of these happen on open days only: five of seven.
            expected = self._moves.expected(city, kind, rate, day) * (7 / 5)
            draw = city.generator("events", kind, day.isoformat())
            for _ in range(int(draw.poisson(expected))):
                if city.people:
                    happen(city, day, draw)

    def _extend(self, city: City, day: date, draw: np.random.Generator) -> None:
        person = city.people.draw(int(draw.integers(1 << 30)))
        years = EXTENSION_YEARS[int(draw.integers(len(EXTENSION_YEARS)))]
        minutes = int(draw.integers(AGENCY_MINUTES))
        if person.status in PERMANENT:  # nothing to extend
            city.people.settle(person)
            return
        number = int(person.ref[1:])
        issue = city.issues[person.ref] = city.issues.get(person.ref, 0) + 1
        after = msgspec.structs.replace(
            person,
            card_number=city.population.card_number(number, issue),
            period_until=day + timedelta(days=round(years * DAYS_A_YEAR)),
        )
        assert after.period_until is not None
        body = ExtendPeriod(
            self._visits.case(),
            person.ref,
            person.card_number,
            after.card_number,
            person.status,
            after.period_until,
        )
        at = self._office_hour(day, minutes, draw)
        self._agenda.put(at, MINISTRY, body, settles=(after,), where=city.people)
        if self._scenario.filing.copy_share:
            self._copy_of(city, after, issue, at)

    def _copy_of(self, city: City, person: Person, issue: int, decided: Instant) -> None:
        """Some whose period was just extended want a copy of the record, with the new card in hand.

        A stream of its own for each, so that nobody else's extension hangs on how many there are.
        """
        draw = city.generator("copy_after", person.ref, issue)
        if draw.random() >= self._scenario.filing.copy_share:
            return
        today = japan_date(decided)
        day = city.open_day(today + timedelta(self._copy_after.draw(draw)), draw)
        at = city.moment(day, draw)
        if at <= decided:  # asked before the new card was in hand: a little later, or on another day
            at = Instant(decided + AFTER_DECISION_MINUTES * MINUTE)
            if at >= at_time(day, self._scenario.counter.closes):
                at = city.moment(city.rules.next_open(day + timedelta(days=1)), draw)
        shown = ShownCard(person.card_number, person.status, person.period_until, permitted=today)
        self._agenda.put(at, city.at.registry, IssueCopy(self._visits.case(), person.ref, shown))

    def _copy(self, city: City, day: date, draw: np.random.Generator) -> None:
        """Somebody wants a copy of the record, and nothing has changed."""
        person = city.people.draw(int(draw.integers(1 << 30)))
        body = IssueCopy(self._visits.case(), person.ref)
        self._agenda.put(city.moment(day, draw), city.at.registry, body, settles=(person,), where=city.people)

    def _depart(self, city: City, day: date, draw: np.random.Generator) -> None:
        """Leaves Japan for good without a filing: the agency learns of it and the record is removed."""
        person = city.people.draw(int(draw.integers(1 << 30)))
        minutes = int(draw.integers(AGENCY_MINUTES))
        body = Decide(self._visits.case(), person.ref, "departed", card_number_before=person.card_number)
        self._agenda.put(self._office_hour(day, minutes, draw), MINISTRY, body)

    def _bear(self, city: City, day: date, draw: np.random.Generator) -> None:
        """A child is born here: a record by the birth report, and a status weeks later (入管法22条の2)."""
        parent = city.people.draw(int(draw.integers(1 << 30)))
        parent = msgspec.structs.replace(
            parent,
            household=parent.household or f"H{parent.ref[1:]}",
            head=parent.head or not parent.household,
        )
        reported = city.open_day(day + timedelta(days=int(draw.integers(*BIRTH_REPORT_DAYS))), draw)
        child = msgspec.structs.replace(
            city.newcomer(),
            person_class=PersonClass.TRANSITIONAL_STAY,
            birth_date=day,
            address=parent.address,
            nationality=parent.nationality,
            household=parent.household,
            card_number="",
            status="",
            period_until=None,
            photo=False,
            became_resident_date=day,
        )
        body = ChangeRecord(self._visits.case(), "birth", child, day, reported)
        self._agenda.put(
            city.moment(reported, draw), city.at.registry, body, settles=(parent,), where=city.people
        )
        granted = city.open_day(day + timedelta(days=int(draw.integers(*STATUS_AFTER_DAYS))), draw)
        minutes = int(draw.integers(AGENCY_MINUTES))
        if granted <= reported:
            granted = city.rules.next_open(reported + timedelta(days=1))
        number = int(child.ref[1:])
        grown = msgspec.structs.replace(
            child,
            person_class=PersonClass.MID_LONG_TERM_RESIDENT,
            card_number=city.population.card_number(number, 0),
            status=CHILDS_STATUS,
            period_until=granted + timedelta(days=round(DAYS_A_YEAR)),
        )
        decision = Decide(
            self._visits.case(),
            child.ref,
            "status_acquired",
            card_number=grown.card_number,
            person_class=str(grown.person_class),
            status=grown.status,
            period_until=grown.period_until,
        )
        at = self._office_hour(granted, minutes, draw)
        self._agenda.put(at, MINISTRY, decision, settles=(grown,), where=city.people)

    def _hand_over(self, city: City, day: date, draw: np.random.Generator) -> None:
        """A special permanent resident gets a new certificate at the city's counter (特例法).

        Those without 住民票 too, who live there as well (seed 003, line 105).
        """
        place = int(draw.integers(1 << 30)) % (len(city.people) + len(city.abodes))
        where, place = (
            (city.people, place) if place < len(city.people) else (city.abodes, place - len(city.people))
        )
        person = where.draw(place)
        if person.person_class is not PersonClass.SPECIAL_PERMANENT_RESIDENT:
            where.settle(person)
            return
        issue = city.issues[person.ref] = city.issues.get(person.ref, 0) + 1
        after = msgspec.structs.replace(
            person, card_number=city.population.card_number(int(person.ref[1:]), issue)
        )
        body = HandOverCertificate(
            self._visits.case(),
            person.ref,
            "renewal",
            after.card_number,
            day + timedelta(days=round(CERTIFICATE_YEARS * DAYS_A_YEAR)),
        )
        self._agenda.put(city.moment(day, draw), city.at.registry, body, settles=(after,), where=where)

    def _office_hour(self, day: date, minutes: int, draw: np.random.Generator) -> Instant:
        return Instant(at_time(day, AGENCY_OPENS) + minutes * MINUTE + int(draw.integers(MINUTE)))
