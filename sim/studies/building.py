"""From a scenario to the nation that plays it: offices, terminals, links and lines as nodes want them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Final

from sim.base.instant import at_time
from sim.base.streams import Streams
from sim.drivers.topology import LGWAN, Fittings, Nation, Places, Topology, places_of
from sim.law.rules import RULES, Rules
from sim.law.write_policy import Decision, Ministry, Policy, Signature
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.card_terminal.patterns import Pattern
from sim.nodes.counter import Clerk, Office, OfficeKind, Role
from sim.nodes.counter.office import MAIN_OFFICE
from sim.nodes.lgwan import Line, Outage
from sim.nodes.lgwan.lines import EVERYBODY
from sim.nodes.link import Link, Media, Paper
from sim.nodes.link.rekeying import MISSING, TRANSPOSED, Fields, KeyingError
from sim.nodes.terminal.operators import Operator, hashed
from sim.nodes.terminal.operators import Role as TerminalRole
from sim.studies.office_names import PIN, office_id
from sim.studies.scenario import Scenario, events, places

PATTERN_DAYS: Final = 30
"""After so many days without a new one a pattern file is too old: an assumption."""
TRAINING_DAYS: Final = 365
"""A training counts for a year: an assumption."""
TEMPORARY_ROLES: Final = (Role.FILING, Role.CARD_READING)
_MOST_SLIPS: Final = 3


def nation_of(scenario: Scenario, seed: int, rules: Rules = RULES) -> Nation:
    """All municipalities of the scenario around the agency's servers.

    `seed`: of the streams that say how people mis-key on paper; nothing else is drawn here.
    """
    streams = Streams(seed)
    policy = policy_of(scenario)
    return Nation(
        tuple(_site(scenario, place, streams, rules, policy) for place in scenario.places),
        watches_periods=scenario.exchange.watches_periods,
        immediate=scenario.exchange.agency == "immediate",
        looks_at=scenario.exchange.missed_after,
    )


def policy_of(scenario: Scenario) -> Policy:
    """The policy on writing to chips as the scenario's happenings announce it to the counters.

    Whether the nation is ready on the day is the write authority's to say: it refuses what the three
    requirements do not allow, and the next attempt of the scenario follows.
    """
    survey: date | None = None
    decision: Decision | None = None
    active: date | None = None
    for happening in scenario.happenings:
        day = happening.at.date()
        match happening:
            case events.SurveyBegins():
                survey = survey or day
            case events.StartDecided(start=start) if survey is not None:
                signed = tuple(Signature(ministry, day) for ministry in Ministry)
                decision = decision or Decision(signed, start)
            case events.WritingStarts() if decision is not None and day >= decision.start:
                active = active or day
            case _:
                pass
    return Policy(survey, decision, active)


def _site(
    scenario: Scenario, place: places.Municipality, streams: Streams, rules: Rules, policy: Policy
) -> Topology:
    network, exchange = scenario.lgwan, scenario.exchange
    at = places_of(place.code, [office.kind for office in place.offices])
    line = place.line or network
    offices = offices_for(scenario, place)
    return Topology(
        code=place.code,
        exchange_at=exchange.at,
        line=Line(line.rate_kbps * 1000, line.latency_ms * 1000),
        outages=tuple(
            Outage(
                at_time(window.from_.date(), window.from_.time()),
                at_time(window.until.date(), window.until.time()),
                "outage",
                EVERYBODY if window.municipality is None else at.terminal,
                window.declared,
            )
            for window in network.outages
            if window.municipality in (None, place.code)
        ),
        rules=rules,
        fittings=Fittings(
            offices=offices or _undescribed(scenario),
            cards=tuple(_card_terminal(place, at, number, offices[number]) for number in _with_cards(place)),
            link=_link(place, at, streams, rules, (scenario.counter.opens, scenario.counter.closes)),
            copies=exchange.copies,
            also=exchange.also,
            per_event=exchange.per_event,
            on_demand=credential_of(place.code) if network.sessions == "on_demand" else "",
            policy=policy,
            operators=tuple(
                Operator(
                    one.id,
                    hashed(PIN, f"{at.terminal}/{one.id}"),
                    TerminalRole.ADMINISTRATOR if one.administrator else TerminalRole.OPERATOR,
                    one.trained,
                )
                for one in place.operators
            ),
        ),
    )


def credential_of(code: str) -> str:
    """What a terminal of a run shows to the network: simulated, and no secret of anybody's."""
    return f"simulated-{code}"


# --- offices and their card terminals --------------------------------------------------------------------
def offices_for(scenario: Scenario, place: places.Municipality) -> tuple[Office, ...]:
    """The offices of a municipality as its counters are set up."""
    at = places_of(place.code, [office.kind for office in place.offices])
    return tuple(_office(scenario, place, at, number) for number in range(len(place.offices)))


def _undescribed(scenario: Scenario) -> tuple[Office, ...]:
    """The main office where no office is described: as it is, unless the scenario's hours are longer."""
    hours = scenario.counter
    if MAIN_OFFICE.opens <= hours.opens and hours.closes <= MAIN_OFFICE.closes:
        return ()
    return (replace(MAIN_OFFICE, opens=hours.opens, closes=hours.closes),)


def _with_cards(place: places.Municipality) -> list[int]:
    return [number for number, office in enumerate(place.offices) if office.card_terminal is not None]


def _office(scenario: Scenario, place: places.Municipality, at: Places, number: int) -> Office:
    spec, hours = place.offices[number], scenario.counter
    taking = next(i for i, office in enumerate(place.offices) if office.accepts_foreign_filings)
    return Office(
        id=office_id(place, number),
        name=spec.ja,
        kind=OfficeKind(spec.kind),
        accepts_foreign_filings=spec.accepts_foreign_filings,
        refers_to="" if spec.accepts_foreign_filings else office_id(place, taking),
        opens=spec.opens or hours.opens,
        closes=spec.closes or hours.closes,
        windows=spec.windows,
        clerks=tuple(
            Clerk(
                clerk.id,
                TEMPORARY_ROLES if clerk.temporary else tuple(Role),
                clerk.trained,
                None if clerk.trained is None else clerk.trained + timedelta(days=TRAINING_DAYS),
                clerk.temporary,
                clerk.until,
            )
            for clerk in spec.clerks
        ),
        cards=at.cards[number] if spec.card_terminal is not None else None,
        languages=spec.languages,
        maintenance=spec.maintenance,
    )


def _card_terminal(place: places.Municipality, at: Places, number: int, office: Office) -> CardTerminal:
    spec = place.offices[number].card_terminal
    assert spec is not None
    made = spec.pattern_made
    return CardTerminal(
        at.cards[number],
        place.code,
        at.counters[number],
        office.id,
        Connection(spec.connection),
        network=LGWAN,
        pattern=None if made is None else Pattern(made.isoformat(), made, PATTERN_DAYS),
    )


# --- the leg inside --------------------------------------------------------------------------------------
def _link(
    place: places.Municipality, at: Places, streams: Streams, rules: Rules, hours: tuple[time, time]
) -> Link | None:
    """The link as the municipality works with it; None for nothing but a line. `hours`: of who keys in."""
    spec = place.link
    if spec.media is None and spec.paper is None:
        return None
    media = paper = None
    if spec.media is not None:
        media = Media(
            key=streams.digest("medium", place.code),
            runs=spec.media.times,
            carry_minutes=spec.media.carrying_minutes,
            closed=rules.is_closed,
        )
    if spec.paper is not None:
        paper = Paper(
            residents=place.residents,
            threshold=spec.paper.most_residents + 1,
            errors=KeyingModel(streams, place.code, spec.paper.error_share, spec.paper.caught_share),
            runs=spec.paper.times,
            minutes_per_record=spec.paper.minutes_per_record,
            works=hours,
            closed=rules.is_closed,
        )
    return Link(at.link, at.registry, at.terminal, spec.pattern, spec.adapted, media, paper)


class KeyingModel:
    """How people mis-key: each item goes wrong with a small chance, and a second person sees most of it.

    A stream for each record, so the slips in one record do not hang on any other.
    """

    def __init__(self, streams: Streams, code: str, errors: float, caught: float) -> None:
        self._streams = streams
        self._code = code
        self._errors = errors
        self._caught = caught

    def __call__(self, record_id: str, fields: Fields) -> tuple[KeyingError, ...]:
        draw = self._streams.generator("keying", self._code, record_id)
        chances = draw.random((len(fields), 3))
        slips = [
            KeyingError(
                item,
                int(place * max(1, len(text))),
                TRANSPOSED if place * 7919 % 1 < 0.5 else MISSING,
                bool(seen < self._caught),
            )
            for (item, text), (chance, place, seen) in zip(fields, chances, strict=True)
            if chance < self._errors
        ]
        return tuple(slips[:_MOST_SLIPS])
