"""The reference of the role `ministry-server`: server and network of the simulation, municipalities outside.

What a municipality gives to its line is carried by the network's node to the server's, and what the server
sends comes off the line here. Answers are read off the replies and journals of the two nodes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from conformance.border import ENDINGS, stem_of
from conformance.protocol import ministry as wire
from conformance.protocol.base import Clock, ClockAnswer, Done
from conformance.protocol.roles import MINISTRY_SERVER, Role
from conformance.reference.base import Reference
from conformance.reference.candidates import candidates_of
from conformance.reference.municipal import Actors
from conformance.reference.versions import profiles_of
from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant, japan_date, japan_datetime, parse_iso
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Outgoing, Reply
from sim.drivers.edge import Edge, PlainEdge, SealedEdge
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN, MINISTRY, NO_LIMIT, places_of
from sim.drivers.world import World
from sim.exchange.birth import birth_date
from sim.exchange.pki import Identity
from sim.law.citation import counterpart
from sim.law.kinds import PersonClass
from sim.nodes.lgwan import Lgwan, LgwanState, subscriber
from sim.nodes.messages import agency, network
from sim.nodes.ministry import Ministry, MinistryState, notice_called
from sim.stores.memory import MemoryStore

AGENCY: Final = "ISA"
DATES: Final = ("period_until",)
"""Items of a decision that are days; a date of birth may be known in part."""


@dataclass(slots=True)
class Off:
    """What came off the line of one municipality and was not collected yet."""

    files: list[wire.CarriedFile] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)


class Running:
    """Server and network in one simulated time, from a reset on."""

    def __init__(self, actors: Actors, at: Instant, edge: Edge) -> None:
        self.world = World(actors, edge, at, self._leaves)
        self._sealed = wire.SEALED if isinstance(edge, SealedEdge) else ""
        self._given = 0
        self._off: dict[NodeId, Off] = {}
        self._back: list[Body] = []

    def off(self, terminal: NodeId) -> Off:
        """What came off a line since this was last asked."""
        return self._off.pop(terminal, Off())

    def advance(self, until: Instant) -> None:
        """Lets time pass."""
        if until > self.world.now:
            self.world.run((), until)

    def tell(self, to: NodeId, body: Body, sender: NodeId = OUTSIDE) -> tuple[Reply, list[Body]]:
        """Gives something to a node; its reply, and what the network told the sender of it.

        What is on the lines goes through at once: they are as fast as can be.
        """
        self._given += 1
        self._back = []
        event = Event(Key(f"given-{self._given}"), sender, body)
        reply = self.world.site.deliver(to, event, self.world.now)
        self.world.run((), Instant(self.world.now + 1))
        return reply, self._back

    def lines(self, *kinds: str) -> list[Line]:
        """The journal's lines of these kinds."""
        return [line for line in self.world.site.lines() if line.kind in kinds]

    def _leaves(self, outgoing: Outgoing) -> None:
        body = outgoing.body
        off = self._off.setdefault(outgoing.to, Off())
        if isinstance(body, network.Arrival):
            ending = ENDINGS.get(body.content.lstrip()[:1], "csv")
            content = base64.b64encode(body.content)
            off.files.append(
                wire.CarriedFile(
                    name=f"{body.ref}.{ending}{self._sealed}", content=content, manner=body.manner
                )
            )
        elif isinstance(body, network.Relayed) and isinstance(body.body, network.TakeVersion):
            off.versions.append(body.body.version)
        else:
            self._back.append(body)
        self.world.site.actors[outgoing.sender].store.dispatched(outgoing)


class ReferenceMinistry(Reference):
    """The reference. `actors` puts others in the nodes' place: a mutant's seam."""

    role: ClassVar[Role] = MINISTRY_SERVER

    def __init__(
        self, lacks: frozenset[str] = frozenset(), actors: Callable[[Actors], Actors] = lambda actors: actors
    ) -> None:
        super().__init__(lacks)
        self._actors = actors
        self._running: Running | None = None
        self._excuses: dict[str, str] = {}

    @property
    def run(self) -> Running:
        """The server since its reset.

        Raises:
            HarnessError: there was none.
        """
        if self._running is None:
            raise HarnessError("the server must be reset first")
        return self._running

    # --- time and beginning -----------------------------------------------------------------------------
    def on_reset(self, request: wire.Reset) -> Done:
        self._excuses = {}
        at = parse_iso(request.at.isoformat())
        self._running = Running(self._actors(_actors_of(request)), at, _edge_of(request))
        self._running.tell(MINISTRY, agency.OpenMinistry(()))
        return Done()

    def on_clock(self, request: Clock) -> ClockAnswer:
        until = parse_iso(request.until.isoformat())
        self.run.advance(until)
        return ClockAnswer(at=japan_datetime(until))

    def on_seed(self, request: wire.Seed) -> Done:
        rows = tuple((one.card_number, one.person, one.municipality) for one in request.holders)
        self.run.tell(MINISTRY, agency.OpenMinistry(rows))
        return Done()

    # --- the lines --------------------------------------------------------------------------------------
    def on_deliver(self, request: wire.Deliver) -> wire.DeliverAnswer:
        refused = {}
        for file in request.files:
            body = network.Carry(
                MINISTRY, stem_of(file.name.removesuffix(wire.SEALED)), file.content, request.manner
            )
            for told in self._sent(request.municipality, body):
                if isinstance(told, network.Undelivered):
                    refused[file.name] = told.reason
        return wire.DeliverAnswer(refused=refused)

    def on_collect(self, request: wire.Collect) -> wire.CollectAnswer:
        off = self.run.off(_terminal(request.municipality))
        return wire.CollectAnswer(files=tuple(off.files), take_version=tuple(off.versions))

    def on_connect(self, request: wire.Connect) -> wire.ConnectAnswer:
        body = network.OpenSession(request.claims, request.credential)
        for told in self._sent(request.municipality, body):
            if isinstance(told, network.SessionRefused):
                return wire.ConnectAnswer(connected=False, reason=told.reason)
        return wire.ConnectAnswer(connected=True)

    def on_disconnect(self, request: wire.Disconnect) -> wire.ConnectAnswer:
        reply, _ = self.run.tell(LGWAN, network.CloseSession(), _terminal(request.municipality))
        return wire.ConnectAnswer(connected=not reply.ok, reason=reply.code)

    def on_outage(self, request: wire.Outage) -> wire.ToldAnswer:
        kind = network.DeclareOutage if request.declared else network.LiftOutage
        return self._told(LGWAN, kind(_terminal(request.municipality)))

    def on_hand_over(self, request: wire.HandOver) -> wire.ToldAnswer:
        before = len(self.run.lines("emergency_refused"))
        told = self._told(MINISTRY, network.HandOver(_terminal(request.municipality), request.manner))
        refused = self.run.lines("emergency_refused")[before:]
        if refused:
            return wire.ToldAnswer(accepted=False, reason=str(refused[0].data["reason"]))
        return told

    def on_sequences(self, request: wire.AskSequences) -> wire.SequencesAnswer:
        since = parse_iso(request.since.isoformat())
        ask = network.Relay(MINISTRY, "sequences", network.AskSequences(since))
        for told in self._sent(request.municipality, ask):
            if isinstance(told, network.Relayed) and isinstance(told.body, network.Sequences):
                body = told.body
                return wire.SequencesAnswer(up=dict(body.up), down=dict(body.down), awaited=body.awaited)
        raise HarnessError("the server does not say where the numbers stand", received=request.municipality)

    def on_version_taken(self, request: wire.VersionTaken) -> wire.ToldAnswer:
        before = len(self.run.lines("version_taken"))
        ref = f"version/{request.version}"
        self._sent(request.municipality, network.Relay(MINISTRY, ref, network.VersionTaken(request.version)))
        taken = len(self.run.lines("version_taken")) > before
        return wire.ToldAnswer(accepted=taken, reason="" if taken else "not_rolled_out")

    # --- the agency -------------------------------------------------------------------------------------
    def on_decide(self, request: wire.Decide) -> wire.DecideAnswer:
        today = japan_date(self.run.world.now)
        decision = msgspec.structs.replace(
            agency.Decide(request.person, request.person, request.reason, decided_date=request.decided_date),
            **{item: _value(item, text) for item, text in request.items.items()},
        )
        reply, _ = self.run.tell(MINISTRY, decision)
        called, by = notice_called(today)[0], counterpart(today)[0]
        return wire.DecideAnswer(accepted=reply.ok, code=reply.code, called=called, by=by)

    def on_became(self, request: wire.Became) -> Done:
        person_class = PersonClass(request.person_class)
        body: Body = agency.Landed(request.person, person_class, request.on, request.card_number)
        if request.how == "permitted":
            body = agency.Permitted(
                request.person, person_class, request.on, request.card_number, request.notified
            )
        self.run.tell(MINISTRY, body)
        return Done()

    def on_excuse(self, request: wire.Excuse) -> Done:
        self._excuses[request.person] = request.excuse
        return Done()

    def on_candidates(self, request: wire.Candidates) -> wire.CandidatesAnswer:
        lines = self.run.lines("candidate_found", "candidate_withdrawn")
        today = japan_date(self.run.world.now)
        return wire.CandidatesAnswer(candidates=candidates_of(lines, self._excuses, today))

    # --- the centre -------------------------------------------------------------------------------------
    def on_usage(self, request: wire.Usage) -> wire.UsageAnswer:
        reply, _ = self.run.tell(MINISTRY, agency.AskUsage(request.municipality))
        if not reply.ok:
            raise HarnessError("the server knows no such municipality", received=request.municipality)
        used: dict[str, Any] = msgspec.json.decode(reply.detail)
        return wire.UsageAnswer(**{name: used.get(name, 0) for name in wire.UsageAnswer.model_fields})

    def on_faults(self, request: wire.Faults) -> wire.FaultsAnswer:
        reply, _ = self.run.tell(MINISTRY, agency.AskFaults())
        rows: list[tuple[str, str, str, str]] = msgspec.json.decode(reply.detail)
        names = ("municipality", "place", "fault", "since")
        return wire.FaultsAnswer(
            faults=tuple(wire.FaultData.model_validate(dict(zip(names, row, strict=True))) for row in rows)
        )

    def on_report_fault(self, request: wire.FaultReport) -> wire.ToldAnswer:
        kind = network.ClearFault if request.mended else network.ReportFault
        return self._told(MINISTRY, kind(request.municipality, request.place, request.fault))

    def on_roll_out(self, request: wire.RollOut) -> wire.ToldAnswer:
        terminals = tuple(map(_terminal, request.municipalities))
        return self._told(MINISTRY, agency.RollOut(request.version, terminals))

    # --- small things -----------------------------------------------------------------------------------
    def _sent(self, municipality: str, body: Body) -> list[Body]:
        """What the network tells the terminal of a municipality about something that it sent."""
        return self.run.tell(LGWAN, body, _terminal(municipality))[1]

    def _told(self, to: NodeId, body: Body) -> wire.ToldAnswer:
        reply, _ = self.run.tell(to, body)
        return wire.ToldAnswer(accepted=reply.ok, reason=reply.code)


def _terminal(municipality: str) -> NodeId:
    return places_of(municipality).terminal


def _value(item: str, text: str) -> object:
    """An item of a decision, from its text.

    Raises:
        UsageError: there is no such item, or no such day.
    """
    if item not in agency.Decide.__struct_fields__[3:-1]:
        raise UsageError("an agency notice has no such item", received=item)
    if item not in DATES and item != "birth_date":
        return text
    try:
        return birth_date(text) if item == "birth_date" else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("an item is no day", expected="a day as 2026-06-03", received=text) from error


def _edge_of(request: wire.Reset) -> Edge:
    """Where files are opened and sealed, if they are."""
    keys = request.keys
    if keys is None:
        return PlainEdge()
    key = load_pem_private_key(keys.key.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise UsageError("a key of the server is no RSA key", received=type(key).__name__)
    own = Identity(AGENCY, load_pem_x509_certificate(keys.certificate.encode()), key)
    peers = {
        _terminal(code): load_pem_x509_certificate(pem.encode()) for code, pem in keys.municipalities.items()
    }
    return SealedEdge({MINISTRY: own}, peers, load_pem_x509_certificate(keys.authority.encode()))


def _actors_of(request: wire.Reset) -> Actors:
    """Server and network as the reset wants them."""
    newest, *older = profiles_of(request.versions)
    credentials = {_terminal(one.code): one for one in request.municipalities}
    on_demand = {
        terminal: subscriber(one.code, one.credential)
        for terminal, one in credentials.items()
        if one.credential
    }
    server = Ministry(
        MINISTRY,
        {terminal: one.code for terminal, one in credentials.items()},
        newest,
        older=tuple(older),
        immediate=request.immediate,
        on_demand=frozenset(on_demand),
        watches_periods=request.watches_periods,
        looks_at=request.looks_at,
    )
    net = Lgwan(LGWAN, MINISTRY, dict.fromkeys(credentials, NO_LIMIT), on_demand=on_demand)
    return {
        MINISTRY: Actor(server, MemoryStore(MINISTRY, MinistryState)),
        LGWAN: Actor(net, MemoryStore(LGWAN, LgwanState)),
    }
