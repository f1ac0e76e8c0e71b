"""How the reference municipality is set up for a case: offices, card terminals, the policy on writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from conformance.protocol import municipal as wire
from conformance.reference.links import clerk_of, link_of
from conformance.writing import policy_of
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import Event, Step, Tables
from sim.drivers.site import Actor
from sim.drivers.topology import AUTHORITY, Fittings, Places, Topology, places_of
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.counter import Office
from sim.nodes.counter.office import OfficeKind
from sim.nodes.messages.cards import AskToWrite
from sim.stores.memory import MemoryStore

WRITE_WANTED: Final = "write_wanted"


@dataclass(frozen=True, slots=True)
class Gate:
    """Stands where the write authority is: what card terminals ask of it is asked of the harness."""

    def step(self, state: None, event: Event, now: Instant) -> Step:
        """Writes down what was asked; hears what became of a write."""
        ask = event.body
        if not isinstance(ask, AskToWrite):
            return Step()
        data = {"request": ask.request, "terminal": ask.terminal}
        return Step(entries=(Entry(WRITE_WANTED, ask.case, ask.ref, data),))


def gate() -> Actor:
    """The gate with its store."""
    return Actor(Gate(), MemoryStore(AUTHORITY, _nothing))


def _nothing(tables: Tables) -> Any:
    return None


def topology_of(request: wire.Reset) -> Topology:
    """The municipality as the request wants it."""
    at = places_of(request.municipality, [one.kind for one in request.offices])
    first, *also = request.exchange_at
    fittings = Fittings(
        offices=tuple(_office(one, at, number) for number, one in enumerate(request.offices)),
        cards=tuple(
            CardTerminal(
                at.cards[number],
                request.municipality,
                at.counters[number],
                one.id,
                Connection(one.connection),
                writes=one.writes,
            )
            for number, one in enumerate(request.offices)
            if one.connection
        ),
        link=link_of(request),
        operators=(clerk_of(request, at.terminal),),
        copies=request.copies,
        also=tuple(also),
        policy=policy_of(request.write_policy, request.writing_starts),
    )
    return Topology(request.municipality, first, fittings=fittings)


def _office(one: wire.OfficeData, at: Places, number: int) -> Office:
    return Office(
        id=one.id,
        name="本庁舎" if one.kind == OfficeKind.MAIN else one.id,
        kind=OfficeKind(one.kind),
        accepts_foreign_filings=one.accepts_foreign_filings,
        refers_to=one.refers_to,
        cards=at.cards[number] if one.connection else None,
        languages=one.languages,
    )
