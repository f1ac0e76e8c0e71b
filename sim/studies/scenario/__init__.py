"""A scenario: everything a run needs beside its seed, read from one TOML file.

Outside data, so it is checked completely before anything runs: a wrong key names the nearest right one,
a wrong value says what was expected. The schema is published (`renkei sim scenarios --schema`).
`parts` are bounded values, `places` municipalities and what stands in them, `people` who lives there and how
they file, `events` what is planned for a moment, `possible` whether it can be, `beyond` what a shorter run
does not come to, `loading` reads files.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from sim.base.errors import UsageError, nearest
from sim.law.changes import SYSTEM_FIRST_DAY
from sim.studies.figures import FIGURES
from sim.studies.scenario.beyond import planned
from sim.studies.scenario.events import BadBatch, Happening, OutageWindow
from sim.studies.scenario.parts import Clock, Part, Slug
from sim.studies.scenario.people import FilingHabits, PopulationShares, Rates
from sim.studies.scenario.places import AccessLine, Municipality
from sim.studies.scenario.possible import impossible

# Certificates and calendars of a run hold until then.
END_OF_TIME: Final = date(2049, 1, 1)


class CounterHours(Part):
    """When the counter is open on an open day, and when a clerk goes through imported notices."""

    opens: Clock
    closes: Clock
    confirms_notices_at: Clock

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.opens < self.closes:
            raise ValueError("opens must come before closes")
        return self


class Exchange(Part):
    """The exchange, by the clock in Japan: daily at `at`, and at the times in `also`.

    `per_event`: also as soon as something waits. `copies`: what is done when a record copy is asked for
    after an extension of which the register does not know yet (seed 001; requirement S1-008). `agency`:
    whether the agency sends notices with the day's exchange or at once. `watches_periods`: whether it
    follows the 90 days. `missed_after`: at which clock time on open days the agency looks who has not
    exchanged; it looks at nobody when none is given.
    """

    at: Clock
    also: tuple[Clock, ...] = ()
    per_event: bool = False
    copies: Literal["stale_record", "card_based"] = "stale_record"
    agency: Literal["daily", "immediate"] = "daily"
    watches_periods: bool = False
    missed_after: Clock | None = None

    @property
    def times(self) -> tuple[time, ...]:
        """All times of the day, in order."""
        return tuple(sorted({self.at, *self.also}))


class Network(AccessLine):
    """The municipalities' access lines. `sessions`: permanent lines, or one is opened for each exchange."""

    sessions: Literal["permanent", "on_demand"] = "permanent"
    outages: tuple[OutageWindow, ...] = ()


class Cards(Part):
    """How cards are read at counters: as declared, or so many of them as real chips (virtual_card)."""

    real_chips: Annotated[int, Field(ge=0, le=2000)] = 0


class Assumption(Part):
    """Something a figure of the report rests on, in both languages, with its source."""

    ja: str
    en: str
    source_ja: str
    source_en: str


class Scenario(Part):
    """One study. Dates and clock times are those of Japan. `municipality` is given, or `municipalities`.

    `shows_ja`, `shows_en`: in a sentence or two, what somebody who runs it gets to see. `answers`: keys of
    the key figures (`sim.studies.figures`) that show it.
    """

    name: Slug
    title_ja: str
    title_en: str
    shows_ja: str = ""
    shows_en: str = ""
    answers: tuple[str, ...] = ()
    start: Annotated[date, Field(ge=SYSTEM_FIRST_DAY)]
    days: Annotated[int, Field(ge=1, le=3660)]
    municipality: Municipality | None = None
    municipalities: tuple[Municipality, ...] = ()
    population: PopulationShares
    rates: Rates
    filing: FilingHabits
    counter: CounterHours
    exchange: Exchange
    lgwan: Network
    cards: Cards = Cards()
    bad_batches: tuple[BadBatch, ...] = ()
    happenings: tuple[Happening, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def places(self) -> tuple[Municipality, ...]:
        """All municipalities of the scenario, in its order."""
        return (self.municipality,) if self.municipality is not None else self.municipalities

    @property
    def only(self) -> Municipality:
        """The municipality of a scenario that has one.

        Raises:
            UsageError: it has several.
        """
        if len(self.places) != 1:
            raise UsageError(
                "this is about one municipality",
                where=self.name,
                expected="a scenario with one [municipality]",
                received=f"{len(self.places)} municipalities",
                remedy="take a scenario with one municipality",
            )
        return self.places[0]

    @property
    def residents(self) -> int:
        """How many foreign residents all municipalities have at the start."""
        return sum(place.residents for place in self.places)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if (self.municipality is None) == (not self.municipalities):
            raise ValueError("municipality: give either one [municipality] or some [[municipalities]]")
        codes = [place.code for place in self.places]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"municipalities: {', '.join(twice)} stands there twice")
        if self.rates.between and len(codes) < 2:
            raise ValueError("rates.between: moves between municipalities need at least two of them")
        named = [(f"happenings.{i}", event.municipality) for i, event in enumerate(self.happenings)]
        named += [(f"lgwan.outages.{i}", outage.municipality) for i, outage in enumerate(self.lgwan.outages)]
        for place, code in named:
            if code is not None and code not in codes:
                raise ValueError(f"{place}.municipality: {code} is none of the scenario's municipalities")
        return self

    @field_validator("answers")
    @classmethod
    def _are_figures(cls, answers: tuple[str, ...]) -> tuple[str, ...]:
        known = [figure.key for figure in FIGURES]
        for key in answers:
            if key not in known:
                hint = nearest(key, known)
                raise ValueError(
                    f"there is no key figure {key!r}" + (f": did you mean {hint!r}?" if hint else "")
                )
        return answers

    @model_validator(mode="after")
    def _all_can_happen(self) -> Self:
        why = impossible(self)
        if why:
            raise ValueError(why)
        return self

    @model_validator(mode="after")
    def _in_period(self) -> Self:
        """A file copied with another start must not lose its outages and other plans without a word."""
        if self.start > END_OF_TIME - timedelta(days=self.days):
            raise ValueError(f"start and days: the last day must lie before {END_OF_TIME}")
        for i, outage in enumerate(self.lgwan.outages):
            if not outage.from_ < outage.until:
                raise ValueError(f"lgwan.outages.{i}: from must come before until")
        begin = datetime.combine(self.start, time())
        end = begin + timedelta(days=self.days)
        for place, first, last, _ in planned(self):
            wrong = first if not begin <= first < end else last if last > end else None
            if wrong is not None:
                period = f"{begin:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}"
                raise ValueError(
                    f"{place}: {wrong:%Y-%m-%d %H:%M} lies outside the scenario's period, {period}"
                )
        return self
