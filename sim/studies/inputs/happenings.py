"""What the scenario plans for a moment, as messages to the actors whom it concerns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sim.base.instant import MINUTE, SECOND, Instant, at_time, instant, japan_date
from sim.base.node import Body, NodeId
from sim.drivers.topology import AUTHORITY, LGWAN, MINISTRY
from sim.law.write_policy import Ministry
from sim.law.write_requirements import Connection
from sim.nodes.messages import cards, counter, link, network, terminal
from sim.nodes.messages.network import EXCHANGE
from sim.studies.building import policy_of
from sim.studies.inputs.agenda import Agenda
from sim.studies.inputs.city import City
from sim.studies.office_names import PIN, office_id
from sim.studies.scenario import Scenario, events

STRANGER: Final = NodeId("terminal-000000")
_WRONG_PIN: Final = "0000"
_LOOKS_AT: Final = "unanswered"
KEYED_SECONDS: Final = 20
_ANSWERS_AT: Final = 10 * 60
# A survey's answer comes on the day after it began, at noon.
_SURVEY_DAYS: Final = 1


class Happenings:
    """Plans everything that has a moment in the scenario."""

    def __init__(self, scenario: Scenario, agenda: Agenda, cities: list[City]) -> None:
        self._scenario = scenario
        self._agenda = agenda
        self._cities = cities
        # The day on which counters are told to write, whether or not the authority lets them.
        day = policy_of(scenario).active_since
        starts = (one for one in scenario.happenings if isinstance(one, events.WritingStarts))
        self._announced = next((moment(one.at) for one in starts if one.at.date() == day), None)

    def plan(self) -> None:
        """Puts all of it down."""
        for city in self._cities:
            for switch in city.spec.link.switches:
                self._agenda.put(moment(switch.at), city.at.link, link.SwitchLink(switch.to))
            self._open_offices(city)
        for happening in self._scenario.happenings:
            at = moment(happening.at)
            if self._of_the_nation(happening, at):
                continue
            for city in self._cities:
                if happening.municipality in (None, city.spec.code):
                    self._of_a_city(happening, city, at)

    def _open_offices(self, city: City) -> None:
        """Offices and card terminals say how they are set up."""
        start = instant(self._scenario.start)
        for number, office in enumerate(city.spec.offices):
            self._agenda.put(start, city.at.counters[number], counter.OpenOffice())
            if office.card_terminal is not None:
                self._agenda.put(start, city.at.cards[number], cards.OpenCardTerminal())

    # --- one municipality ------------------------------------------------------------------------------
    def _of_a_city(self, happening: events.Happening, city: City, at: Instant) -> None:
        put = self._agenda.put
        match happening:
            case events.LoseMedium(direction=direction):
                put(at, city.at.link, link.LoseMedium(direction))
            case events.FindMedium(direction=direction):
                put(at, city.at.link, link.FindMedium(direction))
            case events.WrongMedium(direction=direction, fault=fault):
                put(at, city.at.link, link.DrillMedium(direction, fault))
            case events.BreakLine(minutes=minutes):
                put(at, city.at.link, link.LinkDown())
                put(Instant(at + minutes * MINUTE), city.at.link, link.LinkUp())
            case events.ReplaceTerminal(serial=serial):
                put(at, city.at.terminal, terminal.ReplaceTerminal(serial))
            case events.Stranger():
                put(at, city.at.terminal, terminal.Knock(STRANGER, EXCHANGE), sender=LGWAN)
            case events.TerminalFault(fault=fault, minutes=minutes):
                what = (city.spec.code, str(city.at.terminal), fault)
                put(at, MINISTRY, network.ReportFault(*what))
                put(Instant(at + minutes * MINUTE), MINISTRY, network.ClearFault(*what))
            case events.PatternReleased(version=version, brought_after_days=days):
                if days is not None:
                    self._bring(city, version, happening.at.date(), days)
            case _:
                self._at_the_console(happening, city, at)

    def _at_the_console(self, happening: events.Happening, city: City, at: Instant) -> None:
        """What an operator does: each job has a log-on of its own, and the terminal logs off after it."""
        match happening:
            case events.WrongPins(times=times, operator=operator):
                who = operator or city.spec.operators[0].id
                self._type(city, at, *(terminal.LogOn(who, _WRONG_PIN) for _ in range(times)))
            case events.Unlock(operator=operator):
                admin = next(one.id for one in city.spec.operators if one.administrator)
                locked = operator or city.spec.operators[0].id
                self._type(city, at, terminal.LogOn(admin, PIN), terminal.Unlock(locked))
            case events.ExportLog(operator=operator):
                medium = f"log-{city.spec.code}-{happening.at:%Y%m%d%H%M}"
                self._type(city, at, self._log_on(city, operator), terminal.ExportLog(medium))
            case events.OperatorLooks(operator=operator):
                self._type(city, at, self._log_on(city, operator), terminal.View(_LOOKS_AT))
            case events.OperatorForgets(operator=operator):
                self._type(city, at, self._log_on(city, operator))
            case events.HandOver(manner=manner, operator=operator):
                give = network.HandOver(MINISTRY, manner)
                self._type(city, at, self._log_on(city, operator), give)
                self._agenda.put(at, MINISTRY, network.HandOver(city.at.terminal, manner))
            case _:
                pass  # visits look these up themselves (`printer_fails`)

    def _type(self, city: City, at: Instant, *keyed: Body) -> None:
        """Things done at the terminal's console one after the other, each taking some seconds."""
        for number, body in enumerate(keyed):
            self._agenda.put(Instant(at + number * KEYED_SECONDS * SECOND), city.at.terminal, body)

    def _log_on(self, city: City, operator: str) -> terminal.LogOn:
        return terminal.LogOn(operator or city.spec.operators[0].id, PIN)

    def _bring(self, city: City, version: str, made: date, days: int) -> None:
        """Somebody carries the pattern file to the terminals that cannot fetch it."""
        day = city.rules.next_open(made + timedelta(days=days))
        for number, office in enumerate(city.spec.offices):
            spec = office.card_terminal
            if spec is not None and Connection(spec.connection) is not Connection.LGWAN:
                at = at_time(day, city.scenario.counter.opens)
                self._agenda.put(at, city.at.cards[number], cards.BringPatternFile(version, made))

    # --- the agency ------------------------------------------------------------------------------------
    def _of_the_nation(self, happening: events.Happening, at: Instant) -> bool:
        """Steps of the policy on writing go to the write authority; whether this is one."""
        day = happening.at.date()
        match happening:
            case events.SurveyBegins():
                self._agenda.put(at, AUTHORITY, cards.TakePolicyStep("survey"))
                for city in self._cities:
                    self._answer_survey(city, day)
            case events.StartDecided(start=start):
                signed = tuple(cards.MinistrySignature(one, day) for one in Ministry)
                self._agenda.put(at, AUTHORITY, cards.TakePolicyStep("decision", signed, start))
            case events.WritingStarts():
                if at == self._announced:
                    for city in self._cities:
                        self._switch_on(city, at)
                self._agenda.put(at, AUTHORITY, cards.TakePolicyStep("start"))
            case events.PatternReleased(version=version):
                if any(office.card_terminal for city in self._cities for office in city.spec.offices):
                    self._agenda.put(at, AUTHORITY, cards.ReleasePattern(version, day))
                return False  # standalone terminals get it from their own office
            case _:
                return False
        return True

    def _answer_survey(self, city: City, begun: date) -> None:
        """The municipality's answer, and another one on the day from which it is ready."""
        since, first = city.spec.readiness.since, begun + timedelta(days=_SURVEY_DAYS)
        self._report(city, Instant(instant(first) + _ANSWERS_AT * MINUTE))
        if since is not None and since > first:
            self._report(city, Instant(instant(since) + _ANSWERS_AT * MINUTE))

    def _switch_on(self, city: City, at: Instant) -> None:
        """On the announced day the offices that take part switch writing on, and the municipality says so."""
        for number, office in enumerate(city.spec.offices):
            if office.card_terminal is not None and office.card_terminal.writes:
                self._agenda.put(at, city.at.cards[number], cards.SwitchWriting(on=True))
        self._report(city, at)

    def _report(self, city: City, at: Instant) -> None:
        """How the municipality stands at that moment: the three requirements, and its card terminals."""
        ready = city.spec.readiness
        on_time = ready.since is None or japan_date(at) >= ready.since
        switched = self._announced is not None and at >= self._announced
        terminals = tuple(
            cards.TerminalFacts(
                str(city.at.cards[number]),
                office_id(city.spec, number),
                Connection(office.card_terminal.connection),
                switched and office.card_terminal.writes,
            )
            for number, office in enumerate(city.spec.offices)
            if office.card_terminal is not None
        )
        permits = ready.security_policy_permits and on_time
        configured = ready.lan_configured and on_time
        self._agenda.put(at, AUTHORITY, cards.ReportReadiness(city.spec.code, permits, configured, terminals))


def printers_out(scenario: Scenario, code: str) -> tuple[tuple[int, Instant, Instant], ...]:
    """(place of the office, from, until) in which an endorsement printer of the municipality fails."""
    return tuple(
        (one.office - 1, moment(one.at), Instant(moment(one.at) + one.minutes * MINUTE))
        for one in scenario.happenings
        if isinstance(one, events.PrinterFails) and one.municipality in (None, code)
    )


def moment(clock: datetime) -> Instant:
    """A date and clock time of a scenario, which are Japan's, as an instant."""
    return at_time(clock.date(), clock.time())
