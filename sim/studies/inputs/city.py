"""One municipality as the inputs see it: its people, offices and random streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sim.base.instant import Instant, at_time, japan_date
from sim.base.streams import Streams
from sim.drivers.topology import Places
from sim.law.rules import Rules
from sim.nodes.counter import Office
from sim.nodes.messages.people import Person
from sim.studies.drawing import Weighted
from sim.studies.inputs.residents import Residents
from sim.studies.population import Population
from sim.studies.scenario import Scenario
from sim.studies.scenario.places import Municipality

if TYPE_CHECKING:
    import numpy as np

# Who finds the counter closed comes on the first, second or third open day after.
AFTER_CLOSED: Final = [(0, 0.5), (1, 0.3), (2, 0.2)]
_AFTER_CLOSED: Final = Weighted(AFTER_CLOSED)


@dataclass(slots=True)
class City:
    """A municipality: `index` is its place in the scenario, `people` who lives there and can be drawn.

    `abodes`: special permanent residents who live there without 住民票.
    `offices`: as they are set up; `chosen`: which one a visitor chooses. `printers`: (office, from, until)
    in which its endorsement printer is out of order.
    """

    index: int
    spec: Municipality
    at: Places
    scenario: Scenario
    population: Population
    streams: Streams
    rules: Rules
    people: Residents
    abodes: Residents
    offices: tuple[Office, ...] = ()
    chosen: Weighted[int] | None = None
    printers: tuple[tuple[int, Instant, Instant], ...] = ()
    newcomers: int = 0
    issues: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        """What names this municipality's streams; nothing where there is only one."""
        return (self.spec.code,) if len(self.scenario.places) > 1 else ()

    def generator(self, *path: str | int) -> np.random.Generator:
        """A stream of this municipality's own."""
        return self.streams.generator(path[0], *self.path, *path[1:])

    def printer_mended(self, office: int, at: Instant) -> Instant | None:
        """When the office's printer works again, if it is out of order at the moment."""
        hit = (until for place, since, until in self.printers if place == office and since <= at < until)
        return next(hit, None)

    def newcomer(self) -> Person:
        """Somebody who was never here."""
        person = self.population.newcomer(self.newcomers, self.index)
        self.newcomers += 1
        return person

    def address(self, draw: np.random.Generator) -> str:
        """An address here."""
        town, house = int(draw.integers(1 << 30)), int(draw.integers(1 << 30))
        return self.population.address(town, house, self.index)

    def elsewhere(self, draw: np.random.Generator) -> str:
        """An address outside the scenario."""
        return self.population.elsewhere(int(draw.integers(1 << 30)), self.index)

    def open_day(self, day: date, draw: np.random.Generator) -> date:
        """The day itself, or when it is closed one of the next few open days: not all come on the first."""
        later = _AFTER_CLOSED.draw(draw)
        if not self.rules.is_closed(day):
            return day
        day = self.rules.next_open(day)
        for _ in range(later):
            day = self.rules.next_open(day + timedelta(days=1))
        return day

    def within_hours(self, office: int, at: Instant) -> Instant:
        """The same moment of the office's own opening hours, as a share of the day."""
        if not self.offices:
            return at
        hours, own, day = self.scenario.counter, self.offices[office], japan_date(at)
        opens, closes = at_time(day, hours.opens), at_time(day, hours.closes)
        first, last = at_time(day, own.opens), at_time(day, own.closes)
        return Instant(first + (at - opens) * (last - first) // (closes - opens))

    def moment(self, day: date, draw: np.random.Generator) -> Instant:
        """A moment within opening hours, to the microsecond, so that no two visits coincide."""
        hours = self.scenario.counter
        opens, closes = at_time(day, hours.opens), at_time(day, hours.closes)
        return Instant(int(draw.integers(opens, closes)))
