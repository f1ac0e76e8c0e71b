"""The reference of the role `municipal-system`: counter, registry, link and terminal of the simulation.

The nodes run in simulated time as they do everywhere else; the border of the municipality is the exchange
terminal. What it gives to the network lands in an outbox, and what the ministry server sends is delivered as
if the network had. What its card terminals ask of the write authority is asked of the harness. Answers are
read off the nodes' own journals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ClassVar, Final

from conformance.protocol import municipal as wire
from conformance.protocol.base import Clock, ClockAnswer, Done
from conformance.protocol.roles import MUNICIPAL, Role
from conformance.reference import municipal_answers as answers
from conformance.reference.base import Calling
from conformance.reference.municipal_register import RegisterDesk, Running
from conformance.reference.municipal_setup import WRITE_WANTED, gate, topology_of
from conformance.reference.people import person_of
from sim.base.instant import japan_date, japan_datetime, parse_iso
from sim.base.journal import Line
from sim.base.node import Body, NodeId
from sim.drivers.site import Actor
from sim.drivers.topology import AUTHORITY, Places, Topology
from sim.law.consequences import Conduct, ConsequenceKind, consequences
from sim.law.filers import Living, Tie
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass
from sim.nodes.messages.cards import (
    CardReading,
    CarryExtracts,
    PatternReleased,
    WriteAuthorised,
    WriteDenied,
)
from sim.nodes.messages.counter import Endorse, FileFiling, Revise, Visit
from sim.nodes.messages.people import Visitor
from sim.nodes.messages.registry import OpenRegister
from sim.stores.memory import MemoryStore

Actors = dict[NodeId, Actor]

Asking = Generator[tuple[str, dict[str, Any]], dict[str, Any], list[Line]]

DECIDED_BY: Final = {
    ConsequenceKind.ADMINISTRATIVE: "summary_court",
    ConsequenceKind.CRIMINAL: "criminal_court",
    ConsequenceKind.REVOCATION: "minister",
    ConsequenceKind.NONE: "",
}


class ReferenceMunicipality(RegisterDesk):
    """The reference. `topology` and `actors` put others in the place of the right ones: a mutant's seam."""

    role: ClassVar[Role] = MUNICIPAL

    def __init__(
        self,
        lacks: frozenset[str] = frozenset(),
        topology: Callable[[Topology], Topology] = lambda topology: topology,
        actors: Callable[[Actors, Places], Actors] = lambda actors, places: actors,
    ) -> None:
        super().__init__(lacks)
        self._topology = topology
        self._actors = actors
        self._reset = wire.Reset(case="none", at=japan_datetime(parse_iso("2012-07-09T00:00:00+09:00")))
        self._fitted: Topology = topology_of(self._reset)
        self._updates: dict[str, str] = {}
        self._filed: dict[str, tuple[wire.FilingData, ...]] = {}

    # --- time -------------------------------------------------------------------------------------------
    def on_reset(self, request: wire.Reset) -> Done:
        self._reset = request
        self._fitted = topology = self._topology(topology_of(request))
        actors = self._actors(topology.municipality(MemoryStore) | {AUTHORITY: gate()}, topology.places)
        self._running = Running(topology, actors, parse_iso(request.at.isoformat()))
        self._updates, self._filed = {}, {}
        return Done()

    def on_clock(self, request: Clock) -> ClockAnswer:
        self.run.border.advance(parse_iso(request.until.isoformat()))
        return ClockAnswer(at=japan_datetime(self.run.border.now))

    # --- the register and the counter -------------------------------------------------------------------
    def on_seed(self, request: wire.Seed) -> Done:
        self.run.tell(self.run.at.registry, OpenRegister(tuple(map(person_of, request.residents))))
        return Done()

    def on_file(self, request: wire.FileFilings) -> Calling:
        run, counter = self.run, self.run.counter_of(request.office)
        self._filed[request.visit] = request.filings
        today = japan_date(run.border.now)
        session = f"{counter}/{request.visit}"
        if answers.too_late(request.filings[0], today):
            self._by_the_mayor(request)
            return answers.ex_officio(request, session)
        foreign = [one for one in request.filings if one.person.person_class != answers.JAPANESE]
        forms = [_form(request.visit, filing) for filing in foreign]
        told: Body = forms[0] if len(request.filings) == 1 and forms else _visit(request.visit, forms)
        lines = yield from self._written(run.tell(counter, told))
        office = next(one for one in self._reset.offices if one.id == request.office)
        own = next((str(line.data["session"]) for line in lines if "session" in line.data), session)
        if office.extract == "medium":
            lines += self._carried(counter, request.visit, own, lines)
        return answers.answer_of(request, lines, office.languages, own)

    def on_endorse(self, request: wire.Endorse) -> Calling:
        run = self.run
        lines = yield from self._written(
            run.tell(run.counter_of(request.office), Endorse(request.visit, request.person))
        )
        written = {line.subject for line in lines if line.kind == "address_written"}
        filings = self._filed.get(request.visit, ())
        endorsements = answers.endorsements_of(lines, written, filings)
        return wire.EndorseAnswer(endorsements=endorsements, case_open=not endorsements)

    def _carried(self, counter: NodeId, visit: str, session: str, lines: list[Line]) -> list[Line]:
        """The text of the cards that were read leaves the card terminal on a medium."""
        run = self.run
        for card in self._fitted.fittings.cards:
            readings = tuple(
                CardReading(line.subject, str(line.data["outcome"]), card.name)
                for line in lines
                if line.kind == "card_read" and line.node == card.name and line.data["outcome"] == "match"
            )
            if readings:
                run.border.news()
                medium = f"{card.name}/{visit}"
                carry = CarryExtracts(visit, session, card.office, medium, readings)
                run.border.tell(card.name, carry, sender=counter)
                return run.border.news()
        return []

    def _by_the_mayor(self, request: wire.FileFilings) -> None:
        filing = request.filings[0]
        revise = Revise(
            case=request.visit,
            filing=Filing.MOVING_OUT,
            person=person_of(filing.person),
            event_date=filing.event_date,
            filed_date=japan_date(self.run.border.now),
            new_address=filing.new_address,
            governing=str(Governing.REGISTER),
            ex_officio=True,
        )
        self.run.tell(self.run.at.registry, revise)

    def _written(self, lines: list[Line]) -> Asking:
        """What was written down, with what follows once the harness has answered who may write."""
        run = self.run
        offices = {card.name: card.office for card in self._fitted.fittings.cards}
        for line in [line for line in lines if line.kind == WRITE_WANTED]:
            terminal, request = NodeId(str(line.data["terminal"])), str(line.data["request"])
            told = yield (
                "authorise_write",
                wire.AuthoriseWrite(
                    terminal=terminal, office=offices[terminal], visit=line.case, person=line.subject
                ).model_dump(mode="json"),
            )
            said = wire.WriteAnswer.model_validate(told)
            body: Body = (
                WriteAuthorised(request, said.authorisation)
                if said.authorisation
                else WriteDenied(request, said.reasons)
            )
            run.border.tell(terminal, body, sender=AUTHORITY)
            lines += run.border.news()
        return lines

    # --- terminals and the law --------------------------------------------------------------------------
    def on_release_update(self, request: wire.ReleaseUpdate) -> Done:
        run = self.run
        for card in self._fitted.fittings.cards:
            run.border.news()
            run.border.tell(card.name, PatternReleased(request.version, request.made_on), sender=AUTHORITY)
            if any(line.kind == "pattern_updated" for line in run.border.news()):
                self._updates[card.name] = request.version
        return Done()

    def on_inventory(self, request: wire.Inventory) -> wire.InventoryAnswer:
        cards = tuple(
            wire.TerminalData(
                id=card.name,
                use="cards",
                office=card.office,
                connection=str(card.connection),
                update=self._updates.get(card.name, ""),
            )
            for card in self._fitted.fittings.cards
        )
        exchange = wire.TerminalData(
            id=self.run.at.terminal, use="exchange", office=self._reset.offices[0].id
        )
        return wire.InventoryAnswer(terminals=(*cards, exchange))

    def on_consequences(self, request: wire.Consequences) -> wire.ConsequencesAnswer:
        found = consequences(
            PersonClass(request.person_class),
            History(request.history),
            Filing(request.filing),
            Conduct(request.conduct),
            request.on,
            deemed=request.deemed,
        )
        return wire.ConsequencesAnswer(
            consequences=tuple(
                wire.ConsequenceData(
                    kind=str(one.kind),
                    max_fine_yen=one.max_fine_yen,
                    max_years=one.max_imprisonment_years,
                    term=str(one.term) if one.term is not None else "",
                    decided_by=DECIDED_BY[one.kind],
                    candidate_only=one.kind is ConsequenceKind.REVOCATION,
                )
                for one in found
            )
        )


def _visit(visit: str, forms: list[FileFiling]) -> Visit:
    return Visit(visit, tuple(forms), minutes=1)


def _form(visit: str, filing: wire.FilingData) -> FileFiling:
    by = filing.by
    return FileFiling(
        case=visit,
        filing=Filing(filing.filing),
        person=person_of(filing.person),
        history=History(filing.history),
        card=CardState(filing.card),
        event_date=filing.event_date,
        new_address=filing.new_address,
        by=None if by is None else _visitor(by),
        relatives=tuple(Tie(one) for one in filing.relatives),
        permitted=filing.permitted,
        decided=filing.decided,
        forged=filing.forged,
        broken=filing.broken,
        no_record=filing.no_record,
        endorsing_fails=filing.endorsing_fails,
        issued=filing.issued,
        edits=tuple(filing.edits.items()),
    )


def _visitor(by: wire.VisitorData) -> Visitor:
    return Visitor(**by.model_dump() | {"tie": Tie(by.tie), "living": Living(by.living)})
