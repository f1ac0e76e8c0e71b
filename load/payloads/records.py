"""The records of a load test: what happened to people who do not exist, as their registers would tell it.

People come from the population generator of the studies, one for each event, and events in the proportions of
the country's public figures. An event gives the notice of its change, and where the Acts deem the filing a
residence notification, the transmission of it too. The same seed gives the same records, whoever makes them
and in whatever order the endpoints are taken.

Some records may be made faulty on purpose: each then breaks one rule that is checked row by row, so that the
server has to reject it, with a code that is known beforehand, and to accept everything around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sim.base.streams import Streams
from sim.exchange.codes import Code
from sim.exchange.records import AnyRecord, CertificateIssuanceNotice
from sim.law.deeming import deem
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.messages.people import Person
from sim.nodes.registry import raising
from sim.studies.drawing import Weighted
from sim.studies.inputs.moves import FIRST_LANDING
from sim.studies.population import Population
from sim.studies.public_figures import JAPAN_2024
from sim.studies.scenario import Scenario, loading
from sim.studies.scenario.places import Municipality

if TYPE_CHECKING:
    import numpy as np

# Who lives there, and how late they file, is that of the scenario that all cities of the studies share.
BASE: Final = "forty-cities"
# Special permanent residents get a new certificate every seven years (入管特例法12条).
CERTIFICATE_YEARS: Final = 7
_CERTIFICATE: Final = "certificate"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event does to the record: `action` and `reason` of the notice, and the filing behind it."""

    action: str
    reason: str
    filing: Filing | None = None


KINDS: Final[dict[str, Kind]] = {
    "entry_from_abroad": Kind("made", "entry_from_abroad", Filing.ENTRY_FROM_ABROAD),
    "moving_in": Kind("made", "moving_in", Filing.MOVING_IN),
    "moving_within": Kind("corrected", "moving_within", Filing.MOVING_WITHIN),
    "moving_out": Kind("removed", "moving_out"),
    "birth": Kind("made", "birth"),
    _CERTIFICATE: Kind("", ""),
}
"""The events of which a municipality tells the agency."""

FAULTS: Final[tuple[tuple[str, object, Code], ...]] = (
    ("sex", "Z", Code.UNKNOWN_VALUE),
    ("name", "", Code.MISSING_ITEM),
    ("day", date(2011, 1, 1), Code.DATE_BEFORE_SYSTEM),
)
"""What is made wrong in a record that is to be rejected, and the code with which it must be."""


class Made(msgspec.Struct, frozen=True):
    """A record with the code with which it must be rejected; empty for one that must be accepted."""

    record: AnyRecord
    code: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An endpoint that raises records. `address`: what its addresses begin with."""

    code: str
    address: str
    records: int


class Country:
    """The people of all endpoints together, and what happens to them.

    Args:
        places: the endpoints, in the order that numbers their people; the same for all who make records.
        day: on which the filings are made.
        faulty: share of records that are made faulty.
    """

    def __init__(self, places: Sequence[Place], seed: int, day: date, faulty: float = 0.0) -> None:
        self._places = places
        self._index = {place.code: index for index, place in enumerate(places)}
        self._streams = Streams(seed)
        self._day = day
        self._faulty = faulty

    @cached_property
    def _scenario(self) -> Scenario:
        base = loading.load(BASE)
        municipalities = tuple(
            Municipality.model_construct(
                code=place.code,
                ja=place.address,
                en=place.code,
                residents=place.records,
                address_prefix=place.address,
                towns=base.places[0].towns,
                elsewhere=base.places[0].elsewhere,
            )
            for place in self._places
        )
        return base.model_copy(update={"municipalities": municipalities, "start": self._day, "days": 1})

    @cached_property
    def _population(self) -> Population:
        return Population(self._scenario, self._streams)

    @cached_property
    def _begins(self) -> list[int]:
        begins = [0]
        for place in self._places:
            begins.append(begins[-1] + place.records)
        return begins

    @cached_property
    def _events(self) -> Weighted[str]:
        rates: dict[str, Any] = {**JAPAN_2024.rates(), _CERTIFICATE: self._certificates}
        return Weighted([(kind, float(rates[kind])) for kind in KINDS])

    @property
    def _certificates(self) -> float:
        """Certificates a resident and year."""
        return self._scenario.population.special_permanent_share / CERTIFICATE_YEARS

    @cached_property
    def _delays(self) -> Weighted[int]:
        return Weighted(self._scenario.filing.delay_days)

    def records(self, code: str) -> Iterator[Made]:
        """All records of an endpoint, in the order in which they were raised."""
        city = self._index[code]
        draw = self._streams.generator("load", "events", code)
        wrong = self._streams.generator("load", "faults", code)
        left, number, person = self._places[city].records, 0, self._begins[city]
        while left:
            for record in self._event(city, person, number, draw)[:left]:
                number += 1
                left -= 1
                if wrong.random() < self._faulty:
                    yield _spoilt(record, number)
                else:
                    yield Made(record)
            person += 1

    def _event(self, city: int, person: int, number: int, draw: np.random.Generator) -> list[AnyRecord]:
        """What one event makes its register tell, one or two records, numbered after `number`."""
        who = self._population.person(person)
        kind = self._events.draw(draw)
        filed = self._day
        happened = filed - timedelta(days=min(self._delays.draw(draw), 14))
        if kind == _CERTIFICATE:
            return [self._certificate(city, who, person, number)]
        what = KINDS[kind]
        other, town, landed = int(draw.integers(1 << 20)), int(draw.integers(1 << 20)), draw.random()
        previous = following = ""
        if kind == "moving_in":
            previous = self._population.elsewhere(other, city)
        elif kind == "moving_within":
            previous = self._population.address(town, other, city)
        elif kind == "moving_out":
            following = self._population.elsewhere(other, city)
        elif kind == "birth":
            who = _newborn(who, happened)
        first = raising.notice(
            self._number(city, number + 1),
            what.action,
            what.reason,
            who,
            happened,
            filed,
            previous=previous,
            following=following,
        )
        if what.filing is None:
            return [first]
        new = kind == "entry_from_abroad" and landed < FIRST_LANDING
        history = History.LANDED_NO_RESIDENCE if new else History.RESIDENCE_ON_CARD
        deeming = deem(who.person_class, history, what.filing, CardState.PRESENTED)
        if deeming.clause is None:
            return [first]
        second = raising.transmission(
            self._number(city, number + 2), deeming.clause, True, who, happened, filed, previous=previous
        )
        return [first, second]

    def _certificate(self, city: int, who: Person, person: int, number: int) -> AnyRecord:
        """A special permanent resident gets a new certificate."""
        return CertificateIssuanceNotice(
            record_id=self._number(city, number + 1),
            person_ref=who.ref,
            ground="renewal",
            issued_date=self._day,
            name=who.name,
            birth_date=who.birth_date,
            sex=who.sex,
            nationality=who.nationality,
            residence=who.address,
            certificate_number_before=who.card_number,
            certificate_number=self._population.card_number(person, 1),
            valid_until=self._day.replace(
                year=self._day.year + CERTIFICATE_YEARS, day=min(self._day.day, 28)
            ),
        )

    def _number(self, city: int, number: int) -> str:
        return f"{self._places[city].code}-{number:08d}"


def _newborn(parent: Person, born: date) -> Person:
    """A child of theirs, without a status for up to sixty days (経過滞在者)."""
    return msgspec.structs.replace(
        parent,
        person_class=PersonClass.TRANSITIONAL_STAY,
        birth_date=born,
        card_number="",
        status="",
        period_until=None,
    )


def _spoilt(record: AnyRecord, number: int) -> Made:
    item, value, code = FAULTS[number % len(FAULTS)]
    if item == "day":
        item = "issued_date" if isinstance(record, CertificateIssuanceNotice) else "event_date"
    changes: dict[str, Any] = {item: value}
    return Made(msgspec.structs.replace(record, **changes), code)
