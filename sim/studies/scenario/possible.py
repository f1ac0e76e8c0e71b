"""Whether what a scenario plans can happen there at all, so that nothing is silently nothing.

Each check gives the place in the file and why not. A moment is looked at as the scenario has it: whether a
medium is really under way then hangs on the run, but outside the hours of carrying there is none for certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sim.law.calendar import is_closed
from sim.studies.scenario import events
from sim.studies.scenario.places import Link, Municipality

if TYPE_CHECKING:
    from sim.studies.scenario import CounterHours, Scenario

_AT_THE_CONSOLE: Final = (
    events.WrongPins,
    events.Unlock,
    events.ExportLog,
    events.OperatorLooks,
    events.OperatorForgets,
    events.HandOver,
)
_OF_THE_COUNTRY: Final = (events.SurveyBegins, events.StartDecided, events.WritingStarts)
_NEED_CARDS: Final = (*_OF_THE_COUNTRY, events.PatternReleased)


def impossible(scenario: Scenario) -> str:
    """The first thing that cannot be, with its place in the file, and the places of others; else nothing."""
    found = list(_findings(scenario))
    if not found:
        return ""
    others = list(dict.fromkeys(one.partition(":")[0] for one in found[1:]))
    return found[0] + (f" (the same goes for {', '.join(others)})" if others else "")


def _findings(scenario: Scenario) -> Iterator[str]:
    yield from _combinations(scenario)
    for i, happening in enumerate(scenario.happenings):
        for place in scenario.places:
            if happening.municipality not in (None, place.code):
                continue
            why = _why_not(scenario, place, happening, i)
            if why:
                known = "" if happening.municipality or len(scenario.places) == 1 else " (name one that can)"
                yield f"happenings.{i}: {happening.kind} at {place.code}: {why}{known}"
    cards = any(_card_terminals(place) for place in scenario.places)
    for i, happening in enumerate(scenario.happenings):
        if isinstance(happening, _OF_THE_COUNTRY) and happening.municipality is not None:
            yield f"happenings.{i}.municipality: {happening.kind} concerns the whole country"
        if isinstance(happening, _NEED_CARDS) and not cards:
            yield f"happenings.{i}: {happening.kind} needs an office with a card_terminal"


def _combinations(scenario: Scenario) -> Iterator[str]:
    """What does not go together, whenever it happens."""
    rates, described = scenario.rates, any(place.offices for place in scenario.places)
    if rates.same_day and len(scenario.places) < 2:
        yield "rates.same_day: who leaves at once goes to another municipality, so two of them are needed"
    if rates.same_day and described:
        yield "rates.same_day: who comes twice a day is served in turn only where no offices are described"
    if scenario.cards.real_chips and not any(_card_terminals(place) for place in scenario.places):
        yield "cards.real_chips: a chip is read by a card_terminal, and no office has one"
    for place in scenario.places:
        yield from _offices(place, scenario.counter)


def _offices(place: Municipality, hours: CounterHours) -> Iterator[str]:
    if place.offices and not any(office.share for office in place.offices):
        yield f"{place.code}.offices: somebody must come to one of them, so one share is above zero"
    for i, office in enumerate(place.offices):
        opens, closes = office.opens or hours.opens, office.closes or hours.closes
        if not opens < closes:
            yield f"{place.code}.offices.{i}: {opens:%H:%M} to {closes:%H:%M}: opens must come before closes"
        for clerk in office.clerks:
            if clerk.temporary and clerk.until is None:
                yield f"{place.code}.offices.{i}.clerks: {clerk.id} is temporary, so give the end: until"


# --- one planned event at one municipality ---------------------------------------------------------------
def _why_not(scenario: Scenario, place: Municipality, happening: events.Happening, number: int) -> str:
    if isinstance(happening, _AT_THE_CONSOLE):
        why = _no_operator(place, happening)
        if why:
            return why
    match happening:
        case events.LoseMedium():
            return _not_carried(place.link, happening)
        case events.FindMedium():
            return _nothing_lost(scenario, place, happening)
        case events.WrongMedium() if place.link.media is None:
            return "nobody works with media there: link.media"
        case events.BreakLine():
            return _no_line(scenario, place, happening, number)
        case events.HandOver() if not _declared(scenario, place, happening.at):
            return "the network lets a messenger through in a declared outage only: lgwan.outages, declared"
        case events.PrinterFails() if happening.office > len(place.offices):
            return f"office {happening.office} is not there, of {len(place.offices)}"
        case _:
            return ""


def _no_operator(place: Municipality, happening: events.Happening) -> str:
    asked = getattr(happening, "operator", "")
    ids = [one.id for one in place.operators]
    if not ids:
        return "it needs operators of the exchange terminal: operators"
    if asked and asked not in ids:
        return f"there is no operator {asked!r}, but {', '.join(ids)}"
    if isinstance(happening, events.Unlock) and not any(one.administrator for one in place.operators):
        return "only an administrator unlocks, and none of the operators is one"
    return ""


def _not_carried(link: Link, happening: events.LoseMedium) -> str:
    """A medium is under way from a run until it is read, on open days."""
    if link.media is None or _pattern_at(link, happening.at) != "media":
        return "no media are carried at that time: link"
    carrying = timedelta(minutes=link.media.carrying_minutes)
    runs = [datetime.combine(happening.at.date(), clock) for clock in link.media.times]
    if is_closed(happening.at.date()) or not any(run < happening.at < run + carrying for run in runs):
        times = ", ".join(f"{clock:%H:%M}" for clock in link.media.times)
        return (
            f"no medium is under way at {happening.at:%Y-%m-%d %H:%M}: they set out on open days at {times}"
            f" and take {link.media.carrying_minutes} minutes"
        )
    return ""


def _nothing_lost(scenario: Scenario, place: Municipality, happening: events.FindMedium) -> str:
    lost = any(
        isinstance(one, events.LoseMedium)
        and one.direction == happening.direction
        and one.municipality in (None, place.code)
        and one.at < happening.at
        for one in scenario.happenings
    )
    return "" if lost else f"no medium on its way {happening.direction} was lost before: lose_medium"


def _no_line(scenario: Scenario, place: Municipality, happening: events.BreakLine, number: int) -> str:
    if _pattern_at(place.link, happening.at) != "line":
        return "no line is in use at that time: link"
    until = happening.at + timedelta(minutes=happening.minutes)
    for other in scenario.happenings[:number]:
        if isinstance(other, events.BreakLine) and other.municipality in (None, place.code):
            ends = other.at + timedelta(minutes=other.minutes)
            if other.at <= until and happening.at <= ends:
                return f"the line is down already from {other.at:%Y-%m-%d %H:%M}"
    return ""


def _declared(scenario: Scenario, place: Municipality, at: datetime) -> bool:
    return any(
        outage.declared and outage.municipality in (None, place.code) and outage.from_ <= at < outage.until
        for outage in scenario.lgwan.outages
    )


def _pattern_at(link: Link, at: datetime) -> str:
    """The pattern in force at a moment."""
    return next((switch.to for switch in reversed(link.switches) if switch.at <= at), link.pattern)


def _card_terminals(place: Municipality) -> bool:
    return any(office.card_terminal is not None for office in place.offices)
